"""Admission over the API: quick typed refusals, control that always gets in, a cheaper answer first."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import anyio
import orjson
import pytest

from nutgraf.decide.admission import AdmissionRules
from nutgraf.decide.limiter import LimitRules
from nutgraf.serve.admission import OVERLOADED, TICKET, Gate
from nutgraf.serve.door import LocalDoor
from nutgraf.serve.guard import AsgiScope, Guard, Receive, Send
from tests.serve.fakes import Call, Client

BODY = orjson.dumps({"item": "i"})


class Slow:
    """An application whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.inside: list[AsgiScope] = []
        self.go = anyio.Event()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Read the body, wait, answer with it."""
        self.inside.append(scope)
        body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""
        if scope["path"] == "/v1/ask":
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def gated(points: float, app: Slow, *, cheaper: bool = False, **rules: Any) -> AsyncIterator[tuple[Client, Gate]]:
    """A client of the guarded application with a limit in points (an answer costs 2)."""
    gate = Gate(LimitRules(start=points), AdmissionRules(**rules), draw=lambda: 0.5, cheaper=cheaper)
    async with anyio.create_task_group() as tasks:
        yield Client(Guard(app, LocalDoor(), gate, 10_000), tasks), gate
        app.go.set()


async def settled() -> None:
    """Let everybody run who can."""
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


def asked(client: Client, count: int) -> list[Call]:
    """So many answers are asked for."""
    return [client.begin("POST", "/v1/ask", BODY) for _ in range(count)]


async def test_a_refusal_is_typed_and_says_when_to_come_back() -> None:
    """Behind the limit, the queue and the cheaper answers comes 503 with Retry-After, before the body is read."""
    app = Slow()
    async with gated(4, app, cheaper=True) as (client, gate):
        calls = asked(client, 6)
        await settled()
        refused = client.begin("POST", "/v1/ask", b"this is not even JSON")
        await refused.finished.wait()
        app.go.set()

    assert [call.status for call in calls] == [200] * 6
    assert [scope.get(OVERLOADED, False) for scope in app.inside] == [False] * 2 + [True] * 4
    assert (refused.status, refused.json()["error"]["kind"]) == (503, "overloaded")
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert gate.machine.idle


async def test_what_stops_or_rates_always_gets_in() -> None:
    """Control and plain pages pass while answers are refused."""
    app = Slow()
    async with gated(2, app) as (client, _):
        calls = asked(client, 3)
        await settled()
        stop = await client.ask("DELETE", "/v1/streams/s")
        rate = await client.ask("POST", "/v1/feedback", {"rating": "up"})
        page = await client.ask("GET", "/v1/items")
        assert [call.finished.is_set() for call in calls] == [False, True, True]

    assert [call.status for call in (stop, rate, page)] == [200, 200, 200]


async def test_a_waiting_caller_gets_in_with_its_body() -> None:
    """Whoever waited is served as if nothing had been; the body that was taken early is not lost."""
    app = Slow()
    async with gated(2, app, queue_within_s=9.0) as (client, _):
        first, second = asked(client, 2)
        await settled()
        assert len(app.inside) == 1
        app.go.set()
        await second.finished.wait()

    assert (first.status, second.status, second.body) == (200, 200, BODY)


async def test_a_body_in_pieces_waits_outside() -> None:
    """Of a body in pieces one piece is taken while its sender waits; the rest is read once it is let in."""
    app = Slow()
    async with gated(2, app, queue_within_s=9.0) as (client, _):
        (first,) = asked(client, 1)
        await settled()
        call = client.begin("POST", "/v1/ask", None, {"content-type": "application/json"})
        for piece, more in ((b'{"item"', True), (b':"i"', True), (b"}", False)):
            await call.to_server.send({"type": "http.request", "body": piece, "more_body": more})
        await settled()
        assert len(app.inside) == 1
        app.go.set()
        await call.finished.wait()

    assert (first.status, call.body) == (200, b'{"item":"i"}')


async def test_whoever_leaves_while_waiting_is_forgotten() -> None:
    """A caller who goes while it waits takes no place, and nothing of it is left."""
    app = Slow()
    async with gated(2, app, queue_within_s=9.0) as (client, gate):
        _, gone = asked(client, 2)
        await settled()
        await gone.leave()
        await gone.finished.wait()
        app.go.set()
        await settled()

        assert gone.sent == []
        assert len(app.inside) == 1
        assert gate.machine.idle
        assert not gate._woken
    gc.collect()


async def test_nobody_waits_longer_than_its_patience() -> None:
    """A caller that no place was found for in time is refused, by its own clock."""
    app = Slow()
    async with gated(2, app, queue_within_s=9.0, patience_s=0.1) as (client, _):
        _, waiting = asked(client, 2)
        with anyio.fail_after(10):
            await waiting.finished.wait()

    assert (waiting.status, waiting.json()["error"]["kind"]) == (503, "waited-too-long")


async def test_one_answer_starts_in_a_turn_of_the_loop() -> None:
    """Of answers that arrive together one starts in each turn, so that refusals in between are quick."""
    app = Slow()
    async with gated(100, app) as (client, _):
        asked(client, 8)
        counts = []
        for _ in range(12):
            counts.append(len(app.inside))
            await anyio.lowlevel.checkpoint()
        steps = [after - before for before, after in pairwise(counts)]

        assert max(steps) == 1
        await settled()
        assert len(app.inside) == 8


async def test_first_tokens_reach_the_limiter() -> None:
    """The place in the scope takes the time of the first token once."""
    app = Slow()
    async with gated(8, app) as (client, gate):
        asked(client, 1)
        await settled()
        place = app.inside[0][TICKET]
        place.first_token(0.4)
        place.first_token(9.0)

        assert gate.limiter._short_s == pytest.approx(0.4)


async def test_switched_off_everybody_passes() -> None:
    """Control: without admission there is no refusal."""
    app = Slow()
    gate = Gate(LimitRules(start=2), on=False)
    async with anyio.create_task_group() as tasks:
        calls = asked(Client(Guard(app, LocalDoor(), gate, 10_000), tasks), 50)
        await settled()
        app.go.set()

    assert {call.status for call in calls} == {200}
