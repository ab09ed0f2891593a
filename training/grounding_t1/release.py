"""Writes what is released beside the network: the joined tiers, the manifest and the card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from nutgraf import weights
from nutgraf.trust.grounding.cross import MODEL, TOKENIZER, CrossReader
from nutgraf.trust.grounding.detector import PLAIN, WEIGHTS, Grounding
from nutgraf.trust.grounding.t0 import FirstTier
from training.grounding_t1.fit import NAME, collect, join, load_rows, responses, save_rows

VERSION, LICENCE = "2", "Apache-2.0"
COMMAND = "python -m training.grounding_t1 DATA --work FOLDER"
#: What was learned from, with its licence. Texts are not part of the weights' files.
DATA = {
    "ragtruth/train": "MIT",
    "wice/tokens_train": "CC-BY-SA-4.0, ODC-BY-1.0",
    "summedits/train": "Apache-2.0",
    "bump/train": "MIT",
    "factcheck_gpt/train": "Apache-2.0",
    "begin/train": "CC-BY-4.0, CDLA-Sharing-1.0",
    "halueval/grounded_train": "MIT",
    "articles_18f/train": "CC0-1.0",
    "articles_digitalgov/train": "CC0-1.0",
    "articles_rust_blog/train": "MIT OR Apache-2.0",
    "articles_opensource_guide/train": "CC-BY-4.0",
    "courses_lessons/train": "CC-BY-4.0, MIT, CC0-1.0",
    "jobs_emscad/train": "CC0-1.0",
    "jobs_usgov_tts/train": "CC0-1.0",
    "profiles_jsonresume/train": "MIT, CC-BY-4.0",
}


def release(data: Path, work: Path, out: Path, *, seed: int) -> weights.Manifest:
    """Fit the stack on development rows (kept in `work/rows.jsonl`) and write the manifest into `out`."""
    rows_file = work / "rows.jsonl"
    if not rows_file.exists():
        grounding = Grounding(FirstTier.load(WEIGHTS / "t0"), CrossReader.load(out), PLAIN, "")
        save_rows(list(collect(grounding, responses(data, short=False))), rows_file)
    joined = join(load_rows(rows_file))
    run = work / "t1" / "last.pt"
    state = torch.load(run, weights_only=True)["state"] if run.exists() else {}
    checked = json.loads((work / "export.json").read_text()) if (work / "export.json").exists() else {}
    manifest = weights.save(
        out,
        weights.Manifest(
            name=NAME,
            version=VERSION,
            licence=LICENCE,
            command=COMMAND,
            seed=seed,
            files={MODEL: "", TOKENIZER: ""},
            data=tuple(_data(data)),
            metrics={"export": checked, "windows": state.get("windows", 0), "curve": state.get("curve", [])},
            thresholds=joined["thresholds"],
            calibration=joined["calibration"],
            more={"sums": joined["sums"], "base": "all-MiniLM-L6-v2 (Apache-2.0)"},
        ),
    )
    print(f"grounding: {manifest.id} {json.dumps(joined['thresholds'])}", flush=True)
    return manifest


def _data(data: Path) -> list[dict[str, Any]]:
    found = []
    for name, licence in DATA.items():
        path = data / f"{name}.jsonl.gz"
        if path.exists():
            found.append({"name": name, "sha256": weights.sha256_of(path), "licence": licence})
    return found
