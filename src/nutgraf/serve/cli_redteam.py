"""`nutgraf redteam`: attack your own use case, look at what came through, make it a case, and do it every week."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nutgraf.errors import InputError
from nutgraf.serve.cli_common import Told, bar, note, settings_of

if TYPE_CHECKING:
    from nutgraf.evals.redteam.catalogue import Attack, Benign
    from nutgraf.evals.redteam.plan import Closeness
    from nutgraf.evals.redteam.refusals import Refusals
    from nutgraf.evals.redteam.results import Finding, Folder
    from nutgraf.evals.redteam.session import Ran
    from nutgraf.evals.redteam.trial import Case
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.settings import Settings

FOUND, NOT_DUE = 3, 3
DEFAULT_RESULTS = Path("redteam-results")
OBEDIENT = "obedient"
REFUSALS = "refusals.json"
EACH_DEFAULT = 3

redteam = typer.Typer(
    cls=Told, no_args_is_help=True, rich_markup_mode=None,
    help="Attack your own use case: run, report, schedule, promote.",
)  # fmt: skip
Results = Annotated[Path, typer.Option("--results", metavar="FOLDER", help="Where results and findings are kept.")]
Target = Annotated[
    str,
    typer.Option(
        "--target", metavar="NAME",
        help="obedient: a scripted model that does what foreign text says; or embedded, none, a name under [models].",
    ),
]  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Own = Annotated[
    Path | None, typer.Option("--attacks", metavar="FILE", help="Attacks of your own in TOML.", show_default=False)
]
OwnBenign = Annotated[
    Path | None,
    typer.Option("--benign", metavar="FILE", help="Harmless texts of your own, beside ours.", show_default=False),
]
Some = list[str] | None


Names = Annotated[Some, typer.Option("--category", help="Only this category.", show_default=False)]
Places = Annotated[Some, typer.Option("--surface", help="Only this surface.", show_default=False)]
Ways = Annotated[Some, typer.Option("--mutator", help="Only this way of writing.", show_default=False)]
Each = Annotated[int, typer.Option("--each", min=0, help="Ways of writing an attack on a surface; 0: all.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="So many cases, drawn by lot; 0: all.")]
Adaptive = Annotated[int, typer.Option("--adaptive", min=0, help="Tries of a search for each attack and surface.")]
Bare = Annotated[bool, typer.Option("--bare", help="Without the trained detectors: what holds by construction.")]
Always = Annotated[bool, typer.Option("--always", help="The obedient model also obeys what never reached it.")]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="Data sets, for over-refusal.", show_default=False)
]
FailOn = Annotated[str, typer.Option("--fail-on", help="Least severity for exit status 3.")]
Page = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="The page, and .json beside it.", show_default=False)
]
Accept = Annotated[
    str | None, typer.Option("--accept", metavar="WHY", help="Settle for it, and say why.", show_default=False)
]


@redteam.command("run")
def redteam_run(  # noqa: PLR0913  (each is an option)
    ctx: typer.Context, results: Results = DEFAULT_RESULTS, target: Target = OBEDIENT, own: Own = None,
    category: Names = None, surface: Places = None, mutator: Ways = None, each: Each = EACH_DEFAULT,
    limit: Limit = 0, adaptive: Adaptive = 0, bare: Bare = False, always: Always = False, data: Data = None,
    seed: Annotated[int, typer.Option("--seed", help="What is drawn by lot.")] = 0,
    benign: Annotated[bool, typer.Option("--benign-check/--no-benign", help="Measure over-refusal.")] = True,
    fail_on: FailOn = "medium",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Plant attacks on every surface, answer them with the pipeline as it is, and keep what came through as findings.

    Interrupted, it goes on where it was when it is called with the same options. Exit status: 0, or 3 when a finding
    of this target from the severity `--fail-on` on is open.
    """
    from nutgraf.evals.redteam.catalogue import SURFACES, attacks, categories, chosen, weight
    from nutgraf.evals.redteam.mutators import MUTATORS
    from nutgraf.evals.redteam.plan import planned
    from nutgraf.evals.redteam.results import Folder
    from nutgraf.evals.redteam.session import failing

    weight(fail_on)
    wanted = chosen(tuple(categories()), category or (), "category")
    tried = [one for one in attacks(own) if one.category in wanted]
    surfaces = chosen(SURFACES, surface or (), "surface")
    ways = chosen(tuple(MUTATORS), mutator or (), "mutator")
    cases = planned(tried, surfaces, ways, each=each, limit=limit, seed=seed)
    folder = Folder(results)
    cases = _with_regressions(cases, folder, attacks(own))
    if not cases:
        raise InputError("redteam: no attack is left with these options; name fewer of them")
    settings, _ = settings_of(ctx, model="none" if target == OBEDIENT else target)
    rooms = _rooms(settings, bare=bare)
    ran = _ran(rooms, cases, folder, target, adaptive=adaptive, always=always)
    refusals = _refusals(rooms, data) if benign else []
    _keep_refusals(folder, refusals)
    bad = failing(ran.findings, target, fail_on)
    _tell(ran, refusals, bad, fail_on, as_json=as_json)
    if bad:
        raise typer.Exit(FOUND)


@redteam.command("report")
def redteam_report(
    results: Results = DEFAULT_RESULTS, out: Page = None, as_json: AsJson = False
) -> None:  # fmt: skip
    """Write the report of the last run as one page of HTML and as JSON; with --json print the latter instead."""
    from nutgraf.evals.redteam.report import as_html
    from nutgraf.evals.redteam.report import as_json as told_as_json
    from nutgraf.evals.redteam.results import Folder

    folder = Folder(results)
    run = folder.told()
    if run is None:
        raise InputError(f"results: {results} holds no run; make one with nutgraf redteam run --results {results}")
    told = told_as_json(run, folder.outcomes(), list(folder.findings().values()), _kept_refusals(folder))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    page = out or results / "report.html"
    page.write_text(as_html(told), "utf-8")
    page.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")
    typer.echo(f"{page} and {page.with_suffix('.json')}")


@redteam.command("schedule")
def redteam_schedule(
    ctx: typer.Context, results: Results = DEFAULT_RESULTS, target: Target = OBEDIENT,
    kind: Annotated[str, typer.Option("--kind", help="cron, systemd or ci.")] = "cron",
    due: Annotated[bool, typer.Option("--due", help="Say whether a run is due, and nothing else.")] = False,
) -> None:  # fmt: skip
    """Print the lines for a crontab, systemd or a build that run this weekly and on every release.

    With `--due`: exit status 0 when a run is due, that is after seven days or once release, prompts, checks or model
    are others than in the last run; 3 when it is not.
    """
    from nutgraf.evals.redteam.results import Folder
    from nutgraf.evals.redteam.schedule import KINDS, lines
    from nutgraf.evals.redteam.schedule import due as due_because

    options = "" if target == OBEDIENT else f"--target {target}"
    if not due:
        found = next((one for one in KINDS if one == kind), None)
        if found is None:
            raise InputError(f"kind: {kind!r} is none of {', '.join(KINDS)}")
        typer.echo(lines(found, str(results), options), nl=False)
        return
    settings, _ = settings_of(ctx, model="none" if target == OBEDIENT else target)
    why = due_because(Folder(results).told(), _attacked(_rooms(settings, bare=False), target))
    typer.echo(f"due: {why}" if why else "not due")
    if why is None:
        raise typer.Exit(NOT_DUE)


@redteam.command("promote")
def redteam_promote(
    finding: Annotated[str, typer.Argument(metavar="ID", help="Id of a finding.")],
    results: Results = DEFAULT_RESULTS, own: Own = None, own_benign: OwnBenign = None,
    accept: Accept = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make a finding a regression case that every later run tries, and propose a rule against it.

    The rule is accepted only while no harmless text is caught by it: it then stands in `rules.toml` of the results, in
    the form of the detector's own rules. Exit status: 0 when it was accepted, 3 when it was not.
    """
    from dataclasses import asdict, replace

    from nutgraf.evals.redteam.catalogue import attacks
    from nutgraf.evals.redteam.promote import keep, propose, regressions
    from nutgraf.evals.redteam.results import Folder

    folder = Folder(results)
    one, everything = folder.finding(finding), folder.findings()
    if accept is not None:
        folder.keep([*(f for f in everything.values() if f.id != one.id), replace(one, status="accepted", note=accept)])
        typer.echo(f"{one.id}: accepted, because {accept}")
        return
    attack = _attack(one, [*attacks(own), *attacks()])
    proposal = propose(one, attack, _harmless(own_benign))
    cases, rules = keep(results, regressions(one, attack), proposal)
    promoted = "rule" if proposal.accepted else "case"
    folder.keep([*(f for f in everything.values() if f.id != one.id), replace(one, promoted=promoted)])
    if as_json:
        told = {
            "finding": one.id,
            "cases": str(cases),
            "rules": str(rules) if rules else None,
            "rule": asdict(proposal),
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{one.id}: {len(one.chains)} regression cases in {cases}")
        typer.echo(f"rule {'accepted' if proposal.accepted else 'not accepted'}: {proposal.why}")
        if rules:
            typer.echo(f"it stands in {rules}:\n\n{proposal.toml()}", nl=False)
    if not proposal.accepted:
        raise typer.Exit(FOUND)


def _attack(one: Finding, known: Sequence[Attack]) -> Attack:
    found = next((attack for attack in known if attack.id == one.attack), None)
    if found is None:
        raise InputError(f"finding: its attack {one.attack!r} is not known here; name its file with --attacks")
    return found


def _harmless(own: Path | None) -> list[Benign]:
    from nutgraf.evals.redteam.catalogue import benign

    return [*benign(), *(benign(own) if own else ())]


def _with_regressions(cases: list[Case], folder: Folder, known: Sequence[Attack]) -> list[Case]:
    """The cases, and those that findings were promoted to."""
    from nutgraf.evals.redteam.promote import CASES, read_cases
    from nutgraf.evals.redteam.trial import Case

    file = folder.path / CASES
    if not file.exists():
        return cases
    by_id, keys = {attack.id: attack for attack in known}, {case.key for case in cases}
    for one in read_cases(file):
        surface = (
            next((s for s in by_id[one.attack].surfaces if s == one.surface), None) if one.attack in by_id else None
        )
        if surface is not None and (case := Case(by_id[one.attack], surface, one.chain)).key not in keys:
            cases.append(case)
            keys.add(case.key)
    return cases


def _rooms(settings: Settings, *, bare: bool) -> Rooms:
    """The rooms as the settings make them, with keys of models from the environment; bare ones without detectors."""
    from dataclasses import replace

    from nutgraf.serve.backend import real_rooms

    rooms = real_rooms(settings, None)
    return replace(rooms, reviewer=None) if bare else rooms


def _attacked(rooms: Rooms, target: str) -> str:
    from importlib.metadata import version

    from nutgraf.evals.redteam.session import attacked

    return attacked(rooms, f"{version('nutgraf')}/{target}")


def _ran(
    rooms: Rooms, cases: Sequence[Case], folder: Folder, target: str, *, adaptive: int, always: bool
) -> Ran:  # fmt: skip
    """The run: with the obedient model on a clock of its own, with a real one in real time."""
    import anyio

    from nutgraf.evals.redteam.obedient import Obedient
    from nutgraf.evals.redteam.session import run_session
    from nutgraf.evals.redteam.trial import Arena
    from nutgraf.testing import run_virtual

    ours = target == OBEDIENT
    version = _attacked(rooms, f"{target}{'/bare' if rooms.reviewer is None else ''}{'/always' if always else ''}")

    async def main() -> Ran:
        arena = Arena(rooms, Obedient(always=always) if ours else None)
        if not ours and arena.rooms.gateway is not None:
            await arena.rooms.gateway.load()
        with bar(f"red team: {len(cases)} cases") as tell:
            return await run_session(
                arena, cases, folder, target, version, adaptive=adaptive, closeness=_closeness(rooms), progress=tell
            )

    return run_virtual(main) if ours else anyio.run(main)


def _closeness(rooms: Rooms) -> Closeness:
    """How near the detector is to stopping a text, where there is one: an adaptive search then learns from it."""
    if rooms.reviewer is None:
        return lambda text: 0.0
    from nutgraf.trust.hostile import attacks

    detector = attacks()
    return lambda text: detector.detect(text).score


def _refusals(rooms: Rooms, data: Path | None) -> list[Refusals]:
    from nutgraf.evals.redteam.refusals import over_refusal
    from nutgraf.trust.screen import screen

    reviewer = rooms.reviewer
    if data is not None and not data.is_dir():
        raise InputError(f"data: {data} is no folder; name the one that holds rt_xstest and its neighbours")
    hostile = (lambda text: bool(reviewer.hostile(text))) if reviewer is not None else None
    return over_refusal(screen, hostile, data, told=lambda name: note(f"over-refusal: {name} …"))


def _keep_refusals(folder: Folder, refusals: Sequence[Refusals]) -> None:
    from dataclasses import asdict

    if refusals:
        text = json.dumps([asdict(one) for one in refusals], ensure_ascii=False, indent=2)
        (folder.path / REFUSALS).write_text(text + "\n", "utf-8")


def _kept_refusals(folder: Folder) -> list[Refusals]:
    from nutgraf.evals.redteam.refusals import Refusals

    try:
        rows = json.loads((folder.path / REFUSALS).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [Refusals(**{**row, "examples": tuple(row["examples"])}) for row in rows]


def _tell(
    ran: Ran, refusals: Sequence[Refusals], bad: Sequence[Finding], least: str, *, as_json: bool
) -> None:  # fmt: skip
    from dataclasses import asdict

    from nutgraf.evals.redteam.session import table

    rows = table(ran.outcomes, "category")
    if as_json:
        told: dict[str, Any] = {
            "run": dict(ran.told), "categories": rows, "failing": [asdict(one) for one in bad],
            "findings": len(ran.findings), "over_refusal": [asdict(one) for one in refusals],
        }  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{'category':<16}{'tried':>7}{'in a prompt':>13}{'obeyed':>8}{'quoted':>8}{'through':>9}")
    for name, row in rows.items():
        counts = f"{row['tried']:>7}{row['reached']:>13}{row['obeyed']:>8}{row['carried']:>8}{row['through']:>9}"
        typer.echo(f"{name:<16}{counts}")
    for refused in refusals:
        typer.echo(
            f"turned away, {refused.name} ({refused.label}): {refused.refused} of {refused.n}, "
            f"{100 * refused.low:.1f}–{100 * refused.high:.1f} %"
        )
    for one in bad[:20]:
        typer.echo(
            f"{one.severity:<9}{one.id}  {one.attack} on {one.surface}: {one.effect} ({one.seen} of {one.tried})"
        )
    typer.echo(f"{len(bad)} findings from severity {least} on are open")
