"""Why-questions about what was just said: the sentences of a text that give a cause for it. Pure, by rule, English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nutgraf.text.sentences import split
from nutgraf.text.words import content_stems

REASONS_AT_MOST = 2
#: Share of the words of what was said that a sentence needs to be where it comes from.
SAID_THERE = 0.5
#: Words that a sentence further away must share with what was said to give a cause for it.
SHARED_AT_LEAST = 2
_BARE = re.compile(r"(?:why(?: not| so| is that| was that| exactly)?|how come|how so|what for|for what reason)[?.! ]*")
_ASKED = re.compile(r"(?:why|how come|for what reason)\b")
_CAUSE = re.compile(
    r"\b(?:because|due to|owing to|thanks to|so that|in order (?:to|that)|as a result of|on account of|caused by"
    r"|result(?:s|ed)? (?:from|of)|the (?:main |only )?reasons?|to (?:avoid|prevent|make sure|ensure)|otherwise"
    r"|(?:it|this|that|which) (?:has |had )?(?:lowered|raised|cut|reduced|forced|caused|led to|meant that))\b",
    re.IGNORECASE,
)
#: A sentence that begins so goes on from the one before it.
_GOES_ON = re.compile(
    r"(?:because|this|that|these|those|it|they|otherwise|without (?:it|them|that)|the (?:main |only )?reasons?|in order)\b",
    re.IGNORECASE,
)
#: A sentence that begins so follows from the one before it, which is the cause.
_FOLLOWS = re.compile(
    r"(?:so|therefore|hence|thus|as a result|consequently|(?:that|which) is why|for (?:this|that) reason"
    r"|because of (?:this|that))\b",
    re.IGNORECASE,
)


def asks_why(said: str) -> bool:
    """Whether a follow-up asks for the cause of what was said."""
    return bool(_ASKED.match(said.lower())) or only_why(said)


def only_why(said: str) -> bool:
    """Whether it asks nothing but that: "why?", "how come?"."""
    return bool(_BARE.fullmatch(said.lower().strip()))


def causes(sentences: Sequence[str], answer: str) -> list[int]:
    """The rows of the sentences that give a cause for what `answer` says, nearest first; at most REASONS_AT_MOST.

    They stand in the sentences that it comes from, beside those, or elsewhere when they are about the same.
    """
    stems = [frozenset(content_stems(sentence)) for sentence in sentences]
    found: dict[int, int] = {}
    for at in _origins(stems, answer):
        for row, sentence in enumerate(sentences):
            if (far := _distance(sentences, stems, at, row, sentence)) is not None:
                found[row] = min(far, found.get(row, far))
    return sorted(found, key=lambda row: (found[row], row))[:REASONS_AT_MOST]


def _distance(
    sentences: Sequence[str], stems: Sequence[frozenset[str]], at: int, row: int, sentence: str
) -> int | None:
    """How far the cause in `row` is from what was said in `at`; None when it gives none for that."""
    if row == at - 1 and _FOLLOWS.match(sentences[at]):
        return 1
    if not _CAUSE.search(sentence):
        return None
    far, shared = abs(row - at), len(stems[at] & stems[row])
    beside = far == 1 and (shared > 0 or (row > at and bool(_GOES_ON.match(sentence))))
    return far if far == 0 or beside or shared >= SHARED_AT_LEAST else None


def _origins(stems: Sequence[frozenset[str]], answer: str) -> list[int]:
    """The rows that the sentences of an answer come from."""
    rows: dict[int, None] = {}
    for start, end in split(answer):
        said = frozenset(content_stems(answer[start:end]))
        shares = [len(said & row) / max(1, len(said)) for row in stems]
        best = max(range(len(shares)), key=lambda row: shares[row], default=None)
        if best is not None and shares[best] >= SAID_THERE:
            rows[best] = None
    return list(rows)
