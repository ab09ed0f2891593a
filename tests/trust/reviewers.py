"""Reviewers over detectors that say what a test tells them to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nutgraf.detection import Detected, Marked
from nutgraf.errors import MissingPart
from nutgraf.trust.desk import Desk
from nutgraf.trust.policy.rules import Fail, Policy, Rule
from nutgraf.trust.review import OF_SENTENCES, Reviewer

Says = Callable[[str], Detected]


#: The steps that the tests reckon with, whatever a shipped policy says.
POLICY = Policy(
    "test",
    {
        "grounding": Rule("grounding", {"soften": 0.5, "quote": 0.7, "drop": 0.85}, within_ms=1000),
        "member": Rule("member", {"drop": 0.7}, within_ms=1000),
        "attack": Rule("attack", {"quote": 0.5, "drop": 0.9}, within_ms=1000),
        "tone": Rule("tone", {"drop": 0.9}, within_ms=1000, categories={"toxic": {"drop": 0.7}}),
    },
    masked=frozenset({"card"}),
)


class Fake:
    """A detector that says what it is told to: of a text, of a document, and of sentences held against lines."""

    name = "fake"

    def __init__(self, says: Says = lambda text: Detected(0.0), version: str = "1") -> None:
        self.says, self.version, self.asked = says, version, list[str]()

    def detect(self, text: str | Sequence[str], evidence: Sequence[str] = ()) -> Any:
        """One finding for a text, a list of them for sentences."""
        if isinstance(text, str):
            self.asked.append(text)
            return self.says(text)
        return [self.detect(one) for one in text]

    def scan(self, text: str) -> Detected:
        """What a whole document holds."""
        found: Detected = self.detect(text)
        return found


class FakeDesk(Desk):
    """A desk whose detectors are given; those named in `lacking` have no weights."""

    def __init__(
        self, policy: Policy | None = None, lacking: Sequence[str] = (), detectors: Mapping[str, Fake] | None = None
    ) -> None:
        super().__init__(policy or POLICY)
        self.fakes = {name: Fake() for name in OF_SENTENCES} | dict(detectors or {})
        self._lacking = lacking

    def detector(self, check: str) -> Any:
        """The fake."""
        if check in self._lacking:
            raise MissingPart(f"check {check}: its weights are not installed")
        return self.fakes[check]


def reviewer(policy: Policy | None = None, lacking: Sequence[str] = (), **detectors: Fake) -> Reviewer:
    """A reviewer over fakes; those that are not given find nothing."""
    return Reviewer(FakeDesk(policy, lacking, detectors))


def failing(check: Any, fail: Fail, within_ms: int = 1000) -> Policy:
    """The policy with another `fail` for one check."""
    rule = replace(POLICY.rule(check), fail=fail, within_ms=within_ms)
    return replace(POLICY, rules={**POLICY.rules, check: rule})


def scores(score: float, **labels: float) -> Fake:
    """A detector that gives every text the same score."""
    return Fake(lambda text: Detected(score, labels, because="made up"))


def orders(text: str) -> Detected:
    """Marks the first "OBEY" in a text."""
    at = text.find("OBEY")
    return Detected(0.9, spans=(Marked(at, at + 4, "injection", 0.9),)) if at >= 0 else Detected(0.0)
