"""A real server between readers who stop and a provider, and a skill's server, that write down when they were left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import orjson

from nutgraf.breaker import Breaker, BreakerRules
from nutgraf.decide.agents import BASIC
from nutgraf.errors import NutgrafError
from nutgraf.model.chat_reader import ChatReader
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.http_model import Endpoint, HttpModel, Limits
from nutgraf.model.openai_http import ChatModel
from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.retrieve.skills.http_source import HttpSource
from nutgraf.seams import ItemStore
from nutgraf.serve.backend import open_backend
from nutgraf.serve.door import reader_scope
from nutgraf.serve.server import Server, listen
from nutgraf.serve.site import Site
from nutgraf.settings import Settings
from nutgraf.testing import FakeProvider, Reply
from nutgraf.testing.provider import Received
from nutgraf.types import Deadline, Message, Prompt
from nutgraf.vocabulary.match import load
from tests.model.forms import FORMS
from tests.retrieve.fakes import query_of
from tests.serve.fakes import AMARA, ITEM, fill
from tests.serve.test_socket import Connection

#: Time for a reader whose connection was lost to come back, in seconds.
GRACE_S = 0.2
EVENTS, DOCUMENT = "text/event-stream", "application/json"
PANEL = orjson.dumps({"item": ITEM.id, "member": AMARA.id})
QUESTION = orjson.dumps({"item": ITEM.id, "member": AMARA.id, "question": "How long was the median wait?"})
PROMPT = Prompt(name="test", version="1", messages=(Message("user", "What changed?"),), max_tokens=400)
GOOD = Reply(pieces=("The median wait fell from 41 minutes to 29 minutes. [1]\n", "Nurses update the board. [2]\n"))
SILENT, HEADLESS = Reply(pieces=(600.0,)), Reply(head_after_s=600.0)
TALKING = Reply(pieces=("and so on ", 0.005), endless=True)
PACED = Reply(pieces=("The median wait ", 0.002, "fell from 41 minutes ", 0.002, "to 29 minutes. [1]\n"))
NOTHING_FOUND = Reply(body=b'{"passages": []}', chunked=False, headers={"content-length": "16"})
#: Descriptors of the store: a connection for each of 40 threads and one to write, two files each, and shared memory.
STORE_KEEPS = 2 * (40 + 1) + 1
SETTLED_WITHIN_S, HEAD_WITHIN_S, AT_ONCE, TRIES = 5.0, 2.0, 20, 10


class Timed(FakeProvider):
    """A provider that notes on its own clock when each of its requests was over; `reply` answers the next ones."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(lambda _: self.reply)
        self.reply = reply
        self.closed_at: dict[int, float] = {}

    def _close(self, received: Received, by: str) -> None:
        self.closed_at.setdefault(received.number, asyncio.get_running_loop().time())
        super()._close(received, by)


@dataclass(eq=False)
class Place:
    """A reader who waits in some phase; `gone` waits until nothing works for them, `closed_at` is when that was."""

    reader: Connection
    gone: Callable[[], Awaitable[object]]
    closed_at: Callable[[], float | None]
    stream: str = ""
    asked: int = 0

    def hang_up(self, *, politely: bool) -> None:
        """Lose the connection."""
        if politely:
            self.reader.writer.close()
        else:
            self.reader.writer.transport.abort()


@dataclass(eq=False, kw_only=True)
class Stand:
    """A running server, what stands behind it, and ways to wait there, stop, and abort."""

    server: Server
    port: int
    provider: Timed
    skills: Timed
    door: Gateway
    models: list[HttpModel]
    source: HttpSource

    @asynccontextmanager
    async def waiting(self, phase: str, number: int) -> AsyncIterator[Place]:
        """A reader in this phase; whoever had to be there for that is sent home afterwards."""
        if phase == "queued":
            self.provider.reply = TALKING
            async with self._reader("/v1/takeaways", PANEL, self.provider), self._queued() as place:
                yield place
            return
        body, path, server = PANEL, "/v1/takeaways", self.provider
        self.provider.reply = {"first token": (SILENT, HEADLESS)[number % 3 == 2], "document": SILENT}.get(
            phase, TALKING
        )
        if phase == "skill call":
            body, path, server = QUESTION, "/v1/ask", self.skills
            self.skills.reply = HEADLESS
        async with self._reader(path, body, server, DOCUMENT if phase == "document" else EVENTS) as place:
            if phase == "mid-stream":
                received = server.ledger[-1]
                while not received.tokens_sent:  # noqa: ASYNC110
                    await anyio.sleep(0.001)
            yield place

    @asynccontextmanager
    async def _reader(self, path: str, body: bytes, server: Timed, accept: str = EVENTS) -> AsyncIterator[Place]:
        """A reader whose request has arrived at a server."""
        number = len(server.ledger) + 1
        reader = await self._asked(path, body, accept, lambda: len(server.ledger) >= number)
        received = server.ledger[number - 1]
        place = Place(reader, received.closed.wait, lambda: server.closed_at.get(number))
        if accept == EVENTS:
            place.stream = await _stream_of(reader)
        yield place
        hub = self.server._site.hub
        assert hub is not None
        for stream in list(hub._live):
            await hub.stop(reader_scope(AMARA), stream)
        reader.writer.close()
        with anyio.fail_after(20):
            await received.closed.wait()
        await self._idle()

    @asynccontextmanager
    async def _queued(self) -> AsyncIterator[Place]:
        """A reader who queues for the only place at the provider."""
        turns = self.door.gates["chat"].turns

        async def gone() -> None:
            while turns.waiting:  # noqa: ASYNC110 - a queue rings no bell when somebody leaves it
                await anyio.sleep(0.001)

        asked = len(self.provider.ledger)
        reader = await self._asked("/v1/takeaways", PANEL, EVENTS, lambda: turns.waiting > 0)
        yield Place(reader, gone, lambda: None, await _stream_of(reader), asked)
        reader.writer.close()

    async def _asked(self, path: str, body: bytes, accept: str, there: Callable[[], bool]) -> Connection:
        """A reader whose request has come so far; asked again when a busy server did without the model."""
        for _ in range(TRIES):
            reader = await Connection.ask(self.port, "POST", path, body, accept)
            with anyio.move_on_after(HEAD_WITHIN_S):
                while not there():  # noqa: ASYNC110 - neither a queue nor a ledger rings a bell
                    await anyio.sleep(0.001)
                return reader
            await reader.close()
            await anyio.sleep(0.2)
        raise AssertionError(f"{path} never got as far as it must, after {TRIES} tries")

    def asked_after(self, place: Place) -> int:
        """How many requests the provider got after a reader began to queue."""
        return len(self.provider.ledger) - place.asked

    async def delete(self, place: Place) -> None:
        """Stop a stream from another connection."""
        other = await Connection.ask(self.port, "DELETE", f"/v1/streams/{place.stream}?member={AMARA.id}")
        await other.until(lambda got: b"\r\n\r\n" in got)
        await other.close()

    async def abort(self, work: Callable[[random.Random], Awaitable[None]], count: int, rng: random.Random) -> None:
        """Begin this work so many times, and cancel it soon, every other time twice."""
        self.provider.reply = self.skills.reply = PACED
        self.skills.reply = replace(NOTHING_FOUND, head_after_s=0.004)
        slots = anyio.CapacityLimiter(AT_ONCE)

        async def one(number: int) -> None:
            async with slots:
                task = asyncio.ensure_future(work(rng))
                await anyio.sleep(rng.uniform(0.0, 0.012))
                task.cancel()
                if number % 2:
                    for _ in range(rng.randrange(3)):
                        await asyncio.sleep(0)
                    task.cancel()
                await asyncio.wait([task])
                if not task.cancelled() and (trouble := task.exception()) is not None:
                    assert isinstance(trouble, (NutgrafError, OSError, AssertionError)), trouble

        async with anyio.create_task_group() as tasks:
            for number in range(count):
                tasks.start_soon(one, number)
        self.provider.reply, self.skills.reply = GOOD, NOTHING_FOUND

    async def call(self, rng: random.Random) -> None:
        """One answer of a model, in any wire form."""
        session = self.door.session(reader_scope(AMARA), "r", Deadline(anyio.current_time() + 30.0))
        step = rng.choice(("write", "route", "judge"))
        async with session.stream(PROMPT, session.deadline, step=step) as pieces:  # type: ignore[arg-type]
            async for _ in pieces:
                pass

    async def skill(self, _: random.Random) -> None:
        """One call of the skill."""
        await self.source.fetch(query_of(), Deadline(anyio.current_time() + 30.0))

    async def request(self, rng: random.Random) -> None:
        """One request at the server, of any kind; its connection is lost when this is cancelled."""
        path, body = rng.choice((("/v1/takeaways", PANEL), ("/v1/ask", QUESTION)))
        call = await Connection.ask(self.port, "POST", path, body, rng.choice((EVENTS, DOCUMENT)))
        try:
            await call.until(lambda got: got.endswith(b"0\r\n\r\n"))
        finally:
            call.writer.transport.abort()

    async def answered(self, count: int) -> int:
        """How many of so many requests end done, with words of the model's."""
        self.provider.reply, self.skills.reply = GOOD, NOTHING_FOUND
        good, slots = 0, anyio.CapacityLimiter(10)

        async def one() -> None:
            nonlocal good
            async with slots:
                done = await self._answered()
                good += done

        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(one)
        return good

    async def _answered(self) -> bool:
        for _ in range(2 * TRIES):
            call = await Connection.ask(self.port, "POST", "/v1/takeaways", PANEL, DOCUMENT)
            got = await call.until(lambda got: b"\r\n\r\n" in got and (got[-1:] == b"}" or b" 503 " in got[:20]))
            await call.close()
            if b" 503 " not in got[:20] and b"the server is busy" not in got:
                document = orjson.loads(got.partition(b"\r\n\r\n")[2])
                return document["ending"] == "done" and b"the model failed" not in got
            await anyio.sleep(0.25)
        return False

    async def slots(self) -> int:
        """Places that are still taken, once everything had time to settle: at models, in pools, in the hub."""
        with anyio.move_on_after(SETTLED_WITHIN_S):
            while self._taken():  # noqa: ASYNC110
                await anyio.sleep(0.02)
        return self._taken()

    def _taken(self) -> int:
        gates = sum(gate.open_calls + gate.turns.waiting for gate in self.door.gates.values())
        pools = sum(map(in_use, [*self.models, self.source.service]))
        running = self.server._site.hub.running if self.server._site.hub else 0
        store: Any = self.server._site.backend.store
        pools += store._reader.pool.checkedout()
        return gates + pools + running + self.provider.open_requests + self.skills.open_requests

    async def counted(self) -> dict[str, int]:
        """Tasks and file descriptors, with no connection kept for later."""
        await self._idle()
        for part in (*self.models, self.source):
            await part.aclose()
        with anyio.move_on_after(SETTLED_WITHIN_S):
            while self._connections():  # noqa: ASYNC110
                await anyio.sleep(0.02)
        await anyio.sleep(0.1)
        return {"tasks": len(asyncio.all_tasks()), "fds": descriptors()}

    def _connections(self) -> int:
        return self.provider.connections + self.skills.connections + len(self.server.server_state.connections)

    async def _idle(self) -> None:
        hub = self.server._site.hub
        assert hub is not None
        with anyio.move_on_after(SETTLED_WITHIN_S):
            await hub.idle()


async def _stream_of(reader: Connection) -> str:
    """The id of a stream, as its head says; empty when no head comes, as from a handler that waits for words."""
    with anyio.move_on_after(HEAD_WITHIN_S):
        head = await reader.until(lambda got: b"\r\n\r\n" in got)
        return head.split(b"nutgraf-stream: ")[1].split(b"\r\n")[0].decode()
    return ""


def descriptors() -> int:
    """Open file descriptors of this process; 0 where they cannot be counted.

    Those of the store count as many as its threads may need, unless they are more: SQLite keeps a descriptor for later
    while others hold locks. Whether a connection of the store is still in use is counted with the places.
    """
    folder, found = Path("/proc/self/fd"), list[str]()
    for entry in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            found.append(str(entry.readlink()))
    of_store = sum(".sqlite" in name for name in found)
    return len(found) - of_store + max(of_store, STORE_KEEPS) if found else 0


def in_use(part: Any) -> int:
    """Connections that a pool holds for requests."""
    if isinstance(part, HttpxModel):
        return sum(not connection.is_idle() for connection in part.pool.connections)
    pool = part._client._pool if part._client is not None else None
    return len(pool.open) - sum(connection.fit for connection in pool.idle) if pool is not None else 0


class HttpxModel(ChatModel):
    """The control: a chat model through a pool of httpx with its defaults."""

    def __init__(self, name: str, endpoint: Endpoint, limits: Limits | None = None) -> None:
        super().__init__(name, endpoint, limits)
        import httpx

        at_most = httpx.Limits(max_connections=self._limits.connections_at_most)
        self._httpx = httpx.AsyncClient(limits=at_most, timeout=httpx.Timeout(2.0, pool=0.5))

    @property
    def pool(self) -> Any:
        """The pool of connections."""
        return self._httpx._transport._pool  # type: ignore[attr-defined]

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """Open a request."""
        reader = self.reader(prompt)
        async with self._httpx.stream("POST", self._url, json=self.body(prompt)) as response:
            yield _pieces(response, reader)

    async def aclose(self) -> None:
        """Nothing: a pool that is stuck would not close."""


async def _pieces(response: Any, reader: ChatReader) -> AsyncIterator[str]:
    async for chunk in response.aiter_raw():
        for piece in reader.feed(chunk):
            yield piece
        if reader.ended:
            return
        if reader.failure is not None:
            raise reader.failure


@asynccontextmanager
async def opened(folder: Path, *, places: int, httpx: bool = False) -> AsyncIterator[Stand]:
    """A server whose provider has so many places for each wire form; a model of each form serves a step."""
    async with Timed(GOOD) as provider, Timed(NOTHING_FOUND) as skills:
        endpoint, limits = Endpoint(base_url=provider.base_url, model="m"), Limits(connections_at_most=places)
        limits = replace(limits, first_token_s=600.0, total_s=600.0)
        kinds = {**FORMS, "chat": HttpxModel} if httpx else FORMS
        models = [kinds[form](form, endpoint, limits) for form in FORMS]
        targets = [Target(name=model.name, model=model, connections_at_most=places) for model in models]
        steps = {"write": ["chat"], "route": ["responses"], "judge": ["messages"]}
        if httpx:
            steps = {step: ["chat"] for step in steps}
        door = Gateway(targets, steps)  # type: ignore[arg-type]
        for gate in door.gates.values():
            gate.breaker = Breaker(BreakerRules(failures_share=2.0, in_a_row=1_000_000))
        source = HttpSource("slow", f"{skills.base_url}/find")
        build = partial(_rooms, door, source)
        knobs: dict[str, Any] = {"deadline_s": 600.0, "first_words_within_s": 500.0, "writing": "at-once"}
        settings = Settings(
            data_dir=folder, model="chat", resume_grace_s=GRACE_S, model_cache_at_most_bytes=0, traces="off", **knobs
        )
        with open_backend(settings, folder, build) as backend, listen("127.0.0.1", 0) as listener:
            fill(backend.store)
            ready = anyio.Event()
            server = Server(Site(backend=backend), ready.set)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(server._serve, [listener])
                with anyio.fail_after(20):
                    await ready.wait()
                yield Stand(
                    server=server, port=listener.getsockname()[1], provider=provider, skills=skills, door=door,
                    models=models, source=source,
                )  # fmt: skip
                server.should_exit = True
        with suppress(Exception):
            await source.aclose()


def _rooms(door: Gateway, source: HttpSource, settings: Settings, items: ItemStore | None) -> Rooms:
    general = replace(BASIC["general"], sources=("item", source.name), gather_within_s=60.0)
    return Rooms(
        settings=settings, encoder=HashEncoder(), vocabulary=load(), model=door, items=items,
        agents={**BASIC, "general": general}, skills=(source,),
    )  # fmt: skip
