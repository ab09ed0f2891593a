"""Documents from the web, when a caller asks for one: public machines only, and always the one that was checked."""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from anyio import to_thread
from yarl import URL

from nutgraf.errors import InputError, NotFound, TooLarge
from nutgraf.ingest.addresses import Target, check_url, choose
from nutgraf.ingest.guard import inflate, too_large
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.load import items_from_bytes
from nutgraf.types import Deadline, Item, ItemKind

USER_AGENT = "nutgraf (reads one page at a person's request)"
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS_AT_MOST_BYTES = 16_384

_ACCEPT = "text/html, application/xhtml+xml, application/ld+json, application/pdf, application/rss+xml, text/*;q=0.8"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a machine answered: status, where it sends us, how the body is written, and the body itself."""

    status: int
    location: str | None = None
    charset: str | None = None
    encoding: str = ""
    robots: str = ""
    body: bytes = b""


Resolve = Callable[[str, int], Awaitable[list[str]]]
Get = Callable[[Target, Limits], Awaitable[Reply]]


async def fetch_item(url: str, *, limits: Limits = Limits(), kind: ItemKind | None = None) -> Item:  # noqa: B008
    """The item at a web address. Raises NotFound, TooLarge or InputError in one line; see `fetch_items`."""
    items = await fetch_items(url, limits=limits, kind=kind)
    if len(items) != 1:
        raise InputError(f"{url}: holds {len(items):,} items where one is wanted; keep them with `nutgraf ingest`")
    return items[0]


async def fetch_items(
    url: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    kind: ItemKind | None = None,
    resolve: Resolve | None = None,
    get: Get | None = None,
) -> list[Item]:
    """Every item at a web address, several when it is a feed.

    `resolve` (host, port → addresses) and `get` (one request, no redirects) are the two ways out to
    the network, ours by default. Each hop is checked anew; a name is resolved once a hop and exactly
    that address is dialled. Raises InputError for what may not be fetched or read, NotFound when the
    page does not exist, TooLarge above the limits of bytes, seconds or redirects.
    """
    try:
        async with asyncio.timeout(limits.fetch_within_s):
            final, reply = await _follow(url, limits, resolve or resolve_host, get or get_once)
    except TimeoutError as exc:
        limit = f"{limits.fetch_within_s:g} s"
        raise TooLarge(f"{url}: fetching takes too long; at most {limit}, so save the page and give the file") from exc
    body = _plain_body(reply, str(final), limits)

    def read() -> list[Item]:
        name = str(final)
        return items_from_bytes(body, name, limits=limits, kind=kind, charset=reply.charset, url=name)

    items = await to_thread.run_sync(read)
    if {"noai", "noimageai"} & {word.strip() for word in reply.robots.lower().replace(":", ",").split(",")}:
        items = [replace(item, ai=False) for item in items]
    return items


async def fetch_bytes(
    url: str,
    deadline: Deadline,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    resolve: Resolve | None = None,
    get: Get | None = None,
) -> bytes:
    """What a machine answers, guarded and limited as in `fetch_items`, until the deadline; errors as there."""
    async with asyncio.timeout_at(deadline.at):
        final, reply = await _follow(url, limits, resolve or resolve_host, get or get_once)
    return _plain_body(reply, str(final), limits)


async def _follow(text: str, limits: Limits, resolve: Resolve, get: Get) -> tuple[URL, Reply]:
    url = check_url(text)
    for _ in range(limits.redirects_at_most + 1):
        reply = await get(choose(url, await resolve(url.raw_host or "", url.port or 0)), limits)
        if reply.status not in REDIRECTS:
            return url, _accepted(reply, str(url))
        if not reply.location:
            raise InputError(f"{url}: redirects to nowhere; give the address of the page itself")
        url = check_url(_joined(url, reply.location))
    limit = f"{limits.redirects_at_most} redirects are followed"
    raise TooLarge(f"{text[:200]}: redirects too often; at most {limit}, so give the address of the page itself")


def _joined(url: URL, location: str) -> str:
    try:
        return str(url.join(URL(location)))
    except (ValueError, TypeError) as exc:
        raise InputError(f"{url}: redirects to something that is no address; give that of the page itself") from exc


def _accepted(reply: Reply, name: str) -> Reply:
    if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise NotFound(f"{name}: there is no such page (status {reply.status}); check the address")
    if reply.status != HTTPStatus.OK:
        raise InputError(f"{name}: the server answered with status {reply.status}; save the page and give the file")
    return reply


def _plain_body(reply: Reply, name: str, limits: Limits) -> bytes:
    encoding = reply.encoding.strip().lower()
    if encoding in ("", "identity"):
        return reply.body
    if encoding not in ("gzip", "x-gzip"):
        raise InputError(f"{name}: is sent as {encoding[:20]!r}, which is not read; save the page and give the file")
    return inflate(reply.body, at_most_bytes=limits.document_at_most_bytes, name=name, wbits=16 + zlib.MAX_WBITS)


async def resolve_host(host: str, port: int) -> list[str]:
    """The addresses that a host name stands for, as numbers; an empty list when it is unknown."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


class _Pinned(AbstractResolver):
    """Answers with the one address that was checked, whatever is asked."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The checked address."""
        target = self._target
        family = socket.AF_INET6 if ":" in target.ip else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=target.ip, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def get_once(target: Target, limits: Limits) -> Reply:
    """One GET to exactly `target.ip`: no proxy, no cookies, no redirects, no automatic unpacking.

    Raises TooLarge above the limit of bytes, InputError when the connection fails.
    """
    name = str(target.url)
    connector = aiohttp.TCPConnector(resolver=_Pinned(target), use_dns_cache=False, limit=1, force_close=True)
    headers = {"User-Agent": USER_AGENT, "Accept": _ACCEPT, "Accept-Encoding": "identity"}
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                trust_env=False,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=limits.fetch_within_s),
                max_line_size=HEADERS_AT_MOST_BYTES,
                max_field_size=HEADERS_AT_MOST_BYTES,
            ) as session,
            session.get(target.url, headers=headers, allow_redirects=False) as response,
        ):
            body = await _bounded(response, name, limits) if response.status == HTTPStatus.OK else b""
            return Reply(
                status=response.status,
                location=response.headers.get("Location"),
                charset=response.charset,
                encoding=response.headers.get("Content-Encoding", ""),
                robots=",".join(response.headers.getall("X-Robots-Tag", [])),
                body=body,
            )
    except TimeoutError:
        raise
    except (aiohttp.ClientError, OSError, ValueError) as exc:
        raise InputError(f"{name}: could not be fetched ({type(exc).__name__}); try again or give the file") from exc


async def _bounded(response: aiohttp.ClientResponse, name: str, limits: Limits) -> bytes:
    at_most, body = limits.document_at_most_bytes, bytearray()
    if (response.content_length or 0) > at_most:
        raise too_large(name, f"the page has {response.content_length:,} bytes", f"{at_most:,} bytes")
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > at_most:
            raise too_large(name, "the page does not end", f"{at_most:,} bytes")
    return bytes(body)
