"""The quantities of a text in one form: dates, times, durations, measures, money, shares and plain numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from nutgraf.text.numbers import Number, numbers

Kind: TypeAlias = Literal["date", "weekday", "time", "duration", "measure", "money", "percent", "number"]

_MONTHS = "january february march april may june july august september october november december".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_MONTH = (
    {name[:3]: i for i, name in enumerate(_MONTHS, 1)} | {name: i for i, name in enumerate(_MONTHS, 1)} | {"sept": 9}
)
_M = (
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_D = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_Y = r"(?P<year>(?:1[5-9]|20)\d\d)"
_DATES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b{_Y}[-/](?P<month>0?[1-9]|1[0-2])(?:[-/](?P<day>0?[1-9]|[12]\d|3[01]))?(?!\d|[-/]\d)",
        r"\b(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<year>(?:19|20)?\d\d)\b",
        rf"\b{_M} {_D}(?!\d|:|,\d)(?:,? {_Y}\b)?",
        rf"\b{_D} (?:of )?{_M}\b(?:,? {_Y}\b)?",
        rf"\b{_M},? (?:of )?{_Y}\b",
        r"(?<![\w.,:/$€£#-])(?P<year>(?:1[789]|20)\d\d)(?![\w%:°]|[.,]\d|/\d| ?kg)",
    )
)
_DATES_IN_DIGITS = tuple(form for form in _DATES if "month>jan" not in form.pattern)
_DIGIT = re.compile(r"\d")
_MONTH_WORD = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_MONTH_ALONE = re.compile(
    r"\b(?:January|February|April|June|July|August|September|October|November|December)\b"
    r"|(?<=\b[Ii]n )(?:March|May)\b|(?<=\b[bo][yf] )(?:March|May)\b|(?<=\bto )(?:March|May)\b"
    r"|(?<=since )(?:March|May)\b|(?<=until )(?:March|May)\b|(?<=(?:late|last|next|from) )(?:March|May)\b"
)
_WEEKDAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:Mon|Tue|Wed|Thu|Fri|Sat)\b\.?", re.IGNORECASE
)
_SPANS = {
    "second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "fortnight": 14.0,
    "month": 30.4375, "year": 365.25, "decade": 3652.5, "century": 36525.0, "centurie": 36525.0, "hr": 1 / 24,
    "min": 1 / 1440, "yr": 365.25, "sec": 1 / 86400,
}  # fmt: skip
_SPAN = rf"(?P<span>{'|'.join(_SPANS)})s?\b"
_AFTER_SPAN = re.compile(
    rf"(?:[\s-]|(?<=\d))(?:full |whole |straight |consecutive |business |working )?{_SPAN}(?P<half> and a half)?",
    re.IGNORECASE,
)
_BARE_SPAN = re.compile(rf"\b(?:(?P<of>half an?)|an?|one)[ -]{_SPAN}(?P<half> and a half)?", re.IGNORECASE)
_SIZES: dict[str, tuple[str, float]] = {
    word: (unit, float(factor))
    for unit, factor, words in (
        ("length", 1000, "km kilometer kilometre"), ("length", 1609.344, "mile mi"), ("length", 1, "meter metre m"),
        ("length", 0.3048, "foot feet ft"), ("length", 0.0254, "inch inche"), ("length", 0.9144, "yard"),
        ("length", 0.01, "cm centimeter centimetre"), ("length", 0.001, "mm millimeter"),
        ("mass", 1000, "kg kilogram kilo"), ("mass", 1, "gram g"), ("mass", 28.3495, "ounce oz"),
        ("mass", 0.001, "mg milligram"), ("mass", 1e6, "ton tonne"), ("mass", 453.592, "lb pound"),
        ("volume", 236.6, "cup"), ("volume", 14.79, "tablespoon tbsp"), ("volume", 4.93, "teaspoon tsp"),
        ("volume", 1000, "liter litre"), ("volume", 3785.4, "gallon"), ("volume", 1, "ml milliliter"),
        ("data", 1e9, "gb gigabyte"), ("data", 1e6, "mb megabyte"), ("data", 1e12, "tb terabyte"),
        ("data", 1e3, "kb kilobyte"), ("area", 1, "acre"), ("cents", 1, "cent"), ("degrees", 1, "degree"),
        ("calories", 1, "calorie"),
    )
    for word in words.split()
}  # fmt: skip
_SIZE = re.compile(
    rf"[\s-]?(?P<size>{'|'.join(sorted(_SIZES.keys() - {'m'}, key=len, reverse=True))})s?\b", re.IGNORECASE
)
_METRES = re.compile(r"\s(?P<size>m)\b(?!\.?[a-z])")
_ABOUT = re.compile(
    r"(?P<about>about|around|approximately|roughly|some|nearly|almost|close to|just under|just over|circa|~)\s*$"
    r"|(?P<over>over|more than|at least|above|exceeding|greater than|upwards of|minimum of)\s*$"
    r"|(?P<under>under|less than|fewer than|at most|below|up to|maximum of|within)\s*$",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s")
_GLYPHS = {"1/2": "½", "1/4": "¼", "3/4": "¾"}
_FRACTION = re.compile(r"(?<![\d/])(?:[13]/4|1/2)(?![\d/])")
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)$", re.IGNORECASE)
_MORE = re.compile(r"\s*(?:\+|or more|plus\b)")
_ANY = re.compile(
    r"[½¼¾]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundreds?|thousands?"
    r"|millions?|billions?|trillions?|dozen|half|halve|quarters?|thirds?|twice|first|fourth|fifth|noon|midnight|decades?"
    r"|second|minute|hour|day|week|month|year|century|\w+days?|jan\w*|feb\w*|mar|march|apr\w*|may|june?|july?"
    r"|aug\w*|sept\w*|oct\w*|nov\w*|dec|december)\b",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity at `start`..`end` (characters) of a text.

    `value`: a number in the base unit of its kind (durations in days, lengths in metres …), a clock time "16:30", a
    date (year, month, day; 0 where unsaid) or a weekday 0..6. `raw` is the number as said, without unit. `slack` is how
    far off, as shares below and above, the value may be by its own words ("about", "more than").
    """

    kind: Kind
    value: float | str | tuple[int, int, int]
    unit: str
    written: str
    start: int
    end: int
    raw: float = 0.0
    slack: tuple[float, float] = (0.0, 0.0)
    digits: bool = True


def quantities(text: str) -> list[Quantity]:
    """Every quantity of a text, in order."""
    if not _DIGIT.search(text) and not _ANY.search(text):
        return []
    text = _SPACE.sub(" ", text)
    text = _FRACTION.sub(lambda match: f"{_GLYPHS[match[0]]}  ", text)
    found = list(_dates(text))
    left = _blank(text, found)
    weekdays = [Quantity("weekday", float(_weekday(m[0])), "", m[0], *m.span()) for m in _WEEKDAY.finditer(left)]
    left = _blank(left, weekdays)
    spans = [_span(match) for match in _BARE_SPAN.finditer(left)]
    left = _blank(left, spans)
    counted = [_counted(number, left) for number in numbers(left)]
    return sorted([*found, *weekdays, *counted, *spans], key=lambda quantity: quantity.start)


def _weekday(written: str) -> int:
    return next(i for i, day in enumerate(DAYS) if day.startswith(written.lower()[:3]))


def _blank(text: str, taken: list[Quantity]) -> str:
    for one in taken:
        text = text[: one.start] + "\0" * (one.end - one.start) + text[one.end :]
    return text


def _dates(text: str) -> Iterator[Quantity]:
    forms = () if not _DIGIT.search(text) else _DATES if _MONTH_WORD.search(text) else _DATES_IN_DIGITS
    for form in forms:
        made = [_dated(match) for match in form.finditer(text)]
        text = _blank(text, made)
        yield from made
    for match in _MONTH_ALONE.finditer(text):
        yield Quantity("date", (0, _MONTH[match[0].lower()], 0), "", match[0], *match.span())


def _dated(match: re.Match[str]) -> Quantity:
    found = match.groupdict()
    if found.get("one"):
        month, day = int(found["one"]), int(found["two"])
        month, day = (day, month) if month > 12 else (month, day)
    else:
        named = (found.get("month") or "").lower().rstrip(".")
        month = int(named) if named.isdigit() else _MONTH.get(named, 0)
        day = int(found.get("day") or 0)
    year = int(found.get("year") or 0)
    year += 0 if year > 99 or not year else (2000 if year < 50 else 1900)
    return Quantity("date", (year, month, day), "", match[0], *match.span(), raw=float(year))


def weekday_of(value: tuple[int, int, int]) -> int | None:
    """The weekday of a whole date, 0 for Monday; None for a part of a date or one that does not exist."""
    try:
        return date(*value).weekday()
    except ValueError:
        return None


def _counted(number: Number, text: str) -> Quantity:
    """A number with what stands behind it as its unit."""
    start, end, raw = number.start, number.end, number.value
    if isinstance(raw, str):
        kind: Kind = "time" if ":" in raw else "number"
        return Quantity(kind, raw, "", number.written, start, end, digits=number.digits)
    slack = _slack(text, start, end)
    value, unit = raw, number.unit
    pounds = unit == "£" and number.written.lower().endswith(("pound", "pounds"))
    if pounds:
        kind, unit = "number", ""
    elif unit in ("$", "€", "£", "¥"):
        kind = "money"
    elif unit in ("%", "pp"):
        kind = "percent"
    elif (match := _AFTER_SPAN.match(text, end)) and not _ORDINAL.search(number.written):
        kind, unit, end = "duration", match["span"].lower(), match.end()
        value = (raw + (0.5 if match["half"] else 0.0)) * _SPANS[unit]
    elif match := _SIZE.match(text, end) or _METRES.match(text, end):
        kind, end = "measure", match.end()
        unit, factor = _SIZES[match["size"].lower()]
        value = raw * factor
    else:
        kind = "number"
    return Quantity(kind, value, unit, text[start:end].strip(), start, end, raw, slack, number.digits)


def _slack(text: str, start: int, end: int) -> tuple[float, float]:
    """How far below and above the said value the true one may lie, as shares of it."""
    match = _ABOUT.search(text[max(0, start - 16) : start])
    if match and match["about"]:
        return 0.12, 0.12
    if (match and match["over"]) or _MORE.match(text, end):
        return 0.0, 0.5
    return (0.34, 0.0) if match else (0.0, 0.0)


def _span(match: re.Match[str]) -> Quantity:
    raw = (0.5 if match["of"] else 1.0) + (0.5 if match["half"] else 0.0)
    unit = match["span"].lower()
    return Quantity("duration", raw * _SPANS[unit], unit, match[0], *match.span(), raw=raw, digits=False)
