"""The log takes events in their order and nothing else."""

import random
from collections import deque
from collections.abc import Iterator

import orjson
import pytest

from nutgraf.errors import InputError, ProtocolBroken, TooLarge
from nutgraf.events import (
    KINDS,
    NEXT,
    BlockEnd,
    BlockStart,
    Closed,
    Event,
    Extras,
    Opened,
    Routed,
    SentenceCommitted,
    SentenceDropped,
    SentenceHeld,
    Sources,
    Stage,
    Used,
    as_json,
)  # fmt: skip
from nutgraf.stream.log import LOG_AT_MOST_BYTES, StreamLog, farewell, root_cause, to_bytes
from tests.stream.said import closed, opened, random_events, sentence, story, told

SAMPLES: dict[type[Event], Event] = {
    Opened: opened(),
    Routed: Routed(agent="general", because="a rule"),
    Sources: Sources(asked=()),
    Stage: Stage(name="reading", took_ms=1.0),
    Used: Used(facts=()),
    BlockStart: BlockStart(block="b", form="answer"),
    SentenceHeld: SentenceHeld(block="b", sentence="s"),
    SentenceCommitted: SentenceCommitted(block="b", sentence=sentence("s", "It moved.")),
    SentenceDropped: SentenceDropped(block="b", sentence="s", check="cites"),
    BlockEnd: BlockEnd(block="b"),
    Extras: Extras(),
    Closed: closed(),
}


def ways(last: type[Event] | None = None, seen: tuple[type[Event], ...] = ()) -> Iterator[tuple[type[Event], ...]]:
    """A shortest way to every kind of event, by the table."""
    waiting: list[tuple[type[Event], ...]] = [()]
    found: set[type[Event] | None] = {None}
    while waiting:
        way = waiting.pop(0)
        yield way
        for following in sorted(NEXT[way[-1] if way else None], key=lambda cls: cls.__name__):
            if following not in found:
                found.add(following)
                waiting.append((*way, following))


def test_the_table_is_obeyed() -> None:
    """From every state, each kind that the table allows is taken and each other one is refused without a trace."""
    states = 0
    for way in ways():
        for cls, event in SAMPLES.items():
            log = StreamLog()
            for step in way:
                log.append(SAMPLES[step])
            again = cls in way and cls in (BlockStart, SentenceHeld)
            if cls in NEXT[way[-1] if way else None] and not again:
                assert log.append(event).kind == event.kind
            else:
                with pytest.raises(ProtocolBroken):
                    log.append(event)
                assert len(log.entries) == len(way)
        states += 1

    assert states == len(KINDS) + 1


def test_entries_are_numbered_and_hold_the_event() -> None:
    """Numbers run from 1, and every event comes back as it went in."""
    events = story("The board moved.", "Waiting fell.")
    log = StreamLog()
    entries = [log.append(event) for event in events]

    assert [entry.number for entry in entries] == list(range(1, len(events) + 1))
    assert [orjson.loads(entry.data) for entry in entries] == [as_json(event) for event in events]
    assert log.ended


def test_random_streams_are_taken_whole() -> None:
    """A thousand streams that keep the rules are taken to their end."""
    for seed in range(1000):
        log = StreamLog()
        for event in random_events(random.Random(seed), "s"):
            log.append(event)
        assert log.ended, seed


@pytest.mark.parametrize(
    "events",
    [
        [SentenceHeld(block="other", sentence="s")],
        [SentenceHeld(block="b", sentence="s"), SentenceCommitted(block="b", sentence=sentence("t", "Not held."))],
        [SentenceHeld(block="b", sentence="s"), SentenceDropped(block="b", sentence="t", check="cites")],
        [BlockEnd(block="other")],
        [BlockEnd(block="b"), BlockStart(block="b", form="answer")],
    ],
    ids=["foreign block", "committed unheld", "dropped unheld", "foreign end", "block again"],
)
def test_ids_must_fit(events: list[Event]) -> None:
    """Words may only be shown for the sentence that is held in the block that is open."""
    log = StreamLog()
    for event in [opened(), Used(facts=()), BlockStart(block="b", form="answer"), *events[:-1]]:
        log.append(event)
    with pytest.raises(ProtocolBroken):
        log.append(events[-1])


def test_a_full_log_can_still_end() -> None:
    """An event beyond the limit is refused by name, and the ending still fits."""
    log = StreamLog()
    log.append(opened())
    log.append(Used(facts=()))
    flood = [event for number in range(100) for event in told(f"b{number}", "x" * 50_000)]
    with pytest.raises(TooLarge, match="1048576 bytes"):
        deque(map(log.append, flood))
    log.append(closed("truncated"))

    assert log.ended
    assert sum(len(entry.data) for entry in log.entries) <= LOG_AT_MOST_BYTES


def test_farewell_tells_nothing_of_the_fault() -> None:
    """The last words of a broken stream are the public sentence of its class, with a ticket."""
    said = farewell(InputError("secret of Amara"), ticket="t1", complete_ms=5.0)

    assert (said.ending, said.ticket, said.reason) == ("failed", "t1", InputError.public)
    assert b"secret" not in to_bytes(farewell(RuntimeError("secret"), ticket="t2", complete_ms=5.0))


def test_a_group_is_unwrapped_in_one_place() -> None:
    """Of a group of exceptions, however deep, the one that was raised on purpose counts."""
    ours = TooLarge("big")

    assert root_cause(ExceptionGroup("a", [ValueError(), ExceptionGroup("b", [KeyError(), ours])])) is ours
    assert isinstance(root_cause(ExceptionGroup("a", [ValueError(), KeyError()])), ValueError)


def test_half_a_character_does_not_break_the_log() -> None:
    """A lone surrogate from a bad source travels as an escape."""
    data = to_bytes(Stage(name="\ud83d", took_ms=1.0))

    assert orjson.loads(data.replace(b"\\ud83d", b"?"))["name"] == "?"
