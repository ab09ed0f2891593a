"""A sentence in the notation of its evidence: "4:30 PM" is read as "16:30" where that is how the evidence writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nutgraf.trust.grounding.compare_numbers import KnownQuantities
from nutgraf.trust.grounding.compare_quantities import Quantity

_FOR = re.compile(r"\b(?:for|over) (?:about |nearly |almost |over |more than )?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text with some of its quantities written otherwise; `pieces` are their characters, now and before. It is
    `derived` when a duration was written as the two dates that it lies between.
    """

    text: str
    pieces: tuple[tuple[int, int, int, int], ...] = ()
    derived: bool = False

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Where characters `start`..`end` stood before."""
        return self._back(start, 0), self._back(end, 1)

    def moved(self, one: Quantity) -> Quantity:
        """A quantity of the text before, at its place in this one."""
        shift = 0
        for now_start, now_end, start, end in self.pieces:
            if one.start == start:
                return replace(one, start=now_start, end=now_end)
            if one.start < start:
                break
            shift = now_end - end
        return replace(one, start=one.start + shift, end=one.end + shift)

    def _back(self, at: int, side: int) -> int:
        shift = 0
        for now_start, now_end, start, end in self.pieces:
            if at < now_start + side:
                break
            if at < now_end + side:
                return end if side else start
            shift = end - now_end
        return at + shift


def rewritten(text: str, found: Iterable[Quantity], known: KnownQuantities, lines: Sequence[str]) -> Rewritten:
    """A text with its quantities written as the evidence writes them."""
    pieces: list[tuple[int, int, int, int]] = []
    parts: list[str] = []
    last, size, derived = 0, 0, False
    for one in found:
        start, end, new = _written(text, one, known, lines)
        if not new or start < last:
            continue
        parts += [text[last:start], new]
        size += start - last
        derived = derived or new.startswith("from ")
        pieces.append((size, size + len(new), start, end))
        size, last = size + len(new), end
    return Rewritten("".join((*parts, text[last:])), tuple(pieces), derived) if pieces else Rewritten(text)


def _written(text: str, one: Quantity, known: KnownQuantities, lines: Sequence[str]) -> tuple[int, int, str]:
    """From where to where a quantity is to be written otherwise, and how; "" when it stays."""
    if one.kind == "weekday":
        return one.start, one.end, ""
    rows = known.rows(one)
    low = text[one.start : one.end].lower()
    if not rows or any(low in lines[row].lower() for row in rows):
        return one.start, one.end, ""
    place = next((place for row in rows for place in known.places(one, row)), None)
    if place is not None:
        return (one.start, one.end, place.written) if place.kind == one.kind else (one.start, one.end, "")
    years = known.between(one) if one.kind == "duration" else None
    if years is None:
        return one.start, one.end, ""
    leading = _FOR.search(text[: one.start])
    return leading.start() if leading else one.start, one.end, f"from {years[0].written} to {years[1].written}"
