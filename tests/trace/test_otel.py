"""A recording told to OpenTelemetry: names of the conventions, noted times, no texts unless they are wanted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from nutgraf.errors import ModelCut
from nutgraf.trace.otel import Spans
from nutgraf.trace.record import Recording
from tests.trace.made import AT, SECRET, Clock, recorded, scope

START_NS = 1_777_627_800_250 * 1_000_000


def spans(recording: Recording, **options: Any) -> dict[str, ReadableSpan]:
    """What one recording is told as, by name."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    Spans(provider, **options).write(recording)
    return {span.name: span for span in exporter.get_finished_spans()}


def test_an_answer_is_a_span_with_its_steps_below() -> None:
    """The agent's span holds a span for each stage, source and call, at the times that were noted."""
    told = spans(recorded())
    answer, call = told["invoke_agent general"], told["chat small"]

    assert set(told) == {"invoke_agent general", "retrieval item", "retrieval web", "stage gathering", "chat small"}
    assert answer.context is not None
    assert all(
        span.parent and span.parent.span_id == answer.context.span_id for span in told.values() if span != answer
    )
    assert (answer.start_time, answer.end_time) == (START_NS, START_NS + 100_000_000)
    assert (call.start_time, call.end_time) == (START_NS + 30_000_000, START_NS + 95_000_000)
    assert [event.timestamp for event in call.events] == [START_NS + 80_000_000]


def test_the_conventions_are_kept() -> None:
    """Operations, models and tokens stand under their names; a verdict is an evaluation."""
    told = spans(recorded())
    answer, call = told["invoke_agent general"], told["chat small"]
    assert answer.attributes is not None
    assert call.attributes is not None

    assert dict(answer.attributes) == {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": "nutgraf", "gen_ai.agent.name": "general",
        "gen_ai.conversation.id": "s1", "gen_ai.request.model": "small", "nutgraf.tenant": "acme",
        "nutgraf.item": "post-1", "nutgraf.ending": "done", "nutgraf.first_useful_ms": 97.0,
    }  # fmt: skip
    assert call.attributes["gen_ai.operation.name"] == "chat"
    assert call.attributes["gen_ai.usage.input_tokens"] == 40
    assert call.attributes["gen_ai.usage.output_tokens"] == 9
    assert call.attributes["nutgraf.prompt"] == "answer 0123456789ab"
    assert [dict(event.attributes or {}) for event in answer.events] == [
        {
            "gen_ai.evaluation.name": "entailment", "gen_ai.evaluation.score.label": "supported",
            "nutgraf.sentence": "s1",
        }
    ]  # fmt: skip


def test_texts_are_told_only_where_they_are_wanted() -> None:
    """Without them no span holds a word that anybody wrote; with them the messages have the form of the conventions."""
    plain = "".join(span.to_json() for span in spans(recorded()).values())
    assert SECRET not in plain
    assert "The wait" not in plain

    call = spans(recorded(), texts=True)["chat small"]
    assert call.attributes is not None
    (asked,) = json.loads(str(call.attributes["gen_ai.input.messages"]))
    (said,) = json.loads(str(call.attributes["gen_ai.output.messages"]))
    assert asked["parts"] == [{"type": "text", "content": f"[1] … {SECRET}"}]
    assert (said["parts"][0]["content"], said["finish_reason"]) == ("The wait fell. [1]\n", "stop")


@pytest.mark.parametrize("said", [True, False])
def test_a_failure_is_an_error(said: bool) -> None:
    """A call that failed and an answer that failed have the status of an error."""
    made = recorded()
    made.notes[:] = [note for note in made.notes if note.kind in ("request", "model")]
    made.notes[-1].values.update(ending="failed", error=ModelCut.__name__, pieces=[(1.0, "x")] if said else [])
    made.note("ending", ending="failed", reason="x", ticket="t1")
    told = spans(made)

    assert (
        told["chat small"].status.status_code == told["invoke_agent takeaways"].status.status_code == StatusCode.ERROR
    )
    assert told["invoke_agent takeaways"].status.description == "t1"


def test_a_recording_of_nothing_is_a_span() -> None:
    """An answer that ended before it was noted does no harm."""
    assert list(spans(Recording(Clock(), 100.0, scope=scope(), at=AT))) == ["invoke_agent takeaways"]
