"""Is this item worth a panel? Thin items are declined with a reason a member can read."""

from __future__ import annotations

from collections.abc import Sequence

from nutgraf.read.marks import marks
from nutgraf.read.spans import Reading
from nutgraf.text.words import STOPWORDS, content_words, words
from nutgraf.types import Item

CONTENT_WORDS_AT_LEAST = 18
STANDING_AT_LEAST = 2
#: Share of function words below which a text is not English; English prose has 0.4 to 0.5, lists of it 0.25.
ENGLISH_AT_LEAST = 0.17
WORTH_AT_LEAST = 0.3
#: So many sentences that each hold a fact make an item fully worth its panel.
TELLING_ENOUGH = 5.0


def worth(found: Sequence[Reading]) -> float:
    """0..1: how many sentences stand alone and hold something that can be checked, a figure or a name."""
    telling = 0.0
    for reading in found:
        found_marks = marks(reading.span.text)
        telling += reading.fit * min(1.0, 0.5 * (found_marks.in_digits + found_marks.names))
    return float(min(1.0, telling / TELLING_ENOUGH))


def declined(item: Item, found: Sequence[Reading], score: float) -> str | None:
    """Why the item gets no panel, or None when it does."""
    if not item.ai:
        return "The author does not want AI takeaways on this item."
    text = " ".join(reading.span.text for reading in found)
    if len(content_words(text)) < CONTENT_WORDS_AT_LEAST:
        return "This item is too short to hold takeaways."
    if sum(reading.fit >= 0.5 for reading in found) < STANDING_AT_LEAST:
        return "No sentence of this item can stand alone."
    if score < WORTH_AT_LEAST:
        return "This item says nothing specific enough for a takeaway: no facts, figures, names or decisions."
    return None


def in_english(text: str) -> bool:
    """Whether enough of the words are English function words; a short text is given the benefit of the doubt."""
    found = words(text)
    return len(found) < 30 or sum(word in STOPWORDS for word in found) >= ENGLISH_AT_LEAST * len(found)
