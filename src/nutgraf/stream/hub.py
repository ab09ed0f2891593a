"""Where streams live: producers that do not know their readers, and readers that come, go and come back.

Every stream that was started gets exactly one ending, whatever its producer does, and the ending is kept
before anybody reads it. All methods belong to the event loop that entered the hub.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import TaskGroup

from nutgraf.clock import loop_time
from nutgraf.errors import ModelBusy, NotFound, ProtocolBroken
from nutgraf.events import Closed, Event, Opened
from nutgraf.stream.journal import Journal, Keeper
from nutgraf.stream.live import Feed, Live, Reader
from nutgraf.stream.log import farewell
from nutgraf.types import Deadline, Scope

log = logging.getLogger(__name__)

Emit = Callable[[Event], None]
Produce = Callable[[Emit], Awaitable[None]]

LIVE_AT_MOST = 256
ENDED_AT_MOST = 256
#: How far past its deadline a producer may run before it is ended as failed.
OVERRUN_S = 2.0


def new_stream_id() -> str:
    """An id nobody can guess: 128 random bits."""
    return secrets.token_urlsafe(16)


class Hub:
    """`async with Hub(…) as hub`; leaving the block ends every stream that still runs."""

    def __init__(
        self, journal: Journal | None = None, *, resume_grace_s: float = 10.0, replay_within_s: float = 900.0,
        keeper: Keeper | None = None,
    ) -> None:  # fmt: skip
        self._keeper = keeper or Keeper(journal)
        self._resume_grace_s, self._replay_within_s = resume_grace_s, replay_within_s
        self._live: dict[str, Live] = {}
        self._ended: dict[str, Live] = {}
        self._tasks: TaskGroup | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        self._tasks = await anyio.create_task_group().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> bool | None:
        self.stop_all()
        tasks, self._tasks = self._tasks, None
        assert tasks is not None
        tasks.cancel_scope.cancel("the hub closes")
        if isinstance(exc, Exception):  # it goes on as itself, not in a group
            await tasks.__aexit__(None, None, None)
            return None
        return await tasks.__aexit__(kind, exc, at)

    @property
    def running(self) -> int:
        """How many streams have no ending yet."""
        return len(self._live)

    def holds(self, stream_id: str) -> bool:
        """Whether a stream is in memory: it runs, or ended not long ago."""
        return stream_id in self._live or stream_id in self._ended

    def check_open(self) -> None:
        """Raise ModelBusy when no stream can be started any more, as the hub closes or has closed."""
        if self._tasks is None or self._closing or self._tasks.cancel_scope.cancel_called:
            raise ModelBusy("the server is stopping; try again in a few seconds")

    async def idle(self) -> None:
        """Wait until every stream that runs now has its ending."""
        for live in list(self._live.values()):
            while not live.feed.ended:
                await live.feed.bell.heard()

    def start(
        self, scope: Scope, opening: Opened, produce: Produce, *, accepted_at: float, deadline: Deadline | None = None,
        resumable: bool = True, ended: Callable[[Closed], None] | None = None,
    ) -> str:  # fmt: skip
        """Start a stream that belongs to `scope`; the id is `opening.stream`.

        `produce` gets a function that takes its events; it emits its own Opened, and `opening` stands in when
        it ends without having said anything. `accepted_at` is in seconds on the loop's clock. A stream that is
        not `resumable` ends with its last reader. `ended` is called with the ending once it is published and `produce`
        is out. Raises ModelBusy when too many streams are running.
        """
        self.check_open()
        assert self._tasks is not None
        if len(self._live) >= LIVE_AT_MOST:
            raise ModelBusy(f"{LIVE_AT_MOST} streams are running; try again in a few seconds")
        live = Live(
            scope=scope, opening=opening, accepted_at=accepted_at,
            grace_s=self._resume_grace_s if resumable else 0.0,
            work=anyio.CancelScope(deadline=deadline.at + OVERRUN_S if deadline else float("inf")), ended=ended,
        )  # fmt: skip
        if opening.stream in self._live or opening.stream in self._ended:
            raise ProtocolBroken(f"stream {opening.stream!r} was started before")
        self._live[opening.stream] = live
        self._tasks.start_soon(self._run, live, produce)
        self._await_readers(live)
        return opening.stream

    async def follow(self, scope: Scope, stream_id: str, after: int = 0) -> Reader:
        """A reader of a stream from behind event number `after`; leave it with `with` or `close`.

        Raises NotFound when there is no such stream or it is not the scope's.
        """
        live = self._own(scope, stream_id)
        if live is None:
            return Reader(Feed.of(await self._keeper.read(scope, stream_id, after)), 0)
        live.readers += 1
        live.attached += 1
        return Reader(live.feed, after, partial(self._left, live))

    def _left(self, live: Live) -> None:
        """One of the stream's readers has left."""
        live.readers -= 1
        if not live.readers and self._tasks is not None and live.ending is None:
            if live.grace_s:
                self._await_readers(live)
            else:
                self._end(live, self._stopped(live, "The reader left."))

    async def stop(self, scope: Scope, stream_id: str) -> None:
        """End a stream now, as stopped; nothing happens when it has ended.

        Raises NotFound when there is no such stream or it is not the scope's.
        """
        live = self._own(scope, stream_id)
        if live is None:
            await self._keeper.read(scope, stream_id, 0)
        else:
            self._end(live, self._stopped(live, "You stopped it."))

    async def forget(self, scope: Scope) -> None:
        """End every stream of the scope's reader that runs, as stopped, and keep none of theirs in memory."""
        running = [live for live in self._live.values() if live.belongs_to(scope)]
        for live in running:
            self._end(live, self._stopped(live, "You stopped it."))
        for live in running:
            while not live.feed.ended:
                await live.feed.bell.heard()
        self._ended = {name: live for name, live in self._ended.items() if not live.belongs_to(scope)}

    def stop_all(self) -> None:
        """End every stream that runs, as stopped, and start no more: readers get their ending while there is time."""
        self._closing = True
        for live in list(self._live.values()):
            self._end(live, self._stopped(live, "The server is stopping."))

    def _own(self, scope: Scope, stream_id: str) -> Live | None:
        """The stream in memory; None when it is not there, NotFound when it is somebody else's."""
        self._tidy()
        live = self._live.get(stream_id) or self._ended.get(stream_id)
        if live is not None and not live.belongs_to(scope):
            raise NotFound(f"no stream {stream_id!r}, or it is not this reader's")
        return live

    def _end(self, live: Live, closed: Closed) -> None:
        """Decide the ending, unless there is one; the producer gets no further."""
        if live.ending is None:
            live.decide(closed)
            live.work.cancel("the stream has ended")
            self._decided(live)

    def _decided(self, live: Live) -> None:
        """Publish an ending at once when nothing is written down; `_keep` does it otherwise."""
        if not self._keeper.keeps:
            self._publish(live)

    def _stopped(self, live: Live, reason: str) -> Closed:
        return Closed(ending="stopped", reason=reason, **live.times(loop_time()))

    def _failed(self, live: Live, exc: BaseException) -> Closed:
        ticket = secrets.token_hex(6)
        log.error("stream broke after %d events, ticket %s", len(live.log.entries), ticket, exc_info=exc)
        return farewell(exc, ticket=ticket, **live.times(loop_time()))

    async def _run(self, live: Live, produce: Produce) -> None:
        try:
            if not self._keeper.keeps:
                await self._produce(live, produce)
                return
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep, live)
                await self._produce(live, produce)
        finally:
            if live.ended is not None and live.ending is not None:
                try:
                    live.ended(live.ending)
                except Exception:
                    log.exception("what follows the ending of a stream failed")

    async def _produce(self, live: Live, produce: Produce) -> None:
        try:
            with live.work:
                await produce(partial(self._emit, live))
            late = "ran past its deadline" if live.work.cancelled_caught else "returned"
            trouble: BaseException = ProtocolBroken(f"the producer {late} without an ending")
        except anyio.get_cancelled_exc_class():
            self._end(live, self._stopped(live, "The server is stopping."))
            raise
        except Exception as exc:
            trouble = exc
        if live.ending is None:
            self._end(live, self._failed(live, trouble))

    def _emit(self, live: Live, event: Event) -> None:
        now = loop_time()
        live.emit(event, now)
        if live.ending is not None:
            live.work.deadline = min(live.work.deadline, now + OVERRUN_S)
            self._decided(live)

    async def _keep(self, live: Live) -> None:
        """Write the stream down as it goes; publish its ending once that is written down."""
        with anyio.CancelScope(shield=True):
            try:
                await self._keeper.begin(live.scope, live.opening, datetime.now(UTC))
                while live.first_useful_at is None and live.ending is None:
                    await live.progress.heard()
                if live.ending is None:
                    await self._keeper.keep(live.scope, live.opening.stream, list(live.log.entries))
            except Exception as exc:
                self._end(live, self._failed(live, exc))
            while live.ending is None:
                await live.progress.heard()
            entries = live.with_ending()
            try:
                await self._keeper.end(live.scope, live.opening.stream, live.ending.ending, entries)
            except Exception as exc:
                if live.ending.ending != "failed":
                    live.ending = self._failed(live, exc)
            self._publish(live)

    def _publish(self, live: Live) -> None:
        """Let the readers see the ending; a reader who comes back finds the stream for a while."""
        stream_id = live.opening.stream
        live.close()
        live.ended_at = loop_time()
        self._ended[stream_id] = self._live.pop(stream_id)
        self._tidy()

    def _await_readers(self, live: Live) -> None:
        """See that a stream ends whose last reader has left and not come back within its grace."""
        attached = live.attached

        def look() -> None:
            if live.ending is None and not live.readers and live.attached == attached:
                self._end(live, self._stopped(live, "The reader left."))

        asyncio.get_running_loop().call_later(live.grace_s, look)

    def _tidy(self) -> None:
        """Let go of ended streams: the oldest beyond the limit, and those past their time."""
        old = loop_time() - self._replay_within_s
        for stream_id in list(self._ended):
            if len(self._ended) <= ENDED_AT_MOST and self._ended[stream_id].ended_at > old:
                break
            del self._ended[stream_id]
