"""Rebuilds the judge of tone: `python -m training.tone DATA [--across FILE] [--out FOLDER] [--toy]`; numpy alone, about
three minutes.

The network is not trained here (see training/shared_encoder); where its weights are, it is joined with the n-grams.
FILE is what `python -m training.shared_encoder.across` measured; the manifest keeps it, without FILE what it had.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from nutgraf.errors import MissingPart
from nutgraf.trust.shared.encoder import WEIGHTS as SHARED
from nutgraf.trust.shared.encoder import Shared
from nutgraf.trust.tone.detector import WEIGHTS, Tone
from nutgraf.weights import Manifest, load, save
from training.tone.data import provenance, training
from training.tone.figures import DOMAINS, Figure, figures
from training.tone.fit import join
from training.tone.ngram import fit, matrix

SEED = 7


def encoder(folder: Path) -> Shared | None:
    """The shared network of `folder`, or None where there is none."""
    try:
        return Shared.load(folder)
    except MissingPart:
        return None


def domains(measured: Path | None, folder: Path) -> dict[str, Figure]:
    """The figures across domains: those of the file `measured`, else those that the manifest in `folder` has."""
    try:
        found = json.loads(measured.read_text(encoding="utf-8")) if measured else load(folder).metrics
    except MissingPart:
        return {}
    return {name: value for name, value in found.items() if name.startswith(DOMAINS)}


def main() -> None:
    """Train, join, measure and write the weights."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("data", type=Path)
    ask.add_argument("--across", type=Path, help="figures of training.shared_encoder.across")
    ask.add_argument("--out", type=Path, default=WEIGHTS)
    ask.add_argument("--shared", type=Path, default=SHARED, help="weights of the shared network")
    ask.add_argument("--epochs", type=int, default=6)
    ask.add_argument("--toy", action="store_true", help="a twelfth of the texts; fails unless the loss falls")
    asked = ask.parse_args()
    data: Path = asked.data
    table = matrix(training(data, small=asked.toy))
    model, losses = fit(table, epochs=2 if asked.toy else asked.epochs, seed=SEED)
    if losses[-1] >= losses[0]:
        raise SystemExit("tone: the loss did not fall; look at the training loop")
    if asked.toy:
        return
    far = domains(asked.across, asked.out)
    network = encoder(asked.shared)
    fitted = join(model, network, data)
    out: Path = asked.out
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / "ngrams.npz", table=model.table, scale=model.scale, bias=model.bias, flags=model.flags)
    manifest = Manifest(
        name="tone", version="1", licence="Apache-2.0", seed=SEED,
        command="python -m training.tone DATA --across FOLDER/across.json", files={"ngrams.npz": ""},
        data=provenance(data), thresholds={"tone": fitted.pop("threshold")},
        calibration=fitted,
        more={"network": network.version if network else ""},
    )  # fmt: skip
    save(out, manifest)
    found = figures(Tone.load(out, network), data) | far
    rounded = {name: [round(v, 4) for v in value] for name, value in found.items()}
    for name, value in rounded.items():
        print(f"{name:60s} {value}", flush=True)
    save(out, Manifest(**{**asdict(manifest), "metrics": rounded}))


if __name__ == "__main__":
    main()
