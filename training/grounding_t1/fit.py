"""Joins the tiers: figures of development sentences, logistic sums, scales and thresholds, written into the manifest.

What is released is fitted on all development sources. The figures of `bench/trust_parts/grounding.py` are cross-fitted:
sources are in one of `FOLDS` parts by hash, and each part is judged by sums that were fitted on the others. RAGTruth
sets the scales; the other sets keep the sum from being RAGTruth's alone.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf import weights
from nutgraf.trust.grounding.calibrate import ANY, Calibration
from nutgraf.trust.grounding.detector import Grounding, Joined
from nutgraf.trust.grounding.stack import T0_FIGURES, T1_FIGURES, TEXT_FIGURES, Linear, of_text
from training.grounding_data import Response, Sentence, claims, ragtruth
from training.grounding_t1.edits import Pool, names_in, numbers_in, pair, words_in
from training.grounding_t1.prepare import MARKUP
from training.grounding_table import read_together
from training.pairs import pairs, sources

Floats = NDArray[np.float64]
FOLDS = 5
#: Weight of each set in the sum; own pairs count as "pairs".
SHARES = {
    "ragtruth": 0.50, "pairs": 0.04, "edits": 0.08, "summedits": 0.12, "bump": 0.08, "begin": 0.05, "halueval": 0.07,
    "wice": 0.05, "factcheck_gpt": 0.03,
}  # fmt: skip
#: Weight of each set in the sum for a whole text.
TEXT_SHARES = {"ragtruth": 0.6, "summedits": 0.1, "bump": 0.08, "begin": 0.08, "halueval": 0.14}
CLAIMS = ("summedits", "bump", "wice", "begin", "halueval", "factcheck_gpt", "fool_me_twice")
_RIDGE = 1.0
NAME = "grounding-t1"
_SAME_SIGN = ("t0", "veto", "cross", "cross-most", "most", "second", "three", "any", "mean")


@dataclass(frozen=True)
class Row:
    """One development sentence: where it is from, whether it is bad, what the tiers say."""

    set: str
    kind: str
    source: str
    unit: str
    unit_bad: bool
    bad: bool
    record: bool
    settled: bool
    figures: dict[str, float]
    lines: int = 0

    @property
    def text(self) -> tuple[str, str, str, bool]:
        """The text that the sentence is part of."""
        return self.set, self.source, self.unit, self.unit_bad


def fold_of(source: str) -> int:
    """Which part a source is in."""
    return hashlib.sha256(f"stack {source}".encode()).digest()[0] % FOLDS


def own_pairs(data: Path, many: int, seed: int = 5) -> Iterator[Response]:
    """Both members of pairs made from the sources of the dev parts, which no training saw."""
    documents = list(sources(data, "dev"))
    for number, made in enumerate(pairs(documents, seed)):
        if number >= many:
            return
        for bad, text in ((False, made.good), (True, made.bad)):
            spans = (made.span,) if bad else ()
            yield Response(
                "pairs",
                f"{number}|{int(bad)}",
                made.source,
                made.kind,
                made.evidence,
                (Sentence(text, bad, spans),),
                bad,
            )


def edited_pairs(data: Path, many: int, seed: int = 9) -> Iterator[Response]:
    """The same from the generator that the network learned from and the trees did not; half of them edit the line."""
    rng, number, far = Random(seed), 0, [""]
    for lines in sources(data, "dev"):
        usable = [at for at, line in enumerate(lines) if 40 < len(line) < 260 and not MARKUP.search(line)]
        text = " ".join(lines[:60])
        pool = Pool(names_in(text), numbers_in(text), words_in(text)[:400], far[-400:])
        far.extend(pool.names[:12])
        for at in rng.sample(usable, min(3, len(usable))):
            made = pair(lines[at], pool, rng)
            if made is None or number >= many:
                continue
            for bad, claim, line in ((False, made.good, made.good_line), (True, made.bad, made.bad_line)):
                shown = (*lines[:at], line, *lines[at + 1 :])[max(0, at - 30) : at + 30]
                yield Response(
                    "edits", f"{number}|{int(bad)}", lines[0], made.kind, shown, (Sentence(claim, bad),), bad
                )
            number += 1


def responses(data: Path, *, short: bool, many_pairs: int = 400) -> Iterator[Response]:
    """All development responses: RAGTruth, own pairs, the other sets. `short` takes about an eighth."""

    def kept(found: Iterable[Response]) -> Iterator[Response]:
        for one in found:
            if not short or hashlib.sha256(one.source.encode()).digest()[1] < 32:
                yield one

    yield from kept(ragtruth(data, "dev"))
    yield from own_pairs(data, many_pairs // 6 if short else many_pairs)
    yield from edited_pairs(data, many_pairs // 6 if short else many_pairs)
    for name in CLAIMS:
        yield from kept(claims(data, "dev", name))


def collect(grounding: Grounding, found: Iterable[Response], *, always: bool = True) -> Iterator[Row]:
    """What the tiers say of every sentence of the responses; `always` asks the network even where T0 is sure."""
    for response in found:
        ready = grounding.ready(response.lines)
        for sentence, before, asks in read_together(response):
            bad = sentence.bad and not (asks and response.set == "halueval")  # the question itself is not false
            signals = grounding.signals(sentence.text, ready, before=before, always=always)
            yield Row(
                response.set, response.kind, response.source, response.id, response.bad, bad, ready.record,
                grounding.settled(signals, sentence.text), signals.figures(), len(response.lines),
            )  # fmt: skip


def save_rows(rows: Sequence[Row], path: Path) -> None:
    """Rows as JSON lines, so that fitting again costs seconds."""
    path.write_text("\n".join(json.dumps(asdict(row)) for row in rows) + "\n", encoding="utf-8")


def load_rows(path: Path) -> list[Row]:
    """Rows as `save_rows` wrote them."""
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def logistic(x: Floats, y: Floats, w: Floats, ridge: float = _RIDGE) -> tuple[Floats, float]:
    """Weights and bias of a ridge logistic regression by Newton's method; `w` weighs the rows."""
    mean, spread = np.average(x, axis=0, weights=w), x.std(axis=0) + 1e-9
    z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    beta = np.zeros(z.shape[1])
    penalty = np.diag([ridge] * x.shape[1] + [1e-6])
    for _ in range(40):
        p = 1 / (1 + np.exp(-z @ beta))
        slope = z.T @ (w * (p - y)) + penalty @ beta
        step = np.linalg.solve((z * (w * p * (1 - p))[:, None]).T @ z + penalty, slope)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    weights = beta[:-1] / spread
    return weights, float(beta[-1] - weights @ mean)


def linear(
    names: Sequence[str], figures: Sequence[dict[str, float]], y: Floats, w: Floats, sets: Sequence[str] = ()
) -> Linear:
    """A logistic sum over the named figures; those that must not speak for a sentence are dropped when they do.

    With `sets`, each set has its own bias while fitting, so that how common bad ones are in a set teaches nothing; the
    bias that is kept is that of the first set of `SHARES`.
    """
    names = list(names)
    others = [name for name in list(SHARES)[1:] if name in sets]
    apart = np.array([[float(one == name) for name in others] for one in sets]).reshape(len(y), len(others))
    while True:
        x = np.array([[row[name] for name in names] for row in figures])
        weights, bias = logistic(np.column_stack([x, apart]), y, w)
        weights = weights[: len(names)]
        wrong = [n for n, v in zip(names, weights, strict=True) if n in _SAME_SIGN and v < 0]
        if not wrong:
            return Linear({n: round(float(v), 5) for n, v in zip(names, weights, strict=True)}, round(bias, 5))
        names.remove(min(wrong, key=lambda name: weights[names.index(name)]))


def scales(margins: Floats, y: Floats, record: NDArray[np.bool_]) -> dict[str, list[float]]:
    """Platt scales for any kind, for records and for prose."""
    found = {}
    for kind, mask in ((ANY, np.ones(len(y), bool)), ("record", record), ("prose", ~record)):
        if 10 < y[mask].sum() < mask.sum() - 10:
            weights, bias = logistic(margins[mask][:, None], y[mask], np.ones(int(mask.sum())), 1e-3)
            found[kind] = [round(float(weights[0]), 5), round(bias, 5)]
    return found


def best_threshold(scores: Floats, y: Floats) -> float:
    """The threshold with the highest F1."""
    order = np.argsort(-scores)
    hits = np.cumsum(y[order])
    f1 = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    at = int(f1.argmax())
    low = scores[order][at + 1] if at + 1 < len(y) else 0.0
    return round(float((scores[order][at] + low) / 2), 4)


def join(rows: Sequence[Row]) -> dict[str, Any]:
    """`sums`, `calibration` and `thresholds` for the manifest, fitted on all rows."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.set] += 1
    used = [row for row in rows if row.set in SHARES]
    y = np.array([float(row.bad) for row in used])
    w = np.array([SHARES[row.set] * len(used) / counts[row.set] for row in used])
    figures, sets = [row.figures for row in used], [row.set for row in used]
    sums = {"alone": linear(T0_FIGURES, figures, y, w, sets)}
    has_cross = all("cross" in one for one in figures)
    if has_cross:
        sums["both"] = linear(T1_FIGURES, figures, y, w, sets)
    sums.setdefault("both", sums["alone"])
    rag = [row for row in rows if row.set == "ragtruth"]
    truth, record = np.array([float(r.bad) for r in rag]), np.array([r.record for r in rag])
    calibration = {
        name: scales(np.array([sums[name].margin(r.figures) for r in rag]), truth, record) for name in ("alone", "both")
    }
    floor = veto_floor(rows)
    sentence = best_threshold(scored(rag, sums, calibration, floor), truth)
    told = [row for row in rows if row.set in TEXT_SHARES]
    text, text_scales, threshold = _texts(told, scored(told, sums, calibration, floor))
    calibration["text"] = text_scales
    return {
        "sums": {name: {"weights": dict(s.weights), "bias": s.bias} for name, s in {**sums, "text": text}.items()},
        "calibration": calibration,
        "thresholds": {"sentence": sentence, "text": threshold, "veto": max(floor, sentence)},
    }


def read_joined(found: dict[str, Any]) -> Joined:
    """What `join` found, as the detector reads it."""
    return Joined.read(
        weights.Manifest(
            name=NAME, version="", licence="", command="", seed=0, thresholds=found["thresholds"],
            calibration=found["calibration"], more={"sums": found["sums"]},
        )
    )  # fmt: skip


def cross_fitted(rows: Sequence[Row]) -> tuple[Floats, dict[tuple[str, str, str, bool], float], Floats]:
    """The probability of each row and of each text by sums fitted on the other parts, and the thresholds of each row.

    The thresholds have shape (rows, 2): for a sentence and for a text.
    """
    found, limits = np.zeros(len(rows)), np.zeros((len(rows), 2))
    texts: dict[tuple[str, str, str, bool], float] = {}
    folds = [fold_of(row.source) for row in rows]
    for fold in range(FOLDS):
        part = [i for i, one in enumerate(folds) if one == fold]
        fitted = join([row for row, one in zip(rows, folds, strict=True) if one != fold])
        joined = read_joined(fitted)
        sums = {name: Linear(one["weights"], one["bias"]) for name, one in fitted["sums"].items()}
        found[part] = scored([rows[i] for i in part], sums, fitted["calibration"], fitted["thresholds"]["veto"])
        limits[part] = [fitted["thresholds"]["sentence"], fitted["thresholds"]["text"]]
        units: dict[tuple[str, str, str, bool], list[int]] = defaultdict(list)
        for i in part:
            units[rows[i].text].append(i)
        for text, at in units.items():
            first = rows[at[0]]
            texts[text] = joined.whole([float(found[i]) for i in at], first.record, first.lines)
    return found, texts, limits


def veto_floor(rows: Sequence[Row]) -> float:
    """How often a finding that decides alone is right, over RAGTruth."""
    right = [row.bad for row in rows if row.set == "ragtruth" and row.figures["veto"]]
    return round(sum(right) / len(right), 3) if right else 0.9


def scored(rows: Sequence[Row], sums: dict[str, Linear], calibration: dict[str, Any], floor: float) -> Floats:
    """The probability of each row as the detector gives it; `floor` is the least that a veto is worth."""
    read = {name: Calibration.read(calibration[name]) for name in ("alone", "both")}
    found = []
    for row in rows:
        name = "alone" if row.settled or "cross" not in row.figures else "both"
        kinds = ("record" if row.record else "prose",)
        score = read[name].probability(sums[name].margin(row.figures), kinds)
        found.append(max(score, floor) if row.figures["veto"] else score)
    return np.array(found)


def _texts(rows: Sequence[Row], probabilities: Floats) -> tuple[Linear, dict[str, list[float]], float]:
    """The sum for a whole text, fitted on all sets that weigh something; its scales and threshold are RAGTruth's."""
    units: dict[tuple[str, str, str, bool], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        units[row.text].append(at)
    firsts = [rows[at[0]] for at in units.values()]
    figures = [
        of_text([float(probabilities[i]) for i in at], first.record, first.lines)
        for at, first in zip(units.values(), firsts, strict=True)
    ]
    y, sets = np.array([float(first.unit_bad) for first in firsts]), [first.set for first in firsts]
    w = np.array([TEXT_SHARES[name] * len(sets) / sets.count(name) for name in sets])
    total = linear(TEXT_FIGURES, figures, y, w, sets)
    rag = np.array([name == "ragtruth" for name in sets])
    record = np.array([first.record for first in firsts])[rag]
    margins = np.array([total.margin(one) for one in figures])[rag]
    found = scales(margins, y[rag], record)
    read = Calibration.read(found)
    kinds = ["record" if flag else "prose" for flag in record]
    probability = np.array([read.probability(float(m), (kind,)) for kind, m in zip(kinds, margins, strict=True)])
    return total, found, fair_threshold(probability, y[rag], [one.kind for one in firsts if one.set == "ragtruth"])


def fair_threshold(scores: Floats, y: Floats, kinds: Sequence[str]) -> float:
    """The threshold with the highest mean F1 over the kinds of texts, so that none is won at another's cost."""
    groups = [np.array([kind == one for kind in kinds]) for one in sorted(set(kinds))]
    limits = np.unique(np.round(scores, 3))[:: max(1, len(scores) // 400)]

    def mean(limit: float) -> float:
        flags = scores >= limit
        return float(np.mean([2 * (flags & (y > 0))[g].sum() / max(flags[g].sum() + y[g].sum(), 1) for g in groups]))

    return round(float(max(limits, key=mean)), 4)
