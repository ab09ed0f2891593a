"""Answers in this process: as events, as a document, from files; stopped with their block, ended whatever breaks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

import nutgraf
from nutgraf.decide.agents import BASIC
from nutgraf.errors import InputError, MissingPart, StoreError
from nutgraf.events import Event, as_json
from nutgraf.local import Local, check_agents, local_scope, open_local, open_usecase
from nutgraf.prompt.library import Library
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.serve.sample import network
from nutgraf.stream.document import Document
from nutgraf.testing import FixedSource, ScriptedModel, run_virtual
from nutgraf.types import Item, Member
from tests.pipeline.world import ITEMS, NURSE, OPTED_OUT, THIN, Shelf, rooms_with

SHIFT, AMARA = "article-shift-handover", "amara-okafor"


def told(local: Local, item: Item, member: Member | None = None, **options: Any) -> list[Event]:
    """The events of one answer."""

    async def main() -> list[Event]:
        async with local.stream(item, member, **options) as events:
            return [event async for event in events]

    return run_virtual(main)


@pytest.fixture
def needs_encoder() -> None:
    """Skips where the encoder is not built."""
    from nutgraf.retrieve.encoder import OnnxEncoder

    try:
        OnnxEncoder.load()
    except MissingPart as missing:
        pytest.skip(str(missing))


def test_a_document_is_made_of_the_same_events() -> None:
    """`takeaways` gives exactly what the events of `stream` fold into, but for its name and its times."""
    local = Local(rooms_with(None))
    document = Document(ITEMS[0], NURSE)
    for event in told(local, ITEMS[0], NURSE):
        document.feed(as_json(event))
    folded = document.whole()
    made = run_virtual(lambda: local.takeaways(ITEMS[0], NURSE))

    assert made["ending"] == "done"
    assert made["takeaways"]
    assert {**made, "stream": "", "timing": {}} == {**folded, "stream": "", "timing": {}}


def test_a_question_is_answered_in_the_same_way() -> None:
    """With a question the document holds it and its answer."""
    local = Local(rooms_with(None))
    made = run_virtual(lambda: local.takeaways(ITEMS[1], question="What does the oven lease cost?"))

    assert made["question"] == "What does the oven lease cost?"
    assert "$2,300" in made["answer"]["sentences"][0]["text"]


@pytest.mark.parametrize("item", [THIN, OPTED_OUT], ids=lambda item: item.id)
def test_what_is_declined_says_why(item: Item) -> None:
    """An item without a panel ends as declined, with a reason for a member."""
    *_, last = told(Local(rooms_with(None)), item, NURSE)

    assert last.kind == "closed"
    assert (last.ending, bool(last.reason)) == ("declined", True)


class Broken(Shelf):
    """A store that always fails."""

    def digest(self, *args: object) -> None:
        """Never there."""
        raise self.trouble  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "trouble", [StoreError("secret"), ValueError("secret"), ExceptionGroup("g", [OSError("secret")])]
)
def test_a_failure_is_the_last_event(trouble: Exception) -> None:
    """Whatever breaks, ours or foreign, a reader gets an ending with a ticket and without the exception's text."""
    shelf = Broken(rooms_with(None).encoder)
    shelf.trouble = trouble  # type: ignore[attr-defined]
    events = told(Local(rooms_with(None, shelf)), ITEMS[0])
    last = events[-1]

    assert [event.kind for event in events] == ["opened", "closed"]
    assert last.kind == "closed"
    assert (last.ending, bool(last.ticket)) == ("failed", True)
    assert "secret" not in json.dumps(as_json(last))


@pytest.mark.parametrize("when", ["at once", "after an event", "while the model speaks"])
def test_leaving_the_block_stops_the_work(when: str) -> None:
    """A reader who leaves early leaves nothing behind: no open request to a model, no task."""
    model = ScriptedModel(("Bluewater Health moved ", 3600.0))

    async def main() -> None:
        async with Local(rooms_with(model)).stream(ITEMS[0], NURSE, deadline_s=600.0) as events:
            async for event in events:
                if when == "at once" or (when == "after an event" and event.kind == "used"):
                    break
                if event.kind == "block-start":
                    await anyio.sleep(0.1)
                    break
        assert anyio.current_time() < 1.0

    run_virtual(main)

    assert model.open_calls == 0
    assert model.calls or when != "while the model speaks"


def test_a_readers_own_error_comes_out_as_itself() -> None:
    """An error raised inside the block is not wrapped: a script can catch it by its name."""
    model = ScriptedModel((3600.0,))

    async def main() -> None:
        async with Local(rooms_with(model)).stream(ITEMS[0], deadline_s=600.0) as events:
            async for _ in events:
                raise LookupError("the script's own")

    with pytest.raises(LookupError, match="the script's own"):
        run_virtual(main)
    assert model.open_calls == 0


def test_a_slow_reader_misses_nothing() -> None:
    """Events wait for a reader that dawdles, in order and without a gap."""
    local = Local(rooms_with(None))

    async def main() -> list[str]:
        kinds: list[str] = []
        async with local.stream(ITEMS[0], NURSE) as events:
            async for event in events:
                await anyio.sleep(3.0)
                kinds.append(event.kind)
        return kinds

    assert run_virtual(main) == [event.kind for event in told(local, ITEMS[0], NURSE)]


def test_many_answers_at_once_keep_apart() -> None:
    """One `Local` serves many tasks: every stream has its own id, item and ending."""
    local = Local(rooms_with(ScriptedModel((0.1, "Anything. [1]\n"))))
    found: list[dict[str, Any]] = []

    async def one(item: Item) -> None:
        found.append(await local.takeaways(item, NURSE))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for item in ITEMS * 5:
                tasks.start_soon(one, item)

    run_virtual(main)

    assert len({made["stream"] for made in found}) == len(found) == 15
    assert {made["ending"] for made in found} == {"done"}
    assert {piece["ref"] for made in found for t in made["takeaways"] for s in t["sentences"] for piece in s["evidence"]
            if piece["ref"] != made["item"]["id"]} == set()  # fmt: skip


def test_a_reader_in_their_own_process_owns_their_record() -> None:
    """The scope of a script is that of its member, and nobody's without one."""
    assert (local_scope(NURSE).member, local_scope(None).member) == (NURSE.id, None)


@pytest.mark.usefixtures("needs_encoder")
def test_files_in_a_document_out() -> None:
    """One call on two files gives the panel; another one answers a question, without a model and without a server."""
    folder = network()
    made = nutgraf.takeaways(folder / "items" / f"{SHIFT}.md", folder / "members" / f"{AMARA}.json", model="none")
    answer = nutgraf.ask(folder / "items" / f"{SHIFT}.md", "What did the project cost?", model="none")

    assert (made["ending"], made["model"], made["member"]["id"]) == ("done", "none", AMARA)
    assert made["takeaways"][0]["because"]["text"].startswith(("Because", "Not far", "A main point", "Another"))
    assert made["used_about_you"]
    assert "$61,000" in answer["answer"]["sentences"][0]["text"]


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A missing file and a file of nothing are errors of ours that name the file."""
    (tmp_path / "empty.md").write_text("", "utf-8")
    for name in ("missing.md", "empty.md"):
        with pytest.raises(InputError, match=name):
            nutgraf.takeaways(tmp_path / name, model="none")


@pytest.mark.usefixtures("needs_encoder")
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            {"sources": ("item", "house-rules")},
            "agent 'general': sources: no source is called 'house-rules'; known are companies",
        ),
        ({"prompt": "ward"}, "agent 'general': prompt 'ward': there is no template of that name; known are answer"),
    ],
)
def test_an_agent_that_cannot_work_is_named(change: dict[str, Any], named: str) -> None:
    """A source or a prompt that there is not is told before anything is asked."""
    rooms = replace(rooms_with(None), agents={"general": replace(BASIC["general"], **change)})

    with pytest.raises(InputError, match=named):
        check_agents(rooms)


@pytest.mark.parametrize("name", ["item", "member", "own-posts", "skills", "named"])
def test_a_skill_cannot_take_the_place_of_a_source_of_ours(name: str) -> None:
    """A skill under the name of one of our sources would be asked instead of it; a name of its own is fine."""
    check_agents(replace(rooms_with(None), skills=(FixedSource("museum"),)))

    with pytest.raises(InputError, match=f"skill '{name}'"):
        check_agents(replace(rooms_with(None), skills=(FixedSource(name),)))


def test_the_agents_that_come_along_can_work() -> None:
    """With a store and without one; and so can one that leaves the choice of skills to the question."""
    check_agents(replace(rooms_with(None), agents={"a": replace(BASIC["general"], sources=("item", "skills"))}))
    case = open_usecase("premium")
    for items in (Shelf(HashEncoder()), None):
        check_agents(replace(rooms_with(None), agents=case.agents, prompts=Library(case.prompts), items=items))


def test_an_unknown_model_is_named() -> None:
    """A model that nobody knows is an error that says which there are."""

    async def main() -> None:
        async with open_local(nutgraf.Settings(model="oracle")):
            pass

    with pytest.raises(InputError, match="oracle"):
        anyio.run(main)


@pytest.mark.usefixtures("needs_encoder")
@pytest.mark.parametrize("breaks", [False, True])
def test_the_model_is_closed_with_the_block(breaks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """`open_local` lets its model go at the end, also when the script inside fails."""
    closed: list[str] = []

    class Closing(ScriptedModel):
        async def aclose(self) -> None:
            closed.append(self.name)

    monkeypatch.setattr("nutgraf.model.catalogue.open_model", lambda *_: Closing(()))

    async def main() -> None:
        async with open_local(nutgraf.Settings(model="any")) as local:
            assert local.rooms.model is not None
            if breaks:
                raise LookupError("the script's own")

    if breaks:
        with pytest.raises(LookupError):
            anyio.run(main)
    else:
        anyio.run(main)
    assert closed == ["scripted"]
