"""The strictest deterministic check: a draft may shorten its evidence at clause boundaries, and do nothing else to it.

A model that leaves out words in the middle of a clause makes a new claim out of old words ("forgives a small order and
remembers an empty shelf" became "forgives an empty shelf"). So the words of the draft are aligned with those of the
evidence, and every gap must be a parenthesis, a lead-in or a tail that can go without changing what stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from nutgraf.registry import check
from nutgraf.text.facts import numbers
from nutgraf.text.words import stem, word_spans
from nutgraf.trust.checks import Check
from nutgraf.types import Draft, Evidence

_EDGE = re.compile(r"[,;:()—–…]|\s-\s|[.!?][\"”’)]*\s")
_TAIL_OPENERS = frozenset("and but because so which who while although though since as where whereas".split())
#: Leaving these out changes what the rest claims.
_LOAD_BEARING = frozenset(
    "not no never none nor neither without hardly barely unless until if except only may might could would should cannot than or "
    "said says say told according claims claimed argues argued believes believed thinks thought suggests suggested almost about "
    "nearly roughly around up under over least most fewer less more some half".split()
)
#: In a coordinate clause after the part that stays, only these still govern that part.
_GOVERNS_BACK = frozenset("unless if until except or than only".split())
_MAY_BE_ADDED = frozenset("the a an and that".split())
_MAY_GO = frozenset("the a an that also just very really then so now still already even quite".split())
ADDED_AT_MOST = 2


@check("clause-cuts", version=1)
def clause_cuts() -> Check:
    """A draft must be its evidence with whole clauses, lead-ins or parentheses left out, and nothing put in."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        source = " \n. ".join(" ".join(piece.quote.split()) for piece in evidence)
        known, said = word_spans(source), word_spans(draft.text)
        blocks = _aligned([_key(word) for word, _, _ in known], [_key(word) for word, _, _ in said])
        if not blocks:
            return "shares no words with the evidence"
        added = [said[i][0].lower() for i in _outside(blocks, len(said))]
        if len(added) > ADDED_AT_MOST or not set(added) <= _MAY_BE_ADDED:
            return f"adds {' '.join(added)!r}"
        edges = [(0, blocks[0][0]), *((a[0] + a[2], b[0]) for a, b in zip(blocks, blocks[1:], strict=False))]
        for start, end in [*edges, (blocks[-1][0] + blocks[-1][2], len(known))]:
            if end > start and (why := _bad_gap(source, known, start, end)):
                return why
        return None

    return judge


@check("keeps-figures", version=1)
def keeps_figures() -> Check:
    """A shortened sentence must keep the figures of its evidence: without them the quotation says more."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        said = {number.value for number in numbers(draft.text)}
        for number in numbers(evidence[0].quote) if len(evidence) == 1 else ():
            if number.digits and number.value not in said:
                return f"leaves out {number.written.strip()}"
        return None

    return judge


def _key(word: str) -> str:
    return stem(word.lower().replace("’", "'"))


def _aligned(known: list[str], said: list[str]) -> list[tuple[int, int, int]]:
    """Runs of equal words in order: (start in evidence, start in draft, length)."""
    matcher = SequenceMatcher(None, known, said, autojunk=False)
    return [(b.a, b.b, b.size) for b in matcher.get_matching_blocks() if b.size]


def _outside(blocks: list[tuple[int, int, int]], count: int) -> list[int]:
    inside = {i for _, start, size in blocks for i in range(start, start + size)}
    return [i for i in range(count) if i not in inside]


def _bad_gap(source: str, known: list[tuple[str, int, int]], start: int, end: int) -> str | None:
    """Why the words known[start:end] may not be left out, or None."""
    gone = [word.lower() for word, _, _ in known[start:end]]
    text = source[known[start][1] : known[end - 1][2]]
    if set(gone) <= _MAY_GO:
        return None
    whole = _starts_sentence(source, known, start) and _ends_sentence(source, known, end)
    if whole:
        return None
    before = start == 0 or _edge(source, known, start)
    after = end == len(known) or _edge(source, known, end)
    tail = _ends_sentence(source, known, end) and (before or gone[0] in _TAIL_OPENERS)
    coordinate = tail and before and gone[0] in ("and", "but")
    if bearing := next((word for word in gone if _bears(word, coordinate)), None):
        return f"leaves out {bearing!r}, on which the rest depends"
    if (before and after) or tail:
        return None
    return f"cuts {text[:40]!r} out of a clause"


def _bears(word: str, coordinate: bool) -> bool:
    if coordinate:
        return word in _GOVERNS_BACK
    return word in _LOAD_BEARING or word.endswith(("n't", "n’t"))


def _edge(source: str, known: list[tuple[str, int, int]], i: int) -> bool:
    """Whether punctuation that closes or opens a clause stands before word `i`."""
    return bool(_EDGE.search(source[known[i - 1][2] : known[i][1]]))


def _starts_sentence(source: str, known: list[tuple[str, int, int]], i: int) -> bool:
    return i == 0 or bool(re.search(r"[.!?\n]", source[known[i - 1][2] : known[i][1]]))


def _ends_sentence(source: str, known: list[tuple[str, int, int]], i: int) -> bool:
    return i == len(known) or bool(re.search(r"[.!?\n]", source[known[i - 1][2] : known[i][1]]))
