"""Models that speak OpenAI's Chat Completions: OpenAI, Azure, vLLM, Ollama, llama-server and most gateways."""

from __future__ import annotations

from typing import Any

import orjson

from nutgraf.model.chat_reader import ChatReader
from nutgraf.model.http_model import Endpoint, HttpModel, Limits
from nutgraf.model.secret import Secret
from nutgraf.types import Message, Prompt

STOPS_AT_MOST = 4


class ChatModel(HttpModel):
    """A model behind `POST {base_url}/chat/completions` with `stream: true`."""

    path = "/chat/completions"

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The request as a chat completion."""
        messages = [*prompt.messages, *([Message("assistant", prompt.opening)] if prompt.opening else [])]
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": prompt.max_tokens,
            "temperature": prompt.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if prompt.stop:
            body["stop"] = list(prompt.stop[:STOPS_AT_MOST])
        if prompt.schema and self.endpoint.structured:
            body["response_format"] = {"type": "json_schema", "json_schema": named_schema(prompt)}
        if self.endpoint.prompt_cache:
            body["prompt_cache_key"] = cache_name(prompt)
        return body

    def reader(self, prompt: Prompt) -> ChatReader:
        """A reader of a streamed chat completion."""
        reader = ChatReader(prompt.opening, prompt.max_tokens, self.hide)
        reader.no_finish_reason = self.endpoint.no_finish_reason
        return reader


class OpenAIModel(ChatModel):
    """A chat model by its address, for those who need nothing else said about it."""

    def __init__(
        self, name: str, *, base_url: str, model: str, key: Secret | None = None, limits: Limits | None = None
    ) -> None:
        """`base_url` ends before `/chat/completions`; InputError when it is not a plain http(s) address."""
        super().__init__(name, Endpoint(base_url=base_url, model=model, key=key), limits)


def named_schema(prompt: Prompt) -> dict[str, Any]:
    """The JSON schema of a prompt under the name of its template, to be kept strictly."""
    return {"name": prompt.name, "schema": orjson.loads(prompt.schema), "strict": True}


def cache_name(prompt: Prompt) -> str:
    """What prompts with the same beginning have in common: their template in its version, and nobody's name."""
    return f"{prompt.name}-{prompt.version}"
