"""Bytes of an event stream in, events out. Knows no socket, no clock, no event loop."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nutgraf.errors import ModelCut

EVENT_AT_MOST_BYTES = 1 << 20
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its type (`message` unless the provider said otherwise) and its data lines joined."""

    event: str
    data: str


class SseReader:
    """Reads a stream of server-sent events as the HTML standard says.

    Lines end at CR, LF or CRLF and nowhere else; bytes that are not UTF-8 become U+FFFD; an event that
    is not closed by an empty line never happened. Ids, retry times and comments are passed over.
    """

    def __init__(self, event_at_most_bytes: int = EVENT_AT_MOST_BYTES) -> None:
        self._limit = event_at_most_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._event = b""
        self._size = 0
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that `chunk` completes. ModelCut when one event passes the limit."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_cr = False
        if not chunk:
            return []
        self._after_cr = chunk.endswith(b"\r")
        events: list[ServerEvent] = []
        start = 0
        for end in _LINE_END.finditer(chunk):
            self._line += chunk[start : end.start()]
            start = end.end()
            self._take_line(bytes(self._line), events)
            self._line.clear()
        self._line += chunk[start:]
        if self._size + len(self._line) > self._limit:
            raise ModelCut(f"provider: one event passed {self._limit:,} bytes")
        return events

    def plain(self, chunk: bytes) -> list[bytes] | None:
        """The data of a chunk of whole messages of one line each, as nearly all are; None for any other, to `feed`."""
        if self._line or self._data or self._event or self._after_cr or chunk[-2:] != b"\n\n" or b"\r" in chunk:
            return None
        parts = chunk[:-2].split(b"\n\ndata: ")
        if chunk[:6] != b"data: " or chunk.count(b"\n") != 2 * len(parts) or len(chunk) > self._limit:
            return None
        parts[0] = parts[0][6:]
        self._at_start = False
        return parts

    def _take_line(self, line: bytes, events: list[ServerEvent]) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            if self._data:
                data = b"\n".join(self._data).decode("utf-8", "replace")
                events.append(ServerEvent(self._event.decode("utf-8", "replace") or "message", data))
            self._data, self._event, self._size = [], b"", 0
            return
        self._size += len(line)
        if self._size > self._limit:
            raise ModelCut(f"provider: one event passed {self._limit:,} bytes")
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value
