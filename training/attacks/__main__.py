"""Train everything about hostile input: `python -m training.attacks DATA [--out FOLDER] [--toy] [--epochs N]`.

DATA holds the sets that `training/attacks/data.py` names. numpy alone, one thread, seeded, about six minutes on a quiet
core. Three models leave a third of the attacks out each; what they say of that third fits the offsets, the calibration
and the second layer. Thresholds are the 99th percentile on professional texts that nothing was learned from.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.ngrams import Linear
from nutgraf.trust.attacks.content import Layer
from nutgraf.trust.attacks.detector import LABELS, WEIGHTS, Attacks
from nutgraf.trust.attacks.rules import FLAGS
from nutgraf.trust.attacks.stack import row
from nutgraf.weights import Manifest, save
from training.attacks import honest
from training.attacks import layer as second
from training.attacks.data import (
    HEADS,
    Data,
    Document,
    Sample,
    attacks,
    benign,
    distinct,
    documents,
    fold,
    normal,
    own,
    professional,
)  # fmt: skip
from training.attacks.evaluate import attack_rates
from training.attacks.ngram import Matrix, fit, logits, matrix

FOLDS = 3
#: Which share of professional texts each head may flag when offsets are set, and how many XSTest safe questions.
BUDGET = {"injection": 0.004, "jailbreak": 0.0025, "harmful": 0.0015, "self-harm": 0.001}
BUDGET_SAFE = 0.006
#: The share of professional texts of each kind that thresholds let be refused: below 1 %, as it is an estimate.
REFUSED = 0.008
LAYER = ("hidden", "hidden_bias", "out", "out_bias")
EMPTY = Layer(*(np.zeros(shape, np.float32) for shape in ((1, 1), (1,), (1,), ())))
BLANK = Manifest(name="attacks", version="1", licence="Apache-2.0", command="python -m training.attacks DATA", seed=3)


def bare(model: Linear) -> Attacks:
    """A detector whose numbers are not fitted yet."""
    return Attacks(BLANK, model, EMPTY, EMPTY, np.zeros(len(LABELS), np.float32), 1.0, 0.0, 1.0, 0.0, 0.5, 0.5)


def quantile(values: Any, weights: Any, at: float) -> float:
    """The value below which a share `at` of the weight lies."""
    order = np.argsort(values)
    whole = np.cumsum(np.asarray(weights)[order])
    return float(np.asarray(values)[order][min(len(order) - 1, np.searchsorted(whole, at * whole[-1]))])


def calm_texts(data: Data, found: list[Document], part: str = "fit") -> list[list[str]]:
    """Professional texts to fit thresholds on, three kinds of the same weight: documents, sentences, questions."""
    asked = [row["text"] for name in ("intent_clinc150", "intent_banking77") for row in data.load(name, "dev")]
    held = [d for d in found if d.part == part]
    lines = [text for d in held for text in d.text[:4000].split("\n") if len(text) > 40]
    return [
        [d.text[:3000] for d in held],
        lines[:: max(1, len(lines) // 2500)],
        asked[1 if part == "limit" else 0 :: 4],
    ]


def looked(detector: Attacks, texts: list[str]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Logits of LABELS and stack features of every window and reading of the texts, and where each text begins."""
    looks = [detector._looks(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(some) for some in looks])[:-1]])
    logits_of = np.stack([look.logits[: len(LABELS)] for some in looks for look in some])
    return logits_of, np.stack([look.features for some in looks for look in some]), starts


def platt(bad: Any, good: Any) -> tuple[float, float]:
    """Slope and shift of a logistic from margins, bad and good of the same weight."""
    x = np.concatenate([bad, good]).clip(-12, 12)
    y = np.concatenate([np.ones(len(bad)), np.zeros(len(good))])
    w = np.where(y > 0, 0.5 / len(bad), 0.5 / len(good))
    slope, shift = 1.0, 0.0
    for _ in range(300):
        p = 1 / (1 + np.exp(-np.clip(slope * x + shift, -30, 30)))
        grad = np.array([(w * (p - y) * x).sum() + 1e-4 * slope, (w * (p - y)).sum()])
        curve = w * p * (1 - p)
        cross = (curve * x).sum()
        hess = np.array([[(curve * x * x).sum() + 1e-4, cross], [cross, curve.sum() + 1e-4]])
        step = np.clip(np.linalg.solve(hess, grad), -0.5, 0.5)
        slope, shift = slope - step[0], shift - step[1]
    return float(slope), float(shift)


def fold_models(data: Matrix, samples: list[Sample], epochs: int) -> tuple[list[Linear], NDArray[np.float32]]:
    """A model for each fold without its samples, and for every row the logits of the model that never saw it."""
    number = np.array([fold(s, FOLDS) for s in samples])[data.of]
    out = np.zeros((len(data), len(HEADS)), np.float32)
    models = []
    for k in range(FOLDS):
        model, _ = fit(data, np.flatnonzero(number != k), epochs=epochs)
        left = np.flatnonzero(number == k)
        out[left] = logits(model, data, left)
        models.append(model)
    return models, out


#: How much more often the stack sees a harmless text of a source that is known to be hard.
HARD = {"rt_xstest": 12.0, "own_benign": 8.0, "own_everyday": 2.0, "own_ordinary": 2.0, "rt_benign_mitre_frr": 2.0}


def calibrated(
    model: Linear, texts: list[list[str]], table: Matrix, samples: list[Sample], unseen: Any, without: Any = None
) -> Attacks:
    """A detector with offsets, stack, calibration and threshold fitted on what was never seen; `without` marks samples
    to leave out.
    """
    final = bare(model)
    kinds = [looked(final, some) for some in texts if some]
    tops = [np.maximum.reduceat(logit, starts) for logit, _, starts in kinds]
    weight = np.concatenate([np.full(len(k), 1 / len(k)) for k in tops])
    every = np.concatenate(tops)
    marks = [quantile(every[:, at], weight, 1 - BUDGET[label]) for at, label in enumerate(LABELS)]
    safe = np.array([s.source == "rt_xstest" and s.labels.get("harmful") == 0 for s in samples])[table.of]
    if safe.any():
        marks[2] = max(marks[2], float(np.quantile(unseen[safe, 2], 1 - BUDGET_SAFE)))
    x = np.stack([row(t, u, f) for t, u, f in zip(table.texts, unseen, table.flags, strict=True)])
    bad = table.target[:, :3].max(1) > 0.5
    only_harm = (table.target[:, :2].max(1) < 0.5) & bad
    drawn = table.weight[:, :4].max(1) * np.where(only_harm, 0.4, 1.0)
    drawn *= np.where(bad, 1.0, np.array([HARD.get(s.source, 1.0) for s in samples])[table.of])
    own = table.target[:, 3] > 0.5
    use = np.flatnonzero(~own & (True if without is None else ~np.asarray(without)[table.of]))
    calm = np.concatenate([features for _, features, _ in kinds])
    every_x, every_y = np.concatenate([x[use], calm]), np.concatenate([bad[use], np.zeros(len(calm))])
    stack = second.fit(every_x, every_y, np.concatenate([drawn[use], np.full(len(calm), 1.0)]), steps=4000)
    whole = [np.maximum.reduceat(stack.logits(features), starts) for _, features, starts in kinds]
    limit = quantile(np.concatenate(whole), weight, 0.99)
    if safe.any():
        limit = max(limit, float(np.quantile(stack.logits(x[safe]), 1 - BUDGET_SAFE)))
    slope, shift = platt(stack.logits(x[use][bad[use]]), np.concatenate([stack.logits(x[use][~bad[use]]), *whole]))
    threshold = float(1 / (1 + np.exp(-(slope * limit + shift))))
    offsets = np.asarray(marks, np.float32)
    return replace(final, stack=stack, offsets=offsets, slope=slope, shift=shift, threshold=threshold)


def layered(final: Attacks, models: list[Linear], data: Data, found: list[Document], count: int) -> Attacks:
    """The second layer, its calibration and its threshold: the 99th percentile of clean documents' worst sentence."""
    learn = [d for d in found if d.part == "fit"]
    planted = list(second.planted(data, learn, FOLDS, count=count))
    x, y, sizes = second.rows([bare(m) for m in models], planted)
    fitted = second.fit(x, y)
    raw = fitted.logits(x)
    worst = np.maximum.reduceat(raw, np.concatenate([[0], np.cumsum(sizes)[:-1]]))
    bad = np.array([one.end > 0 for one in planted])
    slope, shift = platt(worst[bad], worst[~bad])
    with_layer = replace(final, layer=fitted, content_slope=slope, content_shift=shift)
    texts = [d.text[:6000] for d in found if d.part == "fit"]
    limit = float(np.quantile([float(fitted.logits(with_layer.sentences(t)[1]).max()) for t in texts], 0.99))
    return replace(with_layer, content_threshold=float(1 / (1 + np.exp(-(slope * limit + shift)))))


def limited(final: Attacks, texts: list[list[str]]) -> Attacks:
    """The detector with thresholds from texts that neither heads nor stack nor layer saw. At most REFUSED of the
    messages of each kind (documents, lines, questions) may be refused; of content 1 % of documents and lines together.
    """
    refused = [float(np.quantile([final.detect(text).score for text in some], 1 - REFUSED)) for some in texts if some]
    marked = [[final.scan(text).score for text in some[:: 1 + len(some) // 800]] for some in texts[:2] if some]
    weight = np.concatenate([np.full(len(some), 1 / len(some)) for some in marked])
    content = quantile(np.concatenate([np.asarray(some) for some in marked]), weight, 0.99)
    return replace(
        final, threshold=max(final.threshold, *refused), content_threshold=max(final.content_threshold, content)
    )


def main() -> None:
    """Train, calibrate, measure and write the weights."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("data", type=Path)
    ask.add_argument("--out", type=Path, default=WEIGHTS)
    ask.add_argument("--epochs", type=int, default=6)
    ask.add_argument("--toy", action="store_true", help="a tenth of everything, in about a minute")
    asked = ask.parse_args()
    data = Data(asked.data)
    found = list(documents(data))
    texts = [d for d in found if d.part == "train"]
    barred = {
        normal(r["text"]) for p in sorted(asked.data.glob("rt_*")) for r in data.load(p.name, "dev") if "text" in r
    }
    barred |= {normal(row["text"]) for row in own("benign") if row["part"] == "test"}
    small = asked.toy
    samples = distinct(
        [*attacks(data, small=small), *benign(data, small=small), *professional(texts, every=0.1 if small else 1)],
        barred,
    )
    print(f"{len(samples)} samples, {len(found)} documents", flush=True)
    table = matrix(samples)
    models, unseen = fold_models(table, samples, asked.epochs)
    calm = calm_texts(data, found)
    final = calibrated(fit(table, epochs=asked.epochs)[0], calm, table, samples, unseen)
    final = layered(final, models, data, found, 100 if small else 2700)
    held = calm_texts(data, found, "limit")
    final = limited(final, held)
    out = np.array([honest.left_out(s) for s in samples])
    apart = fit(table, np.flatnonzero(~out[table.of]), epochs=asked.epochs)[0]
    figures = honest.recall(limited(calibrated(apart, calm, table, samples, unseen, out), held), data)
    write(final, data, asked.out, figures | {"professional_false_alarms": honest.measured(final, found)})


def write(final: Attacks, data: Data, out: Path, figures: dict[str, float]) -> None:
    """Arrays and manifest."""
    out.mkdir(parents=True, exist_ok=True)
    model = final.model
    np.savez_compressed(out / "ngrams.npz", table=model.table, scale=model.scale, bias=model.bias, flags=model.flags)
    for name, layer in (("stack", final.stack), ("content", final.layer)):
        np.savez(out / f"{name}.npz", **{part: getattr(layer, part) for part in LAYER})
    offsets = {label: float(v) for label, v in zip(LABELS, final.offsets, strict=True)}
    numbers = {n: getattr(final, n) for n in ("slope", "shift", "content_slope", "content_shift")}
    manifest = replace(
        BLANK, files=dict.fromkeys(("ngrams.npz", "stack.npz", "content.npz"), ""), data=data.provenance(),
        metrics=figures | attack_rates(final),
        thresholds={"attack": final.threshold, "content": final.content_threshold},
        calibration={"offsets": offsets, **numbers}, more={"heads": list(HEADS), "rules": list(FLAGS)},
    )  # fmt: skip
    save(out, manifest)
    print(manifest.metrics, manifest.thresholds, flush=True)


if __name__ == "__main__":
    main()
