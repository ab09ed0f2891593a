"""Events on the wire as `text/event-stream`: ready bytes, and where a reader wants to go on."""

from __future__ import annotations

import re

from nutgraf.stream.log import Entry, epoch_of

MEDIA_TYPE = "text/event-stream"
#: Says that the connection lives; readers pass over it.
COMMENT = b": still here\n\n"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_EVENT_ID = re.compile(r"([0-9a-f]{8})\.([0-9]{1,9})", re.ASCII)


def encode(stream_id: str, entry: Entry) -> bytes:
    """One event as a frame; the same entry always gives the same bytes."""
    return frame(f"{epoch_of(stream_id)}.{entry.number}", entry.kind, entry.data)


def frame(event_id: str, kind: str, data: bytes) -> bytes:
    """A frame with an id, a kind and data of any number of lines."""
    if b"\n" in data or b"\r" in data:
        data = _LINE_END.sub(b"\ndata: ", data)
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event_id.encode(), kind.encode(), data)


def reset(stream_id: str) -> bytes:
    """Tells a reader whose last id is of no use here to forget what it has: the whole stream follows."""
    return b'event: reset\ndata: {"kind":"reset","epoch":"' + epoch_of(stream_id).encode() + b'"}\n\n'


def is_foreign(stream_id: str, last_event_id: str | None) -> bool:
    """Whether an id was given that is of another stream, or none at all."""
    found = _EVENT_ID.fullmatch((last_event_id or "").strip())
    return bool(last_event_id) and (found is None or found[1] != epoch_of(stream_id))


def number_after(stream_id: str, last_event_id: str | None) -> int:
    """The number behind which a reader goes on, from the id of the last event it has.

    0, the beginning, when there is no id, it cannot be read, or it is of another stream.
    """
    found = _EVENT_ID.fullmatch((last_event_id or "").strip())
    return int(found[2]) if found and found[1] == epoch_of(stream_id) else 0
