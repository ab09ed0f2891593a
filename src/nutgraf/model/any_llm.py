"""Providers that speak a form of their own (Gemini, Bedrock, Mistral …), through `any-llm-sdk`, an optional part."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import anyio

from nutgraf.errors import (
    MissingPart,
    ModelBusy,
    ModelCut,
    ModelDenied,
    ModelError,
    ModelRefused,
    ModelSilent,
)  # fmt: skip
from nutgraf.model.chat_reader import ChatReader
from nutgraf.model.openai_http import named_schema
from nutgraf.model.provider_errors import error_text, status_kind
from nutgraf.model.secret import Secret
from nutgraf.orchestration import Usage
from nutgraf.types import Deadline, Message, Prompt

HOW_TO_INSTALL = "run `pip install 'nutgraf[providers]'`"
CLOSE_WITHIN_S = 0.25

_CLASSES: dict[str, type[ModelError]] = {
    "RateLimitError": ModelBusy,
    "GatewayTimeoutError": ModelSilent,
    "APITimeoutError": ModelSilent,
    "APIConnectionError": ModelSilent,
    "ConnectError": ModelSilent,
    "AuthenticationError": ModelDenied,
    "MissingApiKeyError": ModelDenied,
    "ModelNotFoundError": ModelDenied,
    "InsufficientFundsError": ModelDenied,
    "InvalidRequestError": ModelRefused,
    "UnsupportedParameterError": ModelRefused,
    "ContextLengthExceededError": ModelRefused,
    "ContentFilterError": ModelRefused,
    "ContentFilterFinishReasonError": ModelRefused,
    "UpstreamProviderError": ModelBusy,
    "ProviderError": ModelBusy,
}


class AnyModel:
    """A model of one of any-llm's providers.

    Every request has a client of its own, which is thrown away with it: the pools behind these clients lose connections
    when requests are cancelled, and a pool that serves one request has none to lose. They never retry.
    """

    def __init__(self, name: str, *, provider: str, model: str, base_url: str = "", key: Secret | None = None) -> None:
        """MissingPart, with the command that helps, when any-llm-sdk is not installed."""
        if find_spec("any_llm") is None:
            raise MissingPart(f"models.{name}: provider {provider!r} needs any-llm-sdk; {HOW_TO_INSTALL}")
        self.name = name
        self._provider, self._model, self._base_url, self._key = provider, model, base_url, key

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """Open a request; its client is closed with the block. Raises a ModelError, from the block or its iterator."""
        client = self._client()
        chunks: Any = None
        try:
            with anyio.CancelScope(deadline=deadline.at) as scope:
                try:
                    chunks = await client.acompletion(**self._request(prompt))
                except Exception as exc:
                    raise self._fault(exc) from None
            if scope.cancelled_caught:
                raise ModelSilent(f"model {self.name}: said nothing before the deadline")
            yield _Pieces(self, aiter(chunks), prompt, deadline)
        finally:
            with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
                await _closed(chunks, client)

    def _client(self) -> Any:
        try:
            create = import_module("any_llm").AnyLLM.create
            options = {
                "api_key": self._key.reveal() if self._key else None,
                "api_base": self._base_url or None,
                "unified_exceptions": True,
            }
            try:
                return create(self._provider, **options, max_retries=0)
            except Exception as exc:
                if type(exc).__name__ != "UnsupportedParameterError":
                    raise
                return create(self._provider, **options)  # its client never retries by itself
        except ImportError as exc:
            raise MissingPart(
                f"models.{self.name}: provider {self._provider!r} needs a package ({exc.name}); "
                f"run `pip install 'any-llm-sdk[{self._provider}]'`"
            ) from exc
        except Exception as exc:
            raise self._fault(exc) from None

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        turns = [*prompt.messages, *([Message("assistant", prompt.opening)] if prompt.opening else [])]
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in turns],
            "max_tokens": prompt.max_tokens,
            "temperature": prompt.temperature,
            "stream": True,
        }
        if prompt.stop:
            request["stop"] = list(prompt.stop)
        if prompt.schema:
            request["response_format"] = {"type": "json_schema", "json_schema": named_schema(prompt)}
        return request

    def _fault(self, error: BaseException) -> ModelError:
        """What an error of the SDK, or of a provider's own client, means: by its name, its parents' or its status."""
        status = getattr(error, "status_code", None) or getattr(error, "code", None)
        kind = next((_CLASSES[cls.__name__] for cls in type(error).__mro__ if cls.__name__ in _CLASSES), None)
        if isinstance(status, int) and 400 <= status < 600 and kind in (None, ModelBusy):
            kind = status_kind(status)
        words = error_text(str(error), self._key.scrub if self._key else str)
        return (kind or ModelCut)(f"model {self.name}: {type(error).__name__}: {words}")


class _Pieces:
    """The pieces of one answer; the chunks of any-llm are those of a chat completion, as objects."""

    def __init__(self, model: AnyModel, chunks: AsyncIterator[Any], prompt: Prompt, deadline: Deadline) -> None:
        self._model, self._chunks, self._deadline = model, chunks, deadline
        self._reader = ChatReader(prompt.opening, prompt.max_tokens)
        self._said = False

    @property
    def usage(self) -> Usage | None:
        """What the provider says it used, once it has said so."""
        return self._reader.usage

    @property
    def finish(self) -> str:
        """`stop` or `length` once the answer has ended."""
        return self._reader.finish

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> str:
        reader, text = self._reader, ""
        while not text:
            self._check()
            chunk = await self._chunk()
            if chunk is None:
                reader.close()
                self._check()
                raise StopAsyncIteration
            text = "".join(reader.read(chunk))
        self._said = True
        return text

    def _check(self) -> None:
        failure = self._reader.failure
        if failure is not None:
            raise type(failure)(f"model {self._model.name}: {failure}")

    async def _chunk(self) -> Any:
        """The next chunk as plain data; None at the end of the stream."""
        with anyio.CancelScope(deadline=self._deadline.at):
            try:
                return (await anext(self._chunks)).model_dump(exclude_none=True)
            except StopAsyncIteration:
                return None
            except Exception as exc:
                fault = self._model._fault(exc)
                broke = self._said and isinstance(fault, ModelBusy) and fault.retry_after_s is None
                raise ModelCut(str(fault)) if broke else fault from None
        late = "not done at the deadline" if self._said else "said nothing before the deadline"
        raise (ModelCut if self._said else ModelSilent)(f"model {self._model.name}: {late}")


async def _closed(chunks: Any, client: Any) -> None:
    """Close a stream and the client it came from, whatever they call it."""
    inner = getattr(client, "client", None)
    for thing in (chunks, getattr(inner, "aio", None), inner):
        for name in ("aclose", "close"):
            close = getattr(thing, name, None)
            if close is not None:
                with suppress(Exception):
                    done = close()
                    if hasattr(done, "__await__"):
                        await done
                break
