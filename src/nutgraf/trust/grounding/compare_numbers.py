"""Whether the quantities of a sentence stand in the evidence, in whatever form they are written there."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import islice

from nutgraf.trust.grounding.compare_quantities import DAYS, Quantity, quantities, weekday_of

_DAY_RANGE = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)\w*\s?(?:-|–|to|through|thru|until)\s?(mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE
)
_EVERY_DAY = re.compile(r"\b(?:daily|every ?day|seven days|7 days|all week|each day)\b", re.IGNORECASE)
_WEEKDAYS = re.compile(r"\bweekdays\b", re.IGNORECASE)
_WEEKEND = re.compile(r"\bweekends?\b", re.IGNORECASE)
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_NUMERIC = ("number", "percent", "money", "measure", "duration")
_SHORT = {day[:3]: i for i, day in enumerate(DAYS)}
#: Small counts may be counted from a list, so that they need not be written anywhere.
COUNTABLE = 12
_YEAR = 365.25
_APART = 3
#: Quantities of one evidence that are looked at: bounds what hostile evidence can cost.
_AT_MOST = 4000


class KnownQuantities:
    """The quantities of lines of evidence, read once."""

    def __init__(self, lines: Sequence[str]) -> None:
        """`lines`, one fact each."""
        every = ((row, one) for row, line in enumerate(lines) for one in quantities(line))
        self.found: list[tuple[int, Quantity]] = list(islice(every, _AT_MOST))
        self._numeric = [
            (row, one) for row, one in self.found if one.kind in _NUMERIC and not isinstance(one.value, str)
        ]
        self._dates = [(row, one) for row, one in self.found if one.kind == "date"]
        self._times = [(row, one) for row, one in self.found if one.kind == "time"]
        self._weekdays = _weekdays(lines, self.found)
        self._written: dict[str, list[int]] = {}
        for row, line in enumerate(lines):
            for written in _DIGITS.findall(line):
                self._written.setdefault(written.replace(",", ""), []).append(row)

    def rows(self, said: Quantity) -> list[int]:
        """The lines that bear a quantity out; none when no line does."""
        if said.kind == "weekday":
            return self._weekdays.get(int(said.raw if isinstance(said.value, tuple) else float(said.value)), [])
        if said.kind == "date":
            return self._date(said)
        if said.kind == "time":
            return self._time(said)
        if isinstance(said.value, str):
            return self._written.get(said.value.replace(",", ""), [])
        rows = [row for row, one in self._numeric if equal(said, one)]
        if said.kind == "duration":
            years = self._between_years(said)
            rows += [years[0]] if years else []
        if said.kind in ("number", "measure"):
            rows += self._plain(said)
        return rows

    def places(self, said: Quantity, row: int) -> list[Quantity]:
        """The quantities of a line that bear one out."""
        return [one for at, one in self.found if at == row and agree(said, one)]

    def in_line(self, row: int) -> list[Quantity]:
        """The quantities of a line."""
        return [one for at, one in self.found if at == row]

    def other_unit(self, said: Quantity) -> tuple[int, Quantity] | None:
        """A line with the same number in another unit, for a quantity that no line bears out."""
        if said.kind == "number" or isinstance(said.value, (str, tuple)):
            return None
        return next(
            (
                (row, one)
                for row, one in self._numeric
                if one.raw == said.raw and (one.kind, one.unit) != (said.kind, said.unit)
            ),
            None,
        )

    def alike(self, said: Quantity) -> tuple[int, Quantity] | None:
        """The first quantity of the same kind and unit in the evidence."""
        same = (
            pair
            for pair in self.found
            if pair[1].kind == said.kind and (said.kind == "date" or pair[1].unit == said.unit)
        )
        return next(same, None)

    def _plain(self, said: Quantity) -> list[int]:
        """A number without a unit may be a day of a date, an hour, or digits in something longer."""
        rows = [
            row for row, one in self._dates if isinstance(one.value, tuple) and said.raw in (one.value[0], one.value[2])
        ]
        rows += (
            [
                row
                for row, one in self._times
                if str(one.value) in (f"{int(said.raw) % 24:02d}:00", f"{int(said.raw + 12) % 24:02d}:00")
            ]
            if said.raw <= 24
            else []
        )
        return rows + self._written.get(_DIGITS.sub(lambda m: m[0].replace(",", ""), said.written.strip()), [])

    def _date(self, said: Quantity) -> list[int]:
        """Lines with a date that agrees; what only one of both states must stand elsewhere or is taken as given."""
        wanted = said.value
        rows: list[int] = []
        for row, one in self._dates:
            both = (
                list(zip(wanted, one.value, strict=True))
                if isinstance(wanted, tuple) and isinstance(one.value, tuple)
                else []
            )
            if any(mine and theirs and mine != theirs for mine, theirs in both) or not any(a and b for a, b in both):
                continue
            missing = [place for place, (mine, theirs) in enumerate(both) if mine and not theirs]
            if all(self._stands(place, both[place][0]) for place in missing):
                rows.append(row)
        if isinstance(wanted, tuple) and wanted[0] and not any(wanted[1:]):
            rows += self._written.get(str(wanted[0]), [])
        return rows

    def _stands(self, place: int, value: int) -> bool:
        return any(isinstance(one.value, tuple) and one.value[place] == value for _, one in self._dates)

    def _time(self, said: Quantity) -> list[int]:
        rows = [row for row, one in self._times if one.value == said.value]
        hour, _, minute = str(said.value).partition(":")
        if not rows and minute == "00":
            near = (int(hour), int(hour) % 12 or 12)
            rows = [row for row, one in self._numeric if one.kind == "number" and one.raw in near]
        return rows

    def between(self, said: Quantity) -> tuple[Quantity, Quantity] | None:
        """Two dates of near lines that lie as far apart as a duration says."""
        found = self._between_years(said)
        return found[1:] if found else None

    def _between_years(self, said: Quantity) -> tuple[int, Quantity, Quantity] | None:
        """The line whose years lie as far apart as a duration says: "from 2018 to 2021" is three years."""
        years = [(row, one, one.value) for row, one in self._dates if isinstance(one.value, tuple) and one.value[0]]
        span = float(said.value) if not isinstance(said.value, tuple) else 0.0
        for i, (row, opens, begin) in enumerate(years):
            for other, closes, end in years[i + 1 : i + 6]:
                if other - row > _APART:
                    break
                exact = bool(begin[1] and end[1])
                apart = end[0] - begin[0] + ((end[1] - begin[1]) / 12 if exact else 0.0)
                if apart > 0 and abs(apart * _YEAR - span) <= (0.55 * _YEAR if exact else 0.05 * _YEAR):
                    return row, opens, closes
        return None


def agree(said: Quantity, known: Quantity) -> bool:
    """Whether two quantities are the same, in whatever notation; dates where neither says anything else."""
    if isinstance(said.value, tuple) and isinstance(known.value, tuple):
        both = list(zip(said.value, known.value, strict=True))
        return any(a and b for a, b in both) and not any(a and b and a != b for a, b in both)
    if isinstance(said.value, str) or isinstance(known.value, str):
        return said.value == known.value
    if "weekday" in (said.kind, known.kind):
        return said.kind == known.kind and said.value == known.value
    return equal(said, known)


def equal(said: Quantity, known: Quantity) -> bool:
    """Whether two quantities that are numbers are the same, rounded or hedged as they say."""
    if isinstance(said.value, (str, tuple)) or isinstance(known.value, (str, tuple)):
        return False
    if said.kind == known.kind:
        if said.unit != known.unit and said.kind in ("money", "percent"):
            return False
        if said.kind == "measure" and said.unit != known.unit:
            return False
        return _near(said, said.value, known.value)
    kinds = {said.kind, known.kind}
    if kinds == {"percent", "number"}:
        share = known if known.kind == "number" else said
        percent = said if share is known else known
        return math.isclose(share.raw * 100, percent.raw, rel_tol=0.02) or (said.raw == known.raw and percent is said)
    if "number" in kinds:
        return _near(said, said.raw, known.raw)
    return False


def _near(said: Quantity, mine: float, theirs: float) -> bool:
    if math.isclose(mine, theirs, rel_tol=0.012 if said.kind in ("duration", "measure") else 1e-9):
        return True
    below, above = said.slack
    if mine * (1 - below) <= theirs <= mine * (1 + above):
        return True
    return _rounded(mine, theirs)


def _rounded(mine: float, theirs: float) -> bool:
    """Whether a number is another one rounded: 35 for 34.8, 12 million for 12,034,000."""
    if not mine or not theirs or abs(mine) < 10 or (mine < 100 and float(theirs).is_integer()):
        return False
    digits = f"{abs(mine):.0f}".rstrip("0") if float(mine).is_integer() else ""
    if not digits or len(digits) > 3:
        return False
    scale = 10.0 ** (math.floor(math.log10(abs(mine))) + 1 - len(digits))
    return abs(mine - theirs) <= scale / 2 and abs(mine - theirs) <= 0.05 * abs(mine)


def _weekdays(lines: Sequence[str], found: list[tuple[int, Quantity]]) -> dict[int, list[int]]:
    """For each weekday the lines that name it, in a range or by a date."""
    rows: dict[int, list[int]] = {}
    for row, one in found:
        day = (
            weekday_of(one.value)
            if isinstance(one.value, tuple)
            else int(float(one.value))
            if one.kind == "weekday"
            else None
        )
        if day is not None:
            rows.setdefault(day, []).append(row)
    for row, line in enumerate(lines):
        days: set[int] = set()
        for match in _DAY_RANGE.finditer(line):
            first, last = _SHORT[match[1].lower()], _SHORT[match[2].lower()]
            days |= set(range(first, last + 1)) if first <= last else {*range(first, 7), *range(last + 1)}
        if _EVERY_DAY.search(line):
            days |= set(range(7))
        if _WEEKDAYS.search(line):
            days |= set(range(5))
        if _WEEKEND.search(line):
            days |= {5, 6}
        for day in days:
            rows.setdefault(day, []).append(row)
    return rows
