"""The trained head of routing: softmax regression over a question's embedding, one class being out of scope."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nutgraf.errors import MissingPart
from nutgraf.types import Vectors

FILE = Path(__file__).parent / "head_weights.json"
OUTSIDE = "out-of-scope"


class Head:
    """Weights of shape [labels, dims], their biases, and the temperature that makes probabilities honest."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        """Take the record that training wrote."""
        import numpy as np

        self.version: str = record["version"]
        self.encoder: str = record["encoder"]
        self.labels: tuple[str, ...] = tuple(record["labels"])
        self.threshold: float = record["threshold"]
        self.outside_threshold: float = record["outside_threshold"]
        self._weights = np.asarray(record["weights"], np.float32) / record["temperature"]
        self._biases = np.asarray(record["biases"], np.float32) / record["temperature"]

    @classmethod
    def load(cls, file: Path = FILE) -> Head:
        """The head that comes with Nutgraf; read once. MissingPart when its file is missing or unreadable."""
        return _load(file)

    def shares(self, vector: Vectors, prior: Mapping[str, float], only: Collection[str] = ()) -> dict[str, float]:
        """The probability of each label, likeliest first.

        `prior` adds to the scores of the labels it names (natural logarithm of odds); `only` leaves out all others.
        """
        import numpy as np

        scores = self._weights @ np.asarray(vector, np.float32).reshape(-1) + self._biases
        kept = [(label, float(score) + prior.get(label, 0.0)) for label, score in zip(self.labels, scores, strict=True)]
        kept = [(label, score) for label, score in kept if not only or label in only]
        if not kept:
            return {}
        top = max(score for _, score in kept)
        raised = {label: float(np.exp(score - top)) for label, score in kept}
        whole = sum(raised.values())
        return {label: raised[label] / whole for label in sorted(raised, key=lambda name: -raised[name])}


@cache
def _load(file: Path) -> Head:
    try:
        return Head(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError) as exc:
        raise MissingPart(
            f"The routing head cannot be loaded from {file}: {exc}. Run `python -m training.route`."
        ) from exc
