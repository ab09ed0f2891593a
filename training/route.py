"""Train the head of routing: `python -m training.route [CLINC] [--out FILE]`.

The labelled questions are ours, in `training/route/*.jsonl`: every row has a text, its agent (or out-of-scope), and the
stem it paraphrases; a stem is wholly in one part, so no paraphrase of a test question is trained on. CLINC is a folder
with `train.jsonl.gz` of CLINC150 (rows with `text` and `intent`): what people ask assistants that is foreign to this
product becomes more material for out-of-scope. Takes about a minute on one core.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nutgraf.decide.head import OUTSIDE, Head
from nutgraf.decide.route import route
from nutgraf.ingest.load import load_items
from nutgraf.orchestration import Agent
from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.types import Item

Part = Literal["train", "dev", "test"]

QUESTIONS = Path(__file__).parent / "route"
NETWORK = Path(__file__).parents[1] / "src/nutgraf/usecases/premium/network/items"
AGENTS = ("takeaways", "general", "job-fit", "interview", "company", "learning", "career", "business", "voice")
LABELS = (*AGENTS, OUTSIDE)
#: Intents of CLINC150 that are small talk or about the assistant itself, and so foreign to no product.
SMALL_TALK = frozenset(
    """are_you_a_bot cancel change_ai_name change_language change_user_name definition do_you_have_pets goodbye greeting
    how_old_are_you income maybe meaning_of_life meeting_schedule no repeat schedule_meeting thank_you user_name
    what_are_your_hobbies what_can_i_ask_you what_is_your_name where_are_you_from who_do_you_work_for who_made_you
    yes""".split()
)
#: How many questions of one foreign intent are trained on; "oos" is taken whole.
EACH_INTENT = 12
FALSE_OUTSIDE_AT_MOST = 0.005


@dataclass(frozen=True, slots=True)
class Question:
    """One labelled question: its text, the agent it is for, its stem, and the item it is asked of."""

    text: str
    agent: str
    stem: str
    item: Item

    @property
    def part(self) -> Part:
        """The part its stem belongs to: 60 % train, 15 % dev, 25 % test."""
        place = zlib.crc32(self.stem.encode()) % 100
        return "train" if place < 60 else "dev" if place < 75 else "test"


def agents() -> tuple[Agent, ...]:
    """The nine agents by name, as routing needs them."""
    return tuple(Agent(name=name, version=1, summary=name, form="answer", prompt=name) for name in AGENTS)


def questions(folder: Path = QUESTIONS, network: Path = NETWORK) -> list[Question]:
    """Our own labelled questions. Those that name no item are asked of one of the kind they are about, in turn."""
    items = {item.id: item for item in load_items(network)}
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            item = items[row["item"]] if "item" in row else _any(list(items.values()), row.get("kind"), row["stem"])
            found.append(Question(row["text"], row["agent"], row["stem"], item))
    return found


def foreign(clinc: Path, part: str, each: int) -> list[tuple[str, str]]:
    """(text, intent) of CLINC150 questions that are foreign to this product, at most `each` of one intent."""
    taken: dict[str, int] = {}
    found = []
    with gzip.open(clinc / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            intent = row["intent"]
            taken[intent] = taken.get(intent, 0) + 1
            if intent == "oos" or (intent not in SMALL_TALK and taken[intent] <= each):
                found.append((row["text"], intent))
    return found


def asked_of(texts: Sequence[tuple[str, str]], network: Path = NETWORK) -> list[Question]:
    """Foreign questions, each asked of some item of the sample network."""
    items = load_items(network)
    return [Question(text, OUTSIDE, intent, _any(items, None, text)) for text, intent in texts]


def _any(items: Sequence[Item], kind: str | None, seed: str) -> Item:
    fitting = [item for item in items if kind in (None, item.kind) and item.kind != "profile"]
    return fitting[zlib.crc32(seed.encode()) % len(fitting)]


def softmax(scores: Any) -> Any:
    """Rows of scores as rows of probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def fit(
    vectors: Any, targets: Any, shares: Any, penalty: float, steps: int = 600, rate: float = 0.05
) -> tuple[Any, Any]:
    """Softmax regression by Adam over all rows at once; `shares` weighs the rows and sums to one."""
    weights = np.zeros((len(LABELS), vectors.shape[1] + 1))
    padded = np.hstack([vectors, np.ones((len(vectors), 1))])
    wanted = np.eye(len(LABELS))[targets]
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        slope = ((softmax(padded @ weights.T) - wanted) * shares[:, None]).T @ padded
        slope[:, :-1] += penalty * weights[:, :-1]
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return weights[:, :-1], weights[:, -1]


def balanced(targets: Any, origins: Any) -> Any:
    """Row weights: every label weighs the same, and within out-of-scope ours as much as all that is foreign."""
    shares = np.zeros(len(targets))
    for label in range(len(LABELS)):
        groups = [rows for o in (0, 1) if (rows := (targets == label) & (origins == o)).any()]
        for rows in groups:
            shares[rows] = 1 / (rows.sum() * len(groups))
    return shares / shares.sum()


def temperature(scores: Any, targets: Any) -> float:
    """What to divide scores by so that the probabilities of held-out questions are honest (least log loss)."""
    tried = np.geomspace(0.2, 5.0, 60)
    losses = [-np.log(softmax(scores / t)[np.arange(len(targets)), targets] + 1e-12).mean() for t in tried]
    return float(tried[int(np.argmin(losses))])


def outside_at(record: dict[str, Any], dev: Sequence[Question], vectors: Any) -> float:
    """The lowest threshold for out of scope at which few enough held-out questions of ours are declined."""
    known = agents()
    inside = [(q, v) for q, v in zip(dev, vectors, strict=True) if q.agent != OUTSIDE]
    for place in np.arange(0.2, 0.96, 0.025):
        head = Head(record | {"outside_threshold": float(place)})
        away = sum(route(q.text, item=q.item, agents=known, vector=v, head=head).agent is None for q, v in inside)
        if away <= math.ceil(FALSE_OUTSIDE_AT_MOST * len(inside)):
            return round(float(place), 3)
    return 0.95


def train(ours: Sequence[Question], more: Sequence[Question], encoder: OnnxEncoder, penalty: float) -> dict[str, Any]:
    """The record of `head_weights.json` but for its provenance."""
    base, dev = [q for q in ours if q.part == "train"], [q for q in ours if q.part == "dev"]
    rows = [*base, *more]
    targets = np.array([LABELS.index(q.agent) for q in rows])
    origins = np.array([0] * len(base) + [1] * len(more))
    weights, biases = fit(encoder.encode([q.text for q in rows]), targets, balanced(targets, origins), penalty)
    dev_vectors = encoder.encode([q.text for q in dev])
    honest = temperature(dev_vectors @ weights.T + biases, np.array([LABELS.index(q.agent) for q in dev]))
    record = {
        "version": "", "encoder": encoder.name, "labels": list(LABELS), "threshold": 0.5, "outside_threshold": 0.5,
        "temperature": round(honest, 4), "weights": weights.round(3).tolist(), "biases": biases.round(3).tolist(),
    }  # fmt: skip
    return record | {"outside_threshold": outside_at(record, dev, dev_vectors)}


def provenance(clinc: Path | None, ours: int, more: int) -> Iterator[tuple[str, Any]]:
    """Where the head comes from: counts, hashes and licences."""
    yield "questions", ours
    hashes = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in sorted(QUESTIONS.glob("*.jsonl"))
    }
    yield "questions_sha256", hashes
    if clinc is not None:
        data = (clinc / "train.jsonl.gz").read_bytes()
        yield "clinc150", {"rows": more, "sha256": hashlib.sha256(data).hexdigest()[:16], "licence": "CC-BY-3.0"}


def main() -> None:
    """Train on the train parts and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clinc", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=Path("src/nutgraf/decide/head_weights.json"))
    parser.add_argument("--penalty", type=float, default=1e-4)
    given = parser.parse_args()
    ours = questions()
    more = asked_of(foreign(given.clinc, "train", EACH_INTENT)) if given.clinc else []
    record = train(ours, more, OnnxEncoder.load(), given.penalty)
    record["version"] = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:12]
    record["trained_on"] = dict(provenance(given.clinc, len(ours), len(more)))
    given.out.write_text(json.dumps(record) + "\n")
    print(f"{len(ours)} questions of ours, {len(more)} foreign ones; version {record['version']} → {given.out}")


if __name__ == "__main__":
    main()
