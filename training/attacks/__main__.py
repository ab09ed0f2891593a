"""Train everything about hostile input: `python -m training.attacks DATA [--out FOLDER] [--toy] [--minutes M]`.

DATA holds the sets that `training/attacks/data.py` names. numpy alone, one thread, seeded, about six minutes on a quiet
core; a run that --minutes cuts short makes other weights than the shipped ones. Three models leave a third of the
attacks out each; what they say of that third fits the offsets, the calibration and the second layer. A twin that never
saw whole families tells what unseen ones are worth. Limits come from harmless texts that nothing was learned from;
those of the shared encoder too, where its weights are there.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.ngrams import Linear
from nutgraf.trust.attacks.content import Layer
from nutgraf.trust.attacks.detector import LABELS, WEIGHTS, Attacks, doublings
from nutgraf.trust.attacks.rules import FLAGS
from nutgraf.trust.attacks.stack import row
from nutgraf.trust.shared.encoder import WEIGHTS as SHARED
from nutgraf.weights import MANIFEST, Manifest, save
from training.attacks import honest, limits
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
from training.attacks.ngram import Matrix, fit_many, logits, matrix

FOLDS = 3
#: Which share of professional texts each head may flag when offsets are set, and how many XSTest safe questions.
BUDGET = {"injection": 0.004, "jailbreak": 0.0025, "harmful": 0.0015, "self-harm": 0.001}
BUDGET_SAFE = 0.006
#: The share of professional texts that documents and short texts are brought to alike.
REFUSED = 0.008
#: The share of documents, lines, questions and near ones that the limit of each label lets be refused.
SHARES = (0.004, 0.004, 0.004, 0.01)
#: The share of near ones, a small sample, that the limit of content lets be marked.
CLOSE_CONTENT = 0.03
NOWHERE = -50.0
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
    """Harmless texts to fit thresholds on, kinds of the same weight: documents, sentences, questions, and those of our
    own that are close to attacks.
    """
    asked = [row["text"] for name in ("intent_clinc150", "intent_banking77") for row in data.load(name, "dev")]
    held = [d for d in found if d.part == part]
    lines = [text for d in held for text in d.text[:4000].split("\n") if len(text) > 40]
    near = [row["text"] for row in own("benign") if row["part"] == "limit"] if part == "limit" else []
    return [
        [d.text[:3000] for d in held],
        lines[:: max(1, len(lines) // 2500)],
        asked[1 if part == "limit" else 0 :: 4],
        near,
    ]


@dataclass(frozen=True)
class Looked:
    """Every window and reading of some texts: logits of LABELS, stack features, where each text begins, and how often
    its windows have doubled.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    starts: NDArray[np.int64]
    doubled: NDArray[np.float32]

    @classmethod
    def at(cls, detector: Attacks, texts: list[str]) -> Looked:
        """The looks of a detector at `texts`."""
        looks = [detector._looks(text) for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(some) for some in looks])[:-1]])
        logits_of = np.stack([look.logits[: len(LABELS)] for some in looks for look in some])
        doubled = [doublings(sum(not look.reading.how for look in some)) for some in looks]
        features = np.stack([look.features for some in looks for look in some])
        return cls(logits_of, features, starts, np.asarray(doubled, np.float32))

    def whole(self, stack: Layer) -> NDArray[np.float32]:
        """The largest logit of each text."""
        return np.maximum.reduceat(stack.logits(self.features), self.starts)

    def labelled(self, fitted: Attacks) -> NDArray[np.float32]:
        """For each text (rows) and each of injection, jailbreak, harmful: the largest logit of its windows where that
        is the likeliest label, less what its length takes; far below where there is none.
        """
        kind = (self.logits - fitted.offsets)[:, :3].argmax(1)
        logit = fitted.stack.logits(self.features)
        each = np.where(kind[:, None] == np.arange(3), logit[:, None], NOWHERE)
        return np.asarray(np.maximum.reduceat(each, self.starts) - fitted.length * self.doubled[:, None], np.float32)


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


def fitted(
    data: Matrix, samples: list[Sample], out: Any, epochs: int, until: float
) -> tuple[list[Linear], NDArray[np.float32]]:
    """A model for each fold without its samples, one of all, one without the samples that `out` marks; and for every
    row the logits of the fold's model that never saw it.
    """
    number = np.array([fold(s, FOLDS) for s in samples])[data.of]
    used = [number != k for k in range(FOLDS)]
    models, _ = fit_many(data, [*used, number >= 0, ~np.asarray(out)[data.of]], epochs=epochs, until=until)
    unseen = np.zeros((len(data), len(HEADS)), np.float32)
    for k in range(FOLDS):
        left = np.flatnonzero(number == k)
        unseen[left] = logits(models[k], data, left)
    return models, unseen


#: How much more often the stack sees a harmless text of a source that is known to be hard.
HARD = {"rt_xstest": 12.0, "own_benign": 8.0, "own_everyday": 2.0, "own_ordinary": 2.0, "rt_benign_mitre_frr": 2.0}


def calibrated(
    model: Linear, texts: list[list[str]], table: Matrix, samples: list[Sample], unseen: Any, without: Any = None
) -> Attacks:
    """A detector with offsets, stack, calibration and threshold fitted on what was never seen; `without` marks samples
    to leave out.
    """
    final = bare(model)
    kinds = [Looked.at(final, some) for some in texts if some]
    tops = [np.maximum.reduceat(kind.logits, kind.starts) for kind in kinds]
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
    self_harm = table.target[:, 3] > 0.5
    use = np.flatnonzero(~self_harm & (True if without is None else ~np.asarray(without)[table.of]))
    calm = np.concatenate([kind.features for kind in kinds])
    every_x, every_y = np.concatenate([x[use], calm]), np.concatenate([bad[use], np.zeros(len(calm))])
    stack = second.fit(every_x, every_y, np.concatenate([drawn[use], np.full(len(calm), 1.0)]), steps=4000)
    length = lengthened(kinds, stack)
    whole = [kind.whole(stack) - length * kind.doubled for kind in kinds]
    if safe.any():
        limit = float(np.quantile(stack.logits(x[safe]), 1 - BUDGET_SAFE))
    else:
        limit = quantile(np.concatenate(whole), weight, 0.99)
    slope, shift = platt(stack.logits(x[use][bad[use]]), np.concatenate([stack.logits(x[use][~bad[use]]), *whole]))
    threshold = float(1 / (1 + np.exp(-(slope * limit + shift))))
    offsets = np.asarray(marks, np.float32)
    return replace(final, stack=stack, offsets=offsets, slope=slope, shift=shift, threshold=threshold, length=length)


def lengthened(kinds: list[Looked], stack: Layer) -> float:
    """How much to take from a text's logit for each doubling of its windows, so that as many documents as short texts
    are above one limit.
    """
    short = max(float(np.quantile(kind.whole(stack), 1 - REFUSED)) for kind in kinds[1:])
    long = float(np.quantile(kinds[0].whole(stack), 1 - REFUSED))
    return round(max(0.0, (long - short) / max(1.0, float(np.median(kinds[0].doubled)))), 4)


def layered(final: Attacks, models: list[Linear], data: Data, found: list[Document], count: int) -> Attacks:
    """The second layer and its calibration, from documents with and without an intruder."""
    learn = [d for d in found if d.part == "fit"]
    planted = list(second.planted(data, learn, FOLDS, count=count))
    x, y, drawn, sizes = second.rows([bare(m) for m in models], planted)
    layer = second.fit(x, y, drawn)
    worst = np.maximum.reduceat(layer.logits(x), np.concatenate([[0], np.cumsum(sizes)[:-1]]))
    bad = np.array([one.bad for one in planted])
    slope, shift = platt(worst[bad], worst[~bad])
    return replace(final, layer=layer, content_slope=slope, content_shift=shift, content_threshold=0.0)


def limited(final: Attacks, texts: list[list[str]]) -> Attacks:
    """The detector with a limit for each label, from texts that neither heads nor stack saw: of each kind at most a
    share (SHARES) may pass it. The limit of harmful is never below that of XSTest's safe questions, from `calibrated`.
    """
    least = (np.log(final.threshold / (1 - final.threshold)) - final.shift) / final.slope
    found = [(Looked.at(final, some).labelled(final), share) for some, share in zip(texts, SHARES, strict=True) if some]
    tops = np.max([np.quantile(some, 1 - share, axis=0) for some, share in found], axis=0)
    tops[2] = max(tops[2], least)
    low = float(tops.min())
    threshold = float(1 / (1 + np.exp(-(final.slope * low + final.shift))))
    return replace(final, lifts=(tops - low).astype(np.float32), threshold=threshold)


def marked(final: Attacks, texts: list[list[str]]) -> Attacks:
    """The detector with the limit of content: the largest share of documents, of lines and of near ones decides."""
    kinds = [(texts[0], REFUSED), (texts[1], 0.01), (texts[3], CLOSE_CONTENT)]
    found = [
        float(np.quantile([final.scan(text).score for text in some[:: 1 + len(some) // 900]], 1 - share))
        for some, share in kinds
        if some
    ]
    print(f"content, limits of documents, lines and near ones: {found}", flush=True)
    return replace(final, content_threshold=max(found))


def main() -> None:
    """Train, calibrate, measure and write the weights."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("data", type=Path)
    ask.add_argument("--out", type=Path, default=WEIGHTS)
    ask.add_argument("--epochs", type=int, default=4)
    ask.add_argument("--minutes", type=float, default=120.0, help="no pass over the data begins after half of them")
    ask.add_argument("--toy", action="store_true", help="a tenth of everything, in about a minute")
    asked = ask.parse_args()
    until = time.monotonic() + 30 * asked.minutes
    data, small = Data(asked.data), asked.toy
    found = list(documents(data))
    samples = gathered(data, found, small=small)
    print(f"{len(samples)} samples, {len(found)} documents", flush=True)
    table = matrix(samples)
    out = np.array([honest.left_out(s) for s in samples])
    models, unseen = fitted(table, samples, out, asked.epochs, until)
    calm, held = calm_texts(data, found), calm_texts(data, found, "limit")
    twin = limited(calibrated(models[FOLDS + 1], calm, table, samples, unseen, out), held)
    figures = honest.recall(twin, data) | honest.alarms(twin, found)
    print(figures, flush=True)
    final = calibrated(models[FOLDS], calm, table, samples, unseen)
    final = limited(layered(final, models[:FOLDS], data, found, 100 if small else 1500), held)
    final = marked(final, held)
    beside = {} if small or not (SHARED / MANIFEST).exists() else limits.measured(data, found)
    write(final, data, asked.out, figures | {"professional_false_alarms": honest.measured(final, found)}, beside)


def gathered(data: Data, found: list[Document], *, small: bool = False) -> list[Sample]:
    """Everything to learn from, without copies and without texts that are there to measure."""
    barred = {
        normal(r["text"]) for p in sorted(data.folder.glob("rt_*")) for r in data.load(p.name, "dev") if "text" in r
    }
    barred |= {normal(row["text"]) for row in own("benign") if row["part"] != "train"}
    texts = [d for d in found if d.part == "train"]
    quiet = professional(texts, every=0.1 if small else 1)
    return distinct([*attacks(data, small=small), *benign(data, small=small), *quiet], barred)


def write(final: Attacks, data: Data, out: Path, figures: dict[str, float], beside: dict[str, float]) -> None:
    """Arrays and manifest."""
    out.mkdir(parents=True, exist_ok=True)
    model = final.model
    np.savez_compressed(out / "ngrams.npz", table=model.table, scale=model.scale, bias=model.bias, flags=model.flags)
    for name, layer in (("stack", final.stack), ("content", final.layer)):
        np.savez(out / f"{name}.npz", **{part: getattr(layer, part) for part in LAYER})
    offsets = {label: float(v) for label, v in zip(LABELS, final.offsets, strict=True)}
    numbers = {n: getattr(final, n) for n in ("slope", "shift", "content_slope", "content_shift", "length")}
    lifts = {label: float(v) for label, v in zip(LABELS[:3], final.lifts, strict=True)}
    manifest = replace(
        BLANK, files=dict.fromkeys(("ngrams.npz", "stack.npz", "content.npz"), ""), data=data.provenance(),
        metrics=figures | attack_rates(final),
        thresholds={
            "attack": final.threshold, "content": final.content_threshold, "beside": beside, "veto": limits.VETO,
        },
        calibration={"offsets": offsets, "lifts": lifts, **numbers}, more={"heads": list(HEADS), "rules": list(FLAGS)},
    )  # fmt: skip
    save(out, manifest)
    print(manifest.metrics, manifest.thresholds, flush=True)


if __name__ == "__main__":
    main()
