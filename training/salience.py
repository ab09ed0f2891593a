"""Train the salience weights: `python -m training.salience DATA [--out FILE]`.

DATA is a folder with `courses_lessons/`, `articles_18f/`, `articles_digitalgov/` and `articles_opensource_guide/`,
each holding `train.jsonl.gz` of rows with `title`, `text` and `keypoints` (a list) or `summary` (a deck). A deck that
stands in the text word for word teaches nothing and is left out. Takes about two minutes on one core.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nutgraf.ingest.load import item_from_bytes
from nutgraf.read.features import NAMES, features
from nutgraf.read.salience import GATE_NAMES, gate_figures, scaled
from nutgraf.read.spans import readings, shortlist
from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.text.sentences import split
from nutgraf.text.words import content_stems, words

SETS = {"courses_lessons": 1.0, "articles_18f": 0.0, "articles_digitalgov": 0.0, "articles_opensource_guide": 0.5}
LICENCES = {
    "courses_lessons": "CC-BY-4.0, MIT, CC0-1.0", "articles_18f": "CC0-1.0", "articles_digitalgov": "CC0-1.0",
    "articles_opensource_guide": "CC-BY-4.0",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Example:
    """One document: raw and scaled features, gate figures, and how close each sentence is to the key points."""

    table: Any
    gate: Any
    target: Any
    lesson: float


def rows(folder: Path, part: str) -> Iterator[dict[str, Any]]:
    """The rows of one set that carry usable references."""
    with gzip.open(folder / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("kind") != "event" and references(row):
                yield row


def references(row: dict[str, Any]) -> list[str]:
    """Human key points of a row, sentence by sentence; none when its deck stands in the text or is a mere label."""
    points = [point for point in row.get("keypoints") or () if point]
    deck = row.get("summary") or ""
    if not points and len(words(deck)) >= 8 and " ".join(words(deck)) not in " ".join(words(row["text"])):
        points = [deck]
    return [point[start:end] for point in points for start, end in split(point)]


def examples(data: Path, encoder: OnnxEncoder, part: str = "train") -> Iterator[Example]:
    """One example a document with at least six sentences."""
    for name in SETS:
        for row in rows(data / name, part):
            if (made := example(name, row, encoder)) is not None:
                yield made


def example(name: str, row: dict[str, Any], encoder: OnnxEncoder) -> Example | None:
    """One document of set `name` as an example; None when it has fewer than six sentences."""
    found = shortlist(readings(item_from_bytes(f"# {row['title']}\n\n{row['text']}".encode(), f"{name}.md")))
    if len(found) < 6:
        return None
    points = references(row)
    vectors = encoder.encode([reading.span.text for reading in found])
    headings = encoder.encode([reading.heading or row["title"] for reading in found])
    headings[[not reading.heading for reading in found]] = 0.0
    table = features(row["title"], found, vectors, encoder.encode([row["title"]])[0], headings)
    target = _target(found, points, vectors, encoder.encode(points))
    return Example(scaled(table), gate_figures(table, found), target, SETS[name])


def _target(found: Any, points: list[str], vectors: Any, point_vectors: Any) -> Any:
    stems = [set(content_stems(reading.span.text)) for reading in found]
    wanted = [set(content_stems(point)) for point in points]
    by_word = np.array([max(2 * len(s & w) / max(1, len(s) + len(w)) for w in wanted) for s in stems])
    by_meaning = (vectors @ point_vectors.T).max(axis=1)
    return _z(0.5 * _z(by_word) + 0.5 * _z(by_meaning))


def _z(values: Any) -> Any:
    return (values - values.mean()) / (values.std() + 1e-6)


def ridge(chosen: list[tuple[Example, float]], penalty: float) -> Any:
    """Least squares with a penalty; every document weighs the same whatever its length, times its own weight."""
    size = len(NAMES)
    left, right = np.zeros((size, size)), np.zeros(size)
    for example, weight in chosen:
        share = 20.0 * weight / len(example.table)
        left += share * example.table.T @ example.table
        right += share * example.table.T @ example.target
    return np.linalg.solve(left + penalty * np.eye(size), right)


def logistic(
    figures: Any, labels: Any, steps: int = 4000, rate: float = 0.1, penalty: float = 0.02
) -> tuple[Any, float]:
    """Balanced logistic regression by gradient descent; returns weights and bias."""
    weight = np.zeros(figures.shape[1])
    bias = 0.0
    balance = np.where(labels > 0.5, 0.5 / labels.mean(), 0.5 / (1 - labels).mean())
    for _ in range(steps):
        error = balance * (1 / (1 + np.exp(-(figures @ weight + bias))) - labels)
        weight -= rate * (figures.T @ error / len(labels) + penalty * weight)
        bias -= rate * error.mean()
    return weight, float(bias)


def train(found: list[Example]) -> dict[str, Any]:
    """The whole record of `salience.json` but for its provenance."""
    story = ridge([(e, 1.0) for e in found if e.lesson < 1.0], penalty=30.0)
    lesson = ridge([(e, 3.0 if e.lesson == 1.0 else 1.0) for e in found if e.lesson > 0.0], penalty=200.0)
    clear = [e for e in found if e.lesson != 0.5]
    figures = np.array([e.gate for e in clear])
    mean, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-6
    weight, bias = logistic((figures - mean) / spread, np.array([e.lesson for e in clear]))
    return {
        "story": dict(zip(NAMES, story.round(5).tolist(), strict=True)),
        "lesson": dict(zip(NAMES, lesson.round(5).tolist(), strict=True)),
        "gate": {
            name: [round(float(part[i]), 5) for part in (mean, spread, weight)] for i, name in enumerate(GATE_NAMES)
        },
        "gate_bias": round(bias, 5),
    }


def main() -> None:
    """Train on the train parts and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("src/nutgraf/read/salience.json"))
    given = parser.parse_args()
    encoder = OnnxEncoder.load()
    found = list(examples(given.data, encoder))
    record = train(found)
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:12]
    hashes = {
        name: hashlib.sha256((given.data / name / "train.jsonl.gz").read_bytes()).hexdigest()[:16] for name in SETS
    }
    provenance = {"documents": len(found), "data_sha256": hashes, "licences": LICENCES, "encoder": encoder.name}
    given.out.write_text(json.dumps({"version": digest, **record, "trained_on": provenance}, indent=1) + "\n")
    print(f"{len(found)} documents, version {digest} → {given.out}")


if __name__ == "__main__":
    main()
