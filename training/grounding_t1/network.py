"""The cross-encoder: a MiniLM over `[CLS] evidence [SEP] sentence [SEP]` with heads for tokens and sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

LAYERS, WIDTH, HEADS, WIDE, EPSILON, POSITIONS = 6, 384, 12, 1536, 1e-12, 256


class Layer(nn.Module):
    """One transformer layer as BERT has it."""

    def __init__(self) -> None:
        super().__init__()
        self.joined = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.widen = nn.Linear(WIDTH, WIDE)
        self.narrow = nn.Linear(WIDE, WIDTH)
        self.norm_out = nn.LayerNorm(WIDTH, EPSILON)

    def forward(self, x: Tensor, penalty: Tensor) -> Tensor:
        """(batch, length, width) -> the same; `penalty` (batch, 1, 1, length) is 0 or very negative."""
        batch, length, _ = x.shape
        q, k, v = (
            part.reshape(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.joined(x).chunk(3, dim=-1)
        )
        if torch.onnx.is_in_onnx_export():
            weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS) + penalty, dim=-1)
            mixed = weights @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=penalty.to(q.dtype))
        x = self.norm(x + self.out(mixed.transpose(1, 2).reshape(batch, length, WIDTH)))
        return self.norm_out(x + self.narrow(F.gelu(self.widen(x))))


class CrossEncoder(nn.Module):
    """Evidence and sentence in, two kinds of logits out. Word and position vectors are frozen."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.words = nn.Embedding(pieces, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.token_head = nn.Linear(WIDTH, 1)
        self.sentence_head = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, 1))
        self.from_tokens = nn.Parameter(torch.tensor(0.5))
        self.words.weight.requires_grad_(False)
        self.positions.weight.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
        """ids, mask (1 = there), segments (1 = sentence), all (batch, length) -> sentence (batch,), tokens as ids."""
        length = ids.shape[1]
        x = self.words(ids) + self.positions.weight[:length] + self.segments(segments)
        x = self.norm(x)
        penalty = ((1.0 - mask.to(x.dtype)) * -1e4)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, penalty)
        own = (segments * mask).to(x.dtype)
        tokens = self.token_head(x)[..., 0].float()
        mean = (x * own[..., None]).sum(1) / own.sum(1, keepdim=True).clamp(min=1)
        whole = self.sentence_head(torch.cat([mean, x[:, 0]], dim=-1))[..., 0].float()
        most = torch.logsumexp(tokens + (own.float() - 1.0) * 1e4, dim=1)
        return whole + self.from_tokens * most, tokens


def fresh(base: Path | None, rows: list[int]) -> CrossEncoder:
    """A cross-encoder with the published encoder's weights, its word table cut to `rows`, and new heads.

    Without `base` all weights are random, which is enough to try the loop.
    """
    if base is None:
        return CrossEncoder(len(rows))
    weights = load_file(str(base / "model.safetensors"))
    model = CrossEncoder(len(rows))
    state: dict[str, Any] = model.state_dict()
    state["words.weight"] = weights["embeddings.word_embeddings.weight"][torch.tensor(rows)]
    state["positions.weight"] = weights["embeddings.position_embeddings.weight"][:POSITIONS]
    state["segments.weight"] = weights["embeddings.token_type_embeddings.weight"]
    for part in ("weight", "bias"):
        state[f"norm.{part}"] = weights[f"embeddings.LayerNorm.{part}"]
        for number in range(LAYERS):
            state.update(_layer(weights, number, part))
    model.load_state_dict(state)
    nn.init.zeros_(model.token_head.bias)
    return model


def _layer(weights: Mapping[str, Tensor], number: int, part: str) -> dict[str, Tensor]:
    old, new = f"encoder.layer.{number}", f"layers.{number}"
    joined = [weights[f"{old}.attention.self.{name}.{part}"] for name in ("query", "key", "value")]
    return {
        f"{new}.joined.{part}": torch.cat(joined),
        f"{new}.out.{part}": weights[f"{old}.attention.output.dense.{part}"],
        f"{new}.norm.{part}": weights[f"{old}.attention.output.LayerNorm.{part}"],
        f"{new}.widen.{part}": weights[f"{old}.intermediate.dense.{part}"],
        f"{new}.narrow.{part}": weights[f"{old}.output.dense.{part}"],
        f"{new}.norm_out.{part}": weights[f"{old}.output.LayerNorm.{part}"],
    }
