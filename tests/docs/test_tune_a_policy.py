"""The page on policies: its commands print what it shows, its tables name what there is, its files can be read."""

import re
from pathlib import Path

import pytest

from nutgraf.trust.policy.load import load
from nutgraf.trust.policy.rules import ACTIONS
from tests.docs import machine
from tests.docs.pages import DOCS, commands, fences, missing_lines

PAGE = DOCS / "tune-a-policy.md"
TEXT = PAGE.read_text("utf-8")
FILES = {fence.file: fence.text for fence in fences(PAGE) if fence.file}
REFUSED = ("loose.toml", "misspelt.toml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that a reader saves."""
    return machine.saved(tmp_path_factory.mktemp("policy"), FILES)


def test_the_commands_print_what_is_shown(folder: Path) -> None:
    """Every command ends as the page says, those with a policy that is refused with status 2."""
    typed = [command for fence in fences(PAGE) if fence.language == "console" for command in commands(fence)]
    for command in typed:
        result = machine.nutgraf(folder, command.words[1:])
        wanted = (2,) if command.words[-1] in REFUSED else (0, 3)
        assert result.exit_code in wanted, f"{command.line}\n{result.output}"
        assert missing_lines(command.shown, result.output) == [], f"{command.line}\n{result.output}"
    assert len(typed) >= 7


def test_a_late_check_withholds(folder: Path) -> None:
    """The program prints what the page says of a detector that takes too long."""
    done = machine.python(folder, FILES["late.py"])
    said = next(fence.text for fence in fences(PAGE) if fence.language == "text")

    assert [line.rstrip() for line in done.stdout.splitlines()] == [line.rstrip() for line in said.splitlines()]


def test_the_policy_of_a_use_case_can_be_read(folder: Path) -> None:
    """The last file tightens the core's and is taken."""
    policy = load(folder / "wards/trust.toml")

    assert policy.links == "evidence"
    assert policy.rule("topic").fail == "closed"


def test_every_action_is_explained() -> None:
    """In their order, mildest first."""
    assert tuple(re.findall(r"^\| `(\w+)` \| ", TEXT.partition("## An action")[0], re.MULTILINE)) == ACTIONS
