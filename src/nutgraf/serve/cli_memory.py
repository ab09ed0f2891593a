"""`nutgraf memory`: what members stated, listed, corrected and forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nutgraf.errors import InputError
from nutgraf.serve.cli_common import DataDir, Told, settings_of

if TYPE_CHECKING:
    from nutgraf.conversation import Remembered
    from nutgraf.serve.memory import Clear
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.types import Scope

memory = typer.Typer(
    cls=Told, no_args_is_help=True, rich_markup_mode=None, help="What members stated: list, correct, forget."
)
Member = Annotated[str, typer.Argument(metavar="MEMBER", help="Id of a member in the store.", show_default=False)]
Fact = Annotated[str, typer.Argument(metavar="ID", help="Id of a fact, as the list gives it.", show_default=False)]


@memory.command("list")
def memory_list(
    ctx: typer.Context, member: Member, data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """List what is remembered of a member: id, kind, date and words."""
    import orjson

    from nutgraf.serve.memory import told

    with _store(ctx, data_dir, member) as store:
        known = told(store, member)
    if as_json:
        typer.echo(orjson.dumps(known, option=orjson.OPT_INDENT_2))
        return
    if not known.on:
        typer.echo("Memory is switched off: nothing more is remembered, and none of this is used.")
    for fact in known.remembered:
        typer.echo(f"{fact.id}  {fact.kind:<10}  {fact.at[:10]}  {fact.text}")
    if not known.remembered:
        typer.echo(f"Nothing is remembered of {member}.")


@memory.command("edit")
def memory_edit(
    ctx: typer.Context, member: Member, fact: Fact,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The fact in new words.", show_default=False)],
    data_dir: DataDir = None,
) -> None:  # fmt: skip
    """Put other words in place of a remembered fact."""
    from nutgraf.serve.memory import edited

    with _store(ctx, data_dir, member) as store:
        changed = edited(store, member, fact, text, _clear(ctx, data_dir))
    typer.echo(f"{changed.id}  {changed.kind:<10}  {changed.at[:10]}  {changed.text}")


@memory.command("forget")
def memory_forget(
    ctx: typer.Context, member: Member,
    facts: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of facts.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything remembered of the member.")] = False,
    data_dir: DataDir = None,
) -> None:  # fmt: skip
    """Delete remembered facts of a member and the traces that mention them, down to the bytes."""
    from nutgraf.serve.memory import forgotten

    if everything == bool(facts):
        raise InputError("forget: give the ids of facts, or --all for everything")
    with _store(ctx, data_dir, member) as store:
        clear = _clear(ctx, data_dir)
        gone = sum(forgotten(store, member, fact, clear) for fact in ([None] if everything else facts or ()))
    typer.echo(f"{gone} fact{'' if gone == 1 else 's'} forgotten")


def _clear(ctx: typer.Context, data_dir: Path | None) -> Clear:
    """Deletes what traces mention, those of the sample network among them."""
    from nutgraf.serve.sample import demo_folder
    from nutgraf.serve.traces import trace_files

    settings, _ = settings_of(ctx, data_dir=data_dir)
    places = [trace_files(replace(settings, data_dir=at)) for at in (settings.data_dir, demo_folder(settings.data_dir))]

    def clear(scope: Scope, facts: Sequence[Remembered], all_remembered: bool) -> None:
        for files in places:
            files.forget_facts(scope, facts, all_remembered=all_remembered)

    return clear


@contextmanager
def _store(ctx: typer.Context, data_dir: Path | None, member: str) -> Iterator[EmbeddedStore]:
    """The store in which a member is kept, who may be one of the sample network."""
    from nutgraf.serve.cli_answer import load_sample
    from nutgraf.serve.find import Shelf, find_member

    settings, _ = settings_of(ctx, data_dir=data_dir)
    with Shelf(settings, load_sample) as shelf:
        _, store = find_member(shelf, member)
        if store is None:
            raise InputError(f"member: {member!r} is not kept here, so nothing is remembered of them")
        yield store
