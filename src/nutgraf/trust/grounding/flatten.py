"""Evidence in one fact a line, in words: prose as sentences, records as "what: value"."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from nutgraf.text.sentences import split

#: What evidence may be made of: a text, a record, or several of either.
Evidence: TypeAlias = "str | int | float | bool | Mapping[str, Evidence] | Sequence[Evidence] | None"

NOT_STATED = "not stated"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[A-Z][a-z])")
_BRANDS = re.compile(r"\bWi Fi\b")
_HOURS = re.compile(r"(\d{1,2}):(\d{1,2})\s?[-–]\s?(\d{1,2}):(\d{1,2})")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?")
_MARKS = re.compile(r"^\s*(?:[-*•#>]+\s+|passage \d+:\s*)+", re.IGNORECASE)
#: A last line that only announces what is to follow: "Overview:".
_LABEL = re.compile(r"\n\s*\w+(?: \w+)?:\s*\Z")
_RECORD_AT_MOST = 400_000
_DEEPEST = 12
_PROSE_WORDS = 9


def flatten(value: Evidence) -> tuple[str, ...]:
    """The facts of a text or a record, one a line, in the order of the source.

    A text that is a JSON object or list (or a Python literal of one) is read as a record. Keys are put into words,
    what is null is "not stated", truth values are "yes" and "no", 24-hour ranges are given in 12 hours, and days that
    have the same value share a line.
    """
    return tuple(line for line in _lines(value, (), 0) if line)


def _lines(value: Evidence, path: tuple[str, ...], depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        yield _fact(path, str(value))
    elif isinstance(value, Mapping):
        yield from _record(value, path, depth)
    elif isinstance(value, str):
        record = _parsed(value) if not path else None
        if record is not None:
            yield from _lines(record, path, depth)
        else:
            yield from _text(value, path)
    elif isinstance(value, Sequence):
        yield from _sequence(value, path, depth)
    else:
        yield _fact(path, _plain(value))


def _record(record: Mapping[str, Evidence], path: tuple[str, ...], depth: int) -> Iterator[str]:
    """The facts of an object; days of the week with the same value are merged."""
    if record and all(str(key).lower() in _DAYS for key in record):
        yield from _week(record, path)
        return
    for key, value in record.items():
        yield from _lines(value, (*path, in_words(str(key))), depth + 1)


def _week(record: Mapping[str, Evidence], path: tuple[str, ...]) -> Iterator[str]:
    runs: list[tuple[list[str], str]] = []
    for day in sorted(record, key=lambda day: _DAYS.index(day.lower())):
        value = _plain(record[day])
        place = _DAYS.index(day.lower())
        if runs and runs[-1][1] == value and _DAYS.index(runs[-1][0][-1].lower()) == place - 1:
            runs[-1][0].append(day)
        else:
            runs.append(([day], value))
    for days, value in runs:
        when = days[0] if len(days) == 1 else f"{days[0]} {'to' if len(days) > 2 else 'and'} {days[-1]}"
        yield f"{' '.join((*path, 'on', when)).strip()}: {value}"


def _sequence(values: Sequence[Evidence], path: tuple[str, ...], depth: int) -> Iterator[str]:
    if path and values and all(not isinstance(value, (Mapping, list, tuple)) for value in values):
        plain = [_plain(value) for value in values]
        if all(len(one.split()) < _PROSE_WORDS for one in plain):
            yield _fact(path, ", ".join(plain))
            return
    for place, value in enumerate(values, 1):
        one = (*path[:-1], f"{path[-1]} {place}") if path and isinstance(value, Mapping) else path
        yield from _lines(value, one, depth + 1)


def _text(text: str, path: tuple[str, ...]) -> Iterator[str]:
    """A short value with its name; a longer text as sentences without it."""
    if path and len(text.split()) < _PROSE_WORDS:
        yield _fact(path, _plain(text))
        return
    for block in _LABEL.sub("", text).splitlines():
        bare = _MARKS.sub("", block).strip()
        for start, end in split(bare):
            sentence = " ".join(bare[start:end].split())
            if any(char.isalnum() for char in sentence):
                yield sentence


def _fact(path: tuple[str, ...], value: str) -> str:
    return f"{' '.join(path)}: {value}" if path else value


def in_words(key: str) -> str:
    """A key of a record in words: "RestaurantsTakeOut" is "Restaurants Take Out", "review_date" is "review date"."""
    return _BRANDS.sub("WiFi", " ".join(_CAMEL.sub(" ", key.replace("_", " ")).split()))


def _plain(value: object) -> str:
    """A single value in words."""
    if value is None or value == "":
        return NOT_STATED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = " ".join(str(value).split())
    if text.lower() in ("null", "none", "true", "false"):
        return {"true": "yes", "false": "no"}.get(text.lower(), NOT_STATED)
    return _HOURS.sub(_twelve, _MOMENT.sub(r"\1", text))


def _twelve(match: re.Match[str]) -> str:
    opens, closes = _clock(match[1], match[2]), _clock(match[3], match[4])
    return f"{opens} to {closes}"


def _clock(hour: str, minute: str) -> str:
    at, past = int(hour) % 24, int(minute)
    return f"{at % 12 or 12}{f':{past:02d}' if past else ''} {'AM' if at < 12 else 'PM'}"


def _parsed(text: str) -> Mapping[str, Evidence] | list[Evidence] | None:
    """The record a text holds, None when it is prose."""
    bare = _LABEL.sub("", text.strip()).rstrip()
    if len(bare) > _RECORD_AT_MOST or not (bare.startswith(("{", "[")) and bare.endswith(("}", "]"))):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(bare)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, (dict, list)):
            return found
    return None
