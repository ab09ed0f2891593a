"""Boosted trees as flat arrays: loaded without any learning library, walked for all trees and rows at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nutgraf.errors import MissingPart
from nutgraf.trust.grounding.lexical import Floats, Ints

_ARRAYS = ("feature", "threshold", "left", "right", "value", "roots")


@dataclass(frozen=True, eq=False)
class Trees:
    """Binary trees in arrays, one entry a node: go `left` where the `feature` is at most the `threshold`.

    A leaf has feature -1, leads to itself and carries a `value`; `roots` are the first nodes; `depth` is the longest
    way to a leaf. The sum of the leaves plus `base` is the log-odds.
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats
    roots: Ints
    depth: int
    base: float = 0.0

    def margins(self, rows: Floats) -> Floats:
        """The log-odds of each row; `rows` has shape (rows, features)."""
        children, feature = self.children, self.asked
        if len(rows) == 1:  # the way of a stream: one sentence at a time
            row, at, threshold = rows[0], self.roots, self.threshold
            for _ in range(self.depth):
                at = children.take(2 * at + (row.take(feature.take(at)) > threshold.take(at)))
            return np.array([self.value.take(at).sum() + self.base])
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        column = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            at = children[2 * at + (rows[column, feature[at]] > self.threshold[at])]
        margins: Floats = self.value[at].sum(axis=1) + self.base
        return margins

    @cached_property
    def asked(self) -> Ints:
        """The feature that each node asks about; the first one for leaves, which lead to themselves whatever it is."""
        return np.maximum(self.feature, 0)

    @cached_property
    def children(self) -> Ints:
        """The two nodes that follow each node, one behind the other."""
        return np.stack((self.left, self.right), axis=1).ravel()

    def save(self, path: Path) -> None:
        """Write the arrays as one compressed .npz file."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez_compressed(path, depth=np.array(self.depth), base=np.array(self.base), **arrays)


def load(path: Path) -> Trees:
    """The trees of a file written by `Trees.save`. Raises MissingPart when it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as found:
            ints: dict[str, NDArray[np.int64]] = {name: found[name].astype(np.int64) for name in _ARRAYS}
            floats: dict[str, NDArray[np.float64]] = {name: found[name].astype(np.float64) for name in _ARRAYS}
            depth, base = int(found["depth"]), float(found["base"])
    except (OSError, ValueError, KeyError) as exc:
        raise MissingPart(f"trees {path.name}: cannot be read ({type(exc).__name__}); install Nutgraf again") from exc
    return Trees(
        feature=ints["feature"], threshold=floats["threshold"], left=ints["left"], right=ints["right"],
        value=floats["value"], roots=ints["roots"], depth=depth, base=base,
    )  # fmt: skip


def probability(margin: float) -> float:
    """Log-odds as a probability."""
    return float(1.0 / (1.0 + np.exp(-margin)))
