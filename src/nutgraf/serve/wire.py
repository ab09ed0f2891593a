"""The HTTP protocol of the server: uvicorn's, but what is written in one turn of the loop is sent as one piece.

uvicorn writes the head of an answer and its body apart. A refusal costs little else than these calls of the kernel, so
one instead of two is what lets a flooded server go on working (bench/acceptance_07.py).
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: So much may wait for the end of the turn, in bytes.
WAITING_AT_MOST_BYTES = 65_536
#: Once so much waits for a slow reader, in bytes, nothing more is written until it has taken some.
KEPT_AT_MOST_BYTES = 32_768
#: A reader of a connection that is being closed must take something of what waits for it so often, in seconds.
TAKES_WITHIN_S = 5.0


class OneWrite(HttpToolsProtocol):
    """uvicorn's protocol over a transport that gathers what is written."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn's."""
        transport.set_write_buffer_limits(high=KEPT_AT_MOST_BYTES)
        super().connection_made(Gathering(transport, asyncio.get_running_loop()))


class Gathering(asyncio.Transport):
    """A transport that passes on once a turn, in order, what was written to it."""

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner, self._loop = inner, loop
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> None:
        """Keep a piece until the end of the turn, or pass all on when it has become much."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(bytes(data))
        self._size += len(data)
        if self._size >= WAITING_AT_MOST_BYTES:
            self._flush()

    def close(self) -> None:
        """Send what waits, then close; a reader that takes none of it is not waited for."""
        self._flush()
        self._inner.close()
        self._drop_unless_taken(sys.maxsize)

    def _drop_unless_taken(self, before: int) -> None:
        waiting = self._inner.get_write_buffer_size()
        if waiting >= before:
            self._inner.abort()
        elif waiting:
            self._loop.call_later(TAKES_WITHIN_S, self._drop_unless_taken, waiting)

    def abort(self) -> None:
        """Close at once."""
        self._waiting.clear()
        self._inner.abort()

    def is_closing(self) -> bool:
        """As the transport below."""
        return self._inner.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As the transport below."""
        return self._inner.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """As the transport below."""
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        """As the transport below."""
        self._inner.resume_reading()

    def _flush(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            if not self._inner.is_closing():
                self._inner.write(data)
