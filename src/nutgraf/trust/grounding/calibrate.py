"""Log-odds made into probabilities that mean what they say, by kind of use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nutgraf.errors import MissingPart
from nutgraf.trust.grounding.stack import sigmoid

#: The kind that is used where none fits.
ANY = "any"


@dataclass(frozen=True, slots=True)
class Scale:
    """Platt scaling: the probability is the sigmoid of `slope` × log-odds + `shift`."""

    slope: float = 1.0
    shift: float = 0.0

    def probability(self, margin: float) -> float:
        """Log-odds as a calibrated probability, 0..1."""
        return sigmoid(self.slope * margin + self.shift)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A scale for each kind of use: "record", "prose", or a use case's own name."""

    scales: Mapping[str, Scale]

    def probability(self, margin: float, kinds: Sequence[str]) -> float:
        """By the first of `kinds` that has a scale, else by the scale for any."""
        scale = next((self.scales[kind] for kind in kinds if kind in self.scales), self.scales.get(ANY, Scale()))
        return scale.probability(margin)

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Calibration:
        """From a manifest: kind -> [slope, shift]. Raises MissingPart for anything else."""
        try:
            return cls({kind: Scale(float(slope), float(shift)) for kind, (slope, shift) in found.items()})
        except (TypeError, ValueError) as exc:
            raise MissingPart("weights grounding: the calibration cannot be read; install Nutgraf again") from exc


def expected_error(probabilities: Sequence[float], bad: Sequence[float], bins: int = 10) -> float:
    """Expected calibration error: the mean gap between probability and rate over bins of equal size, 0..1."""
    order = sorted(range(len(probabilities)), key=lambda i: probabilities[i])
    total = 0.0
    for at in range(bins):
        part = order[at * len(order) // bins : (at + 1) * len(order) // bins]
        if part:
            total += abs(sum(probabilities[i] for i in part) - sum(bad[i] for i in part))
    return total / max(len(order), 1)
