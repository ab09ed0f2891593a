"""An answer is made again from its trace: the same texts at the same moments give the same answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

import anyio
import orjson
import pytest

from nutgraf.conversation import Remembered, Turn
from nutgraf.decide.agents import BASIC
from nutgraf.errors import InputError, ModelBusy, ModelCut, SourceError
from nutgraf.evals.replay import Replayed, differences, prompts_of, replay
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.orchestration import Agent, Passage, Query, SkillSpec
from nutgraf.pipeline.parts import Request, Rooms
from nutgraf.pipeline.run import run
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.testing import SCRIPTS, FixedSource, ScriptedModel, run_virtual
from nutgraf.trace.lines import from_bytes, line
from nutgraf.trace.record import Recording
from nutgraf.trace.tracing import traced
from nutgraf.types import Deadline, Item
from tests.pipeline.world import COURSE, ITEMS, NURSE, Remembering, Shelf, rooms_with, scope_of

WAIT = "The median wait at the front desk fell from 41 minutes to 29 minutes "
GOOD = (0.3, WAIT, 0.2, "within six weeks. [1]\n")
QUESTION = "How long is the median wait at the front desk?"
ENCODER = Remembering(HashEncoder())
Json = dict[str, Any]


def shelf(*items: Item) -> Shelf:
    """Records beside the item."""
    return Shelf(ENCODER, items)


def answered(rooms: Rooms, question: str | None = None, *, stop_after_s: float | None = None, **more: Any) -> Json:
    """The trace of an answer about the first item, made on a virtual clock, as it is read from its file."""

    async def main() -> Json:
        await anyio.sleep(3)
        now, scope = anyio.current_time(), scope_of(NURSE)
        recording = Recording(anyio.current_time, now, scope=scope, stream="s", at="2026-05-01T09:30:00.000+00:00")
        request = Request(
            stream="s", scope=scope, item=ITEMS[0], member=NURSE, accepted_at=now, deadline=Deadline(now + 5),
            question=question, **more,
        )  # fmt: skip
        with anyio.move_on_after(stop_after_s):
            await traced(lambda event: None, partial(run, request, rooms, trace=recording), recording)
        return from_bytes(line(recording)) or {}

    return run_virtual(main)


def again(trace: Json, *, item: Item = ITEMS[0], **options: Any) -> Replayed:
    """The same answer in rooms that have no model, and the records of then."""
    return replay(trace, rooms_with(None, shelf(COURSE)), item, NURSE, **options)


def times(trace: Json) -> list[tuple[str, float]]:
    """When what a reader or a model notices happened."""
    return [
        (note["kind"], note["ms"]) for note in trace["notes"] if note["kind"] in ("model", "draft", "sent", "ending")
    ]


@pytest.mark.parametrize("question", [None, QUESTION])
@pytest.mark.parametrize("writing", ["one-by-one", "at-once"])
def test_the_same_answer_at_the_same_moments(question: str | None, writing: str) -> None:
    """Without the model, an answer comes out as it was recorded, to the millisecond."""
    trace = answered(rooms_with(ScriptedModel(GOOD), shelf(COURSE), writing=writing), question)
    made = again(trace)

    assert (made.differences, made.notes, made.same) == ((), (), True)
    assert times(made.trace) == times(trace)
    assert any(note["kind"] == "sent" for note in trace["notes"])


@pytest.mark.parametrize("kind", sorted(SCRIPTS))
def test_bad_days_are_replayed(kind: str) -> None:
    """Whatever a model did, cut, stalled, refused or babbled, the replay ends alike."""
    for seed in range(3):
        script = SCRIPTS[kind](Random(seed))
        for question in (None, QUESTION):
            trace = answered(rooms_with(ScriptedModel(script), shelf(COURSE)), question)

            assert again(trace).differences == (), (kind, seed, question)


def test_sources_are_late_and_fail_again() -> None:
    """Each source answers as it did, after as long; one that hung, failed or was not asked does so again."""
    found = Passage(source="notes", ref="n1", text=f"{WAIT}says a note.", score=1.0)
    sources = (
        FixedSource("notes", [found], after_s=0.04), FixedSource("hung", [], after_s=900.0),
        FixedSource("broken", after_s=0.01, fails=SourceError("x")), FixedSource("resting"),
    )  # fmt: skip
    agent = replace(
        next(agent for agent in rooms_with(None).agents.values() if agent.form == "answer"),
        sources=("item", "notes", "hung", "broken", "resting"),
    )
    rooms = with_agent(replace(rooms_with(ScriptedModel(GOOD), shelf(COURSE)), skills=sources), agent)
    for _ in range(50):
        rooms.health.of("resting").breaker.failed(3.0)
    trace = answered(rooms, QUESTION, agent=agent.name)
    made = replay(trace, with_agent(rooms_with(None, shelf(COURSE)), agent), ITEMS[0], NURSE)

    outcomes = {n["report"]["source"]: n["report"]["outcome"] for n in trace["notes"] if n["kind"] == "source"}
    assert outcomes == {"item": "ok", "notes": "ok", "hung": "late", "broken": "failed", "resting": "open"}
    assert made.differences == ()
    assert any(
        fate["passage"]["source"] == "notes" for n in made.trace["notes"] if n["kind"] == "blend" for fate in n["fates"]
    )


@dataclass
class Skilled(FixedSource):
    """A source that was made of a skill."""

    spec: SkillSpec | None = None

    def why_not(self, query: Query) -> str | None:
        """Parking is not asked about here."""
        return "it has no arguments" if self.name == "parking" else None


def test_skills_are_chosen_again() -> None:
    """The skills that were chosen for a question answer as they did, also one that was not needed."""
    found = Passage(source="museum", ref="m1", text=f"{WAIT}says the museum.", score=1.0)
    skills = tuple(
        Skilled(name, passages, spec=SkillSpec(name=name, version=1, summary="Tells.", when="always", parameters={}))
        for name, passages in (("museum", [found]), ("parking", []))
    )
    agent = replace(
        next(agent for agent in rooms_with(None).agents.values() if agent.form == "answer"), sources=("item", "skills")
    )
    rooms = with_agent(replace(rooms_with(ScriptedModel(GOOD), shelf(COURSE)), skills=skills), agent)
    trace = answered(rooms, QUESTION, agent=agent.name)
    made = replay(trace, rooms, ITEMS[0], NURSE)

    outcomes = {n["report"]["source"]: n["report"]["outcome"] for n in trace["notes"] if n["kind"] == "source"}
    assert outcomes == {"item": "ok", "museum": "ok", "parking": "not-needed"}
    assert made.differences == ()


def with_agent(rooms: Rooms, agent: Agent) -> Rooms:
    """Rooms with one more agent."""
    return replace(rooms, agents={**rooms.agents, agent.name: agent})


def test_a_stopped_answer_stops_again() -> None:
    """At the moment at which its reader stopped it."""
    trace = answered(rooms_with(ScriptedModel((0.3, WAIT, 900.0)), shelf(COURSE)), QUESTION, stop_after_s=0.4)
    made = again(trace)

    assert trace["notes"][-2]["ending"] == "stopped"
    assert (made.differences, made.trace["notes"][-2]["complete_ms"]) == ((), 400.0)


def used_in(trace: Json) -> list[list[str]]:
    """The ids of the facts that an answer says it used, each time it says so."""
    return [[fact["id"] for fact in note["facts"]] for note in trace["notes"] if note["kind"] == "used"]


def test_what_a_question_used_of_a_member_is_in_its_trace() -> None:
    """Every form of answer notes the facts that it tells of, as the panel does."""
    told = Remembered(
        id="m1", kind="goal", topic="wait", text="I want to cut the median wait at my front desk.", quote="q",
        at="2026-05-01T09:00:00Z",
    )  # fmt: skip

    assert used_in(answered(rooms_with(None), QUESTION, remembered=(told,))) == [["memory.m1"]]


def test_memory_that_is_off_is_not_even_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was remembered of a member is in the trace of an answer once they have switched memory off."""
    told = Remembered(id="m1", kind="goal", topic="t", text="I want to lead", quote="q", at="2026-05-01T09:00:00Z")
    consent = replace(NURSE.consent, fields=NURSE.consent.fields - {"memory"})

    assert "I want to lead" in str(answered(rooms_with(None), QUESTION, remembered=(told,)))
    monkeypatch.setattr("tests.evals.test_replay.NURSE", replace(NURSE, consent=consent))
    assert "I want to lead" not in str(answered(rooms_with(None), QUESTION, remembered=(told,)))


def test_what_was_asked_is_asked_again() -> None:
    """The conversation, what was remembered and what was left out are as they were."""
    more: Json = {
        "history": (Turn("article-board", "s0", "What for?", "A board.", "2026-05-01T09:00:00Z", listed=("x",)),),
        "without": frozenset({"headline"}),
        "remembered": (
            Remembered(id="m1", kind="goal", topic="t", text="I want to lead", quote="q", at="2026-05-01T09:00:00Z"),
        ),
    }  # fmt: skip
    trace = answered(rooms_with(ScriptedModel(GOOD), shelf(COURSE)), None, **more)
    made = again(trace, remembered=more["remembered"])
    used = used_in(trace)

    assert made.same
    assert used == used_in(made.trace)
    assert used[0][0] == "memory.m1"
    assert "headline" not in used[0]
    assert again(trace).notes == ("1 of the facts that were remembered are no longer kept",)


def test_another_prompt_stands_over_the_recorded_texts() -> None:
    """With another template and no model the recorded texts are used, and the replay says so."""
    trace = answered(rooms_with(ScriptedModel(GOOD), shelf(COURSE)), QUESTION)
    (name,) = prompts_of(trace)
    made = again(trace, prompt=(name, "@system\nBe brief.\n@user\n{{ evidence }} {{ question }}"))

    assert [text.split(":")[0] for text in made.differences] == ["prompt 1"]
    assert made.notes == ("1 prompts were others than recorded: the recorded texts stand under them",)


def test_another_model_writes_under_recorded_sources() -> None:
    """Live, the model of the rooms is asked, on the real clock."""
    trace = answered(rooms_with(ScriptedModel(GOOD), shelf(COURSE)), QUESTION)
    other = ScriptedModel(("Nurse Gloria Tran updates the board. [1]\n",), name="other")
    made = replay(trace, rooms_with(other, shelf(COURSE)), ITEMS[0], NURSE, live=True)

    assert len(other.calls) == 1
    assert {text.split(" ")[0] for text in made.differences} >= {"draft"}


def test_what_has_changed_is_said() -> None:
    """An item that is another by now, a judge that decides otherwise, a text that is missing."""
    trace = answered(rooms_with(ScriptedModel(GOOD), shelf(COURSE)), QUESTION)
    changed = again(trace, item=replace(ITEMS[0], text=ITEMS[0].text.replace("29 minutes", "30 minutes")))
    assert "the item has changed since" in changed.notes
    assert not changed.same

    fewer = {**trace, "notes": [note for note in trace["notes"] if note["kind"] != "model"]}
    assert again(fewer).notes == ("1 prompts had no recorded text left",)
    other = orjson.loads(orjson.dumps(trace))
    next(note for note in other["notes"] if note["kind"] == "verdict")["check"] = "numbers"
    (told,) = differences(other, trace)
    assert told.startswith("verdict 1: was a1 ")
    assert "numbers; now" in told


@pytest.mark.parametrize(
    ("change", "why"), [({"texts": False}, "no texts"), ({"cut": True}, "not whole"), ({"notes": []}, "nothing")]
)
def test_a_trace_that_cannot_be_replayed_is_refused(change: Json, why: str) -> None:
    """Without texts, cut, or ended before it began."""
    trace = answered(rooms_with(ScriptedModel(GOOD), shelf(COURSE)), QUESTION)
    with pytest.raises(InputError, match=f"trace: .*{why}"):
        again({**trace, **change})


@pytest.mark.parametrize("error", [ModelBusy("x"), ModelCut("x"), RuntimeError("x")])
def test_a_model_that_failed_fails_again(error: Exception) -> None:
    """With the same class of failure, before and after its first words, and the same ending."""
    for script in ([error], [0.2, WAIT, error]):
        trace = answered(rooms_with(ScriptedModel(script), shelf(COURSE)), QUESTION)
        made = again(trace)
        skipped = [[t["notes"][-2]["skipped"]] for t in (trace, made.trace)]

        assert made.differences == ()
        assert skipped[0] == skipped[1]


def test_every_call_tells_its_own_cost_and_who_answered() -> None:
    """A call's usage leaves out the calls before it, and after a failover it names the model that spoke."""
    busy, ready = ScriptedModel([ModelBusy("full")], name="busy"), ScriptedModel(GOOD, name="ready")
    gateway = Gateway([Target(name=model.name, model=model) for model in (busy, ready)])
    notes = answered(rooms_with(gateway))["notes"]  # type: ignore[arg-type]
    calls = [note for note in notes if note["kind"] == "model"]

    assert [call["model"] for call in calls] == ["ready"] * 3
    assert len({call["usage"]["output_tokens"] for call in calls}) == 1


def test_a_model_that_routes_is_recorded_and_does_it_again() -> None:
    """The call that chose the agent is in the trace, and a replay takes the same way."""
    small, large = ScriptedModel(["company"], name="small"), ScriptedModel(GOOD, name="large")
    targets = [Target(name=model.name, model=model) for model in (large, small)]
    gateway = Gateway(targets, {"route": ["small"], "write": ["large"]})
    found = Passage(source="museum", ref="skill:museum/1", text=f"{WAIT}within six weeks.", end=90)
    company = replace(BASIC["general"], name="company", sources=("museum",))
    turn = Turn(ITEMS[0].id, "s0", "What do they sell?", "Bread.", "2026-01-01", agent="company")

    def rooms(model: Gateway | None) -> Rooms:
        made = rooms_with(model, shelf(COURSE), route_model="small")  # type: ignore[arg-type]
        return replace(made, agents={**BASIC, "company": company}, skills=(FixedSource("museum", [found]),))

    question = "Anything unusual going on somewhere among purple elephants and orange umbrellas lately perhaps?"
    trace = answered(rooms(gateway), question, history=(turn,))
    made = replay(trace, rooms(None), ITEMS[0], NURSE)
    calls = [(note["step"], note["model"]) for note in trace["notes"] if note["kind"] == "model"]

    assert calls == [("route", "small"), ("write", "large")]
    assert (made.differences, made.notes) == ((), ())
