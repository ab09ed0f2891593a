"""The page on evaluation does what it says: its commands run from top to bottom, and it names every metric."""

from __future__ import annotations

from pathlib import Path

from nutgraf.evals.metrics.table import METRICS
from tests.docs import machine
from tests.docs.pages import DOCS, commands, fences, missing_lines

PAGE = DOCS / "evaluate.md"


def test_the_page_prints_what_it_shows(tmp_path: Path) -> None:
    """Every command ends well and prints the lines below it, from the top of the page to its end."""
    machine.needs_encoder()
    for fence in fences(PAGE):
        if fence.file:
            (tmp_path / fence.file).write_text(fence.text, "utf-8")
        for command in commands(fence) if fence.language == "console" else ():
            result = machine.nutgraf(tmp_path, command.words[1:])
            assert result.exit_code == 0, f"{command.line}\n{result.output}"
            assert missing_lines(command.shown, result.output) == [], f"{command.line}\n{result.output}"
    assert (tmp_path / "after" / "report.html").is_file()


def test_the_page_names_every_metric() -> None:
    """A metric nobody can look up does not exist."""
    text = PAGE.read_text("utf-8")

    assert [name for name in METRICS if f"`{name}`" not in text] == []
