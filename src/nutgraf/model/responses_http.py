"""Models that speak OpenAI's Responses."""

from __future__ import annotations

from typing import Any

from nutgraf.model.http_model import HttpModel
from nutgraf.model.openai_http import cache_name, named_schema
from nutgraf.model.responses_reader import ResponsesReader
from nutgraf.types import Message, Prompt

#: Responses refuses a lower limit.
TOKENS_AT_LEAST = 16


class ResponsesModel(HttpModel):
    """A model behind `POST {base_url}/responses` with `stream: true`; nothing is stored there."""

    path = "/responses"

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The request as a response; this form has no stop texts, so the reader looks for them."""
        messages = [*prompt.messages, *([Message("assistant", prompt.opening)] if prompt.opening else [])]
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "input": [{"role": message.role, "content": message.content} for message in messages],
            "max_output_tokens": max(TOKENS_AT_LEAST, prompt.max_tokens),
            "temperature": prompt.temperature,
            "store": False,
            "stream": True,
        }
        if prompt.schema and self.endpoint.structured:
            body["text"] = {"format": {"type": "json_schema", **named_schema(prompt)}}
        if self.endpoint.prompt_cache:
            body["prompt_cache_key"] = cache_name(prompt)
        return body

    def reader(self, prompt: Prompt) -> ResponsesReader:
        """A reader of a streamed response."""
        return ResponsesReader(prompt.opening, prompt.max_tokens, self.hide, prompt.stop)
