"""The command line. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from nutgraf.serve.cli_answer import ask, takeaways
from nutgraf.serve.cli_common import Leave, Told, Tools
from nutgraf.serve.cli_data import ingest, models, vocabulary
from nutgraf.serve.cli_doctor import doctor
from nutgraf.serve.cli_eval import evaluation
from nutgraf.serve.cli_members import members
from nutgraf.serve.cli_memory import memory
from nutgraf.serve.cli_redteam import redteam
from nutgraf.serve.cli_serve import demo, serve
from nutgraf.serve.cli_skills import agents, mcp, skills
from nutgraf.serve.cli_trace import trace
from nutgraf.serve.cli_trust import trust

CONFIG = "NUTGRAF_CONFIG"

app = typer.Typer(
    name="nutgraf", cls=Told, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help=f"Settings in TOML; {CONFIG} names one as well.", show_default=False
        ),
    ] = None,
) -> None:
    """The few takeaways of an item that matter to this member, cited and checked sentence by sentence."""
    given = ctx.obj if isinstance(ctx.obj, Tools) else Tools()
    if config is None and os.environ.get(CONFIG):
        config = Path(os.environ[CONFIG])
    ctx.obj = Tools(config=config or given.config, build_rooms=given.build_rooms, leave=given.leave)


app.command()(takeaways)
app.command()(ask)
app.command()(ingest)
app.command()(demo)
app.command()(serve)
app.command()(mcp)
app.command()(agents)
app.command()(doctor)
app.add_typer(skills, name="skills")
app.add_typer(models, name="models")
app.add_typer(vocabulary, name="vocabulary")
app.add_typer(members, name="members")
app.add_typer(memory, name="memory")
app.add_typer(trace, name="trace")
app.add_typer(trust, name="trust")
app.add_typer(evaluation, name="eval")
app.add_typer(redteam, name="redteam")


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("nutgraf"))


def main(leave: Leave | None = None) -> None:
    """Run the command line; `leave` is what Ctrl-C does while no command runs."""
    app(obj=Tools(leave=leave))
