"""A recording as one line of JSON (a vector is told as `true`), with the texts of people or without them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import orjson

from nutgraf.trace.record import Recording

FORMAT = "nutgraf.trace/1"
LINE_AT_MOST_BYTES = 2_000_000
CUT_TO_CHARS = 400
#: Values under these names say how an answer was made, never what anybody wrote.
OPEN_FIELDS = frozenset(
    """agent asked_ms at at_ms attempt block by cached carried check citations complete_ms content_hash deadline_ms
    dropped ending end error estimated expression first_useful_ms format form found hedged id item item_id kept kind
    model name ms ok origin outcome partition prompt_name purposes ref remembered role schema score source
    sources start step sentence stream temperature tenant ticket tokens took_ms usage verdict version member
    without""".split()
)
_KEY = secrets.token_bytes(16)

Told = Callable[[str], str]


def line(recording: Recording, *, texts: bool = True) -> bytes:
    """The recording as JSON without line breaks. Without `texts`, what people wrote is replaced by short hashes.

    A line that would pass LINE_AT_MOST_BYTES is written with long texts cut, and says so (`cut`).
    """
    tell: Told = str if texts else _hashed
    try:
        data = (
            orjson.dumps(_head(recording, texts) | {"notes": _as_they_are(recording)}, default=_odd) if texts else b""
        )
    except TypeError:  # half of a character pair
        data = b""
    data = data or to_bytes(_head(recording, texts) | {"notes": _told(recording, tell)})
    if len(data) > LINE_AT_MOST_BYTES:
        short = _told(recording, lambda text: tell(text)[:CUT_TO_CHARS])
        data = to_bytes(_head(recording, texts) | {"notes": short, "cut": True})
    return data


def _head(recording: Recording, texts: bool) -> dict[str, Any]:
    scope = recording.scope
    return {
        "stream": recording.stream, "format": FORMAT, "at": recording.at, "tenant": scope.tenant if scope else None,
        "member": scope.member if scope else None, "dropped": recording.dropped, "texts": texts,
    }  # fmt: skip


def _as_they_are(recording: Recording) -> list[dict[str, Any]]:
    """The notes for a writer of JSON that knows our values; some twenty times as fast as taking them apart here."""
    return [{"ms": note.at_ms, "kind": note.kind, **note.values} for note in recording.notes]


def _told(recording: Recording, tell: Told) -> list[dict[str, Any]]:
    return [
        {"ms": note.at_ms, "kind": note.kind, **{k: _plain(v, k, tell) for k, v in note.values.items()}}
        for note in recording.notes
    ]


def _odd(value: Any) -> Any:
    """What a writer of JSON does not know by itself."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return True if hasattr(value, "shape") else type(value).__name__


def to_bytes(value: Any) -> bytes:
    """JSON in UTF-8 on one line; half surrogates, which have no form in UTF-8, are escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def from_bytes(row: bytes) -> dict[str, Any] | None:
    """What `line` wrote; None for anything else, such as a line that a crash cut off."""
    try:
        told = orjson.loads(row)
    except orjson.JSONDecodeError:
        try:
            told = json.loads(row)
        except ValueError:
            return None
    return told if isinstance(told, dict) else None


def _plain(value: Any, name: str, tell: Told) -> Any:
    """Plain JSON values; a vector is told as `true`, and whatever has no form in JSON by its class."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value if name in OPEN_FIELDS else tell(value)
    if is_dataclass(value) and not isinstance(value, type):
        named = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {key: _plain(part, key, tell) for key, part in named}
    if isinstance(value, Mapping):
        return {str(key): _plain(part, str(key), tell) for key, part in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(part, name, tell) for part in value)
    if isinstance(value, (tuple, list)):
        return [_plain(part, name, tell) for part in value]
    return _odd(value)


def _hashed(text: str) -> str:
    """Enough to see within one process that two texts are the same, and how long they are; nothing to guess from."""
    digest = hmac.new(_KEY, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:12]
    return f"#{digest} {len(text)}"
