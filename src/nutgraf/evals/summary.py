"""What a run came to: every metric with its interval, its coverage, and why the rest was not measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nutgraf.errors import InputError
from nutgraf.evals.calibration import Calibration, record_for
from nutgraf.evals.metrics.base import Score
from nutgraf.evals.metrics.table import METRICS
from nutgraf.evals.run import Run
from nutgraf.evals.stats import Estimate, corrected, quantile, rate

ALL = "all"
#: Metrics whose figure is a detector's, and which.
DETECTED = {"unsupported_item": "grounding", "unsupported_member": "member"}
FILTERED = (
    "the checks had taken out what the same detector flags before it was counted, so what is left of the bad ones is "
    "harder to see than the labelled ones were: the true rate may be higher"
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One metric over the answers of one agent, or of all: `estimate` None where nothing was measured.

    `planned` answers should have been measured, `measured` were; `reasons` says how often why not. `tail` is the 95th
    percentile of a time. `true` is the rate corrected for its detector, or `true_because` says why there is none;
    `caveat` is what to know of it.
    """

    metric: str
    agent: str
    planned: int
    measured: int
    passed: int
    failed: int
    estimate: Estimate | None
    tail: Estimate | None = None
    true: Estimate | None = None
    true_because: str = ""
    caveat: str = ""
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def coverage(self) -> float:
        """The share of what should have been measured that was."""
        return self.measured / self.planned if self.planned else 0.0

    def as_json(self) -> dict[str, Any]:
        """A plain JSON object."""
        return asdict(self) | {"coverage": round(self.coverage, 4)}


@dataclass(frozen=True)
class Flake:
    """A case whose outcome is not the same in every repeat."""

    case: str
    metric: str
    passed: int
    failed: int


def summary(run: Run, records: Sequence[Calibration] = (), agents: Iterable[str] = ()) -> list[Row]:
    """The rows of a run: of all agents together, then of each; `agents` keeps to some."""
    scores = kept(run.scores, agents)
    names = dict.fromkeys(score.agent for score in scores)
    rows = []
    for metric in METRICS:
        own = [score for score in scores if score.metric == metric]
        parts = {ALL: own} | {name: [s for s in own if s.agent == name] for name in names}
        rows += [row_of(metric, name, part, run, records) for name, part in parts.items() if part]
    return rows


def row_of(metric: str, agent: str, scores: Sequence[Score], run: Run, records: Sequence[Calibration] = ()) -> Row:
    """One row from the scores of one metric."""
    told = METRICS[metric]
    measured = [score for score in scores if score.outcome != "not measured"]
    tallies = [score.tally for score in measured]
    reasons = Counter(score.because for score in scores if score.outcome == "not measured")
    true, because, caveat = _true(metric, measured, run, records)
    counted = any(tally.of > 0 for tally in tallies)
    return Row(
        metric=metric, agent=agent, planned=len(scores), measured=len(measured),
        passed=sum(score.outcome == "pass" for score in scores),
        failed=sum(score.outcome == "fail" for score in scores),
        estimate=rate(tallies, share=told.is_share) if counted else None,
        tail=quantile(tallies, 0.95) if counted and told.unit == "ms" else None,
        true=true, true_because=because, caveat=caveat, reasons=dict(reasons.most_common()),
    )  # fmt: skip


def flakes(scores: Iterable[Score]) -> list[Flake]:
    """The cases that passed in one repeat and failed in another, by metric; empty without repeats."""
    outcomes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for score in scores:
        outcomes[score.case, score.metric][score.outcome] += 1
    return [
        Flake(case, metric, told["pass"], told["fail"])
        for (case, metric), told in outcomes.items() if told["pass"] and told["fail"]
    ]  # fmt: skip


def kept(scores: Iterable[Score], agents: Iterable[str] = ()) -> list[Score]:
    """The scores of some agents, or all. Raises InputError for an agent without scores."""
    found, wanted = list(scores), list(agents)
    known = {score.agent for score in found}
    if unknown := [name for name in wanted if name not in known]:
        raise InputError(f"agent: the run has no scores of {unknown[0]!r}; it has {', '.join(sorted(known))}")
    return [score for score in found if not wanted or score.agent in wanted]


def _true(
    metric: str, scores: Sequence[Score], run: Run, records: Sequence[Calibration]
) -> tuple[Estimate | None, str, str]:
    """The corrected rate, or why there is none, and what to know of it."""
    if metric not in DETECTED:
        return None, "", ""
    name = DETECTED[metric]
    record = record_for(records, name, str(run.about.get("judges", {}).get(name, "")))
    if isinstance(record, str):
        return None, record, ""
    try:
        found = corrected([score.tally for score in scores], record.detection())
    except InputError as exc:
        return None, str(exc), ""
    return found, "", "" if run.about.get("checks") == "off" else FILTERED
