"""A lean HTTP/1.1 client for one origin: kept connections, bodies read as they come, a cancel that poisons nothing.

Framing is httptools' (llhttp). No redirects, cookies, proxies or compression. Everything that goes wrong on the wire is
an OSError. For one event loop; a pool whose loop has ended is left behind.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import re
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from functools import cache
from typing import Self, cast
from urllib.parse import quote, urlsplit

import httptools
from aiohappyeyeballs import start_connection

#: A connection that was idle for longer is not used again: its server may be about to close it.
IDLE_AT_MOST_S = 15.0
#: With several addresses the next one is tried beside the first after so long (RFC 8305 asks for a quarter second).
NEXT_ADDRESS_AFTER_S = 0.25
HEAD_AT_MOST_BYTES = 65_536
#: So much of a body waits for its reader before the connection is read no further.
BUFFER_AT_MOST_BYTES = 262_144
#: Asked again on a fresh connection when a kept one turns out to be closed (RFC 9110, 9.2.2).
_AGAIN = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_UNFIT = re.compile(r"[\x00-\x20\x7f-\U0010ffff]")
_LINE_BREAK = re.compile(r"[\r\n\0]")


class Broken(ConnectionError):
    """The connection broke, or what came is not HTTP."""


class _Stale(Broken):
    """A kept connection was closed before it said anything."""


class Client:
    """Requests to the host of `base_url`, over `connections_at_most` connections; more requests wait their turn."""

    def __init__(self, base_url: str, *, connections_at_most: int = 64, connect_within_s: float = 2.0) -> None:
        parts = urlsplit(base_url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._named = parts.netloc.rpartition("@")[2].encode("idna")
        self._at_most, self._connect_within_s = connections_at_most, connect_within_s
        self._pool: _Pool | None = None

    async def request(
        self, method: str, target: str, head: bytes, body: bytes | None = None, *, until: float = math.inf
    ) -> Response:
        """Send a request and return the response once its head is there; close it, whatever happens.

        `target` is path and query, encoded; `head` the header lines as `header_lines` makes them. Raises OSError, of
        which TimeoutError at the moment `until` of the loop's clock; that counts for the body too, see `expire_at`.
        """
        if _UNFIT.search(target):
            raise ValueError("the target of a request must be encoded")
        loop = asyncio.get_running_loop()
        if self._pool is None or self._pool.loop is not loop:
            self._pool = _Pool(loop, self._at_most)
        size = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        raw = b"%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n%s" % (
            method.encode(), target.encode() or b"/", self._named, head, size, body or b"",
        )  # fmt: skip
        return await self._asked(self._pool, raw, until, again=method in _AGAIN)

    async def aclose(self) -> None:
        """Close every connection; requests under way break."""
        pool, self._pool = self._pool, None
        if pool is not None and pool.loop is asyncio.get_running_loop():
            pool.close()
            await asyncio.sleep(0)  # so that the sockets are closed when this returns

    @property
    def open_connections(self) -> int:
        """Connections that are open now, idle ones among them."""
        return len(self._pool.open) if self._pool is not None else 0

    async def _asked(self, pool: _Pool, raw: bytes, until: float, *, again: bool) -> Response:
        if pool.places.locked():
            async with asyncio.timeout_at(until):
                await pool.places.acquire()
        else:
            await pool.places.acquire()
        try:
            if (connection := pool.kept()) is not None:
                try:
                    return await connection.ask(raw, until)
                except _Stale:
                    if not again:
                        raise
            return await (await self._connected(pool, until)).ask(raw, until)
        except BaseException:
            pool.places.release()
            raise

    async def _connected(self, pool: _Pool, until: float) -> _Connection:
        loop, tls = pool.loop, _tls() if self._tls else None
        async with asyncio.timeout_at(min(until, loop.time() + self._connect_within_s)):
            if _is_address(self._host):
                _, connection = await loop.create_connection(lambda: _Connection(pool), self._host, self._port, ssl=tls)
                return connection
            found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            # asyncio's own race leaves a socket open when it is cancelled
            sock = await start_connection(found, happy_eyeballs_delay=NEXT_ADDRESS_AFTER_S, interleave=1)
            named = self._host if tls else None
            _, connection = await loop.create_connection(
                lambda: _Connection(pool), sock=sock, ssl=tls, server_hostname=named
            )
            return connection


class _Pool:
    """The connections of a client on one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, at_most: int) -> None:
        self.loop = loop
        self.places = asyncio.Semaphore(at_most)
        self.idle: deque[_Connection] = deque()
        self.open: set[_Connection] = set()
        self.closed = False

    def kept(self) -> _Connection | None:
        """A connection that can be used again, the one that was idle for the shortest time."""
        while self.idle:
            connection = self.idle.pop()
            if connection.fit and self.loop.time() - connection.idle_since <= IDLE_AT_MOST_S:
                return connection
            connection.abort()
        return None

    def done(self, connection: _Connection) -> None:
        """A request is over; its connection is kept when it can be used again."""
        self.places.release()
        if connection.fit and not self.closed:
            connection.idle_since = self.loop.time()
            self.idle.append(connection)
        else:
            connection.abort()

    def close(self) -> None:
        """Close every connection."""
        self.closed = True
        for connection in list(self.open):
            connection.abort()


class _Connection(asyncio.Protocol):
    """One connection, for one request at a time."""

    __slots__ = ("_heard", "_parser", "_pool", "_response", "_transport", "fit", "idle_since", "loop")

    def __init__(self, pool: _Pool) -> None:
        self._pool, self.loop = pool, pool.loop
        self.fit = False
        self.idle_since = 0.0
        self._heard = False
        self._response: Response | None = None
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None

    async def ask(self, raw: bytes, until: float) -> Response:
        """Send a request; its response once the head is there."""
        if self._transport is None or self._transport.is_closing():
            raise _Stale("the connection was closed")
        kept, self._heard = self._heard, False
        response = self._response = Response(self, kept=kept)
        self._parser = httptools.HttpResponseParser(response)
        self._transport.write(raw)
        response.expire_at(until)
        try:
            while not response.begun:
                await response.news()
        except BaseException:
            response.expire_at(math.inf)
            self._response = self._parser = None
            self.abort()
            raise
        return response

    def finish(self, response: Response, *, whole: bool) -> None:
        """The reader is done with a response; one that is not whole takes its connection with it."""
        if self._response is response:
            self._response = self._parser = None
            self.fit = whole and response.keeps and self._transport is not None and not self._transport.is_closing()
            self._pool.done(self)

    def pause(self) -> bool:
        """Read no further for now; whether that was possible."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.pause_reading()
        return True

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close at once."""
        self.fit = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio calls it."""
        self._transport, self.fit = cast("asyncio.Transport", transport), True  # uvloop's is no subclass
        self._pool.open.add(self)

    def data_received(self, data: bytes) -> None:
        """As asyncio calls it."""
        response, self._heard = self._response, True
        if response is None or self._parser is None:  # nobody asked for this
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as exc:
            response.fail(Broken(f"no HTTP ({type(exc).__name__})"))
            self.abort()
            return
        response.took(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio calls it."""
        self.fit = False
        self._transport = None
        self._pool.open.discard(self)
        if self._response is not None:
            self._response.lost()


class Response:
    """One response. `headers` have lower-case names; of several with one name the last counts.

    `whole` is True once the end of the body has come, read or not.
    """

    __slots__ = (
        "_buffered", "_chunked", "_connection", "_failure", "_head_bytes", "_kept", "_paused", "_pieces", "_timer",
        "_waiter", "begun", "headers", "keeps", "status", "whole",
    )  # fmt: skip

    def __init__(self, connection: _Connection, *, kept: bool) -> None:
        self._connection, self._kept = connection, kept
        self.status = 0
        self.headers: dict[str, str] = {}
        self.begun = self.keeps = self.whole = self._paused = False
        self._pieces: list[bytes] = []
        self._buffered = self._head_bytes = 0
        self._failure: OSError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def read(self) -> bytes:
        """What has come since, at once; waits when nothing has; empty at the end. Raises OSError."""
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self.whole:
                return b""
            await self.news()
        pieces, self._pieces = self._pieces, []
        self._buffered = 0
        if self._paused:
            self._paused = False
            self._connection.resume()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def rest(self, seconds: float) -> None:
        """Let what comes next gather in the socket for so long: waking up costs more than a few bytes."""
        if not (self.whole or self._paused) and self._connection.pause():
            self._connection.loop.call_later(seconds, self._connection.resume)

    def expire_at(self, moment: float) -> None:
        """Let what has not come by this moment of the loop's clock be a TimeoutError; infinity takes that back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if moment != math.inf:
            self._timer = self._connection.loop.call_at(moment, self.fail, TimeoutError("it took too long"))

    def fail(self, failure: OSError) -> None:
        """End the wait of whoever reads with this failure."""
        if self._failure is None and not self.whole:
            self._failure = failure
        self._wake()

    def close(self) -> None:
        """Be done with it: its connection is kept if the body was read to its end, else closed. May be called twice."""
        self.expire_at(math.inf)
        self._connection.finish(self, whole=self.whole and self._failure is None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def news(self) -> None:
        """Wait until something has changed; raises what went wrong before the head was there."""
        if self._failure is not None:
            raise self._failure
        waiter = self._waiter = self._connection.loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def took(self, size: int) -> None:
        """The connection has handed over this many bytes."""
        if not self.begun:
            self._head_bytes += size
            if self._head_bytes > HEAD_AT_MOST_BYTES:
                self.fail(Broken("the head of the answer is too long"))
                self._connection.abort()
            return
        if self._buffered > BUFFER_AT_MOST_BYTES and not self._paused:
            self._paused = self._connection.pause()
        self._wake()

    def lost(self) -> None:
        """The connection has gone; a body without a length ends with it."""
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        if self.begun and not framed:
            self.whole = True
        elif not self.whole:
            nothing = not (self.begun or self._head_bytes)
            self.fail(_Stale("closed") if nothing and self._kept else Broken("the connection was closed"))
        self._wake()

    def on_header(self, name: bytes, value: bytes) -> None:
        """As httptools calls it."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """As httptools calls it."""
        parser = self._connection._parser
        assert parser is not None
        self.status = parser.get_status_code()
        if self.status < 200 and self.status != 101:  # more is to come
            self.headers = {}
            return
        self.begun, self.keeps = True, parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        """As httptools calls it."""
        self._pieces.append(body)
        self._buffered += len(body)

    def on_message_complete(self) -> None:
        """As httptools calls it."""
        if self.begun:
            self.whole = True


def encoded(target: str) -> str:
    """A path and query as they may be sent: what stands for itself in an address stays, the rest is written as %XX."""
    return quote(target, safe="%/:?=&+,;@!$'()*~#[]")


def header_lines(headers: Mapping[str, str]) -> bytes:
    """Headers as they go over the wire. Raises ValueError, naming the header, for one that would be several."""
    for name, value in headers.items():
        if _UNFIT.search(name) or ":" in name or _LINE_BREAK.search(value):
            raise ValueError(f"the header {name!r} holds a line break or another character that cannot be sent")
    return "".join(f"{name}: {value.strip()}\r\n" for name, value in headers.items()).encode("utf-8", "replace")


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


@cache
def _tls() -> ssl.SSLContext:
    """One context for all: reading the certificates of the system takes tens of milliseconds."""
    return ssl.create_default_context()
