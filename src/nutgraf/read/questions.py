"""Questions that only this item can answer, made from its own specific sentences. Public, no member in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from nutgraf.types import Digest, Item, Span

_WORD = r"[A-Z][^\W\d_]+(?:[’'-][^\W\d_]+)*"
_NAME = rf"{_WORD}(?: (?:de|van|von|el|al|bin|da|di|le|la))?(?: {_WORD}){{1,2}}"
_MONEY = r"[$€£]\d[\d,.]*\d(?: (?:million|billion))?|\d[\d,.]*(?: ?%| percent| per cent)"
_COUNT = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?: (?!the\b|a\b|of\b|and\b|or\b|our\b|my\b|its\b)[a-z-]{3,}[^s ,])?? [a-z]{3,}s(?=[ ,.;:])"
_FELL = {
    "fell": "fall", "dropped": "drop", "rose": "rise", "grew": "grow", "climbed": "climb", "shrank": "shrink", "went up": "go up",
    "went down": "go down", "came down": "come down", "increased": "increase", "decreased": "decrease", "doubled": "double",
    "tripled": "triple", "halved": "halve", "declined": "decline",
}  # fmt: skip
_CHANGE = re.compile(
    rf"(?:^|[,;] (?:and |but |so )?)(?P<what>(?:(?:the|our|their|my|his|her|its|average|median|total) )?[a-z][\w’' -]{{2,38}}?) "
    rf"(?P<verb>{'|'.join(_FELL)})(?P<how> (?:by|from|to) [^,;.]{{2,36}}?)?(?=[,;.]|\.$| (?:in|after|within|because|when|and|over)\b)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|they|we|he|she|I|you|that|which|who|this|these|and|but|had|has|was|were|is|are)\b", re.IGNORECASE
)
_SAID = re.compile(
    rf"(?P<who>{_NAME})(?:, [^,.;]{{3,50}},|,)? (?:says?|said|told|warns?|warned|explains?|explained|argues?|argued)\b"
)
_DID = re.compile(
    rf"(?P<who>{_NAME})(?:, [^,.;]{{3,50}},|,)? (?:[a-z]{{3,}}ed|found|built|made|cut|kept|led|ran|took|wrote|drew|brought|began|chose|put)\b"
)
_NOT_A_PERSON = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday"
    r"|Thursday|Friday|Saturday|Sunday|In|On|At|The|Our|This|After|Before|County|City|State|University|College|Group|Inc|Ltd"
    r"|Company|Bank|Health|Studio|Learning|Foods|Solar|Council|Office|Department|Services?|Agency|School|Center|Centre|New"
    r"|United|National|Federal|North|South|East|West|Congress|Board|Team|Act|Program(?:me)?|Project|Web|Digital|Design)\b"
)
_BECAUSE = re.compile(r"^(?P<what>[^,;:]{12,90}?),? because\b")
_FIGURE = re.compile(rf"(?<![\w$€£.])(?P<figure>{_MONEY}|{_COUNT})")

#: What job ads, courses and companies are asked, by words in the sentence that answers; {name} is the title or employer.
_KEYED: dict[str, list[tuple[str, str]]] = {
    "job": [
        (r"\b(?:first (?:\w+ )?(?:days|weeks|months?)|by day \d+|first 90)\b", "What would the first months as {a_title} look like?"),
        (r"\b(?:interviews?|applications? (?:are|is)|work sample|panel|references)\b", "How does the hiring of {a_title} go, step by step?"),
        (r"\bon[- ]call\b", "How often is the {title} on call?"),
        (r"\b(?:travel|travels|trips)\b", "How much travel does the work of {a_title} involve?"),
        (r"\b(?:shifts?|nights?|weekends?|on site|remote|hybrid)\b", "Which shifts or days on site does the job of {a_title} ask for?"),
        (r"\b(?:must|required?|needs?|at least)\b", "What must {a_title} bring, and what is only welcome?"),
        (r"\breports? to\b", "Who does the {title} report to and work with?"),
        (r"\b(?:unusual|differs?|unlike)\b", "What is unusual about working as {a_title} here?"),
    ],
    "course": [
        (r"\b(?:afterwards|at the end|can then|leaves? with|by the end|able to)\b", "What can one do after {title}?"),
        (r"\b(?:hours|weeks|evenings?)\b", "How much time does {title} take?"),
        (r"\b(?:price|costs?|fee|scholarship|refund)\b", "What does {title} cost, and what is included?"),
        (r"\b(?:prerequisites?|no prior|before (?:the )?(?:start|course)|should (?:know|have))\b", "What should one know before {title}?"),
        (r"\bmodules? (?:one|two|three|four|five|six|\d)\b", "What do the modules of {title} cover?"),
    ],
    "company": [
        (r"\b(?:began|founded|started|grew out)\b", "How did {title} begin?"),
        (r"\b(?:decided|decision|closed|stopped|dropped|chose)\b", "What did {title} decide, and why?"),
        (r"\b(?:employees|people|teams?|staff)\b", "How is {title} organised?"),
        (r"\b(?:customers?|clients?|patients|residents)\b", "Who does {title} work for?"),
    ],
    "profile": [
        (r"\b(?:helps?|advises?|mentors?|answers|reviews?)\b", "What can {title} help with?"),
        (r"\b(?:moved|changed|began|spent|before)\b", "How did {title} get here?"),
    ],
}  # fmt: skip
_STORY: list[tuple[str, str, str]] = [
    (r"\b(?:next time|would (?:do|have|start|now)|if i (?:did|were)|differently)\b", "What would {author} do differently next time?", "What would be done differently next time?"),
    (r"\b(?:mistake|went wrong|failed|failure|underestimat\w+|the problem was|rejected|refused)\b", "What went wrong for {author}, and what changed?", "What went wrong, and what was changed?"),
    (r"\b(?:surpris\w+|turned out|did not expect|unexpected\w*)\b", "What surprised {author}?", "What turned out otherwise than expected?"),
    (r"\b(?:lesson|learned|learnt)\b", "What did {author} learn from it?", "What was learned from it?"),
    (r"\b(?:advice|recommend\w*|my rule|i now|we now)\b", "What does {author} advise?", "What is the advice?"),
]  # fmt: skip


_NOUNS = {
    "post": "post", "article": "article", "job": "job ad", "course": "course page", "company": "company page",
    "profile": "profile",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A starter question, the row of the span that answers it, which pattern made it, and how telling it is."""

    text: str
    row: int
    pattern: str
    score: float


def questions(item: Item, digest: Digest, at_most: int = 16) -> list[Question]:
    """Candidate starters, best first; each is answered by one sentence of this item."""
    found: dict[str, Question] = {}
    for row, span in enumerate(digest.spans):
        if not span.quotable:
            continue
        for pattern, weight, make in _MAKERS:
            if text := make(item, span):
                score = round(weight + 0.4 * span.salience + 0.3 * span.specificity, 4)
                if text not in found or found[text].score < score:
                    found[text] = Question(text, row, pattern, score)
    for question in _about_topics(item, digest):
        found.setdefault(question.text, question)
    return sorted(found.values(), key=lambda question: (-question.score, question.row))[:at_most]


def _about_topics(item: Item, digest: Digest) -> list[Question]:
    """What the item says about the topics it names, each answered by the first sentence that names it."""
    who = item.author if item.author and item.kind in ("post", "article") else f"this {_NOUNS[item.kind]}"
    made = []
    for topic in digest.topics[:10]:
        if topic.label.lower() in item.title.lower():
            continue
        for row, span in enumerate(digest.spans):
            if span.quotable and any(span.start <= start < span.end for start, _ in topic.ranges):
                score = round(0.3 * (len(topic.ranges) > 1) + 0.2 * topic.weight + 0.2 * span.salience, 4)
                made.append(Question(f"What does {who} say about {topic.label}?", row, "topic", score))
                break
    return made


def _change(item: Item, span: Span) -> str | None:
    match = _CHANGE.search(span.text)
    if not match or _PRONOUN.search(match["what"]) or len(match["what"].split()) > 6:
        return None
    what = match["what"][0].lower() + match["what"][1:] if not match["what"][:2].isupper() else match["what"]
    what = re.sub(r"^(?:our|my) ", "the ", what)
    if not re.match(r"(?:the|their|its|his|her) ", what) and not what.split()[-1].endswith("s"):
        what = f"the {what}"
    return f"Why did {what} {_FELL[match['verb'].lower()]}{match['how'] or ''}?"


def _person(pattern: re.Pattern[str], question: str) -> Callable[[Item, Span], str | None]:
    def make(item: Item, span: Span) -> str | None:
        match = pattern.search(span.text)
        if (
            not match
            or _NOT_A_PERSON.search(match["who"])
            or match["who"] in (item.organisation, item.author, item.title)
        ):
            return None
        who = match["who"]
        if match.start() == 0 and len(who.split()) == 3:  # "Designer Emeka Lindholm drew …"
            who = who.split(" ", 1)[1]
        return question.format(who=who)

    return make


def _because(item: Item, span: Span) -> str | None:
    match = _BECAUSE.search(span.text)
    if not match or re.match(r"(?:this|that|it|they|he|she|i|we|but|and|so)\b", match["what"], re.IGNORECASE):
        return None
    return (
        f"Why is it that {match['what'][0].lower()}{match['what'][1:]}?"
        if match["what"].split()[0] in _COMMON_FIRST
        else None
    )


_COMMON_FIRST = frozenset(
    "The A An Our Each Every Nurses Teachers Members Customers Patients Crews Drivers Most Many Some No".split()
)


def _keyed(item: Item, span: Span) -> str | None:
    for words, question in _KEYED.get(item.kind, ()):
        if re.search(words, span.text, re.IGNORECASE):
            title = _short_title(item)
            article = "the" if title.startswith("person") else "an" if title[:1].lower() in "aeiou" else "a"
            return question.format(title=title, a_title=f"{article} {title}")
    return None


def _short_title(item: Item) -> str:
    """The title as it reads inside a sentence: a job's without its place and remarks, a course's in quotation marks."""
    if item.kind == "course":
        return f"“{re.split(r': | [–—] ', item.title)[0].strip()}”"
    if item.kind != "job":
        return item.title
    short = re.split(r"[,(–—:]|\. | at | - ", item.title)[0].strip()
    if not _PLAIN_ROLE.fullmatch(short) or _NOT_A_ROLE.match(short):
        return "person in this job"
    return " ".join(word if word[1:2].isupper() else word.lower() for word in short.split())


_PLAIN_ROLE = re.compile(r"[A-Z][a-z]+(?:-[a-z]+)*(?: (?:&|[A-Z]{2,4}|[A-Za-z][a-z]+(?:-[a-z]+)*)){0,5}")
_NOT_A_ROLE = re.compile(
    r"(?:Upcoming|Open|Hiring|Join|Announc|We|Wanted|Now|New|Help|Vacancy|Position|Job)", re.IGNORECASE
)


def _story(item: Item, span: Span) -> str | None:
    if item.kind not in ("post", "article"):
        return None
    for words, named, unnamed in _STORY:
        if re.search(words, span.text, re.IGNORECASE):
            return named.format(author=item.author) if item.author else unnamed
    return None


def _figure(item: Item, span: Span) -> str | None:
    match = _FIGURE.search(span.text)
    return f"What is behind the {match['figure']}?" if match and item.kind in ("post", "article") else None


_MAKERS: tuple[tuple[str, float, Callable[[Item, Span], str | None]], ...] = (
    ("change", 1.0, _change),
    ("keyed", 0.9, _keyed),
    ("said", 0.8, _person(_SAID, "What does {who} say, and on what grounds?")),
    ("story", 0.75, _story),
    ("did", 0.7, _person(_DID, "What did {who} do, and what came of it?")),
    ("because", 0.65, _because),
    ("figure", 0.45, _figure),
)


def varied(ranked: list[Question], count: int) -> list[Question]:
    """The first questions of different patterns and sentences; then, if they are too few, of different sentences."""
    chosen: list[Question] = []
    for same_pattern_allowed in (False, True):
        for question in ranked:
            new = question.row not in {other.row for other in chosen}
            if not same_pattern_allowed:
                new = new and question.pattern not in {other.pattern for other in chosen}
            if new and len(chosen) < count:
                chosen.append(question)
    return chosen
