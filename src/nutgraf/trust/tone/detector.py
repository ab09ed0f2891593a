"""Is a text respectful, professional and supportive? Rules, n-grams and, where it is there, a network, joined."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nutgraf.detection import Detected, Marked
from nutgraf.errors import MissingPart
from nutgraf.text.ngrams import Linear
from nutgraf.text.sentences import split
from nutgraf.trust.tone.ngrams import ids
from nutgraf.trust.tone.rules import Hit, flags, hits
from nutgraf.weights import Manifest, load

WEIGHTS = Path(__file__).parent / "weights"
#: Six that are toxic whoever reads them, seven faults towards the reader, and disrespect as a whole.
LABELS = (
    "toxic", "hate", "harassment", "sexual", "self-harm", "violence", "condescending", "blaming", "pressuring",
    "presumptuous", "discouraging", "over-familiar", "empty-flattery", "disrespect",
)  # fmt: skip
#: A text is judged by pieces of at most so many characters, whole sentences where they fit.
PIECE_CHARS, PIECES_AT_MOST = 280, 60
#: A rule that fires lifts its label to so much above the limit of the whole, in margins.
RULE_LIFT = 0.5

_TIERS = ("alone", "both")
Floats = NDArray[np.float32]


class Encoder(Protocol):
    """A network with a logit a label for each text; labels that are not ours are left aside."""

    def logits(self, texts: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """Label -> one logit a text."""
        ...


@dataclass(frozen=True, slots=True)
class Join:
    """How one label's logits become a margin: weights of n-grams and network, a shift, and what margin 0 stands for.

    `alone` is (slope, shift) for n-grams without the network, `both` (n-grams, network, shift). A margin of 0 is the
    label's own limit.
    """

    alone: tuple[float, float]
    both: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Tone:
    """The judge of tone; open it with `load`. Safe to share between threads."""

    manifest: Manifest
    model: Linear
    joins: Mapping[str, Join]
    scales: Mapping[str, tuple[float, float]]
    threshold: float
    encoder: Encoder | None = None

    @classmethod
    def load(cls, folder: Path = WEIGHTS, encoder: Encoder | None = None) -> Tone:
        """The judge of `folder`. Raises MissingPart when its files are not there or not what the manifest says."""
        manifest = load(folder)
        try:
            model = Linear.load(folder / "ngrams.npz", LABELS)
            fitted = manifest.calibration
            joins = {name: Join(tuple(one["alone"]), tuple(one["both"])) for name, one in fitted["joins"].items()}
            scales = {name: (float(fitted["whole"][name][0]), float(fitted["whole"][name][1])) for name in _TIERS}
            threshold = float(manifest.thresholds["tone"])
        except (OSError, ValueError, KeyError) as exc:
            raise MissingPart(f"weights tone: cannot be read ({type(exc).__name__}); install Nutgraf again") from exc
        return cls(manifest, model, joins, scales, threshold, encoder)

    @property
    def name(self) -> str:
        """What the detector is called."""
        return "tone"

    @property
    def version(self) -> str:
        """Which weights it has."""
        return self.manifest.id

    def detect(self, text: str, given: Mapping[str, float] | None = None) -> Detected:
        """The probability that `text` is out of tone, and of each label; spans are the places of rules.

        `given` is what the network says (label -> logit) when the caller has asked it already; without it, the
        network that the judge was loaded with is asked, if there is one. The worst piece of a long text counts.
        """
        pieces = _pieces(text)
        found = [hits(piece) for _, piece in pieces]
        up = [flags(some) for some in found]
        grams = np.stack([self.model.logits(ids(piece), f) for (_, piece), f in zip(pieces, up, strict=True)])
        network = self._network(pieces, given)
        scale = self.scales["both" if network is not None else "alone"]
        limit = (math.log(self.threshold / (1 - self.threshold)) - scale[1]) / scale[0]
        worst = self._margins(grams, network).max(0)
        whole = combined(worst)
        for hit in (one for some in found for one in some if not one.quoted):
            at = LABELS.index(hit.rule.label)
            worst[at], whole = max(worst[at], limit + RULE_LIFT), max(whole, limit + RULE_LIFT)
        labels = {label: _probability(float(margin), scale) for label, margin in zip(LABELS, worst, strict=True)}
        score = _probability(whole, scale)
        spans = tuple(
            Marked(at + hit.start, at + hit.end, hit.rule.label, labels[hit.rule.label], hit.rule.because)
            for (at, _), some in zip(pieces, found, strict=True)
            for hit in some
            if not hit.quoted
        )
        check, because = self._why(labels, score, [hit for some in found for hit in some if not hit.quoted])
        return Detected(score, labels, spans, check, because)

    def respect(self, text: str) -> float:
        """How respectful a text is, 0..1: one less its probability of disrespect."""
        return 1.0 - self.detect(text).labels["disrespect"]

    def _network(
        self, pieces: Sequence[tuple[int, str]], given: Mapping[str, float] | None
    ) -> Mapping[str, NDArray[np.float32]] | None:
        if given is not None:
            return {label: np.full(len(pieces), value, np.float32) for label, value in given.items()}
        return self.encoder.logits([piece for _, piece in pieces]) if self.encoder else None

    def _margins(self, grams: Floats, network: Mapping[str, NDArray[np.float32]] | None) -> Floats:
        out = np.empty_like(grams)
        for at, label in enumerate(LABELS):
            join = self.joins[label]
            if network is not None and label in network:
                out[:, at] = join.both[0] * grams[:, at] + join.both[1] * network[label] + join.both[2]
            else:
                out[:, at] = join.alone[0] * grams[:, at] + join.alone[1]
        return out

    def _why(self, labels: Mapping[str, float], score: float, found: Sequence[Hit]) -> tuple[str, str]:
        if score < self.threshold:
            return "", ""
        if found:
            worst = max(found, key=lambda one: labels[one.rule.label])
            return f"tone:{worst.rule.name}", worst.rule.because
        label = max(LABELS[:-1], key=lambda one: labels[one])
        return "tone:model", f"reads as {label.replace('-', ' ')}"


def _probability(margin: float, scale: tuple[float, float]) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, scale[0] * margin + scale[1]))))


def combined(margins: Floats) -> float:
    """One margin for a text from those of its labels: the largest fault, and half of disrespect as a whole."""
    return float(margins[:-1].max() + 0.5 * margins[-1].clip(-4, 4))


def _pieces(text: str) -> list[tuple[int, str]]:
    """(offset, piece) of a text: neighbouring sentences together while they fit."""
    if len(text) <= PIECE_CHARS:
        return [(0, text)]
    found: list[tuple[int, int]] = []
    for start, end in split(text, PIECE_CHARS):
        if found and end - found[-1][0] <= PIECE_CHARS:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return [(start, text[start:end]) for start, end in found[:PIECES_AT_MOST]] or [(0, text[:PIECE_CHARS])]
