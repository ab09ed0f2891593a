"""Which clause of a line a quantity stands in: "rose to 94 % while tickets fell 23 %" tells two things, not four."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nutgraf.trust.grounding.compare_lines import Turned
from nutgraf.trust.grounding.compare_quantities import Quantity
from nutgraf.trust.grounding.lexical import Words

_BREAKS = frozenset("while but whereas although though".split())
_JOINS = frozenset("and or then but".split())
_PARTS = frozenset("and or as with when where which who that because if after before than".split())
_VERBS = frozenset(
    """is are was were has have had will would can could may must left fell rose grew went took gave got made became
    began won lost said told sold bought paid ran came kept held led met sent set cut put hit shrank drew built wrote
    spoke rises falls grows opens closes starts ends costs""".split()
)
_MOST_COVERED = 0.8
#: Kinds of quantities that say something of one thing alone; plain numbers are often part of a phrase.
_TOLD = ("date", "percent", "money", "time", "duration")


@dataclass(frozen=True, slots=True)
class Clause:
    """Words `first`..`end` (end excluded) of a text; one that `carries` has the subject of the clause before it."""

    first: int
    end: int
    carries: bool


def clauses_of(words: Words) -> tuple[Clause, ...]:
    """The clauses of a line of evidence, broken only where that is plain."""
    starts: list[tuple[int, bool]] = [(0, False)]
    low = [word.lower() for word in words.written]
    for i in range(1, len(low)):
        follows = i + 1 < len(low) and _is_verb(low[i + 1])
        if low[i] in _JOINS and follows:
            starts.append((i, True))
        elif low[i] in _BREAKS:
            starts.append((i, False))
    ends = [*(first for first, _ in starts[1:]), len(low)]
    return tuple(Clause(first, end, carries) for (first, carries), end in zip(starts, ends, strict=True))


def wired(
    said: Words, line: Words, parts: Sequence[Clause], counted: Sequence[tuple[Quantity, Quantity]],
    others: Sequence[Quantity],
) -> Turned | None:  # fmt: skip
    """A quantity of the line that the sentence gives to a word of another clause, which has one of its own there.

    `parts` are the clauses of the line, `others` all its quantities; `counted` pairs each quantity of the sentence with
    its place in the line.
    """
    content = [said.stems[i] for i in said.content]
    if len(parts) < 2 or sum(root in line.stems for root in content) < _MOST_COVERED * len(content):
        return None
    subject = _subject_end(line, parts[0])
    for mine, theirs in counted:
        if mine.kind not in _TOLD:
            continue
        at = _word_at(line, theirs.start)
        own = next(clause for clause in parts if clause.first <= at < clause.end)
        first, end = _around(said, mine)
        inside = [i for i in range(first, end) if mine.start <= said.spans[i][0] < mine.end]
        for i in said.content:
            places = [place for place, root in enumerate(line.stems) if root == said.stems[i]]
            if at < subject or i in inside or not first <= i < end or not places:
                continue
            if any(own.first <= place < own.end or (own.carries and place < subject) for place in places):
                continue
            other = next(clause for clause in parts if clause.first <= places[0] < clause.end)
            rivals = (one for one in others if one.kind == mine.kind)
            rival = next((one for one in rivals if other.first <= _word_at(line, one.start) < other.end), None)
            if rival is not None and inside:
                why = f"the evidence says {rival.written!r} with {said.written[i]!r}"
                return Turned("wired", inside[0], inside[-1] + 1, why)
    return None


def _subject_end(line: Words, clause: Clause) -> int:
    """The first verb of a clause; what stands before it holds for the clauses that follow."""
    low = (i for i in range(clause.first + 1, clause.end) if _is_verb(line.written[i].lower()))
    return next(low, clause.first)


def _around(said: Words, mine: Quantity) -> tuple[int, int]:
    """The words (first, end excluded) of the part of the sentence that a quantity stands in."""
    at = _word_at(said, mine.start)
    first = end = at
    while first > 0 and not _parts(said, first):
        first -= 1
    end = at + 1
    while end < len(said.written) and not _parts(said, end):
        end += 1
    return first, end


def _parts(said: Words, i: int) -> bool:
    between = said.text[said.spans[i - 1][1] : said.spans[i][0]]
    return said.written[i].lower() in _PARTS | _BREAKS or any(mark in between for mark in ",;:()")


def _word_at(words: Words, start: int) -> int:
    return next((i for i, (_, end) in enumerate(words.spans) if end > start), len(words.spans) - 1)


def _is_verb(word: str) -> bool:
    return word in _VERBS or (len(word) > 4 and word.endswith("ed"))
