"""What detectors say of a text: a probability that it is bad, by label, with the places and the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

#: The checks that a policy may configure and that labelled data can be scored with.
CheckName = Literal["grounding", "member", "attack", "content", "tone", "pii", "topic"]


@dataclass(frozen=True, slots=True)
class Marked:
    """A place in a text, `start`..`end` in characters, and why it was marked. `score` is a probability, 0..1."""

    start: int
    end: int
    label: str
    score: float = 1.0
    because: str = ""


@dataclass(frozen=True, slots=True)
class Detected:
    """What one detector says of one text.

    `score` is the calibrated probability that the text is bad, 0..1; `labels` the same for each of its kinds. `check`
    names the rule, tier or model that decided, `because` says in words why. `evidence` holds the numbers of the lines
    of evidence that were looked at, best first.
    """

    score: float
    labels: Mapping[str, float] = field(default_factory=dict)
    spans: tuple[Marked, ...] = ()
    check: str = ""
    because: str = ""
    evidence: tuple[int, ...] = ()


class TextDetector(Protocol):
    """Looks at a text alone. Synchronous and safe to share between threads; never raises for any text."""

    name: str
    version: str

    def detect(self, text: str) -> Detected:
        """What it finds in `text`."""
        ...


class GroundingDetector(Protocol):
    """Holds sentences against lines of evidence, one fact a line. Synchronous and safe to share between threads."""

    name: str
    version: str

    def detect(self, sentences: Sequence[str], evidence: Sequence[str]) -> list[Detected]:
        """One result a sentence: the probability that `evidence` does not bear it out."""
        ...
