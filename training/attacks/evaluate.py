"""What the detector does on texts of our own that it never learned from; the manifest says it, a test repeats it."""

from __future__ import annotations

from nutgraf.trust.attacks.detector import Attacks
from training.attacks.data import own
from training.attacks.templates import content_attacks


def attack_rates(detector: Attacks) -> dict[str, float]:
    """False alarms on our 500 benign professional texts, as message and as content, and recall on our templates."""
    calm = [row["text"] for row in own("benign") if row["part"] == "test"]
    hostile = [text for family, text in content_attacks(270, seed=4242) if family not in ("task", "form", "code")]
    return {
        "own_benign_false_alarms": share_of(detector.detect(t).score >= detector.threshold for t in calm),
        "own_benign_false_alarms_as_content": share_of(
            detector.scan(t).score >= detector.content_threshold for t in calm
        ),
        "own_attacks_recall": share_of(detector.detect(t).score >= detector.threshold for t in hostile),
    }


def share_of(found: object) -> float:
    """The share of true values."""
    values = [bool(v) for v in found]  # type: ignore[attr-defined]
    return round(sum(values) / len(values), 4)
