"""Taking connections: all that wait in one turn of the loop, so that a limiter sees a flood at once and can refuse it.

asyncio's own servers do so. uvloop's take one a turn (libuv/libuv#3696), and the rest waits in the kernel, where nobody
refuses it; yet its turns cost far less. So on uvloop we accept ourselves.
"""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import socket
from collections.abc import Callable

import uvicorn

#: So many connections are taken before those that are there get a turn.
TAKEN_AT_MOST = 256
#: Without a free file descriptor we look again after so long, in seconds.
AGAIN_AFTER_S = 0.1
_GONE = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EINTR})


def best_loop() -> str:
    """The event loop to serve on, as uvicorn calls it: uvloop where it is installed, else asyncio's."""
    return "uvloop" if importlib.util.find_spec("uvloop") else "asyncio"


class Taking(uvicorn.Server):
    """A server that takes every waiting connection in one turn, on either loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._doors: list[_Door] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        loop = asyncio.get_running_loop()
        if sockets is None or isinstance(loop, asyncio.SelectorEventLoop):
            await super().startup(sockets)
            return
        await super().startup([])
        if not self.should_exit:
            self._doors = [_Door(loop, listener, self._protocol) for listener in sockets]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        for door in self._doors:
            door.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


class _Door:
    """A listening socket and the connections that are just coming in."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._loop, self._listener, self._protocol = loop, listener, protocol
        self._coming: set[asyncio.Task[object]] = set()
        self._open = True
        listener.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Take no more connections."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._listener.fileno())

    def _watch(self) -> None:
        if self._open:
            self._loop.add_reader(self._listener.fileno(), self._take)

    def _take(self) -> None:
        for _ in range(TAKEN_AT_MOST):
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as exc:
                if exc.errno in _GONE:
                    continue
                self._loop.remove_reader(self._listener.fileno())
                self._loop.call_later(AGAIN_AFTER_S, self._watch)
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, connection))
            self._coming.add(task)
            task.add_done_callback(self._came)

    def _came(self, task: asyncio.Task[object]) -> None:
        self._coming.discard(task)
        if not task.cancelled():
            task.exception()  # a connection that broke while it came in is nobody's fault
