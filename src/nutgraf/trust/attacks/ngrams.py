"""The n-grams of hostile texts, and the windows of long ones that they are taken from."""

from __future__ import annotations

from nutgraf.text import ngrams
from nutgraf.text.ngrams import Ids

BITS = 17
BUCKETS = 1 << BITS
WINDOW_CHARS, STRIDE_CHARS = 360, 270


def ids(text: str) -> Ids:
    """The bucket numbers of a window, 0..BUCKETS-1."""
    return ngrams.ids(text, BITS)


def windows(text: str) -> list[tuple[int, int]]:
    """Overlapping windows (start, end) of about WINDOW_CHARS characters, cut at spaces; one for a short text."""
    if len(text) <= WINDOW_CHARS + 60:
        return [(0, len(text))]
    found, start = [], 0
    while start < len(text):
        end = min(len(text), start + WINDOW_CHARS)
        cut = text.rfind(" ", start + STRIDE_CHARS, end) if end < len(text) else end
        found.append((start, cut if cut > 0 else end))
        if end >= len(text):
            break
        step = text.rfind(" ", start + STRIDE_CHARS // 2, start + STRIDE_CHARS)
        start = (step if step > 0 else start + STRIDE_CHARS - 1) + 1
    return found
