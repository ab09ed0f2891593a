"""Readers of event streams over real connections: ones that are cut off, and ones that take nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

import anyio.lowlevel

from nutgraf.serve.server import Server
from nutgraf.stream.live import Feed

__all__ = ["Feed", "Frames", "Stalled", "ask_kept", "follow"]

MEMBER = "amara-okafor"
#: A socket of a stalled reader takes about so much before it is full.
TAKES_BYTES = 4_096


class Chunks:
    """Takes the pieces of a chunked body out of what comes over a connection."""

    def __init__(self) -> None:
        self._waiting, self._left, self.ended = b"", 0, False

    def feed(self, data: bytes) -> bytes:
        """The body in these bytes."""
        self._waiting += data
        body = b""
        while self._waiting and not self.ended:
            if not self._left:
                line, found, rest = self._waiting.partition(b"\r\n")
                if not found:
                    break
                size = int(line, 16)
                self.ended = not size
                self._left, self._waiting = size + 2, rest
            piece, self._waiting = self._waiting[: self._left], self._waiting[self._left :]
            kept = max(0, self._left - 2)
            body += piece[:kept]
            self._left -= len(piece)
        return body


class Frames:
    """What a reader has: whole frames with their ids, and the torn one at the end."""

    def __init__(self) -> None:
        self.whole: list[bytes] = []
        self.ids: list[str] = []
        self.torn = b""

    @property
    def ended(self) -> bool:
        """Whether the ending is there."""
        return bool(self.whole) and b"\nevent: closed\n" in self.whole[-1]

    def feed(self, body: bytes) -> None:
        """Take bytes of the body; comments are passed over."""
        *frames, self.torn = (self.torn + body).split(b"\n\n")
        for frame in frames:
            if frame.startswith(b"id: "):
                self.whole.append(frame + b"\n\n")
                self.ids.append(frame[4:].partition(b"\n")[0].decode())

    def forget_the_torn(self) -> None:
        """Drop what is no whole frame, as a client does when its connection is lost."""
        self.torn = b""


async def follow(
    port: int, stream: str, frames: Frames, *, until: Callable[[], bool] = lambda: False, at_byte: int | None = None
) -> None:
    """Follow a stream from behind the last frame; hang up when `until` holds, or behind so many bytes of the answer."""
    last = f"Last-Event-ID: {frames.ids[-1]}\r\n" if frames.ids else ""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_request("GET", f"/v1/streams/{stream}?member={MEMBER}", port, last))
        head = await reader.readuntil(b"\r\n\r\n")
        chunks, got = Chunks(), 0
        assert b" 200 " in head.partition(b"\r\n")[0], head
        while not (until() or chunks.ended or frames.ended):
            data = await reader.read(16_384 if at_byte is None else max(1, min(16_384, at_byte - got)))
            got += len(data)
            frames.feed(chunks.feed(data))
            if not data or (at_byte is not None and got >= at_byte):
                break
    finally:
        writer.close()


async def ask_kept(port: int, wanted: Sequence[tuple[str, str]]) -> list[int]:
    """The statuses of requests, one after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for method, path in wanted:
        writer.write(_request(method, path, port))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        await reader.readexactly(int(length.partition(b":")[2]))
        found.append(int(head.split(b" ", 2)[1]))
    writer.close()
    return found


class Stalled:
    """A connection whose reader asked for a stream and takes nothing of it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @classmethod
    async def attach(cls, port: int, stream: str) -> Stalled:
        """Ask for the stream, with hardly any room for the answer."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TAKES_BYTES)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(connection, _request("GET", f"/v1/streams/{stream}?member={MEMBER}", port))
        await anyio.lowlevel.checkpoint()
        return cls(connection)

    @staticmethod
    def narrow(server: Server) -> None:
        """Let the kernel keep little for connections to come, so that what is kept is kept in the server."""
        for listener in (one for each in server.servers for one in each.sockets):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, TAKES_BYTES)

    @staticmethod
    def queued(server: Server) -> list[int]:
        """How many bytes the server keeps for each connection that is not gone."""
        return [_inner(one.transport).get_write_buffer_size() for one in server.server_state.connections]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _inner(transport: Any) -> asyncio.WriteTransport:
    inner: asyncio.WriteTransport = getattr(transport, "_inner", transport)
    return inner


def _request(method: str, path: str, port: int, more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}\r\n".encode()
