"""The network: the layers of a MiniLM, one vector a text, one logit a label."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from nutgraf.trust.shared.encoder import HEADS, TOKENS
from training.grounding_t1.network import EPSILON, WIDTH, Layer, fresh

LAYERS = 6
#: So many of the lowest layers stay as they are.
FROZEN = 1


class Trunk(nn.Module):
    """Token numbers in, a logit for each of HEADS out. Word and position vectors are frozen."""

    def __init__(self, pieces: int, layers: int = LAYERS) -> None:
        super().__init__()
        self.words = nn.Embedding(pieces, WIDTH)
        self.positions = nn.Embedding(TOKENS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.head = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, len(HEADS)))
        for part in (self.words, self.positions, self.norm, *self.layers[:FROZEN]):
            part.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids, mask (1 = there), both (batch, length) -> logits (batch, heads)."""
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        there = mask.to(x.dtype)
        penalty = ((1.0 - there) * -1e4)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, penalty)
        mean = (x * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        found: Tensor = self.head(torch.cat([mean, x[:, 0]], dim=-1)).float()
        return found


def begun(base: Path | None, rows: list[int]) -> Trunk:
    """A trunk with the published encoder's weights, its word table cut to `rows`; random without `base`."""
    trunk = Trunk(len(rows))
    if base is not None:
        whole = fresh(base, rows)
        trunk.words.weight.data.copy_(whole.words.weight)
        # Every text is one segment, so that vector is added to the positions once and for all.
        trunk.positions.weight.data.copy_(whole.positions.weight[:TOKENS] + whole.segments.weight[0])
        trunk.norm.load_state_dict(whole.norm.state_dict())
        for mine, theirs in zip(trunk.layers, whole.layers, strict=False):
            mine.load_state_dict(theirs.state_dict())
    nn.init.constant_(trunk.head[2].bias, -2.0)  # type: ignore[arg-type]
    return trunk
