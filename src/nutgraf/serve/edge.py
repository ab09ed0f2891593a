"""The lean server: answers and nothing else, for hosts that bring their own members, items and sources.

The same pipeline, hub, door, guard and admission as the whole server, without its store, pages and web framework: about
a third of the memory. A host writes a module that makes the application, and runs it with `run_edge`.
"""

from __future__ import annotations

import gc
import inspect
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import anyio
import orjson

from nutgraf.decide.limiter import LimitRules
from nutgraf.errors import InputError, ModelBusy
from nutgraf.serve.admission import OVERLOADED, Gate
from nutgraf.serve.answers import Asked, start
from nutgraf.serve.door import LocalDoor, check_bind, reader_scope
from nutgraf.serve.guard import ACCEPTED_AT, Guard
from nutgraf.serve.problems import Problem
from nutgraf.serve.streams import OwnEvents, Pace, send_document, send_events
from nutgraf.stream.hub import Hub
from nutgraf.stream.sse import MEDIA_TYPE, is_foreign, number_after

if TYPE_CHECKING:
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.serve.guard import AsgiScope, Receive, Send
    from nutgraf.stream.live import Reader
    from nutgraf.types import Item, Member

log = logging.getLogger(__name__)

#: A record by its id; NotFound when there is none. A plain function is called on the event loop, so it must be quick.
ItemOf = Callable[[str], "Item | Awaitable[Item]"]
MemberOf = Callable[[str], "Member | Awaitable[Member]"]
TEXT = "a text of 1 to {0} characters"
ID_AT_MOST_CHARS, WITHOUT_AT_MOST = 200, 200
GRACEFUL_S, CLOSE_WITHIN_S, CONNECTIONS_AT_MOST, BACKLOG = 5, 2.0, 4_096, 2_048
#: Cyclic garbage is looked for each time so many objects are new, and among older ones at every so many of these times.
COLLECTED_EVERY = (5_000, 10, 20)
STREAMS, HEALTH = "/v1/streams/", "/healthz"


def edge_app(rooms: Rooms, *, item_of: ItemOf, member_of: MemberOf | None = None, gate: Gate | None = None) -> Edge:
    """The ASGI application that answers from `rooms`: `/v1/takeaways`, `/v1/ask`, `/v1/streams/{id}`, `/healthz`.

    It is for one event loop, closes the models and sources of `rooms` at its end, and keeps streams in memory only.
    Without `member_of` nobody can be asked for. Connections come from this machine alone, as for the whole server.
    `gate` says how many answers may be under way; without one the settings do.
    """
    settings = rooms.settings
    gate = gate or Gate(LimitRules(at_most=settings.work_at_most_points), deadline_s=settings.deadline_s)
    return Edge(_Desk(rooms, item_of, member_of), gate)


@dataclass(eq=False)
class _Desk:
    """What the routes share."""

    rooms: Rooms
    item_of: ItemOf
    member_of: MemberOf | None
    door: LocalDoor = field(default_factory=LocalDoor)
    hub: Hub | None = None

    def __post_init__(self) -> None:
        settings = self.rooms.settings
        self.pace = Pace(settings.write_within_s, settings.heartbeat_every_s)

    @property
    def streams(self) -> Hub:
        """The hub; ModelBusy before the server has started and after it has ended."""
        if self.hub is None:
            raise ModelBusy("the server is not running; try again in a few seconds")
        return self.hub

    async def about(self, body: _Body) -> tuple[Item, Member | None]:
        """The item and the member of a request; NotFound when there is none."""
        item = self.item_of(body.item)
        item = await item if inspect.isawaitable(item) else item
        if body.member is None:
            return item, None
        if self.member_of is None:
            raise InputError("member: this server knows no members; leave it out")
        member = self.member_of(body.member)
        return item, await member if inspect.isawaitable(member) else member

    async def open(
        self, body: _Body, about: tuple[Item, Member | None], scope: AsgiScope, *, resumable: bool
    ) -> tuple[str, Reader]:
        """Start the answer and follow it from its beginning."""
        item, member = about
        reader = reader_scope(member)
        asked = Asked(
            item=item, member=member, scope=reader, accepted_at=scope[ACCEPTED_AT],
            deadline_s=self.rooms.settings.deadline_s if body.deadline_ms is None else body.deadline_ms / 1000,
            question=body.question, agent=body.agent, resumable=resumable, without=body.without,
            overloaded=scope.get(OVERLOADED, False),
        )  # fmt: skip
        stream_id = start(self.streams, self.rooms, asked)
        self.door.remember(stream_id, reader.member)
        return stream_id, await self.streams.follow(reader, stream_id)


class Edge(Guard):
    """The application as `edge_app` makes it: the guard before the routes, and the life of the hub behind them."""

    def __init__(self, desk: _Desk, gate: Gate) -> None:
        super().__init__(partial(_routed, desk), desk.door, gate, desk.rooms.settings.body_at_most_bytes)
        self._desk = desk

    def stop_streams(self) -> None:
        """Give every stream that runs its ending, and start no more."""
        if self._desk.hub is not None:
            self._desk.hub.stop_all()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the application."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await super().__call__(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        settings = self._desk.rooms.settings
        hub = Hub(resume_grace_s=settings.resume_grace_s, replay_within_s=settings.replay_within_s)
        if self._desk.rooms.gateway is not None:
            await self._desk.rooms.gateway.load()
        async with hub:
            self._desk.hub = hub
            await send({"type": "lifespan.startup.complete"})
            await receive()
        self._desk.hub = None
        with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
            await _closed(self._desk.rooms)
        await send({"type": "lifespan.shutdown.complete"})


async def _closed(rooms: Rooms) -> None:
    """Let go of the models, and of the sources that hold connections."""
    if rooms.gateway is not None:
        await rooms.gateway.aclose()
    for source in rooms.skills:
        if (close := getattr(source, "aclose", None)) is not None:
            await close()


async def _routed(desk: _Desk, scope: AsgiScope, receive: Receive, send: Send) -> None:
    """The routes. Raises Problem for what there is none for."""
    method, path = scope["method"], scope["path"]
    if path in ("/v1/takeaways", "/v1/ask"):
        _allow(method, "POST")
        message = await receive()  # the whole body, which the guard has read
        body = _Body.of(message["body"], asks=path == "/v1/ask")
        await _answer(desk, body, scope, receive, send)
    elif path.startswith(STREAMS) and 0 < len(path) - len(STREAMS) <= ID_AT_MOST_CHARS:
        _allow(method, "GET", "DELETE")
        await _stream(desk, unquote(path[len(STREAMS) :]), scope, receive, send)
    elif path == HEALTH:
        _allow(method, "GET")
        await _reply(send, 200, b'{"status":"ok"}')
    else:
        raise Problem(404, "not-found", "Not Found")


def _allow(method: str, *methods: str) -> None:
    if method not in methods:
        raise Problem(405, "not-allowed", "Method Not Allowed", headers={"Allow": ", ".join(methods)})


async def _answer(desk: _Desk, body: _Body, scope: AsgiScope, receive: Receive, send: Send) -> None:
    streamed = MEDIA_TYPE in _header(scope, b"accept")
    about = await desk.about(body)
    opening = partial(desk.open, body, about, scope, resumable=streamed)
    if streamed:
        await send_events(receive, send, desk.pace, opening)
    else:
        await send_document(receive, send, desk.pace, opening, about)


async def _stream(desk: _Desk, stream: str, scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Follow a stream, or stop it."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    reader = desk.door.stream_scope(stream, query.get("member", [None])[0])
    if scope["method"] == "DELETE":
        await desk.streams.stop(reader, stream)
        await _reply(send, 204, b"")
        return
    last = _header(scope, b"last-event-id") or query.get("after", [""])[0]

    async def opening() -> tuple[str, Reader]:
        return stream, await desk.streams.follow(reader, stream, number_after(stream, last))

    await send_events(receive, send, desk.pace, opening, partial(OwnEvents, forget=is_foreign(stream, last)))


def _header(scope: AsgiScope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _reply(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())] if body else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True, kw_only=True)
class _Body:
    """What a request asks for: the fields of the whole server's bodies, and `agent`; other models cannot be named."""

    item: str
    member: str | None = None
    without: frozenset[str] = frozenset()
    deadline_ms: float | None = None
    question: str | None = None
    agent: str | None = None

    @classmethod
    def of(cls, raw: bytes, *, asks: bool) -> _Body:
        """Read a body. Raises InputError naming the first field that is wrong."""
        found = orjson.loads(raw)
        known = ("item", "member", "without", "deadline_ms", *(("question", "agent") if asks else ()))
        if unknown := found.keys() - set(known):
            raise InputError(f"{min(unknown)}: not known here; known are {', '.join(known)}")
        for name in ("item", *(("question",) if asks else ())):
            if found.get(name) is None:
                raise InputError(f"{name}: is missing; it must be {TEXT.format(ID_AT_MOST_CHARS)}")
        for name in ("item", "member", "agent"):
            _check_text(name, found.get(name))
        if "question" in found and not isinstance(found["question"], str):
            raise InputError("question: must be a text")
        ms = found.get("deadline_ms")
        if ms is not None and (isinstance(ms, bool) or not isinstance(ms, (int, float))):
            raise InputError("deadline_ms: must be a number of milliseconds")
        return cls(**{**found, "without": _ids(found.get("without", ()))})


def _check_text(name: str, value: Any) -> None:
    if value is not None and not (isinstance(value, str) and 0 < len(value) <= ID_AT_MOST_CHARS):
        raise InputError(f"{name}: must be {TEXT.format(ID_AT_MOST_CHARS)}")


def _ids(found: Any) -> frozenset[str]:
    if not isinstance(found, (list, tuple)) or len(found) > WITHOUT_AT_MOST:
        raise InputError(f"without: must be a list of at most {WITHOUT_AT_MOST} ids of the member's facts")
    for one in found:
        if not isinstance(one, str):
            raise InputError("without: every id must be a text")
    return frozenset(found)


def run_edge(app: Edge, *, host: str = "127.0.0.1", port: int = 8600, **options: Any) -> None:
    """Serve `app` at a loopback address until the process is interrupted; every reader gets an ending.

    `options` are uvicorn's. With uvloop installed it is the event loop: an answer costs far less processor time there.
    Raises InputError for an address that may not be used, OSError for one that cannot be.
    """
    import uvicorn

    from nutgraf.serve.accept import Taking, best_loop
    from nutgraf.serve.wire import OneWrite

    class Server(Taking):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            gc.collect()
            gc.freeze()  # what is there now stays: it need not be looked through again
            gc.set_threshold(*COLLECTED_EVERY)
            if detector := sys.modules.get("sniffio"):  # where it is installed anyio asks it at every step
                detector.thread_local.name = "asyncio"

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.stop_streams()
            await super().shutdown(sockets)

    check_bind(host)
    settings: Mapping[str, Any] = {
        "loop": best_loop(), "http": OneWrite, "ws": "none", "lifespan": "on", "log_config": None, "access_log": False,
        "server_header": False, "proxy_headers": False, "limit_concurrency": CONNECTIONS_AT_MOST,
        "timeout_graceful_shutdown": GRACEFUL_S, **options,
    }  # fmt: skip
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=BACKLOG) as listener:
        Server(uvicorn.Config(app, **settings)).run([listener])
