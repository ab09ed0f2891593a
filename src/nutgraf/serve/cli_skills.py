"""`nutgraf skills`, `nutgraf agents` and `nutgraf mcp`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from nutgraf.serve.cli_common import DataDir, Model, settings_of

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Modules = Annotated[
    list[str] | None,
    typer.Option(
        "--skills", metavar="MODULE", help="A module or file with skills; may be repeated.", show_default=False
    ),
]


def skills(ctx: typer.Context, modules: Modules = None, as_json: AsJson = False) -> None:
    """List the skills: of installed packages, of the setting skills_modules, and of modules named here."""
    from nutgraf.serve import catalogue

    settings, _ = settings_of(ctx)
    found = catalogue.skill_entries(catalogue.host_skills(settings, modules or ()))
    if as_json:
        _json({"skills": found})
        return
    for one in found:
        marks = [f"version {one.version}", one.origin, one.partition, f"{one.cost_points:g} points"]
        marks += ["changes something: needs a confirmation"] if one.side_effects else []
        takes = ", ".join(one.parameters.get("properties", {})) or "nothing"
        _entry(one.name, marks, [one.summary, f"When: {one.when}" if one.when else "", f"Takes: {takes}"])
    if not found:
        typer.echo("There are no skills here yet; docs/write-a-skill.md shows how to write one.")


def agents(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the agents: what each answers, for which items, and from which sources."""
    from nutgraf.local import open_usecase
    from nutgraf.serve import catalogue

    settings, _ = settings_of(ctx)
    found = catalogue.agent_entries(open_usecase(settings.usecase).agents.values())
    if as_json:
        _json({"agents": found})
        return
    for one in found:
        kinds = ", ".join(one.items) or "every kind of item"
        lines = [one.summary, *(f"“{example}”" for example in one.when), f"Draws on: {', '.join(one.sources)}"]
        _entry(one.name, [f"version {one.version}", one.form, kinds], lines)


def mcp(ctx: typer.Context, model: Model = None, data_dir: DataDir = None) -> None:
    """Serve takeaways and answers to an MCP client on standard input and output, from the store."""
    import anyio

    from nutgraf.serve.backend import open_backend
    from nutgraf.serve.cli_common import logged
    from nutgraf.serve.mcp_server import check_installed, serve_stdio
    from nutgraf.serve.site import Site

    check_installed()
    settings, tools = settings_of(ctx, model=model, data_dir=data_dir)
    with logged(settings), open_backend(settings, settings.data_dir, tools.build_rooms) as backend:
        anyio.run(serve_stdio, Site(backend=backend))


def _entry(name: str, marks: Sequence[str], lines: Sequence[str]) -> None:
    from nutgraf.serve.cli_text import clean

    typer.echo(f"{name}  ({', '.join(marks)})")
    for line in filter(None, lines):
        typer.echo(f"  {clean(line)}")


def _json(value: Any) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
