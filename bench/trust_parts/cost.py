"""What the checks cost: CPU of all of them on a sentence, of the first tier alone, and the size of all weights."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.errors import MissingPart
from nutgraf.text.memo import Memo
from nutgraf.text.sentences import split
from nutgraf.trust.desk import Desk, manifests
from nutgraf.trust.grounding.flatten import flatten
from nutgraf.trust.grounding.t0 import FirstTier
from training.member.persons import people

PACKAGE = Path(__file__).parents[2] / "src/nutgraf"
WEIGHT_ENDINGS = (".onnx", ".npz", ".safetensors", ".json")
_WARM = 5


def size_mb() -> float:
    """All embedded weights of the package, the encoder of retrieval included, in MB (1e6 bytes)."""
    folders = {file.parent for file in PACKAGE.rglob("manifest.json")}
    return sum(f.stat().st_size for d in folders for f in d.iterdir() if f.suffix in WEIGHT_ENDINGS) / 1e6


def _cases(data: Path, many: int) -> list[tuple[str, tuple[str, ...]]]:
    """Sentences of responses with the lines of their source."""
    cases: list[tuple[str, tuple[str, ...]]] = []
    with gzip.open(data / "ragtruth/dev.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    for row in rows[:: max(1, len(rows) // (many // 3))]:
        lines = flatten(row["context"])
        places = split(row["response"])[:3]
        cases += [(row["response"][start:end], lines) for start, end in places]
    return cases[:many]


def figures(data: Path, *, short: bool = False) -> dict[str, float]:
    """CPU milliseconds by check (median and p95), of all together, and of the first tier; megabytes."""
    desk, cases = Desk(), _cases(data, 60 if short else 240)
    member = people(data, "dev")[0].lines
    names, found = [], dict[str, float]()
    for name in ("grounding", "member", "attack", "content", "tone", "pii"):
        try:
            desk.detector(name)
            names.append(name)
        except MissingPart:
            found[f"missing: {name}"] = 1.0
    first = FirstTier.load()
    spent: dict[str, list[float]] = {name: [] for name in (*names, "all", "T0 alone")}
    kept, held, memo = cases[0][1], first.held(cases[0][1]), Memo()
    for number, (sentence, lines) in enumerate(cases):
        if kept is not lines:
            kept, held, memo = lines, first.held(lines), Memo()
        with memo.used():  # as in an answer: what is known of its evidence, record and sentence is worked out once
            desk.detector("grounding").ready(lines)
            each = {name: _took(_judge, desk, name, sentence, lines, member) for name in names}
        each["T0 alone"] = _took(first.judge, sentence, held)
        each["all"] = sum(each[name] for name in names)
        if number >= _WARM:
            for name, value in each.items():
                spent[name].append(value)
    for name, values in spent.items():
        found[f"CPU ms a sentence, {name}: median"] = float(np.median(values))
        found[f"CPU ms a sentence, {name}: p95"] = float(np.percentile(values, 95))
    found["weights: MB"] = size_mb()
    found["weights of the trust layer: MB"] = sum(size for *_, size in manifests()) / 1e6
    return found


def _judge(desk: Desk, name: str, sentence: str, lines: tuple[str, ...], member: tuple[str, ...]) -> Any:
    detector = desk.detector(name)
    if name in ("grounding", "member"):
        return detector.detect([sentence], lines if name == "grounding" else member)
    return detector.scan(sentence) if name == "content" else detector.detect(sentence)


def _took(work: Callable[..., Any], *given: Any) -> float:
    began = time.thread_time()
    work(*given)
    return 1000 * (time.thread_time() - began)


if __name__ == "__main__":
    for name, value in figures(Path(sys.argv[1]), short="--short" in sys.argv).items():
        print(f"{name:50} {value:.3f}")
