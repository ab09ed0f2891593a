"""The form of Anthropic's Messages: content blocks, a stop reason, and `message_stop`."""

from __future__ import annotations

from typing import Any

from nutgraf.errors import ModelCut
from nutgraf.model.wire import WireReader, count, part, text_part
from nutgraf.orchestration import Usage


class MessagesReader(WireReader):
    """Reads a streamed message; it has ended at `message_stop` after a stop reason, and at nothing else."""

    _reason = ""
    _input = _cached = 0

    def take(self, event: str, found: Any) -> None:
        """Read one event."""
        kind = text_part(found, "type") if event != "[DONE]" else event
        if kind == "content_block_delta":
            delta = part(found, "delta") or {}
            self.say(text_part(delta, "text") if text_part(delta, "type") == "text_delta" else "")
            self.alive = self.alive or text_part(delta, "type") == "thinking_delta"
        elif kind == "message_delta":
            self._reason = text_part(part(found, "delta") or {}, "stop_reason") or self._reason
        elif kind in ("message_stop", "[DONE]"):
            if not self._reason:
                raise ModelCut("said it was done without a stop reason")
            self.end(self._reason)

    def usage_of(self, found: Any) -> Usage | None:
        """The usage of `message_start` (read) and `message_delta` (written) together, once both are known."""
        if not isinstance(found, dict):
            return None
        start = found.get("message")
        used = (start if isinstance(start, dict) else found).get("usage")
        if read := count(used, "input_tokens"):
            self._cached = count(used, "cache_read_input_tokens")
            self._input = read + self._cached + count(used, "cache_creation_input_tokens")
        if found.get("type") != "message_delta" or not (self._input or count(used, "output_tokens")):
            return None
        return Usage(
            input_tokens=self._input,
            output_tokens=count(used, "output_tokens"),
            cached_tokens=self._cached,
            estimated=False,
        )
