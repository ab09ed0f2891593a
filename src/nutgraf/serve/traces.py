"""The traces of one process: where they are written, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nutgraf.trace.files import FOLDER, TraceFiles
from nutgraf.trace.tracing import Sink, Tracing

if TYPE_CHECKING:
    from nutgraf.settings import Settings


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
