"""The limits of the shared encoder's heads beside the attack detector: `python -m training.attacks.limits DATA`.

A head speaks up where its logit passes every one of some thousand harmless texts by MARGIN: the professional
documents that the detector's own limits come from, and our own harmless messages that are there to learn from; and at
least all but a few (HARD) of NotInject's train part, which is written to look like attacks. Nothing else is looked
at. The limits go into the detector's manifest; about three minutes on one core. `python -m training.attacks` does the
same at its end; this is for an encoder that was trained again since.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nutgraf.trust.attacks.detector import HEADS_BESIDE, WEIGHTS
from nutgraf.trust.shared.encoder import Shared
from nutgraf.weights import load, save
from training.attacks.data import Data, Document, documents, own

MARGIN = 0.5
#: What n-grams alone refuse passes where no head is above this: half the harmless refusals fall away with it, and one
#: attack in sixty of those that nothing was learned from.
VETO = -2.0
HARD = 0.995
CHARS = 1_500
BATCH = 64


def measured(data: Data, found: Sequence[Document]) -> dict[str, float]:
    """Head -> limit."""
    texts = [one.text[:CHARS] for one in found if one.part in ("fit", "limit")]
    texts += [row["text"] for row in own("benign") if row["part"] != "test"]
    shared, most = Shared.load(), np.full(len(HEADS_BESIDE), -np.inf)
    for at in range(0, len(texts), BATCH):
        logits = shared.logits(texts[at : at + BATCH])
        most = np.maximum(most, [logits[name].max() for name in HEADS_BESIDE])
        print(f"\rencoder: {min(at + BATCH, len(texts))} of {len(texts)} texts", end="", flush=True)
    print(flush=True)
    near = shared.logits([row["text"][:CHARS] for row in data.load("rt_benign_notinject", "train")])
    hard = [float(np.quantile(near[name], HARD)) for name in HEADS_BESIDE]
    return {
        name: round(max(float(value) + MARGIN, least), 3)
        for name, value, least in zip(HEADS_BESIDE, most, hard, strict=True)
    }


def main() -> None:
    """Measure, and write the limits down."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("data", type=Path)
    data = Data(ask.parse_args().data)
    limits = measured(data, list(documents(data)))
    print(limits)
    manifest = load(WEIGHTS)
    save(WEIGHTS, replace(manifest, thresholds={**manifest.thresholds, "beside": limits}))


if __name__ == "__main__":
    main()
