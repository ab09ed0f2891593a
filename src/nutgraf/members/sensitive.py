"""Sensitive attributes never leave the member's record: a fact that states one is not taken into a snapshot.

Words of a trade ("mental health nurse", "restorer of church organs") are not attributes of the person; what is
looked for is a statement about the member: an illness they have, a faith they hold, their age, origin, status.
"""

from __future__ import annotations

import re

_I_AM = r"\bI(?: am|['’]m| was| have been|['’]ve been)(?: an?| the)?(?: \w+(?<!not))?"
_PERSON = (
    r"(?:woman|man|person|adult|mother|father|mum|mom|dad|parent|founder|entrepreneur|engineer|developer|designer|leader"
    r"|professional|nurse|teacher|writer|artist|student|creator|speaker|veteran|immigrant|american|executive|manager|coder"
    r"|scientist|lawyer|journalist|activist)\b(?! (?:education|studies))"
)
_CONDITIONS = (
    r"(?:cancer|diabet(?:es|ic)|depression|anxiety|adhd|autism|epilepsy|epileptic|hiv|asthma|ptsd|dyslexia|dyslexic"
    r"|bipolar|schizophrenia|multiple sclerosis|parkinson['’]?s|long covid|burn-?out|addiction|a stroke|stammer|migraines?"
    r"|(?:chronic|mental|serious|rare) (?:illness|condition|disease)|illness|disease|disorder|disability|hearing loss)"
)
_BODIES = (
    r"(?:disabled|autistic|deaf|blind|neurodivergent|neurodiverse|paraplegic|amputee|visually impaired|hard of hearing)"
)
_FAITHS = r"(?:christian|muslim|jew|jewish|hindu|buddhist|sikh|catholic|protestant|evangelical|atheist|agnostic|mormon|quaker)"
_PEOPLES = (
    r"(?:black|white|asian|latin[oax]|hispanic|chicana|arab|roma|romani|indigenous|native american|african[- ]american"
    r"|african|caribbean|mixed[- ]race|biracial|south asian|east asian|m[aā]ori|kurdish|punjabi)"
)
_ORIENTATIONS = (
    r"(?:gay|lesbian|bisexual|queer|transgender|trans|non-?binary|asexual|pansexual|intersex|lgbtq?(?:ia)?\+?)"
)
_PERMITS = r"(?:visa|h-?1b|green card|work permit|residence permit|residency permit|asylum)"


#: What may follow when the word stands for the person; anything else makes it part of a longer name.
_ENDS = (
    r"(?=[,.;!?|)—–]|\s*$| (?:and|but|or|who|in|at|with|until|since|for|from|by|myself|too|now|because|so|living)\b"
    rf"| (?:young |working )?{_PERSON})"
)
_KIND_OF = (
    r"(?:(?:software|web|data|product|tech|business|senior|junior|young|female|male|trans|queer|working|single|ux) )?"
)


def _identity(words: str) -> str:
    """Ways in which a person says that they are one of these."""
    return (
        rf"{_I_AM} {words}{_ENDS}|\b(?:as|being) an? (?:\w+ )?{words}{_ENDS}"
        rf"|(?:^|[.;,|•–—-] ?|\b(?:proud|proudly|openly|first|a|an) ){words} {_KIND_OF}{_PERSON}"
    )


_PATTERNS: dict[str, str] = {
    "health": rf"\bI(?:['’](?:ve|m)| (?:have|had|am|was|live|suffer|suffered|battle|battled|overcame|survived))\b"
    rf"(?: (?!not\b|never\b|seen\b|treated\b|worked\b|built\b|studied\b|written\b|led\b|taught\b)[\w'’]+){{0,5}}? {_CONDITIONS}\b"
    rf"(?! (?:research|care|clinic|patients?|services?|unit|team|data|app|centre|center|charit\w+|screening|nurs\w+))"
    rf"|\b(?:my|own) (?:\w+ )?(?:{_CONDITIONS}|diagnosis|pregnancy|medical condition|mental health|chemo\w*|rehab)\b"
    rf"|(?<!people )(?<!those )(?<!adults )(?<!children )(?<!patients )(?<!clients )\b(?:living|lives|diagnosed) with (?:\w+ )?{_CONDITIONS}(?=[,.;|]| and\b| since\b|$)|{_identity(_BODIES)}"
    r"|\bI(?: am|['’]m) (?:\w+ )?(?:pregnant|diabetic|epileptic|dyslexic|bipolar|sober)\b|\bwheelchair user\b"
    r"|\b(?:cancer|stroke|trauma) survivor(?!s| (?:care|programme|program|support))|\brecovering (?:alcoholic|addict)\b"
    r"|\b(?:am|been|years?|person) in recovery\b|\b(?:am|was|currently|now|back from|returning from|been|went) (?:on )?(?:my )?"
    r"(?:sick|medical|maternity|paternity|parental) leave\b",
    "religion": rf"{_identity(_FAITHS)}|\bmy (?:faith|religion|church|mosque|synagogue|parish|prayers)\b"
    rf"|\b(?:practi[sc]ing|devout|born-again|observant|lapsed) (?:{_FAITHS}|believer)\b"
    r"|\bactive (?:member )?(?:in|of) (?:the|a) (?:\w+ )?(?:church|mosque|synagogue|congregation)\b",
    "ethnicity": rf"{_identity(_PEOPLES)}|\bmy (?:race|ethnicity|ethnic (?:origin|background)|skin colou?r|tribe)\b"
    rf"|\bof (?:\w+[- ])?\w+ (?:descent|ancestry)\b|\bof (?:\w+ )?{_PEOPLES} (?:heritage|origin|background)\b"
    r"|\b(?:woman|man|person|founder|leader) of colou?r\b",
    "sexuality": rf"{_identity(_ORIENTATIONS)}|\bopenly {_ORIENTATIONS}\b|\bI came out\b|\bmy coming[- ]out\b"
    r"|\bmy (?:sexuality|sexual orientation|gender identity|transition|husband and I|wife and I)\b",
    "union": r"(?<!credit )(?<!european )(?<!student )(?<!students )(?<!rugby )\bunion (?:member|steward|rep|representative"
    r"|organi[sz]er|activist)\b(?! (?:services|portal|software))|\bshop steward\b|\bmy (?:trade |labou?r )?union\b"
    r"|\bmember of (?:the |a |my )?(?:[\w'’]+ ){0,3}(?:trade |labou?r )union\b|\bmember of (?:unison|unite the union|gmb)\b"
    r"|\b(?:trade|labou?r) unionist\b",
    "immigration": rf"\b(?:I (?:\w+ )?(?:have|hold|need|require|got|am on|came on|await)|my|on an?|requir(?:es?|ing)|needs?"
    rf"|seeking|waiting for) (?:\w+ ){{0,2}}{_PERMITS}\b(?! (?:officer|adviser|advisor|lawyer|team|clients?|payments?|cards?))"
    r"|\b(?:h-?1b|green card|visa|work permit) (?:holder|status)\b|\b(?:daca|tps) recipient\b|\bimmigration status\b"
    rf"|{_I_AM} (?:refugee|asylum seeker|immigrant|undocumented|migrant|permanent resident)\b"
    r"|\b(?:as|came as|former|being) an? (?:\w+ )?(?:refugee|asylum seeker|immigrant|migrant)\b(?! (?:lawyer|camp|support|rights))"
    r"|\bformer (?:refugee|asylum seeker)\b|\bundocumented (?:immigrant|migrant|student|worker)\b(?!s)"
    rf"|\bimmigrant {_PERSON}|\bnaturali[sz]ed citizen\b",
    "age": rf"\b(?:I(?: am|['’]m)|aged?|turn(?:ed|ing)) \d{{2}}(?: years (?:old|young))?(?=[,.;|)]| and\b|$)"
    rf"|\b\d{{2}}[- ]years?[- ](?:old|young)(?:(?=[,.;|)]|$)| {_PERSON})|\b(?:date of birth|d\.?o\.?b)\b"
    r"|(?:^|[.;,|•] ?|\bI was |\bwas )born (?:in|on) (?:\w+ ){0,3}(?:19|20)\d\d\b|\bin my (?:late |early |mid[- ]?)?"
    r"(?:twenties|thirties|forties|fifties|sixties|seventies|[2-7]0s)\b|\b(?:retired|retiring|graduated|promoted) at \d{2}\b"
    r"|\bas an? (?:millennial|boomer|baby boomer|gen z\w*|pensioner|teenager|older worker)\b",
}
_COMPILED = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PATTERNS.items()}
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def sensitive(text: str) -> str | None:
    """The kind of sensitive attribute a text states of the person who wrote it, or None."""
    line = " ".join(text.split())
    return next((name for name, pattern in _COMPILED.items() if pattern.search(line)), None)


def without_sensitive(text: str) -> str:
    """The text without the sentences that state a sensitive attribute."""
    if sensitive(text) is None:
        return text
    return " ".join(part for part in _SENTENCE_END.split(text) if sensitive(part) is None)
