"""Is this item worth a panel? Thin items are declined with a reason a member can read."""

from __future__ import annotations

from collections.abc import Sequence

from nutgraf.read.spans import Reading
from nutgraf.text.facts import names, numbers
from nutgraf.text.words import content_words
from nutgraf.types import Item

CONTENT_WORDS_AT_LEAST = 18
STANDING_AT_LEAST = 2
WORTH_AT_LEAST = 0.25


def worth(found: Sequence[Reading], specific: Sequence[float]) -> float:
    """0..1: how many sentences say something specific and can stand alone; full at six of them."""
    telling = sum(
        min(1.0, reading.fit) * min(1.0, score / 0.35) for reading, score in zip(found, specific, strict=True)
    )
    return float(min(1.0, telling / 6.0))


def declined(item: Item, found: Sequence[Reading], score: float) -> str | None:
    """Why the item gets no panel, or None when it does."""
    if not item.ai:
        return "The author does not want AI takeaways on this item."
    text = " ".join(reading.span.text for reading in found)
    if len(content_words(text)) < CONTENT_WORDS_AT_LEAST:
        return "This item is too short to hold takeaways."
    if sum(reading.fit >= 0.5 for reading in found) < STANDING_AT_LEAST:
        return "No sentence of this item can stand alone."
    marks = len(set(names(text))) + len(numbers(text))
    if score < WORTH_AT_LEAST or (marks == 0 and score < 0.6):
        return "This item says nothing specific enough for a takeaway: no facts, figures, names or decisions."
    return None
