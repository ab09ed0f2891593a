"""What the tagger looks at: hashed features of every token and its neighbours, all tokens at once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np

from nutgraf.trust.pii import lexicon

BITS = 17
TOKEN = re.compile(r"[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+|-[^\W\d_]+)*|\d+|\n|[^\w\s]|_")

Ints = np.ndarray[Any, np.dtype[np.uint64]]

#: Columns of a word's own hashes.
_WORD, _KINDS, _SHAPE, _PRE3, _SUF2, _SUF3, _SUF4, _FORM = range(8)
#: Which columns are looked at how far away.
_WINDOW = (
    *((0, column) for column in range(8)),
    *((offset, column) for offset in (-1, 1) for column in (_WORD, _KINDS, _SHAPE, _SUF3)),
    *((offset, column) for offset in (-2, 2) for column in (_WORD, _KINDS, _SHAPE)),
    (-3, _WORD), (3, _WORD), (-3, _KINDS), (3, _KINDS),
)  # fmt: skip
#: Pairs and triples of the same, hashed together.
_JOINED = (
    ((-1, _KINDS), (0, _KINDS)), ((0, _KINDS), (1, _KINDS)), ((-1, _KINDS), (0, _KINDS), (1, _KINDS)),
    ((-1, _SHAPE), (0, _SHAPE), (1, _SHAPE)), ((-1, _WORD), (0, _SHAPE)), ((0, _SHAPE), (1, _WORD)),
    ((-1, _WORD), (0, _KINDS)), ((0, _KINDS), (1, _WORD)), ((-1, _WORD), (1, _WORD)), ((-2, _WORD), (-1, _WORD)),
    ((1, _WORD), (2, _WORD)), ((-2, _SHAPE), (-1, _SHAPE), (0, _SHAPE)), ((0, _SHAPE), (1, _SHAPE), (2, _SHAPE)),
    ((-2, _WORD), (-1, _WORD), (0, _SHAPE)), ((-1, _FORM), (0, _FORM)), ((0, _FORM), (1, _FORM)),
)  # fmt: skip
#: Features of one token: the window, the joined ones, three of the line and one that is always there.
WIDTH = len(_WINDOW) + len(_JOINED) + 4
_REACH = 3
_GOLD = np.uint64(0x9E3779B97F4A7C15)


def tokens(text: str) -> list[tuple[int, int]]:
    """Where the words, numbers, signs and line ends of a text are."""
    return [match.span() for match in TOKEN.finditer(text)]


@lru_cache(maxsize=20_000)
def _own(word: str, case: str) -> tuple[int, ...]:
    """The hashes of a word by itself; `case` marks a line without capitals or of capitals alone, which say nothing."""
    small, bare, shape = word.lower(), lexicon.plain(word), _shape(word) + case
    kinds = lexicon.kinds(word)
    values = (small, f"{kinds}{shape[:1]}{case}" if kinds else shape, shape, bare[:3], bare[-2:], bare[-3:], bare[-4:],
              f"{shape}{kinds}{min(len(word), 6)}")  # fmt: skip
    return tuple(crc32(f"{column}{value}".encode()) for column, value in enumerate(values))


def _shape(word: str) -> str:
    if word.isdigit():
        return f"d{min(len(word), 6)}"
    if not word[0].isalpha():
        return word
    if len(word) == 1:
        return "X1" if word.isupper() else "x1"
    if word.isupper():
        return "XX2" if len(word) < 4 else "XX"
    return "Xx" if word[0].isupper() else "xx"


def features(text: str, places: list[tuple[int, int]]) -> np.ndarray[Any, np.dtype[np.int32]]:
    """One row a token, WIDTH columns: places in a table of 2 ** BITS rows; row 0 of the table is never used."""
    words = [text[start:end] for start, end in places]
    edge = (1,) * 8
    own = [_own(word, case) for word, case in zip(words, _cases(words), strict=True)]
    table = np.array([edge] * _REACH + own + [edge] * _REACH, dtype=np.uint64)
    count = len(words)

    def at(offset: int, column: int) -> Ints:
        return table[_REACH + offset : _REACH + offset + count, column]

    columns = [at(*one) for one in _WINDOW]
    for group in _JOINED:
        joined = at(*group[0])
        for other in group[1:]:
            joined = joined * np.uint64(1_000_003) + at(*other)
        columns.append(joined)
    columns += [*_lines(words, table[_REACH : _REACH + count]), np.zeros(count, dtype=np.uint64)]
    salted = np.stack(columns, axis=1) + np.arange(1, WIDTH + 1, dtype=np.uint64) * np.uint64(2_654_435_761)
    hashed = (salted * _GOLD) >> np.uint64(64 - BITS)
    rows: np.ndarray[Any, np.dtype[np.int32]] = np.maximum(hashed, np.uint64(1)).astype(np.int32)
    return rows


def _cases(words: list[str]) -> list[str]:
    """For every token: "~" where its line has no capital, "^" where it has no small letter, else nothing."""
    found: list[str] = []
    while len(found) < len(words):
        start = len(found)
        end = words.index("\n", start) if "\n" in words[start:] else len(words)
        line = "".join(words[start:end])
        case = "~" if line.islower() else "^" if line.isupper() and len(line) > 4 else ""
        found += [case] * (end - start + 1)
    return found[: len(words)]


def _lines(words: list[str], own: Ints) -> tuple[Ints, Ints, Ints]:
    """For every token: the first word of its line, the first word with its own shape, and whether a number came."""
    first: list[int] = []
    number: list[int] = []
    current, seen, fresh = 1, 0, True
    for word, row in zip(words, own.tolist(), strict=True):
        if word == "\n":
            fresh, seen = True, 0
        elif fresh:
            current, fresh = row[_WORD], False
        seen = min(seen + 1, 9) if seen or word.isdigit() else 0
        first.append(current)
        number.append(seen)
    leading = np.array(first, dtype=np.uint64)
    since = np.array(number, dtype=np.uint64)
    return leading, leading * np.uint64(31) + own[:, _SHAPE], since * np.uint64(977) + own[:, _SHAPE]
