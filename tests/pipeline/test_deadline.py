"""One deadline: words in time, an answer that is complete in time, and a list of what was left out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio
import pytest

from nutgraf.errors import MissingPart, ModelBusy, ModelCut, ModelRefused, ModelSilent
from nutgraf.pipeline import finding
from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.serve.answers import Asked, start
from nutgraf.stream.hub import Hub
from nutgraf.testing import Piece, ScriptedModel, run_virtual
from nutgraf.trust.judge import Judge
from nutgraf.types import Draft, Evidence, Hit, Prompt, Verdict
from tests.pipeline.world import COURSE, ITEMS, NURSE, Shelf, rooms_with, scope_of

ITEM = ITEMS[0]
QUESTION = "How long was the median wait at the front desk?"
Json = dict[str, Any]


async def answered(rooms: Rooms, deadline_s: float = 5.0, question: str | None = None) -> list[Json]:
    """The events of one answer behind a hub."""
    async with Hub() as hub:
        asked = Asked(
            item=ITEM, member=NURSE, scope=scope_of(NURSE), accepted_at=anyio.current_time(), deadline_s=deadline_s,
            question=question,
        )  # fmt: skip
        with await hub.follow(asked.scope, start(hub, rooms, asked)) as reader:
            return [json.loads(entry.data) for batch in [b async for b in reader] for entry in batch]


def left_out(closed: Json) -> list[str]:
    """The names of what was skipped."""
    return [part["what"] for part in closed["skipped"]]


def sentences(events: list[Json]) -> list[Json]:
    """The committed sentences."""
    return [event["sentence"] for event in events if event["kind"] == "sentence-committed"]


SLOW: dict[str, Sequence[Piece]] = {
    "mute": (3600.0,),
    "late": (1.1, "Bluewater Health moved", 4.0, " its triage board."),
    "endless": [piece for _ in range(2000) for piece in ("and so on ", 0.05)],
    "drip": [piece for word in ITEM.text.split() for piece in (f"{word} ", 0.4)],
}


@pytest.mark.parametrize("deadline_s", [0.1, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("question", [None, QUESTION], ids=["panel", "question"])
@pytest.mark.parametrize("pace", SLOW)
def test_a_slow_model_costs_nobody_the_answer(pace: str, question: str | None, deadline_s: float) -> None:
    """However slow the model, the answer is complete by the deadline and says that writing was left out."""
    events = run_virtual(lambda: answered(rooms_with(ScriptedModel(SLOW[pace])), deadline_s, question))
    closed = events[-1]

    assert closed["ending"] == "done"
    assert closed["complete_ms"] <= deadline_s * 1000
    assert "writing" in left_out(closed)
    assert sentences(events)
    assert {sentence["verdict"] for sentence in sentences(events)} <= {"quoted", "supported"}


@pytest.mark.parametrize("within_s", [0.3, 1.2, 3.0])
@pytest.mark.parametrize("pace", SLOW)
def test_the_first_sentence_does_not_wait_for_the_model(pace: str, within_s: float) -> None:
    """The first sentence of a panel is there by `first_words_within_s`; a quotation when the model is not."""
    rooms = rooms_with(ScriptedModel(SLOW[pace]), first_words_within_s=within_s)
    closed = run_virtual(lambda: answered(rooms))[-1]

    assert closed["first_useful_ms"] <= within_s * 1000


@pytest.mark.parametrize("question", [None, QUESTION], ids=["panel", "question"])
@pytest.mark.parametrize(
    "trouble", [ModelBusy, ModelCut, ModelRefused, ModelSilent, RuntimeError, OSError, KeyError, TimeoutError]
)
@pytest.mark.parametrize("said", ["", "Bluewater Health moved its triage"])
def test_a_model_that_fails_leaves_quotations(trouble: type[Exception], said: str, question: str | None) -> None:
    """Whatever a model raises, quotations are shown, and why; one that had begun to speak was cut off."""
    events = run_virtual(lambda: answered(rooms_with(ScriptedModel((said, trouble("scripted")))), 5.0, question))

    assert (events[-1]["ending"], events[-1]["regenerate"]) == (("truncated", True) if said else ("done", False))
    assert trouble.__name__ in str(events[-1]["skipped"])
    assert [sentence["verdict"] for sentence in sentences(events)] in (["quoted"] * n for n in (1, 2, 3))
    assert "scripted" not in json.dumps(events[1:])


def test_a_part_that_is_missing_is_no_fault_of_the_model() -> None:
    """An error that is not the model's own goes on as itself: the stream fails and says calmly why."""
    events = run_virtual(lambda: answered(rooms_with(ScriptedModel((MissingPart("run make install"),)))))

    assert events[-1]["ending"] == "failed"
    assert events[-1]["reason"] == MissingPart.public


@dataclass(frozen=True, eq=False)
class SlowJudge(Judge):
    """A judge for which time goes by on the virtual clock: `cost_s` for each verdict."""

    cost_s: float = 0.0
    loop: Any = None

    def verdict(self, draft: Draft, evidence: Sequence[Evidence]) -> Verdict:
        """The judge's verdict, later."""
        self.loop.jumps.now += self.cost_s
        return super().verdict(draft, evidence)


@pytest.mark.parametrize("cost_s", [0.2, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("question", [None, QUESTION], ids=["panel", "question"])
@pytest.mark.parametrize("change", ["true", "false", "both"])
def test_a_judge_that_is_slow_leaves_nothing_half_said(change: str, question: str | None, cost_s: float) -> None:
    """A sentence that is being judged when the time is up is settled; an answer cut off by then says so."""

    def copy(prompt: Prompt) -> list[Piece]:
        lines = [line[4:] for line in prompt.messages[-1].content.split("\n") if line.startswith("[")]
        lies = [f"Brightwater and {line}" for line in lines]
        said = {"true": lines, "false": lies, "both": [*lines, *lies]}[change]
        return [0.9, "".join(f"{line} [1].\n" for line in said)]

    async def main() -> list[Json]:
        rooms = rooms_with(ScriptedModel(copy))
        judge = SlowJudge(rooms.encoder, rooms.judge.checks, cost_s=cost_s, loop=asyncio.get_running_loop())
        object.__setattr__(rooms, "judge", judge)
        return await answered(rooms, 5.0, question)

    events = run_virtual(main)
    kinds = [event["kind"] for event in events]

    assert events[-1]["ending"] == "done" if cost_s < 1.0 else events[-1]["ending"] in ("done", "truncated")
    assert sentences(events)
    assert kinds.count("sentence-held") == kinds.count("sentence-committed") + kinds.count("sentence-dropped")


def test_a_search_that_is_late_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the search for related records does not come back in time, the panel is made without it and says so."""
    asked, over = threading.Event(), threading.Event()

    class Stuck(Shelf):
        def search(self, *args: Any, **options: Any) -> list[Hit]:
            asked.set()
            over.wait(20)
            return []

    monkeypatch.setattr(finding, "GATHER_SHARE", 0.0005)
    rooms = rooms_with(None, Stuck(HashEncoder(), (COURSE,)))
    try:
        events = anyio.run(answered, rooms, 60.0)
    finally:
        over.set()

    assert asked.is_set()
    assert events[-1]["ending"] == "done"
    assert "source courses" in left_out(events[-1])
    assert sentences(events)


@pytest.mark.parametrize("question", [None, QUESTION], ids=["panel", "question"])
def test_reading_that_outlasts_the_deadline_ends_truncated(question: str | None) -> None:
    """Work on a thread that is not done in time is left behind, and the answer ends at its deadline as truncated."""
    over = threading.Event()

    class Stuck(HashEncoder):
        """An encoder that is not done before the test is."""

        def encode(self, texts: Sequence[str]) -> Any:
            over.wait(20)
            return super().encode(texts)

    async def main() -> list[Json]:
        rooms = replace(rooms_with(ScriptedModel(["x"])), encoder=Stuck())
        try:
            return await answered(rooms, 0.3, question)
        finally:
            over.set()

    events = anyio.run(main)
    assert [event["kind"] for event in events][-1] == "closed"
    assert events[-1]["ending"] == "truncated"
    assert events[-1]["complete_ms"] < 5_000
