"""Train the first tier of grounding: `python -m training.grounding_t0 DATA [--work FOLDER] [--minutes 30]`.

DATA holds `ragtruth/` and the claim sets of `training/grounding_data.py`, and the documents of `training/pairs.py`.
Writes `trees.npz`, `lexicon.json`, `words.npz` and `manifest.json`; takes about ten minutes on one core. What was read
is kept in FOLDER, so that a second run goes on. `--without SET ...` leaves sets out, for figures of transfer. `--toy`
needs no DATA: it trains for some seconds on sentences of its own and prints the loss before and after.
Needs requirements/training.txt; the encoder whose word vectors are used is fetched by hash.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf import weights
from nutgraf.trust.grounding.features import NAMES, Lexicon
from nutgraf.trust.grounding.t0 import VECTORS, WEIGHTS, FirstTier, Held, read
from nutgraf.trust.grounding.trees import Trees
from tools.build_encoder import CACHE, fetch
from training import pairs as minimal
from training.grounding_data import Response, claims, ragtruth
from training.grounding_table import Floats, Table, fill, pair_responses, rarity, risks, vectors

VERSION = "2"
LICENCES = {
    "ragtruth": "MIT", "wice": "CC-BY-SA-4.0, ODC-BY-1.0", "begin": "CC-BY-4.0, CDLA-Sharing-1.0", "halueval": "MIT",
    "summedits": "Apache-2.0", "bump": "MIT", "factcheck_gpt": "Apache-2.0", "articles_18f": "CC0-1.0",
    "articles_digitalgov": "CC0-1.0", "articles_opensource_guide": "CC-BY-4.0",
    "articles_rust_blog": "MIT OR Apache-2.0", "courses_lessons": "CC-BY-4.0, MIT, CC0-1.0", "jobs_emscad": "CC0-1.0",
    "jobs_usgov_tts": "CC0-1.0", "posts_digitalgov_events": "CC0-1.0",
}  # fmt: skip
#: How much all sentences of a set weigh together.
SHARES = {
    "ragtruth": 1.0, "pairs": 0.2, "halueval": 0.2, "summedits": 0.25, "bump": 0.15, "begin": 0.12, "wice": 0.12,
    "factcheck_gpt": 0.03,
}  # fmt: skip
#: Responses of a set that are read before the next set has its turn.
PARTS = {"halueval": 1000, "summedits": 1500, "bump": 500, "factcheck_gpt": 1000, "ragtruth": 1200}
ROUNDS, GUESSES = 220, 2
SETTINGS = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 24, "max_depth": 6, "min_data_in_leaf": 40,
    "feature_fraction": 0.4, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 10.0, "num_threads": 1,
    "verbosity": -1, "deterministic": True, "force_row_wise": True, "boost_from_average": False,
}  # fmt: skip
TOY = (
    "Larch Bakery opened its third shop in Dunmere on Monday, March 4, 2019.",
    "The owner, Ada Quill, said that most customers may pay with a card after June.",
    "In 2021 Larch Bakery acquired Oven House for 12 million dollars.",
    "The shop is open for 9 hours and it provides free bread to 40 schools.",
    "It was not the first bakery that Oven House had sold in Westport.",
)


def fit(table: Table, seed: int, rounds: int = ROUNDS) -> tuple[Trees, Any]:
    """Boosted trees on a table, and the library's own model.

    Each set weighs its `SHARES` and starts from its own share of bad rows, so that how common they are in a set teaches
    nothing; the trees' base is that of RAGTruth. Of a false text whose sentences nobody marked, the sentence that the
    trees find worst is taken for the bad one, in `GUESSES` rounds.
    """
    import lightgbm

    figures, labels, sets = np.array(table.figures), np.array(table.labels, dtype=float), np.array(table.sets)
    sure, units = np.array(table.sure), np.array(table.units)
    settings = {**SETTINGS, "seed": seed} | ({"min_data_in_leaf": 2} if len(labels) < 2000 else {})
    weights, starts = _balanced(labels, sets)

    def fitted(rows: NDArray[np.intp]) -> Any:
        part = lightgbm.Dataset(
            figures[rows], labels[rows], weight=weights[rows], init_score=starts[rows], feature_name=list(NAMES)
        )
        return lightgbm.train(settings, part, num_boost_round=rounds)

    known, open_rows = np.flatnonzero(sure), np.flatnonzero(~sure)
    model = fitted(known)
    for _ in range(GUESSES if len(open_rows) else 0):
        worst: dict[str, tuple[float, int]] = {}
        for score, row in zip(model.predict(figures[open_rows], raw_score=True), open_rows, strict=True):
            worst[units[row]] = max(worst.get(units[row], (-99.0, 0)), (float(score), int(row)))
        model = fitted(np.concatenate((known, [row for _, row in worst.values()])))
    usual = "ragtruth" if "ragtruth" in table.sets else table.sets[0]
    return replace(exported(model), base=float(starts[sets == usual][0])), model


def _balanced(labels: Floats, sets: NDArray[np.str_]) -> tuple[Floats, Floats]:
    """The weight of each row, and the log-odds of a bad one in its set."""
    weights, starts = np.ones(len(labels)), np.zeros(len(labels))
    for name in np.unique(sets):
        rows = sets == name
        rate = min(max(float(labels[rows].mean()), 0.01), 0.99)
        starts[rows] = np.log(rate / (1 - rate))
        weights[rows] = SHARES.get(str(name), 0.1) * len(labels) / rows.sum()
    return weights, starts


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
    save_lexicon(lexicon, folder)
    return weights.save(folder, manifest)


def save_lexicon(lexicon: Lexicon, folder: Path) -> None:
    """Write what is known of stems, and what they mean."""
    words = {"rarity": lexicon.rarity, "risk": lexicon.risk, "usual": round(lexicon.usual, 4)}
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (folder / "lexicon.json").write_text(text, encoding="utf-8")
    if lexicon.vectors:
        lexicon.vectors.save(folder / VECTORS)


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


def lexicons(data: Path, responses: Sequence[Response]) -> list[Lexicon]:
    """What is known of stems: for each fold the lexicon that did not see it, then the one that saw all."""
    rare, meant = rarity(minimal.sources(data)), vectors(fetch(CACHE))
    return [Lexicon(rare, *one, meant) for one in risks(responses)]


def parts(
    data: Path, responses: Sequence[Response], many_pairs: int, seed: int
) -> Iterator[tuple[str, str, Iterable[Response]]]:
    """What is learned from, part by part so that every set has its turn: set, name of the part, responses."""
    yield "wice", "wice", claims(data, "train", "wice")
    yield "begin", "begin", claims(data, "train", "begin")
    kept = (one for one in minimal.sources(data) if not minimal.held_out(one[0]))
    yield "pairs", "pairs", pair_responses(kept, many_pairs, seed)
    sets = {name: by_hash(claims(data, "train", name)) for name in PARTS if name != "ragtruth"} | {
        "ragtruth": list(responses)
    }
    for turn in range(max(-(-len(sets[name]) // size) for name, size in PARTS.items())):
        for name, size in PARTS.items():
            if part := sets[name][turn * size : (turn + 1) * size]:
                yield name, f"{name}{turn}", part


def by_hash(responses: Iterable[Response]) -> list[Response]:
    """Responses in the order of their sources' hashes."""
    return sorted(responses, key=lambda one: (sha256(one.source.encode()).digest(), one.id))


def table_of(
    data: Path, work: Path, known: Sequence[Lexicon], responses: Sequence[Response], many_pairs: int, seed: int,
    minutes: float,
) -> Table:  # fmt: skip
    """Every part as one table. Parts are kept in `work`; after `minutes` no further part is begun."""
    began, table = time.monotonic(), Table()
    for name, part, found in parts(data, responses, many_pairs, seed):
        file = work / f"table-{part}.npz"
        if not file.exists():
            if time.monotonic() > began + 60 * minutes:
                print(f"time is up before {part}", flush=True)
                break
            one = Table()
            fill(one, found, known[:-1] if name == "ragtruth" else known[-1:], known[-1])
            one.save(file)
        table.load(file)
        print(f"{part}: {len(table.labels)} sentences, {time.monotonic() - began:.0f} s", flush=True)
    return table


def train(
    data: Path, work: Path, out: Path, minutes: float, seed: int, many_pairs: int, many: int,
    without: Sequence[str] = (),
) -> None:  # fmt: skip
    """The whole training, on `many_pairs` pairs and `many` RAGTruth responses at most, then its figures on dev."""
    began = time.monotonic()
    work.mkdir(parents=True, exist_ok=True)
    responses = by_hash(ragtruth(data, "train"))
    known = lexicons(data, responses)
    table = table_of(data, work, known, responses[:many], many_pairs, seed, minutes)
    trees, _ = fit(table.less(without), seed)
    manifest = weights.Manifest(
        name="grounding-t0", version=VERSION, licence="MIT, Apache-2.0", seed=seed,
        files={"trees.npz": "", "lexicon.json": "", VECTORS: ""}, command="python -m training.grounding_t0 DATA",
        data=sets_of(data, LICENCES),
        more={"features": list(NAMES), "sentences": dict(Counter(table.sets)), "trees": len(trees.roots)},
    )  # fmt: skip
    print(save(out, trees, known[-1], manifest).id, f"{time.monotonic() - began:.0f} s", flush=True)
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
    parser.add_argument("--work", type=Path, help="folder for what was read, to go on from")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=3_500)
    parser.add_argument("--responses", type=int, default=6_000)
    parser.add_argument("--without", nargs="+", default=[], help="sets to leave out")
    parser.add_argument("--toy", action="store_true")
    asked = parser.parse_args()
    if asked.toy or asked.data is None:
        *_, before, after = toy(asked.seed)
        print(f"loss {before:.3f} -> {after:.3f}")
    else:
        with tempfile.TemporaryDirectory() as folder:
            work = asked.work or Path(folder)
            train(asked.data, work, asked.out, asked.minutes, asked.seed, asked.pairs, asked.responses, asked.without)


if __name__ == "__main__":
    main()
