"""Whether what a sentence says of its reader is borne out by the member's own record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nutgraf import weights
from nutgraf.detection import Detected, Marked
from nutgraf.errors import MissingPart
from nutgraf.text.memo import memoised
from nutgraf.text.sentences import split
from nutgraf.trust.member.features import NAMES, figures, findings
from nutgraf.trust.member.findings import Finding, Held
from nutgraf.trust.member.record import Record
from nutgraf.trust.member.said import Said, said

WEIGHTS = Path(__file__).parent / "weights"
UNSUPPORTED = "unsupported"
PRESUMED = "presumption"
NO_CLAIM = "no-claim"
#: Nothing that can be checked is said of the reader: "your team", "you read".
FAINT = 0.1
_ROWS_NAMED = 3
_TOLD = 0.5
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Network:
    """Small networks with one hidden layer whose margins are averaged; `mean` and `scale` standardise the figures."""

    mean: Floats
    scale: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    @classmethod
    def load(cls, file: Path) -> Network:
        """From an .npz without pickles."""
        with np.load(file, allow_pickle=False) as arrays:
            return cls(*(arrays[name] for name in ("mean", "scale", "hidden", "hidden_bias", "out", "out_bias")))

    def margins(self, rows: Floats) -> Floats:
        """One margin a row of figures, (rows, figures) -> (rows,)."""
        standard = (rows - self.mean) / self.scale
        layers = np.maximum(np.einsum("rf,nfh->nrh", standard, self.hidden) + self.hidden_bias[:, None], 0)
        margins: Floats = (np.einsum("nrh,nh->nr", layers, self.out) + self.out_bias[:, None]).mean(axis=0)
        return margins


@dataclass(frozen=True, eq=False)
class MemberGrounding:
    """A `GroundingDetector` of claims about the reader. `vetoes` are the kinds of findings that decide alone, each with
    the strength from which on it does; `slope` and `shift` calibrate. Synchronous and safe to share between threads.
    """

    manifest: weights.Manifest
    network: Network
    slope: float
    shift: float
    threshold: float
    veto_score: float
    vetoes: Mapping[str, float]
    name: str = "member"

    @property
    def version(self) -> str:
        """Name, version and hash of the weights."""
        return self.manifest.id

    @classmethod
    def load(cls, folder: Path | None = None) -> MemberGrounding:
        """With Nutgraf's own weights, or those of a folder. Raises MissingPart for what is not as its manifest says."""
        folder = folder or WEIGHTS
        manifest = weights.load(folder)
        try:
            if tuple(manifest.more["features"]) != NAMES:
                raise MissingPart("weights member: made for other figures; install Nutgraf again")
            scale, limits = manifest.calibration, manifest.thresholds
            vetoes = {kind: float(least) for kind, least in manifest.more["vetoes"].items()}
            return cls(
                manifest, Network.load(folder / "net.npz"), float(scale["slope"]), float(scale["shift"]),
                float(limits["sentence"]), float(limits["veto"]), vetoes,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, OSError) as exc:
            raise MissingPart(f"weights member: cannot be read ({type(exc).__name__}); install Nutgraf again") from exc

    def detect(
        self, sentences: Sequence[str] | str, evidence: Sequence[str], today: date | None = None
    ) -> list[Detected]:
        """One result a sentence: the probability that `evidence`, lines of the member's record (see `facts.facts_of`),
        does not bear out what it says of the reader; 0 with the check "no-claim" where it says nothing of them.
        """
        texts = [sentences] if isinstance(sentences, str) else list(sentences)
        record = self.record(evidence, today)
        return [self._one(text, record) for text in texts]

    def whole(
        self, text: str, evidence: Sequence[str], today: date | None = None
    ) -> tuple[float, list[tuple[int, int, Detected]]]:
        """The probability that something a text says of its reader is not borne out, and its sentences with places."""
        places = [(start, end) for start, end in split(text) if any(char.isalnum() for char in text[start:end])]
        found = self.detect([text[start:end] for start, end in places], evidence, today)
        placed = [(start, end, one) for (start, end), one in zip(places, found, strict=True)]
        return max((one.score for one in found), default=0.0), placed

    def record(self, lines: Sequence[str], today: date | None = None) -> Record:
        """Lines read back; within one answer they are read once, and nobody's words outlive it."""
        return _record((tuple(lines), today))

    def _one(self, sentence: str, record: Record) -> Detected:
        spoken = said(sentence)
        held = Held(spoken, record)
        found = findings(held)
        presumed = next((one for one in found if one.kind == PRESUMED), None)
        if spoken.nothing and presumed is None:
            return Detected(0.0, {UNSUPPORTED: 0.0}, check=NO_CLAIM)
        if not spoken.words and not found:
            return Detected(FAINT, {UNSUPPORTED: FAINT}, check=NO_CLAIM)
        margin = float(self.network.margins(figures(held, found)[None])[0])
        score = float(1 / (1 + np.exp(-(self.slope * margin + self.shift))))
        veto = max(
            (one for one in found if one.against >= self.vetoes.get(one.kind, 2.0)),
            key=lambda one: one.against,
            default=None,
        )
        if veto is not None:
            score = max(score, self.veto_score)
        return _told(spoken, held, found, score, veto, bad=score >= self.threshold)


def _told(
    spoken: Said, held: Held, found: tuple[Finding, ...], score: float, veto: Finding | None, *, bad: bool
) -> Detected:
    """A score with its reason: the finding that decided, or the words that the record lacks."""
    marks: tuple[Marked, ...] = ()
    because = ""
    reasons = sorted((one for one in found if one.against >= _TOLD and one.because), key=lambda one: -one.against)
    if veto is not None:
        reasons.insert(0, veto)
    if bad:
        marks = tuple(
            Marked(one.start, one.end, one.kind, one.against, one.because) for one in dict.fromkeys(reasons) if one.end
        )
        because = reasons[0].because if reasons else _lacks(spoken, held)
    rows = [one.line for one in (*reasons, *sorted(found, key=lambda one: -one.pro)) if one.line is not None]
    if held.best[0] >= 0:
        rows.append(held.best[0])
    labels = {UNSUPPORTED: score}
    if any(one.kind == PRESUMED for one in found):
        labels[PRESUMED] = score
    check = f"veto:{veto.kind}" if veto is not None else "member"
    return Detected(score, labels, marks, check, because, tuple(dict.fromkeys(rows))[:_ROWS_NAMED])


def _lacks(spoken: Said, held: Held) -> str:
    missing = [word for word in spoken.words if word not in held.record.all_words]
    return f"the record says nothing of {', '.join(missing[:4])}" if missing else "the record does not say so"


@memoised
def _record(read: tuple[tuple[str, ...], date | None]) -> Record:
    return Record.of(*read)
