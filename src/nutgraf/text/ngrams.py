"""Hashed n-grams of characters and words, and linear models over them: a fraction of a millisecond, numpy alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

CHARS = (2, 3, 4, 5)
WORDS = 3
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
_DIGITS = re.compile(r"\d")
_SPACE = re.compile(r"\s+")
_ODD = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1], dtype=np.uint32)

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]


def ids(text: str, bits: int) -> Ids:
    """The sorted, distinct bucket numbers (int32, below 2 ** bits) of the n-grams of `text`: digits count as 0."""
    shown = f" {_SPACE.sub(' ', _DIGITS.sub('0', text.lower())).strip()} "
    codes = np.frombuffer(shown.encode("utf-32-le", "replace"), dtype=np.uint32)
    parts = [_chars(codes, size, bits) for size in CHARS if len(codes) >= size]
    words = np.fromiter((crc32(w.encode("utf-8", "replace")) for w in _TOKEN.findall(shown)), dtype=np.uint32)
    rolling = np.zeros(len(words), dtype=np.uint32)
    for size in range(1, min(WORDS, len(words)) + 1):
        rolling = rolling[: len(words) - size + 1] * _ODD[3] + words[size - 1 :]
        parts.append(_bucket(rolling + np.uint32(size * 0x51ED27), bits))
    return np.unique(np.concatenate(parts)).astype(np.int32) if parts else np.zeros(0, np.int32)


def _chars(codes: NDArray[np.uint32], size: int, bits: int) -> NDArray[np.uint32]:
    length = len(codes) - size + 1
    total = codes[:length] * _ODD[0]
    for at in range(1, size):
        total = total + codes[at : at + length] * _ODD[at]
    return _bucket(total + np.uint32(size * 0x1F35), bits)


def _bucket(hashed: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    mixed = (hashed ^ (hashed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    mixed = (mixed ^ (mixed >> np.uint32(12))) * np.uint32(0x297A2D39)
    return mixed >> np.uint32(32 - bits)


@dataclass(frozen=True, eq=False)
class Linear:
    """`table` (buckets x labels, int8), `scale` and `bias` (labels, float32), `flags` (rules x labels, float32).

    A logit is bias + scale * sum(table[ids]) / sqrt(len(ids)) + the flags of the rules that fired.
    """

    labels: tuple[str, ...]
    table: NDArray[np.int8]
    scale: Floats
    bias: Floats
    flags: Floats

    @classmethod
    def load(cls, path: Path, labels: Sequence[str]) -> Linear:
        """Read `path` (.npz without pickles). Raises OSError or ValueError when it cannot be read."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(tuple(labels), *(arrays[name] for name in ("table", "scale", "bias", "flags")))

    def logits(self, found: Ids, up: Any) -> Floats:
        """One logit a label for bucket numbers and the 0/1 vector of rules."""
        summed = self.table.take(found, axis=0).sum(axis=0, dtype=np.int32)
        grams = summed * (self.scale / np.sqrt(np.float32(max(len(found), 1))))
        return np.asarray(self.bias + grams + np.asarray(up, np.float32) @ self.flags, np.float32)
