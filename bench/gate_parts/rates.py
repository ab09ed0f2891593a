"""Rates of sentences before the gate and after it, from hand labels and from detectors, with intervals by article."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Row = Mapping[str, Any]
LABELS = ("supported", "partly", "unsupported", "no claim")
BAD = ("partly", "unsupported")
#: What the gate may make of a sentence, in the three ways that matter here; of a copy the words are its source's own.
OUTCOMES = {"shown": "passed", "softened": "passed", "copied": "copied", "quoted": "lost", "dropped": "lost"}
RESAMPLES = 2_000
SEED = 7


class Figure(NamedTuple):
    """A value with its 95 % interval over articles, and what it rests on."""

    value: float
    low: float
    high: float
    of: int

    def __str__(self) -> str:
        """As the table shows it, in per cent."""
        if not self.of:
            return "-"
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f}…{100 * self.high:.1f})"


def read_labels(path: Path) -> dict[str, Row]:
    """Hand labels by the id of the sentence. Raises ValueError naming the line that is none."""
    found: dict[str, Row] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines() if path.exists() else (), 1):
        row = json.loads(line)
        if row["label"] not in LABELS or not isinstance(row["useful"], bool):
            raise ValueError(f"{path.name}, line {number}: label must be one of {LABELS}, useful true or false")
        found[row["id"]] = row
    return found


def share(rows: Sequence[Row], hit: Callable[[Row], bool], seed: int = SEED) -> Figure:
    """The share of rows that are hit, with articles drawn anew."""
    if not rows:
        return Figure(0.0, 0.0, 0.0, 0)
    value = sum(map(hit, rows)) / len(rows)
    drawn = [sum(map(hit, some)) / len(some) for some in _resampled(rows, seed) if some]
    return Figure(value, *_middle(drawn, value, len({row["article"] for row in rows})), len(rows))


def labelled(
    rows: Sequence[Row], labels: Mapping[str, Row], hit: Callable[[Row], bool], among: Iterable[str], seed: int = SEED
) -> Figure:
    """The share of sentences whose label is hit, among those with one of the outcomes `among`.

    Labelled sentences stand for all of their outcome: each outcome's share counts by how many sentences it has.
    """
    outcomes = tuple(among)
    rows = [row for row in rows if OUTCOMES[row["fate"]] in outcomes]
    known = [row for row in rows if row["id"] in labels]
    if not known:
        return Figure(0.0, 0.0, 0.0, 0)
    whole = _shares(known, labels, hit, {})
    value = _weighted(rows, labels, hit, whole)
    drawn = [_weighted(some, labels, hit, whole) for some in _resampled(rows, seed) if some]
    return Figure(value, *_middle(drawn, value, len({row["article"] for row in known})), len(known))


def _shares(
    rows: Sequence[Row], labels: Mapping[str, Row], hit: Callable[[Row], bool], otherwise: Mapping[str, float]
) -> dict[str, float]:
    told: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row["id"] in labels:
            told[OUTCOMES[row["fate"]]].append(hit(labels[row["id"]]))
    return {**otherwise, **{outcome: sum(hits) / len(hits) for outcome, hits in told.items()}}


def _weighted(
    rows: Sequence[Row], labels: Mapping[str, Row], hit: Callable[[Row], bool], whole: Mapping[str, float]
) -> float:
    known = _shares(rows, labels, hit, whole)
    # Copies are their source word for word: one that nobody labelled is no claim of the model's.
    return sum(known.get(OUTCOMES[row["fate"]], 0.0) for row in rows) / len(rows)


def _resampled(rows: Sequence[Row], seed: int) -> Iterable[list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["article"]].append(row)
    articles = list(groups.values())
    rng = np.random.default_rng(seed)
    for _ in range(RESAMPLES if len(articles) > 1 else 0):
        yield [row for at in rng.integers(0, len(articles), len(articles)) for row in articles[at]]


def _middle(drawn: Sequence[float], value: float, articles: int) -> tuple[float, float]:
    """The middle 95 %; where every article says the same, Wilson's interval with the articles as its number."""
    if drawn and max(drawn) > min(drawn):
        low, high = np.quantile(drawn, (0.025, 0.975))
        return min(value, float(low)), max(value, float(high))
    z, n = 1.96, max(articles, 1)
    centre, half = (value + z * z / (2 * n)), z * (value * (1 - value) / n + z * z / (4 * n * n)) ** 0.5
    return max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n))


def useful(label: Row) -> bool:
    """Whether a sentence is right and worth saying."""
    return label["label"] == "supported" and label["useful"]


def bad(label: Row) -> bool:
    """Whether a sentence says something that its evidence does not."""
    return label["label"] in BAD


def told_apart(rows: Sequence[Row], labels: Mapping[str, Row], flags: Callable[[Row], bool]) -> tuple[Figure, Figure]:
    """(sensitivity, specificity) of what flags sentences, against the labels; sentences without a claim left out."""
    known = [row for row in rows if row["id"] in labels and labels[row["id"]]["label"] != "no claim"]
    wrong = [row for row in known if bad(labels[row["id"]])]
    right = [row for row in known if not bad(labels[row["id"]])]
    return share(wrong, flags), share(right, lambda row: not flags(row))
