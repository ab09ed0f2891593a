"""The honest row: a twin that never saw whole families of attacks, measured on them at limits of the shipped rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nutgraf.trust.attacks.detector import Attacks
from training.attacks.data import Data, Document, Sample, own

#: Left out as wholes: JailbreakBench with its goals, CyberSecEval, prompt extraction, BIPIA.
FAMILIES = ("jbb", "harmful-jailbreakbench", "cyberseceval", "extraction", "bipia")


def left_out(sample: Sample) -> bool:
    """Whether a sample belongs to one of FAMILIES."""
    return sample.family.startswith(FAMILIES)


def texts(data: Data) -> Iterator[tuple[str, str]]:
    """(family, text) of the attacks of FAMILIES: train and dev, as nothing was learned from either."""
    sets = ("rt_jailbreak_jailbreakbench", "rt_injection_cyberseceval", "rt_extraction_sysprompt")
    for name in sets:
        for part in ("train", "dev"):
            for row in data.load(name, part):
                yield f"{name.split('_')[-1]} {row.get('method', '')}".strip(), row["text"]


def recall(detector: Attacks, data: Data) -> dict[str, float]:
    """Recall by family and over all at the detector's own threshold; `unseen_recall` weighs every family alike."""
    caught: dict[str, list[bool]] = {}
    for family, text in texts(data):
        found = detector.detect(text)
        caught.setdefault(family, []).append(found.score >= detector.threshold)
    rates = {f"unseen {family}": round(float(np.mean(hit)), 4) for family, hit in sorted(caught.items())}
    every = [hit for hits in caught.values() for hit in hits]
    return rates | {
        "unseen_recall": round(float(np.mean(list(rates.values()))), 4) if rates else 0.0,
        "unseen_recall_pooled": round(float(np.mean(every)), 4) if every else 0.0,
    }


def measured(detector: Attacks, found: Sequence[Document]) -> float:
    """False alarms on the professional documents that neither training nor thresholds saw (first 3,000 characters)."""
    held = [d.text[:3000] for d in found if d.part == "measure"]
    return round(float(np.mean([detector.detect(t).score >= detector.threshold for t in held])), 4) if held else 0.0


def alarms(detector: Attacks, found: Sequence[Document]) -> dict[str, float]:
    """What the twin refuses of harmless texts at that same threshold."""
    calm = [row["text"] for row in own("benign") if row["part"] == "test"]
    refused = [detector.detect(text).score >= detector.threshold for text in calm]
    return {
        "unseen_false_alarms_professional": measured(detector, found),
        "unseen_false_alarms_own_benign": round(float(np.mean(refused)), 4),
    }
