"""The routes that stream: ready bytes straight to `send`, with an eye on whether anybody is still there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import anyio
from starlette.responses import Response

from nutgraf.events import PROTOCOL
from nutgraf.serve.guard import AsgiScope, Cut, Departed, Receive, Send
from nutgraf.stream.document import fold
from nutgraf.stream.live import Reader
from nutgraf.stream.log import Entry, to_json
from nutgraf.stream.sse import COMMENT, MEDIA_TYPE, encode, reset

if TYPE_CHECKING:
    from nutgraf.types import Item, Member

log = logging.getLogger(__name__)

#: Opens a stream and gives its id and a reader of it.
Open = Callable[[], Awaitable[tuple[str, Reader]]]
Json = dict[str, Any]
DOCUMENT_HEADERS = {"content-type": "application/json"}
#: So much is handed over at a time; together with what the connection keeps, a reader costs no more than 64 KiB.
WRITE_AT_MOST_BYTES = 16_384


@dataclass(frozen=True)
class Pace:
    """How long a reader may take to accept one write, and how long we may be silent, in seconds."""

    write_within_s: float
    heartbeat_every_s: float


class _Client:
    """Who is answered: work for it goes on while it is there and takes what is written. One timer watches all writes.

    Keeps nothing of its own beside what waits for the connection.
    """

    __slots__ = ("_began", "_cut", "_loop", "_scope", "_send", "_timer", "_within_s")

    def __init__(self, send: Send, within_s: float) -> None:
        self._send, self._within_s = send, within_s
        self._scope = anyio.CancelScope()
        self._loop = asyncio.get_running_loop()
        self._cut = False
        self._began: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def answered(self, receive: Receive, work: Callable[[_Client], Awaitable[None]]) -> None:
        """Do `work`, which is cancelled when the client goes (Departed) or one write takes too long (Cut)."""
        watcher = self._loop.create_task(_gone(receive))
        watcher.add_done_callback(self._left)
        try:
            with self._scope:
                await work(self)
                return
        finally:
            watcher.cancel()
            if self._timer is not None:
                self._timer.cancel()
        if self._cut:
            raise Cut(f"the reader did not take what was written within {self._within_s:g} s")
        raise Departed

    async def write(self, message: dict[str, object]) -> None:
        """Send a message, as ASGI's `send`."""
        self._began = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._within_s, self._look)
        await self._send(message)
        self._began = None

    def _left(self, watcher: asyncio.Task[None]) -> None:
        if not watcher.cancelled():
            if trouble := watcher.exception():
                log.error("the connection of a reader broke", exc_info=trouble)
            self._scope.cancel("the client has gone")

    def _look(self) -> None:
        """Break off a write that has taken too long; look again when the one under way would have."""
        now = self._loop.time()
        if self._began is not None and now >= self._began + self._within_s:
            self._cut = True
            self._scope.cancel("the reader does not take what is written")
            return
        self._timer = self._loop.call_at((self._began or now) + self._within_s, self._look)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Wire(Protocol):
    """How a stream looks to its reader: headers of its own, and an encoder."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What its clients look for in the headers of the answer."""
        ...

    def feed(self, entry: Entry) -> bytes:
        """The bytes of the next entry, empty when there are none for it."""
        ...


class OwnEvents:
    """Our own events. A reader whose last id was of no use is told to forget what it has."""

    def __init__(self, stream_id: str, *, forget: bool = False) -> None:
        self.headers = {"nutgraf-protocol": PROTOCOL}
        self._stream_id, self._first = stream_id, reset(stream_id) if forget else b""

    def feed(self, entry: Entry) -> bytes:
        """The frame of the next entry."""
        first, self._first = self._first, b""
        return first + encode(self._stream_id, entry)


async def send_events(
    receive: Receive, send: Send, pace: Pace, opening: Open, wire: Callable[[str], Wire] = OwnEvents
) -> None:
    """Answer with a stream's events until its end. The stream's owner goes on without us when the client leaves.

    At most WRITE_AT_MOST_BYTES wait for the client at any time.
    """

    async def work(client: _Client) -> None:
        stream_id, reader = await opening()
        encoder, write = wire(stream_id), client.write
        with reader:
            headers = {
                "content-type": f"{MEDIA_TYPE}; charset=utf-8", "cache-control": "no-store, no-transform",
                "x-accel-buffering": "no", "nutgraf-stream": stream_id, **encoder.headers,
            }  # fmt: skip
            status = 204 if reader.at_end else 200
            await asyncio.sleep(0)  # a stream that has just been started says its first words now: one write for both
            await write(_start(status, headers))
            while (batch := await reader.batch(pace.heartbeat_every_s)) is not None:
                for piece in _pieces(map(encoder.feed, batch)) if batch else (COMMENT,):
                    await write(_piece(piece, more=True))
                    if len(piece) > WRITE_AT_MOST_BYTES // 2:
                        await asyncio.sleep(0)  # what is written in one turn goes out together
            await write(_piece(b"", more=False))

    await _Client(send, pace.write_within_s).answered(receive, work)


def _pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    """The frames in pieces of a bearable size, made as they are asked for."""
    waiting = b""
    for one in frames:
        if waiting and len(waiting) + len(one) > WRITE_AT_MOST_BYTES:
            yield waiting
            waiting = b""
        waiting += one
        while len(waiting) > WRITE_AT_MOST_BYTES:
            yield waiting[:WRITE_AT_MOST_BYTES]
            waiting = waiting[WRITE_AT_MOST_BYTES:]
    if waiting:
        yield waiting


async def send_whole(
    receive: Receive, send: Send, pace: Pace, opening: Open, fold: Callable[[str, Sequence[Entry]], tuple[int, Json]]
) -> None:
    """Answer with one JSON document that a stream's entries give once it has ended.

    `fold` gets the stream's id and its entries, and gives the status and the document.
    """

    async def work(client: _Client) -> None:
        stream_id, reader = await opening()
        with reader:
            entries = [entry async for batch in reader for entry in batch]
        status, value = fold(stream_id, entries)
        body = to_json(value)
        headers = {**DOCUMENT_HEADERS, "content-length": str(len(body)), "nutgraf-stream": stream_id}
        await client.write(_start(status, headers))
        await client.write(_piece(body, more=False))

    await _Client(send, pace.write_within_s).answered(receive, work)


async def send_document(
    receive: Receive, send: Send, pace: Pace, opening: Open, about: tuple[Item, Member | None]
) -> None:
    """Answer with the document that a stream's events fold into, once it has ended."""
    await send_whole(receive, send, pace, opening, lambda _, entries: (200, fold(entries, *about)))


def _start(status: int, headers: dict[str, str]) -> dict[str, object]:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


def _piece(body: bytes, *, more: bool) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": more}


class Streaming(Response):
    """Lets a route of the web framework hand the connection over to one of the functions above."""

    def __init__(self, answer: Callable[[Receive, Send], Awaitable[None]]) -> None:
        super().__init__()
        self._answer = answer

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """As a response of the framework."""
        await self._answer(receive, send)
