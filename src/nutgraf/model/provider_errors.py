"""What a provider's status line, error object or finish reason means for us: one table, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nutgraf.errors import ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent

MESSAGE_AT_MOST_CHARS = 200

#: Status codes that mean something else than their hundred.
_STATUS: dict[int, type[ModelError]] = {
    401: ModelDenied,
    402: ModelDenied,
    403: ModelDenied,
    404: ModelDenied,
    407: ModelDenied,
    410: ModelDenied,
    408: ModelSilent,
    409: ModelBusy,
    421: ModelBusy,
    423: ModelBusy,
    425: ModelBusy,
    429: ModelBusy,
    504: ModelSilent,
    501: ModelRefused,
    505: ModelRefused,
    511: ModelRefused,
    522: ModelSilent,
    524: ModelSilent,
}

#: Words in `error.code` or `error.type`, most telling first. The status says less than these.
_WORDS: tuple[tuple[str, type[ModelError]], ...] = (
    (r"insufficient_quota|billing|quota_exceeded|payment", ModelDenied),
    (r"content_?(filter|policy)|moderation|safety|responsible_ai", ModelRefused),
    (r"rate_?limit|too_many|throttl|overloaded|capacity|slow_?down|resource_exhausted", ModelBusy),
    (r"context_length|context_size|too_long|string_above_max|request_too_large", ModelRefused),
    (r"invalid_?api_?key|authenti|unauthori[sz]ed|permission|forbidden|access_denied", ModelDenied),
    (r"invalid_?(request|argument|prompt)|bad_?request|unsupported|unprocessable", ModelRefused),
    (r"not_found|does_not_exist|unknown_model", ModelDenied),
    (r"time_?d?_?out|deadline", ModelSilent),
    (r"unavailable|server_error|internal|api_error|engine_|backend", ModelBusy),
)
_WORD_TABLE = tuple((re.compile(words, re.IGNORECASE), kind) for words, kind in _WORDS)

REFUSED_FINISH = frozenset({"content_filter", "safety", "refusal", "recitation", "blocklist", "prohibited_content"})
BROKEN_FINISH = frozenset({"error", "abort", "aborted", "cancelled", "incomplete", "network_error", "pause_turn"})
#: Reasons that mean that the answer was longer than it may be.
LENGTH_FINISH = frozenset({"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"})


def status_kind(status: int) -> type[ModelError]:
    """The class for an HTTP status that is not 200."""
    if status in _STATUS:
        return _STATUS[status]
    if 500 <= status < 600:
        return ModelBusy
    return ModelRefused


def error_kind(error: Any, status: int = 200) -> type[ModelError]:
    """The class for an error object (or text) that came with `status`; its own words win over the status."""
    if isinstance(error, dict):
        for key in ("code", "type", "status"):
            value = error.get(key)
            if isinstance(value, str):
                for words, kind in _WORD_TABLE:
                    if words.search(value):
                        return kind
        code = error.get("code")
        number = int(code) if isinstance(code, int | str) and re.fullmatch(r"[3-5]\d\d", str(code)) else 0
        if number:
            return status_kind(number)
    return status_kind(status) if status != 200 else ModelBusy


def error_text(error: Any, hide: Callable[[str], str]) -> str:
    """One short printable line of an error object, for operators; `hide` takes secrets out before it is cut."""
    found = error.get("message") or error.get("type") or error.get("code") if isinstance(error, dict) else error
    line = hide(" ".join("".join(c if c.isprintable() else " " for c in str(found)).split()))
    return line if len(line) <= MESSAGE_AT_MOST_CHARS else f"{line[:MESSAGE_AT_MOST_CHARS]}…"


def error_object(found: Any) -> Any:
    """The error inside a decoded answer, in any of the forms providers use; None when there is none."""
    if not isinstance(found, dict):
        return None
    if found.get("error"):
        return found["error"]
    if found.get("object") == "error" or found.get("type") == "error":
        return found
    return None


def finish_kind(reason: str) -> type[ModelError] | None:
    """None when this finish reason is an ordinary end (`stop`, `length` and any we do not know), else its class."""
    if reason.lower() in REFUSED_FINISH:
        return ModelRefused
    return ModelCut if reason.lower() in BROKEN_FINISH else None
