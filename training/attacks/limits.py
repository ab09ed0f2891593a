"""The limits of the shared encoder's heads beside the attack detector: `python -m training.attacks.limits DATA`.

A head speaks up where its logit passes every one of some thousand harmless texts by MARGIN: the professional documents
that the detector's own limits come from, and our own harmless messages that are there to learn from. Nothing else is
looked at. The limits go into the detector's manifest; about three minutes on one core.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from nutgraf.trust.attacks.detector import HEADS_BESIDE, WEIGHTS
from nutgraf.trust.shared.encoder import Shared
from nutgraf.weights import load, save
from training.attacks.data import Data, documents, own

MARGIN = 0.5
CHARS = 1_500
BATCH = 64


def main() -> None:
    """Measure, and write the limits down."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("data", type=Path)
    ask.add_argument("--short", action="store_true", help="an eighth of the documents; for a look, writes nothing")
    asked = ask.parse_args()
    texts = [one.text[:CHARS] for one in documents(Data(asked.data)) if one.part in ("fit", "limit")]
    texts = texts[:: 8 if asked.short else 1] + [row["text"] for row in own("benign") if row["part"] != "test"]
    shared, most = Shared.load(), np.full(len(HEADS_BESIDE), -np.inf)
    for at in range(0, len(texts), BATCH):
        logits = shared.logits(texts[at : at + BATCH])
        most = np.maximum(most, [logits[name].max() for name in HEADS_BESIDE])
        print(f"\r{min(at + BATCH, len(texts))} of {len(texts)} texts", end="", flush=True)
    limits = {name: round(float(value) + MARGIN, 3) for name, value in zip(HEADS_BESIDE, most, strict=True)}
    print(f"\n{limits}")
    if not asked.short:
        manifest = load(WEIGHTS)
        save(WEIGHTS, replace(manifest, thresholds={**manifest.thresholds, "beside": limits}))


if __name__ == "__main__":
    main()
