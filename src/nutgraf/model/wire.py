"""What the readers of all wire forms share: bytes in, pieces of text and one honest ending out. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from nutgraf.errors import ModelCut, ModelError
from nutgraf.model.provider_errors import LENGTH_FINISH, error_kind, error_object, error_text, finish_kind
from nutgraf.model.sse_reader import ServerEvent, SseReader
from nutgraf.orchestration import Usage

CHARS_PER_TOKEN_AT_MOST = 32
CHARS_AT_LEAST = 4096
DECODED_AT_ONCE = 16


class WireReader:
    """Reads one answer. `ended` is True only after the provider said that it was done; `failure` is what went wrong.

    No text is read after either of them; `usage`, what the provider says it used, may still come. `finish` is `stop`
    or `length` once the answer has ended. `hide` takes secrets out of the provider's own words. With `stop` the text
    ends at the first of these texts, which a provider that cannot do this itself may still send.
    """

    def __init__(
        self, opening: str, max_tokens: int, hide: Callable[[str], str] = str, stop: tuple[str, ...] = ()
    ) -> None:
        self._sse = SseReader()
        self._echo = EchoStripper(opening)
        self._stop = StopCutter(stop)
        self._through = not opening.strip() and not any(stop)
        self._room = max(CHARS_AT_LEAST, max_tokens * CHARS_PER_TOKEN_AT_MOST)
        self._hide = hide
        self._pieces: list[str] = []
        self.ended = False
        self.failure: ModelError | None = None
        self.usage: Usage | None = None
        self.finish = ""
        #: The last `feed` brought words, or the provider's thinking: it is alive.
        self.alive = False
        #: Nothing that comes after this matters, so the connection need not be read to its end.
        self.cut_short = False

    def feed(self, chunk: bytes) -> list[str]:
        """The pieces of text that `chunk` brings; look at `ended` and `failure` afterwards."""
        self._pieces = []
        self.alive = False
        try:
            if (parts := self._sse.plain(chunk)) is not None:
                self._read_together(parts)
            else:
                for event in self._sse.feed(chunk):
                    self._read(event)
        except ModelError as exc:
            if not self.ended:
                self.failure = exc
        return self._pieces

    def _read_together(self, parts: list[bytes]) -> None:
        """Read messages of one line each, some decoded in one go: few enough that their memory is used again."""
        for at in range(0, len(parts), DECODED_AT_ONCE):
            some = parts[at : at + DECODED_AT_ONCE]
            done = some[-1] == b"[DONE]"
            try:
                all_found = orjson.loads(b"[%s]" % b",".join(some[:-1] if done else some))
            except orjson.JSONDecodeError:  # one of them is broken: those before it still count
                for part in some:
                    self._read(ServerEvent("message", part.decode("utf-8", "replace")))
                continue
            texts = [] if self.ended else [self.plain_text(found) for found in all_found]
            if texts and all(texts) and self._fits(texts):
                self.say("".join(texts))
            else:
                for found in all_found:
                    self._read_found("message", found)
            if done and not self.ended:
                self.take("[DONE]", None)

    def _fits(self, texts: list[str]) -> bool:
        """Whether all of these may be said: else they are said one by one, up to the one that is too much."""
        return sum(map(len, texts)) <= self._room

    def read(self, found: Any) -> list[str]:
        """The pieces of text that one event brings which was decoded already; as `feed` otherwise."""
        self._pieces = []
        try:
            self._read_found("message", found)
        except ModelError as exc:
            if not self.ended:
                self.failure = exc
        return self._pieces

    def close(self) -> None:
        """The stream is over: unless the provider has said that it was done, that is a failure."""
        if not self.ended and self.failure is None:
            self.failure = ModelCut("the stream ended before the answer was done")

    def take(self, event: str, found: Any) -> None:
        """Read one event of this wire form; ModelError when it tells of one or is not understood."""
        raise NotImplementedError

    def plain_text(self, found: Any) -> str:
        """The text of an event that is known to hold nothing else; empty for any that must be looked at."""
        return ""

    def usage_of(self, found: Any) -> Usage | None:
        """What an event says was used, if it says so."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Hand out text; ModelCut when it is far longer than it may be."""
        if text and not self.ended:
            self.alive = True
            if self._through:
                self._put_whole(text)
            else:
                self._put(self._echo.feed(text))

    def end(self, reason: str) -> None:
        """The provider is done, for this reason; raises the class of a reason that is no ordinary end."""
        if kind := finish_kind(reason):
            raise kind(f"ended with finish reason {reason[:40]!r}")
        if not self.ended:
            self._put(self._echo.close())
        if not self.ended:
            self._put_whole(self._stop.close())
            self.finish = "length" if reason.lower() in LENGTH_FINISH else "stop"
            self.ended = True

    def _put(self, text: str) -> None:
        text, stopped = self._stop.feed(text)
        self._put_whole(text)
        if stopped:
            self.finish, self.ended, self.cut_short = "stop", True, True

    def _put_whole(self, text: str) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise ModelCut("went on far beyond max_tokens")
        if text:
            self._pieces.append(text)

    def _read(self, event: ServerEvent) -> None:
        if event.data[:1] != "{" and event.data.strip() == "[DONE]":
            if not self.ended:
                self.take("[DONE]", None)
            return
        try:
            found = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            if self.ended:
                return
            raise ModelCut("sent an event that is not JSON") from None
        self._read_found(event.event, found)

    def _read_found(self, event: str, found: Any) -> None:
        if self.ended:
            self._read_after(found)
            return
        if event == "message" and (text := self.plain_text(found)):
            self.say(text)
            return
        error = error_object(found) or (found if event == "error" else None)
        if error is not None:
            raise error_kind(error)(f"failed inside the stream: {error_text(error, self._hide)}")
        self.usage = self.usage_of(found) or self.usage
        self.take(event, found)

    def _read_after(self, found: Any) -> None:
        """Look for the usage only: the answer is whole, and nothing can make it less so."""
        if self.usage is None:
            with suppress(ModelError):
                self.usage = self.usage_of(found)


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


class StopCutter:
    """Ends a text at the first of some stop texts, however it is cut into pieces."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._longest = max(map(len, self._stops), default=0)
        self._held = ""

    def feed(self, text: str) -> tuple[str, bool]:
        """(what may be shown now, whether a stop was found); text that could be the start of one waits."""
        if not self._stops:
            return text, False
        self._held += text
        places = [place for place in map(self._held.find, self._stops) if place >= 0]
        if places:
            return self._held[: min(places)], True
        ready = len(self._held)
        for size in range(1, min(self._longest, len(self._held) + 1)):
            if any(len(stop) > size and stop.startswith(self._held[-size:]) for stop in self._stops):
                ready = len(self._held) - size
        text, self._held = self._held[:ready], self._held[ready:]
        return text, False

    def close(self) -> str:
        """The rest, once the answer has ended."""
        rest, self._held = self._held, ""
        return rest


def count(found: Any, *path: str) -> int:
    """A number of tokens somewhere inside an object; 0 where there is none."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def part(found: Any, name: str) -> Any:
    """A field of what must be an object; ModelCut when it is something else."""
    if not isinstance(found, dict):
        raise ModelCut("sent an event of a form that is not understood")
    return found.get(name)


def text_part(found: Any, name: str) -> str:
    """A field that must be a text, or not there at all; ModelCut when it is something else."""
    value = part(found, name)
    if value is not None and not isinstance(value, str):
        raise ModelCut("sent an event of a form that is not understood")
    return value or ""
