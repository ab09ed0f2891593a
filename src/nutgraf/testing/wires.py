"""The same scripted answer in three wire forms: Chat Completions, Responses and Messages, as bytes on the wire."""

from __future__ import annotations

import json
from typing import Any, Protocol

#: (tokens read, tokens written)
Used = tuple[int, int]

_CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}


class Wire(Protocol):
    """How one form says things; each method gives whole events."""

    def begin(self, used: Used | None) -> bytes:
        """What comes before the first piece."""
        ...

    def piece(self, text: str) -> bytes:
        """A piece of text."""
        ...

    def error(self, error: Any) -> bytes:
        """An error inside the stream."""
        ...

    def finish(self, reason: str, used: Used | None) -> bytes:
        """Why the answer ends: `stop`, `length`, `content_filter`, or a word of the form's own."""
        ...

    def done(self, used: Used | None) -> bytes:
        """What comes last."""
        ...


class ChatWire:
    """OpenAI's Chat Completions."""

    def begin(self, used: Used | None) -> bytes:
        """Nothing."""
        return b""

    def piece(self, text: str) -> bytes:
        """A delta with content."""
        return chat_event(text)

    def error(self, error: Any) -> bytes:
        """An `error` object."""
        return _data({"error": error})

    def finish(self, reason: str, used: Used | None) -> bytes:
        """An empty delta with a finish reason."""
        return chat_event(None, reason)

    def done(self, used: Used | None) -> bytes:
        """A chunk with usage but without choices, if there is usage, and `[DONE]`."""
        if used is None:
            return b"data: [DONE]\n\n"
        usage = {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)}
        return _data({**_CHUNK, "choices": [], "usage": usage}) + b"data: [DONE]\n\n"


class ResponsesWire:
    """OpenAI's Responses."""

    def begin(self, used: Used | None) -> bytes:
        """The response and its one message are announced."""
        return b"".join(
            _event(kind, {"type": kind, **more})
            for kind, more in (
                ("response.created", {"response": {"id": "resp_1", "status": "in_progress", "error": None}}),
                ("response.output_item.added", {"item": {"type": "message"}}),
                ("response.content_part.added", {"part": {"type": "output_text", "text": ""}}),
            )
        )

    def piece(self, text: str) -> bytes:
        """A delta of the output text."""
        kind = "response.output_text.delta"
        return _event(kind, {"type": kind, "item_id": "msg_1", "output_index": 0, "delta": text})

    def error(self, error: Any) -> bytes:
        """An `error` event, which carries its fields itself."""
        fields = error if isinstance(error, dict) else {"message": str(error)}
        code = fields.get("code") or fields.get("type")
        return _event("error", {"type": "error", "code": code, "message": fields.get("message", ""), "param": None})

    def finish(self, reason: str, used: Used | None) -> bytes:
        """The response as it ended: completed, incomplete or failed."""
        response: dict[str, Any] = {"id": "resp_1", "error": None, "incomplete_details": None}
        if used is not None:
            response["usage"] = {"input_tokens": used[0], "output_tokens": used[1], "total_tokens": sum(used)}
        if reason == "stop":
            kind = "completed"
        elif reason in ("length", "content_filter"):
            kind = "incomplete"
            response["incomplete_details"] = {"reason": "max_output_tokens" if reason == "length" else reason}
        else:
            kind, response["error"] = "failed", {"code": reason, "message": "no"}
        response["status"] = kind
        return _event(f"response.{kind}", {"type": f"response.{kind}", "response": response})

    def done(self, used: Used | None) -> bytes:
        """Nothing."""
        return b""


class MessagesWire:
    """Anthropic's Messages."""

    def begin(self, used: Used | None) -> bytes:
        """The message and its one block are announced, with what was read."""
        usage = {"input_tokens": used[0] if used else 0, "output_tokens": 1}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": usage}
        block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        started = _event("message_start", {"type": "message_start", "message": message})
        return started + _event("content_block_start", block) + _event("ping", {"type": "ping"})

    def piece(self, text: str) -> bytes:
        """A delta of the block."""
        kind = "content_block_delta"
        return _event(kind, {"type": kind, "index": 0, "delta": {"type": "text_delta", "text": text}})

    def error(self, error: Any) -> bytes:
        """An `error` event."""
        return _event("error", {"type": "error", "error": error})

    def finish(self, reason: str, used: Used | None) -> bytes:
        """The end of the block, and a stop reason with what was written."""
        why = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}.get(reason, reason)
        delta: dict[str, Any] = {"type": "message_delta", "delta": {"stop_reason": why, "stop_sequence": None}}
        delta["usage"] = {"output_tokens": used[1] if used else 0}
        stop = _event("content_block_stop", {"type": "content_block_stop", "index": 0})
        return stop + _event("message_delta", delta)

    def done(self, used: Used | None) -> bytes:
        """The end of the message."""
        return _event("message_stop", {"type": "message_stop"})


#: The forms by the end of the path that is asked for.
WIRES: dict[str, Wire] = {"completions": ChatWire(), "responses": ResponsesWire(), "messages": MessagesWire()}


def wire_for(path: str) -> Wire:
    """The form that a request to this path is answered in; Chat Completions for any other."""
    return WIRES.get(path.partition("?")[0].rpartition("/")[2], WIRES["completions"])


def chat_event(text: str | None, finish: str | None = None) -> bytes:
    """One chunk of a streamed chat completion."""
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _data({**_CHUNK, "choices": [choice]})


def _data(found: Any) -> bytes:
    return b"data: %b\n\n" % json.dumps(found, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _event(name: str, found: Any) -> bytes:
    return b"event: %b\n%b" % (name.encode(), _data(found))
