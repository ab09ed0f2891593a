"""The manual names every command and every setting, in the words of the code."""

from dataclasses import fields

import pytest
from typer.main import get_command

from nutgraf.serve.cli import app
from nutgraf.settings import Settings
from tests.serve.manual import COMMANDS, DOCS, drawn


@pytest.mark.parametrize("name", ["cli.md", "settings.md"])
def test_the_page_is_what_the_code_says(name: str) -> None:
    """Drawing the page anew changes nothing; `python -m tests.serve.manual` does it."""
    assert drawn(name) == (DOCS / name).read_text("utf-8")


def test_every_command_is_in_the_manual() -> None:
    """A command that is added without its help in the manual is seen here."""
    top = get_command(app).commands  # type: ignore[attr-defined]
    known = set(top) | {f"{name} {sub}" for name, one in top.items() for sub in getattr(one, "commands", ())}

    assert known | {""} == set(COMMANDS)


def test_every_setting_is_in_the_manual() -> None:
    """A setting nobody can look up does not exist."""
    page = (DOCS / "settings.md").read_text("utf-8")

    assert [field.name for field in fields(Settings) if f"| `{field.name}` |" not in page] == []
