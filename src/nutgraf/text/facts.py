"""Numbers, names and quoted terms of a sentence in a form in which two texts can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nutgraf.text.words import STOPWORDS, stem, word_spans

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "first": 1, "second": 2, "third": 3, "fourth": 4,
    "fifth": 5, "half": 0.5, "dozen": 12, "twice": 2,
}  # fmt: skip
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "k": 1e3, "m": 1e6, "bn": 1e9, "b": 1e9}
_NUMBER = re.compile(
    r"(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?P<tail>(?:st|nd|rd|th)\b|\s?(?:k|m|bn|b)\b|\s(?:hundred|thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(\d{1,2})(?::(\d{2}))?\s?([ap])\.?\s?m\b\.?|\b([01]?\d|2[0-3]):([0-5]\d)\b", re.IGNORECASE)
_SPELLED = re.compile(
    r"\b(" + "|".join(_UNITS) + r")(?:[- ](" + "|".join(_UNITS) + r"))?(?: (hundred|thousand|million|billion))?\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{2,200})[\"”]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its value (clock times as "hh:mm"), and whether it was written in digits."""

    value: float | str
    written: str
    digits: bool


def numbers(text: str) -> list[Number]:
    """The numbers of a text; "1.2k" and "1,200" are equal, and so are "4:30 PM" and "16:30"."""
    found: list[Number] = []

    def clock(match: re.Match[str]) -> str:
        hour, minute = int(match[1] or match[4]), int(match[2] or match[5] or 0)
        if match[3]:
            hour = hour % 12 + (12 if match[3].lower() == "p" else 0)
        found.append(Number(f"{hour:02d}:{minute:02d}", match[0], digits=True))
        return " " * len(match[0])

    text = _CLOCK.sub(clock, text)
    for match in _NUMBER.finditer(text):
        value = float(match["digits"].replace(",", ""))
        tail = (match["tail"] or "").strip().lower()
        found.append(Number(value * _SCALES.get(tail, 1), match[0], digits=True))
    for match in _SPELLED.finditer(text):
        first, second, scale = (part.lower() if part else None for part in match.groups())
        value = float(_UNITS[str(first)]) + (_UNITS[second] if second and _UNITS[str(first)] >= 20 else 0)
        found.append(Number(value * _SCALES.get(scale or "", 1), match[0], digits=False))
    return found


def names(text: str) -> list[str]:
    """Words that are written like names: a capital inside a sentence, or capitals and digits mixed."""
    found: list[str] = []
    start = True
    previous_end = 0
    for word, begin, end in word_spans(text):
        between = text[previous_end:begin]
        start = start or bool(re.search(r"[.!?:•\n]|[\"“]$", between))
        capital = word[0].isupper()
        mixed = any(char.isupper() for char in word[1:]) or (
            any(map(str.isdigit, word)) and any(map(str.isalpha, word))
        )
        if (capital and not start and word.lower() not in STOPWORDS) or (mixed and word.lower() not in STOPWORDS):
            found.append(word)
        start, previous_end = False, end
    return found


def quoted_terms(text: str) -> list[str]:
    """What stands between double quotation marks."""
    return [match.group(1) for match in _QUOTED.finditer(text)]


def name_key(name: str) -> str:
    """The form in which two names are compared."""
    return stem(name.lower().replace("’", "'"))
