"""The form of OpenAI's Chat Completions: chunks with deltas, a finish reason, then often usage and `[DONE]`."""

from __future__ import annotations

from typing import Any

from nutgraf.errors import ModelCut
from nutgraf.model.wire import WireReader, count, part, text_part
from nutgraf.orchestration import Usage


class ChatReader(WireReader):
    """Reads a streamed chat completion; it has ended after a finish reason, and at nothing else.

    For an endpoint that is known to send none (`no_finish_reason`), an answer has ended when its usage has come and the
    stream was closed properly.
    """

    no_finish_reason = False

    def take(self, event: str, found: Any) -> None:
        """Read one chunk."""
        if event == "[DONE]":
            if self.no_finish_reason and self.usage is not None:
                self.end("stop")
                return
            raise ModelCut("said it was done without a finish reason")
        choices = part(found, "choices")
        if not choices and choices in (None, []):
            return
        if not isinstance(choices, list):
            raise ModelCut("sent an event of a form that is not understood")
        delta = part(choices[0], "delta") or {}
        text, reason = text_part(delta, "content"), text_part(choices[0], "finish_reason")
        self.alive = self.alive or bool(part(delta, "reasoning_content") or part(delta, "reasoning"))
        self.say(text)
        if reason:
            self.end(reason)

    def plain_text(self, found: Any) -> str:
        """The text of a chunk that holds one piece of it and nothing else, as nearly all do; empty for any other."""
        try:
            (choice,) = found["choices"]
            text = choice["delta"]["content"]
            if text.__class__ is not str or choice["finish_reason"] is not None:
                return ""
            plain = found["object"] == "chat.completion.chunk" and not (found.get("error") or found.get("usage"))
            return text if plain else ""
        except (TypeError, KeyError, ValueError, AttributeError):
            return ""

    def usage_of(self, found: Any) -> Usage | None:
        """The `usage` of a chunk."""
        used = found.get("usage") if isinstance(found, dict) else None
        if not isinstance(used, dict) or not (count(used, "prompt_tokens") or count(used, "completion_tokens")):
            return None
        return Usage(
            input_tokens=count(used, "prompt_tokens"),
            output_tokens=count(used, "completion_tokens"),
            cached_tokens=count(used, "prompt_tokens_details", "cached_tokens"),
            estimated=False,
        )

    def close(self) -> None:
        """The stream is over."""
        if self.no_finish_reason and self.usage is not None and self.failure is None:
            self.end("stop")
        super().close()
