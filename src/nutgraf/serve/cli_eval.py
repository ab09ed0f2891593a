"""`nutgraf eval`: measure answers, compare two versions, hold them against written bars, report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nutgraf.errors import InputError
from nutgraf.serve.cli_annotate import annotate
from nutgraf.serve.cli_common import DataDir, Told, note, settings_of
from nutgraf.serve.cli_eval_run import eval_run

if TYPE_CHECKING:
    from nutgraf.evals.cases import Case

NOT_PASSED = 3
TOLD_AT_MOST = 20
TRACES_AT_MOST = 10_000
STREAM = "-"

evaluation = typer.Typer(
    cls=Told, no_args_is_help=True, rich_markup_mode=None,
    help="Measure answers: run, compare, gate, report; cases of others, and from traces.",
)  # fmt: skip
evaluation.command("run")(eval_run)
evaluation.command("annotate")(annotate)
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]
Baseline = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="RUN", help="A run to hold this one against.", show_default=False),
]
Bars = Annotated[
    Path | None,
    typer.Option("--bars", metavar="FILE", help="Written bars; by default the use case's gate.toml.",
                 show_default=False),
]  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@evaluation.command("compare")
def eval_compare(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="The folder of a run.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="The folder of another.", show_default=False)],
    agent: Annotated[
        list[str] | None, typer.Option("--agent", metavar="NAME", help="Of these agents only.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say metric by metric what is different in SECOND, paired by case, with the interval of the difference."""
    from nutgraf.evals.compare import compare
    from nutgraf.evals.metrics.table import METRICS
    from nutgraf.evals.report_text import figure, interval
    from nutgraf.evals.run import load_run

    found = compare(load_run(first), load_run(second), agent or (), by_agent=False)
    if as_json:
        _print_json([one.as_json() for one in found])
        return
    for one in found:
        told, change = METRICS[one.metric], one.as_json()["difference"]
        if change is None:
            typer.echo(f"{told.title:<36}  not measured: {one.because}")
            continue
        both = f"{figure(change['first'], told.unit)} → {figure(change['second'], told.unit)}"
        typer.echo(f"{told.title:<36}  {both:<22}  {interval(change, told.unit):<30}  {one.change}")


@evaluation.command("gate")
def eval_gate(
    ctx: typer.Context, run: RunFolder, baseline: Baseline = None, bars: Bars = None, as_json: AsJson = False
) -> None:
    """Hold a run against the written bars. Intervals are compared, never two single runs.

    Exit status: 0 when every bar is passed, 3 when one is not, or was not measured.
    """
    from nutgraf.evals.gate import judge_run, load_gate, passes
    from nutgraf.evals.metrics.table import METRICS
    from nutgraf.evals.run import load_run
    from nutgraf.serve.evaluating import gate_file

    settings, _ = settings_of(ctx)
    held = load_gate(gate_file(settings, bars))
    if baseline is None and any(one.worse_by is not None for one in held):
        note("no baseline was given, so nothing is said of getting worse; name one with --baseline")
    judged = judge_run(load_run(run), held, load_run(baseline) if baseline else None)
    if as_json:
        _print_json({"passed": passes(judged), "bars": [one.as_json() for one in judged]})
    else:
        for one in judged:
            typer.echo(f"{one.outcome:<12}  {METRICS[one.bar.metric].title:<36}  {one.agent:<10}  {one.because}")
        typer.echo("Passed." if passes(judged) else "Not passed.")
    if not passes(judged):
        raise typer.Exit(NOT_PASSED)


@evaluation.command("report")
def eval_report(
    ctx: typer.Context, run: RunFolder,
    others: Annotated[
        list[Path] | None,
        typer.Argument(metavar="OTHER", help="Runs to draw beside it: other deadlines, sources, days.",
                       show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="One HTML page; by default in RUN.", show_default=False)
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Short, for a pull request.", show_default=False)
    ] = None,
    baseline: Baseline = None,
    bars: Bars = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write a run's report as one HTML page without scripts, and as JSON and Markdown where asked for."""
    from nutgraf.evals.calibration import known
    from nutgraf.evals.gate import judge_run, load_gate
    from nutgraf.evals.report import report
    from nutgraf.evals.report_page import page
    from nutgraf.evals.report_text import brief
    from nutgraf.evals.run import load_run
    from nutgraf.serve.evaluating import gate_file

    settings, _ = settings_of(ctx)
    main, before = load_run(run), load_run(baseline) if baseline else None
    file = gate_file(settings, bars)
    held = load_gate(file) if bars is not None or file.is_file() else []
    judged = judge_run(main, held, before)
    told = report(
        main, known(run), baseline=before, others=[load_run(one) for one in others or ()], judged=judged
    )  # fmt: skip
    target = out or run / "report.html"
    target.write_text(page(told), "utf-8")
    if markdown is not None:
        markdown.write_text(brief(told), "utf-8")
    if as_json:
        _print_json(told)
    else:
        typer.echo(f"Written to {target}.")


@evaluation.command("import")
def eval_import(
    source: Annotated[Path, typer.Argument(metavar="IN", help="JSON Lines of others.", show_default=False)],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Our case set, NAME.jsonl.", show_default=False)],
    agent: Annotated[str, typer.Option("--agent", metavar="NAME", help="The agent that is asked.")] = "general",
    fields: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OURS=THEIRS", help="Where their names are unusual.", show_default=False),
    ] = None,
) -> None:
    """Make a case set of other people's JSON Lines: question, context and answer are found under their usual names.

    Lines that are of no use are told with their number. Exit status: 0, or 2 when a line was of no use.
    """
    from nutgraf.evals.importing import import_cases

    names = dict(_pair(one) for one in fields or ())
    try:
        lines = source.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"in: {source} cannot be read as text in UTF-8 ({exc})") from exc
    found = list(import_cases(lines, source.name, agent, names))
    cases, wrong = [one for one in found if not isinstance(one, str)], [one for one in found if isinstance(one, str)]
    for text in wrong[:TOLD_AT_MOST]:
        note(text)
    _write(target, cases)
    if wrong:
        note(f"{len(wrong)} lines were of no use")
        raise typer.Exit(2)


@evaluation.command("from-traces")
def eval_from_traces(
    ctx: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="A case set, NAME.jsonl.", show_default=False)],
    bad: Annotated[bool, typer.Option("--bad", help="Only answers that a member called bad.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=TRACES_AT_MOST, help="Newest answers to take.")] = 100,
    data_dir: DataDir = None,
) -> None:
    """Make cases of what members asked. Their records stay where they are, personal data in texts is masked."""
    from nutgraf.evals.importing import case_from_trace
    from nutgraf.serve.cli_answer import load_sample
    from nutgraf.serve.door import host_scope
    from nutgraf.serve.find import LISTED_AT_MOST, Shelf
    from nutgraf.serve.traces import trace_files
    from nutgraf.trust.pii.detector import PersonalData
    from nutgraf.trust.pii.masking import redact

    settings, _ = settings_of(ctx, data_dir=data_dir)
    find = PersonalData().find
    with Shelf(settings, load_sample) as shelf:
        members = shelf.own.members(host_scope(), LISTED_AT_MOST)
        feedback = [one for member in members for one in shelf.own.feedback(_scope_of(member))]
    cases, seen = [], set()
    for trace in trace_files(settings).newest(host_scope(), limit):
        try:
            case = case_from_trace(trace, lambda text: redact(text, find), feedback)
        except InputError as exc:
            note(f"{trace.get('stream')}: {exc}")
            continue
        told = (case.agent, case.item, case.question, case.history)
        if told not in seen and (not bad or "bad-feedback" in case.kinds):
            seen.add(told)
            cases.append(case)
    _write(target, cases)


def _scope_of(member: Any) -> Any:
    from nutgraf.serve.door import reader_scope

    return reader_scope(member)


def _write(target: Path, cases: list[Case]) -> None:
    from nutgraf.evals.cases import as_line, read_cases

    if not cases:
        raise InputError("cases: there is nothing to write")
    lines = [as_line(case) for case in cases]
    list(read_cases(lines, target.name))
    target.write_text("\n".join(lines) + "\n", "utf-8")
    typer.echo(f"{len(cases)} cases written to {target}.")


def _pair(text: str) -> tuple[str, str]:
    ours, sign, theirs = text.partition("=")
    if not sign or not ours or not theirs:
        raise InputError(f"map: {text!r} must be OURS=THEIRS, such as question=query")
    return ours.strip(), theirs.strip()


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
