"""The comparator: quantities, names and small words of a sentence held against the evidence, in code.

Each finding says in words what is wrong and which line it was held against. Some kinds are precise enough to decide
alone (`VETOES`); the others only inform the trees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from nutgraf.detection import Marked
from nutgraf.trust.grounding.clauses import wired
from nutgraf.trust.grounding.compare_lines import Gap, Laid, Turned, lay, most_covered, turned
from nutgraf.trust.grounding.compare_names import KnownNames, Name, names_in, swapped
from nutgraf.trust.grounding.compare_numbers import COUNTABLE, KnownQuantities
from nutgraf.trust.grounding.compare_quantities import Quantity, quantities
from nutgraf.trust.grounding.compare_records import KnownRecords
from nutgraf.trust.grounding.index import EvidenceIndex, Ranked
from nutgraf.trust.grounding.lexical import Words
from nutgraf.trust.grounding.notation import Rewritten, rewritten

#: The kinds of findings, in the order in which the features count them.
KINDS = (
    "number", "small-number", "unit", "money", "percent", "duration", "date", "weekday", "time", "name", "name-part",
    "names-swapped", "number-swapped", "name-replaced", "negation", "modality", "modality-new", "modality-lost",
    "quantifier", "quantifier-new", "quantifier-lost", "tense", "tense-new", "opposite", "record-no",
    "record-unstated", "record-yes",
)  # fmt: skip
#: Kinds that decide alone, measured at a precision of .9 or more (see the card of the weights): some wherever they are
#: found, some only in a sentence that follows a line of evidence, some only in one that nearly copies it.
VETOES = frozenset(("unit", "money", "percent", "time"))
FOLLOWING = frozenset(("number", "date", "weekday"))
NEAR_COPY = frozenset(("names-swapped", "opposite"))
VETO_SCORE = 0.97
MILD = 0.7
#: Numbers that count the items of a list, belong to a name or convert another number claim nothing of their own.
_FORMAL = re.compile(r".*(?:\b(?:[Pp]assages?|[Ss]tep|[Oo]ption|[Pp]age|[Ff]igure|[Cc]hapter) |[A-Z]-)[\w-]+$")
_LISTED = re.compile(r"[.):]\s")
_COUNTED = re.compile(r"[\s-]words?\b|\s?days a week\b|\s?a week\b|\scentury|\s?°[CF]\)")
#: A sentence that says what the evidence does not tell repeats the question, not the evidence.
_TELLS_NOTHING = re.compile(
    r"\b(?:unable to|(?:not|n['’]t) (?:\w+ )?(?:contain|provid|mention|specif|stat|possibl|includ|answer|give)\w*"
    r"|no (?:\w+ )?(?:information|mention|details?))\b|:$"
)
_CLOSE = 0.6
_CLOSE_CONTENT = 0.6
_QUOTE = 160
#: Numbers and names of one sentence that are looked at.
_AT_MOST = 40


#: The place of a number or name in the sentence (first word, end) and the lines that hold it.
_Anchor: TypeAlias = tuple[int, int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparator found in a sentence.

    `anchors` holds for each quantity and name that stands in the evidence its words' place (first, last) and the lines
    it stands in; `laid` the sentence beside its nearest line.
    """

    findings: tuple[Marked, ...]
    quantities: int
    names: int
    anchors: tuple[_Anchor, ...]
    laid: Laid | None

    @property
    def veto(self) -> Marked | None:
        """The first finding that decides alone, None when there is none."""
        return next((one for one in self.findings if one.score >= VETO_SCORE), None)


def moved(compared: Compared, text: Rewritten, by: int) -> Compared:
    """The findings behind character `by` of the text before it was rewritten, counted from there."""
    kept = (one for one in compared.findings if not (text.derived and one.label == "wired"))
    places = [(one, *text.back(one.start, one.end)) for one in kept]
    findings = tuple(replace(one, start=start - by, end=end - by) for one, start, end in places if start >= by)
    return replace(compared, findings=findings)


class Comparator:
    """Holds sentences against one evidence; what it reads of the evidence is read once."""

    def __init__(self, index: EvidenceIndex) -> None:
        """The comparator of the evidence of `index`."""
        self._index = index

    @cached_property
    def _quantities(self) -> KnownQuantities:
        return KnownQuantities(self._index.lines)

    @cached_property
    def _names(self) -> KnownNames:
        return KnownNames(self._index.lines, self._index.words, self._index.stems)

    @cached_property
    def _records(self) -> KnownRecords:
        return KnownRecords(self._index.lines, self._index.words)

    def read(self) -> None:
        """Read the evidence now rather than when the first sentence arrives."""
        _ = (self._quantities, self._names, self._records, self._index.rows_of, self._index.openings)
        _ = (self._index.bigrams, self._index.trigrams, self._index.small, self._index.places, self._index.clauses)

    def rewritten(self, text: str) -> tuple[Rewritten, list[Quantity]]:
        """A sentence in the notation of the evidence, and its quantities at their places there."""
        counted = quantities(text)
        new = rewritten(text, counted, self._quantities, self._index.lines)
        if new.derived:
            return new, quantities(new.text)
        return new, [new.moved(one) for one in counted] if new.pieces else counted

    def compare(self, said: Words, ranked: Ranked, found_before: list[Quantity] | None = None) -> Compared:
        """Everything that speaks against a sentence, with the reason in words.

        `found_before` are its quantities, where they are known.
        """
        every = quantities(said.text) if found_before is None else found_before
        found: list[Marked] = []
        anchors: list[_Anchor] = []
        counted = [one for one in every[:_AT_MOST] if _claims(said.text, one)]
        names = names_in(said)[:_AT_MOST]
        laid = self._nearest(said, ranked)
        follows = laid is not None and laid.covered >= _CLOSE and laid.covered_content >= _CLOSE_CONTENT
        sure = (VETOES | FOLLOWING if follows else VETOES) if not _TELLS_NOTHING.search(said.text) else frozenset[str]()
        for one in counted:
            self._quantity(said, one, found, anchors, sure)
        for name in names:
            self._name(said, name, found, anchors, sure)
        if laid is not None:
            found += self._beside(said, names, counted, laid)
            found += self._wired(said, counted, laid)
        found += [self._marked(said, one, None) for one in self._records.turned(said)]
        return Compared(tuple(found), len(counted), len(names), tuple(anchors), laid)

    def _quantity(
        self, said: Words, one: Quantity, found: list[Marked], anchors: list[_Anchor], sure: frozenset[str]
    ) -> None:
        rows = self._quantities.rows(one)
        if rows:
            anchors.append((*_tokens(said, one.start, one.end), tuple(dict.fromkeys(rows))))
            return
        if one.kind == "duration" and one.written.lower().startswith(("a ", "an ", "one ")) and one.raw == 1:
            return
        small = one.kind in ("number", "measure", "duration") and isinstance(one.value, float) and one.raw <= COUNTABLE
        if other := self._quantities.other_unit(one):
            kind, why = "unit", f"{one.written!r} is not in the evidence, which says {other[1].written!r}"
        elif one.kind in ("number", "measure"):
            kind, why = ("small-number" if small else "number"), f"{one.written!r} is not in the evidence"
        else:
            kind, why = one.kind, f"{one.written!r} is not in the evidence"
        alike = other or self._quantities.alike(one)
        if alike:
            why += f" (line {alike[0] + 1}: {self._index.lines[alike[0]][:_QUOTE]!r})"
        found.append(Marked(one.start, one.end, kind, VETO_SCORE if kind in sure else MILD, why))

    def _name(self, said: Words, name: Name, found: list[Marked], anchors: list[_Anchor], sure: frozenset[str]) -> None:
        absent = self._names.absent(said, name)
        if absent:
            start, end = said.spans[absent[0]][0], said.spans[absent[-1]][1]
            kind = "name" if len(absent) == name.last - name.first + 1 else "name-part"
            score = VETO_SCORE if kind in sure else MILD
            found.append(Marked(start, end, kind, score, f"{said.text[start:end]!r} is not in the evidence"))
        else:
            rows = [self._index.rows_of.get(root, ()) for root in said.stems[name.first : name.last + 1]]
            together = [row for row in rows[0] if all(row in other for other in rows[1:])] or list(rows[0])
            if together:
                anchors.append((name.first, name.last + 1, tuple(together)))

    def _nearest(self, said: Words, ranked: Ranked) -> Laid | None:
        """The sentence beside the one of its two best lines that covers more of it."""
        rows = ranked.order[:2]
        if not rows:
            return None
        best = lay(said, self._index.words[rows[0]], rows[0])
        if len(rows) == 1 or most_covered(said, self._index.words[rows[1]]) < best.covered + best.covered_content:
            return best
        other = lay(said, self._index.words[rows[1]], rows[1])
        return max((best, other), key=lambda one: (one.covered + one.covered_content, -one.row))

    def _wired(self, said: Words, counted: list[Quantity], laid: Laid) -> list[Marked]:
        """Quantities of the nearest line that the sentence gives to something else than the line does."""
        line = self._index.words[laid.row]
        parts = self._index.clauses[laid.row]
        if not counted or len(parts) < 2:
            return []
        held = [(one, place) for one in counted for place in self._quantities.places(one, laid.row)[:1]]
        turn = wired(said, line, parts, held, self._quantities.in_line(laid.row))
        return [self._marked(said, turn, laid, sure=True)] if turn else []

    def _beside(self, said: Words, names: list[Name], counted: list[Quantity], laid: Laid) -> list[Marked]:
        line = self._index.words[laid.row]
        found: list[Marked] = []
        if pair := swapped(said, names, line):
            what = Turned("names-swapped", pair[0].first, pair[1].last + 1, "the names stand the other way round")
            found.append(self._marked(said, what, laid))
        if laid.covered < _CLOSE or laid.covered_content < _CLOSE_CONTENT:
            return found
        found += [self._marked(said, one, laid) for one in turned(said, line, laid)]
        theirs = self._quantities.in_line(laid.row)
        gaps = [gap for gap in laid.gaps if any(gap.i0 <= i < gap.i1 for i in said.content)]
        for gap in laid.gaps:
            opens = not gap.i0 and not gap.j0 and gap.i1 < len(said.written)
            if not (gap.held or opens) or gap.i1 == gap.i0 or gap.j1 == gap.j0:
                continue
            place = (gap.i0, gap.i1, gap.j0, gap.j1)
            if (other := self._replaced(said, line, place, names, (counted, theirs))) is not None:
                named = other.kind == "name-replaced"
                if gap.held or named:
                    sure = named and gaps == [gap] and self._unheard(said, gap)
                    found.append(self._marked(said, other, laid, sure=sure))
        return found

    def _unheard(self, said: Words, gap: Gap) -> bool:
        """Whether the evidence holds none of the words with meaning that stand in a gap."""
        return all(said.stems[i] not in self._index.stems for i in said.content if gap.i0 <= i < gap.i1)

    def _replaced(
        self,
        said: Words,
        line: Words,
        gap: tuple[int, int, int, int],
        names: list[Name],
        counts: tuple[list[Quantity], list[Quantity]],
    ) -> Turned | None:
        """A number or a name of the evidence in the place of another one."""
        i0, i1, j0, j1 = gap
        here, there = (said.spans[i0][0], said.spans[i1 - 1][1]), (line.spans[j0][0], line.spans[j1 - 1][1])
        mine = [one for one in counts[0] if one.start < here[1] and one.end > here[0]]
        other = [one for one in counts[1] if one.start < there[1] and one.end > there[0]]
        if mine and other and not {one.value for one in mine} & {one.value for one in other}:
            same = {one.kind for one in mine} & {one.kind for one in other}
            if same and all(one.value not in {known.value for known in counts[1]} for one in mine):
                return Turned("number-swapped", i0, i1, f"the evidence says {other[0].written!r} here")
        named = [name for name in names if i0 <= name.first < i1]
        capital = any(word[0].isupper() for word in line.written[j0:j1])
        if named and capital and not set(said.stems[named[0].first : named[0].last + 1]) & set(line.stems):
            return Turned("name-replaced", i0, i1, f"the evidence says {line.text[there[0] : there[1]]!r} here")
        return None

    def _marked(self, said: Words, what: Turned, laid: Laid | None, sure: bool = False) -> Marked:
        last = min(max(what.i1, what.i0 + 1), len(said.spans)) - 1
        start = said.spans[min(what.i0, last)][0]
        why = what.because
        if laid is not None:
            why += f" (line {laid.row + 1}: {self._index.lines[laid.row][:_QUOTE]!r})"
        sure = sure or (laid is not None and laid.close and what.kind in NEAR_COPY)
        return Marked(start, said.spans[last][1], what.kind, VETO_SCORE if sure else MILD, why)


def _claims(text: str, one: Quantity) -> bool:
    """Whether a quantity claims something of its own."""
    listed = not text[: one.start].strip("*-• ") and _LISTED.match(text, one.end)
    return not listed and not _FORMAL.match(text[: one.end]) and not _COUNTED.match(text, one.end)


def _tokens(said: Words, start: int, end: int) -> tuple[int, int]:
    """The words (first, end excluded) that characters `start`..`end` cover."""
    inside = [i for i, (begin, stop) in enumerate(said.spans) if begin < end and stop > start]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)
