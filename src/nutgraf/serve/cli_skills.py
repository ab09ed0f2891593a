"""`nutgraf skills`, `nutgraf agents` and `nutgraf mcp`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nutgraf.errors import InputError
from nutgraf.serve.cli_common import FAILED, DataDir, Model, Told, note, settings_of

if TYPE_CHECKING:
    from nutgraf.retrieve.skills.mcp_servers import McpServers
    from nutgraf.retrieve.skills.mcp_skill import ListedTool
    from nutgraf.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Modules = Annotated[
    list[str] | None,
    typer.Option(
        "--skills", metavar="MODULE", help="A module or file with skills; may be repeated.", show_default=False
    ),
]


skills = typer.Typer(cls=Told, invoke_without_command=True, rich_markup_mode=None)


@skills.callback()
def list_skills(ctx: typer.Context, modules: Modules = None, as_json: AsJson = False) -> None:
    """List the skills: of installed packages, of the setting skills_modules, of modules named here, of MCP servers."""
    if ctx.invoked_subcommand is not None:
        return
    import anyio

    from nutgraf.local import checked_usecase
    from nutgraf.serve import catalogue

    settings, _ = settings_of(ctx)
    own = catalogue.host_skills(settings, modules or ())
    checked_usecase(replace(settings, skills_modules=",".join([settings.skills_modules, *(modules or ())])))

    async def everything() -> Sequence[catalogue.SkillEntry]:
        async with _servers(settings) as servers:
            return catalogue.skill_entries([*own, *servers.skills])

    found = anyio.run(everything) if settings.mcp else catalogue.skill_entries(own)
    if as_json:
        _json({"skills": found})
        return
    for one in found:
        marks = [f"version {one.version}", one.origin, one.partition, f"{one.cost_points:g} points"]
        marks += ["changes something: needs a confirmation"] if one.side_effects else []
        marks += [f"blocked: {one.blocked}"] if one.blocked else []
        takes = ", ".join(one.parameters.get("properties", {})) or "nothing"
        _entry(one.name, marks, [one.summary, f"When: {one.when}" if one.when else "", f"Takes: {takes}"])
    if not found:
        typer.echo("There are no skills here yet; docs/write-a-skill.md shows how to write one.")


@skills.command()
def approve(
    ctx: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Tools, or servers for all their tools.", show_default=False)
    ],
    data_dir: DataDir = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Approve tools of the MCP servers of the settings as they are now, after showing what they say of themselves."""
    import anyio

    settings, _ = settings_of(ctx, data_dir=data_dir)

    async def approved() -> None:
        async with _servers(settings) as servers:
            chosen = _chosen(servers, names)
            for tool in (tool for tools in chosen.values() for tool in tools):
                marks = ["changes something" if tool.spec.side_effects else "only reads"]
                _entry(tool.spec.name, marks, _said(tool))
            if not yes and not typer.confirm("Approve this?"):
                raise typer.Exit(FAILED)
            for server, tools in chosen.items():
                servers.connected[server].approve([tool.name for tool in tools])

    anyio.run(approved)


def _servers(settings: Settings) -> AbstractAsyncContextManager[McpServers]:
    from nutgraf.retrieve.skills.mcp_servers import mcp_servers

    return mcp_servers(settings, note)


def _chosen(servers: McpServers, names: Sequence[str]) -> dict[str, list[ListedTool]]:
    """The tools that are named, by server. Raises InputError for a name that is none."""
    listed = {name: tools.listed for name, tools in servers.connected.items()}
    known = {*listed, *(tool.spec.name for tools in listed.values() for tool in tools)}
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"approve: no tool or server {unknown[0]!r} is connected; known are {', '.join(sorted(known)) or 'none'}"
        )
    found = {
        server: [tool for tool in tools if server in names or tool.spec.name in names]
        for server, tools in listed.items()
    }
    return {server: tools for server, tools in found.items() if tools}


def _said(tool: ListedTool) -> list[str]:
    import orjson

    return [*tool.spec.when.splitlines(), f"Takes: {orjson.dumps(tool.spec.parameters).decode()}"]


def agents(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the agents: what each answers, for which items, and from which sources."""
    from nutgraf.local import checked_usecase
    from nutgraf.serve import catalogue

    settings, _ = settings_of(ctx)
    found = catalogue.agent_entries(checked_usecase(settings).agents.values())
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
