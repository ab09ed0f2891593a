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
    until: float | None = None,
    say: Any = print,
) -> tuple[Linear, list[float]]:
    """Logistic heads side by side by AdaGrad over mini-batches of `rows` (None: all), and the loss of each epoch."""
    used = np.ones(len(data), bool) if rows is None else np.isin(np.arange(len(data)), rows)
    models, losses = fit_many(data, [used], epochs=epochs, rate=rate, l2=l2, seed=seed, until=until, say=say)
    return models[0], losses


def fit_many(
    data: Matrix,
    used: Sequence[NDArray[np.bool_]],
    *,
    epochs: int = 6,
    rate: float = 0.35,
    l2: float = 2e-6,
    seed: int = 3,
    until: float | None = None,
    say: Any = print,
) -> tuple[list[Linear], list[float]]:
    """One model for each mask of rows, in one pass over the features; and the loss of each epoch over all of them.

    Only weights whose n-grams a batch holds are changed. No epoch begins after `until` (of `time.monotonic`).
    """
    rng = np.random.default_rng(seed)
    width = len(HEADS) * len(used)
    table = np.zeros((BUCKETS, width), np.float32)
    flat, bias = np.zeros((len(FLAGS), width), np.float32), np.full(width, -2.0, np.float32)
    state = [np.full_like(x, 1e-3) for x in (table, flat, bias)]
    weight = np.concatenate([data.weight * _balance(data, mask) * mask[:, None] for mask in used], 1)
    target = np.tile(data.target, len(used))
    batches = [Batch.of(data, some) for some in np.array_split(rng.permutation(len(data)), max(1, len(data) // BATCH))]
    losses: list[float] = []
    began = time.monotonic()
    for epoch in range(epochs):
        if until is not None and losses and time.monotonic() > until:
            break
        loss = 0.0
        for at in rng.permutation(len(batches)):
            batch = batches[at]
            held = table[batch.buckets]
            logit = bias + batch.sums(held) + data.flags[batch.rows] @ flat
            p = 1 / (1 + np.exp(-logit))
            y, w = target[batch.rows], weight[batch.rows]
            error = ((p - y) * w).astype(np.float32)
            loss += float(-(w * np.log(np.where(y > 0.5, p, 1 - p) + 1e-7)).sum())
            size = len(batch.rows) ** 0.5
            slope = batch.slopes(error) / size + l2 * held
            seen = state[0][batch.buckets] + slope * slope
            state[0][batch.buckets] = seen
            table[batch.buckets] = held - rate * slope / np.sqrt(seen)
            for place, (value, raw) in enumerate(((flat, data.flags[batch.rows].T @ error), (bias, error.sum(0))), 1):
                step = raw / size
                state[place] += step * step
                np.subtract(value, (rate * 0.2) * step / np.sqrt(state[place]), out=value)
        losses.append(loss / float(weight.sum()))
        say(f"epoch {epoch + 1}/{epochs} loss {losses[-1]:.4f} after {time.monotonic() - began:.0f} s", flush=True)
    cuts = [slice(at, at + len(HEADS)) for at in range(0, width, len(HEADS))]
    return [packed(table[:, cut], flat[:, cut], bias[cut]) for cut in cuts], losses


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a matrix: the buckets they hold, and for each bucket of each row its place among those.

    `places` and `starts` walk row by row, `owners` and `begins` bucket by bucket; `norm` is the row's length factor.
    """

    rows: NDArray[np.int64]
    buckets: Ids
    places: Ids
    starts: NDArray[np.int64]
    owners: Ids
    begins: NDArray[np.int64]
    norm: NDArray[np.float32]

    @classmethod
    def of(cls, data: Matrix, rows: NDArray[np.int64]) -> Batch:
        """The batch of `rows`."""
        starts = np.concatenate([[0], data.ends[:-1]])
        sizes = (data.ends - starts)[rows]
        found = np.concatenate([data.flat[starts[i] : data.ends[i]] for i in rows])
        order = np.argsort(found, kind="stable")
        buckets, inverse = np.unique(found, return_inverse=True)
        places, begins = inverse.reshape(-1).astype(np.int32), np.searchsorted(found[order], buckets)
        owners = np.repeat(np.arange(len(rows)), sizes)[order].astype(np.int32)
        norm = (1 / np.sqrt(np.maximum(sizes, 1))).astype(np.float32)
        return cls(rows, buckets, places, np.cumsum(sizes) - sizes, owners, begins, norm)

    def sums(self, held: NDArray[np.float32]) -> NDArray[np.float32]:
        """For each row the sum of the values of its buckets, by its length factor."""
        summed: NDArray[np.float32] = np.add.reduceat(held[self.places], self.starts)
        return summed * self.norm[:, None]

    def slopes(self, error: NDArray[np.float32]) -> NDArray[np.float32]:
        """For each bucket the sum of the errors of the rows that hold it."""
        summed: NDArray[np.float32] = np.add.reduceat((error * self.norm[:, None])[self.owners], self.begins)
        return summed


def logits(model: Linear, data: Matrix, rows: Any) -> NDArray[np.float32]:
    """Logits (rows x heads) of some rows."""
    starts = np.concatenate([[0], data.ends[:-1]])
    return np.stack([model.logits(data.flat[starts[i] : data.ends[i]], data.flags[i]) for i in rows])


def _balance(data: Matrix, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Per head: a factor on positives that brings their whole weight to a third of that of the negatives in `mask`."""
    weight = data.weight * mask[:, None]
    positive = (weight * data.target).sum(0)
    negative = (weight * (1 - data.target)).sum(0)
    factor = np.clip(negative / (3 * np.maximum(positive, 1e-6)), 0.2, 8.0)
    return np.where(data.target > 0.5, factor, 1.0).astype(np.float32)


def packed(table: Any, flat: Any, bias: Any) -> Linear:
    """The model with its table in int8, each head with its own scale (the largest 0.1 % are clipped)."""
    scale = np.maximum(np.quantile(np.abs(table), 0.9995, axis=0) * 1.5, 1e-6) / 127
    small = np.clip(np.round(table / scale), -127, 127).astype(np.int8)
    return Linear(HEADS, small, scale.astype(np.float32), bias.astype(np.float32), flat.astype(np.float32))
