"""Notes are kept in memory, in order and within limits, or not at all."""

from __future__ import annotations

import orjson
import pytest

from nutgraf.trace import lines
from nutgraf.trace.lines import from_bytes, line
from nutgraf.trace.record import NOTES_AT_MOST, NOTHING, PIECES_AT_MOST, Recording
from nutgraf.types import Message, Prompt
from tests.trace.made import SECRET, Clock, recorded, values

PROMPT = Prompt(name="p", version="v", messages=(Message("user", "x"),))


def test_notes_know_when_they_were_made() -> None:
    """Milliseconds since acceptance, in order; a call is there with its pieces and its ending."""
    made = recorded()
    (call,) = values(made, "model")

    assert [note.at_ms for note in made.notes] == sorted(note.at_ms for note in made.notes)
    assert call["pieces"] == [(80.0, "The wait "), (95.0, "fell. [1]\n")]
    assert (call["asked_ms"], call["took_ms"], call["ending"]) == (30.0, 65.0, "done")


def test_a_call_that_never_ends_is_in_the_record() -> None:
    """What was heard before the answer was cut off is there, without an ending."""
    made = Recording(Clock(), 100.0)
    made.call(PROMPT, model="m").piece("half")

    assert [(call["pieces"], call["ending"]) for call in values(made, "model")] == [([(0.0, "half")], None)]


def test_a_recording_is_bounded() -> None:
    """What passes the limits is counted; the ending is always there."""
    made = Recording(Clock(), 100.0)
    call = made.call(PROMPT, model="m")
    for _ in range(PIECES_AT_MOST + 5):
        call.piece("x")
    for _ in range(NOTES_AT_MOST + 5):
        made.note("draft", text="x")
    made.call(PROMPT, model="late").end("done")
    made.note("ending", ending="done")

    assert len(made.notes) == NOTES_AT_MOST + 1
    assert made.dropped == 5 + 6 + 1
    assert made.notes[-1].kind == "ending"


def test_a_recording_is_handed_over_once() -> None:
    """Closing it twice, or a recording of nothing, does no harm."""
    seen: list[Recording] = []
    made = recorded(done=seen.append)
    made.close()
    made.close()
    assert seen == [made]

    NOTHING.note("draft", text="x")
    call = NOTHING.call(PROMPT, model="m")
    call.piece("x")
    call.end("done")
    NOTHING.close()
    assert (NOTHING.notes, NOTHING.dropped) == ([], 0)


def test_a_line_is_json_without_vectors() -> None:
    """Our values are plain, in one line; a vector is told, not written."""
    data = line(recorded())
    told = orjson.loads(data)
    (blend,) = [note for note in told["notes"] if note["kind"] == "blend"]

    assert b"\n" not in data
    assert (told["stream"], told["tenant"], told["member"], told["texts"]) == ("s1", "acme", "ann", True)
    assert [note["kind"] for note in told["notes"]][:2] == ["request", "route"]
    assert blend["fates"][0]["passage"]["vector"] is True
    assert blend["fates"][1]["passage"]["vector"] is None
    assert data.count(SECRET.encode()) == 5


def test_both_ways_of_writing_say_the_same() -> None:
    """A line that cannot be written at once, for half a character in it, differs in that character only."""
    told = orjson.loads(line(recorded()))
    odd = recorded()
    odd.notes[0].values["question"] += "\ud83d"
    other = from_bytes(line(odd)) or {}
    assert other["notes"][0].pop("question") == told["notes"][0].pop("question") + "\ud83d"

    assert other == told


def test_without_texts_nothing_anybody_wrote_is_left() -> None:
    """Texts become hashes of their own process; ids, names, times, checks and outcomes stay."""
    data = line(recorded(), texts=False)
    told = orjson.loads(data)
    (source, late) = [note["report"] for note in told["notes"] if note["kind"] == "source"]

    assert SECRET.encode() not in data
    assert b"The wait" not in data
    assert told["texts"] is False
    assert (source["source"], late["outcome"]) == ("item", "late")
    assert [note["check"] for note in told["notes"] if note["kind"] == "verdict"] == ["entailment"]
    assert line(recorded(), texts=False) == data


def test_a_line_that_would_be_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long texts are shortened, and the line says so."""
    monkeypatch.setattr(lines, "LINE_AT_MOST_BYTES", 20_000)
    made = Recording(Clock(), 100.0)
    made.note("draft", text="x" * 30_000)
    told = orjson.loads(line(made))

    assert told["cut"] is True
    assert len(told["notes"][0]["text"]) == lines.CUT_TO_CHARS


def test_any_value_can_be_written() -> None:
    """Half surrogates, sets, and values without a form in JSON do not stop a trace."""
    made = Recording(Clock(), 100.0)
    made.note("draft", text="a \ud83d b", purposes=frozenset({"b", "a"}), odd=object(), table={"k": (1, None)})
    (told,) = (from_bytes(line(made)) or {})["notes"]

    assert (told["text"], told["purposes"], told["odd"], told["table"]) == (
        "a \ud83d b", ["a", "b"], "object", {"k": [1, None]},
    )  # fmt: skip
