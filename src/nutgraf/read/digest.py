"""An item becomes a digest: weighed sentences, their vectors, topics, and whether it is worth a panel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nutgraf.read.features import NAMES, features, specificity
from nutgraf.read.salience import Salience, shipped
from nutgraf.read.spans import Reading, readings, shortlist
from nutgraf.read.topics import topics
from nutgraf.read.worth import declined, worth
from nutgraf.types import Digest, Item, Span

if TYPE_CHECKING:
    from nutgraf.seams import Encoder
    from nutgraf.types import Vectors
    from nutgraf.vocabulary.match import Vocabulary

READER = "reader-1"
SAME_AT_LEAST = 0.93


def version(encoder: Encoder, vocabulary: Vocabulary, salience: Salience | None = None) -> str:
    """Which reader made a digest: another reader, encoder, vocabulary or weights make another digest."""
    return f"{READER}+{encoder.name}+{(salience or shipped()).version}+{len(vocabulary)} skills"


def digest(item: Item, encoder: Encoder, vocabulary: Vocabulary, salience: Salience | None = None) -> Digest:
    """Read an item. Costs one encoder row a sentence and heading; everything else is microseconds a sentence."""
    salience = salience or shipped()
    found = shortlist(readings(item))
    headings = sorted({reading.heading for reading in found if reading.heading})
    texts = [item.title, *headings, *(reading.span.text for reading in found)]
    rows = encoder.encode(texts)
    by_heading = dict(zip(headings, rows[1:], strict=False))
    vectors = rows[1 + len(headings) :]
    nothing = np.zeros(encoder.dims, dtype=np.float32)
    under = np.array([by_heading.get(reading.heading, nothing) for reading in found], dtype=np.float32)
    table = features(item.title, found, vectors, rows[0], under.reshape(len(found), encoder.dims))
    specific = [specificity(reading.span.text) for reading in found]
    score = worth(found)
    spans = _weighed(found, salience.score(table, found), specific, table)
    return Digest(
        item_id=item.id,
        content_hash=item.content_hash,
        version=version(encoder, vocabulary, salience),
        spans=_without_repeats(spans, vectors),
        vectors=vectors,
        title_vector=rows[0],
        topics=topics(item, vocabulary),
        worth=score,
        declined=declined(item, found, score),
    )


def _weighed(found: list[Reading], salience: Vectors, specific: list[float], table: Vectors) -> list[Span]:
    keep = [NAMES.index(name) for name in ("opening", "central", "numbers", "names", "turn", "lesson", "advice", "fit")]
    return [
        replace(
            reading.span,
            salience=round(float(salience[i]), 4),
            specificity=round(specific[i], 4),
            features=tuple((NAMES[column], round(float(table[i, column]), 3)) for column in keep),
        )
        for i, reading in enumerate(found)
    ]


def _without_repeats(spans: list[Span], vectors: Vectors) -> tuple[Span, ...]:
    """The same spans; one that nearly repeats an earlier span can no longer be quoted."""
    if not spans:
        return ()
    similar = np.tril(vectors @ vectors.T, k=-1)
    return tuple(
        replace(span, quotable=False) if span.quotable and similar[i].max(initial=0.0) >= SAME_AT_LEAST else span
        for i, span in enumerate(spans)
    )
