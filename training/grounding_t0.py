"""Train the first tier of grounding: `python -m training.grounding_t0 DATA [--out FOLDER] [--minutes 15]`.

DATA holds `ragtruth/` and the claim sets of `training/grounding_data.py`, and the documents of `training/pairs.py`.
Writes `trees.npz`, `lexicon.json` and `manifest.json`; takes about ten minutes on one core. `--toy` needs no DATA: it
trains for some seconds on sentences of its own and prints the loss before and after.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from nutgraf import weights
from nutgraf.trust.grounding.features import NAMES, Lexicon
from nutgraf.trust.grounding.lexical import words_of
from nutgraf.trust.grounding.t0 import WEIGHTS, FirstTier, Held, read
from nutgraf.trust.grounding.trees import Trees
from training import pairs as minimal
from training.grounding_data import Response, Sentence, claims, ragtruth

VERSION = "1"
FOLDS = 5
TRAINED = ("wice", "begin", "halueval", "summedits", "bump", "factcheck_gpt")
LICENCES = {
    "ragtruth": "MIT", "wice": "CC-BY-SA-4.0, ODC-BY-1.0", "begin": "CC-BY-4.0, CDLA-Sharing-1.0", "halueval": "MIT",
    "summedits": "Apache-2.0", "bump": "MIT", "factcheck_gpt": "Apache-2.0", "articles_18f": "CC0-1.0",
    "articles_digitalgov": "CC0-1.0", "articles_opensource_guide": "CC-BY-4.0",
    "articles_rust_blog": "MIT OR Apache-2.0", "courses_lessons": "CC-BY-4.0, MIT, CC0-1.0", "jobs_emscad": "CC0-1.0",
    "jobs_usgov_tts": "CC0-1.0", "posts_digitalgov_events": "CC0-1.0",
}  # fmt: skip
#: How much one sentence of a set weighs beside one of RAGTruth; 0.5 where not said.
WEIGHT = {"ragtruth": 1.0, "wice": 1.0, "bump": 1.0}
SETTINGS = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 60, "feature_fraction": 0.5,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0, "num_threads": 1, "verbosity": -1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip
TOY = (
    "Larch Bakery opened its third shop in Dunmere on Monday, March 4, 2019.",
    "The owner, Ada Quill, said that most customers may pay with a card after June.",
    "In 2021 Larch Bakery acquired Oven House for 12 million dollars.",
    "The shop is open for 9 hours and it provides free bread to 40 schools.",
    "It was not the first bakery that Oven House had sold in Westport.",
)


@dataclass(eq=False)
class Table:
    """Rows to learn from: figures, labels, weights, the set of each, and whether it is kept to tell when to stop."""

    figures: list[list[float]] = field(default_factory=list)
    labels: list[bool] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    stop: list[bool] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)

    def add(self, figures: list[float], bad: bool, name: str, source: str) -> None:
        """Add one sentence."""
        self.figures.append(figures)
        self.labels.append(bad)
        self.weights.append(WEIGHT.get(name, 0.5))
        self.stop.append(fold(source, 10) == 0)
        self.sets.append(name)


def fold(source: str, folds: int = FOLDS) -> int:
    """Which fold a source is in, by its hash."""
    return sha256(source.encode()).digest()[1] % folds


def rarity(documents: Iterable[Sequence[str]], at_least: int = 4) -> dict[str, float]:
    """Inverse document frequency of the stems that stand in enough documents."""
    counts: Counter[str] = Counter()
    many = 0
    for document in documents:
        many += 1
        counts.update({stem for line in document for stem in words_of(line).stems})
    return {stem: round(math.log((1 + many) / (1 + n)) + 0.5, 1) for stem, n in sorted(counts.items()) if n >= at_least}


def risks(responses: Iterable[Response], prior: float = 6.0) -> list[tuple[dict[str, float], float]]:
    """For stems that the evidence did not hold, how often they stood in a marked span, and how often any did.

    First the tables that leave out one fold each, then the table of all.
    """
    seen = [Counter[str]() for _ in range(FOLDS)]
    bad = [Counter[str]() for _ in range(FOLDS)]
    source, known = "", frozenset[str]()
    for response in responses:
        if response.source != source:
            source = response.source
            known = frozenset(stem for line in response.lines for stem in words_of(line).stems)
        place = fold(source)
        for sentence in response.sentences:
            words = words_of(sentence.text)
            for i in words.content:
                if words.stems[i] not in known:
                    start, end = words.spans[i]
                    seen[place][words.stems[i]] += 1
                    bad[place][words.stems[i]] += any(start < e and end > s for s, e in sentence.spans)
    return [
        _rates(
            *(sum((one for i, one in enumerate(counts) if i != skip), Counter[str]()) for counts in (seen, bad)), prior
        )
        for skip in range(FOLDS + 1)
    ]


def _rates(seen: Counter[str], bad: Counter[str], prior: float) -> tuple[dict[str, float], float]:
    usual = bad.total() / max(seen.total(), 1)
    table = {stem: round((bad[stem] + prior * usual) / (n + prior), 3) for stem, n in sorted(seen.items()) if n >= 4}
    return table, usual


def fill(table: Table, responses: Iterable[Response], lexicons: Sequence[Lexicon], until: float) -> None:
    """Read every sentence with the lexicon that did not see its source; stops at the moment `until`."""
    source, held = "", None
    for done, response in enumerate(responses):
        if done % 500 == 0:
            print(f"  {response.set}: {done} responses, {len(table.labels)} sentences", flush=True)
            if time.monotonic() > until:
                return
        if held is None or response.source != source:
            source, held = response.source, Held(response.lines)
        lexicon = lexicons[fold(response.source) % len(lexicons)]
        for sentence in response.sentences:
            table.add(read(sentence.text, held, lexicon)[0], sentence.bad, response.set, response.source)


def pair_responses(documents: Iterable[Sequence[str]], many: int, seed: int) -> Iterator[Response]:
    """Minimal pairs as responses of two sentences."""
    for pair in islice(minimal.pairs(documents, seed), many):
        both = (Sentence(pair.good, False), Sentence(pair.bad, True))
        yield Response("pairs", "", pair.source, pair.kind, pair.evidence, both, True)


def fit(table: Table, seed: int, rounds: int = 500) -> tuple[Trees, Any]:
    """Boosted trees on the fitting part, stopped when the other part no longer gains; and the library's own model."""
    import lightgbm

    figures, labels = np.array(table.figures), np.array(table.labels, dtype=float)
    heavy, stop = np.array(table.weights), np.array(table.stop)
    fitted = lightgbm.Dataset(figures[~stop], labels[~stop], weight=heavy[~stop], feature_name=list(NAMES))
    held = lightgbm.Dataset(figures[stop], labels[stop], weight=heavy[stop], reference=fitted)
    stopping = [lightgbm.early_stopping(40, verbose=False), lightgbm.log_evaluation(50)]
    settings = {**SETTINGS, "seed": seed}
    if len(table.labels) < 2000:
        settings |= {"min_data_in_leaf": 2}
    model = lightgbm.train(settings, fitted, num_boost_round=rounds, valid_sets=[held], callbacks=stopping)
    return exported(model), model


def exported(model: Any) -> Trees:
    """A LightGBM model as flat arrays."""
    nodes: list[list[float]] = []  # feature, threshold, left, right, value
    deepest = 0

    def place(node: dict[str, Any], depth: int) -> int:
        nonlocal deepest
        at = len(nodes)
        deepest = max(deepest, depth)
        if "leaf_value" in node:
            nodes.append([-1, 0.0, at, at, node["leaf_value"]])
        else:
            nodes.append([node["split_feature"], node["threshold"], at, at, 0.0])
            nodes[at][2] = place(node["left_child"], depth + 1)
            nodes[at][3] = place(node["right_child"], depth + 1)
        return at

    trees = model.dump_model(num_iteration=model.best_iteration or None)["tree_info"]
    roots = [place(tree["tree_structure"], 0) for tree in trees]
    feature, threshold, left, right, value = np.array(nodes, dtype=np.float64).T
    ints = [one.astype(np.int64) for one in (feature, left, right)]
    return Trees(
        feature=ints[0], threshold=threshold, left=ints[1], right=ints[2], value=value, roots=np.array(roots),
        depth=deepest,
    )  # fmt: skip


def save(folder: Path, trees: Trees, lexicon: Lexicon, manifest: weights.Manifest) -> weights.Manifest:
    """Write the weights with their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    trees.save(folder / "trees.npz")
    words = {"rarity": lexicon.rarity, "risk": lexicon.risk, "usual": round(lexicon.usual, 4)}
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (folder / "lexicon.json").write_text(text, encoding="utf-8")
    return weights.save(folder, manifest)


def sets_of(data: Path, names: Iterable[str]) -> tuple[dict[str, Any], ...]:
    """Name, hash, licence and rows of each training file."""
    found = []
    for name in names:
        for path in sorted((data / name).glob("*train.jsonl.gz")):
            if path.name.startswith("general"):
                continue
            with gzip.open(path) as lines:
                many = sum(1 for _ in lines)
            file = {"name": f"{name}/{path.name}", "sha256": weights.sha256_of(path)}
            found.append({**file, "licence": LICENCES[name], "rows": many})
    return tuple(found)


def train(data: Path, out: Path, minutes: float, seed: int, many_pairs: int, many: int) -> None:
    """The whole training, on `many_pairs` pairs and `many` RAGTruth responses at most, then its figures on dev."""
    began = time.monotonic()
    until = began + 60 * minutes * 0.75
    responses = sorted(ragtruth(data, "train"), key=lambda one: (sha256(one.source.encode()).digest(), one.id))
    rare = rarity(minimal.sources(data))
    print(f"{len(responses)} responses, {len(rare)} stems, {time.monotonic() - began:.0f} s", flush=True)
    *held_back, lexicon = [Lexicon(rare, *one) for one in risks(responses)]
    print(f"{len(lexicon.risk)} stems with a risk, {time.monotonic() - began:.0f} s", flush=True)
    table = Table()
    for name in TRAINED:
        fill(table, claims(data, "train", name), [lexicon], until)
    kept = (one for one in minimal.sources(data) if not minimal.held_out(one[0]))
    fill(table, pair_responses(kept, many_pairs, seed), [lexicon], until)
    fill(table, responses[:many], held_back, until)
    trees, _ = fit(table, seed)
    manifest = weights.Manifest(
        name="grounding-t0", version=VERSION, licence="MIT", seed=seed, files={"trees.npz": "", "lexicon.json": ""},
        command="python -m training.grounding_t0 DATA", data=sets_of(data, LICENCES),
        more={"features": list(NAMES), "sentences": dict(Counter(table.sets)), "trees": len(trees.roots)},
    )  # fmt: skip
    print(save(out, trees, lexicon, manifest).id, f"{time.monotonic() - began:.0f} s", flush=True)
    measure(data, out)


def measure(data: Path, folder: Path) -> weights.Manifest:
    """Write into the manifest what the weights reach on the sentences of RAGTruth dev and on the toy pairs."""
    from bench.trust_parts.grounding_t0 import auc, average_precision, scored

    manifest, tier = weights.load(folder), FirstTier.load(folder)
    dev = scored(tier, ragtruth(data, "dev"))
    scores = np.array([score for _, found, _ in dev for score in found])
    bad = np.array([float(one.bad) for response, _, _ in dev for one in response.sentences])
    metrics = {
        "ragtruth dev sentence AP": round(average_precision(scores, bad), 4),
        "ragtruth dev sentence AUC": round(auc(scores, bad), 4),
        "toy pair accuracy": round(toy_accuracy(tier), 4),
    }
    print(metrics)
    return weights.save(folder, replace(manifest, metrics=metrics))


def toy_accuracy(tier: FirstTier) -> float:
    """How many of the pairs of the toy sentences get the higher score on the side of the bad one, 0..1."""
    right = []
    for seed in range(12):
        for pair in minimal.pairs([TOY], seed, each=6):
            held = Held(pair.evidence)
            good, bad = (tier.judge(text, held).probability for text in (pair.good, pair.bad))
            right.append(float(bad > good) + 0.5 * float(bad == good))
    return sum(right) / len(right)


def toy(seed: int = 7) -> tuple[Table, Trees, Any, float, float]:
    """A training of some seconds on invented sentences: table, trees, the library's model, loss before and after."""
    table = Table()
    documents = [
        tuple(line.replace("Larch", name) for line in TOY) for name in ("Larch", "Alder", "Rowan", "Birch") * 8
    ]
    for document in documents:
        for pair in minimal.pairs([document], seed, each=6):
            held = Held(pair.evidence)
            for text, bad in ((pair.good, False), (pair.bad, True)):
                table.add(read(text, held, Lexicon())[0], bad, "pairs", text)
        seed += 1
    trees, model = fit(table, seed, rounds=40)
    labels = np.array(table.labels, dtype=float)
    before = float(-np.log(np.where(labels > 0, labels.mean(), 1 - labels.mean())).mean())
    after = float(np.logaddexp(0.0, np.where(labels > 0, -1.0, 1.0) * trees.margins(np.array(table.figures))).mean())
    return table, trees, model, before, after


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=7_000)
    parser.add_argument("--responses", type=int, default=8_000)
    parser.add_argument("--toy", action="store_true")
    asked = parser.parse_args()
    if asked.toy or asked.data is None:
        *_, before, after = toy(asked.seed)
        print(f"loss {before:.3f} -> {after:.3f}")
    else:
        train(asked.data, asked.out, asked.minutes, asked.seed, asked.pairs, asked.responses)


if __name__ == "__main__":
    main()
