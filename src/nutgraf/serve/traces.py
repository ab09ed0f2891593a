"""The traces of one process: where they are written, and for how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from anyio import get_cancelled_exc_class

from nutgraf.trace.files import FOLDER, TraceFiles
from nutgraf.trace.tracing import Sink, Tracing

if TYPE_CHECKING:
    from nutgraf.events import Event
    from nutgraf.settings import Settings
    from nutgraf.trace.record import Recording


def trace_files(settings: Settings) -> TraceFiles:
    """The files of traces in the data folder."""
    return TraceFiles(settings.data_dir / FOLDER, texts=settings.trace_texts == "on")


def open_tracing(settings: Settings) -> Tracing | None:
    """What begins recordings, to be closed at the end; None when traces are off.

    Raises MissingPart when spans are wanted and the extra that makes them is not installed.
    """
    if settings.traces == "off":
        return None
    sinks: list[Sink] = [trace_files(settings)]
    if settings.traces == "otel":
        from nutgraf.trace.otel import Spans

        sinks.append(Spans(texts=settings.trace_texts == "on"))
    return Tracing(sinks)


async def traced(
    emit: Callable[[Event], None], produce: Callable[[Callable[[Event], None]], Awaitable[None]], trace: Recording
) -> None:
    """Produce one answer, and close its recording when it has ended, in whatever way."""
    counts: Counter[str] = Counter()

    def counted(event: Event) -> None:
        counts[event.kind] += 1
        emit(event)

    try:
        await produce(counted)
    except get_cancelled_exc_class():
        if "closed" not in counts:
            trace.note("ending", ending="stopped", complete_ms=trace.ms())
        raise
    except Exception as exc:
        trace.note("ending", ending="failed", error=type(exc).__name__, complete_ms=trace.ms())
        raise
    finally:
        trace.note("event", counts=dict(counts))
        trace.close()
