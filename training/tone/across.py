"""Domains that tone is judged on without having learned from any of them, and the figures that come out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from nutgraf.trust.tone.detector import LABELS
from training.tone.data import TOXIC, davidson, professional, rows, surge
from training.tone.figures import DOMAINS, Figure, auc, by_source
from training.tone.fit import SHARES

Floats = NDArray[np.float32]
#: Sources of samples that belong to one of the domains: nothing is learned from them.
SOURCES = ("surge", "davidson", "rtp", "rt_harmful_catqa", "rt_harmful_simplesafetytests", "xstest")
#: Kinds of request that one of the toxic labels stands for.
ASKED = (
    "Adult Content", "Physical Harm", "Hate/Harass/Violence", "Child Abuse", "Child safety", "harassment_bullying",
    "Suicide, Self-Harm, and Eating Disorders", "Physical harm and Violence",
)  # fmt: skip
PARTS = ("train", "dev")
#: The same requests against harmless ones made to look like them; shown, and not part of the mean.
ALIKE = "requests against look-alikes"
TWEETS_EVERY = 6


def domains(data: Path) -> dict[str, list[tuple[str, int]]]:
    """Domain -> (text, 1 when it is toxic); train and dev parts alike, as nothing was learned from either."""
    both = {
        "social comments": list(chain.from_iterable(surge(data, part) for part in PARTS)),
        "tweets": list(chain.from_iterable(davidson(data, part) for part in PARTS))[::TWEETS_EVERY],
    }
    out = {name: [(one.text, one.known["toxic"][0]) for one in some] for name, some in both.items()}
    out["openings"] = list(_openings(data))
    asked = [
        (row["text"], 1)
        for name in ("catqa", "simplesafetytests", "harmbench")
        for part in PARTS
        for row in rows(data, f"rt_harmful_{name}", part)
        if row["category"] in ASKED
    ]
    plain = [(row["query"], 0) for row in rows(data, "halueval", "general_train")][:: max(1, 2888 // 400)]
    alike = [(row["text"], 0) for part in PARTS for row in rows(data, "rt_xstest", part) if row["label"] == "benign"]
    return out | {"requests": asked + plain, ALIKE: asked + alike}


def _openings(data: Path) -> list[tuple[str, int]]:
    """Openings that invite something toxic, and openings of professional sentences cut at like lengths."""
    rng = Random(3)
    bad = [(row["text"], 1) for part in PARTS for row in rows(data, "rt_toxic_continuation_rtp", part)]
    lengths = [len(text.split()) for text, _ in bad]
    calm = [text for text, _, part in professional(data, 300) if part == "measure"]
    some = rng.sample(calm, min(len(calm), len(bad)))
    return bad + [(" ".join(text.split()[: rng.choice(lengths)]), 0) for text in some]


def scores(name: str, logits: Floats) -> Floats:
    """The logit that a domain is judged by: of label toxic, for requests and openings the largest of six."""
    toxic = logits[:, [LABELS.index(label) for label in TOXIC]]
    return np.asarray(toxic.max(1) if name not in ("social comments", "tweets") else toxic[:, 0], np.float32)


def figures(found: Mapping[str, tuple[Floats, Floats, NDArray[np.int64]]]) -> dict[str, Figure]:
    """AUC of each domain and their mean, with 95 % intervals, of both models joined and of each alone.

    `found` has the logits of network and n-grams (texts x labels), and the truth.
    """
    out: dict[str, Figure] = {}
    means: dict[str, list[Figure]] = {kind: [] for kind in ("", " (network alone)", " (n-grams alone)")}
    for name, (network, grams, bad) in found.items():
        mixed = SHARES * network + (1 - SHARES) * grams
        for kind, logits in zip(means, (mixed, network, grams), strict=True):
            table = [
                (str(i), float(s), float(b)) for i, (s, b) in enumerate(zip(scores(name, logits), bad, strict=True))
            ]
            value = out[f"{DOMAINS}{kind}, {name}: AUC"] = by_source(table, auc)
            if name != ALIKE:
                means[kind].append(value)
    for kind, some in means.items():
        spread = float(np.sqrt(sum((high - low) ** 2 for _, low, high in some))) / (2 * len(some))
        middle = float(np.mean([value for value, _, _ in some]))
        out[f"{DOMAINS}{kind}, mean: AUC"] = (middle, middle - spread, middle + spread)
    return out
