"""The trained detectors on a sentence that the rules let pass: what each says, and what the policy makes of it."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from nutgraf.detection import CheckName, Detected, Marked
from nutgraf.errors import MissingPart, NutgrafError
from nutgraf.trust.desk import Desk, Encode
from nutgraf.trust.grounding.flatten import flatten
from nutgraf.trust.pii import structured
from nutgraf.trust.pii.masking import Masker, redact
from nutgraf.trust.policy.rules import Action, Policy, severity

if TYPE_CHECKING:
    from nutgraf.trust.topic.topic import OffTopic

log = logging.getLogger(__name__)

#: The checks of one sentence, the cheapest first.
OF_SENTENCES: tuple[CheckName, ...] = ("attack", "tone", "member", "grounding")
DOCUMENTS_KEPT, DOCUMENT_AT_MOST_CHARS = 256, 40_000
CARRIED_ON = frozenset({"injection", "jailbreak"})
#: Read once when a reviewer is made: what a detector sets up at its first sentence is then there.
FIRST = "The team moved its 12 services in four weeks."
#: Personal data that a sentence may hold: which links are shown is a matter of its own.
SHOWN_KINDS = frozenset({"link", "url"})
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What becomes of a sentence: the severest action of all checks, and the check and reason that led to it.

    `unsupported` is the probability that the evidence does not bear the sentence out, None when that was not said.
    """

    action: Action
    check: str = ""
    because: str = ""
    unsupported: float | None = None


class Reviewer:
    """Asks every detector about a sentence and does what the policy says. Synchronous, safe to share between threads.

    A check that breaks, or takes more processor time than the policy grants it, has said what its `fail` says. One
    whose weights are not installed is left out when the reviewer is made, and named in `missing`.
    """

    def __init__(self, desk: Desk) -> None:
        """Loads the detectors."""
        self._desk = desk
        self.missing: tuple[str, ...] = ()
        self._checks: dict[CheckName, Callable[[str, Sequence[str], Sequence[str]], Detected]] = {}
        made: dict[CheckName, Callable[[str, Sequence[str], Sequence[str]], Detected]] = {
            "attack": self._attack, "tone": self._tone, "member": self._member, "grounding": self._grounding,
        }  # fmt: skip
        for name in OF_SENTENCES:
            try:
                desk.detector(name)
                self._checks[name] = made[name]
            except MissingPart as exc:
                log.warning("trust: %s", exc)
                self.missing += (name,)
                continue
            with suppress(Exception):
                self._checks[name](FIRST, [FIRST], [FIRST])
        self._hostile: OrderedDict[str, tuple[Place, ...]] = OrderedDict()
        self._topic: tuple[tuple[str, ...], OffTopic] | None = None
        self._lock = threading.Lock()

    @property
    def policy(self) -> Policy:
        """What is done about what is found."""
        return self._desk.policy

    @cached_property
    def version(self) -> str:
        """The policy and the weights behind it: twelve hex digits."""
        told = [*self.policy.told(), *(str(getattr(self._desk.detector(name), "version", "")) for name in self._checks)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]

    def sentence(self, text: str, evidence: Sequence[str], record: Sequence[str] = ()) -> Reviewed:
        """What becomes of `text`, which claims to rest on the texts `evidence`; `record` is the reader's, line by line.

        Never raises.
        """
        worst, unsupported = Reviewed("commit"), None
        for name, check in self._checks.items():
            action, found, why = self._one(name, lambda check=check: check(text, evidence, record))  # type: ignore[misc]
            if name == "grounding" and found is not None:
                unsupported = round(found.score, 4)
            if severity(action) > severity(worst.action):
                worst = Reviewed(action, name, why)
        return Reviewed(worst.action, worst.check, worst.because, unsupported)

    def hostile(self, document: str) -> tuple[Place, ...]:
        """The places of a document that read like orders to a model, `(start, end)` in characters; read once.

        A document that cannot be checked is hostile as a whole.
        """
        document = document[:DOCUMENT_AT_MOST_CHARS]
        key = hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()
        with self._lock:
            if key in self._hostile:
                self._hostile.move_to_end(key)
                return self._hostile[key]
        places = self._places(document)
        with self._lock:
            self._hostile[key] = places
            while len(self._hostile) > DOCUMENTS_KEPT:
                self._hostile.popitem(last=False)
        return places

    def masker(self) -> Masker | None:
        """What replaces personal data in one answer before a model sees it; None where the policy masks nothing."""
        if not self.policy.masked:
            return None
        return Masker(self._personal, self.policy.masked)

    def redacted(self, text: str, known: Sequence[str], before: str = "") -> tuple[str, Action]:
        """A model's words without personal data that the texts `known` do not hold, and what the policy does about it.

        A number may be cut in two by the end of a sentence, so it is also looked for across the end of `before`.
        """
        rule = self.policy.rule("pii")
        before = before.rstrip(" .!?")
        edge = len(before) + 1 if before else 0
        whole = f"{before} {text}" if before else text
        try:
            marks = [mark for mark in self._personal(whole) if mark.end > edge and mark.label not in SHOWN_KINDS]
            held = " ".join(map(_bare, known)) if marks else ""
            marks = [mark for mark in marks if _bare(whole[mark.start : mark.end]) not in held]
            if not marks:
                return text, "commit"
            score = max(mark.score for mark in marks)
            action, _ = rule.decide(Detected(score, {mark.label: mark.score for mark in marks}))
        except Exception as exc:
            log.warning("trust: the check pii broke (%s)", type(exc).__name__)
            return text, rule.broken()
        if severity(action) < severity("mask"):
            return text, action
        inside = [replace(mark, start=max(mark.start, edge) - edge, end=mark.end - edge) for mark in marks]
        return redact(text, lambda _: inside, {mark.label for mark in inside}), action

    def _personal(self, text: str) -> Sequence[Marked]:
        """Personal data of known form, and where the policy masks names or addresses those too."""
        if self.policy.masked.issubset(structured.KINDS):
            return tuple(structured.find(text))
        found: Sequence[Marked] = self._desk.detector("pii").find(text)
        return found

    def topic(self, examples: Sequence[str], about: Sequence[str], encode: Encode) -> OffTopic | None:
        """What tells questions that are far from these examples and descriptions, made once for each set of them; None
        where there are too few. Blocks at first, about 4 ms an example.
        """
        from nutgraf.trust.topic.topic import LEAST, OffTopic

        if len(examples) < LEAST:
            return None
        key = (*examples, *about)
        with self._lock:
            if self._topic is None or self._topic[0] != key:
                self._topic = (key, OffTopic(examples, encode, descriptions=about))
            return self._topic[1]

    def _places(self, document: str) -> tuple[Place, ...]:
        if "attack" in self.missing:
            return ()
        try:
            found = self._desk.detector("attack").scan(document)
        except Exception as exc:
            log.warning("trust: the scan of a document broke (%s)", type(exc).__name__)
            return () if self.policy.rule("content").fail == "open" else ((0, len(document)),)
        return tuple((mark.start, mark.end) for mark in found.spans)

    def _one(self, name: CheckName, check: Callable[[], Detected]) -> tuple[Action, Detected | None, str]:
        rule = self.policy.rule(name)
        began = time.thread_time()
        try:
            found = check()
        except Exception as exc:  # silence is never consent
            log.warning("trust: the check %s broke (%s)", name, type(exc).__name__)
            return rule.broken(), None, f"the check broke ({type(exc).__name__})"
        took_ms = (time.thread_time() - began) * 1000
        if took_ms > rule.within_ms:
            log.warning("trust: the check %s took %.0f ms, %d are granted", name, took_ms, rule.within_ms)
            return rule.broken(), found, "the check took too long"
        action, category = rule.decide(found)
        return action, found, ": ".join(part for part in (category.replace("_", " "), found.because) if part)

    def _attack(self, text: str, evidence: Sequence[str], record: Sequence[str]) -> Detected:
        """Whether a sentence of ours carries an order on; what it speaks of is for `tone` to judge."""
        found: Detected = self._desk.detector("attack").detect(text)
        labels = {label: score for label, score in found.labels.items() if label in CARRIED_ON}
        return replace(found, score=max(labels.values(), default=0.0), labels=labels)

    def _tone(self, text: str, evidence: Sequence[str], record: Sequence[str]) -> Detected:
        """The tone; its kinds count only where the text as a whole is beyond the limit that was frozen for it."""
        detector = self._desk.detector("tone")
        found: Detected = detector.detect(text)
        return found if found.score >= getattr(detector, "threshold", 0.0) else replace(found, labels={})

    def _member(self, text: str, evidence: Sequence[str], record: Sequence[str]) -> Detected:
        if not record:
            return Detected(0.0, check="no-record")
        if any(text.strip() in piece for piece in evidence):
            return Detected(0.0, check="quoted")  # "you" in the words of an item is not this reader
        found: Detected = self._desk.detector("member").detect([text], record)[0]
        return found

    def _grounding(self, text: str, evidence: Sequence[str], record: Sequence[str]) -> Detected:
        lines = tuple(line for piece in evidence for line in flatten(piece))
        if not lines:
            raise NutgrafError("nothing to hold the sentence against")
        found: Detected = self._desk.detector("grounding").detect([text], lines)[0]
        return found


def _bare(text: str) -> str:
    """Letters and digits alone, so that a number is known however it is spaced."""
    return "".join(char for char in text.casefold() if char.isalnum())
