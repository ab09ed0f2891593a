"""The form of OpenAI's Responses: typed events, of which one of three ends the answer."""

from __future__ import annotations

from typing import Any

from nutgraf.errors import ModelCut, ModelRefused
from nutgraf.model.provider_errors import error_kind, error_text
from nutgraf.model.wire import WireReader, count, part, text_part
from nutgraf.orchestration import Usage


class ResponsesReader(WireReader):
    """Reads a streamed response; it has ended after `response.completed`, or `response.incomplete` for its length."""

    def take(self, event: str, found: Any) -> None:
        """Read one event."""
        kind = text_part(found, "type") if event != "[DONE]" else event
        if kind == "response.output_text.delta":
            self.say(text_part(found, "delta"))
        elif kind.startswith("response.reasoning"):
            self.alive = True
        elif kind == "response.refusal.delta":
            raise ModelRefused("declined to answer")
        elif kind == "response.completed":
            self.end("stop")
        elif kind == "response.incomplete":
            details = part(part(found, "response"), "incomplete_details") or {}
            self.end(text_part(details, "reason") or "incomplete")
        elif kind == "response.cancelled":
            self.end("cancelled")
        elif kind == "response.failed":
            error = part(part(found, "response"), "error") or {}
            raise error_kind(error)(f"failed inside the stream: {error_text(error, self._hide)}")
        elif kind == "[DONE]":
            raise ModelCut("said it was done without a completed response")

    def usage_of(self, found: Any) -> Usage | None:
        """The `usage` of the response that an event carries."""
        response = found.get("response") if isinstance(found, dict) else None
        used = response.get("usage") if isinstance(response, dict) else None
        if not isinstance(used, dict) or not (count(used, "input_tokens") or count(used, "output_tokens")):
            return None
        return Usage(
            input_tokens=count(used, "input_tokens"),
            output_tokens=count(used, "output_tokens"),
            cached_tokens=count(used, "input_tokens_details", "cached_tokens"),
            estimated=False,
        )
