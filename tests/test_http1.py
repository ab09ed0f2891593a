"""The lean HTTP client against a server of bytes: framing, kept connections, limits, cancels that poison nothing."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from nutgraf.http1 import BUFFER_AT_MOST_BYTES, Broken, Client, header_lines

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HANGS = b""

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", pytest.param("uvloop", marks=pytest.mark.skipif("sys.platform == 'win32'"))])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops on which servers run."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


class Server:
    """Answers the n-th request on all its connections with `say(n)`; a None closes the connection instead."""

    def __init__(self, say: Callable[[int], bytes | None]) -> None:
        self.say, self.asked, self.connections = say, list[bytes](), 0
        self.open = 0
        self.writers = list[asyncio.StreamWriter]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.writers.append(writer)
        try:
            while True:
                self.asked.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.say(len(self.asked))
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if b"close" in answer:
                    break
            writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        finally:
            self.open -= 1


@asynccontextmanager
async def served(say: Callable[[int], bytes | None], **options: float) -> AsyncIterator[tuple[Server, Client]]:
    """A server and a client of it."""
    server = Server(say)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", **options)  # type: ignore[arg-type]
    try:
        yield server, client
    finally:
        await client.aclose()
        listening.close()
        for writer in server.writers:
            writer.close()
        await listening.wait_closed()


async def whole(client: Client, method: str = "GET", target: str = "/", until: float = math.inf) -> bytes:
    """The whole body of one answer."""
    with await client.request(method, target, b"", until=until) as response:
        raw = b""
        while piece := await response.read():
            raw += piece
        return raw


async def test_a_connection_is_kept_for_the_next_request() -> None:
    """Ten requests one after another need one connection."""
    async with served(lambda n: OK) as (server, client):
        for _ in range(10):
            assert await whole(client) == b"ok"

        assert (server.connections, client.open_connections) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        CHUNKED + b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.0 200 OK\r\n\r\nok<close>",
    ],
)
async def test_every_framing_is_read_to_its_end(answer: bytes) -> None:
    """Chunks, a length, an end of the connection, and an interim answer before all of it."""
    async with served(lambda n: answer) as (_, client):
        assert (await whole(client)).removesuffix(b"<close>") == b"ok"
        assert (await whole(client)).removesuffix(b"<close>") == b"ok"


async def test_a_body_that_is_cut_is_broken() -> None:
    """A connection that ends before the length that was told, or inside a chunk, is an error and never an end."""
    for cut in (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nok", CHUNKED + b"9\r\nclose"):
        async with served(lambda n, cut=cut: cut) as (_, client):  # type: ignore[misc]
            with pytest.raises(Broken):
                await whole(client)


@pytest.mark.parametrize("junk", [b"SSH-2.0 hello\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X-Long: y\r\n" * 20_000])
async def test_what_is_no_answer_is_broken(junk: bytes) -> None:
    """Other protocols and heads without an end are refused, and their connection is closed."""
    async with served(lambda n: junk) as (_, client):
        with pytest.raises(Broken):
            await whole(client)
        await asyncio.sleep(0)

        assert client.open_connections == 0


async def test_a_kept_connection_that_was_closed_is_opened_anew_where_that_is_safe() -> None:
    """A GET whose kept connection dies unanswered is asked once more; a POST is not, as it may have done its work."""
    async with served(lambda n: None if n == 2 else OK) as (server, client):
        await whole(client)
        assert await whole(client) == b"ok"
        assert server.connections == 2
    async with served(lambda n: None if n == 2 else OK) as (server, client):
        await whole(client)
        with pytest.raises(Broken):
            await whole(client, "POST")
        assert await whole(client) == b"ok"


async def test_the_moment_counts_for_head_and_body() -> None:
    """A server that says nothing, or stops in the middle, is given up at the moment, and its place is free again."""
    for silence in (HANGS, CHUNKED + b"1\r\no\r\n"):
        async with served(lambda n, s=silence: s if n == 1 else OK, connections_at_most=1) as (_, client):  # type: ignore[misc]
            with pytest.raises(TimeoutError):
                await whole(client, until=asyncio.get_running_loop().time() + 0.02)
            assert await whole(client) == b"ok"


async def test_a_cancel_in_any_phase_frees_the_place() -> None:
    """After 60 cancels, before the head and inside the body, one place still serves and nothing is open."""
    async with served(lambda n: (HANGS, CHUNKED + b"1\r\no\r\n")[n % 2] if n <= 60 else OK, connections_at_most=1) as (
        server,
        client,
    ):
        while len(server.asked) < 60:
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(whole(client))
                before = len(server.asked)
                while len(server.asked) == before:  # noqa: ASYNC110
                    await asyncio.sleep(0)
                task.cancel()
        assert await whole(client) == b"ok"
        assert client.open_connections == 1


async def test_more_requests_than_connections_wait_their_turn() -> None:
    """Twenty requests at once over two connections are all answered."""
    async with served(lambda n: OK, connections_at_most=2) as (server, client), anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(whole, client)

    assert len(server.asked) == 20
    assert server.connections <= 2


async def test_a_body_nobody_reads_is_not_taken_into_memory() -> None:
    """What a fast server sends waits in the socket once a bounded part of it is here; all of it can still be read."""
    size = 40 * BUFFER_AT_MOST_BYTES
    big = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    async with served(lambda n: big) as (_, client):
        with await client.request("GET", "/", b"") as response:
            for _ in range(200):
                await asyncio.sleep(0)
            assert response._buffered <= 4 * BUFFER_AT_MOST_BYTES
            got = 0
            while piece := await response.read():
                got += len(piece)
            assert got == size


async def test_a_client_can_be_used_after_it_was_closed() -> None:
    """Closing lets every connection go; a later request opens a new one."""
    async with served(lambda n: OK) as (server, client):
        await whole(client)
        await client.aclose()
        assert client.open_connections == 0
        assert await whole(client) == b"ok"
        assert server.connections == 2


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X: y": "z"}, {"X\n": "a"}])
def test_headers_cannot_be_smuggled(headers: dict[str, str]) -> None:
    """A name or value that would make more headers than one is refused by name."""
    with pytest.raises(ValueError, match="the header 'X"):
        header_lines(headers)


async def test_a_target_must_be_encoded() -> None:
    """A target with a space or a line break would be another request, and is refused before anything is sent."""
    async with served(lambda n: OK) as (server, client):
        with pytest.raises(ValueError, match="encoded"):
            await whole(client, target="/a b HTTP/1.1\r\nX: y")
        assert server.connections == 0


async def test_nobody_at_the_address_is_an_os_error() -> None:
    """A port where nothing listens is refused at once, by number and by name."""
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(OSError, match=r"."):
            await whole(Client(f"http://{host}:9"))
