"""For the whole suite: asyncio is the loop, and the network is sealed."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest


class NetworkSealed(RuntimeError):
    """A test reached for another machine. Not an OSError, so that no retry or fallback takes it for bad weather."""


def is_loopback(host: object) -> bool:
    """Whether this host, as given to `connect` or `getaddrinfo`, is this machine and no other."""
    if host is None or host in ("localhost", b"localhost", "", b""):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


class Seal:
    """Refuses every connection that leaves this machine, and remembers who tried."""

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def check(self, host: object) -> None:
        """Raise NetworkSealed unless the host is this machine."""
        if not is_loopback(host):
            self.attempts.append(str(host))
            raise NetworkSealed(
                f"the test suite may not reach {host!r}; use nutgraf.testing or a server on the loopback"
            )

    def close(self, patch: pytest.MonkeyPatch) -> None:
        """Put the check in front of everything a socket can leave by."""
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, self._guarded_connect(getattr(socket.socket, name)))
        lookup = socket.getaddrinfo

        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            self.check(host)
            return lookup(host, *args, **kwargs)

        patch.setattr(socket, "getaddrinfo", getaddrinfo)

    def _guarded_connect(self, connect: Any) -> Any:
        def guarded(this: socket.socket, address: Any) -> Any:
            if this.family in (socket.AF_INET, socket.AF_INET6):
                self.check(address[0])
            return connect(this, address)

        return guarded


@pytest.fixture(scope="session")
def seal() -> Iterator[Seal]:
    """The seal round this test run; in force until its end."""
    seal = Seal()
    with pytest.MonkeyPatch.context() as patch:
        seal.close(patch)
        yield seal


@pytest.fixture(autouse=True)
def _sealed_network(seal: Seal) -> Iterator[None]:
    """No test reaches another machine, not even one that swallows the refusal."""
    seal.attempts.clear()
    yield
    assert seal.attempts == [], f"this test reached for {seal.attempts}"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Every async test runs on asyncio."""
    return "asyncio"
