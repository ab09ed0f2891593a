"""What may be left out of a sentence without making it say more: closed lists, so that whatever is unknown stays."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nutgraf.text.words import stem

NEGATIONS = frozenset("not no never none nobody nothing neither nor without cannot hardly barely".split())
REPORTS = frozenset(
    """said says say saying told tells according claims claimed argues argued believes believed thinks thought suggests
    suggested warns warned alleges alleged estimates estimated""".split()
)
#: Stems of words of doubt, of somebody's view, of judgement, and of what is undone later.
_DOUBT = frozenset(
    stem(word)
    for word in """myth hoax fake false falsehood lie liar fiction fictional fable legend rumour rumor gossip advert
    advertisement brochure leaflet marketing slogan publicity claim claimant doubt doubtful dubious dispute deny denial
    denied contest contested challenge question questionable disagree differ object oppose opposed fight reject
    criticise criticize critic critics sceptic skeptic sceptical skeptical allege suppose pretend hope wish dream joke
    prank satire parody imaginary imagined hypothetical hypothesis theory theoretical paper principle withdraw withdrawn
    withdrew retract retracted recant cancel cancelled canceled scrap scrapped abandon abandoned discredit debunk
    disprove disproved disproven refute overturn overturned reverse reversed void annul repeal expire expired defunct
    obsolete outdated mislead misleading wrong wrongly mistake mistaken error incorrect inaccurate untrue unproven
    untested unverified unconfirmed uncertain unclear unknown unlikely unreliable preliminary tentative provisional
    draft propose proposed plan planned intend expect expected forecast project projected predict believe think feel
    fear worry suspect guess assume say said saying says tell told report reported call called dub dubbed describe
    consider deem label labelled term seem apparent apparently evidence proof thin weak flawed flaw
    bogus sham fraud fraudulent scam trick fantasy nonsense absurd ridiculous exaggerate exaggerated exaggeration
    overstated inflated speculate speculation speculative simulate simulated simulation model modelled mouse mice
    laboratory opinion impossible improbable barring excluding except save almost nearly supposedly allegedly
    reportedly ostensibly purportedly nominally ideally quasi pseudo forge forged fabricate fabricated invented
    unrepresentative biased caveat catch qualification exception condition caution warn warning correction corrected
    optimistic optimistically admit concede maintain insist argue suggest imply hint promise vow pledge swear assure
    advise adjust ignore ignored disregard story tale lied cheat rig rigged ban banned otherwise
    vanish vanished relapse relapsed apologise apologize faith audit wane faded undone undo tiny effect pending
    subject provided assuming depending""".split()
)
#: Stems of verbs that tell what somebody or something plainly does or did.
_PLAIN = frozenset(
    stem(word)
    for word in """open close run ran make made cost last include begin began begun start move build built hold held
    sell sold employ live work win won lead led own found sit sat stand stood play teach taught study retire bring
    brought grow grew grown rise rose risen fall fell fallen help join serve cover enrol enroll enrolled train use
    buy bought raise hire pay paid draw drew host house produce print publish collect gather offer provide weigh
    stretch connect link feed bake brew repair rent visit attend""".split()
)
_SOFT = frozenset("now then also just still today both".split())
_SUBJECT_RELATIVES = frozenset("which who".split())
_HAVE = frozenset("has have had".split())

PAST = frozenset(
    """was were had fell rose grew went took made found gave left ran kept paid won began bought sold built wrote held
    met led lost spent taught drew beat came became saw stood sat brought broke chose drove flew told said""".split()
)
_PRESENT = frozenset("is are am can may must will shall should would could might do does".split())

#: Lead-ins that say nothing of whether or when the rest holds.
_LEADS = re.compile(
    r"and|but|so|yet|however|meanwhile|moreover|furthermore|also|then|therefore|thus|finally|besides|indeed|today"
    r"|yesterday|recently|nevertheless|nonetheless|consequently|in (?:fact|addition|other words|short|turn)"
    r"|in the end|as a result|for (?:example|instance)|of course|on the other hand|to be sure|that said|better still"
    r"|even so|what is more|above all|last but not least"
)
_CONCESSIONS = frozenset("although though whereas because despite".split())
#: What happens to somebody or something once, so that "when" tells a date and no condition.
_ONCE = frozenset("retired died left opened closed moved married resigned ended began".split())
_EVENTS = frozenset("after before since while when".split())


def doubts(words: Sequence[str]) -> str | None:
    """The first of some lower-case words that doubts, attributes or judges, or undoes; None when there is none."""
    return next((word for word in words if any(stem(part) in _DOUBT for part in re.split(r"[-/]", word))), None)


def negates(words: Sequence[str]) -> bool:
    """Whether one of some lower-case words is a negation."""
    return any(word in NEGATIONS or word.endswith(("n't", "n’t")) for word in words)


def happened(words: Sequence[str]) -> bool:
    """Whether lower-case words tell of something past, and of nothing that holds in general."""
    past = any(word in PAST or word in _HAVE or (word.endswith("ed") and len(word) > 4) for word in words)
    before = ["", *words]
    general = any(
        word in _PRESENT and not (word == "may" and before[i] in ("since", "in")) for i, word in enumerate(words)
    )
    return past and not general


def plain_relative(words: Sequence[str]) -> bool:
    """Whether words are a clause such as "which makes pumps" or "who now runs the kiln": a plain verb, no doubt."""
    if not words or words[0] not in _SUBJECT_RELATIVES or negates(words) or doubts(words):
        return False
    rest = [word for word in words[1:4] if word not in _SOFT]
    if rest[:1] and rest[0] in _HAVE:
        return len(rest) > 1 and stem(rest[1]) in _PLAIN
    return bool(rest) and stem(rest[0]) in _PLAIN


def plain_participle(words: Sequence[str]) -> bool:
    """Whether words are a phrase such as "helping new staff": a plain verb, no doubt."""
    return (
        bool(words) and words[0].endswith("ing") and stem(words[0]) in _PLAIN and not (negates(words) or doubts(words))
    )


def harmless_lead(words: Sequence[str]) -> bool:
    """Whether what a sentence begins with, up to a comma, may go: a link, or a reason or event told plainly."""
    if _LEADS.fullmatch(" ".join(words)):
        return True
    if negates(words) or doubts(words) or len(words) < 2:
        return False
    return words[0] in _CONCESSIONS or (words[0] in _EVENTS and event(words))


def event(words: Sequence[str]) -> bool:
    """Whether a clause such as "when its founder retired" tells of one past event and not of a condition."""
    named = len(words) > 2 and not words[1].endswith(("ed", "ing")) and words[1] not in PAST
    told = words[0] not in ("when", "where", "while") or "had" in words or words[-1] in _ONCE
    return named and told and happened(words[1:])
