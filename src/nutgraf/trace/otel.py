"""Traces as OpenTelemetry spans, with the conventions for generative AI: one span an answer, below it its steps.

The spans are made after the answer has ended, with the times that were noted. Where they go is up to the process: its
tracer provider is used, as the standard variables and tools of OpenTelemetry set it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from nutgraf.errors import MissingPart
from nutgraf.trace import otel_names as names
from nutgraf.trace.lines import line
from nutgraf.trace.record import Recording

try:
    from opentelemetry import trace as otel
    from opentelemetry.trace import SpanKind, Status, StatusCode
except ImportError as exc:
    raise MissingPart('spans need OpenTelemetry; install it with: pip install "nutgraf[otel]"') from exc

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider
    from opentelemetry.util.types import AttributeValue

NS_A_MS = 1_000_000
Values = Mapping[str, Any]


class Spans:
    """A sink that tells recordings to OpenTelemetry. Texts of people are left out unless `texts`."""

    def __init__(self, provider: TracerProvider | None = None, *, texts: bool = False) -> None:
        self._tracer = otel.get_tracer("nutgraf", tracer_provider=provider)
        self._texts = texts

    def write(self, recording: Recording) -> None:
        """Tell one recording."""
        told = orjson.loads(line(recording, texts=True))
        start = _nanoseconds(told["at"]) if told["at"] else 0
        notes: list[Values] = told["notes"]
        end = start + round(max((note["ms"] for note in notes), default=0.0) * NS_A_MS)
        asked, ending = _first(notes, "request"), _first(notes, "ending")
        agent = _first(notes, "route").get("agent") or asked.get("agent") or "takeaways"
        span = self._tracer.start_span(
            f"{names.INVOKE_AGENT} {agent}", kind=SpanKind.INTERNAL, start_time=start,
            attributes=_known({
                names.OPERATION: names.INVOKE_AGENT, names.PROVIDER: names.PROVIDER_NAME, names.AGENT: agent,
                names.CONVERSATION: told["stream"], names.REQUEST_MODEL: asked.get("model"),
                names.TENANT: told["tenant"], "nutgraf.item": asked.get("item"),
                "nutgraf.ending": ending.get("ending"), "nutgraf.first_useful_ms": ending.get("first_useful_ms"),
            }),
        )  # fmt: skip
        if ending.get("ending") == "failed":
            span.set_status(Status(StatusCode.ERROR, ending.get("ticket") or ""))
            span.set_attribute(names.ERROR, "failed")
        for note in notes:
            self._tell(note, span, start)
        span.end(end)

    def _tell(self, note: Values, parent: Span, start: int) -> None:
        at = start + round(note["ms"] * NS_A_MS)
        if note["kind"] == "stage":
            self._child(f"stage {note['name']}", parent, at - _span_of(note), at, {"nutgraf.stage": note["name"]})
        elif note["kind"] == "source":
            report = note["report"]
            self._child(
                f"{names.RETRIEVAL} {report['source']}", parent, at - _span_of(report), at,
                {
                    names.OPERATION: names.RETRIEVAL, names.DATA_SOURCE: report["source"],
                    "nutgraf.outcome": report["outcome"], "nutgraf.found": report["found"],
                    "nutgraf.kept": report["kept"],
                },
            )  # fmt: skip
        elif note["kind"] == "model":
            self._call(note, parent, start)
        elif note["kind"] == "verdict":
            parent.add_event(names.EVALUATION, _known({
                names.EVALUATION_NAME: note["check"], names.EVALUATION_LABEL: note["verdict"],
                names.EVALUATION_EXPLANATION: note["because"] if self._texts else None,
                "nutgraf.sentence": note.get("sentence"),
            }), at)  # fmt: skip

    def _call(self, note: Values, parent: Span, start: int) -> None:
        began = start + round(note["asked_ms"] * NS_A_MS)
        prompt, usage = note["prompt"], note.get("usage") or {}
        texts: dict[str, Any] = {}
        if self._texts:
            texts = {names.INPUT_MESSAGES: _messages(prompt), names.OUTPUT_MESSAGES: _said(note)}
        span = self._child(
            f"{names.CHAT} {note['model']}", parent, began, None,
            {
                names.OPERATION: names.CHAT, names.PROVIDER: names.PROVIDER_NAME, names.REQUEST_MODEL: note["model"],
                names.REQUEST_MAX_TOKENS: prompt["max_tokens"], names.REQUEST_TEMPERATURE: prompt["temperature"],
                names.INPUT_TOKENS: usage.get("input_tokens"), names.OUTPUT_TOKENS: usage.get("output_tokens"),
                names.ERROR: note.get("error"), "nutgraf.prompt": f"{prompt['name']} {prompt['version']}",
                "nutgraf.call_ending": note.get("ending"), **texts,
            },
            SpanKind.CLIENT,
        )  # fmt: skip
        if note["pieces"]:
            span.add_event("first piece", timestamp=start + round(note["pieces"][0][0] * NS_A_MS))
        if note.get("error"):
            span.set_status(Status(StatusCode.ERROR))
        span.end(began + _span_of(note))

    def _child(
        self, name: str, parent: Span, start: int, end: int | None, about: Values, kind: SpanKind = SpanKind.INTERNAL
    ) -> Span:
        context = otel.set_span_in_context(parent)
        span = self._tracer.start_span(name, context, kind=kind, start_time=start, attributes=_known(about))
        if end is not None:
            span.end(end)
        return span


def _first(notes: list[Values], kind: str) -> Values:
    return next((note for note in notes if note["kind"] == kind), {})


def _known(values: Values) -> dict[str, AttributeValue]:
    return {name: value for name, value in values.items() if value is not None}


def _span_of(values: Values) -> int:
    return round(float(values.get("took_ms") or 0.0) * NS_A_MS)


def _nanoseconds(at: str) -> int:
    since = datetime.fromisoformat(at) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def _messages(prompt: Values) -> str:
    return json.dumps([
        {"role": turn["role"], "parts": [{"type": "text", "content": turn["content"]}]} for turn in prompt["messages"]
    ])  # fmt: skip


def _said(note: Values) -> str:
    text = "".join(_texts(note))
    finish = {"done": "stop", "left": "stop"}.get(str(note.get("ending")), "error")
    return json.dumps([
        {"role": "assistant", "parts": [{"type": "text", "content": text}], "finish_reason": finish}
    ])  # fmt: skip


def _texts(note: Values) -> Iterator[str]:
    for _, text in note["pieces"]:
        yield text
