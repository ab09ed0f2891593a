"""A JSON endpoint as a source, on a real server of the loopback: requests, bounds, cancelling."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from nutgraf.errors import InputError, SourceError
from nutgraf.orchestration import Partition
from nutgraf.retrieve.skills.http import ANSWER_AT_MOST_BYTES, Service
from nutgraf.retrieve.skills.http_source import HttpSource
from nutgraf.testing import FakeProvider, Reply
from tests.retrieve.skills.made import query, soon

NOTES = {"notes": [{"id": "n1", "text": "It is dry.", "title": "Today", "url": "https://example.org/1", "score": 0.9}]}


def reply(value: Any, **more: Any) -> Reply:
    """A JSON answer."""
    return Reply(body=json.dumps(value).encode(), **more)


@asynccontextmanager
async def asking(
    replies: Sequence[Reply], partition: Partition = "public", **more: Any
) -> AsyncIterator[tuple[HttpSource, FakeProvider]]:
    """A source, and the server that it asks."""
    async with FakeProvider(replies) as server:
        source = HttpSource("notes", f"{server.base_url}/notes", partition=partition, **more)
        try:
            yield source, server
        finally:
            await source.aclose()


async def test_it_reads_what_is_listed() -> None:
    """Each entry is a passage with its place; question and item are asked with, nothing of the member."""
    async with asking([reply(NOTES)]) as (source, server):
        (found,) = await source.fetch(query("Is it dry & warm?"), soon())

    asked = urlsplit(server.ledger[0].path)
    assert (found.text, found.title, found.url, found.score) == ("It is dry.", "Today", "https://example.org/1", 0.9)
    assert (found.source, found.ref, found.origin) == ("notes", "skill:notes/n1", "skill")
    assert asked.path == "/v1/notes"
    assert parse_qs(asked.query) == {"question": ["Is it dry & warm?"], "item": ["job-night-nurse"]}


async def test_a_members_source_is_told_who_asks() -> None:
    """Only when its passages are declared the member's; and they are."""
    async with asking([reply(NOTES)], "member", params={}) as (source, server):
        (found,) = await source.fetch(query(), soon())

    assert found.partition == "member"
    assert server.ledger[0].path.partition("?")[2] == "member=amara-okafor"


async def test_connections_are_kept() -> None:
    """Ten requests one after the other use one connection."""
    seen = set()
    async with asking([reply(NOTES)]) as (source, server):
        for _ in range(10):
            await source.fetch(query(), soon())
            seen.add(server.connections)

    assert seen == {1}


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (reply({}, status=500), "answered with status 500"),
        (reply({}, status=302, headers={"location": "/elsewhere"}), "answered with status 302"),
        (Reply(body=b"{"), "broken JSON"),
        (Reply(body=b"<html>", headers={"content-type": "text/html"}), "answered with text/html"),
        (Reply(body=b"x" * (ANSWER_AT_MOST_BYTES + 1)), "more than 262,144 bytes"),
        (reply(NOTES, cut_at_byte=20), "cannot be reached"),
        (reply(3), "returned int"),
    ],
)
async def test_an_answer_of_no_use_is_a_failure(answer: Reply, named: str) -> None:
    """Named, without a word of the answer; no redirect is followed; the next request works."""
    async with asking([answer, reply(NOTES)]) as (source, server):
        with pytest.raises(SourceError, match=named):
            await source.fetch(query(), soon())
        assert len(server.ledger) == 1
        assert len(await source.fetch(query(), soon())) == 1


async def test_nobody_there_is_a_failure() -> None:
    """The kind of trouble is told, not the address's text."""
    async with asking([reply(NOTES)]) as (source, _):
        pass

    with pytest.raises(SourceError, match="source notes: cannot be reached"):
        await source.fetch(query(), soon())
    await source.aclose()


async def test_a_late_answer_is_cancelled() -> None:
    """At the deadline the request is over, and the service sees its connection closed."""
    async with asking([reply(NOTES, head_after_s=60.0), reply(NOTES)]) as (source, server):
        with pytest.raises(SourceError, match="no answer before the deadline"):
            await source.fetch(query(), soon(0.05))
        with anyio.fail_after(5):
            await server.ledger[0].closed.wait()
        assert server.ledger[0].closed_by == "client"
        assert len(await source.fetch(query(), soon())) == 1


async def test_cancelling_gives_every_slot_back() -> None:
    """After many cancelled requests, more than there are connections, the next ones work."""
    async with FakeProvider(lambda received: reply(NOTES, head_after_s=60.0 * ("slow" in received.path))) as server:
        service = Service("notes", server.base_url, connections_at_most=2)
        for _ in range(10):
            with anyio.move_on_after(0.01):
                await service.ask("GET", "/slow", soon())
        for _ in range(4):
            assert (await service.ask("GET", "/fast", soon())).value == NOTES
        await service.aclose()


@pytest.mark.parametrize("url", ["ftp://example.org", "https://", "https://me:secret@example.org", "notes"])
def test_an_address_of_no_use_is_named(url: str) -> None:
    """When the source is made."""
    with pytest.raises(InputError, match="source notes: base_url must begin with"):
        HttpSource("notes", url)


def test_a_query_in_the_address_is_refused() -> None:
    """The message says where it belongs."""
    with pytest.raises(InputError, match="name what to send with params"):
        HttpSource("notes", "https://example.org/?a=1")
