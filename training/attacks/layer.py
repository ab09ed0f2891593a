"""The second layer: sentences of documents with and without an intruder, and the network that tells them apart."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.trust.attacks.content import Layer
from nutgraf.trust.attacks.detector import Attacks
from training.attacks.data import Data, Document, bipia, normal, own, share
from training.attacks.negatives import everyday
from training.attacks.templates import content_attacks, ordinary

UNITS = 24
HARMLESS = 1.0


@dataclass(frozen=True, slots=True)
class Planted:
    """A document, where the intruder stands in it (empty when clean), and which fold its intruder belongs to. A
    harmless one stands where an intruder could, is no order to a model, and counts HARMLESS times.
    """

    text: str
    start: int
    end: int
    fold: int
    source: str
    harmless: bool = False

    @property
    def bad(self) -> bool:
        """Whether an intruder stands in it."""
        return self.end > 0 and not self.harmless


def plant(document: str, attack: str, where: str) -> tuple[str, int, int]:
    """`attack` put into `document` at the start, middle or end, at a break of line or sentence; and its place."""
    if where == "start":
        return f"{attack}\n{document}", 0, len(attack)
    if where == "end":
        head = document.rstrip() + ("\n" if share(attack + document[:20]) < 0.6 else " ")
        return head + attack, len(head), len(head) + len(attack)
    cut = document.find("\n", len(document) // 3)
    if cut < 0 or share(document[:40] + attack) < 0.4:
        stop = document.find(". ", len(document) // 3)
        cut = stop + 1 if stop > 0 else cut
    cut = cut if cut > 0 else len(document)
    head = document[:cut] + ("\n" if document[cut : cut + 1] == "\n" else " ")
    return (
        f"{head}{attack}{document[cut:] if document[cut : cut + 1] in (chr(10), ' ') else ' ' + document[cut:]}",
        len(head),
        len(head) + len(attack),
    )


def piece(text: str, rng: random.Random, most: int = 2400) -> str:
    """Up to `most` characters of a document, from a paragraph on, of a length by chance."""
    size = rng.randint(200, most)
    if len(text) <= size:
        return text
    start = text.find("\n", rng.randrange(len(text) - size))
    start = start + 1 if 0 <= start < len(text) - size // 2 else 0
    return text[start : start + size].strip()


def planted(data: Data, found: Sequence[Document], folds: int, *, count: int) -> Iterator[Planted]:
    """Clean documents and the same ones with an intruder; a fold for everything that was made from one attack."""
    rng = random.Random(21)
    clean, injected = bipia(data)
    for row in clean:
        yield Planted(row["context"], 0, 0, int(share(row["group"]) * folds), "bipia")
    for row in injected:
        at = row["context"].find(row["attack"])
        if at >= 0:
            yield Planted(row["context"], at, at + len(row["attack"]), int(share(f"{row['attack']}") * folds), "bipia")
    hostile = [(f"own-{family}", text) for family, text in content_attacks(count, seed=99)]
    hostile += [(row["text"], row["text"]) for row in data.load("rt_injection_bipia_attacks")] * max(1, count // 400)
    hostile += [
        (r["text"], r["text"])
        for r in data.load("rt_injection_deepset")
        if r["label"] != "benign" and len(r["text"]) < 300
    ]
    hosts = [d for d in found if len(d.text) > 200] + [Document(r["context"], "bipia", "") for r in clean]
    for document in found:
        yield Planted(piece(document.text, rng), 0, 0, rng.randrange(folds), document.source)
    lines = [row["text"] for row in own("benign") if row["part"] == "train"]
    lines += [*everyday(count // 5, seed=31), *ordinary(count // 9, seed=32)]
    for line in lines:
        number = int(share(normal(line)) * folds) % folds
        yield Planted(line, 0, len(line), number, "own_benign", harmless=True)
        text, start, end = plant(piece(rng.choice(hosts).text, rng), line, rng.choice(["start", "middle", "end"]))
        yield Planted(text, start, end, number, "own_benign", harmless=True)
    for key, attack in hostile:
        host = rng.choice(hosts)
        text, start, end = plant(piece(host.text, rng), attack, rng.choice(["start", "middle", "end"]))
        yield Planted(text, start, end, int(share(key) * folds), host.source)


def rows(
    detectors: Sequence[Attacks], found: Sequence[Planted]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], list[int]]:
    """Features, labels and weights of all sentences, and how many each document has; by the detector of its fold."""
    features, labels, drawn, sizes = [], [], [], []
    for one in found:
        places, table = detectors[one.fold].sentences(one.text)
        hit = [one.start < end and start < one.end for start, end in places]
        features.append(table)
        labels += [float(one.bad and inside) for inside in hit]
        drawn += [HARMLESS if one.harmless and inside else 1.0 for inside in hit]
        sizes.append(len(places))
    return np.concatenate(features), np.asarray(labels, dtype=np.float32), np.asarray(drawn, np.float32), sizes


def fit(
    features: Any, labels: Any, weights_of: Any = None, *, steps: int = 2500, seed: int = 5, say: Any = print
) -> Layer:
    """A network of UNITS rectified units by Adam; clean sentences outweigh intruders, as one alarm in a document is one
    too many.
    """
    rng = np.random.default_rng(seed)
    size = features.shape[1]
    shapes: list[tuple[int, ...]] = [(size, UNITS), (UNITS,), (UNITS,), ()]
    weights = [rng.normal(0, 0.3, shape) if shape else np.asarray(-2.0) for shape in shapes]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    drawn = np.ones(len(labels)) if weights_of is None else np.asarray(weights_of, dtype=float)
    bad, good = np.flatnonzero(labels > 0.5), np.flatnonzero(labels <= 0.5)
    odds = [drawn[some] / drawn[some].sum() for some in (bad, good)]
    for step in range(1, steps + 1):
        pick = np.concatenate([rng.choice(bad, 96, p=odds[0]), rng.choice(good, 416, p=odds[1])])
        x, y = features[pick], labels[pick]
        raw = x @ weights[0] + weights[1]
        inner = np.maximum(raw, 0)
        p = 1 / (1 + np.exp(-(inner @ weights[2] + weights[3])))
        error = (p - y) / len(pick)
        back = np.outer(error, weights[2]) * (raw > 0)
        grads = [x.T @ back + 1e-4 * weights[0], back.sum(0), inner.T @ error + 1e-4 * weights[2], error.sum()]
        rate = 0.01 * (1 - step / (steps + 1))
        for at, grad in enumerate(grads):
            first[at] = 0.9 * first[at] + 0.1 * grad
            second[at] = 0.999 * second[at] + 0.001 * grad * grad
            slope = first[at] / (1 - 0.9**step) / (np.sqrt(second[at] / (1 - 0.999**step)) + 1e-8)
            weights[at] = weights[at] - rate * slope
        if step % 500 == 0:
            loss = -float(np.mean(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7)))
            say(f"second layer {step}/{steps} loss {loss:.4f}", flush=True)
    return Layer(*(np.asarray(w, dtype=np.float32) for w in weights))
