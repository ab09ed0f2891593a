"""Off-topic: what is caught at two in a hundred on-topic questions refused, also for follow-ups.

`python -m bench.trust_parts.topic DATA [--short]` prints the figures. On topic are the fifteen intents about work of
CLINC150; the agent's examples are ten of each from train, and its limit is set from them alone. Beside ours stands one
line of description for each topic.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.trust.topic.topic import OffTopic, Topic

Figure = tuple[float, float, float]

WORK = frozenset(
    """direct_deposit pto_request taxes payday w2 pto_balance pto_request_status next_holiday insurance insurance_change
    schedule_meeting pto_used meeting_schedule rollover_401k income""".split()
)
DESCRIPTIONS = (
    "Questions about pay, payday, income and direct deposit", "Taxes, forms for taxes and the W-2",
    "Asking for leave, days off and what is left of them", "Public holidays", "Health insurance and changing it",
    "Meetings at work and scheduling them", "The retirement plan and moving it",
)  # fmt: skip
FOLLOW_UPS = (
    "and next month?", "what about the second one?", "why is that?", "how long does that take?", "can you change it?",
    "and for my colleague?", "tell me more about that", "is there another way?", "when will they do it?", "and then?",
)  # fmt: skip
EACH = 10
SEED = 4


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def share(groups: dict[str, list[bool]], draws: int = 1000) -> Figure:
    """A share with its 95 % interval, drawing whole intents with replacement."""
    chance, names = np.random.default_rng(1), sorted(groups)
    counts = np.array([[len(groups[name]), sum(groups[name])] for name in names], dtype=float)
    picked = counts[chance.integers(0, len(names), (draws, len(names)))].sum(axis=1)
    values = picked[:, 1] / picked[:, 0]
    low, high = np.quantile(values, (0.025, 0.975))
    return float(counts[:, 1].sum() / counts[:, 0].sum()), float(low), float(high)


def figures(data: Path, *, short: bool) -> dict[str, float | Figure]:
    """Shares of on-topic questions refused and of others caught, each with its interval by intent."""
    folder = data / "intent_clinc150"
    train, dev = _rows(folder / "train.jsonl.gz"), _rows(folder / "dev.jsonl.gz")
    pick = random.Random(SEED)
    pick.shuffle(train)
    examples = [row["text"] for intent in sorted(WORK) for row in [r for r in train if r["intent"] == intent][:EACH]]
    if short:
        dev = [row for row in dev if row["intent"] in WORK or pick.random() < 0.2]
    encoder = OnnxEncoder.load()
    agent = OffTopic(examples, encoder.encode)
    topic = Topic.of(encoder.encode(examples))
    vectors = np.asarray(encoder.encode([row["text"] for row in dev]))
    off: dict[str, dict[str, list[bool]]] = {"work": {}, "others": {}, "oos": {}}
    for row, vector in zip(dev, vectors, strict=True):
        kind = "work" if row["intent"] in WORK else "oos" if row["intent"] == "oos" else "others"
        group = row["text"] if kind == "oos" else row["intent"]
        off[kind].setdefault(group, []).append(topic.side(topic.cosine(vector)) == "off")
    return {
        "off-topic: on-topic refused": share(off["work"]),
        "off-topic: other intents caught": share(off["others"]),
        "off-topic: out of scope caught": share(off["oos"]),
        "off-topic: caught": share({**off["others"], **off["oos"]}),
        "off-topic: caught where 2 % are refused": _at_two(topic, dev, vectors),
        **_followed(agent, dev, pick),
        **_described(encoder, dev, vectors),
    }


def _at_two(topic: Topic, dev: Sequence[dict[str, Any]], vectors: Any) -> float:
    """What is caught where two in a hundred of these very on-topic questions fall below the limit."""
    near = np.array([topic.cosine(vector) for vector in vectors])
    work = np.array([row["intent"] in WORK for row in dev])
    return float((near[~work] < np.quantile(near[work], 0.02)).mean())


def _followed(agent: OffTopic, dev: Sequence[dict[str, Any]], pick: random.Random) -> dict[str, Figure]:
    """Follow-ups after a question on and off the topic, and a strange question after one on the topic."""
    on = [row for row in dev if row["intent"] in WORK]
    others = [row for row in dev if row["intent"] not in WORK]
    kept: dict[str, list[bool]] = {}
    caught: dict[str, list[bool]] = {}
    changed: dict[str, list[bool]] = {}
    for number in range(120):
        before, strange = on[number * 7 % len(on)], pick.choice(others)
        text = FOLLOW_UPS[number % len(FOLLOW_UPS)]
        kept.setdefault(text, []).append(agent.detect(text, before["text"]).check == "topic-off")
        caught.setdefault(text, []).append(agent.detect(text, strange["text"]).check == "topic-off")
        changed.setdefault(strange["intent"], []).append(
            agent.detect(strange["text"], before["text"]).check == "topic-off"
        )
    return {
        "off-topic: follow-ups on topic refused": share(kept),
        "off-topic: follow-ups off topic caught": share(caught),
        "off-topic: change of topic caught": share(changed),
    }


def _described(encoder: OnnxEncoder, dev: Sequence[dict[str, Any]], vectors: Any) -> dict[str, float]:
    """The simplest rule: the nearest of seven descriptions, its limit set on the very questions it is judged by."""
    near = (vectors @ np.asarray(encoder.encode(list(DESCRIPTIONS))).T).max(axis=1)
    work = np.array([row["intent"] in WORK for row in dev])
    return {"off-topic: descriptions alone, caught": float((near[~work] < np.quantile(near[work], 0.02)).mean())}


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    for name, value in figures(chosen.data, short=chosen.short).items():
        shown = value if isinstance(value, float) else value[0]
        rest = "" if isinstance(value, float) else f"  ({value[1]:.3f} to {value[2]:.3f})"
        print(f"{name:45} {shown:.3f}{rest}")


if __name__ == "__main__":
    main()
