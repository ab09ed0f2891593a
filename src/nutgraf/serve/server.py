"""Running a site on a loopback address until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from nutgraf.errors import InputError
from nutgraf.serve.accept import Taking, best_loop
from nutgraf.serve.app import make_app
from nutgraf.serve.door import check_bind
from nutgraf.serve.site import Site
from nutgraf.serve.wire import OneWrite

GRACEFUL_S = 5
CONNECTIONS_AT_MOST = 512


class Server(Taking):
    """Ends its streams before it waits for its connections, so that every reader gets an ending."""

    def __init__(self, site: Site, on_ready: Callable[[], None] = lambda: None) -> None:
        self._site, self._on_ready = site, on_ready
        super().__init__(
            uvicorn.Config(
                make_app(site),
                loop=best_loop(),
                http=OneWrite,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS_AT_MOST,
                timeout_graceful_shutdown=GRACEFUL_S,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then say that it is done."""
        await super().startup(sockets)
        if not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, after the streams have their endings."""
        if self._site.hub is not None:
            self._site.hub.stop_all()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. InputError when the address may not or cannot be used."""
    check_bind(host)
    if not 0 <= port <= 65_535:
        raise InputError(f"port: must be 0 to 65535, got {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        raise InputError(f"port: {host}:{port} cannot be used ({exc.strerror}); choose another with --port") from exc


def address(listener: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(site: Site, listener: socket.socket, on_ready: Callable[[], None] = lambda: None) -> None:
    """Serve until the process is interrupted; `on_ready` is called when requests are answered."""
    Server(site, on_ready).run([listener])
