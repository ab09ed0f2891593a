"""The lean server: the same answers, rules and endings as the whole one, from records that the host brings."""

import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
import orjson
import pytest

from nutgraf.errors import NotFound
from nutgraf.pipeline.parts import Rooms
from nutgraf.serve.edge import Edge, edge_app
from nutgraf.settings import Settings
from nutgraf.types import Item, Member
from tests.serve.fakes import AMARA, ITEM, Client, Scripted

HEAD = {"host": "localhost", "content-type": "application/json"}
SSE = {"accept": "text/event-stream"}
BODY = {"item": ITEM.id, "member": AMARA.id}
SENTENCE = "Bluewater Health moved its triage board into the corridor in March 2026. [1]\n"


def item_of(item_id: str) -> Item:
    """The one item there is."""
    if item_id != ITEM.id:
        raise NotFound(f"no item {item_id!r}")
    return ITEM


async def member_of(member_id: str) -> Member:
    """The one member there is, from a store that has to be waited for."""
    await anyio.lowlevel.checkpoint()
    if member_id != AMARA.id:
        raise NotFound(f"no member {member_id!r}")
    return AMARA


def app_with(model: Scripted) -> Edge:
    """The application over rooms without encoder, vocabulary and store."""
    settings = Settings(model="scripted", resume_grace_s=0.0, deadline_s=60.0, first_words_within_s=50.0)
    rooms = Rooms(settings=settings, encoder=None, vocabulary=None, model=model, items=None)
    return edge_app(rooms, item_of=item_of, member_of=member_of)


@pytest.fixture
async def model() -> Scripted:
    """A model that writes one sentence."""
    return Scripted((SENTENCE,))


@pytest.fixture
async def client(model: Scripted) -> AsyncIterator[Client]:
    """A client of the running application."""
    app = app_with(model)
    to_app, from_server = anyio.create_memory_object_stream[dict[str, Any]](2)
    to_server, from_app = anyio.create_memory_object_stream[dict[str, Any]](2)
    async with to_app, from_server, to_server, from_app, anyio.create_task_group() as tasks:
        tasks.start_soon(app, {"type": "lifespan"}, from_server.receive, to_server.send)
        await to_app.send({"type": "lifespan.startup"})
        assert (await from_app.receive())["type"] == "lifespan.startup.complete"
        yield Client(app, tasks)
        await to_app.send({"type": "lifespan.shutdown"})
        assert (await from_app.receive())["type"] == "lifespan.shutdown.complete"


async def test_a_panel_is_streamed(client: Client) -> None:
    """A member's panel comes as events from opened to done, with sentences on evidence of the item."""
    call = await client.ask("POST", "/v1/takeaways", BODY, SSE)
    events = call.events()

    assert call.status == 200
    assert [events[0]["kind"], events[-1]["kind"], events[-1]["ending"]] == ["opened", "closed", "done"]
    said = [event["sentence"] for event in events if event["kind"] == "sentence-committed"]
    assert said
    assert all(piece["ref"] == ITEM.id for sentence in said for piece in sentence["evidence"])


async def test_an_answer_is_one_document(client: Client) -> None:
    """A reader who does not stream gets the same answer as one document."""
    question = "When did Bluewater Health move its triage board?"
    call = await client.ask("POST", "/v1/ask", {**BODY, "question": question})

    assert call.json()["question"] == question
    assert call.json()["ending"] == "done"


async def test_a_stream_is_read_again_by_its_owner_alone(client: Client) -> None:
    """Whoever opened a stream reads it again from behind an event; nobody else learns that it exists."""
    first = await client.ask("POST", "/v1/takeaways", BODY, SSE)
    address = f"/v1/streams/{first.headers['nutgraf-stream']}"
    last = first.body.split(b"id: ")[1].split(b"\n")[0].decode()
    again = await client.ask("GET", address, headers={**SSE, "last-event-id": last})
    other = await client.ask("GET", f"{address}?member=somebody-else")

    assert again.events() == first.events()[1:]
    assert other.status == 404
    assert other.json()["error"]["kind"] == "not-found"


@pytest.mark.parametrize("model", [Scripted((None,))])
async def test_stop_lets_the_model_go(client: Client, model: Scripted) -> None:
    """DELETE ends a stream as stopped while the model is silent, and its request is closed."""
    call = client.begin("POST", "/v1/takeaways", orjson.dumps(BODY), SSE)
    await model.until(lambda: model.open_now > 0)
    stopped = await client.ask("DELETE", f"/v1/streams/{call.headers['nutgraf-stream']}")
    with anyio.fail_after(20):
        await call.finished.wait()
    await model.until(lambda: not model.open_now)

    assert stopped.status == 204
    assert call.events()[-1]["ending"] == "stopped"


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("/v1/takeaways", {}, 400, "item"),
        ("/v1/takeaways", {"item": 7}, 400, "item"),
        ("/v1/takeaways", {"item": "no-such-item"}, 404, "no-such-item"),
        ("/v1/takeaways", {**BODY, "member": "nobody-here"}, 404, "nobody-here"),
        ("/v1/takeaways", {**BODY, "model": "other"}, 400, "model"),
        ("/v1/takeaways", {**BODY, "without": "goal.0"}, 400, "without"),
        ("/v1/takeaways", {**BODY, "deadline_ms": True}, 400, "deadline_ms"),
        ("/v1/takeaways", {**BODY, "deadline_ms": 1}, 400, "deadline"),
        ("/v1/ask", BODY, 400, "question"),
        ("/v1/ask", {**BODY, "question": "Why?", "agent": "no-such-agent"}, 400, "no-such-agent"),
        ("/v1/nowhere", BODY, 404, "Not Found"),
    ],
)
async def test_bad_requests_are_named(client: Client, path: str, body: Any, status: int, word: str) -> None:
    """Every fault of a request is a status and a sentence that names it."""
    call = await client.ask("POST", path, body, SSE)

    assert call.status == status
    assert word in call.json()["error"]["message"]


async def test_other_methods_and_machines_are_refused(client: Client) -> None:
    """The routes, the door and the guard are those of the whole server."""
    foreign = client.begin("POST", "/v1/takeaways", orjson.dumps(BODY), SSE, client="203.0.113.9")
    with anyio.fail_after(20):
        await foreign.finished.wait()

    assert (await client.ask("GET", "/v1/takeaways")).status == 405
    assert (await client.ask("GET", "/healthz")).json() == {"status": "ok"}
    assert foreign.status == 403


def test_nothing_heavy_is_imported() -> None:
    """The lean server needs no web framework, no store and no models of its own."""
    heavy = ("fastapi", "pydantic", "sqlalchemy", "onnxruntime", "apsw", "trafilatura", "httpx")
    code = f"import sys, nutgraf.serve.edge; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
