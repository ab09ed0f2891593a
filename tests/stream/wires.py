"""Streams for the tests of foreign protocols, and their frames read back."""

from collections.abc import Iterable
from typing import Any

import orjson

from nutgraf.events import BlockEnd, BlockStart, Closed, Event, Routed, SentenceCommitted, SentenceHeld, Sources
from nutgraf.orchestration import SourceReport
from nutgraf.stream.frames import DONE, Encoder
from nutgraf.stream.log import Entry, StreamLog
from nutgraf.types import Action, Ending, Evidence, Sentence
from tests.stream.said import opened, story, told

ENDINGS: tuple[Ending, ...] = ("done", "declined", "truncated", "stopped", "failed")
ACTION = Action(kind="learn", label="Take the course", item="course-1", title="Boards", because="You asked.")
WEB = Evidence("e-web", "skill", "https://example.org/a", 0, 5, "Hello")
MINE = Evidence("e-mine", "member", "m-skill-1", 0, 6, "triage")


def entries(events: Iterable[Event]) -> list[Entry]:
    """The log of these events."""
    log = StreamLog()
    return [log.append(event) for event in events]


def answered() -> list[Event]:
    """An agent's answer: two requirements, one with two sentences, sources on the web and in the record, a step."""
    first: list[Event] = [
        BlockStart(block="r1", form="requirement", title="Triage boards", status="partly"),
        *told("r1", "The board moved.", "Waiting fell.")[1:-1],
        BlockEnd(block="r1", action=ACTION),
    ]
    cited = Sentence("r2-0", "You know triage.", "supported", (MINE, WEB), "cites")
    second: list[Event] = [
        BlockStart(block="r2", form="requirement", title="Triage", status="shown"),
        SentenceHeld(block="r2", sentence="r2-0"),
        SentenceCommitted(block="r2", sentence=cited),
        BlockEnd(block="r2"),
    ]
    asked = (SourceReport(source="item", outcome="ok", found=3, kept=2), SourceReport(source="web", outcome="late"))
    beginning: list[Event] = [opened(), Routed(agent="job-fit", because="It is a job."), Sources(asked=asked)]
    return [*beginning, *first, *second, Closed(ending="done", complete_ms=9.0)]


def ended(ending: Ending, said: bool = True) -> list[Event]:
    """A stream with this ending, with or without a sentence in it."""
    ticket = "t1ck3t" if ending == "failed" else None
    last = Closed(ending=ending, reason="It is over.", ticket=ticket, complete_ms=5.0)
    return [*(story("One.")[:-1] if said else [opened()]), last]


def wire(encoder: Encoder, log: Iterable[Entry]) -> bytes:
    """The bytes of a whole log."""
    return b"".join(map(encoder.feed, log))


def values(data: bytes) -> list[Any]:
    """The JSON of every frame but the mark of the end, which may stand at the end alone."""
    frames = data.split(b"\n\n")
    assert frames.pop() == b""
    assert all(frame.startswith(b"data: ") and b"\n" not in frame for frame in frames)
    assert DONE.strip() not in frames[:-1]
    return [orjson.loads(frame[6:]) for frame in frames if frame != DONE.strip()]
