"""What the encoders of foreign protocols share: entries read back, values as frames, and blocks as plain text."""

from __future__ import annotations

import json
from typing import Any, Protocol

import orjson

from nutgraf.stream.log import Entry, to_json

Json = dict[str, Any]

DONE = b"data: [DONE]\n\n"
STATUS = {
    "shown": "shown in your profile",
    "partly": "partly shown in your profile",
    "not-shown": "not in your profile",
}


class Encoder(Protocol):
    """One protocol's view of a stream: entries in, in order from the first; for the same ones always the same bytes."""

    def feed(self, entry: Entry) -> bytes:
        """The frames of the next entry, empty when the protocol has none for it."""
        ...


def event_of(entry: Entry) -> Json:
    """The event of an entry as a JSON object; half surrogates, which orjson refuses, come through."""
    try:
        event: Json = orjson.loads(entry.data)
    except orjson.JSONDecodeError:
        event = json.loads(entry.data)
    return event


def frame(value: Json) -> bytes:
    """A value as one `data:` frame."""
    return b"data: " + to_json(value) + b"\n\n"


def heading(block: Json) -> str:
    """What stands over a block, with a line end; empty for a block without a title."""
    if not block.get("title"):
        return ""
    status = STATUS.get(block.get("status") or "")
    return f"{block['title']} ({status})\n" if status else f"{block['title']}\n"


def closing(closed: Json) -> Json:
    """What the ending says, in the names that all our protocols use."""
    return {
        "ending": closed["ending"],
        "reason": closed["reason"],
        "ticket": closed["ticket"],
        "regenerate": closed.get("regenerate", False),
        "skipped": closed["skipped"],
        "timing": {"first_useful_ms": closed["first_useful_ms"], "complete_ms": closed["complete_ms"]},
    }


def trouble(closed: Json) -> str:
    """The sentence for a stream that failed, with its ticket."""
    reason = closed["reason"] or "It broke."
    return f"{reason} (ticket {closed['ticket']})" if closed["ticket"] else str(reason)
