"""Whether sentences are borne out by their evidence: the tiers joined, calibrated and put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nutgraf import weights
from nutgraf.detection import Detected, Marked
from nutgraf.errors import MissingPart
from nutgraf.text.memo import Memo, memoised
from nutgraf.text.sentences import split
from nutgraf.trust.grounding import t0
from nutgraf.trust.grounding.calibrate import Calibration
from nutgraf.trust.grounding.cross import MODEL, CrossReader, Judged, LineTokens
from nutgraf.trust.grounding.flatten import Evidence, flatten
from nutgraf.trust.grounding.notation import Rewritten
from nutgraf.trust.grounding.stack import Linear, is_record, of_text, sigmoid

WEIGHTS = Path(__file__).parent / "weights"
UNSUPPORTED = "unsupported"
_QUESTION_AT_MOST = 240
_LEAST_SPAN = 0.5
_ROWS_NAMED = 3
_QUOTE = 120


@dataclass(frozen=True, slots=True)
class Joined:
    """What joins the tiers: the sums for T0 alone, for both and for a whole text, their scales, and the thresholds.

    `thresholds` has "sentence" and "text": from there on something counts as not borne out. "veto" is the least that a
    finding of the comparator that decides alone is worth.
    """

    alone: Linear
    both: Linear
    text: Linear
    alone_scale: Calibration
    both_scale: Calibration
    text_scale: Calibration
    thresholds: Mapping[str, float]

    def whole(self, probabilities: Sequence[float], record: bool, lines: int, kind: str = "") -> float:
        """The probability for a whole text from those of its sentences, at least that of a sure one."""
        margin = self.text.margin(of_text(probabilities, record, lines))
        score, worst = self.text_scale.probability(margin, _kinds(kind, record)), max(probabilities)
        return max(score, worst) if worst >= self.thresholds.get("veto", 1.0) else score

    @classmethod
    def read(cls, manifest: weights.Manifest) -> Joined:
        """From a manifest. Raises MissingPart when something is not there."""
        try:
            sums = {
                name: Linear(found["weights"], float(found["bias"])) for name, found in manifest.more["sums"].items()
            }
            scales = {name: Calibration.read(found) for name, found in manifest.calibration.items()}
            limits = {name: float(value) for name, value in manifest.thresholds.items()}
            return cls(
                sums["alone"], sums["both"], sums["text"], scales["alone"], scales["both"], scales["text"], limits
            )
        except (KeyError, TypeError, ValueError) as exc:
            raise MissingPart(f"weights {manifest.name}: the stack cannot be read; install Nutgraf again") from exc


#: Until a stack has been trained: the trees' own probability, and the worst sentence for the whole text.
PLAIN = Joined(
    alone=Linear({"t0": 1.0, "veto": 4.0}, 0.0),
    both=Linear({"t0": 0.5, "veto": 4.0, "cross": 0.5}, 0.0),
    text=Linear({"most": 1.0}, 0.0),
    alone_scale=Calibration({}),
    both_scale=Calibration({}),
    text_scale=Calibration({}),
    thresholds={"sentence": 0.5, "text": 0.5, "veto": 0.9},
)


class Ready:
    """One evidence, read once for both tiers."""

    def __init__(self, lines: Sequence[str], first: t0.FirstTier, cross: CrossReader | None) -> None:
        """`lines` as `flatten` gives them."""
        self.held = first.held(lines)
        self.tokens: LineTokens | None = cross.tokens.lines(self.held.index.lines) if cross else None
        self.record = is_record(self.held.index.lines)


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """Everything the tiers say of one sentence; `cross` is None when the network was not needed."""

    first: t0.Judged
    cross: Judged | None
    record: bool
    asks: bool = False

    def figures(self) -> dict[str, float]:
        """The figures that the tiers are joined by, see `stack.T0_FIGURES` and `stack.T1_FIGURES`."""
        found = {
            "t0": self.first.margin,
            "veto": float(self.first.compared.veto is not None),
            "record": float(self.record),
            "asks": float(self.asks),
            "t0-asks": self.first.margin * self.asks,
        }
        if self.cross is not None:
            found["cross"] = self.cross.sentence
            found["cross-most"] = self.cross.most
            found["t0-record"] = self.first.margin * self.record
            found["cross-record"] = self.cross.sentence * self.record
        return found


@dataclass(frozen=True, slots=True)
class Placed:
    """A sentence of a text, `start`..`end` in characters, and what was found in it."""

    start: int
    end: int
    detected: Detected
    supported: bool


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text held against its evidence: the probability that something in it is not borne out, and each sentence."""

    score: float
    supported: bool
    sentences: tuple[Placed, ...]


class Grounding:
    """The grounding detector: comparison (T0) and, where that leaves doubt, the trained network (T1).

    Synchronous and safe to share between threads. Evidence is read once an answer.
    """

    name = "grounding"

    def __init__(self, first: t0.FirstTier, cross: CrossReader | None, joined: Joined, version: str) -> None:
        """`cross` is None to go without the network."""
        self._first = first
        self._cross = cross
        self._joined = joined
        self.version = version

    @classmethod
    def load(cls, folder: Path | None = None, *, tiers: Sequence[str] = ("t0", "t1")) -> Grounding:
        """With the weights of `folder` (by default Nutgraf's own), checked against their manifests.

        Without the tier "t1", or where `t1` holds no network, T0 decides alone. Raises MissingPart for weights that are
        not what their manifest says.
        """
        folder = folder or WEIGHTS
        first = t0.FirstTier.load(folder / "t0")
        if not (folder / "t1" / weights.MANIFEST).exists():
            return cls(first, None, PLAIN, first.version)
        manifest = weights.load(folder / "t1")
        cross = CrossReader.load(folder / "t1") if "t1" in tiers and MODEL in manifest.files else None
        return cls(first, cross, Joined.read(manifest), manifest.id if cross else first.version)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """From which probability on a "sentence" and a "text" count as not borne out."""
        return self._joined.thresholds

    def ready(self, lines: Sequence[str]) -> Ready:
        """Evidence read for both tiers; within one answer it is read once, and nobody's words outlive it."""
        return _read((self._first, self._cross, tuple(lines)))

    def detect(self, sentences: Sequence[str], evidence: Sequence[str], kind: str = "") -> list[Detected]:
        """One result a sentence: the probability that `evidence` (one fact a line) does not bear it out.

        A sentence after a question is read with it. `kind` names a use whose calibration is wanted.
        """
        ready = self.ready(evidence)
        found = []
        for at, sentence in enumerate(sentences):
            before = sentences[at - 1].strip() if at else ""
            question = before if before.endswith("?") and len(before) < _QUESTION_AT_MOST else ""
            signals = self.signals(sentence, ready, before=question)
            found.append(self._said(sentence, signals, ready, kind))
        return found

    def score_text(self, text: str, evidence: Evidence, kind: str = "") -> ScoredText:
        """A whole text, sentence by sentence, and a probability for the whole. `evidence` is a text or a record."""
        with Memo().used():  # the evidence is looked at for the sentences and for the whole
            return self._scored(text, flatten(evidence), kind)

    def _scored(self, text: str, lines: Sequence[str], kind: str) -> ScoredText:
        places = [(start, end) for start, end in split(text) if any(char.isalnum() for char in text[start:end])]
        found = self.detect([text[start:end] for start, end in places], lines, kind)
        placed = tuple(
            Placed(start, end, one, one.score < self.thresholds["sentence"])
            for (start, end), one in zip(places, found, strict=True)
        )
        score = self.whole([one.score for one in found], lines, kind)
        return ScoredText(score, score < self.thresholds["text"], placed)

    def whole(self, probabilities: Sequence[float], lines: Sequence[str], kind: str = "") -> float:
        """The probability that something in a text is not borne out, from those of its sentences; 0 without any.

        It is never below that of a sentence that is as sure as a finding that decides alone.
        """
        if not probabilities:
            return 0.0
        record = self.ready(lines).record
        return self._joined.whole(probabilities, record, len(lines), kind)

    def signals(self, sentence: str, ready: Ready, *, before: str = "", always: bool = False) -> Signals:
        """What the tiers say of a sentence. The network is asked unless T0 is sure, or `always`."""
        first = self._first.judge(sentence, ready.held, before)
        cross = None
        if self._cross and ready.tokens and (always or not _settled(first, sentence)):
            judged = self._cross.judge(ready.tokens, first.ranked.order, first.text.text)
            cross = _as_written(judged, first.text, len(before) + bool(before))
        return Signals(first, cross, ready.record, sentence.rstrip().endswith("?"))

    @staticmethod
    def settled(signals: Signals, sentence: str) -> bool:
        """Whether T0 decided alone: a finding sure enough, a copy of the source, a question."""
        return _settled(signals.first, sentence)

    def _said(self, sentence: str, signals: Signals, ready: Ready, kind: str) -> Detected:
        joined, figures, kinds = self._joined, signals.figures(), _kinds(kind, signals.record)
        if signals.cross is None:
            score = joined.alone_scale.probability(joined.alone.margin(figures), kinds)
        else:
            score = joined.both_scale.probability(joined.both.margin(figures), kinds)
        veto = signals.first.compared.veto
        if veto is not None:
            score = max(score, self.thresholds["veto"])
        spans = list(signals.first.compared.findings) if score >= self.thresholds["sentence"] else []
        if signals.cross is not None and score >= self.thresholds["sentence"]:
            spans += _spans(sentence, signals.cross)
        check = f"veto:{veto.label}" if veto else "t1" if signals.cross else "t0"
        rows = signals.first.ranked.order[:_ROWS_NAMED]
        because = _because(sentence, veto, spans, rows, ready) if spans or veto else ""
        return Detected(score, {UNSUPPORTED: score}, tuple(spans), check, because, tuple(rows))


@memoised
def _read(evidence: tuple[t0.FirstTier, CrossReader | None, tuple[str, ...]]) -> Ready:
    first, cross, lines = evidence
    return Ready(lines, first, cross)


def _as_written(cross: Judged, text: Rewritten, skip: int) -> Judged:
    """The tokens behind the first `skip` characters, at their places in the sentence as it was written."""
    places = [text.back(start, end) for start, end in cross.spans]
    kept = [i for i, (start, _) in enumerate(places) if start >= skip]
    spans = tuple((places[i][0] - skip, places[i][1] - skip) for i in kept)
    return Judged(cross.sentence, cross.tokens[kept], spans, cross.rows)


def _kinds(kind: str, record: bool) -> tuple[str, str]:
    return kind, "record" if record else "prose"


def _settled(first: t0.Judged, sentence: str) -> bool:
    """Whether T0 needs no second opinion: a finding that decides alone, a copy of the source, or no claim."""
    laid = first.compared.laid
    if first.compared.veto is not None or sentence.rstrip().endswith("?"):
        return True
    return laid is not None and laid.covered >= 1 and not any(gap.held for gap in laid.gaps)


def _spans(sentence: str, cross: Judged) -> list[Marked]:
    """The stretches of a sentence whose tokens the network does not find borne out."""
    runs: list[list[Any]] = []
    for (start, end), value in zip(cross.spans, cross.tokens, strict=True):
        score = sigmoid(float(value))
        if score < _LEAST_SPAN:
            continue
        if runs and start - runs[-1][1] <= 1:
            runs[-1][1], runs[-1][2] = end, max(runs[-1][2], score)
        else:
            runs.append([start, end, score])
    return [
        Marked(start, end, UNSUPPORTED, score, f"the evidence does not bear out {sentence[start:end]!r}")
        for start, end, score in runs
    ]


def _because(sentence: str, veto: Marked | None, spans: Sequence[Marked], rows: Sequence[int], ready: Ready) -> str:
    if veto is not None and veto.because:
        return veto.because
    worst = max(spans, key=lambda one: one.score)
    if not rows:
        return f"{worst.because}; there is no evidence"
    line = ready.held.index.lines[rows[0]][:_QUOTE]
    return worst.because if "line " in worst.because else f"{worst.because} (nearest, line {rows[0] + 1}: {line!r})"
