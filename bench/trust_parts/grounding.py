"""Grounding: every row of the trust table that the sentence detector answers for, with intervals by source.

`python -m bench.trust_parts.grounding DATA [--short]` prints them. The tiers are those shipped; the sums that join them
are fitted anew for each fifth of the sources on the other four, so that no source is judged by what was fitted on it.
`--rows FILE` reads what the tiers said, as `training.grounding_t1 --only join` keeps it, instead of asking them again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf import weights
from nutgraf.retrieve.encoder import FOLDER, OnnxEncoder
from nutgraf.text.memo import Memo
from nutgraf.trust.grounding.calibrate import expected_error
from nutgraf.trust.grounding.detector import WEIGHTS, Grounding
from nutgraf.trust.grounding.lexical import words_of
from training.grounding_data import Response
from training.grounding_t1.fit import CLAIMS, Row, collect, cross_fitted, load_rows, responses
from training.pairs import INVENTED

Floats = NDArray[np.float64]
Figure = tuple[float, float, float]
TASKS = {"QA": "qa", "Summary": "summary", "Data2txt": "data-to-text"}
TRANSFER = ("wice", "begin", "fool_me_twice", "halueval")
_RESAMPLES = 300
#: Kinds of the second generator that put in what the source does not hold.
_NEW = ("number", "date", "unit", "name_invented", "addition")


@dataclass(frozen=True)
class Case:
    """A response with what the detector says: probabilities of its sentences and of the whole, its
    thresholds (sentence, text), and how many sentences the network was asked about.
    """

    response: Response
    sentences: tuple[float, ...]
    whole: float
    limits: tuple[float, float]
    network: int
    unknown: tuple[float, ...]


def auc(scores: Floats, bad: Floats) -> float:
    """Area under the ROC curve, ties counted half."""
    order = np.argsort(scores, kind="stable")
    _, inverse, counts = np.unique(scores[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = np.empty(len(scores))
    ranks[order] = ((ends - counts + 1 + ends) / 2)[inverse]
    positive = bad.sum()
    negative = len(bad) - positive
    if not positive or not negative:
        return float("nan")
    return float((ranks[bad > 0].sum() - positive * (positive + 1) / 2) / (positive * negative))


def average_precision(scores: Floats, bad: Floats) -> float:
    """Mean precision at each bad one, worst first."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(bad[order])
    total = bad.sum()
    return float((hits / np.arange(1, len(bad) + 1) * bad[order]).sum() / total) if total else float("nan")


def f1(flags: Floats, bad: Floats) -> float:
    """F1 of 0/1 flags."""
    both = flags.sum() + bad.sum()
    return float(2 * (flags * bad).sum() / both) if both else float("nan")


def by_source(cases: Sequence[Case], figure: Callable[[Sequence[Case]], float], seed: int = 0) -> Figure:
    """A figure with its 95 % interval, sources drawn again with replacement."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.response.source].append(case)
    keys = list(groups)
    rng = np.random.default_rng(seed)
    picks = (rng.integers(0, len(keys), len(keys)) for _ in range(_RESAMPLES))
    drawn = [figure([case for k in pick for case in groups[keys[k]]]) for pick in picks]
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return figure(cases), float(low), float(high)


def _flat(cases: Sequence[Case], unknown: bool = False) -> tuple[Floats, Floats]:
    scores = [score for case in cases for score in (case.unknown if unknown else case.sentences)]
    bad = [float(sentence.bad) for case in cases for sentence in case.response.sentences]
    return np.array(scores), np.array(bad)


def _whole(cases: Sequence[Case]) -> tuple[Floats, Floats]:
    return np.array([case.whole for case in cases]), np.array([float(case.response.bad) for case in cases])


def _pairs_told(cases: Sequence[Case]) -> float:
    """Share of pairs whose false member scores higher; equal counts half."""
    sides: dict[str, dict[bool, float]] = defaultdict(dict)
    for case in cases:
        sides[case.response.id.split("|")[0]][case.response.bad] = case.whole
    told = [float(s[True] > s[False]) + 0.5 * (s[True] == s[False]) for s in sides.values() if len(s) == 2]
    return float(np.mean(told)) if told else float("nan")


def cases_of(found: Sequence[Response], rows: Sequence[Row]) -> list[Case]:
    """Responses with cross-fitted probabilities; `rows` are what the tiers said of their sentences, in order."""
    scores, texts, limits = cross_fitted(rows)
    cases: list[Case] = []
    at = 0
    for response in found:
        many = len(response.sentences)
        if not many:
            continue
        part = rows[at : at + many]
        known = frozenset(stem for line in response.lines for stem in words_of(line).stems)
        cases.append(
            Case(
                response, tuple(scores[at : at + many].tolist()), texts[part[0].text],
                (float(limits[at][0]), float(limits[at][1])), sum(not row.settled for row in part),
                tuple(_unknown(sentence.text, known) for sentence in response.sentences),
            )
        )  # fmt: skip
        at += many
    return cases


def _unknown(text: str, known: frozenset[str]) -> float:
    content = words_of(text).content_stems
    return sum(stem not in known for stem in content) / max(len(content), 1)


def timed(grounding: Grounding, found: Sequence[Response], many: int = 60) -> list[float]:
    """The CPU milliseconds of each sentence of some responses."""
    spent: list[float] = []
    for response in found[:: max(1, len(found) // many)]:
        with Memo().used():  # the evidence is read once, as in an answer
            grounding.ready(response.lines)
            for sentence in response.sentences:
                began = time.thread_time()
                grounding.detect([sentence.text], response.lines)
                spent.append(1000 * (time.thread_time() - began))
    return spent


def figures(
    data: Path, *, short: bool = False, tiers: Sequence[str] = ("t0", "t1"), kept: Path | None = None
) -> dict[str, float | Figure]:
    """All rows by name. `short` measures on an eighth of the sources; `kept` is a file of what the tiers said."""
    grounding = Grounding.load(tiers=tiers)
    asked = [one for one in responses(data, short=short) if one.sentences]
    rows = load_rows(kept) if kept else list(collect(grounding, asked))
    cases = cases_of(asked, rows)
    sets: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        sets[case.response.set].append(case)
    found: dict[str, float | Figure] = {}
    if sets["ragtruth"]:
        found |= _ragtruth(sets["ragtruth"])
        read = sum(case.network for case in sets["ragtruth"])
        found["share of sentences read by the network"] = read / sum(len(c.sentences) for c in sets["ragtruth"])
    found |= _others(sets)
    spent = timed(grounding, [case.response for case in sets["ragtruth"]])
    if spent:
        found["CPU ms a sentence, median"] = float(np.median(spent))
        found["CPU ms a sentence, p95"] = float(np.percentile(spent, 95))
    return found


def _ragtruth(cases: Sequence[Case]) -> dict[str, float | Figure]:
    def at(key: str, flat: Callable[[Sequence[Case]], tuple[Floats, Floats]]) -> Callable[[Sequence[Case]], float]:
        def figure(some: Sequence[Case]) -> float:
            scores, bad = flat(some)
            limits = [case.limits[0] for case in some for _ in case.sentences]
            found = np.array(limits if key == "sentence" else [case.limits[1] for case in some])
            return f1((scores >= found).astype(float), bad)

        return figure

    found: dict[str, float | Figure] = {
        "RAGTruth sentence AP": by_source(cases, lambda some: average_precision(*_flat(some))),
        "RAGTruth sentence AUC": by_source(cases, lambda some: auc(*_flat(some))),
        "RAGTruth sentence F1": by_source(cases, at("sentence", _flat)),
        "RAGTruth response F1": by_source(cases, at("text", _whole)),
        "RAGTruth response AUC": by_source(cases, lambda some: auc(*_whole(some))),
    }
    for task, name in TASKS.items():
        part = [case for case in cases if case.response.kind == task]
        if part:
            found[f"RAGTruth response F1, {name}"] = by_source(part, at("text", _whole))
            found[f"RAGTruth sentence AP, {name}"] = by_source(part, lambda some: average_precision(*_flat(some)))
            found[f"calibration error, {name}"] = by_source(part, lambda some: _error(*_flat(some)))
            found[f"calibration error of responses, {name}"] = _error(*_whole(part))
    whole = _whole(cases)[1]
    data_only = np.array([float(case.response.kind == "Data2txt") for case in cases])
    found["trivial: always, response F1"] = f1(np.ones(len(whole)), whole)
    found["trivial: only data-to-text, response F1"] = f1(data_only, whole)
    found["trivial: unknown words, sentence AP"] = average_precision(*_flat(cases, unknown=True))
    found["trivial: unknown words, sentence AUC"] = auc(*_flat(cases, unknown=True))
    if (FOLDER / "model.onnx").exists():
        scores, bad = _cosine(cases)
        found["trivial: encoder cosine, sentence AUC (a part)"] = auc(scores, bad)
        found["trivial: encoder cosine, sentence AP (a part)"] = average_precision(scores, bad)
    return found


def _cosine(cases: Sequence[Case], many: int = 90) -> tuple[Floats, Floats]:
    """One less the largest cosine of a sentence with a line, by the text encoder; every so many responses."""
    encoder = OnnxEncoder.load()
    part = cases[:: max(1, len(cases) // many)]
    scores: list[float] = []
    for case in part:
        lines = encoder.encode(case.response.lines)
        said = encoder.encode([sentence.text for sentence in case.response.sentences])
        scores += (1 - (said @ lines.T).max(axis=1)).tolist()
    return np.array(scores), _flat(part)[1]


def _error(scores: Floats, bad: Floats) -> float:
    return expected_error(scores.tolist(), bad.tolist())


def _others(sets: dict[str, list[Case]]) -> dict[str, float | Figure]:
    found: dict[str, float | Figure] = {}
    pairs = sets["pairs"]
    invented = [case for case in pairs if case.response.kind in INVENTED]
    rewired = [case for case in pairs if case.response.kind not in INVENTED]

    def of_whole(some: Sequence[Case]) -> float:
        return auc(*_whole(some))

    if invented and rewired:
        found["own pairs, invented: pair accuracy"] = by_source(invented, _pairs_told)
        found["own pairs, rewired: pair accuracy"] = by_source(rewired, _pairs_told)
        found["own pairs, rewired: AUC"] = by_source(rewired, of_whole)
        for kind in sorted({case.response.kind for case in pairs}):
            found[f"own pairs, {kind}: pair accuracy"] = _pairs_told([c for c in pairs if c.response.kind == kind])
    edits = sets["edits"]
    if edits:
        new = [case for case in edits if case.response.kind in _NEW]
        found["second generator, invented: pair accuracy"] = by_source(new, _pairs_told)
        found["second generator, all: pair accuracy"] = by_source(edits, _pairs_told)
        found["second generator, all: AUC"] = by_source(edits, of_whole)
        for kind in sorted({case.response.kind for case in edits}):
            found[f"second generator, {kind}: pair accuracy"] = _pairs_told(
                [case for case in edits if case.response.kind == kind]
            )
    intrinsic = [case for case in sets["bump"] if "Intrinsic" in case.response.kind]
    for name, part in (("BUMP intrinsic", intrinsic), *((name, sets[name]) for name in CLAIMS)):
        if part and len({case.response.bad for case in part}) == 2:
            found[f"{name}: AUC"] = by_source(part, of_whole)
            plain = np.array([max(case.unknown) for case in part])
            found[f"trivial: unknown words, {name}: AUC"] = auc(plain, _whole(part)[1])
    transfer = [found[f"{name}: AUC"] for name in TRANSFER if f"{name}: AUC" in found]
    if transfer:
        found["transfer, mean AUC"] = float(np.mean([f[0] if isinstance(f, tuple) else f for f in transfer]))
    wired = [found[k] for k in ("own pairs, rewired: AUC", "BUMP intrinsic: AUC", "summedits: AUC") if k in found]
    if wired:
        found["wired wrongly, mean AUC"] = float(np.mean([f[0] if isinstance(f, tuple) else f for f in wired]))
    return found


def _rounded(found: Mapping[str, float | Figure]) -> dict[str, Any]:
    return {
        name: [round(one, 3) for one in value] if isinstance(value, tuple) else round(value, 3)
        for name, value in found.items()
    }


def main() -> None:
    """Print the figures, and keep them where the weights are when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--short", action="store_true", help="an eighth of the sources")
    parser.add_argument("--rows", type=Path, help="what the tiers said, from the folder of the training")
    parser.add_argument("--tiers", nargs="+", default=["t0", "t1"])
    parser.add_argument("--write", action="store_true", help="put the figures into the manifest of the weights")
    options = parser.parse_args()
    found = figures(options.data, short=options.short, tiers=options.tiers, kept=options.rows)
    if options.write:
        manifest = weights.load(WEIGHTS / "t1")
        weights.save(WEIGHTS / "t1", replace(manifest, metrics={**manifest.metrics, "dev": _rounded(found)}))
    for name, value in found.items():
        if isinstance(value, tuple):
            print(f"{name:<55} {value[0]:.3f}  [{value[1]:.3f}, {value[2]:.3f}]")
        else:
            print(f"{name:<55} {value:.3f}")


if __name__ == "__main__":
    main()
