"""What stands before every route: who may come in, how much may be sent, and how every answer is dressed.

A plain ASGI callable: streams pass through it untouched, piece by piece.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

from nutgraf.clock import loop_time
from nutgraf.serve.problems import Problem, problem_of, spoken

if TYPE_CHECKING:
    from nutgraf.serve.door import LocalDoor

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
AsgiScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

ACCEPTED_AT = "nutgraf.accepted_at"
BODY_WITHIN_S = 10.0
HEADERS_AT_MOST, HEADERS_AT_MOST_BYTES = 100, 32_768
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_OWN = [(name.encode(), value.encode()) for name, value in {**HEADERS, "cache-control": "no-store"}.items()]


class Entrance(Protocol):
    """Admission: who is let in, before any body is read."""

    async def enter(self, scope: AsgiScope, receive: Receive) -> tuple[Any, Receive]:
        """Let a request in, or raise Problem or Departed; gives its place, and what to receive its messages with."""
        ...

    def leave(self, place: Any) -> None:
        """The request that had this place is over."""
        ...


class Guard:
    """Admits a request through the door, reads its body within limits, and turns every error into JSON."""

    def __init__(self, app: App, door: LocalDoor, gate: Entrance, body_at_most_bytes: int) -> None:
        self._app, self._door, self._gate, self._body_at_most_bytes = app, door, gate, body_at_most_bytes

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[ACCEPTED_AT] = loop_time()
        reply = Reply(send)
        try:
            self._door.admit(scope)
            _check_headers(scope)
            place, receive = await self._gate.enter(scope, receive)
            try:
                body = await self._body(scope, receive)
                await self._app(scope, replayed(body, receive), reply)
            finally:
                self._gate.leave(place)
        except Departed:
            return
        except Cut as exc:  # the server drops the connection when an answer is left without its end
            log.info("connection cut: %s", exc)
        except Exception as exc:
            problem = problem_of(exc)
            if not reply.started:
                await reply.problem(problem, scope["path"])

    async def _body(self, scope: AsgiScope, receive: Receive) -> bytes | None:
        """The body of a request that has one: JSON of a bearable size. None when the method has no body."""
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return None
        kinds = [value for name, value in scope["headers"] if name == b"content-type"]
        if len(kinds) != 1 or kinds[0].split(b";")[0].strip().lower() != b"application/json":
            raise Problem(415, "invalid", "Content-Type must be application/json")
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await self._read(receive)
        except TimeoutError:
            raise Problem(408, "invalid", f"the body did not arrive within {BODY_WITHIN_S:.0f} s") from None
        check_json(body)
        return body

    async def _read(self, receive: Receive) -> bytes:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Departed
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._body_at_most_bytes:
                limit = f"{self._body_at_most_bytes} bytes"
                raise Problem(413, "too-large", f"the body is larger than {limit}; send less")
        return bytes(body)


class Departed(Exception):
    """The client has gone; nobody is left to be answered."""


class Cut(Exception):
    """An answer that had begun cannot go on; the connection ends without its end."""


class Reply:
    """Sends an answer, dressed with the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        """As ASGI's `send`."""
        if message["type"] == "http.response.start":
            self.started = True
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            message = {**message, "headers": given + [own for own in _OWN if own[0] not in names]}
        await self._send(message)

    async def problem(self, problem: Problem, path: str) -> None:
        """Answer with an error, as those who call `path` understand it."""
        kind, body = spoken(path, problem)
        own = {"content-type": kind, "content-length": str(len(body)), **problem.headers}
        headers = [(name.lower().encode(), value.encode()) for name, value in own.items()]
        await self({"type": "http.response.start", "status": problem.status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


def replayed(body: bytes | None, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, then whatever comes."""
    waiting = [] if body is None else [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def check_json(body: bytes) -> None:
    """Raise Problem unless the body is an object in strict JSON: no NaN, no key twice, no bottomless depth."""
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        fault = str(exc) if isinstance(exc, ValueError) and len(str(exc)) < 200 else "it is nested too deeply"
        raise Problem(400, "invalid", f"the body is not JSON that can be read: {fault}") from None
    if not isinstance(value, dict):
        raise Problem(400, "invalid", "the body must be a JSON object")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_headers(scope: AsgiScope) -> None:
    headers = scope["headers"]
    if len(headers) > HEADERS_AT_MOST or sum(len(n) + len(v) for n, v in headers) > HEADERS_AT_MOST_BYTES:
        raise Problem(431, "too-large", f"at most {HEADERS_AT_MOST} headers, {HEADERS_AT_MOST_BYTES} bytes together")
