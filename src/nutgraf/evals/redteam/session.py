"""One run of the red team from its plan to its findings: resumable, with progress, tried again where it matters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nutgraf.evals.redteam.catalogue import Category, categories, weight
from nutgraf.evals.redteam.plan import search
from nutgraf.evals.redteam.results import Finding, Folder, findings_of
from nutgraf.evals.redteam.trial import Arena, Case, Outcome
from nutgraf.trust.desk import manifests

if TYPE_CHECKING:
    from nutgraf.evals.redteam.plan import Closeness
    from nutgraf.pipeline.parts import Rooms

#: A finding is tried again so often, on the cases of each that are found first.
AGAIN, AGAIN_CASES = 2, 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A run that is complete."""

    told: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def attacked(rooms: Rooms, release: str) -> str:
    """Twelve hex digits of what is attacked: release, prompts, agents, checks and model."""
    prompts = [f"{name}={rooms.prompts.version(name)}" for name in rooms.prompts.names()]
    agents = [f"{agent.name}={agent.version}" for agent in rooms.agents.values()]
    told = [release, *prompts, *sorted(agents), rooms.judge.version, *_checks(rooms), rooms.model_name]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


def _checks(rooms: Rooms) -> list[str]:
    """The policy and the weights behind the detectors, in the same words in every process."""
    if rooms.reviewer is None:
        return []
    weights = [f"{name}={manifest.id if manifest else ''}" for name, manifest, _ in manifests()]
    return [*rooms.reviewer.policy.told(), *weights]


def version_of(cases: Sequence[Case], target: str, version: str, adaptive: int) -> str:
    """Twelve hex digits of exactly this run: only the same one goes on where it was interrupted."""
    told = [target, version, str(adaptive), *(case.key for case in cases)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


async def run_session(
    arena: Arena, cases: Sequence[Case], folder: Folder, target: str, version: str, *, adaptive: int = 0,
    closeness: Closeness = lambda text: 0.0, progress: Progress = lambda done, whole: None,
) -> Ran:  # fmt: skip
    """Try every case, then search on with `adaptive` tries for each attack and surface, then try findings again.

    Every outcome is kept as it comes; an interrupted run of the same cases goes on where it was.
    """
    known, table = folder.begin(_told(cases, target, version, adaptive)), categories()
    outcomes = dict(known)
    starts = _starts(cases) if adaptive else []
    whole, done = len(cases) + len(starts) * adaptive, 0

    def heard(outcome: Outcome) -> None:
        if outcome.key not in outcomes:
            outcomes[outcome.key] = outcome
            folder.add(outcome)

    for case in cases:
        if case.key not in outcomes:
            heard(await arena.run(case))
        done += 1
        progress(done, whole)
    for start in starts:
        await search(arena, start, tries=adaptive, closeness=closeness, heard=heard)
        done += adaptive
        progress(done, whole)
    found = tuple(outcomes.values())
    again = await _again(arena, cases, found)
    told = _told(cases, target, version, adaptive)
    findings = findings_of(found, target, str(told["at"]), table, folder.findings(), again)
    folder.keep(findings)
    folder.end(told)
    return Ran(told=told, outcomes=found, findings=tuple(findings))


def failing(findings: Sequence[Finding], target: str, least: str) -> list[Finding]:
    """The findings of a target that are open, or have come back, from a severity on."""
    return [
        one for one in findings
        if one.target == target and one.status in ("open", "regressed") and weight(one.severity) >= weight(least)
    ]  # fmt: skip


def _told(cases: Sequence[Case], target: str, version: str, adaptive: int) -> dict[str, Any]:
    return {
        "version": version_of(cases, target, version, adaptive), "attacked": version, "target": target,
        "cases": len(cases), "adaptive": adaptive, "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def _starts(cases: Sequence[Case]) -> list[Case]:
    """The first case of each attack on each surface."""
    found: dict[tuple[str, str], Case] = {}
    for case in cases:
        found.setdefault((case.attack.id, case.surface), case)
    return list(found.values())


async def _again(arena: Arena, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Try what came through again; (seen, tried) by key. What only reached a prompt is not worth it."""
    by_key = {case.key: case for case in cases}
    found: dict[str, tuple[int, int]] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for outcome in outcomes:
        group = (outcome.attack, outcome.surface, outcome.effect)
        if outcome.level < 4 or outcome.key not in by_key or counts.get(group, 0) >= AGAIN_CASES:
            continue
        counts[group] = counts.get(group, 0) + 1
        tries = [await arena.run(by_key[outcome.key]) for _ in range(AGAIN)]
        found[outcome.key] = (sum(one.effect == outcome.effect for one in tries), AGAIN)
    return found


def table(outcomes: Sequence[Outcome], of: str) -> dict[str, dict[str, int]]:
    """Counts by category, surface or chain: how many were tried, reached a prompt, were obeyed, came through."""
    found: dict[str, dict[str, int]] = {}
    for outcome in outcomes:
        name = " + ".join(outcome.chain) if of == "chain" else str(getattr(outcome, of))
        row = found.setdefault(name, {"tried": 0, "reached": 0, "obeyed": 0, "carried": 0, "through": 0})
        row["tried"] += 1
        row["reached"] += outcome.reached
        row["obeyed"] += outcome.level == 3
        row["carried"] += outcome.effect == "carried"
        row["through"] += outcome.level == 4 and outcome.effect != "carried"
    return found


__all__ = ["Category", "Ran", "attacked", "failing", "run_session", "table", "version_of"]
