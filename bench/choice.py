"""Is the choice better than the first sentences? `python bench/choice.py DATA [--part dev] [--folds N] [--short]`.

DATA holds `courses_lessons/`, `articles_18f/`, `articles_digitalgov/` and `articles_opensource_guide/`, each with
`train.jsonl.gz` and `dev.jsonl.gz`. The reader has no profile. Three spans of each document are compared with what its
editors wrote (key points, or a deck that does not stand in the text): coverage by word is the share of the editors'
content stems that the spans hold, coverage by meaning the mean over the editors' sentences of the best cosine.
Intervals are 95 % bootstrap intervals over documents of the paired difference to each rival.

The shipped weights were trained on the train parts, so `--part dev` judges them. `--folds N` judges the method on all
documents: weights are trained N times, and each document is read with weights that have not seen it.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from nutgraf.blend.choose import choose
from nutgraf.ingest.load import item_from_bytes
from nutgraf.read.digest import digest
from nutgraf.read.salience import Salience, from_record, shipped
from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.text.words import content_stems
from nutgraf.types import Digest, Scope, Snapshot
from nutgraf.vocabulary.match import load
from training.salience import SETS, example, references, rows, train

SPANS = 3
NOBODY = Snapshot(
    Scope(tenant="bench", member=None, purposes=frozenset(), consent_version=0, rights=frozenset()), None, ()
)
Rule = Callable[[Digest], list[int]]


def ours(read: Digest) -> list[int]:
    """The spans that a panel for nobody in particular would show."""
    return [point.row for point in choose(read, NOBODY, np.zeros((0, read.vectors.shape[1]), np.float32), SPANS)]


def lead(read: Digest) -> list[int]:
    """The first sentences."""
    return list(range(min(SPANS, len(read.spans))))


def central(read: Digest) -> list[int]:
    """The sentences most like all the others."""
    similar = read.vectors @ read.vectors.T
    return [int(row) for row in np.argsort(-similar.sum(axis=1))[:SPANS]]


RULES: dict[str, Rule] = {"ours": ours, "lead-3": lead, "centrality": central}


def coverage(read: Digest, chosen: list[int], points: list[str], point_vectors: Any) -> tuple[float, float]:
    """Coverage by word and by meaning, both 0..1."""
    said = {stem for row in chosen for stem in content_stems(read.spans[row].text)}
    wanted = {stem for point in points for stem in content_stems(point)}
    by_meaning = (read.vectors[chosen] @ point_vectors.T).max(axis=0).mean() if chosen else 0.0
    return len(said & wanted) / max(1, len(wanted)), float(by_meaning)


def measure(documents: Iterable[tuple[dict[str, Any], Salience]], encoder: OnnxEncoder) -> dict[str, Any]:
    """Coverage of every rule on every document of one set: arrays of shape [documents, 2]."""
    vocabulary = load()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in RULES}
    for row, salience in documents:
        item = item_from_bytes(f"# {row['title']}\n\n{row['text']}".encode(), "document.md")
        read = digest(item, encoder, vocabulary, salience)
        if len(read.spans) < 6:
            continue
        points = references(row)
        vectors = encoder.encode(points)
        for name, rule in RULES.items():
            found[name].append(coverage(read, rule(read), points, vectors))
    return {name: np.array(values).reshape(-1, 2) for name, values in found.items()}


def folded(data: Path, folds: int, encoder: OnnxEncoder) -> dict[str, list[tuple[dict[str, Any], Salience]]]:
    """Every document of every set, with weights trained on the other folds."""
    every = [(name, row) for name in SETS for part in ("train", "dev") for row in rows(data / name, part)]
    random.Random(7).shuffle(every)
    made = [example(name, row, encoder) for name, row in every]
    found: dict[str, list[tuple[dict[str, Any], Salience]]] = {name: [] for name in SETS}
    for fold in range(folds):
        kept = [one for i, one in enumerate(made) if i % folds != fold and one is not None]
        salience = from_record({"version": f"fold-{fold}", **train(kept)})
        for name, row in every[fold::folds]:
            found[name].append((row, salience))
    return found


def interval(differences: Any, seed: int = 7, draws: int = 4000) -> tuple[float, float]:
    """95 % bootstrap interval of the mean."""
    random = np.random.default_rng(seed)
    means = differences[random.integers(0, len(differences), (draws, len(differences)))].mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def line(name: str, found: dict[str, Any], column: int) -> tuple[str, dict[str, tuple[float, float]]]:
    """One row of the table, and the interval of the difference to each rival."""
    cells = [f"{found[rule][:, column].mean():.3f}" for rule in RULES]
    bounds = {rule: interval(found["ours"][:, column] - found[rule][:, column]) for rule in RULES if rule != "ours"}
    gaps = [f"{low:+.3f}…{high:+.3f}" for low, high in bounds.values()]
    measured = "word" if column == 0 else "meaning"
    return f"{name:28}{len(found['ours']):>5}  {measured:8}" + "".join(f"{c:>12}" for c in cells) + "".join(
        f"{g:>18}" for g in gaps
    ), bounds


def main() -> int:
    """Print the table; 0 when ours is better than both rivals over all documents, by word and by meaning.

    Better means an interval above zero; by word on the few documents of one part, a mean above zero.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", default="dev")
    parser.add_argument("--folds", type=int, default=0, help="judge the method on all documents, N folds")
    parser.add_argument("--short", action="store_true", help="at most 12 documents a set")
    given = parser.parse_args()
    encoder = OnnxEncoder.load()
    print(
        f"{'set':28}{'docs':>5}  {'coverage':8}"
        + "".join(f"{rule:>12}" for rule in RULES)
        + f"{'− lead-3':>18}{'− centrality':>18}"
    )
    every: list[dict[str, Any]] = []
    limit = 12 if given.short else None
    split = folded(given.data, given.folds, encoder) if given.folds else {}
    for name in SETS:
        shown = split.get(name) or ((row, shipped()) for row in rows(given.data / name, given.part))
        found = measure(itertools.islice(shown, limit), encoder)
        every.append(found)
        for column in (0, 1):
            text, bounds = line(name, found, column)
            lost = [rule for rule, (_, high) in bounds.items() if high < 0]
            print(text + (f"   {', '.join(lost)} wins" if lost else ""))
    pooled = {rule: np.concatenate([found[rule] for found in every]) for rule in RULES}
    held = True
    figures = []
    for column, measured in ((0, "word"), (1, "meaning")):
        text, bounds = line("all", pooled, column)
        print(text)
        means = {rule: (pooled["ours"] - pooled[rule])[:, column].mean() for rule in bounds}
        sure = column == 1 or bool(given.folds)
        held &= all(low > 0 if sure else means[rule] > 0 for rule, (low, _) in bounds.items())
        figures += [f"{measured}_over_{rule}={low:+.3f}" for rule, (low, _) in bounds.items()]
    print(f"documents={len(pooled['ours'])} " + " ".join(figures))
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
