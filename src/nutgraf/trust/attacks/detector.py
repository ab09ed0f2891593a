"""The detector of hostile input and content: rules that name a reason, an n-gram model, and sentences in context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nutgraf.detection import Detected, Marked
from nutgraf.errors import MissingPart
from nutgraf.text.memo import memoised
from nutgraf.text.ngrams import Linear
from nutgraf.text.sentences import split
from nutgraf.trust.attacks.canonical import Reading, hidden, reading, readings
from nutgraf.trust.attacks.content import Layer, Seen, table
from nutgraf.trust.attacks.ngrams import ids, windows
from nutgraf.trust.attacks.rules import FLAGS, RULES, Hit, about, flags, hits
from nutgraf.trust.attacks.stack import row
from nutgraf.weights import Manifest, load

WEIGHTS = Path(__file__).parent / "weights"
LABELS = ("injection", "jailbreak", "harmful", "self-harm")
#: Heads of an encoder that are asked beside the n-grams.
HEADS_BESIDE = ("injection", "jailbreak", "harmful")
ALONE = 0.995
#: Logits of the encoder's self-harm head: from the first on it speaks alone, below the second it overrules the n-grams.
#: Chosen on sentences of our own: "How much do I have to invest myself?" is near -2.4, "I see no way out" near 0.
HURTS, HURTS_NOT = 3.0, -1.0
CHARS_READ_AT_MOST = 40_000
#: Checks that no second opinion is asked about.
_SURE = frozenset(("encoded-payload", "hidden-text", *(rule.name for rule in RULES.values() if rule.alone)))
_BECAUSE = {
    "injection": "reads like an order to the assistant", "jailbreak": "reads like an attempt to take the rules away",
    "harmful": "asks for something that would harm people", "self-harm": "speaks of hurting oneself",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """One window of one reading: logits of the heads, features for the stack, rules that fired, its place in the
    original text.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    hits: tuple[Hit, ...]
    reading: Reading
    start: int
    end: int

    def place(self, hit: Hit | None = None) -> tuple[int, int]:
        """Offsets in the original of a hit, or of the whole window."""
        inner = (self.start + hit.start, self.start + hit.end) if hit else (self.start, self.end)
        return self.reading.span(*inner)


class Encoder(Protocol):
    """A network with a logit a head for each text."""

    def logits(self, texts: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """Head -> one logit a text."""
        ...


@dataclass(eq=False)
class Attacks:
    """A `TextDetector`. `offsets` are taken from the logits of LABELS before they are compared; `slope` and `shift`
    turn the largest into a probability; a text is refused from `threshold` on, a sentence of content from
    `content_threshold` on. `length` is what is taken from the logit of a text for every time its windows double: the
    more there are, the higher the largest of harmless ones; `lifts` is what is taken where injection, jailbreak or
    harmful is the likeliest label, so that one threshold is the limit of each. Scores are calibrated on as many attacks
    as harmless texts. What the n-grams alone refuse passes where every head of the encoder is below `veto`.
    """

    manifest: Manifest
    model: Linear
    stack: Layer
    layer: Layer
    offsets: NDArray[np.float32]
    slope: float
    shift: float
    content_slope: float
    content_shift: float
    threshold: float
    content_threshold: float
    length: float = 0.0
    lifts: NDArray[np.float32] = field(default_factory=lambda: np.zeros(3, np.float32))
    name: str = "attacks"
    version: str = ""
    encoder: Encoder | None = None
    encoder_limits: Mapping[str, float] = field(default_factory=dict)
    veto: float = -np.inf

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> Attacks:
        """The shipped detector, or one from a folder of the same form. Raises MissingPart."""
        return _loaded(folder)

    def beside(self, encoder: Encoder | None) -> Attacks:
        """The same with an encoder that is asked beside the n-grams; as it is where there are no limits for one."""
        return replace(self, encoder=encoder) if encoder is not None and self.encoder_limits else self

    def detect(self, text: str) -> Detected:
        """Labels injection, jailbreak, harmful and self-harm of a message or any other short text."""
        text = text[:CHARS_READ_AT_MOST]
        found = self._by_grams(text)
        if self.encoder is None or (found.score >= self.threshold and not self._doubtful(found)):
            return found
        logits = {name: float(found[0]) for name, found in self.encoder.logits([reading(text).text]).items()}
        if found.score >= self.threshold:
            return self._passed(found) if self._calm(found, logits) else found
        limits = {**self.encoder_limits, LABELS[3]: HURTS} if LABELS[3] in logits else self.encoder_limits
        margins = {name: logits[name] - limit for name, limit in limits.items()}
        label = max(margins, key=margins.__getitem__)
        if margins[label] < 0:
            return found
        score = float(self._scaled(np.asarray(margins[label])))
        why = f"encoder: {_BECAUSE[label]}"
        mark = Marked(0, len(text), label, score, why)
        return Detected(score, {**found.labels, label: score}, (mark,), "encoder", why)

    def _doubtful(self, found: Detected) -> bool:
        """Whether a refusal rests on the n-grams alone, so that a second opinion counts: no decoded text, no mark that
        needs no model.
        """
        return found.check not in _SURE

    def _calm(self, found: Detected, logits: Mapping[str, float]) -> bool:
        """Whether the encoder sees nothing in what the n-grams alone refuse; its own head speaks of self-harm."""
        if found.spans[0].label == LABELS[3]:
            return logits.get(LABELS[3], 0.0) < HURTS_NOT
        return max(logits[name] for name in self.encoder_limits) < self.veto

    def _passed(self, found: Detected) -> Detected:
        """The same with every probability below the threshold: the encoder sees nothing in it."""
        low = self.threshold * 0.99
        return Detected(low, {name: min(value, low) for name, value in found.labels.items()}, check="encoder")

    def _by_grams(self, text: str) -> Detected:
        looks = self._looks(text)
        margins = np.stack([look.logits[: len(LABELS)] for look in looks]) - self.offsets
        whole = self.stack.logits(np.stack([look.features for look in looks])) - self.lifts[margins[:, :3].argmax(1)]
        label, look = self._kind(margins, whole, looks)
        score = self._chance(float(whole.max()) - self.length * doublings(sum(not one.reading.how for one in looks)))
        chances = self._labels(margins, label, score)
        sure = _alone(text, looks)
        if sure is not None:
            chances["injection"] = max(sure.score, chances["injection"])
            return Detected(max(chances.values()), chances, (sure,), sure.because.split(":")[0], sure.because)
        found = Detected(max(chances.values()), chances, check="ngrams")
        return found if found.score < self.threshold else self._reasoned(found, label, look)

    def _kind(self, margins: NDArray[np.float32], whole: NDArray[np.float32], looks: list[Look]) -> tuple[str, Look]:
        """The label and the window that decide: signs of self-harm first, else the largest margin where the stack is
        surest.
        """
        own = margins[:, 3]
        if own.max() >= 0 and own.max() >= margins[:, :3].max() - 1:
            return LABELS[3], looks[int(own.argmax())]
        at = int(whole.argmax())
        return LABELS[int(margins[at, :3].argmax())], looks[at]

    def _labels(self, margins: NDArray[np.float32], label: str, score: float) -> dict[str, float]:
        """A probability for each label; the deciding one has that of the whole, unless its own head is surer."""
        heads = self._scaled(margins.max(axis=0))
        own = float(heads[3])
        rest = {name: min(float(p), score) for name, p in zip(LABELS[:3], heads, strict=False)}
        if label == LABELS[3]:
            return {**rest, label: own}
        return {**rest, label: score, LABELS[3]: min(own, self.threshold * 0.99)}

    def _scaled(self, margins: NDArray[np.float32]) -> NDArray[np.float32]:
        """Margins as probabilities; 0 is where a text is refused."""
        above = 1 / (1 + np.exp(-(margins + np.log(self.threshold / (1 - self.threshold)))))
        return np.where(margins < 0, 2 * self.threshold / (1 + np.exp(-margins)), above)

    def scan(self, document: str) -> Detected:
        """One mark for every sentence of a document that reads like an order to a model in a text that is none. The
        score is that of its worst sentence.
        """
        document = document[:CHARS_READ_AT_MOST]
        places = split(document) or [(0, len(document))]
        seen, found = self._seen(document, places)
        logits = self.layer.logits(table(seen))
        chances = 1 / (1 + np.exp(-(self.content_slope * logits + self.content_shift)))
        marks = []
        for (start, end), chance, hit in zip(places, chances, found, strict=True):
            sure = hit is not None and hit.rule.alone
            if sure or chance >= self.content_threshold:
                why = f"{hit.rule.name}: {hit.rule.because}" if hit else "model: is an order in a text that gives none"
                score = max(float(chance), ALONE * sure)
                marks.append(Marked(start, end, hit.rule.label if hit else "injection", score, why))
        marks += self._unseen_in(document)
        score = max([float(chances.max()), *(mark.score for mark in marks)])
        marks.sort(key=lambda mark: -mark.score)
        check = marks[0].because.split(":")[0] if marks else "content"
        labels = {label: max((m.score for m in marks if m.label == label), default=0.0) for label in LABELS[:2]}
        labels["injection"] = max(labels["injection"], float(chances.max()))
        return Detected(score, labels, tuple(marks), check, marks[0].because if marks else "")

    def sentences(self, document: str) -> tuple[list[tuple[int, int]], NDArray[np.float32]]:
        """Places of the sentences of a document and the features of each (see `content.NAMES`), for training."""
        places = split(document) or [(0, len(document))]
        return places, table(self._seen(document, places)[0])

    def _seen(self, document: str, places: list[tuple[int, int]]) -> tuple[list[Seen], list[Hit | None]]:
        seen, found = [], []
        for start, end in places:
            text = reading(document[start:end]).text[:1200]
            fired, _, logits = _window((self.model, text, False, False))
            weighed = [hit for hit in fired if hit.rule.weighed]
            plain = [hit for hit in weighed if not hit.quoted]
            spoken_of = about(text)
            sure = [hit for hit in fired if hit.rule.alone and not hit.quoted and not spoken_of]
            alone = document[:start].rstrip(" \t")[-1:] in ("", "\n") and document[end:].lstrip(" \t")[:1] in ("", "\n")
            seen.append(Seen(text, logits, bool(plain), spoken_of, bool(weighed) and not plain, alone))
            found.append(next(iter(sure or plain), None))
        return seen, found

    def _unseen_in(self, document: str) -> list[Marked]:
        """What only undoing an encoding, or looking for unseen characters and control marks, brings to light."""
        marks = []
        for look in self._looks(document, decoded_only=True):
            chance = self._chance(float(self.stack.logits(look.features[None])[0]))
            if chance >= self.threshold or look.hits:
                start, end = look.place()
                why = f"encoded-payload: {look.reading.how} hides an order to the assistant"
                marks.append(Marked(start, end, "injection", max(chance, self.threshold), why))
        sure = _alone(
            document, self._looks_at(reading(document), windowed=True) if "<" in document or "[" in document else []
        )
        return [*marks, sure] if sure else marks

    def _looks(self, text: str, *, decoded_only: bool = False) -> list[Look]:
        read = _readings(text)
        looks = [] if decoded_only else self._looks_at(read[0], windowed=True, marks=bool(hidden(text)))
        for other in read[1:]:
            looks += self._looks_at(other, windowed=True, decoded=True)
        return looks

    def _looks_at(self, read: Reading, *, windowed: bool, decoded: bool = False, marks: bool = False) -> list[Look]:
        looks = []
        for start, end in windows(read.text) if windowed else [(0, len(read.text))]:
            piece = read.text[start:end]
            fired, up, logits = _window((self.model, piece, decoded, marks))
            looks.append(Look(logits, row(piece, logits, up), fired, read, start, end))
        return looks

    def _chance(self, logit: float) -> float:
        return float(1 / (1 + np.exp(-(self.slope * logit + self.shift))))

    def _reasoned(self, found: Detected, label: str, look: Look) -> Detected:
        """The finding with the rule that explains it, where one of the same kind fired in the deciding window."""
        same = [hit for hit in look.hits if hit.rule.label == label] or list(look.hits)
        same.sort(key=lambda hit: hit.quoted)
        how = f" ({look.reading.how} undone)" if look.reading.how else ""
        if look.reading.how:
            check, why = "encoded-payload", "an encoding hides it" + how
        elif same:
            check, why = same[0].rule.name, same[0].rule.because
        else:
            check, why = "ngrams", _BECAUSE[label]
        start, end = look.place(same[0] if same and not look.reading.how else None)
        mark = Marked(start, end, label, found.labels[label], f"{check}: {why}")
        return Detected(found.score, found.labels, (mark,), check, f"{check}: {why}")


@memoised
def _window(asked: tuple[Linear, str, bool, bool]) -> tuple[tuple[Hit, ...], list[float], NDArray[np.float32]]:
    """Rules, their vector and the logits of the heads for a piece of text, decoded or not, with odd marks or not."""
    model, piece, decoded, marks = asked
    fired = tuple(hits(piece))
    up = flags(piece, fired, decoded=decoded, marks=marks)
    return fired, up, model.logits(ids(piece), up)


@memoised
def _readings(text: str) -> list[Reading]:
    return readings(text)


def doublings(windows: int) -> float:
    """How often the windows of a text have doubled, four times at most."""
    return float(np.log2(min(max(windows, 1), 16)))


def _alone(text: str, looks: list[Look]) -> Marked | None:
    """A mark that needs no model: control marks of a chat template outside quotes, or an order in unseen characters."""
    for start, end in hidden(text):
        spoken = reading(text[start:end]).text
        if hits(spoken) or len(spoken.split()) >= 4:
            return Marked(start, end, "injection", ALONE, "hidden-text: hides an order in characters that nobody sees")
    for look in looks:
        for hit in look.hits:
            if hit.rule.alone and not hit.quoted and not about(look.reading.text[look.start : look.end]):
                start, end = look.place(None if look.reading.how else hit)
                return Marked(start, end, hit.rule.label, ALONE, f"{hit.rule.name}: {hit.rule.because}")
    return None


@lru_cache(maxsize=2)
def _loaded(folder: Path) -> Attacks:
    manifest = load(folder)
    try:
        more, numbers = manifest.more, {**manifest.calibration, **manifest.thresholds}
        model = Linear.load(folder / "ngrams.npz", more["heads"])
        if tuple(more["rules"]) != FLAGS:
            raise MissingPart("weights attacks: made for other rules; install Nutgraf again")
        stack, layer = Layer.load(folder / "stack.npz"), Layer.load(folder / "content.npz")
        offsets = np.asarray([numbers["offsets"][label] for label in LABELS], dtype=np.float32)
        names = ("slope", "shift", "content_slope", "content_shift", "attack", "content")
        slope, shift, content_slope, content_shift, threshold, limit = (float(numbers[name]) for name in names)
    except (KeyError, OSError, ValueError) as exc:
        raise MissingPart(f"weights attacks: cannot be read ({type(exc).__name__}); install Nutgraf again") from exc
    calibration = (slope, shift, content_slope, content_shift)
    length = float(numbers.get("length", 0.0))
    lifts = np.asarray([numbers.get("lifts", {}).get(label, 0.0) for label in LABELS[:3]], dtype=np.float32)
    beside = {name: float(value) for name, value in manifest.thresholds.get("beside", {}).items()}
    return Attacks(
        manifest, model, stack, layer, offsets, *calibration, threshold, limit, length, lifts, version=manifest.id,
        encoder_limits=beside, veto=float(numbers.get("veto", -np.inf)),
    )  # fmt: skip
