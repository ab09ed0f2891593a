"""Two runs over the same cases: metric by metric the paired difference, with its interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nutgraf.errors import InputError
from nutgraf.evals.metrics.table import METRICS
from nutgraf.evals.run import Run
from nutgraf.evals.stats import Difference, difference
from nutgraf.evals.summary import ALL, kept

#: `better` and `worse` where the interval lies on one side of nothing.
Change = Literal["better", "worse", "no difference shown", "same", "not measured"]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One metric in two runs: `measured` of `planned` cases were measured in both."""

    metric: str
    agent: str
    change: Change
    planned: int
    measured: int
    difference: Difference | None = None
    because: str = ""

    def as_json(self) -> dict[str, Any]:
        """A plain JSON object."""
        relative = self.difference.relative if self.difference else None
        return asdict(self) | {"relative": relative}


def compare(first: Run, second: Run, agents: Iterable[str] = (), *, by_agent: bool = True) -> list[Compared]:
    """Every metric that both runs have, for all agents together and for each.

    Raises InputError when the runs have other versions of a case set: their cases are then not the same.
    """
    sets_1, sets_2 = first.about.get("sets", {}), second.about.get("sets", {})
    if other := [name for name in sets_1.keys() & sets_2.keys() if sets_1[name] != sets_2[name]]:
        raise InputError(
            f"compare: the case set {min(other)!r} is not the same in both runs; run both over one version"
        )
    if not sets_1.keys() & sets_2.keys():
        raise InputError("compare: the runs have no case set in common; run both over the same")
    scores = [kept(run.scores, agents) for run in (first, second)]
    known = {score.agent for score in scores[0]} & {score.agent for score in scores[1]}
    found = []
    for metric in METRICS:
        for agent in (ALL, *(sorted(known) if by_agent and len(known) > 1 else ())):
            sides = [[s for s in side if s.metric == metric and (s.agent == agent or agent == ALL)] for side in scores]
            if sides[0] and sides[1]:
                found.append(_one(metric, agent, *sides))
    return found


def _one(metric: str, agent: str, first: list[Any], second: list[Any]) -> Compared:
    cases = [{s.case for s in side} for side in (first, second)]
    sides = [[s for s in side if s.outcome != "not measured"] for side in (first, second)]
    both = {s.case for s in sides[0]} & {s.case for s in sides[1]}
    planned = len(cases[0] & cases[1])
    try:
        found = difference(*([s.tally for s in side] for side in sides))
    except InputError as exc:
        return Compared(
            metric=metric, agent=agent, change="not measured", planned=planned, measured=0, because=str(exc)
        )
    higher = METRICS[metric].better == "higher"
    change: Change = "no difference shown"
    if found.value == found.low == found.high == 0:
        change = "same"
    elif found.low > 0:
        change = "better" if higher else "worse"
    elif found.high < 0:
        change = "worse" if higher else "better"
    return Compared(
        metric=metric, agent=agent, change=change, planned=planned, measured=len(both), difference=found
    )  # fmt: skip
