"""How the tiers' figures become one log-odds, and the sentences of a text one for the whole."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: The figures of a sentence that the tiers are joined by, T0 alone or both.
T0_FIGURES = ("t0", "veto", "record", "asks", "t0-asks")
T1_FIGURES = ("t0", "veto", "record", "t0-record", "cross", "cross-most", "cross-record")
#: The figures of a whole text, from the probabilities of its sentences.
TEXT_FIGURES = ("most", "second", "three", "any", "mean", "record", "many", "lines", "most-record")
_FACT = re.compile(r"^[A-Za-z][\w &'-]{1,48}: \S")
_RECORD_SHARE = 0.25
_LOGIT_AT_MOST = 12.0


@dataclass(frozen=True, slots=True)
class Linear:
    """A weighted sum: `weights` by name of a figure, and `bias`."""

    weights: Mapping[str, float]
    bias: float

    def margin(self, figures: Mapping[str, float]) -> float:
        """The log-odds. A figure that has a weight must be there."""
        return self.bias + sum(weight * figures[name] for name, weight in self.weights.items())


def is_record(lines: Sequence[str]) -> bool:
    """Whether evidence comes from a record ("what: value") rather than from prose."""
    return sum(_FACT.match(line) is not None for line in lines) > _RECORD_SHARE * max(len(lines), 1)


def logit(probability: float) -> float:
    """The log-odds of a probability, kept within twelve."""
    inside = min(max(probability, 1e-9), 1 - 1e-9)
    return min(max(math.log(inside / (1 - inside)), -_LOGIT_AT_MOST), _LOGIT_AT_MOST)


def sigmoid(margin: float) -> float:
    """Log-odds as a probability."""
    return 1 / (1 + math.exp(-min(max(margin, -_LOGIT_AT_MOST), _LOGIT_AT_MOST)))


def of_text(probabilities: Sequence[float], record: bool, lines: int = 0) -> dict[str, float]:
    """The figures of a text whose sentences have these probabilities, against so many lines of evidence.

    `TEXT_FIGURES` names them.
    """
    ordered = sorted(probabilities, reverse=True) or [0.0]
    second = ordered[1] if len(ordered) > 1 else ordered[0] / 2
    three = ordered[:3]
    return {
        "most": logit(ordered[0]),
        "second": logit(second),
        "three": sum(three) / 3,
        "any": logit(1 - math.prod(1 - p for p in ordered)),
        "mean": sum(ordered) / len(ordered),
        "record": float(record),
        "many": math.log1p(len(ordered)),
        "lines": math.log1p(lines),
        "most-record": logit(ordered[0]) * record,
    }
