"""One stream in memory: its log, what its readers see of it, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self, TypedDict

import anyio

from nutgraf.errors import ProtocolBroken
from nutgraf.events import Closed, Event, Opened, SentenceCommitted, Sources, Stage
from nutgraf.stream.log import Entry, StreamLog
from nutgraf.types import Scope

TEXT_AT_MOST_CHARS = 2_000
#: A reader that hears nothing looks for itself so often, in seconds: the bell makes it faster, never needed.
LOOK_AGAIN_S = 2.0
#: Behind the first committed sentence so much time may pass, in seconds, until readers are told what is new.
GATHERED_S = 0.02


class Times(TypedDict):
    """The times of an ending, in milliseconds since the request was accepted."""

    first_useful_ms: float | None
    complete_ms: float


class Bell:
    """Wakes everybody who waits for it; ringing costs nothing while nobody does."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._waiting)

    def ring(self) -> None:
        """Wake everybody who waits now."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    async def heard(self) -> None:
        """Wait for the next ring."""
        one: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(one)
        try:
            await one
        finally:
            if one in self._waiting:
                self._waiting.remove(one)


class Feed:
    """What readers see of a stream: the entries so far, and a bell for the next one."""

    __slots__ = ("_soon", "bell", "ended", "entries")

    def __init__(self, entries: Sequence[Entry] = (), ended: bool = False) -> None:
        self.entries, self.ended = entries, ended
        self.bell = Bell()
        self._soon: asyncio.TimerHandle | None = None

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Self:
        """A stream that has ended, read from elsewhere."""
        return cls(entries, ended=True)

    def ring(self) -> None:
        """Wake every reader now."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        self.bell.ring()

    def ring_soon(self) -> None:
        """Wake every reader within GATHERED_S: what comes until then is read, and written, at once."""
        if self._soon is None and self.bell.awaited:
            self._soon = asyncio.get_running_loop().call_later(GATHERED_S, self.ring)


class Reader:
    """Reads a stream at its own pace, in batches; it holds a position and nothing else.

    `async for batch in reader` ends behind the ending. Several may read one stream.
    """

    def __init__(self, feed: Feed, after: int, left: Callable[[], None] = lambda: None) -> None:
        self._feed, self._at, self._left = feed, max(0, after), left
        self._open = True
        self._timer: asyncio.TimerHandle | None = None

    @property
    def ended(self) -> bool:
        """Whether the stream has its ending."""
        return self._feed.ended

    @property
    def last(self) -> Entry | None:
        """The newest entry there is, read or not."""
        return self._feed.entries[-1] if self._feed.entries else None

    @property
    def at_end(self) -> bool:
        """Whether the stream has ended and everything of it was read."""
        return self._feed.ended and self._at >= len(self._feed.entries)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sequence[Entry]:
        while not (batch := self._feed.entries[self._at :]):
            if self._feed.ended:
                raise StopAsyncIteration
            self._look_again_by(asyncio.get_running_loop().time() + LOOK_AGAIN_S)
            await self._feed.bell.heard()
        self._at += len(batch)
        return batch

    async def batch(self, within_s: float) -> Sequence[Entry] | None:
        """The next entries; none after so many seconds of silence, None behind the ending."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while not (batch := self._feed.entries[self._at :]):
            if self._feed.ended:
                return None
            if loop.time() >= until:
                return ()
            self._look_again_by(min(until, loop.time() + LOOK_AGAIN_S))
            await self._feed.bell.heard()
        self._at += len(batch)
        return batch

    def _look_again_by(self, moment: float) -> None:
        """See that the bell rings at that moment at the latest: one timer for many batches."""
        if self._timer is None or self._timer.when() > moment:
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_at(moment, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._feed.bell.ring()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Leave; may be called twice."""
        self._stop_timer()
        if self._open:
            self._open = False
            self._left()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@dataclass(eq=False, slots=True)
class Live:
    """A stream of the hub. `ending` is decided once; readers see it when it has been written down.

    `progress` rings at the first committed sentence and when the ending is decided.
    """

    scope: Scope
    opening: Opened
    accepted_at: float
    grace_s: float
    work: anyio.CancelScope
    log: StreamLog = field(default_factory=StreamLog)
    ending: Closed | None = None
    readers: int = 0
    attached: int = 0
    first_useful_at: float | None = None
    ended_at: float = 0.0
    ended: Callable[[Closed], None] | None = None
    progress: Bell = field(default_factory=Bell)
    feed: Feed = field(default_factory=Feed)

    def __post_init__(self) -> None:
        """Readers see the log's own entries."""
        self.feed.entries = self.log.entries

    def belongs_to(self, scope: Scope) -> bool:
        """Whether this reader owns the stream."""
        return (scope.tenant, scope.member) == (self.scope.tenant, self.scope.member)

    def emit(self, event: Event, now: float) -> None:
        """Take the next event. Raises ProtocolBroken when it may not come, TooLarge when there is no room."""
        if self.ending is not None:
            raise ProtocolBroken(f"{event.kind!r} came after the ending")
        if isinstance(event, Closed):
            self.log.check(event)
            self.decide(event)
            return
        self.log.append(event)
        if self.first_useful_at is not None or isinstance(event, (Sources, Stage)):  # nobody waits for these
            self.feed.ring_soon()
            return
        self.feed.ring()
        if isinstance(event, SentenceCommitted):
            self.first_useful_at = now
            self.progress.ring()

    def decide(self, ending: Closed) -> None:
        """Set the ending, unless there is one."""
        if self.ending is None:
            self.ending = ending
            self.progress.ring()

    def times(self, now: float) -> Times:
        """The times of an ending that comes now."""
        first = None if self.first_useful_at is None else _ms(self.first_useful_at - self.accepted_at)
        return Times(first_useful_ms=first, complete_ms=_ms(now - self.accepted_at))

    def with_ending(self) -> list[Entry]:
        """The whole log as it will be once the ending is in it. A log that is empty is opened first."""
        assert self.ending is not None
        self._open()
        return [*self.log.entries, Entry(len(self.log.entries) + 1, self.ending.kind, self.log.check(self.ending))]

    def close(self) -> None:
        """Let the readers see the ending."""
        assert self.ending is not None
        self._open()
        self.log.append(self.ending)
        self.feed.ended = True
        self.feed.ring()

    def _open(self) -> None:
        if not self.log.entries:
            question = self.opening.question and self.opening.question[:TEXT_AT_MOST_CHARS]
            self.log.append(replace(self.opening, title=self.opening.title[:TEXT_AT_MOST_CHARS], question=question))


def _ms(seconds: float) -> float:
    return round(max(0.0, seconds) * 1000, 3)
