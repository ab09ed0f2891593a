"""The training loop: seeded passes over the windows, checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from training.shared_encoder.network import FROZEN, LAYERS, Trunk

BATCH, ENCODER_RATE, HEAD_RATE, CLIP, SMOOTH = 32, 1.0e-4, 8e-4, 1.0, 0.02
WARM_STEPS, SAVE_SECONDS, POOL = 50, 240, 640


class Texts:
    """The prepared windows."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            self.flat, self.lengths = file["flat"], file["lengths"].astype(np.int64)
            self.target, self.weight = file["target"].astype(np.float32), file["weight"]
            self.passes, self.sources, self.groups = file["passes"], file["sources"], file["groups"]
        self.offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        positive, negative = (self.weight * side for side in (self.target, 1 - self.target))
        often = self.passes[:, None]
        factor = np.clip((negative * often).sum(0) / (4 * np.maximum((positive * often).sum(0), 1e-6)), 0.3, 8.0)
        self.weight = self.weight * np.where(self.target > 0.5, factor, 1.0).astype(np.float32)

    def ids(self, number: int) -> NDArray[np.int64]:
        """Token numbers of a window."""
        return np.asarray(self.flat[self.offsets[number] : self.offsets[number + 1]], np.int64)

    def passing(self, rng: np.random.Generator) -> list[list[int]]:
        """One pass in a new order: groups of one window, or the two members of a pair of ours."""
        own = self.sources == "own"
        times = np.floor(self.passes + rng.random(len(self.passes))).astype(int)
        found = [[int(i)] for i in np.flatnonzero(~own) for _ in range(times[i])]
        mine = np.flatnonzero(own)
        pairs = [[int(i), int(j)] for i, j in pairwise(mine) if self._pair(int(i), int(j))]
        found += [pair for pair in pairs for _ in range(times[pair[0]])]
        return [found[i] for i in rng.permutation(len(found))]

    def _pair(self, i: int, j: int) -> bool:
        return bool(
            j == i + 1 and self.groups[i] == self.groups[j] and self.target[i].any() and not self.target[j].any()
        )


@dataclass
class State:
    """Where training stands."""

    step: int = 0
    seen: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)


def padded(windows: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """(ids, mask) of windows, padded to the longest."""
    longest = max(len(window) for window in windows)
    ids, mask = np.zeros((len(windows), longest), np.int64), np.zeros((len(windows), longest), np.int64)
    for row, found in enumerate(windows):
        ids[row, : len(found)], mask[row, : len(found)] = found, 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def loss_of(model: Trunk, texts: Texts, groups: list[list[int]]) -> Tensor:
    """Cross-entropy of what is known, and the two members of a pair told apart."""
    numbers = [i for group in groups for i in group]
    logits = model(*padded([texts.ids(i) for i in numbers]))
    target, weight = (torch.from_numpy(side[numbers]) for side in (texts.target, texts.weight))
    soft = target * (1 - 2 * SMOOTH) + SMOOTH
    whole = (F.binary_cross_entropy_with_logits(logits, soft, reduction="none") * weight).sum() / len(numbers)
    apart, row = torch.zeros(()), 0
    for group in groups:
        if len(group) == 2:
            label = (target[row] * weight[row]).argmax()
            apart = apart + F.softplus(2.0 - (logits[row] - logits[row + 1])[[int(label), -1]]).sum()
        row += len(group)
    return whole + 0.3 * apart / len(numbers)


def batches(texts: Texts, rng: np.random.Generator) -> Iterator[list[list[int]]]:
    """Batches of one pass, windows of like length together."""
    order = texts.passing(rng)
    for at in range(0, len(order), POOL):
        pool = sorted(order[at : at + POOL], key=lambda group: max(int(texts.lengths[i]) for i in group))
        parts: list[list[list[int]]] = [[]]
        for group in pool:
            if sum(map(len, parts[-1])) >= BATCH:
                parts.append([])
            parts[-1].append(group)
        yield from (parts[int(i)] for i in rng.permutation(len(parts)))


def rate_at(state: State, target: int) -> float:
    """Share of the full rate: a short warm-up, constant for half of the run, then linear to nothing."""
    warm = min(1.0, (state.step + 1) / WARM_STEPS)
    return warm * min(1.0, max(0.02, 2.0 * (1 - state.seen / target)))


def train(model: Trunk, texts: Texts, out: Path, *, target: int, minutes: float, seed: int) -> State:
    """Train until `target` windows or `minutes` were used; goes on from `out/last.pt` when it is there.

    A file `out/target` holds a new number of windows, read at every checkpoint.
    """
    out.mkdir(parents=True, exist_ok=True)
    heads = list(model.head.parameters())
    body = [p for n, p in model.named_parameters() if p.requires_grad and not n.startswith("head")]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": ENCODER_RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01
    )
    state = State()
    if (out / "last.pt").exists():
        saved = torch.load(out / "last.pt", weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        state = State(**saved["state"])
    rng = np.random.default_rng(seed + state.step)
    began, before, saved_at = time.monotonic(), state.seconds, time.monotonic()
    print(f"shared: {LAYERS} layers, {FROZEN} frozen, from step {state.step}", flush=True)
    while state.seen < target and state.seconds < 60 * minutes:
        for groups in batches(texts, rng):
            share = rate_at(state, target)
            for part, full in zip(optimiser.param_groups, (ENCODER_RATE, HEAD_RATE), strict=True):
                part["lr"] = full * share
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(model, texts, groups)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([*body, *heads], CLIP)
            optimiser.step()
            state.step, state.seen = state.step + 1, state.seen + sum(map(len, groups))
            state.losses.append(round(float(loss.detach()), 4))
            state.seconds = before + time.monotonic() - began
            if state.step % 25 == 0:
                print(
                    f"step {state.step} windows {state.seen} loss {np.mean(state.losses[-50:]):.3f} rate {share:.2f} "
                    f"{state.seen / state.seconds:.1f}/s {state.seconds / 60:.1f} min", flush=True,
                )  # fmt: skip
            if time.monotonic() - saved_at > SAVE_SECONDS:
                _save(model, optimiser, state, out)
                saved_at = time.monotonic()
                if (out / "target").exists():
                    target = int((out / "target").read_text())
            if state.seen >= target or state.seconds >= 60 * minutes:
                break
    _save(model, optimiser, state, out)
    return state


def _save(model: Trunk, optimiser: torch.optim.Optimizer, state: State, out: Path) -> None:
    whole = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "state": vars(state)}
    torch.save(whole, out / "part.pt")
    (out / "part.pt").replace(out / "last.pt")
