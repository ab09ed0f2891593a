"""A site with a scripted model and a hashing encoder, and a client that speaks ASGI itself, piece by piece."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import orjson

from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.seams import ItemStore
from nutgraf.serve.app import make_app
from nutgraf.serve.backend import open_backend
from nutgraf.serve.door import host_scope
from nutgraf.serve.site import Site
from nutgraf.settings import Settings
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.types import Block, Deadline, Item, Member, Position, Prompt
from nutgraf.vocabulary.match import load

TEXT = (
    "Bluewater Health moved its triage board from the office into the corridor in March 2026.\n"
    "The median wait at the front desk fell from 41 minutes to 29 minutes within six weeks.\n"
    "Nurses now update the board every ten minutes, and a second nurse checks each entry.\n"
    "The hospital will repeat the trial in two other departments before the end of the year.\n"
    "Families asked 30 percent fewer questions at the desk, because the order of patients was plain to see."
)


def blocks_of(text: str) -> tuple[Block, ...]:
    """One paragraph a line."""
    found, at = [], 0
    for line in text.split("\n"):
        found.append(Block("paragraph", at, at + len(line)))
        at += len(line) + 1
    return tuple(found)


ITEM = Item(
    id="post-board", kind="post", title="A board in the corridor", text=TEXT, blocks=blocks_of(TEXT), topics=("triage",)
)
OPTED_OUT = Item(id="post-closed", kind="post", title="No machines", text=TEXT, blocks=blocks_of(TEXT), ai=False)
AMARA = Member(
    id="amara-okafor", name="Amara Okafor", headline="Charge nurse", skills=("triage", "patient flow"),
    goals=("Move into clinical informatics",), work=(Position(title="Charge nurse", organisation="Bluewater Health"),),
)  # fmt: skip
LUIS = Member(id="luis-herrera", name="Luis Herrera", headline="Electrician", skills=("solar",))


@dataclass
class Scripted:
    """A model that says what it was given; numbers are seconds of silence, exceptions are raised, None hangs.

    Functions are called.
    """

    pieces: Sequence[str | float | Exception | Callable[[], None] | None] = (
        "The median wait fell from 41 minutes to 29 minutes. [1]\n",
    )
    name: str = "scripted"
    open_now: int = 0
    opened: int = 0
    changed: anyio.Event = field(default_factory=anyio.Event)

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """One request, counted while it is open."""
        self.open_now += 1
        self.opened += 1
        self._ring()
        try:
            yield self._say()
        finally:
            self.open_now -= 1
            self._ring()

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is looked at when a request begins or ends."""
        with anyio.fail_after(20):
            while not ready():
                await self.changed.wait()

    def _ring(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    async def _say(self) -> AsyncIterator[str]:
        for piece in self.pieces:
            if piece is None:
                await anyio.sleep_forever()
            elif isinstance(piece, Exception):
                raise piece
            elif isinstance(piece, str):
                yield piece
            elif callable(piece):
                piece()
            else:
                await anyio.sleep(piece)


def fake_rooms(model: Scripted | None = None) -> Callable[[Settings, ItemStore | None], Rooms]:
    """Rooms without a model on disk."""

    def build(settings: Settings, items: ItemStore | None) -> Rooms:
        return Rooms(settings=settings, encoder=HashEncoder(), vocabulary=load(), model=model, items=items)

    return build


def fill(store: EmbeddedStore) -> None:
    """Put the items and members of these tests into a store."""
    store.put_items([ITEM, OPTED_OUT])
    for member in (AMARA, LUIS):
        store.put_member(host_scope(), member)


@contextmanager
def site_in(folder: Path, model: Scripted | None = None, **knobs: Any) -> Iterator[Site]:
    """A site on a store of its own."""
    knobs = {"deadline_s": 60.0, "first_words_within_s": 50.0, "model": "scripted", **knobs}
    settings = Settings(data_dir=folder, **{"writing": "one-by-one", **knobs})
    with open_backend(settings, folder, fake_rooms(model)) as backend:
        fill(backend.store)
        yield Site(backend=backend)


@dataclass
class Call:
    """One request in progress. `feed` gives the server a message, `sent` is what it has answered so far."""

    to_server: anyio.abc.ObjectSendStream[dict[str, Any]]
    sent: list[dict[str, Any]] = field(default_factory=list)
    bell: anyio.Event = field(default_factory=anyio.Event)
    finished: anyio.Event = field(default_factory=anyio.Event)
    raised: BaseException | None = None

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer."""
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        """The body so far."""
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    def events(self) -> list[dict[str, Any]]:
        """The whole events so far."""
        frames = self.body.split(b"\n\n")[:-1]
        lines = [line for frame in frames for line in frame.split(b"\n") if line.startswith(b"data: ")]
        return [orjson.loads(line[6:]) for line in lines]

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until what was sent fulfils a condition."""
        with anyio.fail_after(20):
            while not ready() and not self.finished.is_set():
                await self.bell.wait()
        assert ready(), self.sent

    async def leave(self) -> None:
        """Close the connection from the client's side."""
        await self.to_server.send({"type": "http.disconnect"})


class Client:
    """Calls an application as a server would, without a server."""

    def __init__(self, app: Any, tasks: anyio.abc.TaskGroup) -> None:
        self.app, self._tasks = app, tasks
        self.takes = anyio.Event()
        self.takes.set()

    def begin(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None,
        client: str = "127.0.0.1",
    ) -> Call:  # fmt: skip
        """Send a request; a body is sent whole when given."""
        path, _, query = path.partition("?")
        own = {"host": "localhost:8600", **({"content-type": "application/json"} if body is not None else {})}
        pairs = [(n.lower().encode(), v.encode("latin-1")) for n, v in {**own, **(headers or {})}.items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": pairs, "client": (client, 5000), "server": ("127.0.0.1", 8600), "state": {},
        }  # fmt: skip
        to_server, from_client = anyio.create_memory_object_stream[dict[str, Any]](50)
        call = Call(to_server)
        if body is not None or method in ("GET", "DELETE"):
            to_server.send_nowait({"type": "http.request", "body": body or b"", "more_body": False})

        async def send(message: dict[str, Any]) -> None:
            await self.takes.wait()
            call.sent.append(message)
            call.bell.set()
            call.bell = anyio.Event()

        async def serve() -> None:
            try:
                await self.app(scope, from_client.receive, send)
            except Exception as exc:
                call.raised = exc
            finally:
                from_client.close()
                to_server.close()
                call.finished.set()
                call.bell.set()

        self._tasks.start_soon(serve)
        return call

    async def ask(self, method: str, path: str, value: Any = None, headers: dict[str, str] | None = None) -> Call:
        """Send a request and wait for its whole answer."""
        call = self.begin(method, path, None if value is None else orjson.dumps(value), headers)
        with anyio.fail_after(20):
            await call.finished.wait()
        if call.raised:
            raise call.raised
        return call


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Client]:
    """The application of a site between its start and its end."""
    app = make_app(site)
    to_app, from_server = anyio.create_memory_object_stream[dict[str, Any]](2)
    to_server, from_app = anyio.create_memory_object_stream[dict[str, Any]](2)
    async with to_app, from_server, to_server, from_app, anyio.create_task_group() as tasks:
        tasks.start_soon(
            app, {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, from_server.receive, to_server.send
        )
        await to_app.send({"type": "lifespan.startup"})
        assert (await from_app.receive())["type"] == "lifespan.startup.complete"
        yield Client(app, tasks)
        await to_app.send({"type": "lifespan.shutdown"})
        assert (await from_app.receive())["type"] == "lifespan.shutdown.complete"
