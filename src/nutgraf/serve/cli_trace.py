"""`nutgraf trace`: what answers did, listed, shown, and done again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nutgraf.errors import InputError
from nutgraf.serve.cli_common import DataDir, Model, Told, logged, note, settings_of

if TYPE_CHECKING:
    from nutgraf.serve.find import Shelf
    from nutgraf.settings import Settings
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.types import Item, Member

LINES_AT_MOST = 1_000
DIFFERS = 1
LAST = "last"

trace = typer.Typer(
    cls=Told, no_args_is_help=True, rich_markup_mode=None, help="What answers did: list, show, make again."
)
Stream = Annotated[
    str, typer.Argument(metavar="ID", help="Id of an answer, as the list gives it, or `last`.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@trace.command("list")
def trace_list(
    ctx: typer.Context, data_dir: DataDir = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=LINES_AT_MOST, help="Newest answers to list.")] = 20,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List the newest answers: id, moment, ending, time taken, reader, and what was asked."""
    from nutgraf.serve.door import host_scope
    from nutgraf.serve.trace_text import head
    from nutgraf.serve.traces import trace_files

    settings, _ = settings_of(ctx, data_dir=data_dir)
    found = trace_files(settings).newest(host_scope(), limit)
    if as_json:
        _print_json([{name: part for name, part in one.items() if name != "notes"} for one in found])
        return
    for one in found:
        typer.echo(head(one))
    if not found:
        typer.echo(f"No traces in {settings.data_dir}.")


@trace.command("show")
def trace_show(
    ctx: typer.Context, stream: Stream, data_dir: DataDir = None, as_json: AsJson = False,
    prompts: Annotated[bool, typer.Option(help="Print the prompts.")] = True,
) -> None:  # fmt: skip
    """Show what one answer did, and when: sources, what was kept and cut and why, prompts, drafts, verdicts."""
    settings, _ = settings_of(ctx, data_dir=data_dir)
    found = _found(settings, stream)
    if as_json:
        _print_json(found)
    else:
        _print_timeline(found, prompts=prompts)


@trace.command("replay")
def trace_replay(
    ctx: typer.Context, stream: Stream, data_dir: DataDir = None, model: Model = None, as_json: AsJson = False,
    prompt: Annotated[
        Path | None,
        typer.Option("--prompt", metavar="FILE", help="Another text of the template NAME.jinja.", show_default=False),
    ] = None,
    item: Annotated[
        str | None, typer.Option("--item", help="The item, where it is not kept under its id.", show_default=False)
    ] = None,
    member: Annotated[
        str | None, typer.Option("--member", help="The member, where not kept under their id.", show_default=False)
    ] = None,
) -> None:  # fmt: skip
    """Make one answer again from its trace, without waiting, and say what differs.

    The recorded texts stand in for the model, unless one is named. Exit status: 0 when nothing differs, 1 otherwise.
    """
    from nutgraf.evals.replay import replay
    from nutgraf.serve.backend import make_backend
    from nutgraf.serve.cli_answer import load_sample
    from nutgraf.serve.door import reader_scope
    from nutgraf.serve.find import Shelf

    settings, tools = settings_of(ctx, data_dir=data_dir, model=model or "none", traces="off")
    found = _found(settings, stream)
    template = _template(found, prompt) if prompt is not None else None
    with logged(settings), Shelf(settings, load_sample) as shelf:
        read, reader, store = _about(shelf, found, item, member)
        rooms = make_backend(settings, store, tools.build_rooms).rooms
        known = store.remembered(reader_scope(reader))
        made = replay(found, rooms, read, reader, live=model is not None, prompt=template, remembered=known)
    if as_json:
        _print_json({"differences": made.differences, "notes": made.notes, "trace": made.trace})
    else:
        _print_timeline(made.trace, prompts=False)
        for text in made.differences:
            typer.echo(f"differs: {text}")
        typer.echo("Nothing differs." if made.same else f"{len(made.differences)} differences.")
    for text in made.notes:
        note(text)
    if not made.same:
        raise typer.Exit(DIFFERS)


def _found(settings: Settings, stream: str) -> dict[str, Any]:
    from nutgraf.serve.door import host_scope
    from nutgraf.serve.traces import trace_files

    files = trace_files(settings)
    if stream == LAST and (newest := files.newest(host_scope(), 1)):
        return newest[0]
    return files.find(host_scope(), stream)


def _about(
    shelf: Shelf, found: dict[str, Any], item: str | None, member: str | None
) -> tuple[Item | None, Member | None, EmbeddedStore]:
    """The item and the member of an answer as they are now, and their store. Raises NotFound when they are gone."""
    from nutgraf.serve.find import NOBODY, find, find_member

    asked: dict[str, Any] = next((one for one in found["notes"] if one["kind"] == "request"), {})
    reader = member or found["member"] or NOBODY
    if item or asked.get("item"):
        both = find(shelf, item or asked["item"], reader)
        return both.item, both.member, both.store
    known, store = find_member(shelf, reader)
    return None, known, store or shelf.own


def _template(found: dict[str, Any], file: Path) -> tuple[str, str]:
    """The template that a file stands for: the one of its name, or the only one of the answer."""
    from nutgraf.evals.replay import prompts_of

    names = prompts_of(found)
    name = file.stem if file.stem in names else names[0] if len(names) == 1 else None
    if name is None:
        raise InputError(f"prompt: {file.name} is none of this answer's templates ({', '.join(names) or 'none'})")
    try:
        return name, file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"prompt: {file} cannot be read as text in UTF-8 ({exc})") from exc


def _print_timeline(found: Mapping[str, Any], *, prompts: bool) -> None:
    """Print a trace; on a terminal with its first column in colour."""
    from rich.console import Console
    from rich.text import Text

    from nutgraf.serve.trace_text import PAD, timeline

    out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for number, text in enumerate(timeline(found, prompts=prompts)):
        styled = Text(text, style="bold" if number == 0 else "")
        if number and not text.startswith(PAD):
            styled.stylize("cyan", 0, len(PAD))
        elif text.startswith(f"{PAD}- "):
            styled.stylize("dim")
        out.print(styled, soft_wrap=True)


def _print_json(value: Any) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
