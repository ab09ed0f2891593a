"""How much a sentence says about its item: two small linear models over `features`, trained on human key points.

Stories (news, posts, articles) tell their point early; lessons and job ads spread it. A gate over a few
figures of the whole item mixes the two. The weights, and what they were trained on, are in `salience.json`;
`python -m training.salience DATA` makes them anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from nutgraf.read.features import NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nutgraf.read.spans import Reading

GATE_NAMES = ("length", "headings", "items", "you", "first_person", "colons", "names", "quotes", "advice")
#: What a sentence that leans on its neighbours loses, in standard deviations of the score.
LEANING_COSTS = 0.5


@dataclass(frozen=True, eq=False)
class Salience:
    """Weights over the scaled features for stories and lessons, and the gate between them (logistic).

    `version` goes into the digest's version; `gate` has mean, spread and weight of each figure, then the bias.
    """

    version: str
    story: NDArray[np.float32]
    lesson: NDArray[np.float32]
    gate: NDArray[np.float32]
    gate_bias: float

    def score(self, rows: NDArray[np.float32], found: Sequence[Reading]) -> NDArray[np.float32]:
        """Salience in 0..1, shape [n], for features of shape [n, len(NAMES)] of one item."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        table = scaled(rows)
        share = self.lesson_share(rows, found)
        raw = share * _unit(table @ self.lesson) + (1.0 - share) * _unit(table @ self.story)
        fit = np.array([reading.fit for reading in found], dtype=np.float32)
        return np.asarray(1.0 / (1.0 + np.exp(LEANING_COSTS * (1.0 - fit) - raw)), dtype=np.float32)

    def lesson_share(self, rows: NDArray[np.float32], found: Sequence[Reading]) -> float:
        """How much the item is built like a lesson, 0..1."""
        mean, spread, weight = self.gate
        raw = float(((gate_figures(rows, found) - mean) / spread) @ weight) + self.gate_bias
        return 1.0 / (1.0 + math.exp(-raw))


def gate_figures(rows: NDArray[np.float32], found: Sequence[Reading]) -> NDArray[np.float32]:
    """Figures of a whole item, one a name of GATE_NAMES."""
    n = max(1, len(found))
    headings = len({reading.heading for reading in found if reading.heading})
    shares = [
        rows[:, NAMES.index(name)].mean() for name in ("you", "first_person", "colon", "names", "quote", "advice")
    ]
    items = sum(reading.block_kind == "item" for reading in found) / n
    return np.array([math.log(n), 10.0 * headings / n, items, *shares], dtype=np.float32)


def scaled(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each feature as its distance from the item's mean in the item's standard deviations, clipped to ±3."""
    spread = rows.std(axis=0)
    centred = rows - rows.mean(axis=0)
    return np.asarray(np.clip(centred / np.where(spread > 1e-6, spread, 1.0), -3, 3), dtype=np.float32)


def _unit(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(scores / max(1e-6, float(scores.std())), dtype=np.float32)


@cache
def shipped() -> Salience:
    """The weights in the package; raises ValueError when they were made for other features."""
    record = json.loads(files("nutgraf.read").joinpath("salience.json").read_text("utf-8"))
    return from_record(record)


def from_record(record: Mapping[str, Any]) -> Salience:
    """The weights of a record as training writes it; ValueError when it was made for other features."""
    if tuple(record["story"]) != NAMES or tuple(record["gate"]) != GATE_NAMES:
        raise ValueError("these weights were trained for other features; run the training command again")
    gate = np.array(list(record["gate"].values()), dtype=np.float32).T
    story, lesson = (np.array(list(record[name].values()), dtype=np.float32) for name in ("story", "lesson"))
    return Salience(record["version"], story, lesson, gate, float(record["gate_bias"]))
