"""What the page on skills promises: its programs run as they stand, its command prints what it shows."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from nutgraf import registry
from nutgraf.retrieve.skills import http, passages, python_skill
from nutgraf.retrieve.skills.as_source import VALUES
from nutgraf.retrieve.skills.confirm import VALID_S
from tests.docs import machine
from tests.docs.pages import DOCS, commands, fences, missing_lines
from tests.retrieve.skills.made import forgotten

PAGE = DOCS / "write-a-skill.md"
TEXT = PAGE.read_text("utf-8")
PROGRAMS = {fence.file: fence.text for fence in fences(PAGE) if fence.file}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with every file that a reader saves."""
    for name, text in PROGRAMS.items():
        assert name is not None
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


class Tools(BaseHTTPRequestHandler):
    """A service with one tool."""

    def do_GET(self) -> None:
        """Answer with the tool that was asked for."""
        body = json.dumps({"id": self.path.rpartition("/")[2], "deposit": "25 dollars"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    """Where that service is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Tools) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(folder: Path, program: str) -> list[str]:
    """What a program of the page prints."""
    done = machine.python(folder, PROGRAMS[program])
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_commands_print_what_is_shown(folder: Path) -> None:
    """Each command of the page, as typed in the folder of its files."""
    for fence in fences(PAGE):
        for command in commands(fence) if fence.language == "console" else ():
            with forgotten():
                result = machine.nutgraf(folder, command.words[1:])
            assert result.exit_code == 0, result.output
            assert missing_lines(command.shown, result.stdout) == []


def test_the_contract_is_kept(folder: Path) -> None:
    """By the skill of the page."""
    assert run(folder, "check.py") == ["it keeps the contract"]


def test_an_answer_draws_on_it(folder: Path) -> None:
    """And cites it as its source."""
    machine.needs_encoder()

    assert run(folder, "answer.py") == [
        "The deposit for a power tool is 25 dollars, and it is paid back when the tool returns. skill:lending-terms/1"
    ]


def test_a_change_needs_a_confirmation(folder: Path) -> None:
    """First refused, then done."""
    refused, done = run(folder, "confirm.py")

    assert "must be confirmed first" in refused
    assert done == "The drill is reserved."


def test_an_operation_is_called(folder: Path, service: str) -> None:
    """On a real service; and its module can be named in the settings."""
    done = machine.python(folder, PROGRAMS["operations.py"].replace("http://localhost:8700", service))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["skill:tool/drill", "id: drill", "deposit: 25 dollars"]
    with forgotten():
        found = python_skill.load_skills([str(folder / "operations.py")], installed=False)
    assert [one.spec.name for one in found] == ["tool"]


def test_tools_are_approved(folder: Path) -> None:
    """Each is blocked, then the one that was approved is not."""
    machine.needs_encoder()
    lines = run(folder, "tools.py")

    assert lines == [
        "other.takeaways blocked: nobody has approved it yet",
        "other.ask blocked: nobody has approved it yet",
        "['other.takeaways']",
    ]


def test_the_tables_and_figures_are_those_of_the_code() -> None:
    """The arguments of the decorator, the names that are filled, and every limit."""
    rows = TEXT.partition("| argument of `@skill` |")[2].partition("\n\n")[0].splitlines()[2:]
    listed = [row.split("|")[1].strip().strip("`") for row in rows]

    assert listed == list(signature(registry.skill).parameters)
    assert ", ".join(f"`{name}`" for name in VALUES[:-1]) + f" or `{VALUES[-1]}`" in TEXT
    assert f"At most {passages.PASSAGES_AT_MOST} passages of {passages.PASSAGE_AT_MOST_CHARACTERS:,}" in TEXT
    assert f"at most {python_skill.THREADS_AT_MOST} at once" in TEXT
    assert f"cut off at {http.ANSWER_AT_MOST_BYTES // 1024} KiB" in TEXT
    assert VALID_S == 300.0
    assert "for five minutes" in TEXT
