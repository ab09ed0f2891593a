"""The sources in the reader's own hands, and how well sentences answer."""

import random
import threading

import anyio
import numpy as np
import pytest

from nutgraf.conversation import Remembered as Told
from nutgraf.conversation import Turn
from nutgraf.errors import NotAllowed, SourceError
from nutgraf.orchestration import Passage, Query, SkillSpec
from nutgraf.retrieve import sources as room
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.retrieve.relevance import _stems, overlap, relevance
from nutgraf.retrieve.shortlist import shortlist
from nutgraf.retrieve.sources import Conversation, ItemSpans, Kept, MemberRecord, Remembered, on_thread
from nutgraf.seams import Source
from nutgraf.types import Deadline, Digest, Fact, Item, Snapshot, Span
from tests.retrieve.fakes import item_of, query_of, scope_of

TEXT = (
    "The median wait at the front desk fell from 41 minutes to 29 minutes. "
    "Nurses now update the board every ten minutes. "
    "It was the best week of the year."
)
ITEM = item_of(TEXT)
ENCODER = HashEncoder()


def spans_of(item: Item) -> tuple[Span, ...]:
    """One span a sentence; one that begins with "It" cannot stand alone."""
    found: list[Span] = []
    at = 0
    for part in item.text.split(". "):
        text = f"{part.removesuffix('.')}."
        found.append(Span(f"s{len(found) + 1}", at, at + len(text), text, 0, quotable=not text.startswith("It ")))
        at += len(text) + 1
    return tuple(found)


def digest_of(item: Item) -> Digest:
    """A digest with vectors."""
    spans = spans_of(item)
    rows = ENCODER.encode([item.title, *(span.text for span in spans)])
    return Digest(item.id, item.content_hash, "test", spans, rows[1:], rows[0], (), 1.0)


def fetched(source: Source, query: Query) -> list[Passage]:
    """What a source finds."""

    async def main() -> list[Passage]:
        return list(await source.fetch(query, Deadline(anyio.current_time() + 10.0)))

    return anyio.run(main)


def with_vector(text: str, member: str | None = "nurse", **more: object) -> Query:
    """A query with its embedding."""
    return query_of(text, member, vector=ENCODER.encode([text])[0], **more)


def test_relevance_is_nearness_and_shared_words() -> None:
    """With vectors the cosine is added; a sentence that leans on another loses; without vectors the words remain."""
    spans, question = spans_of(ITEM), "How long is the median wait?"
    rows, vector = ENCODER.encode([span.text for span in spans]), ENCODER.encode([question])[0]
    by_words = relevance(spans, question, None, None)
    both = relevance(spans, question, rows, vector)

    assert by_words[0] > 0.3 > by_words[1] == 0.0 > by_words[2] == -0.2
    assert np.allclose(both, rows @ vector + 0.45 * np.maximum(by_words, 0.0) - [0.0, 0.0, 0.2])
    assert relevance(spans, question, rows[:1], vector) == by_words
    assert relevance((), question, None, None) == []


def test_a_members_words_are_not_remembered_by_comparing_them() -> None:
    """`overlap`, which is what private texts are compared by, keeps nothing between calls."""
    before = _stems.cache_info().currsize
    overlap(["Charge nurse at Bluewater"], "nurse")

    assert _stems.cache_info().currsize == before


@pytest.mark.parametrize("vectors", [True, False])
def test_the_item_answers_with_its_own_sentences(vectors: bool) -> None:
    """With an encoder and without, the sentence that answers comes first, with its exact place."""
    text = "How long is the median wait at the desk?"
    query = with_vector(text, item=ITEM) if vectors else query_of(text, item=ITEM)
    source = ItemSpans(digest_of if vectors else spans_of)

    best, *_ = fetched(source, query)

    assert best.text == TEXT[best.start : best.end] == spans_of(ITEM)[0].text
    assert (best.origin, best.ref, best.partition, best.source) == ("item", ITEM.id, "public", "item")
    assert (best.vector is not None) == vectors


def test_a_starter_question_is_answered_by_the_sentence_it_was_made_from() -> None:
    """Even when its words say little."""
    source = ItemSpans(digest_of, made_from=lambda item, read, question: 1)

    assert fetched(source, with_vector("What changed?", item=ITEM))[0].text.startswith("Nurses now update")


def test_no_item_and_an_item_that_opted_out_give_nothing() -> None:
    """An author who said no is not read."""
    source = ItemSpans(lambda item: pytest.fail("it was read"))

    assert fetched(source, query_of(item=None)) == []
    assert fetched(source, query_of(item=item_of(TEXT, ai=False))) == []


def test_the_record_gives_its_facts_nearest_first() -> None:
    """Every fact with its id, as the member's own."""
    facts = (Fact("goal.0", "goal", "I want to train installers."), Fact("headline", "headline", "Charge nurse"))
    snapshot = Snapshot(scope_of("nurse"), "Amara", facts)
    query = with_vector("What does a charge nurse earn?", snapshot=snapshot)

    for source in (MemberRecord(), MemberRecord(lambda own: ENCODER.encode([fact.text for fact in own.facts]))):
        found = fetched(source, query)
        assert [(one.ref, one.kind) for one in found] == [("headline", "headline"), ("goal.0", "goal")]
        assert {(one.origin, one.partition) for one in found} == {("member", "member")}


def test_the_record_of_somebody_else_is_refused() -> None:
    """The scope decides, not what was put into the query."""
    with pytest.raises(NotAllowed, match="'nurse' may not see the record of 'baker'"):
        fetched(MemberRecord(), query_of(snapshot=Snapshot(scope_of("baker"), "Jonas", (Fact("a", "goal", "b"),))))


@pytest.mark.parametrize("source", [MemberRecord(), Conversation(), Remembered()])
def test_a_reader_without_a_profile_has_nothing_of_their_own(source: Source) -> None:
    """No fact, no turn, nothing remembered."""
    turns = (Turn(ITEM.id, "s1", "How long is the wait?", "The wait fell.", "2026-01-01"),)
    told = (Told(id="m1", kind="goal", topic="wait", text="wait", quote="wait", at="2026-01-01"),)

    assert fetched(source, query_of(member=None, history=turns, remembered=told)) == []


def test_the_conversation_gives_earlier_answers_on_the_same_thing() -> None:
    """The later one first when both fit; one about something else, or without an answer, not at all."""
    turns = [
        Turn(ITEM.id, f"s{n}", question, answer, "2026-01-01")
        for n, (question, answer) in enumerate(
            [
                ("Wait?", "The wait fell."),
                ("Board?", "Nurses update it."),
                ("Wait now?", "The wait is short."),
                ("?", " "),
            ]
        )
    ]

    found = fetched(Conversation(), query_of("How long is the wait?", history=tuple(turns)))

    assert [one.ref for one in found] == ["s2", "s0"]
    assert {(one.partition, one.origin) for one in found} == {("member", "skill")}


def test_what_was_told_comes_nearest_first_then_newest() -> None:
    """Each with the id of the same fact in a snapshot."""
    told = [
        Told(id="m1", kind="goal", topic="oven", text="You told me: lease an oven.", quote="lease", at="2026-01-01"),
        Told(id="m2", kind="plan", topic="shop", text="You told me: second shop.", quote="shop", at="2026-02-01"),
        Told(id="m3", kind="plan", topic="staff", text="You told me: two apprentices.", quote="two", at="2026-03-01"),
    ]
    random.Random(5).shuffle(told)

    found = fetched(Remembered(), query_of("What does an oven cost?", remembered=tuple(told)))

    assert [one.ref for one in found] == ["memory.m1", "memory.m3", "memory.m2"]
    assert {(one.partition, one.origin) for one in found} == {("member", "member")}


def test_items_read_last_are_kept() -> None:
    """The same content is read once; other content of the same item is read anew; the oldest is forgotten."""
    seen: list[str] = []

    def read(item: Item) -> tuple[Span, ...]:
        seen.append(item.id + item.text)
        return spans_of(item)

    kept = Kept(read, items_at_most=2)
    for item in (item_of("One.", "a"), item_of("One.", "a"), item_of("Two.", "a"), item_of("One.", "b")):
        kept(item)
    kept(item_of("One.", "a"))

    assert seen == ["aOne.", "aTwo.", "bOne.", "aOne."]


def test_threads_for_sources_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that never answers cannot take thread after thread."""
    monkeypatch.setattr(room, "_threads", threading.BoundedSemaphore(1))

    async def main() -> None:
        with pytest.raises(SourceError, match="threads are busy"):
            await on_thread(lambda: anyio.from_thread.run(on_thread, lambda: 1))
        assert await on_thread(lambda: 2) == 2

    anyio.run(main)


def spec(name: str, when: str = "", summary: str = "") -> SkillSpec:
    """A skill."""
    return SkillSpec(name=name, version=1, summary=summary, when=when, parameters={})


SPECS = (
    spec("salary_bands", "the reader asks what a job pays", "Pay by title and place."),
    spec("commute_time", "the reader asks how far away a place is", "Minutes by train."),
    spec("course_dates", "the reader asks when a course begins", "Next dates of courses."),
    spec("translate", "the text is in another language", "A translation."),
)


def test_a_shortlist_picks_what_fits_and_keeps_what_is_required() -> None:
    """By name, purpose and summary; the order of the catalogue changes nothing."""
    for order in (SPECS, SPECS[::-1]):
        assert shortlist("When does the next course begin?", order, 1) == ("course_dates",)
        assert shortlist("What does it pay?", order, 2, required=["translate"]) == ("salary_bands", "translate")
    assert shortlist("anything", SPECS, 9) == tuple(sorted(one.name for one in SPECS))
    assert shortlist("anything", SPECS, 1, required=["translate", "commute_time"]) == ("commute_time", "translate")
