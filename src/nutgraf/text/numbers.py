"""The numbers of a text, in digits or in words, with their units, so that two texts can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import NamedTuple

_ONES = {word: i for i, word in enumerate("zero one two three four five six seven eight nine".split())}
_TEENS = {
    word: 10 + i
    for i, word in enumerate("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())
}
_TENS = {word: 10 * i for i, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
#: Without "second", which is a time more often than a place.
_PLACES = {"first": 1, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9}
_WORDS: dict[str, float] = {**_ONES, **_TEENS, **_TENS, **_PLACES, "tenth": 10, "half": 0.5, "dozen": 12, "twice": 2}
_BIG = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_COUNTS = {**_BIG, "dozen": 12}
_SCALES = {**_BIG, "k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}
_PARTS = {
    "half": 2,
    "halve": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_GLYPHS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_UNITS = {
    "%": "%", "percent": "%", "pp": "pp", "s": "s", "$": "$", "us$": "$", "usd": "$", "dollar": "$", "€": "€",
    "eur": "€", "euro": "€", "£": "£", "gbp": "£", "pound": "£", "¥": "¥", "yen": "¥",
}  # fmt: skip

_COINS = r"dollars?|euros?|pounds?|yen|usd|eur|gbp"
_UNIT = rf"(?:\s?%|[\s-]?per\s?cent(?!\w)|[\s-]percentage[\s-]points?\b|\s?pp\b|[\s-](?:US\s)?(?:{_COINS})\b)"
# These patterns look ahead for the characters that they can begin with, as most of a text begins none of them.
_DIGITS = re.compile(
    r"(?=[-−U$€£¥\d.½¼¾])(?P<sign>(?<![^\s(])[-−])?(?P<money>(?:US)?[$€£¥])?"
    r"(?:(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)*|(?<![\w.])\.\d+)(?P<glyph>[½¼¾])?|(?P<lone>[½¼¾]))"
    rf"(?P<scale>(?:k|m|b)\b|\s?(?:mn|bn)\b|[\s-](?:{'|'.join(_BIG)})\b)?"
    rf"(?:st\b|nd\b|rd\b|th\b|(?P<unit>['’]?s\b|{_UNIT}))?",
    re.IGNORECASE,
)
_AFTER_WORDS = re.compile(_UNIT, re.IGNORECASE)
_PART = re.compile(rf"(?=[otfa])(?<!and )\b(one|two|three|four|a)[- ]({'|'.join(_PARTS)})s?\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+")
_TO = r"\s?(?:[-–—]|to|and|until)\s?"
_RANGE = re.compile(_TO, re.IGNORECASE)
_CLOCK = re.compile(
    r"(?=[\dnm])(?:(?<![\w:.])(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d))?"
    rf"(?:\s?(?P<half>[ap])\.?\s?m\b\.?|(?={_TO}\d\d?(?::\d\d)?\s?(?P<same>[ap])\.?\s?m\b))"
    r"|(?<![\w:.])(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)(?![\d:])|\b(?P<named>noon|midnight)\b)",
    re.IGNORECASE,
)
_EXACT_DIGITS = 15
_ANY_DIGIT = re.compile(r"[\d½¼¾]")
#: Words that a number in words begins with, but for "a" and "an", which need one of _BIG behind them.
_STARTS = _WORDS.keys() | {"a", "an"}
_GO_ON = _WORDS.keys() | _COUNTS.keys() | {"a", "and"}


class Number(NamedTuple):
    """A number in a text, at `start`..`end` (characters).

    `value` is a string for clock times ("16:30") and for what is no quantity (versions, very long digits). `unit` is
    "%", "pp" (percentage points), a currency sign, "s" (decades) or "". `digits` tells if it was written in digits.
    """

    value: float | str
    unit: str
    written: str
    digits: bool
    start: int
    end: int
    scaled: bool = False


def numbers(text: str) -> list[Number]:
    """The numbers of a text in order; "1.2k" and "1,200" are equal, and so are "4:30 PM" and "16:30"."""
    found = [_clock(match) for match in _CLOCK.finditer(text)]
    if _ANY_DIGIT.search(text):
        text = _blank(text, found)
        found += [_in_digits(match) for match in _DIGITS.finditer(text)]
    text = _blank(text, found)
    parts = [_part(match) for match in _PART.finditer(text)]
    found += parts
    found += _in_words(_blank(text, parts))
    found.sort(key=lambda number: number.start)
    return _ranges(text, found)


def _blank(text: str, taken: list[Number]) -> str:
    """The text with what was taken out made blank, so that offsets stay."""
    if not taken:
        return text
    pieces, at = [], 0
    for number in sorted(taken, key=lambda number: number.start):
        pieces += [text[at : number.start], "\0" * (number.end - number.start)]
        at = number.end
    return "".join(pieces) + text[at:]


def _clock(match: re.Match[str]) -> Number:
    if match["named"]:
        hour, minute = (12 if match["named"].lower() == "noon" else 0), 0
    else:
        hour, minute = int(match["hour"] or match["hour24"]), int(match["minute"] or match["minute24"] or 0)
        if half := match["half"] or match["same"]:
            hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return Number(f"{hour:02d}:{minute:02d}", "", match[0], not match["named"], *match.span())


def _in_digits(match: re.Match[str]) -> Number:
    sign, money, digits, glyph, lone, word, end = match.groups()
    digits, glyph, unit = digits or "0", glyph or lone, _unit(money or end or "")
    attached = match.start() > 0 and match.string[match.start() - 1].isalpha()
    scale = 1.0 if attached or not word else _SCALES[word.strip().strip("-").lower()]
    value = _value(digits, plain=not (unit or glyph or word))
    if not isinstance(value, str):
        value = (value + _GLYPHS.get(glyph or "", 0.0)) * scale
        value = -value if sign else value
    return Number(value, unit, match[0].strip(), True, *match.span(), scaled=scale > 1)


def _value(digits: str, plain: bool) -> float | str:
    whole, _, decimals = digits.partition(".")
    version = "." in decimals or (plain and len(decimals) > 1 and decimals.endswith("0"))
    if version or len(digits) > _EXACT_DIGITS:
        return digits
    return float(f"{whole.replace(',', '') or 0}.{decimals or 0}")


def _unit(written: str) -> str:
    if not written:
        return ""
    low = " ".join(written.lower().replace("-", " ").split())
    if "point" in low:
        return "pp"
    low = low.removeprefix("us ").replace("per cent", "percent").strip("'’")
    return _UNITS.get(low) or _UNITS.get(low.removesuffix("s"), "")


def _part(match: re.Match[str]) -> Number:
    count = _WORDS.get(match[1].lower(), 1)
    return Number(round(count / _PARTS[match[2].lower()], 6), "", match[0], False, *match.span())


def _in_words(text: str) -> Iterator[Number]:
    """Numbers written in words: "twenty-one", "two hundred and fifty thousand", "a million", "three and a half"."""
    tokens = list(_WORD.finditer(text))
    words = [token.group().lower() for token in tokens]
    past = 0
    for at, word in enumerate(words):
        if at < past or word not in _STARTS:
            continue
        value, size, scaled = _longest(text, tokens, at)
        if not size:
            continue
        start, end = tokens[at].start(), tokens[at + size - 1].end()
        unit = _AFTER_WORDS.match(text, end)
        written = text[start : unit.end() if unit else end]
        yield Number(value, _unit(unit[0]) if unit else "", written, False, start, end, scaled)
        past = at + size


def _longest(text: str, tokens: list[re.Match[str]], at: int) -> tuple[float, int, bool]:
    """Value and length in words of the longest number that starts at a word; length 0 when none does."""
    words = [tokens[at].group().lower()]
    for before, after in pairwise(islice(tokens, at, at + 12)):
        word = after.group().lower()
        if word not in _GO_ON or text[before.end() : after.start()] not in (" ", "-"):
            break
        words.append(word)
    if words[0] not in _WORDS and not (words[0] in ("a", "an") and words[1:2] and words[1] in _BIG):
        return 0.0, 0, False
    total, group, size, last = 0.0, _WORDS.get(words[0], 1.0), 1, words[0]
    while size < len(words):
        word = words[size]
        step = words[size + 1 : size + 3]
        if word in _COUNTS and last not in _PLACES and last != "dozen":
            if _COUNTS[word] > 100:
                total, group = total + group * _COUNTS[word], 0.0
            else:
                group *= _COUNTS[word]
        elif word in _WORDS and (
            last in _BIG or (last in _TENS and _WORDS[word] < 10 and word not in ("half", "zero"))
        ):
            group += _WORDS[word]
        elif word == "and" and last in _BIG and step and step[0] in _WORDS:
            size, word, group = size + 1, step[0], group + _WORDS[step[0]]
        elif word == "and" and step == ["a", "half"] and last in _ONES:
            size, word, group = size + 2, "half", group + 0.5
        elif word == "a" and last == "half" and step[:1] and step[0] in _COUNTS:
            word = "half"
        else:
            break
        last, size = word, size + 1
    return total + group, size, bool(set(words[:size]) & _BIG.keys())


def _ranges(text: str, found: list[Number]) -> list[Number]:
    """The two ends of a range share unit and scale: "10-20%", "$5-7 million", "five to seven million"."""
    for i in range(len(found) - 2, -1, -1):
        one, two = found[i], found[i + 1]
        between = text[one.end : two.start]
        if not _RANGE.fullmatch(between) or isinstance(one.value, str) or isinstance(two.value, str):
            continue
        if two.scaled and not one.scaled and one.value < 1000 and "and" not in between:
            scale = max((scale for scale in _BIG.values() if two.value >= scale), default=1.0)
            found[i] = one = one._replace(value=one.value * scale, scaled=True)
        if two.unit and not one.unit:
            found[i] = one._replace(unit=two.unit)
        elif one.unit in ("$", "€", "£", "¥") and not two.unit and between.strip() in "-–—":
            found[i + 1] = two._replace(unit=one.unit)
    return found
