"""Rebuilds the shared encoder: `python -m training.shared_encoder DATA --work FOLDER`.

Steps can be taken apart with --only: `prepare` (arrays, a minute), `train` (--minutes at most, goes on from its last
checkpoint), `export` (int8 ONNX, tokenizer, manifest). `--toy` runs the loop on a few texts with random weights in less
than a minute and fails unless the loss falls. Needs requirements/training.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from nutgraf.trust.shared.encoder import HEADS, WEIGHTS, Shared
from nutgraf.weights import Manifest, save
from tools.build_encoder import OUT
from training.attacks.data import LICENCES as HOSTILE
from training.grounding_t1.__main__ import base
from training.shared_encoder.data import prepare
from training.shared_encoder.export import export
from training.shared_encoder.measure import hostile
from training.shared_encoder.network import Trunk, begun
from training.shared_encoder.train import State, Texts, train
from training.tone import data as tone

TARGET, SEED = 52_000, 13
STEPS = ("prepare", "train", "export")


def toy(data: Path) -> State:
    """A few steps on a few texts with random weights. Raises SystemExit unless the loss falls."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        prepare(data, OUT / "tokenizer.json", work, small=True)
        texts = Texts(work / "texts.npz")
        model = begun(None, json.loads((work / "rows.json").read_text(encoding="utf-8")))
        state = train(model, texts, work / "run", target=700, minutes=0.6, seed=SEED)
    part = max(1, len(state.losses) // 4)
    first, last = float(np.mean(state.losses[:part])), float(np.mean(state.losses[-part:]))
    print(f"shared: loss {first:.3f} -> {last:.3f}")
    if last >= first:
        raise SystemExit("shared: the loss did not fall; look at the training loop")
    return state


def release(model: Trunk, state: State, data: Path, work: Path, out: Path) -> Manifest:
    """Weights, tokenizer and manifest in `out`."""
    figures = export(model, work / "arrays", work, out)
    sets = [dict(one) for one in tone.provenance(data)]
    named = {one["name"] for one in sets}
    for name, licence in sorted(HOSTILE.items()):
        path = data / name / "train.jsonl.gz"
        if name not in named and path.is_file():
            sets.append(tone.provenance_of(path, name, licence))
    manifest = Manifest(
        name="shared", version="1", licence="Apache-2.0",
        command="python -m training.shared_encoder DATA --work FOLDER",
        seed=SEED, files={"shared.onnx": "", "tokenizer.json": ""}, data=tuple(sets), metrics=figures,
        more={"heads": list(HEADS), "windows_seen": state.seen, "steps": state.step,
              "base": "all-MiniLM-L6-v2, Apache-2.0"},
    )  # fmt: skip
    save(out, manifest)
    measured = {**manifest.metrics, **hostile(Shared.load(out), data)}
    return save(out, Manifest(**{**asdict(manifest), "metrics": measured}))


def main() -> None:
    """Take the steps that were asked for."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("data", type=Path)
    ask.add_argument("--work", type=Path, help="folder for arrays and checkpoints")
    ask.add_argument("--out", type=Path, default=WEIGHTS)
    ask.add_argument("--minutes", type=float, default=45.0)
    ask.add_argument("--target", type=int, default=TARGET, help="windows to see")
    ask.add_argument("--threads", type=int, default=1)
    ask.add_argument("--only", nargs="+", choices=STEPS, default=STEPS)
    ask.add_argument("--toy", action="store_true")
    asked = ask.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(SEED)
    if asked.toy:
        toy(asked.data)
        return
    if asked.work is None:
        ask.error("--work FOLDER is needed, for arrays and checkpoints")
    arrays = asked.work / "arrays"
    if "prepare" in asked.only:
        prepare(asked.data, base(asked.work) / "tokenizer.json", arrays)
    texts, rows = Texts(arrays / "texts.npz"), json.loads((arrays / "rows.json").read_text(encoding="utf-8"))
    model = begun(base(asked.work), rows)
    if "train" in asked.only:
        train(model, texts, asked.work / "run", target=asked.target, minutes=asked.minutes, seed=SEED)
    if "export" in asked.only:
        saved = torch.load(asked.work / "run" / "last.pt", weights_only=True)
        model.load_state_dict(saved["model"])
        print(release(model, State(**saved["state"]), asked.data, asked.work, asked.out).metrics)


if __name__ == "__main__":
    main()
