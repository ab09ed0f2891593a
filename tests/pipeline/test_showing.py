"""Whatever an item, a record, a profile or a model holds, what is sent is plain text with allowed links only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from nutgraf.decide.agents import BASIC
from nutgraf.events import as_json
from nutgraf.orchestration import Agent, Passage
from nutgraf.pipeline import parts, showing, writing
from nutgraf.pipeline.parts import Rooms
from nutgraf.pipeline.showing import Addresses, plain_text, shown_event
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.stream.ag_ui import AgUiRun
from nutgraf.stream.ai_sdk import UiMessageStream
from nutgraf.stream.log import Entry
from nutgraf.stream.openai_chat import ChatChunks, Heading, completion
from nutgraf.testing import FixedSource, ScriptedModel
from nutgraf.trust.policy.rules import Policy
from nutgraf.types import Prompt
from tests.pipeline.told import Json, only, sentences, told
from tests.pipeline.world import COURSE, ITEMS, NURSE, WARD, Shelf, rooms_with, written
from tests.trust.reviewers import POLICY, reviewer

IMAGE = "![](https://evil.example/a.png?who=me)"
HTML = "<img src=x onerror=alert(1)>"
LINES = WARD.split("\n")
PLANTED = written(
    "\n".join([f"{LINES[0]} {IMAGE}", f"{HTML} {LINES[1]}", f"{LINES[2]} [more](javascript:alert(1))", *LINES[3:]]),
    "article-planted", f"A board {HTML} in the corridor {IMAGE}",
)  # fmt: skip
LIVE = re.compile(r"!\[|<img|<script|javascript:|evil\.example|\u202e")
HEADING = Heading(id="c1", model="m", created=1)
WAIT = "How long was the wait at the front desk?"


def rooms(model: ScriptedModel | None, **more: Any) -> Rooms:
    """Rooms over a shelf on which a record has markup in its title and its text."""
    course = replace(COURSE, title=f"{COURSE.title} {IMAGE}", text=f"{HTML}{COURSE.text}", details=())
    return replace(rooms_with(model, Shelf(HashEncoder(), (*ITEMS, PLANTED, course)), writing="at-once"), **more)


def markup(prompt: Prompt) -> tuple[str, ...]:
    """A model that says what stands in its evidence, with an image and an element beside it, and asks so."""
    content = prompt.messages[-1].content
    number = next(line[1:2] for line in content.split("\n") if "Gloria Tran" in line)
    said = f"Nurse Gloria Tran now updates the board every ten minutes {IMAGE}{HTML}."
    return (f"{said} [{number}]\n",)


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def answers() -> Iterator[list[Json]]:
    """A panel and answers about the planted item, for a member with markup in their profile, and from a skill."""
    member = replace(NURSE, headline=f"Charge nurse {IMAGE}", goals=(f"{HTML} I want to move into informatics.",))
    yield told(rooms(None), PLANTED, member)
    yield told(rooms(ScriptedModel(markup)), PLANTED, member, WAIT)
    found = Passage(source="desk", ref="desk/1", text=f"The wait {HTML} at the front desk is 41 minutes {IMAGE}.")
    agents: dict[str, Agent] = {**BASIC, "general": replace(BASIC["general"], sources=("item", "desk"))}
    skill = FixedSource("desk", [replace(found, end=len(found.text), score=2.0, title=IMAGE)])
    yield told(rooms(None, skills=(skill,), agents=agents), ITEMS[1], None, WAIT)


def test_nothing_live_is_sent() -> None:
    """Titles, facts, reasons, sentences, quotations, next steps, cards and starters: no event holds live markup."""
    for events in answers():
        assert sentences(events)
        assert [text for event in events for text in strings(event) if LIVE.search(text)] == []


def test_without_the_gate_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: with cleaning off, each of the same answers holds live markup."""
    monkeypatch.setattr(parts, "shown_event", lambda event, allowed: event)
    monkeypatch.setattr(writing, "plain_text", lambda text, allowed: text)
    for events in answers():
        assert [text for event in events for text in strings(event) if LIVE.search(text)]


def test_a_draft_is_judged_as_it_will_be_shown() -> None:
    """An image beside faithful words costs the words nothing, and is gone before the judge looks."""
    model = ScriptedModel(markup)
    events = told(rooms(model), ITEMS[0], None, "How often does Gloria Tran update the board?")

    assert [(one["verdict"], one["text"]) for one in sentences(events)] == [
        ("supported", "Nurse Gloria Tran now updates the board every ten minutes.")
    ]


def test_the_protocols_hold_nothing_live() -> None:
    """What other front ends are sent is made of the same events, and stays as plain."""
    for events in answers():
        log = [Entry(n, event["kind"], json.dumps(event).encode()) for n, event in enumerate(events, 1)]
        wires: list[Any] = [UiMessageStream(), AgUiRun("thread", "run", {}), ChatChunks(HEADING)]
        sent = [b"".join(wire.feed(entry) for entry in log).decode() for wire in wires]
        sent.append(json.dumps(completion(log, HEADING), ensure_ascii=False))

        assert all("Gloria Tran" in text or "wait" in text for text in sent)
        assert [LIVE.findall(text) for text in sent] == [[], [], [], []]


def test_links_follow_the_policy() -> None:
    """Configured hosts and addresses of the evidence are shown, others never; with `none` not even those."""
    item = written("Read https://news.example/a for more.", "article-news", "News")
    listed = Addresses(Policy("p", {}, hosts=frozenset({"help.example"})), item, None)
    nothing = Addresses(replace(POLICY, links="none"), item, None)
    text = "See https://news.example/a or https://docs.help.example/x?y=1 or https://evil.example/a."

    assert plain_text(text, listed.allowed) == "See https://news.example/a or https://docs.help.example/x?y=1 or."
    assert "://" not in plain_text(text, nothing.allowed)
    listed.add("Source: https://evil.example/a")
    assert plain_text(text, listed.allowed) == text


def test_what_is_plain_is_sent_as_it_is() -> None:
    """An event without anything to take out is the same object, and a quotation stays verbatim."""
    for event in answers_of_plain():
        assert shown_event(event, Addresses(None, None, None).allowed) is event


def answers_of_plain() -> list[Any]:
    """The events of an ordinary answer as they were made."""
    seen: list[Any] = []
    real = showing.shown_event

    def watched(event: Any, allowed: Any) -> Any:
        seen.append(event)
        return real(event, allowed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "shown_event", watched)
        events = told(rooms_with(None, Shelf(HashEncoder(), ITEMS[1:])), ITEMS[1], NURSE)
    assert [as_json(event) for event in seen] == events[1:]
    assert only(events, "sentence-committed")
    return seen


def test_a_reviewer_brings_its_policy() -> None:
    """The links of a policy hold for the answers of rooms that have its reviewer."""
    item = written(f"{WARD}\nThe board is told of at https://news.example/a in all its details.", "article-news", "N")
    texts = []
    for links in ("listed", "none"):
        by = reviewer(replace(POLICY, links=links))
        events = told(rooms(None, reviewer=by), item, None, "Where is the board told of in its details?")
        texts.append(" ".join(one["text"] for one in sentences(events)))

    assert "https://news.example/a" in texts[0]
    assert "://" not in texts[1]
