"""The n-grams that tone is judged by: quotation marks are all alike."""

from __future__ import annotations

from nutgraf.text import ngrams
from nutgraf.text.ngrams import Ids

BITS = 16
BUCKETS = 1 << BITS
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"'})


def ids(text: str) -> Ids:
    """The bucket numbers of a text, 0..BUCKETS-1."""
    return ngrams.ids(text.translate(_QUOTES), BITS)
