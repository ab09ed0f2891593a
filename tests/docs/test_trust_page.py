"""The page on trust does what it says: its commands print what it shows, and its detector works."""

import subprocess
import sys
from pathlib import Path

from nutgraf.trust.desk import CHECKS
from tests.docs import machine
from tests.docs.pages import DOCS, commands, fences, missing_lines

PAGE = DOCS / "trust.md"


def test_the_page_prints_what_it_shows(tmp_path: Path) -> None:
    """Every command ends as the page says and prints the lines below it, from the top of the page to its end."""
    for fence in fences(PAGE):
        if fence.file:
            (tmp_path / fence.file).write_text(fence.text, "utf-8")
        for command in commands(fence) if fence.language == "console" else ():
            result = machine.nutgraf(tmp_path, command.words[1:])
            assert result.exit_code in (0, 3), f"{command.line}\n{result.output}"
            assert missing_lines(command.shown, result.output) == [], f"{command.line}\n{result.output}"
    assert len((tmp_path / "scored.jsonl").read_text("utf-8").splitlines()) == 2


def test_the_detector_of_the_page_takes_the_place_of_ours(tmp_path: Path) -> None:
    """The program prints the line that the page gives."""
    (program,) = (fence for fence in fences(PAGE) if fence.file == "mine.py")
    (tmp_path / "mine.py").write_text(program.text, "utf-8")

    said = subprocess.run([sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert said.stderr == ""
    assert f"It prints `{said.stdout.strip()}`." in PAGE.read_text("utf-8")


def test_the_page_names_every_check() -> None:
    """A row for each."""
    text = PAGE.read_text("utf-8")

    assert all(f"| `{check}` |" in text for check in CHECKS)
