"""A small model server on the loopback that misbehaves exactly as told, and writes down what happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from nutgraf.testing.wires import Wire, chat_event, wire_for

REQUEST_AT_MOST_BYTES = 4 << 20


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How one request is answered.

    `pieces` are tokens to send and seconds of silence between them. `finish` None leaves the finish reason out,
    `done` False the `[DONE]`. `cut_at_byte` closes the connection after so many bytes of the body. `chunked` False
    ends the body by closing the connection, so that a cut looks like an end. `endless` repeats the pieces until
    the client goes. `error` is sent as an event inside the stream, `raw` as bytes, both after the pieces. `used` is
    told as (tokens read, tokens written). With `body` there is no stream at all: these bytes are the answer. The path
    that is asked for decides about the wire form: `/chat/completions`, `/responses` or `/messages`.
    """

    pieces: Sequence[str | float] = ("Hello", " there", ".")
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    finish: str | None = "stop"
    done: bool = True
    head_after_s: float = 0.0
    cut_at_byte: int | None = None
    chunked: bool = True
    endless: bool = False
    error: Any = None
    raw: bytes = b""
    used: tuple[int, int] | None = None


@dataclass(eq=False)
class Received:
    """One request in the ledger. `closed_by` is None while it is open, then `client`, `provider` or `done`."""

    number: int
    path: str
    headers: dict[str, str]
    prompt: dict[str, Any]
    tokens_sent: int = 0
    closed_by: str | None = None
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class FakeProvider:
    """Use as `async with FakeProvider([...]) as provider`, and point a model at `provider.base_url`.

    `replies` answer one request each, the last one all that follow; or give a function from what was received.
    `ledger` holds every request, `events` what happened in order: `("opened", 1)`, `("token", 1)`, `("client", 1)`.
    """

    def __init__(self, replies: Sequence[Reply] | Callable[[Received], Reply] = (Reply(),)) -> None:
        self.ledger: list[Received] = []
        self.events: list[tuple[str, int]] = []
        self.connections = 0
        self.base_url = ""
        self._replies = replies
        self._server: asyncio.Server | None = None
        self._arrival = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> FakeProvider:
        """Listen on a free port of 127.0.0.1."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 16)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def open_requests(self) -> int:
        """How many requests are being answered now."""
        return sum(received.closed_by is None for received in self.ledger)

    async def arrived(self, number: int) -> Received:
        """Wait until request `number` (from 1) has arrived."""
        while len(self.ledger) < number:
            await self._arrival.wait()
        return self.ledger[number - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with suppress(ConnectionError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                ahead = b""
                while (received := await self._receive(reader, ahead)) is not None:
                    goes_on, ahead = await self._answer(received, reader, writer)
                    if not goes_on:
                        break
        finally:
            self.connections -= 1
            self._tasks.discard(task)
            writer.close()

    async def _receive(self, reader: asyncio.StreamReader, ahead: bytes) -> Received | None:
        head = ahead + await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        size = int(headers.get("content-length", 0))
        if size > REQUEST_AT_MOST_BYTES:
            return None
        body = await reader.readexactly(size)
        received = Received(len(self.ledger) + 1, first.split(" ")[1], headers, json.loads(body) if body else {})
        self.ledger.append(received)
        self.events.append(("opened", received.number))
        self._arrival.set()
        self._arrival = asyncio.Event()
        return received

    async def _answer(
        self, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[bool, bytes]:
        """Send the reply while watching whether the client goes; (whether the connection goes on, bytes read ahead)."""
        reply = self._reply(received)
        sending = asyncio.create_task(self._send(reply, received, writer))
        watching = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({sending, watching}, return_when=asyncio.FIRST_COMPLETED)
            ahead = watching.result() if watching.done() and not watching.exception() else None
            if sending.done() or ahead:
                goes_on = await sending
                self._close(received, "done" if goes_on else "provider")
                return goes_on, ahead or b""
            self._close(received, "client")
            return False, b""
        except ConnectionError:
            self._close(received, "client")
            return False, b""
        finally:
            for task in (sending, watching):
                task.cancel()
            await asyncio.gather(sending, watching, return_exceptions=True)
            if received.closed_by is None:
                self._close(received, "provider")

    def _reply(self, received: Received) -> Reply:
        if callable(self._replies):
            return self._replies(received)
        return self._replies[min(received.number, len(self._replies)) - 1]

    def _close(self, received: Received, by: str) -> None:
        received.closed_by = by
        self.events.append((by, received.number))
        received.closed.set()

    async def _send(self, reply: Reply, received: Received, writer: asyncio.StreamWriter) -> bool:
        """Write head and body; whether the connection can carry another request."""
        await asyncio.sleep(reply.head_after_s)
        headers = {"content-type": "application/json" if reply.body is not None else "text/event-stream"}
        headers |= {"transfer-encoding": "chunked"} if reply.chunked else {"connection": "close"}
        headers |= {name.lower(): value for name, value in reply.headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} Scripted\r\n{head}\r\n".encode("latin-1"))
        left = reply.cut_at_byte
        async with aclosing(self._body(reply, received)) as body:
            async for data in body:
                piece = data if left is None else data[:left]
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if reply.chunked and piece else piece)
                await writer.drain()
                if left is not None and (left := left - len(piece)) <= 0:
                    return False
        writer.write(b"0\r\n\r\n" if reply.chunked else b"")
        await writer.drain()
        return reply.chunked

    async def _body(self, reply: Reply, received: Received) -> AsyncGenerator[bytes]:
        if reply.body is not None:
            yield reply.body
            return
        wire: Wire = wire_for(received.path)
        if begin := wire.begin(reply.used):
            yield begin
        while True:
            for piece in reply.pieces:
                if isinstance(piece, str):
                    received.tokens_sent += 1
                    self.events.append(("token", received.number))
                    yield wire.piece(piece)
                else:
                    await asyncio.sleep(piece)
            if not reply.endless:
                break
            await asyncio.sleep(0)
        if reply.error is not None:
            yield wire.error(reply.error)
        if reply.raw:
            yield reply.raw
        if reply.finish is not None:
            yield wire.finish(reply.finish, reply.used)
        if reply.done and (done := wire.done(reply.used)):
            yield done


#: One chunk of a streamed chat completion, as it stands on the wire.
event = chat_event
