"""The words of a sentence or a line of evidence as the comparison reads them, and how rare words are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.words import STOPWORDS, stem

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?\d*")
_SPACES = re.compile(r"[^\w%$€£]+")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: as written, their stems in order, and which of them carry meaning."""

    text: str
    written: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    stems: tuple[str, ...]
    content: tuple[int, ...]

    @property
    def content_stems(self) -> list[str]:
        """The stems that carry meaning, in order."""
        return [self.stems[i] for i in self.content]


def words_of(text: str) -> Words:
    """Read a text into words; hyphenated words count as their parts."""
    written: list[str] = []
    spans: list[tuple[int, int]] = []
    stems: list[str] = []
    content: list[int] = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        root, matters = _read(word.lower())
        if matters:
            content.append(len(written))
        written.append(word)
        spans.append(match.span())
        stems.append(root)
    return Words(text, tuple(written), tuple(spans), tuple(stems), tuple(content))


@lru_cache(maxsize=50_000)
def _read(low: str) -> tuple[str, bool]:
    low = low.replace("’", "'")
    matters = low not in STOPWORDS and (len(low) > 1 or low.isdigit())
    return stem(low), matters


def grams(text: str) -> Ints:
    """The character 3- and 4-grams of a text as numbers (with repetition), words parted by one space."""
    plain = " " + _SPACES.sub(" ", text.lower()).strip() + " "
    codes = np.frombuffer(plain.encode("utf-8"), dtype=np.uint8).astype(np.int64)
    if len(codes) < 4:
        return np.zeros(0, dtype=np.int64)
    three = codes[:-2] << 16 | codes[1:-1] << 8 | codes[2:]
    four = three[:-1] << 8 | codes[3:]
    return np.concatenate((three, four | 1 << 40))


class Postings:
    """Which lines hold which terms, with TF-IDF weights: the cosine of a query with all lines in a few array steps."""

    def __init__(self, rows: Ints, terms: Ints, lines: int) -> None:
        """`rows` and `terms` in parallel, one pair an occurrence; term numbers are any non-negative integers."""
        self.terms, inverse = np.unique(terms, return_inverse=True)
        keys, counts = np.unique(inverse * max(lines, 1) + rows, return_counts=True)
        term, self._rows = np.divmod(keys, max(lines, 1))
        frequency = np.bincount(term, minlength=len(self.terms))
        self.idf: Floats = np.log((1.0 + lines) / (1.0 + frequency)) + 1.0
        weights = (1.0 + np.log(counts)) * self.idf[term]
        norms = np.sqrt(np.bincount(self._rows, weights=weights**2, minlength=lines))
        self._weights: Floats = weights / np.maximum(norms[self._rows], 1e-12) if len(weights) else weights
        self._starts = np.concatenate(([0], np.cumsum(frequency)))
        self._lines = lines
        self._unseen = float(np.log(1.0 + lines) + 1.0)

    def cosines(self, terms: Ints) -> tuple[Floats, float]:
        """The cosine of a query with each line, and the share of the query's weight whose terms stand anywhere."""
        wanted, counts = np.unique(terms, return_counts=True)
        if not len(self.terms) or not len(wanted):
            return np.zeros(self._lines), 0.0
        at = np.minimum(np.searchsorted(self.terms, wanted), len(self.terms) - 1)
        known = self.terms[at] == wanted
        weights = (1.0 + np.log(counts)) * np.where(known, self.idf[at], self._unseen)
        norm = float(np.sqrt((weights**2).sum()))
        at, kept = at[known], weights[known]
        lengths = self._starts[at + 1] - self._starts[at]
        offsets = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(self._starts[at], lengths) + offsets
        dots = np.bincount(
            self._rows[places], weights=self._weights[places] * np.repeat(kept, lengths), minlength=self._lines
        )
        return dots / max(norm, 1e-12), float(kept.sum() / weights.sum())


def numbered(stems: Iterable[str], ids: dict[str, int]) -> list[int]:
    """Numbers for stems; new ones are entered."""
    return [ids.setdefault(one, len(ids)) for one in stems]


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence, word by word (bit-parallel, so short)."""
    masks: dict[str, int] = {}
    for i, word in enumerate(one):
        masks[word] = masks.get(word, 0) | 1 << i
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        match = masks.get(word, 0) & row
        row = (row + match) | (row - match)
    return (~row & full).bit_count()
