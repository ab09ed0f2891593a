"""Requests to one HTTP service: kept connections, bounded answers, no redirects, one moment by which all is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from nutgraf.errors import InputError, SourceError
from nutgraf.http1 import Client, Response, encoded, header_lines
from nutgraf.types import Deadline

CONNECTIONS_AT_MOST = 64
CONNECT_WITHIN_S = 2.0
ANSWER_AT_MOST_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered with a status of 2xx; `value` is its JSON, or its text where it is none."""

    status: int
    value: Any


class Service:
    """One service at `base_url`. Its connections are opened when needed and kept; `aclose` lets them go."""

    def __init__(
        self, name: str, base_url: str, *, headers: Mapping[str, str] | None = None,
        connections_at_most: int = CONNECTIONS_AT_MOST, answer_at_most_bytes: int = ANSWER_AT_MOST_BYTES,
    ) -> None:  # fmt: skip
        """`headers` go with every request, such as a credential. InputError when base_url is no http(s) address."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise InputError(f"{name}: base_url must begin with http:// or https://, name a host and carry no password")
        self.name, self.base_url = name, base_url.rstrip("/")
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        try:
            self._head = header_lines(self._headers)
        except ValueError as exc:
            raise InputError(f"{name}: {exc}") from None
        self._answer_at_most_bytes = answer_at_most_bytes
        self._path = parts.path.rstrip("/")
        self._client = Client(self.base_url, connections_at_most=connections_at_most, connect_within_s=CONNECT_WITHIN_S)

    def __repr__(self) -> str:
        return f"Service({self.name!r}, {self.base_url!r})"

    async def ask(
        self, method: str, path: str, deadline: Deadline, *, params: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None, body: Any = None,
    ) -> Answer:  # fmt: skip
        """One request; its connection is given back, or closed when the caller is cancelled.

        `path` is encoded already. Raises SourceError when it cannot be reached, answers anything but 2xx, answers more
        than it may, or is late.
        """
        target = encoded(self._path + path)
        if params:
            target += ("&" if "?" in target else "?") + urlencode(params)
        try:
            head, data = self._head, None
            if headers or body is not None:
                kind = {} if body is None else {"Content-Type": "application/json"}
                head = header_lines({**self._headers, **(headers or {}), **kind})
                data = None if body is None else orjson.dumps(body)
            with await self._client.request(method, target, head, data, until=deadline.at) as response:
                raw = await self._read(response)
        except TimeoutError as exc:
            raise SourceError(f"{self.name}: no answer before the deadline, or no connection") from exc
        except (OSError, ValueError) as exc:
            raise SourceError(f"{self.name}: cannot be reached ({type(exc).__name__})") from exc
        if not 200 <= response.status < 300:
            raise SourceError(f"{self.name}: answered with status {response.status}")
        return Answer(response.status, self._value(raw, response))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _read(self, response: Response) -> bytes:
        raw = await response.read()
        while piece := await response.read():
            raw += piece
            if len(raw) > self._answer_at_most_bytes:
                break
        if len(raw) > self._answer_at_most_bytes:
            raise SourceError(f"{self.name}: answered with more than {self._answer_at_most_bytes:,} bytes")
        return raw

    def _value(self, raw: bytes, response: Response) -> Any:
        if not raw.strip():
            return None
        kind = response.content_type
        if kind == "application/json" or kind.endswith("+json"):
            try:
                return orjson.loads(raw)
            except orjson.JSONDecodeError as exc:
                raise SourceError(f"{self.name}: its answer is broken JSON") from exc
        if kind.startswith("text/plain"):
            return raw.decode("utf-8", "replace")
        raise SourceError(f"{self.name}: answered with {kind}; JSON and plain text can be read")
