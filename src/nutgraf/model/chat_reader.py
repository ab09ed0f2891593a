"""Bytes of a streamed chat completion in, pieces of text and one honest ending out. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from nutgraf.errors import ModelCut, ModelError
from nutgraf.model.provider_errors import error_kind, error_object, error_text, finish_kind
from nutgraf.model.sse_reader import ServerEvent, SseReader

CHARS_PER_TOKEN_AT_MOST = 32
CHARS_AT_LEAST = 4096


class ChatReader:
    """Reads one answer. `ended` is True only after a finish reason; `failure` is what went wrong instead.

    Nothing is read after either of them. `hide` takes secrets out of the provider's own words.
    """

    def __init__(self, opening: str, max_tokens: int, hide: Callable[[str], str] = str) -> None:
        self._sse = SseReader()
        self._echo = EchoStripper(opening)
        self._room = max(CHARS_AT_LEAST, max_tokens * CHARS_PER_TOKEN_AT_MOST)
        self._hide = hide
        self.ended = False
        self.failure: ModelError | None = None
        #: The last `feed` brought words, or the provider's thinking: it is alive.
        self.alive = False

    def feed(self, chunk: bytes) -> list[str]:
        """The pieces of text that `chunk` brings; look at `ended` and `failure` afterwards."""
        pieces: list[str] = []
        self.alive = False
        try:
            for event in self._sse.feed(chunk):
                if not self.ended:
                    self._take(event, pieces)
        except ModelError as exc:
            self.failure = exc
        return pieces

    def close(self) -> None:
        """The stream is over: without a finish reason, that is a failure."""
        if not self.ended and self.failure is None:
            self.failure = ModelCut("the stream ended before the answer was done")

    def _take(self, event: ServerEvent, pieces: list[str]) -> None:
        if event.data.strip() == "[DONE]":
            raise ModelCut("said it was done without a finish reason")
        try:
            found = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            raise ModelCut("sent an event that is not JSON") from None
        error = error_object(found) or (found if event.event == "error" else None)
        if error is not None:
            raise error_kind(error)(f"failed inside the stream: {error_text(error, self._hide)}")
        text, reason, thinks = _delta(found)
        self.alive = self.alive or bool(text) or thinks
        self._say(self._echo.feed(text), pieces)
        if reason:
            kind = finish_kind(reason)
            if kind is not None:
                raise kind(f"ended with finish reason {reason[:40]!r}")
            self._say(self._echo.close(), pieces)
            self.ended = True

    def _say(self, text: str, pieces: list[str]) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise ModelCut("went on far beyond max_tokens")
        if text:
            pieces.append(text)


class EchoStripper:
    """Takes an echo of the opening off the front of an answer."""

    def __init__(self, opening: str) -> None:
        self._opening = opening.strip()
        self._held = ""

    def feed(self, text: str) -> str:
        """What may be shown now; text that could still be the echo waits."""
        if not self._opening:
            return text
        self._held += text
        seen = self._held.lstrip()
        if len(seen) < len(self._opening) and self._opening.startswith(seen):
            return ""
        return self.close()

    def close(self) -> str:
        """The rest, once the answer has ended or can no longer be an echo."""
        seen = self._held.lstrip()
        rest = seen[len(self._opening) :] if self._opening and seen.startswith(self._opening) else self._held
        self._opening = self._held = ""
        return rest


def _delta(found: Any) -> tuple[str, str, bool]:
    """(text, finish reason, whether it thinks) of a chunk; ModelCut when it has not the form of one."""
    choices = found.get("choices", []) if isinstance(found, dict) else None
    if choices is None or not isinstance(choices, list):
        raise ModelCut("sent an event of a form that is not understood")
    if not choices:
        return "", "", False
    first = choices[0]
    delta = (first.get("delta") or {}) if isinstance(first, dict) else None
    if not isinstance(delta, dict):
        raise ModelCut("sent an event of a form that is not understood")
    text, reason = delta.get("content") or "", first.get("finish_reason") or ""
    if not isinstance(text, str) or not isinstance(reason, str):
        raise ModelCut("sent an event of a form that is not understood")
    return text, reason, bool(delta.get("reasoning_content") or delta.get("reasoning"))
