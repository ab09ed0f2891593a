"""The n-gram model of hostile input: features of samples, and logistic heads fitted side by side with numpy alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.ngrams import Ids, Linear
from nutgraf.trust.attacks.canonical import canonical
from nutgraf.trust.attacks.ngrams import BUCKETS, ids, windows
from nutgraf.trust.attacks.rules import FLAGS, flags, hits
from training.attacks.data import HEADS, Sample

BATCH = 128


@dataclass(eq=False)
class Matrix:
    """Samples as features: bucket numbers of each row end to end, flags, targets, weights (rows x heads; 0 = unknown).
    `of` is the number of the sample that a row is a window of, `texts` the windows themselves.
    """

    flat: Ids
    ends: NDArray[np.int64]
    flags: NDArray[np.float32]
    target: NDArray[np.float32]
    weight: NDArray[np.float32]
    of: NDArray[np.int64]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.ends)


def features(text: str) -> tuple[Ids, list[float]]:
    """Bucket numbers and rule flags of a canonical text of one window."""
    return ids(text), flags(text, hits(text))


def matrix(samples: Sequence[Sample]) -> Matrix:
    """Every window of every sample; a long sample's weight is spread over its windows with a square root."""
    rows, marks, targets, weights, of, texts = [], [], [], [], [], []
    for number, sample in enumerate(samples):
        text = canonical(sample.text)
        places = windows(text)[:12]
        known = [float(h in sample.labels) for h in HEADS]
        for start, end in places:
            found, up = features(text[start:end])
            rows.append(found)
            of.append(number)
            texts.append(text[start:end])
            marks.append(up)
            targets.append([float(sample.labels.get(h, 0)) for h in HEADS])
            weights.append([k * sample.weight / len(places) ** 0.5 for k in known])
    ends = np.cumsum([len(r) for r in rows])
    fired, wanted = np.asarray(marks, np.float32), np.asarray(targets, np.float32)
    known_weight = np.asarray(weights, np.float32)
    return Matrix(np.concatenate(rows), ends, fired, wanted, known_weight, np.asarray(of), texts)


def fit(
    data: Matrix,
    rows: Any = None,
    *,
    epochs: int = 6,
    rate: float = 0.35,
    l2: float = 2e-6,
    seed: int = 3,
    say: Any = print,
) -> tuple[Linear, list[float]]:
    """Logistic heads side by side by AdaGrad over mini-batches of `rows` (None: all), and the loss of each epoch."""
    chosen = np.arange(len(data)) if rows is None else np.asarray(rows)
    losses: list[float] = []
    rng = np.random.default_rng(seed)
    heads = len(HEADS)
    table = np.zeros((BUCKETS, heads), np.float32)
    flat, bias = np.zeros((len(FLAGS), heads), np.float32), np.full(heads, -2.0, np.float32)
    state = [np.full_like(x, 1e-3) for x in (table, flat, bias)]
    weight = data.weight * _balance(data)
    starts = np.concatenate([[0], data.ends[:-1]])
    began = time.monotonic()
    for epoch in range(epochs):
        order = rng.permutation(chosen)
        loss = 0.0
        for batch in np.array_split(order, max(1, len(order) // BATCH)):
            sizes = (data.ends - starts)[batch]
            found = np.concatenate([data.flat[starts[i] : data.ends[i]] for i in batch])
            row = np.repeat(np.arange(len(batch)), sizes)
            norm = 1 / np.sqrt(np.maximum(sizes, 1)).astype(np.float32)
            sums = np.stack([np.bincount(row, table[found, h], len(batch)) for h in range(heads)], 1) * norm[:, None]
            logit = bias + sums + data.flags[batch] @ flat
            p = 1 / (1 + np.exp(-logit))
            y, w = data.target[batch], weight[batch]
            error = ((p - y) * w).astype(np.float32)
            loss += float(-(w * np.log(np.where(y > 0.5, p, 1 - p) + 1e-7)).sum())
            scaled = error * norm[:, None]
            grad = np.stack([np.bincount(found, scaled[row, h], BUCKETS) for h in range(heads)], 1).astype(np.float32)
            slopes = (grad, data.flags[batch].T @ error, error.sum(0))
            for at, value in enumerate((table, flat, bias)):
                slope = slopes[at] / len(batch) ** 0.5 + (l2 * value if at == 0 else 0)
                state[at] += slope * slope
                np.subtract(value, (rate if at == 0 else rate * 0.2) * slope / np.sqrt(state[at]), out=value)
        losses.append(loss / float(weight[chosen].sum()))
        say(f"epoch {epoch + 1}/{epochs} loss {losses[-1]:.4f} after {time.monotonic() - began:.0f} s", flush=True)
    return packed(table, flat, bias), losses


def logits(model: Linear, data: Matrix, rows: Any) -> NDArray[np.float32]:
    """Logits (rows x heads) of some rows."""
    starts = np.concatenate([[0], data.ends[:-1]])
    return np.stack([model.logits(data.flat[starts[i] : data.ends[i]], data.flags[i]) for i in rows])


def _balance(data: Matrix) -> NDArray[np.float32]:
    """Per head: a factor on positives that brings their whole weight to a third of that of the negatives."""
    positive = (data.weight * data.target).sum(0)
    negative = (data.weight * (1 - data.target)).sum(0)
    factor = np.clip(negative / (3 * np.maximum(positive, 1e-6)), 0.2, 8.0)
    return np.where(data.target > 0.5, factor, 1.0).astype(np.float32)


def packed(table: Any, flat: Any, bias: Any) -> Linear:
    """The model with its table in int8, each head with its own scale (the largest 0.1 % are clipped)."""
    scale = np.maximum(np.quantile(np.abs(table), 0.9995, axis=0) * 1.5, 1e-6) / 127
    small = np.clip(np.round(table / scale), -127, 127).astype(np.int8)
    return Linear(HEADS, small, scale.astype(np.float32), bias.astype(np.float32), flat.astype(np.float32))
