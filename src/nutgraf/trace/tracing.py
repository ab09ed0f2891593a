"""Recordings begin here and, once their answers have ended, are written down by one thread beside the answers."""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import anyio

from nutgraf.events import Event, SentenceCommitted, Used
from nutgraf.trace.record import Recording
from nutgraf.types import Scope

WAITING_AT_MOST = 256
CLOSE_WITHIN_S = 5.0
Emit = Callable[[Event], None]
log = logging.getLogger(__name__)


class Sink(Protocol):
    """Where recordings go. Called on the thread of the tracing only; what it raises is logged."""

    def write(self, recording: Recording) -> None:
        """Take one recording, whose answer has ended."""
        ...


class Tracing:
    """Gives out recordings and hands them to its sinks. `dropped` counts those that found the queue full."""

    def __init__(self, sinks: Sequence[Sink], *, waiting_at_most: int = WAITING_AT_MOST) -> None:
        self._sinks = tuple(sinks)
        self._waiting: queue.Queue[Recording | threading.Event | None] = queue.Queue(waiting_at_most)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False
        self.dropped = 0

    def begin(self, scope: Scope, stream: str, accepted_at: float, clock: Callable[[], float]) -> Recording:
        """A recording of one answer. `accepted_at` is in seconds on `clock`, which is the event loop's."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Recording(clock, accepted_at, scope=scope, stream=stream, at=at, done=self._take)

    def settle(self) -> None:
        """Wait until what was handed over before is written, for a few seconds at most. Blocks."""
        written = threading.Event()
        with self._starting:
            writing = self._thread is not None
        if not writing:
            return
        self._waiting.put(written)
        written.wait(CLOSE_WITHIN_S)

    def close(self) -> None:
        """Write what waits, for a few seconds at most; later recordings are dropped. May be called twice."""
        with self._starting:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(CLOSE_WITHIN_S)

    def _take(self, recording: Recording) -> None:
        with self._starting:
            if not self._closed and self._thread is None:
                self._thread = threading.Thread(target=self._write, name="nutgraf-traces", daemon=True)
                self._thread.start()
            closed = self._closed
        try:
            if closed:
                raise queue.Full
            self._waiting.put_nowait(recording)
        except queue.Full:
            self.dropped += 1

    def _write(self) -> None:
        while (recording := self._waiting.get()) is not None:
            if isinstance(recording, threading.Event):
                recording.set()
                continue
            for sink in self._sinks:
                try:
                    sink.write(recording)
                except Exception:
                    log.exception("a trace could not be written")


async def traced(emit: Emit, produce: Callable[[Emit], Awaitable[None]], trace: Recording) -> None:
    """Produce one answer, and close its recording when it has ended, in whatever way."""
    counts: Counter[str] = Counter()

    def counted(event: Event) -> None:
        counts[event.kind] += 1
        if isinstance(event, SentenceCommitted):
            trace.note("sent", block=event.block, sentence=event.sentence)
        elif isinstance(event, Used):
            trace.note("used", facts=event.facts)
        emit(event)

    try:
        await produce(counted)
    except anyio.get_cancelled_exc_class():
        if "closed" not in counts:
            trace.note("ending", ending="stopped", complete_ms=trace.ms())
        raise
    except Exception as exc:
        trace.note("ending", ending="failed", error=type(exc).__name__, complete_ms=trace.ms())
        raise
    finally:
        trace.note("event", counts=dict(counts))
        trace.close()
