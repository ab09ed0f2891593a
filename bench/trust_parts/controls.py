"""Controls: with shuffled labels, and with the detector off, every figure must fall to chance."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.errors import MissingPart
from nutgraf.trust.desk import Desk
from training.member.claims import claims
from training.member.persons import people
from training.member.train import auc

Figure = tuple[float, float, float]
_SHUFFLES = 200
SEED = 3


def _read(data: Path, name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(data / name, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _grounding(data: Path, many: int) -> Iterator[tuple[dict[str, Any], bool]]:
    for row in list(_read(data, "ragtruth/dev.jsonl.gz"))[:: max(1, 1600 // many)]:
        yield {"text": row["response"], "evidence": row["context"]}, bool(row["labels"])


def _member(data: Path, many: int) -> Iterator[tuple[dict[str, Any], bool]]:
    persons = people(data, "dev")
    lines = {person.id: list(person.lines) for person in persons}
    for one in list(claims(persons, SEED, 10))[:many]:
        yield {"text": one.text, "member": lines[one.profile]}, one.bad


def _attack(data: Path, many: int) -> Iterator[tuple[dict[str, Any], bool]]:
    for row in list(_read(data, "rt_jailbreak_inthewild/dev.jsonl.gz"))[: many // 2]:
        yield {"text": row["text"][:1500]}, True
    for row in list(_read(data, "intent_banking77/dev.jsonl.gz"))[: many // 2]:
        yield {"text": row["text"]}, False


def _tone(data: Path, many: int) -> Iterator[tuple[dict[str, Any], bool]]:
    rows = list(_read(data, "tone_hatecheck/dev.jsonl.gz"))
    for row in rows[:: max(1, len(rows) // many)]:
        yield {"text": row["text"]}, row["label"] == "hateful"


SETS: dict[str, Callable[[Path, int], Iterator[tuple[dict[str, Any], bool]]]] = {
    "grounding": _grounding, "member": _member, "attack": _attack, "tone": _tone,
}  # fmt: skip


def figures(data: Path, *, short: bool = False) -> dict[str, float | Figure]:
    """For every check: AUC with the true labels, with shuffled ones (mean and 95 %), and with the detector off."""
    desk, found = Desk(), dict[str, float | Figure]()
    rng = np.random.default_rng(SEED)
    for check, rows in SETS.items():
        try:
            desk.detector(check)
        except MissingPart:
            continue
        scores, labels = [], []
        for row, bad in rows(data, 60 if short else 200):
            scores.append(desk.score(check, **row)["score"])
            labels.append(float(bad))
        said, true = np.asarray(scores), np.asarray(labels)
        drawn = [auc(said, rng.permutation(true)) for _ in range(_SHUFFLES)]
        low, high = np.quantile(drawn, (0.025, 0.975))
        found[f"{check}: AUC, true labels"] = auc(said, true)
        found[f"{check}: AUC, shuffled labels"] = (float(np.mean(drawn)), float(low), float(high))
        found[f"{check}: AUC, detector off"] = auc(np.zeros(len(true)), true)
    off = [v[0] if isinstance(v, tuple) else v for k, v in found.items() if not k.endswith("true labels")]
    found["control: farthest from chance"] = max((abs(value - 0.5) for value in off), default=float("nan"))
    return found


if __name__ == "__main__":
    for name, value in figures(Path(sys.argv[1]), short="--short" in sys.argv).items():
        print(f"{name:40}", value)
