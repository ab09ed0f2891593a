"""Writes the trained network as int8 ONNX and checks it against the network it came from."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from nutgraf.trust.shared.encoder import HEADS
from nutgraf.weights import network
from training.shared_encoder.network import Trunk
from training.shared_encoder.train import Texts


class OneText(nn.Module):
    """The network without a mask: every token of the window is there."""

    def __init__(self, model: Trunk) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        """(1, length) numbers -> (1, heads) logits."""
        found: Tensor = self.model(ids, torch.ones_like(ids))
        return found


def export(model: Trunk, arrays: Path, work: Path, out: Path) -> dict[str, float]:
    """Write `out/shared.onnx` (int8) and `out/tokenizer.json`; gives agreement with float32 and milliseconds."""
    logging.disable(logging.WARNING)
    out.mkdir(parents=True, exist_ok=True)
    whole = work / "shared_float.onnx"
    torch.onnx.export(
        OneText(model.eval()), (torch.ones((1, 24), dtype=torch.int64),), str(whole), dynamo=False, opset_version=17,
        input_names=["ids"], output_names=["logits"], dynamic_axes={"ids": {1: "length"}},
    )  # fmt: skip
    quantize_dynamic(str(whole), str(out / "shared.onnx"), per_channel=True, weight_type=QuantType.QInt8)
    (out / "tokenizer.json").write_bytes((arrays / "tokenizer.json").read_bytes())
    return checked(model, out / "shared.onnx", Texts(arrays / "texts.npz"))


def checked(model: Trunk, path: Path, texts: Texts, count: int = 240) -> dict[str, float]:
    """Least correlation over the heads between int8 and float32, and CPU milliseconds of a window."""
    session = network(path)
    mine, theirs, spent = [], [], []
    for number in _spread(len(texts.lengths), count):
        ids = texts.ids(number)[None]
        began = time.thread_time()
        theirs.append(session.run(["logits"], {"ids": ids})[0][0])
        spent.append(1000 * (time.thread_time() - began))
        with torch.no_grad():
            one = torch.from_numpy(ids)
            mine.append(model(one, torch.ones_like(one))[0].numpy())
    a, b = np.stack(mine), np.stack(theirs)
    return {
        "correlation_least": float(min(np.corrcoef(a[:, h], b[:, h])[0, 1] for h in range(len(HEADS)))),
        "ms_median": float(np.median(spent)), "ms_p95": float(np.percentile(spent, 95)),
        "megabytes": path.stat().st_size / 1e6,
    }  # fmt: skip


def _spread(whole: int, count: int) -> Sequence[int]:
    return range(0, whole, max(1, whole // count))
