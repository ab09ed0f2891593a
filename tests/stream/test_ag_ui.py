"""The events of AG-UI."""

import random
from typing import Any

import pytest

from nutgraf.stream.ag_ui import AgUiRun
from nutgraf.types import Ending
from tests.stream.said import random_events, story
from tests.stream.wires import ENDINGS, answered, ended, entries, values, wire


def run() -> AgUiRun:
    """A run of a thread whose client shares some state."""
    return AgUiRun("thread", "run", {"theirs": 1})


def told(events: Any) -> list[Any]:
    """The events that a client gets."""
    return values(wire(run(), entries(events)))


def state_of(found: list[Any]) -> dict[str, Any]:
    """The shared state at the end, as a client patches it together."""
    state: dict[str, Any] = next(e["snapshot"] for e in found if e["type"] == "STATE_SNAPSHOT")
    for patch in (patch for e in found if e["type"] == "STATE_DELTA" for patch in e["delta"]):
        _, ours, name, *end = patch["path"].split("/")
        if patch["op"] == "add":
            assert end == ["-"]
            state[ours][name].append(patch["value"])
        else:
            assert name in state[ours]
            state[ours][name] = patch["value"]
    return state


def test_a_block_is_a_message_under_its_heading() -> None:
    """Messages hold committed sentences alone, the first of a titled block behind its title."""
    found = told(answered())
    said: dict[str, str] = {}
    for event in found:
        if event["type"] == "TEXT_MESSAGE_CONTENT":
            said[event["messageId"]] = said.get(event["messageId"], "") + event["delta"]

    assert said == {
        "s1.r1": "Triage boards (partly shown in your profile)\nThe board moved. Waiting fell.",
        "s1.r2": "Triage (shown in your profile)\nYou know triage.",
    }
    assert found[0] == {"type": "RUN_STARTED", "threadId": "thread", "runId": "run"}


def test_citations_are_in_the_shared_state() -> None:
    """Beside what the client shares stand the agent, the blocks, and every sentence with its evidence."""
    state = state_of(told(answered()))
    ours = state["nutgraf"]

    assert state["theirs"] == 1
    assert (ours["agent"], ours["ending"]["ending"]) == ("job-fit", "done")
    assert [block["message"] for block in ours["blocks"]] == ["s1.r1", "s1.r2"]
    assert [piece["ref"] for piece in ours["sentences"][-1]["evidence"]] == ["m-skill-1", "https://example.org/a"]
    assert ours["actions"][0]["action"]["item"] == "course-1"
    assert state_of(told(story("One.")))["nutgraf"]["starters"] == ["Why a corridor?"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("said", [True, False])
def test_only_a_whole_answer_finishes_the_run(ending: Ending, said: bool) -> None:
    """What was cut off, stopped or broken is an error with the ending as its code."""
    found = told(ended(ending, said))
    last = found[-1]

    if ending in ("done", "declined"):
        assert (last["type"], last["result"]["ending"]) == ("RUN_FINISHED", ending)
    else:
        assert (last["type"], last["code"]) == ("RUN_ERROR", ending)
    assert sum(event["type"] in ("RUN_FINISHED", "RUN_ERROR") for event in found) == 1
    assert state_of(found)["nutgraf"]["ending"]["ending"] == ending


def test_the_same_entries_give_the_same_bytes() -> None:
    """For any stream every message and step that starts also ends before the run does, and a replay is exact."""
    for seed in range(300):
        log = entries(random_events(random.Random(seed), "s1"))
        data = wire(run(), log)
        found = values(data)

        assert wire(run(), log) == data
        for start, end, name in (
            ("TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "messageId"),
            ("STEP_STARTED", "STEP_FINISHED", "stepName"),
        ):
            assert [e[name] for e in found if e["type"] == start] == [e[name] for e in found if e["type"] == end]
