"""Train the tagger of names and addresses: `python -m training.pii.tagger DATA [--minutes 30] [--toy] [--out DIR]`.

DATA is a folder with the sets that `SETS` names. Half of the material is ours: templates and made-up people, firms and
addresses of many countries. A first tagger, trained on them, finds people in news and articles; the sentences about
them are learned from by the second, which is kept. One core, seeded; about five minutes of processor time. With
`--work FOLDER` the sentences are kept there, and a run that was cut off goes on from them. `--toy` needs no DATA.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nutgraf import weights
from nutgraf.trust.pii.features import features
from nutgraf.trust.pii.tagger import FOLDER, Floats, Tagger
from training.pii import contexts, score, unseen
from training.pii.crf import Crf, batches
from training.pii.examples import Example, exchanged, joined, labelled, labels, made, named, plain, rows

SEED = 20261124
SETS = {
    "pii_presidio/train.jsonl.gz": "MIT",
    "skills_esco_extraction/train.jsonl.gz": "CC-BY-4.0",
    "articles_18f/train.jsonl.gz": "CC0-1.0",
    "articles_digitalgov/train.jsonl.gz": "CC0-1.0",
    "articles_rust_blog/train.jsonl.gz": "MIT OR Apache-2.0",
    "bump/train.jsonl.gz": "MIT",
    "jobs_emscad/train.jsonl.gz": "CC0-1.0",
    "onet/train.jsonl.gz": "CC-BY-4.0",
    "esco/occupations.jsonl.gz": "CC-BY-4.0",
    "courses_catalogue/train.jsonl.gz": "CC-BY-4.0",
    "ragtruth/train.jsonl.gz": "MIT",
    "intent_clinc150/train.jsonl.gz": "CC-BY-3.0",
}
Bytes = np.ndarray[Any, np.dtype[np.int8]]
#: Weights of so many of 127 steps, or less, are dropped, which makes the file smaller.
SMALL = 6
THRESHOLDS = {"person": 0.4, "address": 0.5}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of what is trained on, and how long; `drop` is the share of features left out at random."""

    made: int = 22_000
    plain: int = 9_000
    named: int = 4_000
    exchanged: int = 2
    capitals: int = 13_000
    bare: int = 3_000
    epochs: int = 5
    minutes: float = 30.0
    rate: float = 0.08
    decay: float = 2e-3
    drop: float = 0.15


TOY = Plan(made=400, plain=0, named=0, exchanged=0, epochs=3, minutes=0.5)
FIRST = Plan(made=14_000, named=5_000, exchanged=1, epochs=4)


def gathered(data: Path | None, plan: Plan, known: list[Example], real: list[Example] | None = None) -> list[Example]:
    """Everything that is trained on, in a seeded order; `real` are sentences of documents, with people and without."""
    pick = random.Random(SEED)
    found = [joined(one) for one in known]
    for _ in range(plan.exchanged):
        found += [exchanged(one, pick) for one in known]
    found += made(pick, plan.made)
    if data and plan.plain:
        found += plain(data, pick, plan.plain)
        found += named(data, pick, plan.named)
    if real:
        people, bare = [one for one in real if one.spans], [one for one in real if not one.spans]
        found += people + [exchanged(one, pick) for one in people]
        found += [one for one in bare if re.search(r". [A-Z][a-z]", one.text)][: plan.capitals] + bare[: plan.bare]
    found = [one for one in found if one.text.strip()]
    pick.shuffle(found)
    return found


def documents(data: Path, known: list[Example], work: Path | None = None) -> list[Example]:
    """Sentences about people in news and articles, found by a first tagger; kept in `work` and read from there."""
    kept = work / "sentences.jsonl" if work else None
    if kept and kept.exists():
        with kept.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        return [Example(row["text"], tuple(tuple(one) for one in row["spans"]), "") for row in rows]
    first, _ = train(gathered(data, FIRST, known), FIRST)
    found = contexts.harvested(data, tagger_of(first), random.Random(SEED), 30_000)
    print(f"{sum(bool(one.spans) for one in found)} sentences about people, {len(found)} in all", flush=True)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
        kept.write_text(text, encoding="utf-8")
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
    table[np.abs(table) <= SMALL] = 0
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
        {"name": name, "sha256": weights.sha256_of(data / name), "licence": licence, "rows": len(rows(data / name))}
        for name, licence in SETS.items()
    )
    weights.save(
        folder,
        weights.Manifest(
            name="pii-tagger", version="2", licence="MIT", command="python -m training.pii.tagger DATA", seed=SEED,
            files={"tagger.npz": ""}, data=sets, metrics=metrics, thresholds=THRESHOLDS,
        ),
    )  # fmt: skip


def measured(model: Crf, data: Path) -> dict[str, object]:
    """Recall and precision on dev, and on forms of our own that nothing is learned from."""
    find = tagger_of(model).find
    dev = score.counted(find, labelled(data / "pii_presidio/dev.jsonl.gz"))
    own = score.counted(find, unseen.forms())
    metrics: dict[str, object] = {}
    for kind in ("person", "address"):
        metrics[f"{kind} recall"], metrics[f"{kind} precision"] = score.rates(dev, kind)
        for which, name in enumerate(("recall", "precision")):
            value, low, high = score.interval(own, [kind], which)
            metrics[f"{kind} {name}, unseen forms of work"] = [value, low, high]
    return metrics


def main(words: list[str] | None = None) -> None:
    """Train, measure on dev, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--work", type=Path, help="folder for what a run that was cut off goes on from")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--toy", action="store_true", help="a minute at most, nothing written")
    chosen = parser.parse_args(words)
    if chosen.toy or chosen.data is None:
        _, losses = train(gathered(None, TOY, []), TOY)
        print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f}")
        if losses[-1] >= losses[0]:
            raise SystemExit("the loss did not fall")
        return
    known = labelled(chosen.data / "pii_presidio/train.jsonl.gz")
    real = documents(chosen.data, known, chosen.work)
    plan = Plan(minutes=chosen.minutes)
    model, _ = train(gathered(chosen.data, plan, known, real), plan)
    metrics = measured(model, chosen.data)
    save(model, chosen.out, chosen.data, metrics)
    print(metrics)


if __name__ == "__main__":
    main()
