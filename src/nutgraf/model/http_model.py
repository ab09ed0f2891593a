"""What all models behind HTTP share: session, limits, errors. Never retries: who may try again is decided above."""

from __future__ import annotations

import asyncio
import math
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import anyio
import orjson

from nutgraf.clock import loop_time
from nutgraf.errors import InputError, ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent
from nutgraf.http1 import Client, Response, encoded, header_lines
from nutgraf.model.provider_errors import error_kind, error_object, error_text
from nutgraf.model.secret import Secret
from nutgraf.model.wire import WireReader
from nutgraf.orchestration import Usage
from nutgraf.types import Deadline, Prompt

ERROR_BODY_AT_MOST_BYTES = 65_536
ERROR_BODY_WITHIN_S = 0.5
#: A timer that is due by less than this is due.
TIMER_RESOLUTION_S = 1e-3
#: The first words, about a sentence, are read as soon as they come; a longer piece than this is no trickle.
HURRIED_CHARS, TRICKLE_AT_MOST_BYTES = 80, 16_384
#: With so many answers open the words of each are gathered for twice as long, with more for longer yet, up to a limit.
CROWD, CROWDED_AT_MOST = 32, 4.0
SENT_ALWAYS = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}

Fault = Callable[[type[ModelError], str], ModelError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long each part of a request may take, in seconds, and how many requests may be open at once.

    Once an answer has begun, what comes within `gather_s` is read at once: waking up costs more than a token. It is up
    to four times as long while many answers are open.
    """

    connect_s: float = 2.0
    first_token_s: float = 10.0
    between_tokens_s: float = 5.0
    total_s: float = 60.0
    drain_s: float = 0.1
    gather_s: float = 0.05
    connections_at_most: int = 64


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a model is and what it needs; all but the first three fields are for endpoints with habits of their own.

    `key_header` carries the key where the wire form has another one, `api_version` is put into the address (Azure).
    `structured` says that it takes a JSON schema, `prompt_cache` that it wants to be told what may be cached, and
    `no_finish_reason` that it sends none. Fields of the body named in `omit` are left out, those of `extra` put in;
    `max_tokens_as` is another name for `max_tokens`; with `prefill` False an opening is asked for in words.
    """

    base_url: str
    model: str
    key: Secret | None = None
    key_header: str = ""
    api_version: str = ""
    structured: bool = False
    prompt_cache: bool = False
    no_finish_reason: bool = False
    omit: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    max_tokens_as: str = ""
    prefill: bool = True


class HttpModel:
    """A model behind one address, which answers with an event stream; a subclass says in which form.

    Owns its connections, which the first request opens; call `aclose` in the same event loop.
    """

    path = ""
    watches_silence = True

    def __init__(self, name: str, endpoint: Endpoint, limits: Limits | None = None) -> None:
        """InputError when the endpoint's `base_url`, which ends before `path`, is not a plain http(s) address."""
        self.name = name
        self.endpoint = endpoint
        query = f"?{urlencode({'api-version': endpoint.api_version})}" if endpoint.api_version else ""
        self._url = f"{_checked(name, endpoint.base_url)}{self.path}{query}"
        self._target = encoded(re.sub(r"^https?://[^/]*", "", self._url))
        self._limits = limits or Limits()
        self._client: Client | None = None
        self._streaming = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self._url!r}, model={self.endpoint.model!r})"

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The request in this wire form."""
        raise NotImplementedError

    def headers(self) -> dict[str, str]:
        """The headers of this wire form, the one with the key among them."""
        key = self.endpoint.key
        if key is None:
            return {}
        if self.endpoint.key_header:
            return {self.endpoint.key_header: key.reveal()}
        return {"Authorization": f"Bearer {key.reveal()}"}

    def reader(self, prompt: Prompt) -> WireReader:
        """A reader of this wire form for one answer."""
        raise NotImplementedError

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """Open a request; its connection is closed when the block is left before the provider was done.

        Raises ModelBusy, ModelRefused, ModelSilent or ModelCut, from the block or from its iterator.
        """
        self._streaming += 1
        try:
            clock = _Clock(self._limits, deadline, self._streaming)
            response = await self._open(prompt, clock)
            answer = HttpAnswer(response, self.reader(prompt), clock, self._fault)
            try:
                yield answer
            finally:
                answer.stop()
                response.close()
        finally:
            self._streaming -= 1

    async def aclose(self) -> None:
        """Close every connection that is still open."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _open(self, prompt: Prompt, clock: _Clock) -> Response:
        """Send the request and return the response once its head says 200 and an event stream."""
        try:
            response = await self._post(self._dumped(prompt), clock.until)
        except TimeoutError:
            if asyncio.get_running_loop().time() < clock.until - TIMER_RESOLUTION_S:
                raise self._fault(ModelSilent, f"{self._url} cannot be reached (TimeoutError)") from None
            raise self._fault(*clock.late(has_said=False)) from None
        except OSError as exc:
            raise self._fault(ModelSilent, f"{self._url} cannot be reached ({type(exc).__name__})") from None
        response.expire_at(math.inf)  # the answer keeps its own clock
        if response.status == 200 and response.content_type == "text/event-stream":
            return response
        with response:
            raise await self._refusal(response)

    def _dumped(self, prompt: Prompt) -> bytes:
        body = {key: value for key, value in self.body(prompt).items() if key not in self.endpoint.omit}
        if self.endpoint.max_tokens_as and "max_tokens" in body:
            body[self.endpoint.max_tokens_as] = body.pop("max_tokens")
        try:
            return orjson.dumps(body | dict(self.endpoint.extra))
        except orjson.JSONEncodeError:
            raise self._fault(ModelRefused, "the prompt holds characters that cannot be sent") from None

    async def _post(self, body: bytes, until: float) -> Response:
        if self._client is None:
            limits = self._limits
            self._client = Client(
                self._url, connections_at_most=limits.connections_at_most, connect_within_s=limits.connect_s
            )
        try:
            head = header_lines(SENT_ALWAYS | self.headers())
        except ValueError:
            raise self._fault(ModelDenied, "its key holds characters that cannot be sent") from None
        return await self._client.request("POST", self._target, head, body, until=until)

    async def _refusal(self, response: Response) -> ModelError:
        """The error that a response without an event stream stands for."""
        raw = await _read_some(response)
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError:
            found = None
        error = error_object(found)
        if response.status == 200 and error is None:
            return self._fault(ModelRefused, "answered 200 without an event stream; check its base_url")
        wait_s = _seconds(response.headers.get("retry-after", ""))
        asked = f", asked to wait {wait_s:.0f} s" if wait_s is not None else ""
        words = f": {error_text(error, self.hide)}" if error is not None else ""
        fault = self._fault(error_kind(error, response.status), f"status {response.status}{asked}{words}")
        if isinstance(fault, ModelBusy):
            fault.retry_after_s = wait_s
        return fault

    def _fault(self, kind: type[ModelError], what: str) -> ModelError:
        return kind(f"model {self.name}: {what}")

    def hide(self, text: str) -> str:
        """The text with the key taken out."""
        return self.endpoint.key.scrub(text) if self.endpoint.key is not None else text


class _Clock:
    """The moment by which the provider must say something next, on the clock of the event loop."""

    def __init__(self, limits: Limits, deadline: Deadline, streaming: int) -> None:
        now = loop_time()
        self._between_s = limits.between_tokens_s
        self._whole = deadline.sooner(now + limits.total_s)
        self.drain_s = limits.drain_s
        self.gather_s = limits.gather_s * min(1.0 + streaming / CROWD, CROWDED_AT_MOST)
        self.until = self._whole.sooner(now + limits.first_token_s).at

    def heard(self, now: float) -> None:
        """The provider said something: its next silence begins now."""
        self.until = min(self._whole.at, now + self._between_s)

    def late(self, *, has_said: bool) -> tuple[type[ModelError], str]:
        """What a limit that passed means."""
        if self.until < self._whole.at:
            return ModelSilent, "silent for longer than its limit"
        if has_said:
            return ModelCut, "not done at the deadline"
        return ModelSilent, "said nothing before the deadline"


class HttpAnswer:
    """The pieces of one answer as they arrive; ends, or raises once what came before has been read."""

    def __init__(self, response: Response, reader: WireReader, clock: _Clock, fault: Fault) -> None:
        self._response = response
        self._reader = reader
        self._clock = clock
        self._fault = fault
        self._ready: deque[str] = deque()
        self._has_said = self._reading = self._expired = False
        self._chars = 0
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def usage(self) -> Usage | None:
        """What the provider says it used, once it has said so."""
        return self._reader.usage

    @property
    def finish(self) -> str:
        """`stop` or `length` once the answer has ended."""
        return self._reader.finish

    def __aiter__(self) -> HttpAnswer:
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
        self._watch()
        self._reading = True
        try:
            chunk = await self._response.read()
        except OSError as exc:
            self._reader.failure = ModelCut(f"the connection broke ({type(exc).__name__})")
            if self._expired:
                kind, what = self._clock.late(has_said=self._has_said)
                self._reader.failure = kind(what)
            return
        finally:
            self._reading = False
        if chunk:
            if pieces := self._reader.feed(chunk):  # what came together goes on together
                self._ready.append("".join(pieces))
                self._chars += len(self._ready[-1])
                if self._chars > HURRIED_CHARS and len(chunk) < TRICKLE_AT_MOST_BYTES:
                    self._rest()
            if self._reader.alive:
                self._clock.heard(self._loop.time())
        else:
            self._reader.close()

    def _rest(self) -> None:
        """Let what comes next gather in the socket for a moment."""
        if self._clock.gather_s and not self._reader.ended:
            self._response.rest(self._clock.gather_s)

    def stop(self) -> None:
        """Forget the timer; the answer is not read any further."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        """See that a timer runs that is due no later than the limit: one for many chunks, since most limits move."""
        if self._timer is None or self._timer.when() > self._clock.until:
            self.stop()
            self._timer = self._loop.call_at(self._clock.until, self._due)

    def _due(self) -> None:
        """The timer is due: break off a read that has waited for too long, and let the others go on."""
        self._timer = None
        if not self._reading:
            return
        if self._loop.time() < self._clock.until - TIMER_RESOLUTION_S:
            self._watch()
            return
        self._expired = True
        self._response.fail(TimeoutError())

    async def _drain(self) -> None:
        """Read on to the end of the stream, briefly: for the usage, and so that the connection can be used again."""
        if self._reader.cut_short:
            return
        if self._response.whole:
            self._reader.feed(await self._response.read())
            return
        with anyio.move_on_after(self._clock.drain_s), suppress(OSError):
            while chunk := await self._response.read():
                self._reader.feed(chunk)


async def _read_some(response: Response) -> bytes:
    """The first bytes of a body, as far as they come soon."""
    raw = b""
    with anyio.move_on_after(ERROR_BODY_WITHIN_S), suppress(OSError):
        while len(raw) < ERROR_BODY_AT_MOST_BYTES and (chunk := await response.read()):
            raw += chunk
    return raw


def _seconds(header: str) -> float | None:
    """Seconds of a Retry-After header; None when it has none, or a date, which asks for a clock that we share."""
    return float(header) if re.fullmatch(r"\d{1,5}(\.\d{1,3})?", header.strip()) else None


def _checked(name: str, base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"models.{name}: base_url must begin with http:// or https:// and name a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(f"models.{name}: base_url may carry no user, password or query; name the key with key_env")
    return base_url.rstrip("/")
