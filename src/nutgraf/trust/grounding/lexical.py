"""The words of a sentence or a line of evidence as the comparison reads them, and how rare words are."""

from __future__ import annotations

import math
import re
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
_PLAIN = str.maketrans({code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_%$")})
#: Where the numbers of a second kind of terms begin.
OTHER = 1 << 50
_COUNTED = 256
_LOGS: Floats = 1.0 + np.log(np.maximum(np.arange(_COUNTED), 1))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: as written, their stems in order, which of them carry meaning, and all in lower case."""

    text: str
    written: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    stems: tuple[str, ...]
    content: tuple[int, ...]
    lowered: tuple[str, ...] = ()

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
    lowered: list[str] = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        low = word.lower()
        root, matters = _read(low)
        lowered.append(low.replace("’", "'"))
        if matters:
            content.append(len(written))
        written.append(word)
        spans.append(match.span())
        stems.append(root)
    return Words(text, tuple(written), tuple(spans), tuple(stems), tuple(content), tuple(lowered))


@lru_cache(maxsize=50_000)
def _read(low: str) -> tuple[str, bool]:
    low = low.replace("’", "'")
    matters = low not in STOPWORDS and (len(low) > 1 or low.isdigit())
    return stem(low), matters


def grams(text: str) -> Ints:
    """The character 3- and 4-grams of a text as numbers (with repetition), words parted by one space."""
    low = text.lower()
    bare = " ".join(low.translate(_PLAIN).split()) if low.isascii() else _SPACES.sub(" ", low).strip()
    plain = f" {bare} "
    codes = np.frombuffer(plain.encode("utf-8"), dtype=np.uint8).astype(np.int64)
    if len(codes) < 4:
        return np.zeros(0, dtype=np.int64)
    three = codes[:-2] << 16 | codes[1:-1] << 8 | codes[2:]
    four = three[:-1] << 8 | codes[3:]
    return np.concatenate((three, four | 1 << 40))


class Postings:
    """Which lines hold which terms, with TF-IDF weights, for one or two kinds of terms asked about together.

    Terms of the second kind are numbers from `OTHER` on. The cosine of a query with every line takes a few array steps.
    """

    def __init__(self, rows: Ints, terms: Ints, lines: int) -> None:
        """`rows` and `terms` in parallel, one pair an occurrence; term numbers are any non-negative integers."""
        self.terms, inverse = np.unique(terms, return_inverse=True)
        keys, counts = np.unique(inverse * max(lines, 1) + rows, return_counts=True)
        term, self._rows = np.divmod(keys, max(lines, 1))
        self._many = np.bincount(term, minlength=len(self.terms))
        self.idf: Floats = np.log((1.0 + lines) / (1.0 + self._many)) + 1.0
        weights = _heard(counts) * self.idf[term]
        other = self.terms[term] >= OTHER
        squares = np.bincount(self._rows + lines * other, weights=weights**2, minlength=2 * max(lines, 1))
        norms = np.maximum(np.sqrt(squares), 1e-12)
        self._weights: Floats = weights / norms[self._rows + lines * other] if len(weights) else weights
        self._starts = np.cumsum(self._many) - self._many
        self._lines = lines
        self._unseen = float(np.log(1.0 + lines) + 1.0)

    def cosines(self, terms: Ints, share: float = 1.0) -> tuple[Floats, float, float]:
        """The cosine of a query with each line, and how much of its weight stands anywhere, by kind of term (0..1).

        The cosine of the terms of the first kind counts `share` beside that of the second.
        """
        ordered = np.sort(terms)
        first = np.flatnonzero(np.concatenate(((True,), ordered[1:] != ordered[:-1]))) if len(terms) else terms
        if not len(self.terms) or not len(first):
            return np.zeros(self._lines), 0.0, 0.0
        wanted = ordered[first]
        at = np.searchsorted(self.terms, wanted)
        at[at == len(self.terms)] = 0
        known = self.terms[at] == wanted
        weights = _heard(np.concatenate((first[1:], (len(ordered),))) - first)
        weights *= np.where(known, self.idf[at], self._unseen)
        held, cut, shares = known.astype(np.float64), int(np.searchsorted(wanted, OTHER)), []
        for kind, scale in ((slice(0, cut), share), (slice(cut, None), 1.0)):
            part = weights[kind]
            shares.append(float(part.dot(held[kind])) / max(float(part.sum()), 1e-12))
            part *= scale / max(math.sqrt(float(part.dot(part))), 1e-12)
        lengths = self._many[at] * known
        ends = np.cumsum(lengths)
        places = np.arange(int(ends[-1])) + np.repeat(self._starts[at] - ends + lengths, lengths)
        said = self._weights[places] * np.repeat(weights, lengths)
        found: Floats = np.bincount(self._rows[places], weights=said, minlength=self._lines).astype(
            np.float64, copy=False
        )
        return found, shares[0], shares[1]


def _heard(counts: Ints) -> Floats:
    """How much a term counts that is said so often."""
    heard: Floats = _LOGS[np.minimum(counts, _COUNTED - 1)]
    return heard
