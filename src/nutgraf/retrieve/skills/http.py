"""Requests to one HTTP service: kept connections, bounded answers, no redirects, one moment by which all is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import anyio
import orjson
from yarl import URL

from nutgraf.errors import InputError, SourceError
from nutgraf.types import Deadline

CONNECTIONS_AT_MOST = 64
CONNECT_WITHIN_S = 2.0
ANSWER_AT_MOST_BYTES = 1 << 18
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


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
        self._connections_at_most, self._answer_at_most_bytes = connections_at_most, answer_at_most_bytes
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

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
        url = URL(f"{self.base_url}{path}", encoded=True)
        if params:
            url = url.extend_query(params)
        more = dict(headers or {})
        data = None
        if body is not None:
            data, more["Content-Type"] = orjson.dumps(body), "application/json"
        with anyio.CancelScope(deadline=deadline.at):
            try:
                async with self._open().request(
                    method, url, data=data, headers=more, allow_redirects=False
                ) as response:
                    raw = await self._read(response)
            except _BROKEN as exc:
                raise SourceError(f"{self.name}: cannot be reached ({type(exc).__name__})") from exc
            if not 200 <= response.status < 300:
                raise SourceError(f"{self.name}: answered with status {response.status}")
            return Answer(response.status, self._value(raw, response))
        raise SourceError(f"{self.name}: no answer before the deadline")

    async def aclose(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        """The session of this event loop; one of a loop that has ended is left to its end."""
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections_at_most),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN_S),
                headers=self._headers,
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        raw = await response.content.readany()
        while not response.content.at_eof():
            if len(raw) > self._answer_at_most_bytes:
                break
            raw += await response.content.readany()
        if len(raw) > self._answer_at_most_bytes:
            response.close()
            raise SourceError(f"{self.name}: answered with more than {self._answer_at_most_bytes:,} bytes")
        return raw

    def _value(self, raw: bytes, response: aiohttp.ClientResponse) -> Any:
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
