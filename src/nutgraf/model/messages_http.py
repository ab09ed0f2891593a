"""Models that speak Anthropic's Messages."""

from __future__ import annotations

from typing import Any

import orjson

from nutgraf.model.http_model import HttpModel
from nutgraf.model.messages_reader import MessagesReader
from nutgraf.types import Prompt

VERSION = "2023-06-01"


class MessagesModel(HttpModel):
    """A model behind `POST {base_url}/messages` with `stream: true`.

    Many of these models take no beginning of their own answer, so an opening is asked for in words unless the endpoint
    says `prefill`.
    """

    path = "/messages"

    def headers(self) -> dict[str, str]:
        """The key in `x-api-key`, and the version of the form."""
        key = self.endpoint.key
        named = {} if key is None else {self.endpoint.key_header or "x-api-key": key.reveal()}
        return {"anthropic-version": VERSION, **named}

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The request as a message: what the system says stands apart from the turns."""
        system = "\n\n".join(message.content for message in prompt.messages if message.role == "system")
        turns = [{"role": m.role, "content": m.content} for m in prompt.messages if m.role != "system"]
        if prompt.opening and self.endpoint.prefill:
            turns.append({"role": "assistant", "content": prompt.opening.rstrip()})
        elif prompt.opening:
            asked = f"Begin your answer with exactly these words, then go on: {prompt.opening}"
            turns.append({"role": "user", "content": asked})
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": turns,
            "max_tokens": prompt.max_tokens,
            "temperature": prompt.temperature,
            "stream": True,
        }
        if system:
            block: dict[str, Any] = {"type": "text", "text": system}
            if self.endpoint.prompt_cache:
                block["cache_control"] = {"type": "ephemeral"}
            body["system"] = [block]
        if stops := [stop for stop in prompt.stop if stop.strip()]:
            body["stop_sequences"] = stops
        if prompt.schema and self.endpoint.structured:
            body["output_config"] = {"format": {"type": "json_schema", "schema": orjson.loads(prompt.schema)}}
        return body

    def reader(self, prompt: Prompt) -> MessagesReader:
        """A reader of a streamed message; it looks for the stop texts that this form does not take: white space."""
        blank = tuple(stop for stop in prompt.stop if not stop.strip())
        return MessagesReader(prompt.opening, prompt.max_tokens, self.hide, blank)
