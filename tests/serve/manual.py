"""Draws docs/cli.md and docs/settings.md from the code: `python -m tests.serve.manual` writes both."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

from typer.testing import CliRunner

from nutgraf.serve.cli import app
from nutgraf.settings import PREFIX, TABLES, Settings

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = (
    "", "takeaways", "ask", "ingest", "demo", "serve", "mcp", "skills", "skills approve", "agents", "doctor",
    "models", "models install", "vocabulary", "vocabulary import", "members", "members erase", "memory", "memory list",
    "memory edit", "memory forget", "trace", "trace list", "trace show", "trace replay", "trust", "trust check",
    "trust score", "trust report", "eval", "eval run", "eval compare", "eval gate", "eval report", "eval import",
    "eval from-traces", "eval annotate", "redteam", "redteam run", "redteam report", "redteam schedule",
    "redteam promote", "version",
)  # fmt: skip
FENCE = "```"


def help_of(command: str) -> str:
    """What `nutgraf COMMAND --help` prints on a terminal of 100 columns."""
    result = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "100"}, prog_name="nutgraf")
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def commands() -> str:
    """The help of every command, each under its heading."""
    return "\n\n".join(f"### `{f'nutgraf {c}'.strip()}`\n\n{FENCE}\n{help_of(c)}\n{FENCE}" for c in COMMANDS)


def knobs() -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of every setting, as the code has them."""
    source = inspect.getsource(Settings)
    for field in fields(Settings):
        told = re.search(rf"((?:    #:.*\n)+)    {field.name}:", source)
        assert told, f"{field.name} has no comment that begins with #:"
        meaning = " ".join(line.strip().removeprefix("#:").strip() for line in told[1].splitlines())
        default = "none" if field.default in (None, MISSING) else str(field.default)
        yield field.name, default, meaning


def settings() -> str:
    """A table of all settings."""
    rows = []
    for name, default, meaning in knobs():
        variable = "only in the file" if name in TABLES else f"`{PREFIX}{name.upper()}`"
        rows.append(f"| `{name}` | {variable} | `{default}` | {meaning} |")
    return "\n".join(["| setting | environment | default | meaning |", "|---|---|---|---|", *rows])


def drawn(name: str) -> str:
    """A page of the manual, its generated part drawn anew."""
    page = (DOCS / name).read_text("utf-8")
    text = {"cli.md": commands, "settings.md": settings}[name]()
    return re.sub(r"(<!-- drawn -->\n).*(\n<!-- end -->)", lambda m: f"{m[1]}{text}{m[2]}", page, flags=re.DOTALL)


if __name__ == "__main__":
    for page in ("cli.md", "settings.md"):
        (DOCS / page).write_text(drawn(page), "utf-8")
