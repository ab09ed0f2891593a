"""Any OpenAI-compatible endpoint, over one HTTP session. Never retries: who may try again is decided above."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import anyio
import orjson

from nutgraf.errors import InputError, ModelCut, ModelError, ModelRefused, ModelSilent
from nutgraf.model.chat_reader import ChatReader
from nutgraf.model.provider_errors import error_kind, error_object, error_text
from nutgraf.model.secret import Secret
from nutgraf.types import Deadline, Message, Prompt

ERROR_BODY_AT_MOST_BYTES = 65_536
ERROR_BODY_WITHIN_S = 0.5
STOPS_AT_MOST = 4
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError)

Fault = Callable[[type[ModelError], str], ModelError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long each part of a request may take, in seconds, and how many requests may be open at once."""

    connect_s: float = 2.0
    first_token_s: float = 10.0
    between_tokens_s: float = 5.0
    total_s: float = 60.0
    drain_s: float = 0.1
    connections_at_most: int = 64


class OpenAIModel:
    """A model behind `POST {base_url}/chat/completions` with `stream: true`.

    Owns its HTTP session, which the first request opens; call `aclose` in the same event loop.
    """

    def __init__(
        self, name: str, *, base_url: str, model: str, key: Secret | None = None, limits: Limits | None = None
    ) -> None:
        """`base_url` ends before `/chat/completions`; InputError when it is not a plain http(s) address."""
        self.name = name
        self._url = f"{_checked(name, base_url)}/chat/completions"
        self._model = model
        self._key = key
        self._limits = limits or Limits()
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r}, {self._url!r}, model={self._model!r})"

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """Open a request; its connection is closed when the block is left before the provider was done.

        Raises ModelBusy, ModelRefused, ModelSilent or ModelCut, from the block or from its iterator.
        """
        clock = _Clock(self._limits, deadline)
        response = await self._open(prompt, clock)
        try:
            yield _Answer(response, ChatReader(prompt.opening, prompt.max_tokens, self._hide), clock, self._fault)
        finally:
            response.close()

    async def aclose(self) -> None:
        """Close the session and every connection that is still open."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _open(self, prompt: Prompt, clock: _Clock) -> aiohttp.ClientResponse:
        """Send the request and return the response once its head says 200 and an event stream."""
        with anyio.CancelScope(deadline=clock.until):
            try:
                response = await self._post(orjson.dumps(_body(self._model, prompt)))
            except _BROKEN as exc:
                raise self._fault(ModelSilent, f"{self._url} cannot be reached ({type(exc).__name__})") from None
            if response.status == 200 and response.content_type == "text/event-stream":
                return response
            try:
                raise await self._refusal(response)
            finally:
                response.close()
        raise self._fault(*clock.late(has_said=False))

    async def _post(self, body: bytes) -> aiohttp.ClientResponse:
        if self._session is None:
            connect_s = self._limits.connect_s
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limits.connections_at_most),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=connect_s, sock_connect=connect_s),
            )
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        return await self._session.post(self._url, data=body, headers=headers, allow_redirects=False)

    async def _refusal(self, response: aiohttp.ClientResponse) -> ModelError:
        """The error that a response without an event stream stands for."""
        raw = await _read_some(response)
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError:
            found = None
        error = error_object(found)
        if response.status == 200 and error is None:
            return self._fault(ModelRefused, "answered 200 without an event stream; check its base_url")
        wait = response.headers.get("Retry-After", "")
        asked = f", asked to wait {wait} s" if wait.isdecimal() and len(wait) < 6 else ""
        words = f": {error_text(error, self._hide)}" if error is not None else ""
        return self._fault(error_kind(error, response.status), f"status {response.status}{asked}{words}")

    def _fault(self, kind: type[ModelError], what: str) -> ModelError:
        return kind(f"model {self.name}: {what}")

    def _hide(self, text: str) -> str:
        return self._key.scrub(text) if self._key is not None else text


class _Clock:
    """The moment by which the provider must say something next, on the clock of the event loop."""

    def __init__(self, limits: Limits, deadline: Deadline) -> None:
        now = anyio.current_time()
        self._between_s = limits.between_tokens_s
        self._whole = deadline.sooner(now + limits.total_s)
        self.drain_s = limits.drain_s
        self.until = self._whole.sooner(now + limits.first_token_s).at

    def heard(self) -> None:
        """The provider said something: its next silence begins now."""
        self.until = self._whole.sooner(anyio.current_time() + self._between_s).at

    def late(self, *, has_said: bool) -> tuple[type[ModelError], str]:
        """What a limit that passed means."""
        if self.until < self._whole.at:
            return ModelSilent, "silent for longer than its limit"
        if has_said:
            return ModelCut, "not done at the deadline"
        return ModelSilent, "said nothing before the deadline"


class _Answer:
    """The pieces of one answer as they arrive; ends, or raises once what came before has been read."""

    def __init__(self, response: aiohttp.ClientResponse, reader: ChatReader, clock: _Clock, fault: Fault) -> None:
        self._response = response
        self._reader = reader
        self._clock = clock
        self._fault = fault
        self._ready: deque[str] = deque()
        self._has_said = False

    def __aiter__(self) -> _Answer:
        return self

    async def __anext__(self) -> str:
        while not self._ready:
            if self._reader.failure is not None:
                raise self._fault(type(self._reader.failure), str(self._reader.failure))
            if self._reader.ended:
                await self._drain()
                raise StopAsyncIteration
            await self._read()
        self._has_said = True
        return self._ready.popleft()

    async def _read(self) -> None:
        """Take one chunk off the wire, and note pieces, ending or failure."""
        with anyio.CancelScope(deadline=self._clock.until):
            try:
                chunk = await self._response.content.readany()
            except _BROKEN as exc:
                self._reader.failure = ModelCut(f"the connection broke ({type(exc).__name__})")
                return
            if chunk:
                self._ready.extend(self._reader.feed(chunk))
                if self._reader.alive:
                    self._clock.heard()
            else:
                self._reader.close()
            return
        kind, what = self._clock.late(has_said=self._has_said)
        self._reader.failure = kind(what)

    async def _drain(self) -> None:
        """Read on to the end of the stream, briefly, so that the connection can be used again."""
        with anyio.move_on_after(self._clock.drain_s), suppress(*_BROKEN):
            while await self._response.content.readany():
                pass


async def _read_some(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of a body, as far as they come soon."""
    raw = b""
    with anyio.move_on_after(ERROR_BODY_WITHIN_S), suppress(*_BROKEN):
        while len(raw) < ERROR_BODY_AT_MOST_BYTES and (chunk := await response.content.readany()):
            raw += chunk
    return raw


def _body(model: str, prompt: Prompt) -> dict[str, Any]:
    messages = [*prompt.messages, *([Message("assistant", prompt.opening)] if prompt.opening else [])]
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "stream": True,
    }
    if prompt.stop:
        body["stop"] = list(prompt.stop[:STOPS_AT_MOST])
    return body


def _checked(name: str, base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"models.{name}: base_url must begin with http:// or https:// and name a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(f"models.{name}: base_url may carry no user, password or query; name the key with key_env")
    return base_url.rstrip("/")
