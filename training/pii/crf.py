"""A linear-chain conditional random field over hashed features, trained by AdaGrad; numpy alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nutgraf.trust.pii.features import BITS, WIDTH
from nutgraf.trust.pii.tagger import LABELS

Array = np.ndarray[Any, np.dtype[Any]]
COUNT = len(LABELS)
#: A token whose probabilities are this near to what they should be is not learned from again.
_NEAR = 1e-3


@dataclass
class Crf:
    """Weights of features, of label pairs and of the first label, with the squared gradients seen so far."""

    table: Array = field(default_factory=lambda: np.zeros((1 << BITS, COUNT), dtype=np.float32))
    moves: Array = field(default_factory=lambda: np.zeros((COUNT, COUNT), dtype=np.float32))
    first: Array = field(default_factory=lambda: np.zeros(COUNT, dtype=np.float32))
    seen: list[Array] = field(default_factory=list)
    _place: Array = field(default_factory=lambda: np.zeros(1 << BITS, dtype=np.int64))

    def __post_init__(self) -> None:
        self.seen = [np.full_like(part, 1e-2) for part in (self.table, self.moves, self.first)]

    def step(self, rows: Array, gold: Array, lengths: Array, rate: float, decay: float) -> float:
        """One step on a batch: rows (batch, time, WIDTH), gold (batch, time); the mean loss of a token before it."""
        scores = self.table[rows].sum(axis=2)
        chances, pairs, loss = _expectations(scores, self.moves, self.first, gold, lengths)
        mask = np.arange(rows.shape[1])[None, :] < lengths[:, None]
        error = (chances - np.eye(COUNT, dtype=np.float32)[gold]) * mask[:, :, None]
        self._update_table(rows[mask], error[mask], rate, decay)
        real = pairs.copy()
        both = mask[:, 1:]
        np.add.at(real, (gold[:, :-1][both], gold[:, 1:][both]), -1.0)
        for part, gradient, place in ((self.moves, real, 1), (self.first, error[:, 0].sum(axis=0), 2)):
            self.seen[place] += gradient**2
            np.subtract(part, rate * gradient / np.sqrt(self.seen[place]), out=part)
        return loss / int(lengths.sum())

    def _update_table(self, rows: Array, error: Array, rate: float, decay: float) -> None:
        far = np.abs(error).max(axis=1) > _NEAR
        flat, error = rows[far].ravel(), error[far]
        used = np.zeros(1 << BITS, dtype=bool)
        used[flat] = True
        which = np.flatnonzero(used)
        self._place[which] = np.arange(len(which))
        places = self._place[flat]
        gradient = np.stack(
            [np.bincount(places, weights=np.repeat(error[:, k], WIDTH), minlength=len(which)) for k in range(COUNT)], 1
        ).astype(np.float32)
        gradient[which == 0] = 0.0
        gradient += decay * self.table[which]
        self.seen[0][which] += gradient**2
        self.table[which] -= rate * gradient / np.sqrt(self.seen[0][which])


def _expectations(scores: Array, moves: Array, first: Array, gold: Array, lengths: Array) -> tuple[Array, Array, float]:
    """Probabilities of labels at every place, expected counts of label pairs, and the loss summed over the batch."""
    size, time, _ = scores.shape
    peak = scores.max(axis=2, keepdims=True)
    local, step = np.exp(scores - peak), np.exp(moves)
    forward, backward, scale = np.zeros_like(local), np.ones_like(local), np.ones((size, time), dtype=np.float32)
    state = np.exp(first) * local[:, 0]
    for at in range(time):
        if at:
            live = (at < lengths)[:, None]
            state = np.where(live, (state @ step) * local[:, at], state)
        scale[:, at] = state.sum(axis=1)
        state = state / scale[:, at : at + 1]
        forward[:, at] = state
    pairs = np.zeros_like(step)
    state = backward[:, -1]
    for at in range(time - 2, -1, -1):
        live = (at + 1 < lengths)[:, None]
        ahead = state * local[:, at + 1]
        joint = np.einsum("bi,bj->bij", forward[:, at], ahead) * step
        joint /= joint.sum(axis=(1, 2), keepdims=True)
        pairs += (joint * live[:, :, None]).sum(axis=0)
        moved = ahead @ step.T
        state = np.where(live, moved / moved.sum(axis=1, keepdims=True), np.ones_like(state))
        backward[:, at] = state
    both = forward * backward
    chances = both / both.sum(axis=2, keepdims=True)
    mask = np.arange(time)[None, :] < lengths[:, None]
    partition = (np.log(scale) * mask).sum() + (peak[:, :, 0] * mask).sum()
    path = (np.take_along_axis(scores, gold[:, :, None], 2)[:, :, 0] * mask).sum() + first[gold[:, 0]].sum()
    path += (moves[gold[:, :-1], gold[:, 1:]] * mask[:, 1:]).sum()
    return chances, pairs, float(partition - path)


def batches(
    rows: Sequence[Array],
    gold: Sequence[Sequence[int]],
    order: Array,
    size: int,
    drop: float,
    chance: np.random.Generator,
) -> Iterator[tuple[Array, Array, Array]]:
    """Padded batches of texts of like length, in random order; `drop` is the share of features left out."""
    groups = [order[start : start + size * 20] for start in range(0, len(order), size * 20)]
    cut: list[Array] = []
    for group in groups:
        by_length = sorted(group.tolist(), key=lambda i: len(gold[i]))
        cut += [np.array(by_length[start : start + size]) for start in range(0, len(by_length), size)]
    for place in chance.permutation(len(cut)):
        members = cut[int(place)]
        lengths = np.array([len(gold[i]) for i in members])
        padded = np.zeros((len(members), int(lengths.max()), WIDTH), dtype=np.int32)
        wanted = np.zeros(padded.shape[:2], dtype=np.int64)
        for at, i in enumerate(members):
            padded[at, : lengths[at]] = rows[i]
            wanted[at, : lengths[at]] = gold[i]
        padded[chance.random(padded.shape) < drop] = 0
        yield padded, wanted, lengths
