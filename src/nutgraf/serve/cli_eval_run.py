"""`nutgraf eval run`: answer case sets, measure the answers, keep both as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nutgraf.errors import InputError
from nutgraf.serve.cli_common import DataDir, Model, Tools, bar, logged, note, settings_of

if TYPE_CHECKING:
    from nutgraf.evals.cases import CaseSet
    from nutgraf.evals.summary import Row
    from nutgraf.evals.variants import Variant
    from nutgraf.serve.backend import Backend
    from nutgraf.serve.evaluating import Finder
    from nutgraf.settings import Settings

EACH = "each"
_WIDE = 36


def eval_run(  # noqa: PLR0913
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the run is kept; taken up again there.")],
    sets: Annotated[
        list[str] | None, typer.Argument(metavar="SET", help="Case sets; by default all.", show_default=False)
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="PATH", help="A folder of case sets, or one file.", show_default=False),
    ] = None,
    model: Model = None,
    prompt: Annotated[
        list[Path] | None,
        typer.Option("--prompt", metavar="FILE", help="Another text of the template NAME.jinja.", show_default=False),
    ] = None,
    deadline: Annotated[
        list[int] | None,
        typer.Option("--deadline", metavar="MS", help="Whole time of an answer; several make a run each.",
                     show_default=False),
    ] = None,
    failing: Annotated[
        list[str] | None,
        typer.Option("--failing", metavar="SOURCE", help="Switch a source off; `each` makes a run for each.",
                     show_default=False),
    ] = None,
    checks: Annotated[bool, typer.Option(help="Check sentences before they count as shown.")] = True,
    bare: Annotated[bool, typer.Option("--bare", help="Ask the model alone: no sources, no checks.")] = False,
    repeats: Annotated[int, typer.Option("--repeats", min=1, max=100, help="Answer every case so often.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Answers under way at a time.")] = 1,
    smoke: Annotated[bool, typer.Option("--smoke", help="Three cases of each set.")] = False,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="Measure this only; may be repeated.", show_default=False),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the run is called.", show_default=False)] = "",
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Answer case sets and measure the answers. A run that was cut off goes on where it stopped.

    Several deadlines, or `--failing each`, make several runs in folders of OUT. With `--jobs` above 1 answers of the
    embedded model wait for each other, so their times say little. How an answer ended is a figure, not an exit status.
    """
    from nutgraf.evals.variants import Variant
    from nutgraf.serve import evaluating

    settings, tools = settings_of(ctx, data_dir=data_dir, model=model, traces="off", model_cache_at_most_bytes=0)
    found = evaluating.sets_of(settings, cases, sets or ())
    found = evaluating.smoke(found) if smoke else found
    base = Variant(name=name, prompts=dict(map(_template, prompt or ())), checks=checks, bare=bare)
    wanted = _Wanted(out, found, base, tuple(deadline or ()), tuple(failing or ()), repeats, jobs, tuple(metric or ()))
    with logged(settings):
        told = _run(settings, tools, wanted)
    if as_json:
        typer.echo(json.dumps([{"folder": str(f), "rows": [r.as_json() for r in rows]} for f, rows in told], indent=1))
        return
    for folder, rows in told:
        typer.echo(f"{folder}")
        print_rows(rows)


@dataclass(frozen=True)
class _Wanted:
    out: Path
    sets: Sequence[CaseSet]
    base: Variant
    deadlines: tuple[int, ...]
    failing: tuple[str, ...]
    repeats: int
    jobs: int
    metrics: tuple[str, ...]

    def variants(self, sources: Sequence[str]) -> list[tuple[Path, Variant]]:
        """The folders and variants of all runs; `sources` are those that `each` stands for."""
        several = EACH in self.failing
        found = [(self.out, replace(self.base, failing=() if several else self.failing))]
        if len(self.deadlines) == 1:
            found = [(self.out, replace(found[0][1], deadline_ms=self.deadlines[0]))]
        elif self.deadlines:
            found = [(self.out / f"{ms}ms", _named(found[0][1], f"{ms} ms", deadline_ms=ms)) for ms in self.deadlines]
        if several:
            folder, base = found[0]
            found = [(folder / "all", base)] if folder == self.out else found
            found += [(self.out / f"without-{one}", _named(base, f"without {one}", failing=(one,))) for one in sources]
        return found


def _run(settings: Settings, given: Tools, wanted: _Wanted) -> list[tuple[Path, list[Row]]]:
    from nutgraf.serve.backend import make_backend
    from nutgraf.serve.cli_answer import load_sample, prepare_sample
    from nutgraf.serve.evaluating import SAMPLED, Finder, store_of
    from nutgraf.serve.find import Shelf

    with Shelf(settings, load_sample) as shelf:
        store = store_of(shelf, settings)
        backend = make_backend(settings, store, given.build_rooms)
        if settings.usecase == SAMPLED and backend.rooms.encoder is not None:
            prepare_sample(backend)
        asked = {agent for one in wanted.sets for agent in {case.agent for case in one.cases}}
        named = [n for a in backend.rooms.agents.values() if a.name in asked for n in a.sources]
        sources = sorted({name for name in named if name in backend.rooms.sources})
        return [
            (folder, _one(backend, settings.usecase, folder, variant, wanted, Finder(shelf, store)))
            for folder, variant in wanted.variants(sources)
        ]


def _one(backend: Backend, usecase: str, folder: Path, variant: Variant, wanted: _Wanted, find: Finder) -> list[Row]:
    """Answer and score one variant; the rows of its summary."""
    import anyio

    from nutgraf.evals.calibration import known
    from nutgraf.evals.metrics.base import Tools as Means
    from nutgraf.evals.metrics.table import chosen
    from nutgraf.evals.run import about_run, answer_all, load_run, score_run, start
    from nutgraf.evals.summary import summary
    from nutgraf.serve.evaluating import StoreRecords
    from nutgraf.trust.desk import Desk

    metrics = chosen(wanted.metrics)
    for one in wanted.sets:
        for case in one.cases:
            find(one, case)
    about = about_run(
        wanted.sets, backend.rooms, variant, usecase=usecase, repeats=wanted.repeats, jobs=wanted.jobs
    )  # fmt: skip
    start(folder, about)

    async def main() -> None:
        await backend.warm(note)
        try:
            with bar(f"Answering {about['cases'] * wanted.repeats} cases") as tell:
                await answer_all(
                    folder, wanted.sets, backend.rooms, variant, find, repeats=wanted.repeats, jobs=wanted.jobs,
                    progress=tell,
                )  # fmt: skip
        finally:
            await backend.close_models()

    anyio.run(main)
    reviewer = backend.rooms.reviewer
    desk = Desk(reviewer.policy if reviewer is not None else None)
    with bar("Measuring") as tell:
        score_run(folder, wanted.sets, Means(desk=desk, records=StoreRecords(backend.store)), metrics, tell)
    return summary(load_run(folder), known(folder))


def print_rows(rows: Sequence[Row]) -> None:
    """A table of the figures over all agents."""
    from nutgraf.evals.metrics.table import METRICS
    from nutgraf.evals.report_text import interval
    from nutgraf.evals.summary import ALL

    typer.echo(f"{'metric':<{_WIDE}}  {'figure, 95 % interval':<28}  {'measured':>9}  {'failed':>6}")
    for row in rows:
        if row.agent != ALL:
            continue
        told = METRICS[row.metric]
        estimate = row.as_json()["estimate"]
        typer.echo(
            f"{told.title:<{_WIDE}}  {interval(estimate, told.unit):<28}  {f'{row.measured}/{row.planned}':>9}"
            f"  {row.failed:>6}"
        )
        for because, many in list(row.reasons.items())[:1]:
            typer.echo(f"{'':<{_WIDE}}  {many} not measured: {because[:110]}")


def _named(variant: Variant, what: str, **changed: Any) -> Variant:
    return replace(variant, name=f"{variant.name} {what}".strip(), **changed)


def _template(file: Path) -> tuple[str, str]:
    try:
        return file.stem, file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"prompt: {file} cannot be read as text in UTF-8 ({exc})") from exc
