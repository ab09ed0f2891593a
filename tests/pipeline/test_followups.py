"""Follow-up questions end to end: pronouns, ellipsis, corrections, changes of topic and of agent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nutgraf.decide.head import Head
from nutgraf.local import open_usecase
from nutgraf.pipeline.parts import Rooms
from nutgraf.text.words import content_stems
from nutgraf.types import Item, Member
from tests.decide.cases import Case, cases
from tests.pipeline.told import ending, only, sentences, told

CASES = cases()


@pytest.fixture(scope="module")
def agents_rooms(sample_rooms: Rooms) -> Rooms:
    """The sample network with every agent of the premium use case, and the trained routing."""
    return replace(sample_rooms, agents=open_usecase("premium").agents, head=Head.load())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_follow_up_is_understood_and_answered(
    case: Case, agents_rooms: Rooms, sample_items: dict[str, Item], sample_members: dict[str, Member]
) -> None:
    """It goes to the right agent, stands alone, and is answered from the record that it points at."""
    item, member = sample_items[case.item], sample_members.get(case.member or "")
    events = told(agents_rooms, item, member, case.question, history=tuple(case.history()))
    routed = only(events, "routed")[0]

    assert routed["agent"] == (case.agent or "none")
    assert {stem for word in case.words for stem in content_stems(word)} <= set(content_stems(routed["question"]))
    if case.agent is None:
        assert ending(events)[0] == "declined"
        return
    assert ending(events)[0] == "done"
    refs = {piece["ref"] for sentence in sentences(events) for piece in sentence["evidence"]}
    if case.agent != "voice":  # a draft is to somebody, and from the item and the member
        assert not case.refers_to or refs & set(case.refers_to), refs
    assert sentences(events) or "say" in str(ending(events)[1])


def test_a_follow_up_without_its_conversation_is_not_understood(
    agents_rooms: Rooms, sample_items: dict[str, Item], sample_members: dict[str, Member]
) -> None:
    """Control: without the turns before them most of these questions do not stand alone."""
    missed = 0
    for case in CASES:
        events = told(agents_rooms, sample_items[case.item], sample_members.get(case.member or ""), case.question)
        wanted = {stem for word in case.words for stem in content_stems(word)}
        missed += not wanted <= set(content_stems(only(events, "routed")[0]["question"] or ""))

    assert missed >= len(CASES) // 2
