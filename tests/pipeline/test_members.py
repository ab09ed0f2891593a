"""What a panel may know of its reader, and that nobody's record is ever seen by anybody else."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest

from nutgraf.errors import NotAllowed
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.testing import ScriptedModel, run_virtual
from nutgraf.types import CONSENT_FIELDS, Certificate, Consent, Item, Member, Position, Prompt, Study, Vectors
from tests.pipeline.streams import QUESTIONS
from tests.pipeline.told import Json, only, sentences, tell, told
from tests.pipeline.world import COURSE, ITEMS, MEMBERS, NURSE, Shelf, rooms_with, scope_of

REQUESTS = 50


def marked(mark: str) -> Member:
    """A member in whose every field stands a mark, near to the words of the items."""
    near = f"{mark} triage board wait desk nurse bread loaves solar inverter roofs"
    return Member(
        id=f"member-{mark}", name=f"Name {mark}-name", headline=f"{near} headline", summary=f"{near} summary.",
        place=f"{mark}-place", country=f"{mark}-country", connections=(f"{mark}-connection",),
        work=(Position(title=f"{near} title", organisation=f"{mark}-work", highlights=(f"{near} highlight",)),),
        education=(Study(degree=f"{near} education", institution=f"{mark}-school"),),
        certificates=(Certificate(name=f"{near} certificates"),), skills=(f"{near} skills",),
        languages=(f"{near} languages",), interests=(f"{near} interests",), goals=(f"{near} goals",),
    )  # fmt: skip


class Ears(HashEncoder):
    """An encoder that remembers every text it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        self.heard += texts
        return super().encode(texts)


def everything(prompts: Sequence[Prompt]) -> str:
    """All that a model could read."""
    return json.dumps([[message.content for message in prompt.messages] + [prompt.opening] for prompt in prompts])


def copying(prompt: Prompt) -> tuple[str, ...]:
    """A model that copies its first piece of evidence."""
    return (prompt.messages[-1].content.split("\n")[0].removeprefix("[1] ") + " [1]\n",)


def test_a_reader_without_a_profile_gets_the_items_own_points() -> None:
    """For nobody a panel has no because and uses nothing; with a member it has both."""
    nobody, nurse = told(rooms_with(None), ITEMS[0]), told(rooms_with(None), ITEMS[0], NURSE)

    assert only(nobody, "used")[0]["facts"] == []
    assert {block["because"] for block in only(nobody, "block-start")} == {None}
    assert sentences(nobody)
    assert only(nurse, "used")[0]["facts"]
    assert all(block["because"]["text"] for block in only(nurse, "block-start"))


def test_every_reason_rests_on_what_was_used() -> None:
    """Facts named in a because or in an action are among the facts that the panel says it used."""
    rooms = rooms_with(None, Shelf(HashEncoder(), (*ITEMS, COURSE)))
    for item in ITEMS:
        for member in MEMBERS:
            events = told(rooms, item, member)
            used = only(events, "used")[0]["facts"]
            named = [fact for block in only(events, "block-start") for fact in block["because"]["facts"]]
            named += [fact for end in only(events, "block-end") if end["action"] for fact in end["action"]["facts"]]

            assert named
            assert all(fact in used for fact in named)


FIELDS = {
    "work": ("title", "work", "highlight"), "education": ("education", "school"),
    **{name: (name,) for name in CONSENT_FIELDS if name not in ("work", "education")},
}  # fmt: skip


@pytest.mark.parametrize("asks", [False, True], ids=["panel", "question"])
@pytest.mark.parametrize("field", CONSENT_FIELDS)
def test_what_was_not_consented_to_is_not_used(field: str, asks: bool) -> None:
    """A field without consent is in no prompt, no fact, no because and no vector; the others are."""
    member = marked("zebra")
    member = replace(member, consent=Consent(fields=frozenset(CONSENT_FIELDS) - {field}))
    for item, question in zip(ITEMS, QUESTIONS, strict=True):
        model, ears = ScriptedModel(copying), Ears()
        events = told(rooms_with(model, Shelf(ears, (COURSE,))), item, member, question if asks else None)
        whole = json.dumps(events) + everything(model.seen) + json.dumps(ears.heard)

        assert model.seen
        for word in FIELDS[field]:
            assert f"roofs {word}" not in whole
            assert f"zebra-{word}" not in whole
        assert asks or "zebra" in json.dumps(only(events, "used"))


@pytest.mark.parametrize("hidden", ["zebra-name", "zebra-place", "zebra-country", "zebra-connection"])
def test_what_is_no_consent_field_is_never_used(hidden: str) -> None:
    """Name, place, country and connections are in no prompt and no event, whatever was consented to."""
    model, ears = ScriptedModel(copying), Ears()
    events = told(rooms_with(model, encoder=ears), ITEMS[0], marked("zebra"))

    assert hidden not in json.dumps(events) + everything(model.seen) + json.dumps(ears.heard)


def test_without_the_purpose_nothing_is_known() -> None:
    """A reader who did not agree to being known gets the panel of nobody."""
    scope = replace(scope_of(NURSE), purposes=frozenset())
    events = told(rooms_with(None), ITEMS[0], NURSE, scope=scope)

    assert only(events, "used")[0]["facts"] == []
    assert sentences(events) == sentences(told(rooms_with(None), ITEMS[0]))


SENSITIVE = (
    "I was diagnosed with diabetes in 2019.", "I am a devout Muslim who bakes.", "As a black woman I know this board.",
    "I am gay and run a bakery.", "I am a union steward.", "I need visa sponsorship.", "I am 58 years old.",
)  # fmt: skip


@pytest.mark.parametrize("statement", SENSITIVE)
def test_sensitive_attributes_never_leave_the_record(statement: str) -> None:
    """What a member's record says of health, faith, origin, sexuality, union, status or age is used nowhere."""
    member = replace(
        NURSE, headline=statement, goals=(statement,), interests=(statement,), skills=(statement, "triage"),
        summary=f"I run the night floor. {statement}", work=(Position(title="Nurse", highlights=(statement,)),),
    )  # fmt: skip
    for question in (None, "Where did the board move?"):
        model, ears = ScriptedModel(copying), Ears()
        events = told(rooms_with(model, encoder=ears), ITEMS[0], member, question)

        assert statement.rstrip(".") not in json.dumps(events) + everything(model.seen) + json.dumps(ears.heard)


@pytest.mark.parametrize("scope", [scope_of(MEMBERS[1]), scope_of(None)], ids=["another member", "nobody"])
def test_another_readers_scope_is_refused(scope: object) -> None:
    """A record may be read with its owner's scope alone; nothing of it is told before the refusal."""
    heard: list[Json] = []
    model = ScriptedModel(copying)
    with pytest.raises(NotAllowed):
        run_virtual(lambda: tell(rooms_with(model), ITEMS[0], NURSE, scope=scope, heard=heard.append))  # type: ignore[arg-type]

    assert model.seen == []
    assert heard == []


def test_another_readers_scope_is_refused_for_a_question() -> None:
    """A question, which uses nothing of the record, is refused all the same."""
    with pytest.raises(NotAllowed):
        told(rooms_with(None), ITEMS[0], NURSE, "Where did the board move?", scope=scope_of(MEMBERS[1]))


@pytest.mark.parametrize("seed", range(1, 6))
def test_interleaved_readers_never_see_each_other(seed: int) -> None:
    """In 50 requests at once over shared rooms, no event and no prompt of one reader holds a mark of another."""
    rng = random.Random(seed)
    marks = [f"canary{number:02d}" for number in range(10)]
    answers: list[tuple[str, list[Json]]] = []
    prompts: list[str] = []

    def says(prompt: Prompt) -> tuple[float | str, ...]:
        return (rng.uniform(0, 0.3), *copying(prompt))

    async def ask(mark: str, item: Item, question: str | None, after_s: float) -> None:
        await anyio.sleep(after_s)
        answers.append((mark, await tell(rooms, item, marked(mark), question)))

    model = ScriptedModel(says)
    rooms = rooms_with(model, Shelf(HashEncoder(), (*ITEMS, COURSE)))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(REQUESTS):
                mark = rng.choice(marks)
                question = f"Where did the triage board move, asks {mark}?" if rng.random() < 0.4 else None
                tasks.start_soon(ask, mark, rng.choice(ITEMS), question, rng.uniform(0, 1))

    run_virtual(main, seed)
    prompts = [everything([prompt]) for prompt in model.seen]

    assert len(answers) == REQUESTS
    for mark, events in answers:
        assert {other for other in marks if other in json.dumps(events)} == {mark}
    assert prompts
    for prompt in prompts:
        assert len({mark for mark in marks if mark in prompt}) <= 1
