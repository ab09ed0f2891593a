"""A skill as a source: what fills its arguments, when it is left out, what it never does."""

from collections.abc import Iterator
from typing import Any

import pytest

from nutgraf.errors import InputError
from nutgraf.orchestration import Passage
from nutgraf.registry import skill
from nutgraf.retrieve.gather import gather
from nutgraf.retrieve.health import Health
from nutgraf.retrieve.skills.as_source import SkillSource
from nutgraf.retrieve.skills.python_skill import python_skill
from nutgraf.testing import FixedSource
from tests.retrieve.skills.made import forgotten, query, soon


@pytest.fixture(autouse=True)
def _apart() -> Iterator[None]:
    """What these tests register is forgotten after them."""
    with forgotten():
        yield


def source(function: Any, arguments_from: Any = None, **declared: Any) -> SkillSource:
    """A function as a source."""
    return SkillSource(python_skill(skill(name="find", **declared)(function)), arguments_from)


async def test_parameters_are_filled_by_name() -> None:
    """Those called like a value of the query; those with a default and no value keep it."""

    def find(question: str, place: str, organisation: str, item_id: str, days: int = 3) -> str:
        """Finds."""
        return f"{question}|{place}|{organisation}|{item_id}|{days}"

    (found,) = await source(find).fetch(query("Rain?"), soon())

    assert found.text == "Rain?|Houston, TX|Bluewater Health|job-night-nurse|3"


async def test_an_agent_passes_arguments_on() -> None:
    """They come as text and are read as the parameter wants them."""

    def find(days: int, share: float, fresh: bool, kinds: list[str]) -> str:
        """Finds."""
        return f"{days!r} {share!r} {fresh!r} {kinds!r}"

    (found,) = await source(find).fetch(query(days="7", share="0.5", fresh="yes", kinds="job, course"), soon())

    assert found.text == "7 0.5 True ['job', 'course']"


async def test_other_names_are_told() -> None:
    """By a table, or by a function of the query."""

    def find(q: str) -> str:
        """Finds."""
        return q

    (one,) = await source(find, {"q": "item_title"}).fetch(query(), soon())
    (two,) = await source(find, lambda asked: {"q": asked.text.upper()}).fetch(query("rain"), soon())

    assert (one.text, two.text) == ("Night nurse", "RAIN")


async def test_what_cannot_be_filled_is_said() -> None:
    """The parameter is named, before asking and when it is asked all the same."""

    def find(place: str, shoe_size: int) -> str:
        """Finds."""
        return "never"

    one = source(find)

    assert one.why_not(query()) == "nothing here to fill shoe_size with"
    assert one.why_not(query(shoe_size="44")) is None
    with pytest.raises(InputError, match="nothing here to fill place, shoe_size with"):
        await one.fetch(query(item=None), soon())


async def test_an_argument_that_does_not_fit_fails_the_source() -> None:
    """The question's fault, named."""

    def find(days: int) -> str:
        """Finds."""
        return "never"

    with pytest.raises(InputError, match="days must be integer, got 'many'"):
        await source(find).fetch(query(days="many"), soon())


async def test_it_keeps_to_the_limit_of_the_query() -> None:
    """The first ones."""

    def find(question: str) -> list[str]:
        """Finds."""
        return list("abcdef")

    assert [p.text for p in await source(find).fetch(query(limit=2), soon())] == ["a", "b"]


def test_it_says_whose_passages_it_has() -> None:
    """Partition and idempotence are those that the skill declares."""

    def find(question: str) -> str:
        """Finds."""
        return ""

    one = source(find, partition="member", idempotent=False)

    assert (one.name, one.partition, one.idempotent) == ("find", "member", False)


def test_a_skill_that_changes_something_is_no_source() -> None:
    """It is refused when the source is made."""

    def find(question: str) -> str:
        """Finds."""
        return ""

    with pytest.raises(InputError, match="cannot be a source"):
        source(find, side_effects=True)


def test_a_table_of_unknown_parameters_is_refused() -> None:
    """The name is told."""

    def find(question: str) -> str:
        """Finds."""
        return ""

    with pytest.raises(InputError, match="'q', which is no parameter"):
        source(find, {"q": "question"})


async def test_gathering_leaves_out_what_cannot_be_asked() -> None:
    """It is reported with its reason, its breaker hears nothing, and its neighbours go on."""

    def find(place: str, shoe_size: int) -> str:
        """Finds."""
        return "never"

    def fail(asked: Any) -> dict[str, str]:
        return {"q": asked.arguments["no such"]}

    def other(q: str) -> str:
        """Finds."""
        return q

    broken = SkillSource(python_skill(skill(name="broken")(other)), fail)
    fine = FixedSource("fine", [Passage(source="fine", ref="r", text="t", end=1)])
    health = Health()
    for _ in range(10):
        gathered = await gather([source(find), broken, fine], query(), soon(), health=health)

    assert [(report.source, report.outcome, report.because) for report in gathered.reports] == [
        ("broken", "not-needed", "its arguments cannot be filled (KeyError)"),
        ("find", "not-needed", "nothing here to fill shoe_size with"),
        ("fine", "ok", ""),
    ]
