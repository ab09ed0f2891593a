"""A real server on the loopback: what only a real connection can show."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import orjson
import pytest

from nutgraf.errors import InputError
from nutgraf.serve.server import Server, address, listen
from tests.serve.fakes import AMARA, ITEM, Scripted, site_in

BODY = orjson.dumps({"item": ITEM.id, "member": AMARA.id})


@asynccontextmanager
async def served(folder: Path, model: Scripted, **knobs: object) -> AsyncIterator[tuple[Server, int]]:
    """A server on a free port, stopped with the block."""
    with site_in(folder, model, **knobs) as site, listen("127.0.0.1", 0) as listener:
        ready = anyio.Event()
        server = Server(site, ready.set)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server._serve, [listener])
            with anyio.fail_after(20):
                await ready.wait()
            yield server, listener.getsockname()[1]
            server.should_exit = True


class Connection:
    """A client that reads an answer as it comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.got = reader, writer, b""

    @classmethod
    async def ask(cls, port: int, method: str, path: str, body: bytes = b"", accept: str = "*/*") -> "Connection":
        """Send a request."""
        self = cls(*await asyncio.open_connection("127.0.0.1", port))
        head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Accept: {accept}"]
        if body:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.writer.write("\r\n".join([*head, "", ""]).encode() + body)
        return self

    async def until(self, there: Callable[[bytes], bool]) -> bytes:
        """Read until what came fulfils a condition, or the connection ends."""
        with anyio.fail_after(20):
            while not there(self.got) and (piece := await self.reader.read(4096)):
                self.got += piece
        assert there(self.got), self.got
        return self.got

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        await self.writer.wait_closed()


async def test_words_arrive_while_the_model_is_silent(tmp_path: Path) -> None:
    """Over a real connection the first events come before the last, and Stop works from another one."""
    model = Scripted((None,))
    async with served(tmp_path, model) as (_, port):
        stream = await Connection.ask(port, "POST", "/v1/takeaways", BODY, "text/event-stream")
        head = await stream.until(lambda got: b"event: block-start" in got)
        assert b"event: closed" not in head
        stream_id = head.split(b"nutgraf-stream: ")[1].split(b"\r\n")[0].decode()
        stop = await Connection.ask(port, "DELETE", f"/v1/streams/{stream_id}")
        await stop.until(lambda got: b" 204 " in got)
        await stream.until(lambda got: b'"ending":"stopped"' in got and got.endswith(b"0\r\n\r\n"))
        await model.until(lambda: not model.open_now)
        await stop.close()
        await stream.close()


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
async def test_hanging_up_stops_the_model(tmp_path: Path, accept: str) -> None:
    """A client that hangs up, streaming or waiting for a document, ends the work behind it."""
    model = Scripted((None,))
    async with served(tmp_path, model, resume_grace_s=0.0) as (server, port):
        call = await Connection.ask(port, "POST", "/v1/takeaways", BODY, accept)
        await model.until(lambda: model.open_now > 0)
        await call.close()
        await model.until(lambda: not model.open_now)
        assert server._site.hub is not None
        await server._site.hub.idle()


async def test_stopping_the_server_ends_its_streams(tmp_path: Path) -> None:
    """A server that is told to stop gives every reader an ending before it goes."""
    model = Scripted((None,))
    async with served(tmp_path, model) as (server, port):
        calls = [await Connection.ask(port, "POST", "/v1/takeaways", BODY, "text/event-stream") for _ in range(5)]
        await model.until(lambda: model.open_now == 5)
        server.should_exit = True
        for call in calls:
            await call.until(lambda got: b'"ending":"stopped"' in got and got.endswith(b"0\r\n\r\n"))
            await call.close()


def test_an_address_that_is_taken_is_named() -> None:
    """A port in use, a port that is none, and an address others can reach are refused in words."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address(listener) == f"http://127.0.0.1:{port}/"
        with pytest.raises(InputError, match=f"127.0.0.1:{port} cannot be used"):
            listen("127.0.0.1", port)
    with pytest.raises(InputError, match="0 to 65535"):
        listen("127.0.0.1", 70_000)
    with pytest.raises(InputError, match="other machines"):
        listen("0.0.0.0", 0)
