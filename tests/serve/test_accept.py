"""How connections are taken: all that wait in one turn, whichever loop serves."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import uvicorn

from nutgraf.serve.accept import Taking, best_loop

uvloop = pytest.importorskip("uvloop")
WAITING = 40

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        yield listener


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers everything."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def turns(kind: type[uvicorn.Server], listener: socket.socket) -> int:
    """Turns of the loop until all of WAITING connections have been taken and answered."""
    config = uvicorn.Config(app, http="httptools", ws="none", lifespan="off", log_config=None)
    config.load()
    server = kind(config)
    server.lifespan = config.lifespan_class(config)
    with ExitStack() as clients:
        waiting = [clients.enter_context(socket.create_connection(listener.getsockname())) for _ in range(WAITING)]
        for one in waiting:
            one.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await server.startup([listener])
        taken = 0
        while server.server_state.total_requests < WAITING and taken < 1_000:
            await asyncio.sleep(0)
            taken += 1
        for one in waiting:
            one.setblocking(False)
            assert (await asyncio.get_running_loop().sock_recv(one, 15)).startswith(b"HTTP/1.1 200")
        await server.shutdown([listener])
    return taken


async def test_all_that_wait_are_taken_at_once(listener: socket.socket) -> None:
    """Forty connections that wait are taken and answered within a few turns, on both loops."""
    assert await turns(Taking, listener) <= 12


async def test_without_it_uvloop_takes_one_a_turn(listener: socket.socket, anyio_backend: Any) -> None:
    """Control: uvloop's own server needs a turn for each connection."""
    if not anyio_backend[1]["use_uvloop"]:
        pytest.skip("asyncio's own server takes them all")
    assert await turns(uvicorn.Server, listener) >= WAITING


def test_the_loop_is_the_fast_one() -> None:
    """Where uvloop is installed it serves."""
    assert best_loop() == "uvloop"
