"""Is this sentence an order to a model in a text that is none? Each sentence beside its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.words import content_stems

NAMES = (
    "injection", "jailbreak", "harmful", "instruction", "instruction-above-median", "injection-above-median",
    "instruction-above-neighbours", "words-elsewhere", "sentences", "words", "own-line", "question", "table", "rule",
    "about", "quoted", "foreign-instruction", "to-the-reader-of-answers",
)  # fmt: skip
_ANSWER = re.compile(
    r"\byour (?:\w+ )?(?:response|answer|reply|output|code|implementation|message|text|explanation|solution)s?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One sentence as the n-gram model saw it: its text, the logits of the heads, and whether a rule, talk about
    attacks, or quotation marks were found; `alone` when it stands on a line of its own.
    """

    text: str
    logits: NDArray[np.float32]
    rule: bool
    about: bool
    quoted: bool
    alone: bool


def table(seen: Sequence[Seen]) -> NDArray[np.float32]:
    """Features (sentences x NAMES, float32) of the sentences of one document; heads in the order of the model:
    injection, jailbreak, harmful, self-harm, instruction.
    """
    logits = np.stack([one.logits for one in seen])
    stems = [set(content_stems(one.text)) for one in seen]
    middle = np.median(logits, axis=0)
    counts: dict[str, int] = {}
    for found in stems:
        for stem in found:
            counts[stem] = counts.get(stem, 0) + 1
    size = len(seen)
    grid = "".join(one.text for one in seen).count("|") >= 2 * size
    rows = []
    for at, one in enumerate(seen):
        near = [logits[i, 4] for i in (at - 2, at - 1, at + 1, at + 2) if 0 <= i < size]
        shared = sum(counts[stem] > 1 for stem in stems[at]) / len(stems[at]) if stems[at] else 0.5
        lonely = 0.0 if size == 1 else 1 - shared
        own = logits[at]
        above = own - middle
        context = [(own[4] - max(near, default=middle[4])) / 4, shared, np.log1p(size) / 4, np.log1p(len(one.text)) / 5]
        shape = [one.alone, one.text.rstrip().endswith("?"), grid and "|" not in one.text]
        marks = [one.rule, one.about, one.quoted]
        last = [lonely * max(float(own[4]), -1.0) / 4, _ANSWER.search(one.text) is not None]
        rows.append([*own[[0, 1, 2, 4]] / 4, above[4] / 4, above[0] / 4, *context, *shape, *marks, *last])
    return np.clip(np.asarray(rows, dtype=np.float32), -4, 4)


@dataclass(frozen=True, eq=False)
class Layer:
    """A small network: one hidden layer of rectified units, one logit a row of features."""

    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    out: NDArray[np.float32]
    out_bias: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> Layer:
        """Read `path` (.npz without pickles)."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(*(arrays[name] for name in ("hidden", "hidden_bias", "out", "out_bias")))

    def logits(self, features: Any) -> NDArray[np.float32]:
        """One logit a row of `features`."""
        inner = np.maximum(np.asarray(features, dtype=np.float32) @ self.hidden + self.hidden_bias, 0)
        return np.asarray(inner @ self.out + self.out_bias, dtype=np.float32)
