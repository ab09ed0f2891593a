"""Claims about the reader: every row of the trust table that this detector answers for, intervals by profile.

`python -m bench.trust_parts.member DATA [--short]` prints them. The profiles of dev were never trained on; beside
stand the trivial rules, the wordings that training never saw, claims written by hand, and the
same claims with shuffled labels.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.trust.member.detector import MemberGrounding
from nutgraf.trust.member.findings import share
from nutgraf.trust.member.lexicon import content
from training.member.claims import claims, teams
from training.member.persons import Person, people
from training.member.train import auc

Figure = tuple[float, float, float]
HANDWRITTEN = Path(__file__).parents[2] / "training/member/handwritten.jsonl"
_RESAMPLES = 400
_BINS = 10
SEED = 20


@dataclass(frozen=True)
class Case:
    """A claim with its score; `unknown` is the share of its words that the record lacks."""

    profile: str
    kind: str
    unseen: bool
    bad: bool
    score: float
    unknown: float


def by_profile(cases: Sequence[Case], figure: Callable[[Sequence[Case]], float], seed: int = 0) -> Figure:
    """A figure with its 95 % interval, profiles drawn again with replacement."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.profile].append(case)
    keys, rng = list(groups), np.random.default_rng(seed)
    picks = (rng.integers(0, len(keys), len(keys)) for _ in range(_RESAMPLES))
    drawn = [figure([case for k in pick for case in groups[keys[k]]]) for pick in picks]
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return figure(cases), float(low), float(high)


def area(cases: Sequence[Case]) -> float:
    """AUC of the scores."""
    return auc(np.asarray([case.score for case in cases]), np.asarray([float(case.bad) for case in cases]))


def right(cases: Sequence[Case]) -> float:
    """Share of claims on the right side of a half."""
    return float(np.mean([(case.score >= 0.5) == case.bad for case in cases]))


def error(cases: Sequence[Case]) -> float:
    """Expected calibration error over ten bins of equal size."""
    order = sorted(cases, key=lambda case: case.score)
    bins = [part for part in np.array_split(np.arange(len(order)), _BINS) if len(part)]
    gaps = [len(part) * abs(np.mean([order[i].score - order[i].bad for i in part])) for part in bins]
    return float(sum(gaps) / len(order))


def _case(detector: MemberGrounding, person: Person, text: str, bad: bool, kind: str, unseen: bool) -> Case:
    words = content(text)
    found = detector.detect([text], person.lines)[0]
    return Case(person.id, kind, unseen, bad, found.score, 1 - share(words, person.record.all_words))


def figures(data: Path, *, short: bool = False) -> dict[str, float | Figure]:
    """All rows by name. `short` measures on a third of the claims."""
    detector, persons = MemberGrounding.load(), people(data, "dev")
    by_id = {person.id: person for person in persons}
    made = list(claims(persons, SEED, 20 if short else 60))
    began = time.thread_time()
    cases = [_case(detector, by_id[one.profile], one.text, one.bad, one.kind, one.unseen) for one in made]
    spent = 1000 * (time.thread_time() - began) / max(len(cases), 1)
    found: dict[str, float | Figure] = {
        "reader claims AUC": by_profile(cases, area),
        "reader claims accuracy": by_profile(cases, right),
        "reader claims calibration error": by_profile(cases, error),
        "reader claims AUC, unseen wordings": by_profile([case for case in cases if case.unseen], area),
    }
    hand = [json.loads(line) for line in HANDWRITTEN.read_text("utf-8").splitlines()]
    written = [
        _case(detector, by_id[r["profile"]], r["text"], r["bad"], "hand", True) for r in hand if r["profile"] in by_id
    ]
    if written:
        found["reader claims AUC, written by hand"] = by_profile(written, area)
    counted = [_case(detector, person, one.text, one.bad, "teams", False) for one, person in teams(persons, SEED)]
    found["teams led, accuracy"] = by_profile(counted, right)
    for kind in sorted({case.kind for case in cases}):
        found[f"reader claims, {kind}: accuracy"] = right([case for case in cases if case.kind == kind])
    found["trivial: unknown words, AUC"] = auc(
        np.asarray([case.unknown for case in cases]), np.asarray([float(case.bad) for case in cases])
    )
    rng = np.random.default_rng(SEED)
    shuffled = rng.permutation([float(case.bad) for case in cases])
    found["control: shuffled labels, AUC"] = auc(np.asarray([case.score for case in cases]), shuffled)
    foreign = [
        _case(detector, persons[(persons.index(by_id[one.profile]) + 7) % len(persons)], one.text, one.bad, "", False)
        for one in made[::5]
    ]
    found["control: another member's record, AUC"] = area(foreign)
    found["CPU ms a sentence, mean"] = spent
    return found


def main() -> None:
    """Print every row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--short", action="store_true")
    given = parser.parse_args()
    for name, value in figures(given.data, short=given.short).items():
        text = f"{value:.4f}" if isinstance(value, float) else "{:.4f} ({:.4f} to {:.4f})".format(*value)
        print(f"{name:60} {text}")


if __name__ == "__main__":
    main()
