"""Do questions find their agent? `python bench/route.py [CLINC] [--short] [--control]`.

Our own labelled questions (the part whose stems were never trained on) each asked of an item of the sample network, and
with CLINC, a folder with `dev.jsonl.gz` of CLINC150, what people ask other assistants. Prints who was sent where, how
often, what a stricter or a laxer threshold would give, and the time of one route without the embedding. `--control`
leaves the head away: the rules alone must fail.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from nutgraf.decide.head import FILE, OUTSIDE, Head
from nutgraf.decide.route import route
from nutgraf.orchestration import Route
from nutgraf.retrieve.encoder import OnnxEncoder
from training.route import AGENTS, LABELS, Question, agents, asked_of, foreign, questions

ACCURACY, RECALL, FALSE_OUTSIDE = 0.80, 0.80, 0.05
EACH_INTENT, SHORT_INTENT = 20, 5


def routed(asked: Sequence[Question], vectors: Any, head: Head | None) -> list[Route]:
    """Where each question goes."""
    known = agents()
    return [
        route(q.text, item=q.item, agents=known, vector=vector, head=head)
        for q, vector in zip(asked, vectors, strict=True)
    ]


def away(found: Sequence[Route]) -> float:
    """The share that was declined as out of scope."""
    return sum(r.agent is None for r in found) / max(1, len(found))


def matrix(asked: Sequence[Question], found: Sequence[Route]) -> str:
    """The confusion matrix as a table: rows are what was meant, columns where it went."""
    counts = Counter((q.agent, r.agent or OUTSIDE) for q, r in zip(asked, found, strict=True))
    lines = [f"{'':>13}" + "".join(f"{label[:9]:>10}" for label in LABELS)]
    lines += [f"{row:>13}" + "".join(f"{counts[row, column] or '·':>10}" for column in LABELS) for row in LABELS]
    return "\n".join(lines)


def curve(inside: tuple[list[Question], Any], strange: tuple[list[Question], Any]) -> None:
    """Print what other thresholds for out of scope would give."""
    record = json.loads(FILE.read_text(encoding="utf-8"))
    print("outside_threshold  recall  false_outside")
    for place in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        head = Head(record | {"outside_threshold": place})
        print(f"{place:>17} {away(routed(*strange, head)):>7.3f} {away(routed(*inside, head)):>14.3f}")


def main(options: argparse.Namespace) -> int:
    """Route everything and count; 0 when the figures hold."""
    encoder, head = OnnxEncoder.load(), None if options.control else Head.load()
    asked = [q for q in questions() if q.part == options.part]
    vectors = encoder.encode([q.text for q in asked])
    found = routed(asked, vectors, head)
    print(matrix(asked, found))
    inside = [i for i, q in enumerate(asked) if q.agent in AGENTS]
    right = sum(found[i].agent == asked[i].agent for i in inside) / len(inside)
    outside = [i for i, q in enumerate(asked) if q.agent == OUTSIDE]
    false_outside, recall = away([found[i] for i in inside]), away([found[i] for i in outside])
    declined = sum(r.agent is None for r in found)
    precision = sum(found[i].agent is None for i in outside) / max(1, declined)
    print("decided by:", dict(Counter(r.by for r in found)))
    by = {
        way: [found[i].agent == asked[i].agent for i in inside if found[i].by == way]
        for way in ("rules", "head", "fallback")
    }
    print("right by:", {way: f"{sum(hits)}/{len(hits)}" for way, hits in by.items()})
    if options.wrong:
        for q, r in zip(asked, found, strict=True):
            if (r.agent or OUTSIDE) != q.agent:
                print(f"  {q.agent} → {r.agent}: {q.text} [{r.because[:40]}, {r.confidence}]")
    figures = {"accuracy": right, "false_outside": false_outside, "own_recall": recall, "own_precision": precision}
    holds = right >= ACCURACY and false_outside <= FALSE_OUTSIDE
    if options.clinc:
        texts = foreign(options.clinc, "dev", SHORT_INTENT if options.short else EACH_INTENT)
        strange = asked_of(texts)
        strange_vectors = encoder.encode([q.text for q in strange])
        theirs = routed(strange, strange_vectors, head)
        labelled = [r for q, r in zip(strange, theirs, strict=True) if q.stem == "oos"]
        figures |= {"clinc_recall": away(theirs), "clinc_oos_recall": away(labelled)}
        holds = holds and away(theirs) >= RECALL
        if head is not None:
            curve(([asked[i] for i in inside], vectors[inside]), (strange, strange_vectors))
    figures["route_ms_p50"] = _p50_ms(asked, vectors, head)
    print(f"questions={len(asked)} head={head.version if head else 'none'} seed=0")
    print(" ".join(f"{name}={value:.3f}" for name, value in figures.items()))
    return 0 if holds else 1


def _p50_ms(asked: Sequence[Question], vectors: Any, head: Head | None) -> float:
    known, took = agents(), []
    for q, vector in list(zip(asked, np.asarray(vectors), strict=True))[:200]:
        began = time.perf_counter()
        route(q.text, item=q.item, agents=known, vector=vector, head=head)
        took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clinc", type=Path, nargs="?", help="a folder with dev.jsonl.gz of CLINC150")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_INTENT} of each foreign intent")
    parser.add_argument("--control", action="store_true", help="without the head; must exit 1")
    parser.add_argument("--part", choices=("dev", "test"), default="test", help="which part of our questions")
    parser.add_argument("--wrong", action="store_true", help="print every question that went astray")
    sys.exit(main(parser.parse_args()))
