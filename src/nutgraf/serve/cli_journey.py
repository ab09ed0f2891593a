"""`nutgraf demo --journey NAME`: a scripted journey, told in the terminal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from nutgraf.serve.cli_common import FAILED, logged, note, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from nutgraf.serve.backend import Backend
    from nutgraf.serve.journeys import Journey, Step
    from nutgraf.types import Item, Member

Json = dict[str, Any]
ENOUGH = ("done", "declined")


def show(ctx: typer.Context, name: str, *, model: str | None, data_dir: Path | None) -> None:
    """Walk the journey of this name, or list them all.

    Exit status: 0 when every step was answered, 2 for a name that is not known, 1 otherwise.
    """
    import anyio

    from nutgraf.serve import sample
    from nutgraf.serve.backend import open_backend
    from nutgraf.serve.cli_answer import load_sample, prepare_sample
    from nutgraf.serve.journeys import journey, journeys

    if name == "list":
        for way in journeys().values():
            typer.echo(f"{way.name:14s} {way.title} ({len(way.steps)} steps, as {way.member})")
        return
    way = journey(name)
    settings, tools = settings_of(ctx, model=model, data_dir=data_dir)
    folder = sample.demo_folder(settings.data_dir)
    with logged(settings), open_backend(settings, folder, tools.build_rooms) as backend:
        if not sample.is_loaded(folder):
            load_sample(backend.store, folder)
        prepare_sample(backend)
        endings = anyio.run(partial(_walk, backend, way))
    if not all(ending in ENOUGH for ending in endings):
        raise typer.Exit(FAILED)


async def _walk(backend: Backend, way: Journey) -> list[str]:
    """Print every step as it comes, then what was remembered on the way, and forget that again."""
    import anyio.to_thread

    from nutgraf.serve.journeys import forget, running, stated_in, walk

    await backend.warm(note)
    try:
        typer.secho(f"{way.title}\n", bold=True)
        async with running(backend) as site:
            told = await walk(site, way, partial(_heard, way))
            streams = [events[0]["stream"] for events in told]
            facts = await anyio.to_thread.run_sync(stated_in, site, way, streams)
            if facts:
                typer.secho("\nRemembered on the way, and now deleted again as the member may:", bold=True)
            for fact in facts:
                typer.echo(f"  {fact.kind}: “{fact.text}”")
            await anyio.to_thread.run_sync(forget, site, way, facts)
    finally:
        await backend.close_models()
    return [events[-1]["ending"] for events in told]


def _heard(way: Journey, step: Step, item: Item, member: Member) -> Callable[[Json], None]:
    from nutgraf.serve.cli_text import TextView

    number = way.steps.index(step) + 1
    did = f"says on “{item.title}”" if step.say else f"opens “{item.title}” ({item.kind})"
    typer.secho(f"\n── {number}/{len(way.steps)} {member.name} {did}", fg="magenta")
    view = TextView(member.name)
    return view.feed
