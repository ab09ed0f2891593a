"""What is written in one turn of the loop goes out as one piece, whole and in order."""

import asyncio
from typing import Any

import anyio
import uvicorn

from nutgraf.serve.guard import AsgiScope, Receive, Send
from nutgraf.serve.wire import WAITING_AT_MOST_BYTES, Gathering, OneWrite


class Recorder(asyncio.Transport):
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        """Keep it."""
        assert not self.closed
        self.pieces.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        """Nothing waits here."""
        return 0

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close."""
        self.closed = True

    abort = close


async def test_one_turn_is_one_piece() -> None:
    """Pieces of one turn are joined; those of the next are sent with the next; closing sends what waits first."""
    inner = Recorder()
    wire = Gathering(inner, asyncio.get_running_loop())
    wire.write(b"a")
    wire.write(bytearray(b"b"))
    assert inner.pieces == []
    await anyio.lowlevel.checkpoint()
    wire.write(b"c")
    wire.close()
    await anyio.lowlevel.checkpoint()

    assert inner.pieces == [b"ab", b"c"]
    assert wire.is_closing()


async def test_much_does_not_wait() -> None:
    """A writer that does not pause cannot pile up more than the limit here; below it the kernel's window governs."""
    inner = Recorder()
    wire = Gathering(inner, asyncio.get_running_loop())
    for _ in range(3):
        wire.write(b"x" * (WAITING_AT_MOST_BYTES // 2))

    assert [len(piece) for piece in inner.pieces] == [WAITING_AT_MOST_BYTES]
    wire.abort()
    await anyio.lowlevel.checkpoint()
    assert len(inner.pieces) == 1


async def test_answers_arrive_whole() -> None:
    """Over a real connection head and body come together, and a kept-alive connection serves the next request."""

    async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"he", "more_body": True})
        await send({"type": "http.response.body", "body": b"llo"})

    config = uvicorn.Config(app, loop="asyncio", http=OneWrite, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = uvicorn.server.ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: OneWrite(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = await reader.readuntil(b"hello")
            assert answer.startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()
