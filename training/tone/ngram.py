"""Logistic labels side by side over hashed n-grams, fitted by AdaGrad with numpy alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.ngrams import Linear
from nutgraf.trust.tone.detector import LABELS
from nutgraf.trust.tone.ngrams import BUCKETS, ids
from nutgraf.trust.tone.rules import FLAGS, flags, hits
from training.tone.data import TOXIC, Sample

BATCH = 64
#: Comments are many and loud: they count less here, and teach nothing about tone towards the reader.
COMMENTS, COMMENTS_WEIGHT = "own_comments", 0.4
Floats = NDArray[np.float32]


@dataclass(eq=False)
class Matrix:
    """Samples as features: bucket numbers end to end with the ends of rows; flags, targets and weights by row."""

    flat: NDArray[np.int32]
    ends: NDArray[np.int64]
    flags: Floats
    target: Floats
    weight: Floats

    def row(self, number: int) -> NDArray[np.int32]:
        """The bucket numbers of a row."""
        return self.flat[self.ends[number - 1] if number else 0 : self.ends[number]]


def matrix(samples: Sequence[Sample]) -> Matrix:
    """Features of samples."""
    found = [ids(sample.text[:600]) for sample in samples]
    up = np.array([flags(hits(sample.text[:600])) for sample in samples], np.float32)
    unknown = (0, 0.0)
    known = np.array([[sample.known.get(label, unknown) for label in LABELS] for sample in samples], np.float32)
    loud = np.array([sample.source == COMMENTS for sample in samples])
    known[loud, :, 1] *= np.array([COMMENTS_WEIGHT * (label in TOXIC) for label in LABELS])
    ends = np.cumsum([len(one) for one in found])
    return Matrix(np.concatenate(found), ends, up, known[..., 0], known[..., 1])


def balance(data: Matrix, rows: Any) -> Floats:
    """Per label a factor on positives, so that they weigh a quarter of the negatives; between 0.3 and 12."""
    w, y = data.weight[rows], data.target[rows]
    factor = np.clip((w * (1 - y)).sum(0) / (4 * np.maximum((w * y).sum(0), 1e-6)), 0.3, 12.0)
    return np.where(data.target > 0.5, factor, 1.0).astype(np.float32)


def fit(
    data: Matrix, rows: Any = None, *, epochs: int = 6, rate: float = 0.25, seed: int = 7, say: Any = print
) -> tuple[Linear, list[float]]:
    """The model of `rows` (None: all), and the loss of each epoch."""
    chosen = np.arange(len(data.ends)) if rows is None else np.asarray(rows)
    rng, heads = np.random.default_rng(seed), len(LABELS)
    table, flat = np.zeros((BUCKETS, heads), np.float32), np.zeros((len(FLAGS), heads), np.float32)
    bias = np.full(heads, -2.0, np.float32)
    sums = [np.full_like(x, 1e-2) for x in (table, flat, bias)]
    weight = data.weight * balance(data, chosen)
    losses, began = [], time.monotonic()
    for epoch in range(epochs):
        loss, step = 0.0, rate * (1.0 if epoch < epochs // 2 else 0.4)
        for batch in np.array_split(rng.permutation(chosen), max(1, len(chosen) // BATCH)):
            parts = [data.row(int(i)) for i in batch]
            sizes = np.array([len(p) for p in parts])
            found, row = np.concatenate(parts), np.repeat(np.arange(len(batch)), sizes)
            norm = (1 / np.sqrt(np.maximum(sizes, 1))).astype(np.float32)[:, None]
            grams = np.zeros((len(batch), heads), np.float32)
            there = sizes > 0
            starts = (np.cumsum(sizes) - sizes)[there]
            grams[there] = np.add.reduceat(table[found], starts, axis=0)
            logit = bias + grams * norm + data.flags[batch] @ flat
            p = 1 / (1 + np.exp(-logit))
            y, w = data.target[batch], weight[batch]
            error = ((p - y) * w).astype(np.float32) / len(batch) ** 0.5
            loss += float(-(w * np.log(np.where(y > 0.5, p, 1 - p) + 1e-7)).sum())
            order = np.argsort(found, kind="stable")
            touched, first = np.unique(found[order], return_index=True)
            slope = np.add.reduceat((error * norm)[row[order]], first, axis=0) + 3e-6 * table[touched]
            sums[0][touched] += slope * slope
            table[touched] -= step * slope / np.sqrt(sums[0][touched])
            for at, (value, grad) in enumerate(((flat, data.flags[batch].T @ error), (bias, error.sum(0))), start=1):
                sums[at] += grad * grad
                np.subtract(value, 0.3 * step * grad / np.sqrt(sums[at]), out=value)
        losses.append(loss / float(weight[chosen].sum()))
        say(
            f"tone: epoch {epoch + 1}/{epochs} loss {losses[-1]:.4f} after {time.monotonic() - began:.0f} s", flush=True
        )
    return packed(table, flat, bias), losses


def packed(table: Floats, flat: Floats, bias: Floats) -> Linear:
    """The model with its table in int8, each label with its own scale; the largest are clipped."""
    scale = np.maximum(np.quantile(np.abs(table), 0.9998, axis=0) * 1.5, 1e-6) / 127
    small = np.clip(np.round(table / scale), -127, 127).astype(np.int8)
    return Linear(LABELS, small, scale.astype(np.float32), bias, flat)


def logits(model: Linear, texts: Sequence[str]) -> Floats:
    """Logits (texts x labels)."""
    return np.stack([model.logits(ids(text[:600]), flags(hits(text[:600]))) for text in texts])
