"""What kind of item a document is, when it does not say so itself."""

from __future__ import annotations

import re

from nutgraf.types import Item, ItemKind

POST_AT_MOST_WORDS = 120
LABEL_SIGNS_NEEDED = 3
READ_AT_MOST_CHARS = 12_000
#: (words at most, signs needed): what a short text may take for granted, a long one has to say more often.
JOB_SIGNS_NEEDED = ((350, 4), (900, 5), (10**9, 6))

#: What job advertisements and course pages say; each name is one sign, in any of these words.
_JOB = {
    "seeks": (
        r"(?:we are|we(?:'|’)re|is|are) (?:(?:currently|now|actively) )?(?:looking (?:for|to hire)|seeking|hiring)",
        r"we need an?", r"(?:required|needed|wanted) (?:for|in|to)",
    ),
    "whom": (
        r"(?:successful|ideal|qualified|right|strong) (?:candidate|applicant|person)s?",
        r"(?:candidate|applicant)s? (?:must|should|will|with)", r"th(?:is|e) (?:role|position|job)",
    ),
    "experience": (
        r"(?:\d+\+?|one|two|three|four|five|ten)(?: or more)? years?(?:'|’)? (?:of )?(?:[\w/-]+ ){0,4}experience",
        r"(?:proven|previous|prior|relevant|work|working|hands-on) experience", r"experience (?:in|with|of)",
    ),
    "work": (
        r"responsible for", r"report(?:s|ing)? (?:directly )?to", r"responsibilities", r"duties", r"key objectives",
        r"day[- ]to[- ]day", r"job description", r"role summary",
    ),
    "praise": (
        r"join (?:our|us|the)", r"fast[- ]paced", r"team player", r"self[- ]starter", r"dynamic (?:team|environment)",
        r"passionate about",
    ),
    "terms": (
        r"full[- ]time", r"part[- ]time", r"salary", r"compensation", r"paid (?:leave|vacation|holidays|time off)",
        r"permanent", r"competitive", r"per hour", r"bonus", r"health insurance",
    ),
    "apply": (r"apply", r"applications?", r"r[eé]sum[eé]", r"cv", r"cover letter"),
    "asks": (
        r"degree", r"bachelor(?:'|’)?s?", r"requirements", r"qualifications", r"must have", r"ability to",
        r"excellent (?:\w+ ){0,3}skills", r"communication skills", r"proficien\w+", r"knowledge of",
    ),
}  # fmt: skip
_COURSE = {
    "parts": (r"lessons?", r"modules?", r"syllabus", r"curriculum", r"units?"),
    "length": (r"duration", r"hours (?:a|per) week", r"self[- ]paced", r"weeks? long", r"\d+ (?:hours?|weeks?) of"),
    "aims": (r"learning (?:objectives|outcomes)", r"you(?:(?:'|’)ll| will) learn", r"learners? will", r"objectives"),
    "terms": (r"prerequisites?", r"enrol(?:l|ment)?", r"instructor", r"certificate of completion", r"beginner"),
    "called": (r"course", r"class", r"workshop", r"tutorial"),
}


def _marks(signs: dict[str, tuple[str, ...]]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) for words in signs.values())


_JOB_MARKS, _COURSE_MARKS = _marks(_JOB), _marks(_COURSE)


def guess_kind(item: Item) -> ItemKind:
    """`job`, `course`, `post` or `article`, by the signs in headings, labels and text, and by length."""
    labels = "\n".join(_labels(item))
    words = sum(len(item.text[b.start : b.end].split()) for b in item.blocks if b.kind != "heading")
    needed = next(signs for at_most, signs in JOB_SIGNS_NEEDED if words <= at_most)
    body = item.text[item.blocks[0].start :][:READ_AT_MOST_CHARS]
    if _signs(_JOB_MARKS, labels) >= LABEL_SIGNS_NEEDED or _signs(_JOB_MARKS, body) >= needed:
        return "job"
    if _signs(_COURSE_MARKS, labels) >= LABEL_SIGNS_NEEDED:
        return "course"
    headings = any(b.kind == "heading" and b.start > item.blocks[0].start for b in item.blocks)
    return "post" if words < POST_AT_MOST_WORDS and not headings else "article"


def _signs(marks: tuple[re.Pattern[str], ...], text: str) -> int:
    return sum(1 for mark in marks if mark.search(text))


def _labels(item: Item) -> list[str]:
    """The title, the headings, and what stands before a colon at the beginning of a block."""
    labels = [item.title]
    for block in item.blocks:
        if block.kind == "heading":
            labels.append(item.text[block.start : block.end])
        else:
            label, colon, _ = item.text[block.start : min(block.end, block.start + 60)].partition(":")
            labels += [label] if colon else []
    return labels
