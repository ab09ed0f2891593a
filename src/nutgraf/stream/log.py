"""The log of one stream: append-only, in the order that `events.NEXT` allows, with exactly one ending.

A pure machine: no clock, no I/O. Behind it there is only the wire form, an event as JSON bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from nutgraf.errors import NutgrafError, ProtocolBroken, TooLarge
from nutgraf.events import (
    NEXT,
    BlockEnd,
    BlockStart,
    Closed,
    Event,
    SentenceCommitted,
    SentenceDropped,
    SentenceHeld,
    as_json,
)  # fmt: skip

LOG_AT_MOST_BYTES = 1_048_576
#: Kept free for the ending, so that a log that is full can still end.
ENDING_ROOM_BYTES = 16_384
_SEPARATORS = tuple((chr(code).encode(), f"\\u{code:04x}".encode()) for code in (0x85, 0x2028, 0x2029))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a log: its number (from 1), its kind, and the event as JSON in UTF-8 without line breaks."""

    number: int
    kind: str
    data: bytes


@lru_cache(maxsize=1_024)
def epoch_of(stream_id: str) -> str:
    """What the ids of a stream's events begin with; the same in every process that reads the stream."""
    return hashlib.sha256(stream_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]


class StreamLog:
    """Events in, numbered entries out; whatever breaks a rule is refused and leaves the log as it was."""

    def __init__(self, at_most_bytes: int = LOG_AT_MOST_BYTES) -> None:
        self._entries: list[Entry] = []
        self._room = at_most_bytes
        self._last: type[Event] | None = None
        self._blocks: set[str] = set()
        self._sentences: set[str] = set()
        self._block = self._held = ""

    @property
    def entries(self) -> Sequence[Entry]:
        """Everything so far; grows while the stream runs."""
        return self._entries

    @property
    def ended(self) -> bool:
        """Whether the ending is in the log."""
        return self._last is Closed

    def append(self, event: Event) -> Entry:
        """Add an event. Raises ProtocolBroken when it may not come here, TooLarge when the log is full."""
        data = self.check(event)
        entry = Entry(len(self._entries) + 1, event.kind, data)
        self._entries.append(entry)
        self._room -= len(data)
        self._last = type(event)
        if isinstance(event, BlockStart):
            self._block = event.block
            self._blocks.add(event.block)
        elif isinstance(event, SentenceHeld):
            self._held = event.sentence
            self._sentences.add(event.sentence)
        return entry

    def check(self, event: Event) -> bytes:
        """The JSON of an event that may come next; raises what `append` would raise, and changes nothing."""
        if type(event) not in NEXT[self._last]:
            after = self._entries[-1].kind if self._entries else "the start"
            raise ProtocolBroken(f"{event.kind!r} may not follow {after!r}")
        if fault := self._misplaced(event):
            raise ProtocolBroken(f"{event.kind!r}: {fault}")
        data = to_bytes(event)
        if len(data) > self._room - (0 if isinstance(event, Closed) else ENDING_ROOM_BYTES):
            raise TooLarge(f"stream: the log is full ({LOG_AT_MOST_BYTES} bytes at most); send less")
        return data

    def _misplaced(self, event: Event) -> str | None:
        """What is wrong with the ids of an event, if anything is."""
        if isinstance(event, BlockStart):
            return f"block {event.block!r} was there before" if event.block in self._blocks else None
        if (
            isinstance(event, (SentenceHeld, SentenceCommitted, SentenceDropped, BlockEnd))
            and event.block != self._block
        ):
            return f"block {event.block!r} is not open"
        if isinstance(event, SentenceHeld) and event.sentence in self._sentences:
            return f"sentence {event.sentence!r} was there before"
        said = event.sentence.id if isinstance(event, SentenceCommitted) else getattr(event, "sentence", self._held)
        if isinstance(event, (SentenceCommitted, SentenceDropped)) and said != self._held:
            return f"sentence {said!r} was not held"
        return None


def farewell(exc: BaseException, *, ticket: str, complete_ms: float, first_useful_ms: float | None = None) -> Closed:
    """The ending of a stream that broke: a ticket for operators and one calm sentence for the member.

    Nothing of the exception's own text is in it.
    """
    kind = type(root_cause(exc))
    public = kind.public if issubclass(kind, NutgrafError) else NutgrafError.public
    return Closed(
        ending="failed", reason=public, ticket=ticket, complete_ms=complete_ms, first_useful_ms=first_useful_ms
    )


def root_cause(exc: BaseException) -> BaseException:
    """The exception itself, or of a group the first that was raised on purpose, else its first."""
    if not isinstance(exc, BaseExceptionGroup):
        return exc
    inside = [root_cause(part) for part in exc.exceptions]
    return next((part for part in inside if isinstance(part, NutgrafError)), inside[0])


def to_bytes(event: Event) -> bytes:
    """An event as JSON in UTF-8 on one line, by any reader's notion of a line; half surrogates are escaped."""
    try:
        return _on_one_line(orjson.dumps(event))
    except TypeError:  # sets, half surrogates, and what else only we can write
        return to_json(as_json(event))


def to_json(value: Any) -> bytes:
    """A plain value as JSON on one line, as `to_bytes`."""
    try:
        data = orjson.dumps(value)
    except TypeError:
        data = json.dumps(value, separators=(",", ":")).encode()
    return _on_one_line(data)


def _on_one_line(data: bytes) -> bytes:
    for separator, escaped in _SEPARATORS:
        if separator in data:
            data = data.replace(separator, escaped)
    return bytes(memoryview(data))  # the writer's own bytes keep 4 KiB each, however short they are
