"""One place where any text is scored by any check; the only file that knows all detectors. Each is loaded when first
asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from nutgraf import weights
from nutgraf.detection import CheckName, Detected, GroundingDetector, Marked, TextDetector
from nutgraf.errors import InputError, MissingPart
from nutgraf.text.sentences import split
from nutgraf.trust.own import Beside, beside, made
from nutgraf.trust.policy.load import load as load_policy
from nutgraf.trust.policy.rules import Action, Policy, Second

if TYPE_CHECKING:
    from nutgraf.trust.second.opened import Asking

CHECKS: tuple[CheckName, ...] = get_args(CheckName)
ROOM = Path(__file__).parent
_QUOTED_LINES = 3
_LINE_CHARS = 300
_AGENTS_KEPT = 8
#: Sets of texts in, one vector of length one for each.
Encode = Callable[[Sequence[str]], Any]
Place = tuple[int, int, Detected]
#: How long a judge may take for a text that nobody waits for, in seconds.
JUDGED_WITHIN_S = 60.0
REPLACEABLE = ("grounding", "member", "attack", "tone", "pii")


class Desk:
    """Scores texts. `topic` are descriptions and examples of what is on topic, `encode` gives their encoder.

    Synchronous and safe to share between threads.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        topic: Sequence[str] = (),
        encode: Callable[[], Encode] | None = None,
        detectors: Mapping[str, TextDetector | GroundingDetector] | None = None,
        asking: Asking | None = None,
        offline: bool = False,
    ) -> None:
        """`policy` is the core's unless given; `encode` is called when the topic check is first asked for.

        `detectors` take the place of ours: under "grounding" and "member" a `GroundingDetector`, under "attack" (which
        serves "content" as well), "tone" and "pii" a `TextDetector`. Raises InputError for other names.
        `asking` is how a judge asks a model; with `offline` second opinions that no answer waits for are asked too.
        """
        self.policy = policy or load_policy()
        self._topic, self._encode = tuple(topic), encode
        self._asking, self._offline = asking, offline
        self._loaded: dict[str, Any] = dict(detectors or {})
        for name in self._loaded:
            if name not in REPLACEABLE:
                raise InputError(f"detectors: {name!r} is none of {', '.join(REPLACEABLE)}; use one of these")
        self._lock = threading.RLock()

    def detector(self, check: str) -> Any:
        """The detector of a check, loaded on first use. Raises InputError for a check that does not exist, MissingPart
        for one whose weights are not installed.
        """
        if check not in CHECKS:
            raise InputError(f"check: {check!r} is not known; use one of {', '.join(CHECKS)}")
        name = "attack" if check == "content" else check
        with self._lock:
            if name not in self._loaded:
                try:
                    rule = self.policy.rule(name)
                    found = beside(name, self._load(name), rule.detectors, self.policy.folder)
                    self._loaded[name] = self._with_second(name, found, rule.second)
                except ImportError as exc:
                    missing = exc.name or str(exc)
                    raise MissingPart(f"check {check}: {missing} is not installed; install Nutgraf again") from exc
                except MissingPart as exc:
                    raise MissingPart(f"check {check}: {exc}") from exc
            return self._loaded[name]

    def score(
        self, check: str, text: str, evidence: Any = None, member: Any = None, before: str = ""
    ) -> dict[str, Any]:
        """What a check says of a text: `score` (the probability that it is bad), `labels`, `sentences` with start, end,
        score, verdict and evidence, and `spans` with start, end, label, score and because.

        `evidence` is a text, a list, or a JSON value (for topic: examples of what is on topic); `member` a record as
        `trust.member.facts` reads it; `before` the turn before a question. Raises InputError naming what is missing.
        """
        whole, places, lines = self.examine(check, text, evidence, member, before)
        spans = [
            Marked(start + mark.start, start + mark.end, mark.label, mark.score, mark.because)
            for start, _, one in places
            for mark in one.spans
        ]
        found: dict[str, Any] = {
            "score": round(whole.score, 6), "labels": {label: round(value, 6) for label, value in whole.labels.items()},
            "sentences": [
                {
                    "start": start, "end": end, "score": round(one.score, 6), "verdict": self.verdict(check, one),
                    "evidence": [lines[row][:_LINE_CHARS] for row in one.evidence[:_QUOTED_LINES] if row < len(lines)],
                }
                for start, end, one in places
            ],
        }  # fmt: skip
        if spans:
            found["spans"] = [
                {
                    "start": m.start, "end": m.end, "label": m.label, "score": round(m.score, 6), "because": m.because
                }
                for m in spans
            ]  # fmt: skip
        return found

    def examine(
        self, check: str, text: str, evidence: Any = None, member: Any = None, before: str = ""
    ) -> tuple[Detected, list[Place], Sequence[str]]:
        """What a check says of the whole text and of each sentence with its place, and the lines it looked at."""
        detector = self.detector(check)
        if check == "grounding":
            return self._grounded(detector, text, evidence, member)
        if check == "member":
            return _about_reader(detector, text, member if member is not None else evidence)
        if check == "topic":
            topical = self._on_topic(text, evidence, before)
            return topical, [(0, len(text), topical)] if text.strip() else [], ()
        scan = getattr(detector, "scan", detector.detect) if check == "content" else detector.detect
        whole: Detected = scan(text)
        if check == "tone":
            return whole, _each(detector, text, whole), ()
        return whole, _shared_out(text, whole), ()

    def verdict(self, check: str, found: Detected) -> str:
        """Says "supported" or "unsupported" for what is held against evidence, "ok" or "flagged" for the rest,
        "no-claim" where nothing is said that the check is about.
        """
        if check not in ("grounding", "member"):
            return "flagged" if found.score >= self.threshold(check) else "ok"
        if found.check == "no-claim":
            return "no-claim"
        return "unsupported" if found.score >= self.threshold(check) else "supported"

    def threshold(self, check: str) -> float:
        """From which probability on a check's finding counts; frozen with its weights."""
        detector = self.detector(check)
        if check == "grounding":
            return float(getattr(detector, "thresholds", {}).get("sentence", 0.5))
        if check == "content":
            return float(getattr(detector, "content_threshold", 0.5))
        return float(getattr(detector, "threshold", 0.5))

    def action(self, check: CheckName, found: Detected) -> Action:
        """What the policy does about a finding.

        Kinds of tone count only where the text as a whole is beyond the limit that was frozen for it.
        """
        if check == "tone" and found.score < self.threshold(check):
            found = replace(found, labels={})
        return self.policy.rule(check).decide(found)[0]

    def _with_second(self, name: str, found: Any, second: Second | None) -> Any:
        """A detector with the second opinion of its policy beside it, where there is one to be asked here."""
        if second is None or not (second.inline or self._offline):
            return found
        from nutgraf.trust.second.opened import Limited, opened

        within_s = second.within_ms / 1000
        inner = opened(name, second.model, self.policy.folder, within_s, self._asking)
        return Beside(name, found, [Limited(inner, within_s, second.fail)])

    def _load(self, name: str) -> Any:
        if name == "grounding":
            from nutgraf.trust.grounding.detector import Grounding

            return Grounding.load()
        if name == "member":
            from nutgraf.trust.member.detector import MemberGrounding

            return MemberGrounding.load()
        if name == "attack":
            from nutgraf.trust.hostile import attacks

            return attacks()
        if name == "tone":
            from nutgraf.trust.hostile import shared
            from nutgraf.trust.tone.detector import Tone

            return Tone.load(encoder=shared())
        if name == "pii":
            from nutgraf.trust.pii.detector import PersonalData

            return PersonalData()
        return self._agent(self._topic) if self._topic else None

    def _agent(self, examples: tuple[str, ...]) -> Any:
        from nutgraf.trust.topic.topic import OffTopic

        if self._encode is None:
            raise MissingPart("check topic: no encoder was given to the desk")
        return OffTopic(examples, self._encode())

    def _grounded(
        self, detector: Any, text: str, evidence: Any, member: Any
    ) -> tuple[Detected, list[Place], Sequence[str]]:
        """Against the evidence; with a member, what is said of the reader may rest on their record as well."""
        from nutgraf.trust.grounding.flatten import flatten

        if evidence is None:
            raise InputError("evidence: is missing; the check grounding needs a text, a list of texts, or a JSON value")
        lines: Sequence[str] = flatten(evidence if isinstance(evidence, (str, Mapping, Sequence)) else str(evidence))
        places = _sentences(detector, text, lines)
        whole = _whole(detector, places, lines)
        if member is not None:
            both = (*lines, *_record(member))
            about = [one.check != "no-claim" for *_, one in _about_reader(self.detector("member"), text, member)[1]]
            if len(about) == len(places) and any(about):
                texts = [text[start:end] for start, end, _ in places]
                again = detector.detect(texts, both)
                places = [
                    (start, end, new if reader else one)
                    for (start, end, one), new, reader in zip(places, again, about, strict=True)
                ]
                whole, lines = _whole(detector, places, lines), both
        return Detected(whole, {"unsupported": whole}, check="grounding"), places, lines

    def _on_topic(self, text: str, evidence: Any, before: str) -> Detected:
        examples = _examples(evidence) if evidence is not None else self._topic
        if not examples:
            raise InputError("evidence: is missing; the check topic needs a list of examples of what is on topic")
        found: Detected = self._agent(examples).detect(text, before)
        return found


def _about_reader(detector: Any, text: str, member: Any) -> tuple[Detected, list[Place], Sequence[str]]:
    if member is None:
        raise InputError("member: is missing; the check member needs the reader's record as an object")
    lines = _record(member)
    places = _sentences(detector, text, lines)
    worst = max((one for *_, one in places), key=lambda one: one.score, default=Detected(0.0, check="no-claim"))
    return Detected(worst.score, worst.labels, check=worst.check, because=worst.because), places, lines


def _sentences(detector: Any, text: str, lines: Sequence[str]) -> list[Place]:
    """Every sentence of a text held against lines, in the text's order."""
    places = [(start, end) for start, end in _places(text) if any(char.isalnum() for char in text[start:end])]
    found = detector.detect([text[start:end] for start, end in places], lines)
    return [(start, end, one) for (start, end), one in zip(places, found, strict=True)]


def _whole(detector: Any, places: Sequence[Place], lines: Sequence[str]) -> float:
    """The probability for a whole text: the detector's own way to join sentences, else the worst of them."""
    scores = [one.score for *_, one in places]
    join = getattr(detector, "whole", None)
    return float(join(scores, lines)) if join else max(scores, default=0.0)


def _record(member: Any) -> tuple[str, ...]:
    """A member's record as lines, from an object, a list of lines, or a text."""
    from nutgraf.trust.member.facts import facts_of

    if isinstance(member, str):
        return tuple(member[start:end] for start, end in split(member))
    return tuple(map(str, member)) if isinstance(member, Sequence) else facts_of(member)


def _examples(evidence: Any) -> tuple[str, ...]:
    if isinstance(evidence, str):
        return tuple(line for line in evidence.splitlines() if line.strip())
    if isinstance(evidence, Sequence) and all(isinstance(one, str) for one in evidence):
        return tuple(evidence)
    raise InputError("evidence: is no list of texts; the check topic needs examples of what is on topic")


def _places(text: str) -> list[tuple[int, int]]:
    return [(start, end) for start, end in split(text) if text[start:end].strip()]


def _each(detector: Any, text: str, whole: Detected) -> list[Place]:
    """Every sentence judged for itself; one alone is the whole."""
    places = _places(text)
    if len(places) == 1:
        return _shared_out(text, whole)
    return [(start, end, detector.detect(text[start:end])) for start, end in places]


def _shared_out(text: str, whole: Detected) -> list[Place]:
    """A finding about a whole text, given to the sentences that its marks touch; to all of them when it has none."""
    found: list[Place] = []
    places = _places(text)
    for start, end in places:
        own = tuple(
            Marked(max(m.start, start) - start, min(m.end, end) - start, m.label, m.score, m.because)
            for m in whole.spans
            if m.start < end and start < m.end
        )
        if len(places) == 1 or not whole.spans:
            found.append((start, end, Detected(whole.score, whole.labels, own, whole.check, whole.because)))
            continue
        own_labels = {mark.label: mark.score for mark in sorted(own, key=lambda mark: mark.score)}
        worst = max(own, key=lambda mark: mark.score, default=Marked(0, 0, "", 0.0))
        found.append((start, end, Detected(worst.score, own_labels, own, whole.check, worst.because)))
    return found


def detector_named(check: str, named: str, asking: Asking | None = None) -> Any:
    """A detector to take the place of ours: `nli:FOLDER`, `tokens:FOLDER`, `judge:MODEL`, or one of your own as
    `file.py:Class` or `module:Class`. Raises InputError.
    """
    from nutgraf.trust.second.opened import KINDS, opened

    if check not in REPLACEABLE:
        raise InputError(f"detector: the check {check} cannot have another; use one of {', '.join(REPLACEABLE)}")
    if named.partition(":")[0] in KINDS:
        return opened(check, named, Path(), JUDGED_WITHIN_S, asking)
    return made(check, named, Path())


def manifests() -> list[tuple[str, weights.Manifest | None, int]]:
    """Each folder of embedded weights: its name, its manifest (None when it cannot be read), its bytes."""
    found: list[tuple[str, weights.Manifest | None, int]] = []
    for file in sorted(ROOM.rglob(weights.MANIFEST)):
        folder = file.parent
        name = str(folder.relative_to(ROOM)).replace("/weights", "").replace("weights/", "")
        size = sum(one.stat().st_size for one in folder.iterdir() if one.is_file())
        try:
            found.append((name, weights.load(folder), size))
        except MissingPart:
            found.append((name, None, size))
    return found
