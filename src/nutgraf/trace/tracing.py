"""Recordings begin here and, once their answers have ended, are written down by one thread beside the answers."""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import anyio

from nutgraf.events import Closed, Event, SentenceCommitted, Used
from nutgraf.trace.record import Recording
from nutgraf.types import Scope

WAITING_AT_MOST = 256
CLOSE_WITHIN_S = 5.0
#: No answer is under way for longer.
ANSWER_AT_MOST = timedelta(hours=1)
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
        self._forgotten: dict[tuple[str, str | None], str] = {}
        self.dropped = 0

    def begin(self, scope: Scope, stream: str, accepted_at: float, clock: Callable[[], float]) -> Recording:
        """A recording of one answer. `accepted_at` is in seconds on `clock`, which is the event loop's."""
        return Recording(clock, accepted_at, scope=scope, stream=stream, at=_moment(), done=self._take)

    def forget(self, scope: Scope) -> None:
        """Write down no answer of the scope's member that began until now; waits for those handed over. Blocks."""
        old = _moment(-ANSWER_AT_MOST)
        with self._starting:
            self._forgotten = {owner: at for owner, at in self._forgotten.items() if at > old}
            self._forgotten[scope.tenant, scope.member] = _moment()
        self.settle()

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
            scope = recording.scope
            until = self._forgotten.get((scope.tenant, scope.member), "") if scope else ""
        if recording.at <= until:
            return
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


def _moment(later: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + later).isoformat(timespec="milliseconds")


async def traced(emit: Emit, produce: Callable[[Emit], Awaitable[None]], trace: Recording) -> None:
    """Produce one answer, and note what it sent and how it ended; `finish` then closes the recording."""
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


def finish(trace: Recording, closed: Closed) -> None:
    """Close a recording: the ending that the stream got stands in it, whatever its producer saw of it."""
    noted = next((note.values for note in trace.notes if note.kind == "ending"), {})
    if noted.get("ending") == closed.ending:
        noted["ticket"] = closed.ticket
    else:
        trace.notes = [note for note in trace.notes if note.kind != "ending"]
        trace.note(
            "ending", ending=closed.ending, reason=closed.reason, ticket=closed.ticket, skipped=closed.skipped,
            first_useful_ms=closed.first_useful_ms, complete_ms=closed.complete_ms,
        )  # fmt: skip
    trace.close()
