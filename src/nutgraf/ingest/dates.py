"""Dates as documents write them, to YYYY, YYYY-MM or YYYY-MM-DD."""

from __future__ import annotations

import re

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january januar", "feb february februar", "mar march märz", "apr april", "may mai", "jun june juni",
         "jul july juli", "aug august", "sep sept september", "oct october okt oktober", "nov november",
         "dec december dez dezember"), 1)
    for name in names.split()
}  # fmt: skip
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?![\d-]))?)?(?=$|[T\s])")
_WORDS = re.compile(r"(?:(\d{1,2})[.,]?\s+)?([^\W\d_]{3,9})\.?,?\s+(?:(\d{1,2}),?\s+)?(\d{4})$")


def read_date(text: str | None) -> str | None:
    """`2014-6-29T10:00Z` to `2014-06-29`, `Mar 2021` to `2021-03`, `2010` to itself; None for anything else."""
    text = (text or "").strip()[:40]
    if found := _ISO.match(text):
        year, month, day = found[1], found[2], found[3]
    elif (found := _WORDS.match(text)) and (number := _MONTHS.get(found[2].lower())):
        year, month, day = found[4], str(number), found[1] or found[3]
    else:
        return None
    if not 1 <= int(month or 1) <= 12 or not 1 <= int(day or 1) <= 31:
        return None
    return "-".join([year, *(f"{int(part):02}" for part in (month, day if month else None) if part)])


def read_month(text: str | None) -> str | None:
    """Like `read_date`, without the day."""
    date = read_date(text)
    return date[:7] if date else None
