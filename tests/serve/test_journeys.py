"""The four journeys of the sample network, walked through the store, the hub and the memory, with no model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from nutgraf.errors import InputError
from nutgraf.serve import sample
from nutgraf.serve.backend import Backend, open_backend
from nutgraf.serve.door import host_scope, reader_scope
from nutgraf.serve.journeys import Journey, Step, forget, journey, journeys, running, stated_in, walk
from nutgraf.settings import Settings

Json = dict[str, Any]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The sample network in a store of its own, read by the encoder that comes with Nutgraf."""
    folder: Path = tmp_path_factory.mktemp("network")
    with open_backend(Settings(data_dir=folder, model="none", encoder_threads=2), folder) as made:
        sample.load(made.store, folder)
        sample.prepare(made)
        yield made


def walked(backend: Backend, way: Journey) -> tuple[list[list[Json]], list[str]]:
    """A journey's events step by step, and what was remembered on it, which is then forgotten."""

    async def main() -> tuple[list[list[Json]], list[str]]:
        async with running(backend) as site:
            told = await walk(site, way, lambda *_: lambda event: None)
            facts = stated_in(site, way, [events[0]["stream"] for events in told])
            forget(site, way, facts)
            assert not stated_in(site, way, [events[0]["stream"] for events in told])
            return told, [fact.text for fact in facts]

    return anyio.run(main)


def check(step: Step, events: list[Json]) -> set[str]:
    """One step is answered by who should, from what it should; the kinds of source it rests on."""
    about = (step.item, step.say)
    by_kind: dict[str, list[Json]] = {}
    for event in events:
        by_kind.setdefault(event["kind"], []).append(event)
    evidence = [p for event in by_kind.get("sentence-committed", ()) for p in event["sentence"]["evidence"]]
    actions = [event["action"] for event in by_kind.get("block-end", ()) if event["action"]]
    cards = [card for event in by_kind.get("extras", ()) for card in event["cards"]]
    reached = (
        {p["ref"].partition("#")[0] for p in evidence} | {a["item"] for a in actions} | {card["item"] for card in cards}
    )

    assert events[-1]["ending"] == "done", (about, events[-1])
    assert evidence, about
    if step.agent is not None:
        assert by_kind["routed"][0]["agent"] == step.agent, about
    assert set(step.refs) <= reached, (about, reached)
    if step.told:
        reasons = [event["because"]["text"] for event in by_kind["block-start"] if event["because"]]
        assert any("you told me" in reason for reason in reasons), (about, reasons)
    return {p["source"] for p in evidence} | ({"skill"} if cards or actions else set())


@pytest.mark.parametrize("name", journeys())
def test_a_journey_ends_in_progress(name: str, backend: Backend) -> None:
    """Every step is answered by the right agent from real records, and something stated on the way is used later."""
    way = journey(name)
    told, remembered = walked(backend, way)
    kinds = [check(step, events) for step, events in zip(way.steps, told, strict=True)]
    actions = {
        event["action"]["kind"]
        for events in told
        for event in events
        if event["kind"] == "block-end" and event["action"]
    }

    assert set.union(*kinds) >= {"item", "skill"}
    assert len(actions) >= 2, actions
    assert remembered
    assert not [event for events in told for event in events if "unqualified" in str(event)]


def test_what_was_forgotten_is_not_used_again(backend: Backend) -> None:
    """Control: when what was stated is deleted before the next item, that item's panel does not know it."""
    way = journey("learning")
    asked, later = way.steps[1], next(step for step in way.steps if step.told)

    async def main(delete: bool) -> list[str]:
        async with running(backend) as site:
            first = Journey(name="x", title="x", member=way.member, steps=(asked,))
            told = await walk(site, first, lambda *_: lambda event: None)
            facts = stated_in(site, first, [told[0][0]["stream"]])
            if delete:
                forget(site, first, facts)
            then = Journey(name="y", title="y", member=way.member, steps=(later,))
            (events,) = await walk(site, then, lambda *_: lambda event: None)
            if not delete:
                forget(site, first, facts)
            return [fact["id"] for event in events if event["kind"] == "used" for fact in event["facts"]]

    assert any(fact.startswith("memory.") for fact in anyio.run(partial(main, False)))
    assert not any(fact.startswith("memory.") for fact in anyio.run(partial(main, True)))


def test_a_conversation_is_kept_with_who_answered_and_what_was_listed(backend: Backend) -> None:
    """After a journey its turns can be read again, with their agents and records."""
    way = journey("business")
    walked(backend, way)
    scope = reader_scope(backend.store.member(host_scope(), way.member))
    turns = backend.store.conversation(scope, 50)

    assert {turn.agent for turn in turns} >= {"business", "company"}
    assert any(turn.listed for turn in turns)


def test_an_unknown_journey_is_named() -> None:
    """The error lists the journeys there are."""
    with pytest.raises(InputError, match=r"career-change, business, learning, voice"):
        journey("holiday")
