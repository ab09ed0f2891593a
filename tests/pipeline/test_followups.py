"""Follow-up questions end to end: pronouns, ellipsis, corrections, changes of topic and of agent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nutgraf.conversation import Turn
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


@pytest.mark.parametrize("question", ["How do I fit this job?", "How would I prepare for the interview?"])
def test_this_job_is_the_open_one(
    question: str, agents_rooms: Rooms, sample_items: dict[str, Item], sample_members: dict[str, Member]
) -> None:
    """A job that was only listed in an earlier turn does not take the place of the one that is open."""
    job, other = "job-clinical-informatics-nurse-bluewater", "job-ed-quality-lead-bluewater"
    before = Turn(job, "s0", "What does it pay?", "It pays well.", "2026-11-20T10:00:00+00:00", "general", (other,))
    events = told(agents_rooms, sample_items[job], sample_members["amara-okafor"], question, history=(before,))
    refs = {p["ref"] for sentence in sentences(events) for p in sentence["evidence"] if p["source"] != "member"}

    assert refs == {job}
