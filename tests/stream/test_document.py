"""A stream folds into the document that readers who do not stream get."""

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.events import (
    BlockEnd,
    BlockStart,
    Closed,
    Event,
    Routed,
    SentenceCommitted,
    SentenceDropped,
    SentenceHeld,
    Sources,
    Used,
    as_json,
)  # fmt: skip
from nutgraf.orchestration import SourceReport
from nutgraf.stream.document import Document, fold
from nutgraf.stream.log import Entry, StreamLog
from nutgraf.types import Action
from tests.stream.said import FACT, ITEM, MEMBER, closed, opened, sentence, story, told


def logged(events: list[Event]) -> list[Entry]:
    """The entries of these events."""
    log = StreamLog()
    return [log.append(event) for event in events]


def test_a_whole_stream_is_a_whole_document() -> None:
    """Takeaways, evidence, facts used, starters, times, model and ending are all where the contract has them."""
    document = fold(logged(story("The board moved.", "Waiting fell.")), ITEM, MEMBER)

    assert document["item"]["id"] == "post-1"
    assert document["member"] == {"id": "amara", "name": "Amara"}
    first = document["takeaways"][0]
    assert (first["kind"], first["because"]) == ("understand", {"text": "why", "facts": [as_json(FACT)]})
    assert first["sentences"][0]["verdict"] == "supported"
    assert set(first["sentences"][0]["evidence"][0]) == {"id", "source", "ref", "start", "end", "quote"}
    assert document["used_about_you"] == [as_json(FACT)]
    assert document["starters"] == ["Why a corridor?"]
    assert document["timing"] == {"first_useful_ms": 3.0, "complete_ms": 12.5, "stages": {"reading": 1.0}}
    assert (document["model"], document["ending"], document["reason"]) == ("scripted", "done", None)
    assert orjson.loads(orjson.dumps(document)) == document


def test_blocks_without_a_sentence_are_left_out() -> None:
    """A block whose sentences were all dropped is nothing to show."""
    lost = [
        BlockStart(block="x", form="takeaway", takeaway="act"), SentenceHeld(block="x", sentence="s"),
        SentenceDropped(block="x", sentence="s", check="cites"),
        BlockEnd(block="x", action=Action(kind="learn", label="Open")),
    ]  # fmt: skip
    document = fold(logged([opened(), Used(facts=()), *lost, *told("b", "It moved.")]), ITEM, None)

    assert [takeaway["block"] for takeaway in document["takeaways"]] == ["b"]
    assert document["member"] is None
    assert document["ending"] is None


def test_an_answer_stands_beside_its_question() -> None:
    """A stream that answers a question gives the answer's sentences, and no takeaways."""
    block = told("b", "It moved.")
    block[0] = BlockStart(block="b", form="answer")
    asked = replace(opened(), question="Did it move?")
    document = fold(logged([asked, Used(facts=()), *block, Closed(ending="done", complete_ms=1.0)]), ITEM, MEMBER)

    assert document["question"] == "Did it move?"
    assert [sentence["text"] for sentence in document["answer"]["sentences"]] == ["It moved."]
    assert document["takeaways"] == []


@given(cut=st.integers(0, 20))
def test_any_beginning_of_a_stream_folds(cut: int) -> None:
    """A stream that was cut anywhere gives what it had committed until then."""
    events = story("The board moved.", "Waiting fell.")[:cut]
    document = Document(ITEM, MEMBER)
    for event in events:
        document.feed(as_json(event))

    said = [s["text"] for takeaway in document.whole()["takeaways"] for s in takeaway["sentences"]]
    assert said == [event.sentence.text for event in events if event.kind == "sentence-committed"]


def test_unknown_kinds_are_passed_over() -> None:
    """A reader of today survives an event of tomorrow."""
    document = Document(ITEM, None)
    document.feed({"kind": "weather", "sun": True})

    assert document.whole()["takeaways"] == []


def test_an_answer_keeps_who_answered_and_its_parts() -> None:
    """The document of a question names the agent and has every block with its title, status and action."""
    document = Document(ITEM, MEMBER)
    requirement = BlockStart(block="r1", form="requirement", title="Asked for", status="partly")
    held = SentenceHeld(block="r1", sentence="r1-0")
    events: list[Event] = [
        replace(opened(), question="Do I meet this?"),
        Routed(agent="job-fit", because="a rule", question="Do I meet this?"),
        Sources(asked=(SourceReport(source="courses", outcome="late"),)),
        requirement, held, SentenceCommitted(block="r1", sentence=sentence("r1-0", "It moved.")), BlockEnd(block="r1"),
        replace(closed("truncated"), regenerate=True),
    ]  # fmt: skip
    for event in events:
        document.feed(as_json(event))
    whole = document.whole()

    assert whole["answer"]["agent"] == "job-fit"
    assert [(b["form"], b["title"], b["status"]) for b in whole["answer"]["blocks"]] == [
        ("requirement", "Asked for", "partly")
    ]
    assert [said["text"] for said in whole["answer"]["sentences"]] == ["It moved."]
    assert whole["sources"][0]["outcome"] == "late"
    assert whole["regenerate"] is True
    assert whole["takeaways"] == []


def test_a_document_without_an_item() -> None:
    """A question about no item has none in its document."""
    assert Document(None, None).whole()["item"] is None
