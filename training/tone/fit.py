"""How n-grams and network are joined, where each label's limit lies, and what a margin is worth as a probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.ngrams import Linear
from nutgraf.trust.tone.detector import LABELS, Encoder, combined
from training.tone.data import TOXIC, Sample, calm, davidson, hatecheck, own, professional, rows, surge
from training.tone.ngram import logits

Floats = NDArray[np.float64]
#: Share of calm texts that one label may flag, and that all of them together may flag.
OF_LABEL, OF_ALL = 0.0015, 0.008
#: Probabilities are calibrated for a stream in which this share of the texts is out of tone.
PRIOR = 0.05
#: Share of the network in the mean of both, for what is toxic whoever reads it and for faults towards the reader: the
#: pair out of 0.4 to 0.7 and 0.3 to 0.7 by which most of the dev pairs are told apart and most faults are caught.
TOXIC_SHARE, TONE_SHARE = 0.7, 0.4
SHARES = np.array([TOXIC_SHARE if label in TOXIC else TONE_SHARE for label in LABELS], np.float32)


@dataclass(frozen=True, eq=False)
class Read:
    """Texts with the logits of both models (texts x labels); `network` is None without one."""

    grams: NDArray[np.float32]
    network: NDArray[np.float32] | None

    def mixed(self, share: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean of both by the share that the network has in each label; without a network the n-grams alone."""
        if self.network is None:
            return self.grams
        return (1 - share) * self.grams + share * self.network


def read(model: Linear, encoder: Encoder | None, texts: Sequence[str]) -> Read:
    """Both models over texts."""
    network = None
    if encoder:
        found = encoder.logits(texts)
        network = np.stack([found[label] for label in LABELS], 1)
    return Read(logits(model, texts), network)


def calm_texts(data: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Texts without fault that nothing was learned from, with weights: professional 0.6, ours 0.25, questions 0.15."""
    prose = [text for text, _, part in professional(data) if part == "fit"]
    ours = [sample.text for sample in calm("dev")] + [s.text for s in own("dev") if not bad(s)]
    asked = [row["text"] for row in rows(data, "intent_clinc150", "dev")][::6]
    kinds = [(prose, 0.6), (ours, 0.25), (asked, 0.15)]
    weights = np.concatenate([np.full(len(texts), share / len(texts)) for texts, share in kinds])
    return [text for texts, _ in kinds for text in texts], weights


def quantile(values: Any, weights: Any, at: float) -> float:
    """The value below which a share `at` of the weight lies."""
    order = np.argsort(values)
    whole = np.cumsum(weights[order])
    return float(values[order][min(len(order) - 1, int(np.searchsorted(whole, at * whole[-1])))])


def platt(bad: Floats, good: Floats) -> tuple[float, float]:
    """Slope and shift of a logistic over margins; bad ones weigh PRIOR of the whole."""
    x = np.concatenate([bad, good]).clip(-12, 12)
    y = np.concatenate([np.ones(len(bad)), np.zeros(len(good))])
    w = np.where(y > 0, PRIOR / len(bad), (1 - PRIOR) / len(good))
    at = np.array([1.0, 0.0])
    for _ in range(100):
        p = 1 / (1 + np.exp(-(at[0] * x + at[1])))
        slope = np.array([(w * (p - y) * x).sum(), (w * (p - y)).sum()])
        c = w * p * (1 - p) + 1e-9
        curve = np.array([[(c * x * x).sum(), (c * x).sum()], [(c * x).sum(), c.sum()]]) + 1e-6 * np.eye(2)
        at = at - np.linalg.solve(curve, slope)
    return float(at[0]), float(at[1])


def faulty_texts(data: Path) -> list[str]:
    """Texts with a fault, of the dev parts."""
    kinds: list[tuple[Callable[[], Any], int]] = [
        (lambda: own("dev"), 1), (lambda: surge(data, "dev"), 1), (lambda: hatecheck(data, "dev"), 2),
        (lambda: davidson(data, "dev"), 14),
    ]  # fmt: skip
    return [s.text for kind, step in kinds for s in [one for one in kind() if bad(one)][::step]]


def bad(sample: Sample) -> bool:
    """Whether any label of a sample is 1."""
    return any(value for value, _ in sample.known.values())


def wholes(margins: NDArray[np.float32]) -> Floats:
    """The margin of each text from those of its labels."""
    return np.array([combined(row) for row in margins])


def join(model: Linear, encoder: Encoder | None, data: Path) -> dict[str, Any]:
    """`joins`, `whole` and `threshold` for the manifest.

    Margin 0 of a label is its own limit. `whole` turns margins into probabilities, for n-grams alone and with the
    network; both have the same threshold, the limit that a share OF_ALL of the calm texts passes.
    """
    texts, weights = calm_texts(data)
    calm_read, faulty_read = (read(model, encoder, some) for some in (texts, faulty_texts(data)))
    shifts: dict[str, list[float]] = {}
    found: dict[str, tuple[float, float, float]] = {}
    both = SHARES * bool(encoder)
    for name, share in (("alone", np.zeros_like(SHARES)), ("both", both)):
        margins = calm_read.mixed(share)
        shifts[name] = [quantile(margins[:, at], weights, 1 - OF_LABEL) for at in range(len(LABELS))]
        good, worse = (wholes(one.mixed(share) - np.array(shifts[name])) for one in (calm_read, faulty_read))
        found[name] = (*platt(worse, good), quantile(good, weights, 1 - OF_ALL))
    slope, shift, limit = found["both"]
    alone = (found["alone"][0], slope * limit + shift - found["alone"][0] * found["alone"][2])
    joins = {
        label: {
            "alone": [1.0, -shifts["alone"][at]],
            "both": [1 - float(both[at]), float(both[at]), -shifts["both"][at]],
        }
        for at, label in enumerate(LABELS)
    }
    threshold = float(1 / (1 + np.exp(-(slope * limit + shift))))
    return {"joins": joins, "whole": {"alone": list(alone), "both": [slope, shift]}, "threshold": threshold}
