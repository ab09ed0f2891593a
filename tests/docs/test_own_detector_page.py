"""The page on detectors of one's own: its commands print what it shows, and its detector decides in an answer."""

from pathlib import Path

import pytest

from nutgraf.trust.policy.load import load
from tests.docs import machine
from tests.docs.pages import DOCS, commands, fences, missing_lines

PAGE = DOCS / "bring-your-own-detector.md"
TEXT = PAGE.read_text("utf-8")
FILES = {fence.file: fence.text for fence in fences(PAGE) if fence.file}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that a reader saves."""
    return machine.saved(tmp_path_factory.mktemp("detector"), FILES)


def test_the_commands_print_what_is_shown(folder: Path) -> None:
    """Every command, from the top of the page to its end."""
    typed = [command for fence in fences(PAGE) if fence.language == "console" for command in commands(fence)]
    for command in typed:
        result = machine.nutgraf(folder, command.words[1:])
        assert result.exit_code in (0, 3), f"{command.line}\n{result.output}"
        assert missing_lines(command.shown, result.output) == [], f"{command.line}\n{result.output}"
    assert len(typed) >= 3
    assert len((folder / "scored.jsonl").read_text("utf-8").splitlines()) == 2


def test_it_decides_in_an_answer(folder: Path) -> None:
    """The program prints what the page says: the sentence in one use case and not in the other."""
    machine.needs_encoder()
    done = machine.python(folder, FILES["try_it.py"])

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == next(fence.text for fence in fences(PAGE) if fence.language == "text")


def test_it_may_take_the_place_of_ours(folder: Path) -> None:
    """The other program prints the line that the page gives."""
    done = machine.python(folder, FILES["instead.py"])

    assert done.stderr == ""
    assert f"It prints `{done.stdout.strip()}`." in TEXT


def test_the_policy_with_a_larger_model_can_be_read(folder: Path) -> None:
    """The second opinion of the page is taken as it stands there."""
    second = load(folder / "mill/second.toml").rule("grounding").second

    assert second is not None
    assert (second.model, second.inline, second.within_ms, second.fail) == ("nli:models/large", False, 2000, "closed")


def test_the_detector_is_as_short_as_the_page_says() -> None:
    """Twenty lines at most."""
    assert "## Twenty lines" in TEXT
    assert FILES["mill/mine.py"].count("\n") <= 20
