"""Is blending quick, and is it better? `python bench/blend.py [--short] [--control] [--seed N]`.

Time: 200 passages of five sources, a fifth of them near duplicates, in processor time of one core. Quality: the
labelled questions of `tests/blend/labelled.json` over the sample network with the shipped encoder, four sources, the
same budget for all. Intervals are 95 % bootstrap intervals over questions of the difference in recall. `--control`
blends with every source but one switched off, and must fail.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from nutgraf.blend.fuse import blend
from nutgraf.orchestration import BlendRules, Passage
from nutgraf.retrieve.encoder import OnnxEncoder
from tests.blend.labelled import BUDGET_TOKENS, RULES, Network, Way, ndcg, questions, recall, ways

CANDIDATES, TIME_AT_MOST_MS = 200, 2.0
SOURCES = ("item", "related", "jobs", "member", "web")
WORDS_A_PASSAGE, VOCABULARY = 28, 1_500


def made(draw: random.Random, near_duplicates: float) -> list[Passage]:
    """Passages of about a sentence each."""
    known = [f"word{i}" for i in range(VOCABULARY)] + ["the", "of", "and", "is"] * 200
    found: list[Passage] = []
    for i in range(CANDIDATES):
        text = " ".join(draw.choice(known) for _ in range(WORDS_A_PASSAGE))
        if found and draw.random() < near_duplicates:
            text = f"{draw.choice(found).text} {draw.choice(known)}"
        day = f"20{draw.randint(15, 25)}-0{draw.randint(1, 9)}-11"
        found.append(Passage(source=draw.choice(SOURCES), ref=f"r{i}", text=text, score=draw.random(), published=day))
    return found


def median_ms(draw: random.Random, near_duplicates: float, rounds: int, dims: int = 0) -> float:
    """Median processor time of one blend, in milliseconds; with vectors when `dims` is given."""
    found = made(draw, near_duplicates)
    if dims:
        rows = np.random.default_rng(1).normal(size=(len(found), dims)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        for passage, row in zip(found, rows, strict=True):
            object.__setattr__(passage, "vector", row)
    near = [draw.random() for _ in found]
    times = []
    for _ in range(rounds):
        began = time.process_time()
        blend(found, BlendRules(), near=near, now="2026-01-01")
        times.append(time.process_time() - began)
    return sorted(times)[len(times) // 2] * 1000.0


def interval(ours: Sequence[float], theirs: Sequence[float], draw: random.Random) -> tuple[float, float]:
    """95 % bootstrap interval of the mean difference."""
    gaps = [a - b for a, b in zip(ours, theirs, strict=True)]
    means = sorted(sum(draw.choices(gaps, k=len(gaps))) / len(gaps) for _ in range(1_000))
    return means[25], means[974]


def quality(draw: random.Random, rules: BlendRules) -> dict[str, tuple[float, float, float]]:
    """Mean recall and nDCG of each way, and the lower end of the interval of the blend's lead in recall."""
    world, asked = Network(OnnxEncoder.load(threads=2)), questions()
    gathered = [world.gather(one) for one in asked]
    using: dict[str, Way] = {**ways(rules), "blend, all weights 1": ways(BlendRules())["blend"]}
    kept = {name: [way(*found) for found in gathered] for name, way in using.items()}
    recalls = {name: [recall(*pair) for pair in zip(asked, some, strict=True)] for name, some in kept.items()}
    print(f"{len(asked)} questions, {BUDGET_TOKENS} tokens each")
    print(f"  {'':22}{'recall':>8}{'nDCG':>8}   lead of the blend in recall")
    table = {}
    for name, some in kept.items():
        gain = float(np.mean([ndcg(*pair) for pair in zip(asked, some, strict=True)]))
        low, high = interval(recalls["blend"], recalls[name], draw)
        table[name] = float(np.mean(recalls[name])), gain, low
        print(f"  {name:22}{table[name][0]:8.3f}{gain:8.3f}   {low:+.3f} … {high:+.3f}")
    return table


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer rounds of the time")
    parser.add_argument("--control", action="store_true", help="one source only; must fail")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    draw, rounds = random.Random(args.seed), 200 if args.short else 1_000
    print(f"seed {args.seed}; {CANDIDATES} candidates, processor time of one blend, median of {rounds}")
    took = median_ms(draw, 0.2, rounds)
    print(f"  words only {took:.2f} ms, with vectors {median_ms(draw, 0.2, rounds, 384):.2f} ms")
    print(f"  nine in ten near duplicates {median_ms(draw, 0.9, rounds // 4):.2f} ms")
    rules = BlendRules(weights={"words": 0, "meaning": 0, "member": 0}) if args.control else RULES
    table = quality(draw, rules)
    ours = table["blend"]
    rivals = [name for name in table if name.endswith(" alone") or name in ("concatenation", "by raw score")]
    beaten = sum(ours[0] > table[name][0] and ours[1] > table[name][1] and table[name][2] > 0 for name in rivals)
    print(f"blend_ms={took:.2f} recall={ours[0]:.3f} ndcg={ours[1]:.3f} beaten={beaten} of={len(rivals)}")
    return 0 if took < TIME_AT_MOST_MS and beaten == len(rivals) else 1


if __name__ == "__main__":
    sys.exit(main())
