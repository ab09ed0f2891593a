"""Questions that a use case is not for are not answered, doubtful ones are asked back, and follow-ups go on."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from nutgraf.decide.agents import BASIC
from nutgraf.decide.head import OUTSIDE, Head
from nutgraf.decide.route import route
from nutgraf.detection import Detected
from nutgraf.local import open_usecase
from nutgraf.orchestration import Agent
from nutgraf.pipeline.parts import Rooms
from nutgraf.seams import Encoder
from nutgraf.testing import ScriptedModel
from nutgraf.trust.policy.load import load
from nutgraf.trust.review import Reviewer
from nutgraf.trust.topic.topic import OffTopic
from tests.pipeline.told import Json, ending, only, sentences, told
from tests.pipeline.world import ITEMS, Shelf, rooms_with
from tests.trust.reviewers import failing, reviewer

QUESTIONS = Path(__file__).parents[2] / "training/route"
LEAVE = (
    "How many days of annual leave do I have left?", "How do I ask for a day off?", "When is the next public holiday?",
    "Can I take my leave over into next year?", "Who signs my request for leave?", "Do I get paid on sick days?",
    "How much notice do I need to give for a holiday?", "May I take a half day off?", "Is my leave granted?",
    "How many holidays did I take this year?", "What if I fall ill on my holiday?", "Can I cancel my days off?",
)  # fmt: skip
AGENTS: dict[str, Agent] = {
    "takeaways": BASIC["takeaways"],
    "leave": Agent(
        name="leave", version=1, summary="Annual leave, sick days and public holidays.", form="answer",
        prompt="answers", when=("How many days off do I have?",), topic=LEAVE, sources=("item",),
    ),
}  # fmt: skip
POLICY = load()


@pytest.fixture(scope="module")
def leave(real_encoder: Encoder) -> Rooms:
    """Rooms of one narrow agent, with a reviewer."""
    made = rooms_with(None, Shelf(real_encoder, ITEMS))
    return replace(made, agents=AGENTS, reviewer=reviewer(POLICY))


def asked(rooms: Rooms, question: str, **more: object) -> list[Json]:
    """The events of an answer about an item on bread and ovens."""
    return told(rooms, ITEMS[1], None, question, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "question", ["Is there a good film on tonight?", "how tall is the eiffel tower", "Which bus goes to the airport?"]
)
def test_what_is_far_is_not_answered(leave: Rooms, question: str) -> None:
    """Such a question gets a short refusal that says what can be asked, and nothing else."""
    events = asked(leave, question)
    how, why = ending(events)

    assert how == "declined"
    assert why is not None
    assert "cannot help" in why
    assert "How many days off do I have?" in why
    assert not only(events, "block-start")


@pytest.mark.parametrize("question", ["How many days of holiday are left for me?", "may I take Friday off"])
def test_what_is_near_is_answered(leave: Rooms, question: str) -> None:
    """A question of the agent's own kind, in other words, goes on."""
    assert ending(asked(leave, question))[0] == "done"


def test_what_the_item_is_about_is_answered(leave: Rooms) -> None:
    """Far from the examples, but near to a sentence of the item that is open."""
    events = asked(leave, "What does the oven lease cost a month?")

    assert sentences(events)


def test_without_the_check_it_is_answered(leave: Rooms) -> None:
    """Control: with the rules alone the same agent tries to answer what it is not for."""
    for question in ("Is there a good film on tonight?", "how tall is the eiffel tower"):
        assert ending(asked(replace(leave, reviewer=None), question))[0] == "done"


class Doubting(Reviewer):
    """A reviewer whose topic check says what it is told to."""

    says = Detected(0.6, {"off_topic": 0.6}, check="topic-ask")

    def topic(self, examples: object, about: object, encode: object) -> OffTopic | None:
        """The real one, with its judgement replaced."""
        made = super().topic(examples, about, encode)  # type: ignore[arg-type]
        assert made is not None
        made.judged = lambda *_, **__: self.says  # type: ignore[method-assign]
        return made


def test_what_is_in_doubt_is_asked_back(leave: Rooms) -> None:
    """In the band between, the nearest examples are offered to choose from, and nothing is answered."""
    by = reviewer(POLICY)
    events = asked(replace(leave, reviewer=Doubting(by._desk)), "may I take Friday off")
    (extras,) = only(events, "extras")

    assert len(extras["starters"]) == 2
    assert set(extras["starters"]) <= {*LEAVE, "How many days off do I have?"}
    assert "not sure" in str(ending(events)[1])
    assert not only(events, "block-start")


def test_a_follow_up_is_judged_with_the_turn_before(leave: Rooms, real_encoder: Encoder) -> None:
    """“And the second one?” is as much on topic as what it follows."""
    from nutgraf.conversation import Turn
    from nutgraf.pipeline.topics import with_the_turn_before

    def turn(question: str) -> Turn:
        return Turn(ITEMS[1].id, "s0", question, "It says so.", "2026-11-24T10:00:00Z", agent="", standalone=question)

    near, far = turn("How many days of holiday are left for me?"), turn("How tall is the eiffel tower?")
    detector = leave.topic()
    assert detector is not None
    sides = []
    for before in (near, far):
        text = with_the_turn_before("what about the second one?", [before])
        assert text is not None
        sides.append(detector.judged(list(real_encoder.encode([text]))).check)

    assert sides == ["topic-on", "topic-off"]
    assert with_the_turn_before("How do I ask for a day off in spring?", [near]) is None
    assert ending(asked(leave, "what about the second one?", history=(near,)))[0] == "done"


@pytest.mark.parametrize(("fail", "how"), [("open", "done"), ("closed", "declined")])
def test_a_broken_check_does_what_its_policy_says(leave: Rooms, fail: str, how: str) -> None:
    """When it breaks the question is answered, or not, as the policy says of it."""

    class Broken(Reviewer):
        def topic(self, *_: object) -> OffTopic | None:
            raise RuntimeError("broken")

    by = Broken(reviewer(failing("topic", fail))._desk)  # type: ignore[arg-type]
    assert ending(asked(replace(leave, reviewer=by), "may I take Friday off"))[0] == how


@cache
def rows() -> list[tuple[str, str, str]]:
    """The labelled questions of routing: text, agent, stem."""
    found = []
    for file in sorted(QUESTIONS.glob("*.jsonl")):
        found += [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [(row["text"], row["agent"], row["stem"]) for row in found]


def test_few_of_our_own_questions_are_refused(real_encoder: Encoder) -> None:
    """Of the use case that ships at most 2 in 100 questions are refused or asked back, even without an item."""
    agents = open_usecase("premium").agents
    rooms = replace(rooms_with(None, encoder=real_encoder), agents=agents, reviewer=reviewer(POLICY))
    detector, head = rooms.topic(), Head.load()
    assert detector is not None
    ours = [(text, agent) for text, agent, _ in rows() if agent not in (OUTSIDE, "general")][::4]
    stopped = 0
    for (text, _), vector in zip(ours, real_encoder.encode([text for text, _ in ours]), strict=True):
        found = route(text, item=None, agents=tuple(agents.values()), vector=vector, head=head)
        side = detector.judged([vector]).check
        stopped += found.by != "rules" and found.agent is not None and side == "topic-off"

    assert stopped <= 0.02 * len(ours), (stopped, len(ours))


def test_a_model_is_not_asked_for_what_is_off_topic(leave: Rooms) -> None:
    """A refusal costs no request to the model."""
    model = ScriptedModel(lambda prompt: ("It is tall. [1]\n",))
    asked(replace(leave, model=model), "how tall is the eiffel tower")

    assert model.seen == []
