"""Train the tagger of names and addresses: `python -m training.pii.tagger DATA [--minutes 8] [--toy] [--out DIR]`.

DATA is a folder with pii_presidio, skills_esco_extraction, onet, esco, courses_catalogue and intent_clinc150. Half of
the material is ours: templates and made-up people, firms and addresses of many countries. One core, seeded.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nutgraf import weights
from nutgraf.trust.pii.features import features
from nutgraf.trust.pii.tagger import FOLDER, Floats, Tagger
from training.pii import score
from training.pii.crf import Crf, batches
from training.pii.examples import Example, exchanged, joined, labelled, labels, made, named, plain

SEED = 20261124
SETS = {
    "pii_presidio/train.jsonl.gz": "MIT",
    "skills_esco_extraction/train.jsonl.gz": "CC-BY-4.0",
    "articles_18f/train.jsonl.gz": "CC0-1.0",
    "articles_digitalgov/train.jsonl.gz": "CC0-1.0",
    "jobs_emscad/train.jsonl.gz": "CC0-1.0",
    "onet/train.jsonl.gz": "CC-BY-4.0",
    "esco/occupations.jsonl.gz": "CC-BY-4.0",
    "courses_catalogue/train.jsonl.gz": "CC-BY-4.0",
    "ragtruth/train.jsonl.gz": "MIT",
    "intent_clinc150/train.jsonl.gz": "CC-BY-3.0",
}
Bytes = np.ndarray[Any, np.dtype[np.int8]]
THRESHOLDS = {"person": 0.4, "address": 0.5}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of what is trained on, and how long; `drop` is the share of features left out at random."""

    made: int = 22_000
    plain: int = 12_000
    named: int = 8_000
    exchanged: int = 2
    epochs: int = 6
    minutes: float = 8.0
    rate: float = 0.08
    decay: float = 2e-3
    drop: float = 0.15


TOY = Plan(made=400, plain=0, named=0, exchanged=0, epochs=3, minutes=0.5)


def gathered(data: Path | None, plan: Plan, known: list[Example]) -> list[Example]:
    """Everything that is trained on, in a seeded order."""
    pick = random.Random(SEED)
    found = [joined(one) for one in known]
    for _ in range(plan.exchanged):
        found += [exchanged(one, pick) for one in known]
    found += made(pick, plan.made)
    if data and plan.plain:
        found += plain(data, pick, plan.plain)
        found += named(data, pick, plan.named)
    found = [one for one in found if one.text.strip()]
    pick.shuffle(found)
    return found


def train(found: list[Example], plan: Plan, *, quiet: bool = False) -> tuple[Crf, list[float]]:
    """A field trained on examples, and the loss of each pass through them."""
    chance = np.random.default_rng(SEED)
    cut = [labels(one) for one in found]
    keep = [i for i, (places, _) in enumerate(cut) if 0 < len(places) <= 160]
    rows = [features(found[i].text, cut[i][0]) for i in keep]
    gold = [cut[i][1] for i in keep]
    model, losses, end = Crf(), [], time.monotonic() + plan.minutes * 60
    for epoch in range(plan.epochs):
        total, count = 0.0, 0
        rate = plan.rate * (1 - epoch / plan.epochs)
        for batch in batches(rows, gold, chance.permutation(len(rows)), 32, plan.drop, chance):
            total += model.step(*batch, rate, plan.decay)
            count += 1
            if time.monotonic() > end:
                break
        losses.append(total / max(count, 1))
        if not quiet:
            print(f"pass {epoch + 1}/{plan.epochs}: loss {losses[-1]:.4f}, {len(rows)} texts", flush=True)
        if time.monotonic() > end:
            break
    return model, losses


def packed(model: Crf) -> tuple[Bytes, Floats]:
    """The table as bytes, with one scale for each label; what is next to nothing becomes nothing."""
    scale = (np.quantile(np.abs(model.table), 0.9999, axis=0) / 127).astype(np.float32)
    table = np.clip(np.round(model.table / scale), -127, 127).astype(np.int8)
    return table, scale


def tagger_of(model: Crf) -> Tagger:
    """The tagger that the shipped weights give."""
    table, scale = packed(model)
    return Tagger(table.astype(np.float32) * scale, model.moves, model.first, THRESHOLDS)


def save(model: Crf, folder: Path, data: Path, metrics: dict[str, object]) -> None:
    """Write weights and manifest to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    table, scale = packed(model)
    np.savez_compressed(folder / "tagger.npz", table=table, scale=scale, moves=model.moves, first=model.first)
    sets = tuple(
        {"name": name, "sha256": weights.sha256_of(data / name), "licence": licence} for name, licence in SETS.items()
    )
    weights.save(
        folder,
        weights.Manifest(
            name="pii-tagger", version="1", licence="MIT", command="python -m training.pii.tagger DATA", seed=SEED,
            files={"tagger.npz": ""}, data=sets, metrics=metrics, thresholds=THRESHOLDS,
        ),
    )  # fmt: skip


def main() -> None:
    """Train, measure on dev, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--toy", action="store_true", help="a minute at most, nothing written")
    chosen = parser.parse_args()
    plan = TOY if chosen.toy else Plan(minutes=chosen.minutes)
    known = [] if chosen.toy else labelled(chosen.data / "pii_presidio/train.jsonl.gz")
    model, losses = train(gathered(None if chosen.toy else chosen.data, plan, known), plan)
    if chosen.toy:
        print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f}")
        return
    dev = score.counted(tagger_of(model).find, labelled(chosen.data / "pii_presidio/dev.jsonl.gz"))
    metrics: dict[str, object] = {}
    for kind in ("person", "address"):
        metrics[f"{kind} recall"], metrics[f"{kind} precision"] = score.rates(dev, kind)
    save(model, chosen.out, chosen.data, metrics)
    print(metrics)


if __name__ == "__main__":
    main()
