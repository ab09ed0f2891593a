"""The pages on memory and on traces do what they say: files are written, commands are run, output is compared."""

from pathlib import Path

import pytest

from nutgraf.conversation import MEMORY_KINDS
from nutgraf.serve.cli import app
from nutgraf.store.memory import REMEMBERED_AT_MOST
from tests.docs import machine
from tests.docs.pages import DOCS, commands, fences, missing_lines

PAGES = ("memory.md", "traces.md")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_prints_what_it_shows(name: str, tmp_path: Path) -> None:
    """Every command ends well and prints the lines below it, from the top of the page to its end."""
    machine.needs_encoder()
    for fence in fences(DOCS / name):
        if fence.file:
            (tmp_path / fence.file).write_text(fence.text, "utf-8")
        for command in commands(fence) if fence.language == "console" else ():
            result = machine.nutgraf(tmp_path, command.words[1:])
            assert result.exit_code == 0, f"{command.line}\n{result.output}"
            assert missing_lines(command.shown, result.output) == [], f"{command.line}\n{result.output}"


def test_the_pages_name_what_there_is() -> None:
    """Kinds of facts, their limit, and the requests are those of the code."""
    text = (DOCS / "memory.md").read_text("utf-8")

    assert all(kind in text for kind in MEMORY_KINDS)
    assert f"At most {REMEMBERED_AT_MOST} are kept" in text
    assert {group.name for group in app.registered_groups} >= {"memory", "trace"}
