"""Figures of the first tier of grounding alone: RAGTruth by task, own minimal pairs by kind, transfer sets, time."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nutgraf.trust.grounding.t0 import FirstTier
from training.grounding_data import CLAIM_SETS, Response, claims, ragtruth
from training.grounding_table import read_together
from training.pairs import INVENTED, pairs, sources

Figure = float | tuple[float, float, float]
Floats = NDArray[np.float64]
#: Errors of BUMP that put the facts of the article together wrongly.
REWIRED = ("Intrinsic", "Predicate", "Coreference")
OWN_REWIRED = ("number-swap", "name-swap", "role-swap", "negation")


def auc(scores: Floats, bad: Floats) -> float:
    """The probability that a bad one scores above a good one; ties count half."""
    if not 0 < bad.sum() < len(bad):
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    many = bad.sum()
    return float((ranks[bad > 0].sum() - many * (many + 1) / 2) / (many * (len(bad) - many)))


def average_precision(scores: Floats, bad: Floats) -> float:
    """The mean precision at each bad one, from the highest score down."""
    order = np.argsort(-scores, kind="stable")
    hits = bad[order]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits > 0].mean()) if hits.any() else float("nan")


def best_f1(scores: Floats, bad: Floats) -> float:
    """F1 at the best single threshold."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(bad[order])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + bad.sum())).max())


def interval(
    measure: Callable[[Floats, Floats], float], scores: Floats, bad: Floats, groups: Sequence[str], times: int
) -> tuple[float, float, float]:
    """A figure with its 95 % bootstrap interval over whole sources."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        places[group].append(place)
    chunks = [np.array(one) for one in places.values()]
    rng = np.random.default_rng(7)
    drawn = []
    for _ in range(times):
        rows = np.concatenate([chunks[i] for i in rng.integers(0, len(chunks), len(chunks))])
        drawn.append(measure(scores[rows], bad[rows]))
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return measure(scores, bad), float(low), float(high)


def scored(tier: FirstTier, responses: Iterable[Response]) -> list[tuple[Response, list[float], list[str]]]:
    """Each response with the score of each sentence and the kind of its veto."""
    found = []
    source, held = "", None
    for response in responses:
        if held is None or response.lines != held.index.lines or response.source != source:
            source, held = response.source, tier.held(response.lines)
        judged = [tier.judge(sentence.text, held, before) for sentence, before, _ in read_together(response)]
        vetoes = [one.compared.veto.label if one.compared.veto else "" for one in judged]
        found.append((response, [one.probability for one in judged], vetoes))
    return found


def figures(data: Path, *, short: bool) -> dict[str, Figure]:
    """Every figure of the first tier, with intervals where there is a sample to draw from."""
    tier = FirstTier.load()
    times = 40 if short else 200
    found: dict[str, Figure] = {}
    responses = list(ragtruth(data, "dev"))
    few = set(sorted({response.source for response in responses})[::6])
    dev = scored(tier, [response for response in responses if not short or response.source in few])
    found |= _ragtruth(dev, times)
    found |= _vetoes(dev)
    found |= _transfer(tier, data, times)
    found |= _pairs(tier, data, 1500 if short else 8000, times)
    found |= _time(tier, responses, 20 if short else 80)
    return found


def _ragtruth(dev: list[tuple[Response, list[float], list[str]]], times: int) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for task in ("", "QA", "Summary", "Data2txt"):
        kept = [(response, scores) for response, scores, _ in dev if task in ("", response.kind)]
        flat = np.array([score for _, scores in kept for score in scores])
        bad = np.array([float(one.bad) for response, _ in kept for one in response.sentences])
        groups = [response.source for response, _ in kept for _ in response.sentences]
        name = f"RAGTruth dev {task or 'all'}"
        found[f"{name}: sentence AP"] = interval(average_precision, flat, bad, groups, times)
        found[f"{name}: sentence AUC"] = interval(auc, flat, bad, groups, times)
        found[f"{name}: sentence best F1"] = best_f1(flat, bad)
        most = np.array([max(scores, default=0.0) for _, scores in kept])
        whole = np.array([float(response.bad) for response, _ in kept])
        found[f"{name}: response best F1 (max rule)"] = best_f1(most, whole)
    return found


def _vetoes(dev: list[tuple[Response, list[float], list[str]]]) -> dict[str, Figure]:
    kinds = [
        (veto, one.bad) for response, _, vetoes in dev for veto, one in zip(vetoes, response.sentences, strict=True)
    ]
    hits = [bad for veto, bad in kinds if veto]
    return {
        "vetoes on RAGTruth dev: precision": sum(hits) / max(len(hits), 1),
        "vetoes on RAGTruth dev: many": float(len(hits)),
    }


def _transfer(tier: FirstTier, data: Path, times: int) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for name in CLAIM_SETS:
        judged = scored(tier, claims(data, "dev", name))
        most = np.array([max(scores, default=0.0) for _, scores, _ in judged])
        bad = np.array([float(response.bad) for response, _, _ in judged])
        groups = [response.source for response, _, _ in judged]
        found[f"{name}: AUC"] = interval(auc, most, bad, groups, times)
        if name == "bump":
            kept = [i for i, (response, _, _) in enumerate(judged) if response.kind.startswith(REWIRED)]
            found["bump rewired: AUC"] = interval(auc, most[kept], bad[kept], [groups[i] for i in kept], times)
    four = [found[f"{name}: AUC"] for name in ("wice", "begin", "fool_me_twice", "halueval")]
    found["transfer: mean AUC"] = sum(one[0] if isinstance(one, tuple) else one for one in four) / len(four)
    return found


def _pairs(tier: FirstTier, data: Path, many: int, times: int) -> dict[str, Figure]:
    rows: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    held, key = None, ""
    for pair in islice(pairs(sources(data, "dev"), 11), many):
        if held is None or key != pair.source:
            key, held = pair.source, tier.held(pair.evidence)
        good, bad = (tier.judge(text, held).probability for text in (pair.good, pair.bad))
        rows[pair.kind].append((good, bad, pair.source))
    found: dict[str, Figure] = {}
    groups = {kind: [kind] for kind in rows} | {"invented": list(INVENTED), "rewired": list(OWN_REWIRED)}
    for name, kinds in groups.items():
        kept = [row for kind in kinds for row in rows.get(kind, [])]
        if not kept:
            continue
        right = np.array([float(bad > good) + 0.5 * float(bad == good) for good, bad, _ in kept])
        sources_of = [source for _, _, source in kept]
        found[f"pairs {name}: accuracy"] = interval(
            lambda scores, _: float(scores.mean()), right, right, sources_of, times
        )
        flat = np.array([score for good, bad, _ in kept for score in (good, bad)])
        found[f"pairs {name}: AUC"] = auc(flat, np.array([0.0, 1.0] * len(kept)))
    return found


def _time(tier: FirstTier, responses: list[Response], many: int) -> dict[str, Figure]:
    built, spent = [], []
    for response in random.Random(5).sample(responses, many):
        began = time.thread_time()
        held = tier.held(response.lines)
        built.append(time.thread_time() - began)
        for sentence in response.sentences:
            began = time.thread_time()
            tier.judge(sentence.text, held)
            spent.append(time.thread_time() - began)
    return {
        "evidence read: p50 ms": 1e3 * float(np.percentile(built, 50)),
        "evidence read: p95 ms": 1e3 * float(np.percentile(built, 95)),
        "sentence: p50 ms": 1e3 * float(np.percentile(spent, 50)),
        "sentence: p95 ms": 1e3 * float(np.percentile(spent, 95)),
    }


if __name__ == "__main__":
    import sys

    for name, figure in figures(Path(sys.argv[1]), short="--short" in sys.argv).items():
        print(f"{name:50}", " ".join(f"{one:.3f}" for one in (figure if isinstance(figure, tuple) else (figure,))))
