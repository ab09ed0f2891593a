"""The training loop: seeded batches of a fixed mixture, checkpoints to go on from, a short look at development data."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from training.grounding_t1.measure import development
from training.grounding_t1.network import CrossEncoder, fresh

#: Share of each batch by part of the mixture.
MIXTURE = {
    "ragtruth": 0.41,
    "pairs": 0.24,
    "copies": 0.04,
    "summedits": 0.10,
    "bump": 0.05,
    "factcheck": 0.03,
    "begin": 0.05,
    "halueval": 0.06,
    "wice": 0.02,
}
BATCH, ENCODER_RATE, HEAD_RATE, POSITIVE_WEIGHT, CLIP = 32, 1.2e-4, 9.6e-4, 2.0, 1.0
POOL_BATCHES, WARM_STEPS, SAVE_SECONDS, LOOK_SECONDS = 24, 60, 300, 1080


class Arrays:
    """One part of the mixture, read from its .npz; windows are drawn without repeats until all have been seen."""

    def __init__(self, path: Path, seed: int) -> None:
        with np.load(path, allow_pickle=False) as file:
            self.ids, self.marks = file["ids"], file["marks"]
            self.lengths, self.starts, self.labels = file["lengths"], file["starts"], file["labels"]
            self.groups, self.pairs = file["groups"], file["pairs"]
        self.offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        self._rng = np.random.default_rng(seed)
        self._queue: list[int] = []
        self.paired = bool(len(self.pairs)) and self.pairs[0] >= 0

    def draw(self, count: int) -> list[int]:
        """Numbers of windows; both members of a pair come together."""
        while len(self._queue) < count:
            if self.paired:
                firsts = self._rng.permutation(len(self.lengths) // 2) * 2
                self._queue.extend(int(n) for first in firsts for n in (first, first + 1))
            else:
                self._queue.extend(int(n) for n in self._rng.permutation(len(self.lengths)))
        taken, self._queue = self._queue[:count], self._queue[count:]
        return taken


@dataclass
class Batch:
    """Tensors of one step; `pair` numbers are the same for the two members of a pair, -1 elsewhere."""

    ids: Tensor
    mask: Tensor
    segments: Tensor
    marks: Tensor
    labels: Tensor
    pair: Tensor


def collate(windows: list[tuple[Arrays, int]]) -> Batch:
    """Windows padded to the longest."""
    longest = max(int(a.lengths[i]) for a, i in windows)
    shape = (len(windows), longest)
    ids, mask, segments = (np.zeros(shape, np.int64) for _ in range(3))
    marks = np.full(shape, -1, np.int64)
    for row, (a, i) in enumerate(windows):
        n, start, place = int(a.lengths[i]), int(a.starts[i]), a.offsets[i]
        ids[row, :n] = a.ids[place : place + n]
        marks[row, :n] = a.marks[place : place + n]
        mask[row, :n] = 1
        segments[row, start : n - 1] = 1
    labels = np.array([a.labels[i] for a, i in windows], np.float32)
    pair = np.array([a.pairs[i] for a, i in windows], np.int64)
    return Batch(*(torch.from_numpy(x) for x in (ids, mask, segments, marks, labels, pair)))


def mixture(folder: Path, seed: int) -> dict[str, Arrays]:
    """The parts of the mixture that are there."""
    return {
        name: Arrays(folder / f"{name}.npz", seed + k)
        for k, name in enumerate(MIXTURE)
        if (folder / f"{name}.npz").exists()
    }


def batches(parts: dict[str, Arrays], rng: NDArray[Any] | np.random.Generator, count: int) -> list[Batch]:
    """`count` batches of the mixture, windows of like length together, in a random order."""
    total = sum(MIXTURE[name] for name in parts)
    windows: list[tuple[int, list[tuple[Arrays, int]]]] = []
    for name, part in parts.items():
        number = round(count * BATCH * MIXTURE[name] / total)
        drawn = part.draw(number + (number % 2 if part.paired else 0))
        step = 2 if part.paired else 1
        for at in range(0, len(drawn), step):
            group = [(part, i) for i in drawn[at : at + step]]
            windows.append((max(int(a.lengths[i]) for a, i in group), group))
    windows.sort(key=lambda one: one[0])
    flat = [window for _, group in windows for window in group]
    made = [flat[at : at + BATCH] for at in range(0, len(flat), BATCH)]
    assert isinstance(rng, np.random.Generator)
    rng.shuffle(made)  # type: ignore[arg-type]
    return [collate(one) for one in made if len(one) > 1]


def loss_of(model: CrossEncoder, batch: Batch) -> tuple[Tensor, Tensor]:
    """(whole loss, sentence part): sentence and token cross-entropy, and the two members of a pair told apart."""
    sentence, tokens = model(batch.ids, batch.mask, batch.segments)
    weight = torch.where(batch.labels > 0, POSITIVE_WEIGHT, 1.0)
    weight = torch.where(batch.pair >= 0, torch.ones_like(weight), weight)
    whole = (F.binary_cross_entropy_with_logits(sentence, batch.labels, reduction="none") * weight).mean()
    counted = batch.marks >= 0
    token = F.binary_cross_entropy_with_logits(
        tokens[counted], batch.marks[counted].float(), pos_weight=torch.tensor(POSITIVE_WEIGHT)
    )
    apart = torch.zeros(())
    bad = (batch.pair >= 0) & (batch.labels > 0)
    if bad.any():
        good = (batch.pair >= 0) & (batch.labels == 0)
        shared = [(i, j) for i in bad.nonzero()[:, 0] for j in good.nonzero()[:, 0] if batch.pair[i] == batch.pair[j]]
        if shared:
            i, j = torch.tensor([[int(a), int(b)] for a, b in shared]).T
            apart = F.softplus(1.0 - (sentence[i] - sentence[j])).sum() / len(sentence)
    return whole + 0.7 * token + 0.5 * apart, whole.detach()


@dataclass
class State:
    """Where training stands."""

    step: int = 0
    windows: int = 0
    seconds: float = 0.0
    decay_from: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)


def rate_at(state: State, target: int, warm_steps: int = WARM_STEPS) -> float:
    """Share of the full learning rate: a short warm-up, constant, then linear to zero from `decay_from` on."""
    warm = min(1.0, (state.step + 1) / warm_steps)
    if state.windows <= state.decay_from:
        return warm
    return warm * max(0.0, (target - state.windows) / max(1, target - state.decay_from))


def train(
    folder: Path,
    base: Path | None,
    out: Path,
    *,
    target: int,
    minutes: float,
    seed: int,
    look: bool = True,
    warm_steps: int = WARM_STEPS,
) -> State:
    """Train until `target` windows or `minutes` of running time; goes on from `out/last.pt` when it is there.

    A file `decay` in `out` starts the decay at once, so that it ends after half as many windows as were seen. A file
    `target` there holds a new number of windows.
    """
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    (out / "pid").write_text(str(os.getpid()))
    model = fresh(base, json.loads((folder / "rows.json").read_text(encoding="utf-8")))
    optimiser = _optimiser(model)
    state = _resumed(model, optimiser, out) or State(decay_from=target // 2)
    rng = np.random.default_rng(seed + state.step)
    parts = mixture(folder, seed + state.step)
    began, before, saved_at, looked_at = time.monotonic(), state.seconds, time.monotonic(), time.monotonic()
    running: list[float] = []
    while state.windows < target and state.seconds < 60 * minutes:
        for batch in batches(parts, rng, POOL_BATCHES):
            share = rate_at(state, target, warm_steps)
            running.append(_step(model, optimiser, batch, share))
            state.step, state.windows = state.step + 1, state.windows + len(batch.labels)
            state.seconds = before + time.monotonic() - began
            if state.step % 20 == 0:
                print(
                    f"step {state.step} windows {state.windows} loss {np.mean(running[-100:]):.3f} rate {share:.2f} "
                    f"{len(running) * BATCH / (state.seconds - before + 1e-9):.1f}/s {state.seconds / 60:.1f} min",
                    flush=True,
                )
            if state.windows >= target or state.seconds >= 60 * minutes:
                break
        target = _asked(out, state, target)
        if time.monotonic() - looked_at > LOOK_SECONDS and look:
            _look(model, folder, state, float(np.mean(running[-200:])))
            looked_at = time.monotonic()
        if time.monotonic() - saved_at > SAVE_SECONDS:
            _save(model, optimiser, state, out)
            saved_at = time.monotonic()
    if look:
        _look(model, folder, state, float(np.mean(running[-200:] or [0.0])))
    if not state.curve and running:
        part = max(1, len(running) // 4)
        first, last = float(np.mean(running[:part])), float(np.mean(running[-part:]))
        state.curve = [{"windows": state.windows, "loss_first": first, "loss": last}]
    _save(model, optimiser, state, out)
    return state


def _optimiser(model: CrossEncoder) -> torch.optim.Optimizer:
    """AdamW with a rate for the encoder and a higher one for the heads, in this order."""
    named = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    heads = [value for name, value in named if "head" in name or name == "from_tokens"]
    body = [value for name, value in named if not ("head" in name or name == "from_tokens")]
    return torch.optim.AdamW(
        [{"params": body, "lr": ENCODER_RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01
    )


def _resumed(model: CrossEncoder, optimiser: torch.optim.Optimizer, out: Path) -> State | None:
    """The state of the last checkpoint, put into model and optimiser; None when there is none."""
    if not (out / "last.pt").exists():
        return None
    saved = torch.load(out / "last.pt", weights_only=True)
    model.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    return State(**saved["state"])


def _step(model: CrossEncoder, optimiser: torch.optim.Optimizer, batch: Batch, share: float) -> float:
    """One step at `share` of the full rates; gives the sentence loss."""
    for group, full in zip(optimiser.param_groups, (ENCODER_RATE, HEAD_RATE), strict=True):
        group["lr"] = full * share
    with torch.autocast("cpu", torch.bfloat16):
        loss, sentence_loss = loss_of(model, batch)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], CLIP)
    optimiser.step()
    return float(sentence_loss)


def _asked(out: Path, state: State, target: int) -> int:
    if (out / "target").exists():
        target = int((out / "target").read_text())
    if (out / "decay").exists():
        (out / "decay").unlink()
        state.decay_from = state.windows
        target = int(state.windows * 1.5)
        (out / "target").write_text(str(target))
    return target


def _look(model: CrossEncoder, folder: Path, state: State, loss: float) -> None:
    model.eval()
    found = {"windows": float(state.windows), "loss": loss, **development(model, folder)}
    model.train()
    state.curve.append(found)
    print("look " + json.dumps({k: round(v, 3) for k, v in found.items()}), flush=True)


def _save(model: CrossEncoder, optimiser: torch.optim.Optimizer, state: State, out: Path) -> None:
    whole = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "state": vars(state)}
    torch.save(whole, out / "part.pt")
    (out / "part.pt").replace(out / "last.pt")
