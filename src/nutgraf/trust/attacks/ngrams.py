"""A linear model over hashed n-grams of characters and words, scored in a fraction of a millisecond."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BITS = 17
BUCKETS = 1 << BITS
CHARS = (2, 3, 4, 5)
WORDS = 3
WINDOW_CHARS, STRIDE_CHARS = 360, 270
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
_DIGITS = re.compile(r"\d")
_SPACE = re.compile(r"\s+")
_ODD = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1], dtype=np.uint32)

Ids = NDArray[np.int32]


def ids(text: str) -> Ids:
    """The sorted, distinct bucket numbers (int32, 0..BUCKETS-1) of the n-grams of `text`."""
    shown = f" {_SPACE.sub(' ', _DIGITS.sub('0', text.lower())).strip()} "
    codes = np.frombuffer(shown.encode("utf-32-le", "replace"), dtype=np.uint32)
    parts = [_chars(codes, size) for size in CHARS if len(codes) >= size]
    words = np.fromiter((crc32(w.encode("utf-8", "replace")) for w in _TOKEN.findall(shown)), dtype=np.uint32)
    rolling = np.zeros(len(words), dtype=np.uint32)
    for size in range(1, WORDS + 1):
        if len(words) < size:
            break
        rolling = rolling[: len(words) - size + 1] * _ODD[3] + words[size - 1 :]
        parts.append(_bucket(rolling + np.uint32(size * 0x51ED27)))
    return np.unique(np.concatenate(parts)).astype(np.int32) if parts else np.zeros(0, np.int32)


def _chars(codes: NDArray[np.uint32], size: int) -> NDArray[np.uint32]:
    length = len(codes) - size + 1
    total = codes[:length] * _ODD[0]
    for at in range(1, size):
        total = total + codes[at : at + length] * _ODD[at]
    return _bucket(total + np.uint32(size * 0x1F35))


def _bucket(hashed: NDArray[np.uint32]) -> NDArray[np.uint32]:
    mixed = (hashed ^ (hashed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    mixed = (mixed ^ (mixed >> np.uint32(12))) * np.uint32(0x297A2D39)
    return mixed >> np.uint32(32 - BITS)


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


@dataclass(frozen=True, eq=False)
class Linear:
    """Weights of the heads: `table` (BUCKETS x heads, int8), `scale` and `bias` (heads, float32), `flags` (rules x
    heads, float32). A logit is bias + scale * sum(table[ids]) / sqrt(len(ids)) + sum of the flags that are up.
    """

    heads: tuple[str, ...]
    rules: tuple[str, ...]
    table: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    flags: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path, heads: Sequence[str], rules: Sequence[str]) -> Linear:
        """Read `path` (.npz without pickles)."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(tuple(heads), tuple(rules), *(arrays[n] for n in ("table", "scale", "bias", "flags")))

    def logits(self, found: Ids, flags: Any) -> NDArray[np.float32]:
        """One logit a head for the bucket numbers and the 0/1 vector of rules."""
        summed = self.table.take(found, axis=0).sum(axis=0, dtype=np.int32)
        grams = summed * (self.scale / np.sqrt(np.float32(max(len(found), 1))))
        return np.asarray(self.bias + grams + np.asarray(flags, dtype=np.float32) @ self.flags, dtype=np.float32)
