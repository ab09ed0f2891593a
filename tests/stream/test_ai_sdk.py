"""The UI message stream of the Vercel AI SDK."""

import random
from typing import Any

import pytest

from nutgraf.stream.ai_sdk import UiMessageStream
from nutgraf.stream.frames import DONE
from nutgraf.types import Ending
from tests.stream.said import random_events, story
from tests.stream.wires import ENDINGS, answered, ended, entries, values, wire


def parts(events: Any) -> list[Any]:
    """The parts that a client gets."""
    return values(wire(UiMessageStream(), entries(events)))


def of(kind: str, found: list[Any]) -> list[Any]:
    """The parts of one type."""
    return [part for part in found if part["type"] == kind]


def test_a_block_is_a_text_part_of_committed_sentences() -> None:
    """Text starts with the first sentence, holds nothing but committed ones, and ends with the block."""
    found = parts(answered())
    text = [part for part in found if part["type"].startswith("text-")]

    assert [(p["type"], p["id"], p.get("delta")) for p in text] == [
        ("text-start", "r1", None), ("text-delta", "r1", "The board moved."), ("text-delta", "r1", " Waiting fell."),
        ("text-end", "r1", None), ("text-start", "r2", None), ("text-delta", "r2", "You know triage."),
        ("text-end", "r2", None),
    ]  # fmt: skip
    assert [part["type"] for part in found[:2]] == ["start", "start-step"]
    assert found[0]["messageId"] == "s1"


def test_evidence_comes_as_sources_once() -> None:
    """Each piece is a source, on the web with its address, and a sentence says which pieces it rests on."""
    found = parts(answered())
    documents, pages = of("source-document", found), of("source-url", found)
    sentences = of("data-sentence", found)

    assert [(d["sourceId"], d["title"]) for d in documents] == [
        ("e-r1-0", "A board in the corridor"), ("e-r1-1", "A board in the corridor"), ("e-mine", "m-skill-1"),
    ]  # fmt: skip
    assert [(p["sourceId"], p["url"]) for p in pages] == [("e-web", "https://example.org/a")]
    assert documents[0]["providerMetadata"]["nutgraf"]["quote"] == "The board moved."
    assert sentences[-1]["data"]["check"] == "cites"
    assert [e["id"] for e in sentences[-1]["data"]["evidence"]] == ["e-mine", "e-web"]


def test_what_stands_beside_the_text_is_data() -> None:
    """The agent, the sources, the facts used, what a block is about, its step and the extras each have a part."""
    found, panel = parts(answered()), parts(story("One."))

    assert of("message-metadata", found)[0]["messageMetadata"] == {"agent": "job-fit"}
    assert [s["outcome"] for s in of("data-sources", found)[0]["data"]["asked"]] == ["ok", "late"]
    assert [(b["data"]["title"], b["data"]["status"]) for b in of("data-block", found)] == [
        ("Triage boards", "partly"), ("Triage", "shown"),
    ]  # fmt: skip
    assert of("data-actions", found)[0]["data"]["action"]["item"] == "course-1"
    assert of("data-takeaway", panel)[0]["data"]["because"]["text"] == "why"
    assert of("data-used", panel)[0]["data"]["facts"][0]["text"] == "triage"
    assert of("data-extras", panel)[0]["data"]["starters"] == ["Why a corridor?"]
    assert all(part["transient"] for part in of("data-status", found))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("said", [True, False])
def test_the_ending_is_told_once_and_last(ending: Ending, said: bool) -> None:
    """Only a complete answer finishes with `stop`; a stop is an abort, a failure an error with its ticket."""
    data = wire(UiMessageStream(), entries(ended(ending, said)))
    found = values(data)
    last = found[-1]
    told = next(p["messageMetadata"] for p in reversed(found) if "ending" in p.get("messageMetadata", {}))

    assert data.endswith(DONE)
    assert told["ending"] == ending
    assert (last["type"], last.get("finishReason")) == {
        "done": ("finish", "stop"), "declined": ("finish", "content-filter"), "truncated": ("finish", "length"),
        "stopped": ("abort", None), "failed": ("error", None),
    }[ending]  # fmt: skip
    assert sum(part["type"] in ("finish", "abort", "error") for part in found) == 1
    if ending == "failed":
        assert last["errorText"] == "It is over. (ticket t1ck3t)"


def test_an_answer_without_a_sentence_says_why() -> None:
    """The reason of an ending stands in the text when nothing else does."""
    assert [part["delta"] for part in of("text-delta", parts(ended("declined", said=False)))] == ["It is over."]
    assert [part["delta"] for part in of("text-delta", parts(ended("declined")))] == ["One."]


def test_the_same_entries_give_the_same_bytes() -> None:
    """For any stream, every text part that starts also ends before the message does, and a replay is exact."""
    for seed in range(300):
        log = entries(random_events(random.Random(seed), "s1"))
        data = wire(UiMessageStream(), log)
        found = values(data)

        assert wire(UiMessageStream(), log) == data
        assert [p["id"] for p in of("text-start", found)] == [p["id"] for p in of("text-end", found)]
