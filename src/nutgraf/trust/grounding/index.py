"""The index of the evidence: built once when it arrives, then asked which lines bear on a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nutgraf.trust.grounding.clauses import Clause, clauses_of
from nutgraf.trust.grounding.compare_words import small_words
from nutgraf.trust.grounding.lexical import OTHER, Floats, Postings, Words, grams, words_of

CHARACTERS = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """How the lines bear on a sentence: `order` (line numbers, best first), `scores` by line number, and the share of
    the sentence's words and of its letters (both weighted by rarity, 0..1) that stand anywhere in the evidence.
    """

    order: tuple[int, ...]
    scores: Floats
    known_words: float
    known_letters: float


class EvidenceIndex:
    """Lines of evidence, one fact each, ready to be ranked: word TF-IDF plus 0.7 × character 3-4-gram TF-IDF."""

    def __init__(self, lines: Sequence[str]) -> None:
        """`lines` as `flatten` gives them; the index keeps them in this order."""
        self.lines: tuple[str, ...] = tuple(lines)
        self.words: tuple[Words, ...] = tuple(words_of(line) for line in self.lines)
        self._ids: dict[str, int] = {}
        rows: list[int] = []
        terms: list[int] = []
        for row, words in enumerate(self.words):
            for i in words.content:
                rows.append(row)
                terms.append(OTHER + self._ids.setdefault(words.stems[i], len(self._ids)))
        pieces = [grams(line) for line in self.lines]
        lengths = [len(piece) for piece in pieces]
        letters = np.repeat(np.arange(len(pieces)), lengths)
        self._postings = Postings(
            np.concatenate((letters, np.array(rows, dtype=np.int64))),
            np.concatenate((*pieces, np.array(terms, dtype=np.int64))),
            len(self.lines),
        )

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every stem of the evidence, small words included."""
        return frozenset(stem for words in self.words for stem in words.stems)

    @cached_property
    def bigrams(self) -> frozenset[tuple[str, str]]:
        """Every two stems that follow each other in a line."""
        return frozenset(pair for words in self.words for pair in zip(words.stems, words.stems[1:], strict=False))

    @cached_property
    def trigrams(self) -> frozenset[tuple[str, str, str]]:
        """Every three stems that follow each other in a line."""
        stems = [words.stems for words in self.words]
        return frozenset(triple for one in stems for triple in zip(one, one[1:], one[2:], strict=False))

    @cached_property
    def sets(self) -> tuple[frozenset[str], ...]:
        """The stems of each line."""
        return tuple(frozenset(words.stems) for words in self.words)

    @cached_property
    def lowered(self) -> tuple[frozenset[str], ...]:
        """The words of each line in lower case."""
        return tuple(frozenset(words.lowered) for words in self.words)

    @cached_property
    def places(self) -> tuple[dict[str, int], ...]:
        """Of each line the place of every stem, the first one where it stands more than once."""
        return tuple({words.stems[at]: at for at in range(len(words.stems) - 1, -1, -1)} for words in self.words)

    @cached_property
    def clauses(self) -> tuple[tuple[Clause, ...], ...]:
        """The clauses of each line."""
        return tuple(clauses_of(words) for words in self.words)

    @cached_property
    def small(self) -> tuple[tuple[bool, frozenset[str], frozenset[str]], ...]:
        """Of each line: whether it denies, and the families of its hedges and of its amounts."""
        return tuple(small_words(words) for words in self.lowered)

    @cached_property
    def rows_of(self) -> dict[str, tuple[int, ...]]:
        """For each stem the numbers of the lines that hold it."""
        rows: dict[str, list[int]] = {}
        for row, stems in enumerate(self.sets):
            for stem in stems:
                rows.setdefault(stem, []).append(row)
        return {stem: tuple(found) for stem, found in rows.items()}

    @cached_property
    def openings(self) -> frozenset[str]:
        """The first five letters of every stem that has as many."""
        return frozenset(stem[:5] for stem in self.stems if len(stem) >= 5)

    def rank(self, sentence: str | Words) -> Ranked:
        """The lines of evidence in the order in which they bear on a sentence; ties keep the order of the source."""
        words = words_of(sentence) if isinstance(sentence, str) else sentence
        ids, unknown = self._ids, len(self._ids)
        terms = [OTHER + ids.get(stem, unknown + i) for i, stem in enumerate(words.content_stems)]
        said = np.concatenate((grams(words.text), np.array(terms, dtype=np.int64)))
        scores, known_letters, known_words = self._postings.cosines(said, CHARACTERS)
        order = np.argsort(-scores, kind="stable")
        return Ranked(tuple(order.tolist()), scores, known_words, known_letters)

    def best(
        self, sentence: str | Words | Ranked, tokens: int, count: Callable[[str], int] | None = None
    ) -> tuple[int, ...]:
        """The numbers of the lines that bear most on a sentence and fit a budget of tokens, in the order of the source.

        `count` tells the tokens of a line (by default 1.4 a word). The best line is always among them, whatever its
        length; a line that does not fit is passed over for a shorter one.
        """
        ranked = sentence if isinstance(sentence, Ranked) else self.rank(sentence)
        kept: list[int] = []
        left = tokens
        for row in ranked.order:
            cost = count(self.lines[row]) if count else round(1.4 * len(self.words[row].written)) + 2
            if cost <= left or not kept:
                kept.append(row)
                left -= cost
            if left < 4:
                break
        return tuple(sorted(kept))
