"""A run on disk: what was run, one line for each case, and findings that live longer than a run."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from nutgraf.errors import InputError
from nutgraf.evals.redteam.catalogue import SEVERITIES, Category, Severity
from nutgraf.evals.redteam.effects import EFFECTS, Effect, severity_of
from nutgraf.evals.redteam.trial import Outcome

Status = Literal["open", "fixed", "regressed", "accepted"]
STATUSES: tuple[Status, ...] = get_args(Status)
OUTCOMES, RUN, FINDINGS = "outcomes.jsonl", "run.json", "findings.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that came through: one attack on one surface with one effect, in whatever ways it was written.

    `seen` of `tried` is how often it happened when it was tried again. `status` is kept from run to run: `fixed` when
    it was tried and came no more, `regressed` when it came back, `accepted` when a person settled for it.
    """

    id: str
    target: str
    attack: str
    category: str
    owasp: str
    surface: str
    effect: Effect
    severity: Severity
    chains: tuple[tuple[str, ...], ...]
    shows: str
    seen: int = 0
    tried: int = 0
    status: Status = "open"
    note: str = ""
    first_run: str = ""
    last_run: str = ""
    promoted: str = ""

    @property
    def reproducible(self) -> bool:
        """Whether it came every time it was tried again."""
        return self.tried > 0 and self.seen == self.tried


class Folder:
    """The results of one target in a folder of one's own; lines are added as they come, so that nothing is lost."""

    def __init__(self, path: Path) -> None:
        """Raises InputError when the folder cannot be made."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise InputError(f"results: {path} cannot be used ({exc.strerror}); name another folder") from exc

    def begin(self, told: Mapping[str, Any]) -> dict[str, Outcome]:
        """Note what is run, and give the outcomes that an interrupted run of exactly this has left, by their keys."""
        run = self.path / RUN
        known = self.told()
        same = known is not None and known.get("version") == told["version"] and not known.get("done")
        if not same:
            (self.path / OUTCOMES).unlink(missing_ok=True)
        run.write_text(json.dumps({**told, "done": False}, ensure_ascii=False, indent=2) + "\n", "utf-8")
        return {outcome.key: outcome for outcome in self.outcomes()} if same else {}

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome."""
        with (self.path / OUTCOMES).open("a", encoding="utf-8") as out:
            out.write(json.dumps(outcome.told(), ensure_ascii=False) + "\n")

    def end(self, told: Mapping[str, Any]) -> None:
        """The run is complete."""
        text = json.dumps({**told, "done": True}, ensure_ascii=False, indent=2)
        (self.path / RUN).write_text(text + "\n", "utf-8")

    def told(self) -> dict[str, Any] | None:
        """What was said of the last run, None before the first."""
        try:
            found = json.loads((self.path / RUN).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def outcomes(self) -> list[Outcome]:
        """The outcomes of the last run; a last line that was cut off is left out."""
        return [_made(Outcome, row) for row in _rows(self.path / OUTCOMES)]

    def findings(self) -> dict[str, Finding]:
        """Every finding by its id."""
        return {row["id"]: _made(Finding, row) for row in _rows(self.path / FINDINGS)}

    def keep(self, findings: Iterable[Finding]) -> None:
        """Write all findings anew, the severest first."""
        order = sorted(findings, key=lambda one: (-SEVERITIES.index(one.severity), one.category, one.id))
        text = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in order)
        whole = self.path / f"{FINDINGS}.new"
        whole.write_text(text, "utf-8")
        whole.replace(self.path / FINDINGS)

    def finding(self, ident: str) -> Finding:
        """The finding with this id. Raises InputError naming those there are."""
        found = self.findings()
        if ident not in found:
            known = ", ".join(list(found)[:8]) or "none"
            raise InputError(f"finding: {ident!r} is not in {self.path}; known are {known}")
        return found[ident]


def finding_id(target: str, attack: str, surface: str, effect: str) -> str:
    """The same id for the same thing in every run."""
    return "rt-" + hashlib.sha256(f"{target}/{attack}/{surface}/{effect}".encode()).hexdigest()[:8]


def findings_of(
    outcomes: Sequence[Outcome], target: str, run: str, categories: Mapping[str, Category],
    before: Mapping[str, Finding], again: Mapping[str, tuple[int, int]] | None = None,
) -> list[Finding]:  # fmt: skip
    """The findings of a run, joined with those of earlier ones. `again` has (seen, tried) for each key that was tried
    again.
    """
    groups: defaultdict[tuple[str, str, Effect], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.effect != "none":
            groups[outcome.attack, outcome.surface, outcome.effect].append(outcome)
    found: dict[str, Finding] = {}
    for (attack, surface, effect), group in groups.items():
        ident, category = finding_id(target, attack, surface, effect), categories[group[0].category]
        old = before.get(ident)
        counts = [count for one in group if (count := (again or {}).get(one.key))]
        status: Status = "open" if old is None else "regressed" if old.status == "fixed" else old.status
        found[ident] = Finding(
            id=ident, target=target, attack=attack, category=category.name, owasp=category.owasp, surface=surface,
            effect=effect, severity=severity_of(category, effect), chains=tuple(one.chain for one in group),
            shows=group[0].shows, seen=sum(seen for seen, _ in counts), tried=sum(tried for _, tried in counts),
            status=status, note=old.note if old else "", first_run=old.first_run if old else run, last_run=run,
            promoted=old.promoted if old else "",
        )  # fmt: skip
    tried = {(outcome.attack, outcome.surface, outcome.chain) for outcome in outcomes}
    for ident, old in before.items():
        if ident in found:
            continue
        gone = old.target == target and all((old.attack, old.surface, chain) in tried for chain in old.chains)
        found[ident] = replace(old, status="fixed", last_run=run) if gone and old.status != "accepted" else old
    return list(found.values())


def worst_first(effects: Iterable[Effect]) -> list[Effect]:
    """Effects, the worst first."""
    return sorted(effects, key=EFFECTS.index, reverse=True)


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(json.loads(line))
        except ValueError as exc:
            if number < len(lines):
                raise InputError(f"results: line {number} of {path} is not JSON; name another folder") from exc
    return found


def _made(kind: Any, row: Mapping[str, Any]) -> Any:
    known = {field.name for field in fields(kind)}
    values = {name: value for name, value in row.items() if name in known}
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(tuple(one) if isinstance(one, list) else one for one in value)
    try:
        return kind(**values)
    except TypeError as exc:
        raise InputError(f"results: a line lacks a field ({exc}); begin a new folder") from exc
