"""The detector of hostile input with everything that is installed for it: rules, n-grams and the shared encoder."""

from __future__ import annotations

from functools import lru_cache

from nutgraf import weights
from nutgraf.trust.attacks.detector import Attacks
from nutgraf.trust.shared import encoder


@lru_cache(maxsize=1)
def shared() -> encoder.Shared | None:
    """The encoder that several detectors share, loaded once; None where its weights are not installed."""
    there = (encoder.WEIGHTS / weights.MANIFEST).exists()
    return encoder.Shared.load() if there else None


@lru_cache(maxsize=1)
def attacks() -> Attacks:
    """The detector, loaded once. Raises MissingPart."""
    return Attacks.load().beside(shared())
