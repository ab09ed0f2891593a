"""What the judge of tone gets right on texts that nothing was learned from, each figure with its interval."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from nutgraf.detection import Detected
from nutgraf.trust.tone.detector import LABELS, Tone
from training.tone.data import Sample, calm, davidson, hatecheck, professional, rows, surge
from training.tone.pairs import TONES, Pair, pairs

Figure = tuple[float, float, float]
Rows = Sequence[tuple[str, float, float]]
FUNCTIONAL = Path(__file__).parents[2] / "tests" / "trust" / "tone" / "functional.toml"
#: A trivial rule to compare with: words anybody would list.
WORDS = frozenset(
    "idiot stupid moron hate fuck fucking shit bitch kill die ugly disgusting damn ass loser trash dumb crap".split()
)
RESAMPLES = 300
#: How the figures of domains begin that nothing was learned from; they are measured with weights of their own.
DOMAINS = "across domains"


def auc(scores: np.ndarray, bad: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = ((ends - counts + 1 + ends) / 2)[inverse]
    n, m = int(bad.sum()), int((1 - bad).sum())
    return float((ranks[bad > 0].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def by_source(found: Rows, figure: Callable[[np.ndarray, np.ndarray], float], seed: int = 0) -> Figure:
    """A figure of (source, score, truth) rows with its 95 % interval, sources drawn again with replacement."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, (source, _, _) in enumerate(found):
        groups[source].append(number)
    scores, truth = (np.array([row[at] for row in found], float) for at in (1, 2))
    parts, rng, drawn = [np.array(g) for g in groups.values()], np.random.default_rng(seed), []
    for _ in range(RESAMPLES):
        some = np.concatenate([parts[i] for i in rng.integers(0, len(parts), len(parts))])
        drawn.append(figure(scores[some], truth[some]))
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return figure(scores, truth), float(low), float(high)


def mean(scores: np.ndarray, _: np.ndarray) -> float:
    """The mean of the scores."""
    return float(scores.mean())


def words(text: str) -> float:
    """The trivial rule: how many words of the list a text holds."""
    return float(sum(word.strip(".,!?'\"") in WORDS for word in text.lower().split()))


def figures(tone: Tone, data: Path, *, short: bool = False) -> dict[str, Figure]:
    """Every row of tone: (value, low, high)."""
    out = dict(_public(tone, data, 4 if short else 1))
    out |= dict(_own(tone, [p for p in pairs() if p.part == "test"]))
    out |= dict(_calm(tone, data, 4 if short else 1))
    out |= dict(_functional(tone))
    return out


def _public(tone: Tone, data: Path, step: int) -> Iterator[tuple[str, Figure]]:
    sets: dict[str, tuple[list[Sample], str]] = {
        "social comments": (list(surge(data, "dev")), "toxic"),
        "tweets": (list(davidson(data, "dev"))[::step], "toxic"),
        "HateCheck": (list(hatecheck(data, "dev")), "hate"),
    }
    for name, (samples, label) in sets.items():
        found = [tone.detect(sample.text) for sample in samples]
        truth = [float(sample.known[label][0]) for sample in samples]
        groups = [sample.group or str(number) for number, sample in enumerate(samples)]
        scores: dict[str, Callable[[Detected, str], float]] = {
            f"{name} dev: AUC of label {label}": lambda one, _, label=label: one.labels[label],  # type: ignore[misc]
            f"{name} dev: AUC of the score": lambda one, _: one.score,
            f"trivial: word list, {name} dev: AUC": lambda _, text: words(text),
        }
        for row, score in scores.items():
            values = [score(one, s.text) for one, s in zip(found, samples, strict=True)]
            yield row, by_source(list(zip(groups, values, truth, strict=True)), auc)


def _own(tone: Tone, found: Sequence[Pair]) -> Iterator[tuple[str, Figure]]:
    told = []
    for pair in found:
        faulty, fair = tone.detect(pair.faulty), tone.detect(pair.fair)
        told.append((pair, _apart(faulty.score, fair.score), float(faulty.score >= tone.threshold),
                     float(fair.score >= tone.threshold)))  # fmt: skip
    kinds = {"tone": TONES, "toxic": tuple(label for label in LABELS if label not in TONES)}
    for name, labels in kinds.items():
        some = [row for row in told if row[0].label in labels]
        yield (
            f"own {name} pairs, unseen patterns: pair accuracy",
            by_source([(r[0].pattern, r[1], 0) for r in some], mean),
        )
        yield f"own {name} pairs: faulty caught", by_source([(r[0].pattern, r[2], 0) for r in some], mean)
        yield f"own {name} pairs: fair flagged", by_source([(r[0].pattern, r[3], 0) for r in some], mean)
    trivial = [(p.pattern, _apart(words(p.faulty), words(p.fair)), 0) for p in found if p.label in TONES]
    yield "trivial: word list, own tone pairs: pair accuracy", by_source(trivial, mean)
    for label in LABELS[:-1]:
        some = [row for row in told if row[0].label == label]
        if some:
            yield f"own pairs, {label}: pair accuracy", by_source([(r[0].pattern, r[1], 0) for r in some], mean)


def _apart(faulty: float, fair: float) -> float:
    return float(faulty > fair) + 0.5 * float(faulty == fair)


def _calm(tone: Tone, data: Path, step: int) -> Iterator[tuple[str, Figure]]:
    prose = [(source, text) for text, source, part in professional(data) if part == "measure"][::step]
    flagged = [(f"{source}{number}", float(tone.detect(text).score >= tone.threshold), 0.0)
               for number, (source, text) in enumerate(prose)]  # fmt: skip
    yield "professional texts, other half: false alarms", by_source(flagged, mean)
    ours = [(s.text, float(tone.detect(s.text).score >= tone.threshold), 0.0) for s in calm("test")]
    yield "own fair sentences, unseen: false alarms", by_source(ours, mean)
    asked = [row["text"] for row in rows(data, "intent_clinc150", "dev")][3 :: 6 * step]
    yield (
        "questions: false alarms",
        by_source([(t, float(tone.detect(t).score >= tone.threshold), 0) for t in asked], mean),
    )


def functional() -> dict[str, tuple[str, list[str]]]:
    """Kind -> (what it wants, twenty texts) of our own functional tests."""
    found = tomllib.loads(FUNCTIONAL.read_text(encoding="utf-8"))
    made = {kind: [t.format(x=x) for t in row["t"] for x in row["x"]] for kind, row in found.items()}
    return {kind: (found[kind]["wants"], [t[0].upper() + t[1:] for t in texts]) for kind, texts in made.items()}


def _functional(tone: Tone) -> Iterator[tuple[str, Figure]]:
    right: dict[str, list[tuple[str, float, float]]] = {"fair": [], "faulty": []}
    for kind, (wants, texts) in functional().items():
        found = [tone.detect(text) for text in texts]
        flagged = [one.score >= tone.threshold for one in found]
        passed = [not f if wants == "fair" else f for f in flagged]
        right["fair" if wants == "fair" else "faulty"] += [(kind, float(p), 0.0) for p in passed]
        yield (
            f"functional, {kind} ({wants}): passed",
            by_source([(str(i), float(p), 0) for i, p in enumerate(passed)], mean),
        )
    for side, found_rows in right.items():
        yield f"functional, all {side} kinds: passed", by_source(found_rows, mean)
