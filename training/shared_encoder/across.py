"""What tone gets right in domains it never learned from: `python -m training.shared_encoder.across DATA --work FOLDER`.

Network and n-grams are trained anew on our own texts, HateCheck and harmless texts alone, then judge sets of four
domains none of which they have seen: social comments, tweets, openings that invite worse, and requests. The network
sees a quarter of the windows that the shipped one saw. Writes `FOLDER/across.json`, which `training.tone --across` puts
into the manifest. About five minutes on one quiet core; goes on from its last checkpoint. Needs
requirements/training.txt.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nutgraf.trust.shared.encoder import HEADS, WEIGHTS
from nutgraf.trust.tone.detector import LABELS
from training.grounding_t1.__main__ import base
from training.grounding_t1.prepare import read_base
from training.shared_encoder.data import arrays, windows
from training.shared_encoder.network import Trunk, begun
from training.shared_encoder.train import Texts, padded, train
from training.tone import across, ngram
from training.tone.data import training

TARGET, SEED, EPOCHS = 14_000, 17, 5
#: How often a text of a source is seen in one pass; of professional sources, which are long, few.
PASSES = {"own": 0.7, "own_fair": 2.0, "own_comments": 2.0, "hatecheck": 1.5, "clinc": 0.4}
OTHERS = 0.12


def rows_of(tokenizer: Path, whole: Path) -> list[int]:
    """The rows of the published word table that the pieces of a cut tokenizer have."""
    numbers = read_base(whole)["model"]["vocab"]
    pieces: dict[str, int] = read_base(tokenizer)["model"]["vocab"]
    return [numbers[piece] for piece in sorted(pieces, key=pieces.__getitem__)]


def judged(model: Trunk, reader: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    """The network's logits of tone's labels (texts x labels): of each text the largest over its windows."""
    first, last = reader.token_to_id("[CLS]"), reader.token_to_id("[SEP]")
    parts = [windows(reader.encode(text[:4000], add_special_tokens=False).ids, first, last) for text in texts]
    owner = np.array([number for number, some in enumerate(parts) for _ in some])
    flat = [window for some in parts for window in some]
    order = sorted(range(len(flat)), key=lambda i: len(flat[i]))
    out = np.full((len(texts), len(LABELS)), -np.inf, np.float32)
    columns = [HEADS.index(label) for label in LABELS]
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(order), 32):
            some = order[at : at + 32]
            found = model(*padded([flat[i] for i in some])).numpy()[:, columns]
            np.maximum.at(out, owner[some], found)
    return out


def main() -> None:
    """Train both models, judge every domain, write what came out."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("data", type=Path)
    ask.add_argument("--work", type=Path, required=True, help="folder for checkpoints and the result")
    ask.add_argument("--minutes", type=float, default=40.0)
    ask.add_argument("--target", type=int, default=TARGET, help="windows to see")
    asked = ask.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    data, work = asked.data, asked.work
    samples = training(data, without=across.SOURCES)
    reader = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))
    arrays([(one, PASSES.get(one.source, OTHERS)) for one in samples], reader, work / "across")
    texts = Texts(work / "across" / "texts.npz")
    model = begun(base(work), rows_of(WEIGHTS / "tokenizer.json", base(work) / "tokenizer.json"))
    train(model, texts, work / "across", target=asked.target, minutes=asked.minutes, seed=SEED)
    grams, _ = ngram.fit(ngram.matrix(samples), epochs=EPOCHS, seed=SEED)
    found = {}
    for name, domain in across.domains(data).items():
        shown = [text for text, _ in domain]
        found[name] = (judged(model, reader, shown), ngram.logits(grams, shown), np.array([bad for _, bad in domain]))
    parts = {f"{name} {at}": part for name, some in found.items() for at, part in enumerate(some)}
    np.savez(work / "across" / "judged.npz", **parts)
    figures = across.figures(found)
    (work / "across.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, value in figures.items():
        print(f"{name:70s} {value}", flush=True)


if __name__ == "__main__":
    main()
