"""How well sentences answer a question: nearness of meaning where there are vectors, shared words always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING

from nutgraf.text.words import content_stems

if TYPE_CHECKING:
    from nutgraf.types import Span, Vectors

#: Score a sentence of the item, or of another record, needs to count as an answer, with vectors and without.
ANSWERS_AT_LEAST, OTHERS_ANSWER_AT_LEAST = 0.45, 0.78
ANSWERS_BY_WORDS_AT_LEAST, OTHERS_ANSWER_BY_WORDS_AT_LEAST = 0.34, 0.6
#: Weight of shared words beside the cosine.
WORD_SHARE = 0.45
#: What a sentence loses that cannot stand alone.
LEANING = 0.2


def relevance(spans: Sequence[Span], question: str, vectors: Vectors | None, vector: Vectors | None) -> list[float]:
    """How well each sentence of a public record may answer, one score a span.

    With `vectors` (shape [spans, dims]) and `vector` (shape [dims]): cosine plus WORD_SHARE times the idf-weighted
    share of the question's words that it has, about 0..1.45. Without either: that share alone, 0..1.
    """
    shared = word_shares([_stems(span.text) for span in spans], question)
    if vectors is None or vector is None or not len(spans) or vectors.shape != (len(spans), vector.shape[-1]):
        return [share - (0.0 if span.quotable else LEANING) for span, share in zip(spans, shared, strict=True)]
    near: list[float] = (vectors @ vector).tolist()
    return [
        cosine + WORD_SHARE * share - (0.0 if span.quotable else LEANING)
        for span, cosine, share in zip(spans, near, shared, strict=True)
    ]


def overlap(texts: Iterable[str], question: str) -> list[float]:
    """The idf-weighted share of the question's words that each text has, 0..1; nothing of the texts is remembered."""
    return word_shares([frozenset(content_stems(text)) for text in texts], question)


def word_shares(rows: Sequence[frozenset[str]], question: str) -> list[float]:
    """As `overlap`, of texts given as their stems. Words that few rows have weigh more."""
    weights = {
        word: log(1 + len(rows) / (1 + sum(word in row for row in rows)))
        for word in dict.fromkeys(content_stems(question))
    }
    total = sum(weights.values()) or 1.0
    return [sum(weight for word, weight in weights.items() if word in row) / total for row in rows]


@lru_cache(maxsize=4_096)
def _stems(text: str) -> frozenset[str]:
    """The stems of a public sentence. A member's words never come here: what is kept has no owner."""
    return frozenset(content_stems(text))
