"""What the page on sources promises: its program runs, its tables are complete, its numbers are those of the code."""

import re
from pathlib import Path
from typing import get_args

import pytest

from nutgraf.breaker import BreakerRules
from nutgraf.orchestration import Outcome
from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve import gather, health, web
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.retrieve.sources_items import SORTS
from nutgraf.settings import Settings
from tests.docs import machine
from tests.docs.pages import DOCS, fences
from tests.pipeline.world import Shelf

PAGE = DOCS / "sources.md"
TEXT = " ".join(PAGE.read_text("utf-8").split())
FENCES = fences(PAGE)


def column(heading: str) -> list[str]:
    """What stands between backticks in the first cells of the table with this heading."""
    lines = PAGE.read_text("utf-8").partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [line.strip("|").split("|")[0].strip().strip("`") for line in lines]


def test_the_program_prints_what_the_page_says(tmp_path: Path) -> None:
    """As it stands."""
    program, shown = (next(one.text for one in FENCES if one.language == kind) for kind in ("python", "text"))

    done = machine.python(tmp_path, program)

    assert (done.stdout, done.stderr, done.returncode) == (shown, "", 0)


def test_the_table_has_every_source() -> None:
    """Those of an answer with a store, and the web."""
    rooms = Rooms(settings=Settings(), encoder=None, vocabulary=None, model=None, items=Shelf(HashEncoder()))

    assert {*rooms.sources, "web"} == set(column("source"))
    assert set(SORTS) < set(column("source"))


def test_the_table_has_every_outcome_of_gathering() -> None:
    """The others are for sources that nobody asked."""
    assert set(column("outcome")) == set(get_args(Outcome)) - {"off", "not-needed"}


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"has ([\d.]+) ms for cleaning up", gather.GRACE_S * 1000),
        (r"at most (\d+) passages", gather.PASSAGES_PER_SOURCE_AT_MOST),
        (r"a passage has at most ([\d,]+) characters", gather.PASSAGE_AT_MOST_CHARS),
        (r"longer than (\d+) % of the recent", health.HEDGE_AFTER_SHARE * 100),
        (r"At most (\d+) % of the calls", health.HEDGED_AT_MOST_SHARE * 100),
        (r"calls within (\d+) seconds", BreakerRules().window_s),
        (r"cut to (\d+) characters", web.QUESTION_AT_MOST_CHARS),
        (r"a result has at most (\d+) characters", web.SNIPPET_AT_MOST_CHARS),
    ],
)
def test_the_numbers_are_those_of_the_code(pattern: str, value: float) -> None:
    """Each number of the page is a limit that holds."""
    found = re.search(pattern, TEXT)

    assert found is not None
    assert float(found[1].replace(",", "")) == pytest.approx(value)


def test_the_numbers_in_words_are_those_of_the_code() -> None:
    """Five in a row, twenty calls, half of them, five seconds, four strays."""
    rules = BreakerRules()

    assert (rules.in_a_row, rules.calls_at_least, rules.failures_share, rules.open_s) == (5, 20, 0.5, 5.0)
    assert health.STRAYS_AT_MOST == 4
