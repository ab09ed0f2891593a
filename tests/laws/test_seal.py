"""The network is sealed for the whole suite, and the seal holds."""

import asyncio
import socket

import pytest

from tests.conftest import NetworkSealed, Seal, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", None, ""])
def test_this_machine_is_reachable(host: str | None) -> None:
    """A test may talk to a server of its own."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "::", "example.org", "localhost.example.org", "fe80::1"])
def test_other_machines_are_not(host: str) -> None:
    """Private networks, wildcards and names are other machines."""
    assert not is_loopback(host)


def test_a_connection_out_is_refused(seal: Seal) -> None:
    """Control: connecting, or only looking a name up, fails with an error nobody retries, and is remembered."""
    with socket.socket() as out, pytest.raises(NetworkSealed):
        out.connect(("192.0.2.1", 9))
    with pytest.raises(NetworkSealed):
        socket.create_connection(("example.invalid", 9), timeout=1)

    assert seal.attempts == ["192.0.2.1", "example.invalid"]
    seal.attempts.clear()


async def test_an_async_connection_out_is_refused(seal: Seal) -> None:
    """Control: the event loop's own connections are refused too."""
    for host in ("192.0.2.1", "example.invalid"):
        with pytest.raises(NetworkSealed):
            await asyncio.open_connection(host, 9)

    assert seal.attempts
    seal.attempts.clear()


async def test_the_loopback_works() -> None:
    """A server on the loopback answers through the seal."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")

        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()
