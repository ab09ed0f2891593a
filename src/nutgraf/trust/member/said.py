# ruff: noqa: E501
"""What a sentence says of its reader: the stretches that claim something, with everything else made blank."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from nutgraf.trust.member.lexicon import GENERIC, content

READER = re.compile(r"\b(?:you|your|yours|yourself|you['’](?:re|ve|d|ll))\b", re.IGNORECASE)
#: Where one thing is said and another begins.
_CLAUSE = re.compile(
    r"[;!?\n]|\s[—–-]+\s|(?:,\s*|\s)(?:so that|so|because|which|whereas|and (?=(?:this|the|it|its|these|there|here|both)\b))\s"
    r"|,\s*(?=(?:this|the|these|here|it|its|there)\s)",
    re.IGNORECASE,
)
#: Words about the reader that claim nothing of their record: advice, wishes, what a text does for them.
_ADVICE = re.compile(
    r"\b(?:you (?:can|could|may|might|will|would|should|must|shall|need|ought|want|wish|['’]ll|get to|see|find|learn|read)"
    r"|you['’](?:ll|d)|if you|whether you|when you|let(?:s|ting)? you|help(?:s|ing)? you|show(?:s|ing)? you|give(?:s|n)? you|tell(?:s)? you"
    r"|teach(?:es)? you|offer(?:s)? you|make(?:s)? you|ask(?:s)? you|for you|to you|thank you|do you|are you|have you|did you)\b",
    re.IGNORECASE,
)
_ABLE = re.compile(
    r"\byou (?:can|could) (?:also )?(?:already )?(?:speak|program|code|(?:read|write) (?:and \w+ )?[A-Z])\b",
    re.IGNORECASE,
)
_STOPS = re.compile(
    r"\b(?:can|could|will|would|may|might|should|must|makes?|means?|fits?|gives?|lets?|helps?|match(?:es)?|matters?|relates?"
    r"|connects?|appl(?:y|ies)|prepares?|maps?|carr(?:y|ies)|overlaps?|counts?|stands?|puts?|sets?)\b",
    re.IGNORECASE,
)
_YOUR = re.compile(r"\byours?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and `claim`, of the same length, in which only what it claims about its reader is left."""

    sentence: str
    claim: str
    words: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether no claim about the reader is made."""
        return not self.claim.strip()


def said(sentence: str) -> Said:
    """What `sentence` claims about its reader."""
    if not READER.search(sentence):
        return Said(sentence, " " * len(sentence), ())
    kept = [" "] * len(sentence)
    bounds = [0, *(match.end() for match in _CLAUSE.finditer(sentence)), len(sentence)]
    for start, end in pairwise(bounds):
        for first, last in _claims(sentence, start, end):
            kept[first:last] = sentence[first:last]
    claim = "".join(kept)
    words = tuple(word for word in content(claim) if word not in GENERIC)
    return Said(sentence, claim, words)


def _claims(sentence: str, start: int, end: int) -> list[tuple[int, int]]:
    """The stretches of a clause that claim something of the reader."""
    clause = sentence[start:end]
    if not READER.search(clause):
        return []
    advice = _ADVICE.search(clause)
    if advice and _ABLE.match(clause, advice.start()):
        advice = None
    if not advice:
        first = READER.search(clause)
        own = first is not None and not first[0].lower().startswith("your") and not clause[: first.start()].strip(" ,")
        return [(start, end)] if own or _opens(clause) else _possessive(clause, start) or [(start, end)]
    spans = []
    before = clause[: advice.start()]
    if READER.search(before) or re.match(r"\W*(?:with|as|having|after|since|given|from)\b", before, re.IGNORECASE):
        spans.append((start, start + advice.start()))
    return spans + [
        (start + advice.end() + a, start + advice.end() + b) for a, b in _possessive(clause[advice.end() :], 0)
    ]


def _opens(clause: str) -> bool:
    """Whether a clause says straight on what its reader is or has: "you have ...", "your degree is ...", "as a ..."."""
    return re.match(
        r"\W*(?:and |but |as |since |because |while |with |having |after |given |over |in |at |before |until |from |for |during "
        r"|currently|today|now|most|today|like |both |back |by |well|yes|no|clearly|of course|we |it |i |according|right )",
        clause,
        re.IGNORECASE,
    ) is not None  # fmt: skip


def _possessive(clause: str, start: int) -> list[tuple[int, int]]:
    """Each "your ..." up to a verb that turns to another matter."""
    spans = []
    for match in _YOUR.finditer(clause):
        rest = _STOPS.search(clause, match.end())
        end = rest.start() if rest else len(clause)
        if content(clause[match.end() : end]) or re.search(r"\d", clause[match.end() : end]):
            spans.append((start + match.start(), start + end))
    return spans
