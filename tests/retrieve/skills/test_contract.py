"""The contract sees every way in which a skill may fail to keep it, and passes those that do."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import anyio
import pytest

from nutgraf.errors import SourceError
from nutgraf.orchestration import SkillSpec
from nutgraf.registry import skill
from nutgraf.retrieve.skills.http import Service
from nutgraf.retrieve.skills.openapi_skill import openapi_skills
from nutgraf.retrieve.skills.python_skill import python_skill
from nutgraf.retrieve.skills.skill import Call, Skill
from nutgraf.testing import FakeProvider, Reply, check_skill
from tests.retrieve.skills.made import forgotten
from tests.retrieve.skills.test_openapi_skill import BOOKS, DOCUMENT

COUNT = itertools.count()
RAN: list[str] = []


@pytest.fixture(autouse=True)
def _apart() -> Iterator[None]:
    """What these tests register is forgotten after them."""
    with forgotten():
        yield


def sync(place: str, days: int = 1) -> list[str]:
    """Finds."""
    return [f"{place}, day {day}" for day in range(days)]


async def slow(place: str) -> str:
    """Finds."""
    await anyio.sleep(0.01)
    return place


def send(place: str) -> str:
    """Sends."""
    RAN.append(place)
    return "sent"


@pytest.mark.parametrize(("function", "more"), [(sync, {}), (slow, {}), (send, {"side_effects": True})])
async def test_a_good_skill_passes(function: Any, more: dict[str, Any]) -> None:
    """Sync, async, and one with side effects, which is never run."""
    marked = skill(name="find", when="always", **more)(function)

    assert await check_skill(marked, [{"place": "Oslo"}]) == []
    assert RAN == []


async def test_an_operation_passes() -> None:
    """The contract holds for skills of other origins too."""
    async with FakeProvider([Reply(body=json.dumps(BOOKS).encode())]) as server:
        service = Service("library", server.base_url)
        (find,) = openapi_skills(DOCUMENT, base_url=server.base_url, only=["findBooks"], service=service)
        assert await check_skill(find, [{"branch": "a", "topic": "law"}]) == []
        await service.aclose()


def random(place: str) -> str:
    """Finds."""
    return f"{place} {next(COUNT)}"


def fragile(place: str) -> str:
    """Finds."""
    return {"Oslo": "dry"}[place]


async def deaf(place: str) -> str:
    """Finds."""
    try:
        await anyio.sleep(30)
    except BaseException:
        return "never mind"
    return place


async def failing(place: str) -> str:
    """Finds."""
    raise SourceError("no service today")


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (random, "something else for the same arguments"),
        (fragile, "hostile place: breaks it (KeyError)"),
        (failing, "no service today"),
    ],
)
async def test_a_bad_function_is_seen(function: Any, seen: str) -> None:
    """Control: each is reported in words."""
    marked = skill(name="find", when="always")(function)
    (found,) = await check_skill(marked, [{"place": "Oslo"}])

    assert seen in found


async def test_what_pays_no_heed_to_cancelling_is_seen() -> None:
    """Control: it returned instead of ending."""
    from nutgraf.retrieve.skills.contract import _SCOPE, _cancelled

    one = python_skill(skill(name="find", when="always")(deaf))

    assert await _cancelled(one, {"place": "Oslo"}, _SCOPE) == ["cancelling: takes no notice of being cancelled"]


async def test_a_bad_record_is_seen() -> None:
    """Control: what is missing of it, and a schema that is none."""
    one = python_skill(skill(name="find")(sync))
    parameters = {"type": "array"}

    assert await check_skill(one, [{"place": "Oslo"}]) == ["record: when is missing or of no use"]
    assert await check_skill(one, []) == ["examples: give at least one set of arguments"]
    with_when = replace(one.spec, when="always")
    assert await check_skill(Skill(with_when, one.run), [{"plaice": 1}]) == ["example 1: place is missing"]
    bad = Skill(replace(with_when, parameters=parameters), one.run)
    assert await check_skill(bad, [{}]) == ["schema: the parameters must be a JSON schema of an object"]
    lost = Skill(replace(with_when, parameters={"type": "object", "required": ["x"]}), one.run)
    assert await check_skill(lost, [{"x": 1}]) == ["schema: requires x, which it does not describe"]


class Loose(Skill):
    """A skill that runs whatever anybody confirmed, and tells its results as it likes."""

    async def call(self, arguments: Any, call: Call) -> Any:
        """Anything."""
        return await self.run(arguments, call)


async def test_a_skill_that_bends_the_rules_is_seen() -> None:
    """Control: side effects without a confirmation, and passages that are another's."""
    spec = SkillSpec(
        name="find", version=1, summary="Finds.", when="always", parameters={"type": "object", "properties": {}}
    )

    async def run(arguments: Any, call: Call) -> Any:
        from nutgraf.orchestration import Passage

        return [Passage(source="item", ref="post-1", text="\x1bx", end=1, origin="item", partition="member")] * 21

    found = await check_skill(Loose(spec, run), [{}])
    writes = await check_skill(Loose(replace(spec, side_effects=True), run), [{}])

    assert writes == ["side effects: runs without a confirmation"]
    for what in ("nobody sees", "offsets", "another source", "not the skill's", "another partition", "more than 20"):
        assert any(what in one for one in found), what
