"""The gate: written bars, held against intervals. Never against two single runs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from nutgraf.errors import InputError
from nutgraf.evals.compare import Compared, compare
from nutgraf.evals.metrics.base import Outcome
from nutgraf.evals.metrics.table import METRICS
from nutgraf.evals.report_text import figure, interval
from nutgraf.evals.run import Run
from nutgraf.evals.stats import Difference, Estimate
from nutgraf.evals.summary import ALL, Row, kept, row_of

FILE = "gate.toml"
COVERAGE_AT_LEAST = 0.9


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar. A run fails it when its interval lies wholly beyond it, and passes only when it does not.

    With `shown` the interval must lie wholly on the good side: it is shown, and not just not refuted. `worse_by` is how
    much worse than the baseline a run may be shown to be. Less than `coverage` measured is a failure of its own.
    """

    metric: str
    agents: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    worse_by: float | None = None
    shown: bool = False
    coverage: float = COVERAGE_AT_LEAST
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of one bar, in words."""

    bar: Bar
    agent: str
    outcome: Outcome
    because: str

    def as_json(self) -> dict[str, Any]:
        """A plain JSON object."""
        return asdict(self)


def load_gate(file: Path | Traversable) -> list[Bar]:
    """The bars of a file. Raises InputError naming the bar and the field that is wrong."""
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except OSError as exc:
        raise InputError(f"gate: {file} cannot be read ({exc.strerror}); write the bars down in it") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"gate: {file.name} is not valid TOML ({exc})") from exc
    bars = found.get("bar")
    if not isinstance(bars, list) or not bars or found.keys() - {"bar"}:
        raise InputError(f"gate: {file.name} must hold tables [[bar]] and nothing else")
    return [_bar(table, f"{file.name}, bar {number}") for number, table in enumerate(bars, 1)]


def judge_run(run: Run, bars: Sequence[Bar], baseline: Run | None = None) -> list[Judged]:
    """What becomes of every bar. Without a baseline no bar is held against one."""
    compared = compare(baseline, run) if baseline is not None else []
    known = {score.agent for score in run.scores}
    judged = []
    for bar in bars:
        for agent in [name for name in bar.agents if name in known] or ([] if bar.agents else [ALL]):
            own = [s for s in kept(run.scores) if s.metric == bar.metric and (agent in (ALL, s.agent))]
            if not own:
                judged.append(_judged(bar, agent, "not measured", "the run has no scores of it"))
                continue
            row = row_of(bar.metric, agent, own, run)
            judged.append(_held(bar, row))
            if bar.worse_by is not None and baseline is not None:
                found = next((c for c in compared if c.metric == bar.metric and c.agent == agent), None)
                judged.append(_against(bar, agent, found))
    return judged


def passes(judged: Sequence[Judged]) -> bool:
    """Whether every bar was passed."""
    return bool(judged) and all(one.outcome == "pass" for one in judged)


def _held(bar: Bar, row: Row) -> Judged:
    """A run held against the coverage and the limits of a bar."""
    if row.coverage < bar.coverage:
        most = next(iter(row.reasons), "nobody knows why")
        because = f"{row.measured} of {row.planned} were measured, {bar.coverage:.0%} must be; mostly because {most}"
        return _judged(bar, row.agent, "fail", because)
    if bar.at_least is None and bar.at_most is None:
        return _judged(bar, row.agent, "pass", f"{row.measured} of {row.planned} were measured")
    if row.estimate is None:
        return _judged(bar, row.agent, "not measured", "there was nothing to count")
    unit = METRICS[bar.metric].unit
    found = row.tail if unit == "ms" and row.tail else row.estimate
    told = _told(found, bar)
    sides: tuple[tuple[float | None, bool, bool, str], ...] = (
        (bar.at_most, found.low > (bar.at_most or 0.0), found.high <= (bar.at_most or 0.0), "at most"),
        (bar.at_least, found.high < (bar.at_least or 0.0), found.low >= (bar.at_least or 0.0), "at least"),
    )
    for limit, beyond, shown, word in sides:
        if limit is not None and (beyond or (bar.shown and not shown)):
            how = "" if beyond else ", and that must be shown"
            return _judged(bar, row.agent, "fail", f"{told}, {word} {figure(limit, unit)} is asked{how}")
    return _judged(bar, row.agent, "pass", told)


def _against(bar: Bar, agent: str, found: Compared | None) -> Judged:
    """A run held against a baseline: it fails when it is shown to be worse by more than the bar allows."""
    if found is None or found.difference is None:
        because = found.because if found else "the baseline has no scores of it"
        return _judged(bar, agent, "not measured", because)
    if found.measured < bar.coverage * found.planned:
        because = f"{found.measured} of {found.planned} cases were measured in both, {bar.coverage:.0%} must be"
        return _judged(bar, agent, "fail", because)
    change, by = found.difference, bar.worse_by or 0.0
    worse = change.low > by if METRICS[bar.metric].better == "lower" else change.high < -by
    unit = METRICS[bar.metric].unit
    told = f"{figure(change.first, unit)} → {figure(change.second, unit)}, difference {_told(change, bar)}"
    return _judged(bar, agent, "fail" if worse else "pass", told)


def _judged(bar: Bar, agent: str, outcome: Outcome, because: str) -> Judged:
    return Judged(bar=bar, agent=agent, outcome=outcome, because=because)


def _told(found: Estimate | Difference, bar: Bar) -> str:
    return interval({"value": found.value, "low": found.low, "high": found.high}, METRICS[bar.metric].unit)


def _bar(table: Any, where: str) -> Bar:
    if not isinstance(table, Mapping):
        raise InputError(f"gate: {where}: must be a table")
    if unknown := table.keys() - Bar.__annotations__:
        raise InputError(f"gate: {where}: unknown field {min(unknown)!r}; known are {', '.join(Bar.__annotations__)}")
    if table.get("metric") not in METRICS:
        raise InputError(f"gate: {where}: metric {table.get('metric')!r} is not known; known are {', '.join(METRICS)}")
    for name in ("at_least", "at_most", "worse_by", "coverage"):
        if not isinstance(table.get(name, 0), (int, float)) or isinstance(table.get(name), bool):
            raise InputError(f"gate: {where}: {name} must be a number, got {table[name]!r}")
    if not isinstance(table.get("shown", False), bool):
        raise InputError(f"gate: {where}: shown must be true or false, got {table['shown']!r}")
    agents = table.get("agents", ())
    if isinstance(agents, str) or not all(isinstance(one, str) for one in agents):
        raise InputError(f"gate: {where}: agents must be a list of names, got {agents!r}")
    return Bar(**{**table, "agents": tuple(agents)})
