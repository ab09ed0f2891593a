"""Policies as values: for every check the action at a probability, what a failure means, and how long it may take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from nutgraf.detection import CheckName, Detected

Action = Literal["commit", "soften", "mask", "quote", "drop", "refuse"]
Fail = Literal["open", "closed"]
Links = Literal["listed", "evidence", "none"]

#: Mildest first.
ACTIONS: tuple[Action, ...] = get_args(Action)
CHECKS: tuple[CheckName, ...] = get_args(CheckName)
#: From the most that may be shown to the least.
LINKS: tuple[Links, ...] = get_args(Links)

#: For an action, the least probability from which it is taken.
Steps = Mapping[Action, float]


def severity(action: Action) -> int:
    """How much an action withholds, 0 for nothing."""
    return ACTIONS.index(action)


def taken(steps: Steps, probability: float) -> Action:
    """The severest action whose step a probability reaches."""
    reached = (action for action, least in steps.items() if probability >= least)
    return max(reached, key=severity, default="commit")


@dataclass(frozen=True, slots=True)
class Second:
    """A larger model beside ours: `nli:FOLDER`, `tokens:FOLDER` or `judge:MODEL`, and the time it has by the clock.

    One that is not `inline` is asked for labelled data and single texts, and never for an answer.
    """

    model: str
    inline: bool = True
    within_ms: int = 2000
    fail: Fail = "closed"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one check leads to. `categories` hold the steps of its labels, beside those for the whole.

    `detectors` name detectors of your own that stand beside ours, as `module:Class` or `file.py:Class`.
    """

    check: CheckName
    steps: Steps = field(default_factory=dict)
    fail: Fail = "closed"
    within_ms: int = 20
    categories: Mapping[str, Steps] = field(default_factory=dict)
    detectors: tuple[str, ...] = ()
    second: Second | None = None

    def decide(self, found: Detected) -> tuple[Action, str]:
        """The severest action for what was found, and the category that led to it, empty for the whole."""
        whole = (taken(self.steps, found.score), "")
        labelled = [
            (taken(self.categories[category], chance), category)
            for label, chance in found.labels.items()
            if (category := re.sub(r"[- ]", "_", label)) in self.categories
        ]
        return max([whole, *labelled], key=lambda one: severity(one[0]))

    def broken(self) -> Action:
        """The action when the check broke, or was not done within its time."""
        return "commit" if self.fail == "open" else max(("drop", *self.steps), key=severity)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a use case has settled. `masked` are the kinds of personal data replaced before a model is called.

    `hosts` are those whose pages may be shown beside the addresses that the evidence holds. `folder` is where the file
    lies, from which detectors in files are named.
    """

    name: str
    rules: Mapping[CheckName, Rule]
    masked: frozenset[str] = frozenset()
    links: Links = "listed"
    hosts: frozenset[str] = frozenset()
    folder: Path = field(default=Path(), repr=False, compare=False)

    def told(self) -> list[str]:
        """Everything that is settled, in the same words and order in every process."""
        rules = [repr(rule) for _, rule in sorted(self.rules.items())]
        return [self.name, *rules, *sorted(self.masked), self.links, *sorted(self.hosts)]

    def rule(self, check: CheckName) -> Rule:
        """The rule of a check; one that no file names fails closed and commits nothing above a half."""
        return self.rules.get(check, Rule(check, {"drop": 0.5}))
