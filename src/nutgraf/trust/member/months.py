"""Months of a record as numbers, and lengths of time in words."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

NAMES = (
    "January February March April May June July August September October November December".split()
)  # fmt: skip
_SHORT = {name[:3].lower(): i for i, name in enumerate(NAMES, 1)}
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2}))?")
_WORDS = re.compile(r"(?:([A-Za-z]{3})[a-z]*\.?\s+)?(\d{4})")


def month_of(value: Any) -> int | None:
    """Months since year 0 of "2021-03", "2021", "March 2021", 2021, a date, or {"year", "month"}; None for others.

    A year alone is its first month.
    """
    if isinstance(value, dict):
        return month_of(f"{value.get('year', '')}-{value['month']}" if value.get("month") else value.get("year"))
    if isinstance(value, date):
        return value.year * 12 + value.month - 1
    text = str(value or "").strip()
    if found := _ISO.match(text):
        return int(found[1]) * 12 + max(1, min(12, int(found[2] or 1))) - 1
    if (found := _WORDS.search(text)) and (found[1] or "jan").lower() in _SHORT:
        return int(found[2]) * 12 + _SHORT[(found[1] or "jan").lower()] - 1
    return None


def spoken_month(value: Any) -> str:
    """Of "2021-03" comes "March 2021", a year alone as it is; empty for what is no date."""
    months = month_of(value)
    if months is None:
        return ""
    bare = isinstance(value, int) or re.fullmatch(r"\d{4}", str(value).strip())
    return str(months // 12) if bare else f"{NAMES[months % 12]} {months // 12}"


def length(months: int) -> str:
    """A length of time in words: "2 years and 5 months"."""
    years, rest = divmod(max(months, 1), 12)
    parts = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in ((years, "year"), (rest, "month")) if n]
    return " and ".join(parts)
