"""Writes the trained network as int8 ONNX and checks it against the network it came from."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from nutgraf.weights import network
from training.grounding_t1.network import CrossEncoder
from training.grounding_t1.train import Arrays


class OneText(nn.Module):
    """The network without a mask: every token of the window is there."""

    def __init__(self, model: CrossEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
        """(1, length) numbers and sides -> sentence logit (1,), token logits (1, length)."""
        sentence, tokens = self.model(ids, torch.ones_like(ids), segments)
        return sentence, tokens


def load_trained(path: Path, rows: int) -> CrossEncoder:
    """The network of a checkpoint, ready to judge."""
    model = CrossEncoder(rows)
    model.load_state_dict(torch.load(path, weights_only=True)["model"])
    return model.eval()


def export(checkpoint: Path, folder: Path, out: Path) -> dict[str, float]:
    """Write `out/cross.onnx` (int8) and `out/tokenizer.json`; gives agreement with float32 and milliseconds."""
    logging.disable(logging.WARNING)
    out.mkdir(parents=True, exist_ok=True)
    rows = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    model = load_trained(checkpoint, len(rows))
    ids, segments = torch.ones((1, 24), dtype=torch.int64), torch.zeros((1, 24), dtype=torch.int64)
    segments[:, 12:23] = 1
    whole = checkpoint.parent / "cross_float.onnx"
    torch.onnx.export(
        OneText(model),
        (ids, segments),
        str(whole),
        dynamo=False,
        opset_version=17,
        input_names=["ids", "segments"],
        output_names=["sentence", "tokens"],
        dynamic_axes={"ids": {1: "length"}, "segments": {1: "length"}, "tokens": {1: "length"}},
    )
    quantize_dynamic(str(whole), str(out / "cross.onnx"), per_channel=True, weight_type=QuantType.QInt8)
    (out / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    checked = _checked(model, out / "cross.onnx", folder / "dev.npz")
    (folder.parent / "export.json").write_text(json.dumps(checked), encoding="utf-8")
    return checked


def _checked(model: CrossEncoder, path: Path, dev: Path) -> dict[str, float]:
    """Pearson correlation of sentence logits with float32 over 300 windows; median and 95th percentile of CPU time."""
    arrays, session = Arrays(dev, 0), network(path)
    step = max(1, len(arrays.lengths) // 300)
    mine, theirs, spent = [], [], []
    for i in range(0, len(arrays.lengths), step):
        n, start, place = int(arrays.lengths[i]), int(arrays.starts[i]), arrays.offsets[i]
        ids = arrays.ids[place : place + n].astype(np.int64)[None]
        segments = np.zeros_like(ids)
        segments[0, start : n - 1] = 1
        began = time.thread_time()
        theirs.append(float(session.run(["sentence"], {"ids": ids, "segments": segments})[0][0]))
        spent.append(1000 * (time.thread_time() - began))
        with torch.no_grad():
            side = torch.from_numpy(segments)
            mine.append(float(model(torch.from_numpy(ids), torch.ones_like(side), side)[0][0]))
    return {
        "correlation": float(np.corrcoef(mine, theirs)[0, 1]),
        "ms_median": float(np.median(spent)),
        "ms_p95": float(np.percentile(spent, 95)),
        "megabytes": path.stat().st_size / 1e6,
    }
