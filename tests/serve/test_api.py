"""The API, called as a server calls it: records, answers as documents, errors, and who may come in."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import orjson
import pytest

from nutgraf.errors import InputError, ProtocolBroken, StoreError
from nutgraf.events import Closed, Opened, as_json
from nutgraf.serve.door import check_bind, reader_scope
from nutgraf.serve.journal import StoreJournal
from nutgraf.serve.schemas import DocumentOut
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.stream.log import Entry
from tests.serve.fakes import AMARA, ITEM, TEXT, Client, Scripted, running, site_in

BODY = {"item": ITEM.id, "member": AMARA.id}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A running application with a model that answers at once."""
    with site_in(tmp_path, Scripted(), body_at_most_bytes=50_000) as site:
        async with running(site) as client:
            yield client


async def test_records_are_listed_and_whole(client: Client) -> None:
    """Items and members are listed; one item comes whole, one member with the facts that may be used."""
    items = (await client.ask("GET", "/v1/items?kind=post&limit=1")).json()["items"]
    whole = (await client.ask("GET", f"/v1/items/{ITEM.id}")).json()
    member = (await client.ask("GET", f"/v1/members/{AMARA.id}")).json()
    members = (await client.ask("GET", "/v1/members")).json()["members"]

    assert [item["id"] for item in items] == [ITEM.id]
    assert "text" not in items[0]
    assert (whole["text"], whole["blocks"][0]) == (TEXT, {"kind": "paragraph", "start": 0, "end": 88, "level": 0})
    assert {"id": "skill.0", "kind": "skill", "text": "triage", "guess": False} in member["facts"]
    assert [known["id"] for known in members] == ["amara-okafor", "luis-herrera"]


async def test_takeaways_as_one_document(client: Client) -> None:
    """Without streaming, the whole answer comes as the document that is promised."""
    call = await client.ask("POST", "/v1/takeaways", BODY)
    document = call.json()

    assert (call.status, document["ending"]) == (200, "done")
    assert DocumentOut.model_validate(document).model_dump(mode="json", exclude={"question", "answer"}) == document
    assert call.headers["nutgraf-stream"] == document["stream"]
    for takeaway in document["takeaways"]:
        for evidence in takeaway["sentences"][0]["evidence"]:
            assert TEXT[evidence["start"] : evidence["end"]] == evidence["quote"]


async def test_the_document_and_the_events_agree(client: Client) -> None:
    """Streamed or not, the same request gives the same sentences."""
    call = await client.ask("POST", "/v1/takeaways", BODY, {"accept": "text/event-stream"})
    document = (await client.ask("POST", "/v1/takeaways", BODY)).json()

    said = [e["sentence"]["text"] for e in call.events() if e["kind"] == "sentence-committed"]
    assert said == [s["text"] for takeaway in document["takeaways"] for s in takeaway["sentences"]]
    assert call.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert call.headers["cache-control"] == "no-store, no-transform"
    assert call.headers["x-accel-buffering"] == "no"


async def test_a_reader_without_a_profile(client: Client) -> None:
    """Nobody in particular gets takeaways too, and nothing about anybody is used."""
    document = (await client.ask("POST", "/v1/takeaways", {"item": ITEM.id, "member": None})).json()

    assert (document["member"], document["used_about_you"], document["ending"]) == (None, [], "done")


async def test_an_item_whose_author_opted_out_is_declined(client: Client) -> None:
    """No takeaways of an item that may not be read by machines, and the reason is said."""
    document = (await client.ask("POST", "/v1/takeaways", {"item": "post-closed"})).json()

    assert (document["ending"], document["takeaways"]) == ("declined", [])
    assert document["reason"]


async def test_a_question_becomes_a_turn(client: Client) -> None:
    """What was asked and answered is in the conversation afterwards, for the member who asked and nobody else."""
    asked = {**BODY, "question": "Did the median wait at the front desk fall from 41 minutes to 29 minutes?"}
    document = (await client.ask("POST", "/v1/ask", asked)).json()
    turns = (await client.ask("GET", f"/v1/conversations?item={ITEM.id}&member={AMARA.id}")).json()["turns"]
    others = (await client.ask("GET", f"/v1/conversations?item={ITEM.id}&member=luis-herrera")).json()["turns"]

    said = " ".join(s["text"] for s in document["answer"]["sentences"])
    assert [(t["question"], t["answer"], t["stream"]) for t in turns] == [(asked["question"], said, document["stream"])]
    assert others == []


async def test_feedback_is_kept_for_its_stream(client: Client) -> None:
    """Feedback on an answer is kept; on somebody else's, or on none, it is not found."""
    stream = (await client.ask("POST", "/v1/takeaways", BODY)).json()["stream"]
    given = {"stream": stream, "block": "b1", "rating": "down", "reason": "wrong", "comment": "It was May."}

    assert (await client.ask("POST", "/v1/feedback", given)).status == 201
    assert (await client.ask("POST", "/v1/feedback", {**given, "member": "luis-herrera"})).status == 404
    assert (await client.ask("POST", "/v1/feedback", {**given, "stream": "unknown"})).status == 404
    assert (await client.ask("POST", "/v1/feedback", {**given, "rating": "sideways"})).status == 422


UNFIT: list[tuple[str, dict[str, Any], int, str]] = [
    ("/v1/takeaways", {}, 422, "item"),
    ("/v1/takeaways", {"item": "x"}, 404, "no item 'x'"),
    ("/v1/takeaways", {"item": ITEM.id, "member": "x"}, 404, "no member 'x'"),
    ("/v1/takeaways", {**BODY, "colour": 1}, 422, "colour: is not known"),
    ("/v1/takeaways", {**BODY, "deadline_ms": 10}, 422, "deadline_ms"),
    ("/v1/takeaways", {**BODY, "deadline_ms": 10**400}, 422, "deadline_ms"),
    ("/v1/takeaways", {**BODY, "model": "../../etc/passwd"}, 400, "known are none, scripted"),
    ("/v1/takeaways", {"item": "x" * 300}, 422, "item"),
    ("/v1/ask", BODY, 422, "question"),
    ("/v1/ask", {**BODY, "question": ""}, 422, "question"),
    ("/v1/ask", {**BODY, "question": "  "}, 400, "question"),
    ("/v1/ask", {**BODY, "question": "x" * 2000}, 422, "question"),
]


async def test_what_cannot_be_asked_is_named(client: Client) -> None:
    """A request that cannot be used is refused with the field and the fault, streamed or not."""
    for path, body, status, named in UNFIT:
        for accept in ("application/json", "text/event-stream"):
            call = client.begin("POST", path, json.dumps(body).encode(), {"accept": accept})
            await call.finished.wait()
            assert call.status == status, body
            assert named in call.json()["error"]["message"]


BAD_BODIES = [
    (b"{", 400), (b"[]", 400), (b"null", 400), (b'{"item": NaN}', 400), (b'{"item": "a", "item": "b"}', 400),
    (b"[" * 20_000, 400), (b'{"a":' * 9_000, 400), (b'{"item": ' + b"9" * 5_000 + b"}", 400), (b"\xff\xfe{}", 400),
    (b'{"item": "' + b"x" * 60_000 + b'"}', 413), (b'{"item": "\\ud800"}', 422), (b"", 400),
]  # fmt: skip


async def test_a_body_that_is_not_json_is_refused(client: Client) -> None:
    """Broken, endless, doubled or oversized bodies get an error in JSON, and never a fault of ours."""
    for body, status in BAD_BODIES:
        call = client.begin("POST", "/v1/takeaways", body)
        await call.finished.wait()
        assert call.status == status, body[:40]
        assert set(call.json()["error"]) == {"kind", "message"}


async def test_a_body_that_trickles_in_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends a byte now and then does not hold the server."""
    monkeypatch.setattr("nutgraf.serve.guard.BODY_WITHIN_S", 0.05)
    call = client.begin("POST", "/v1/takeaways", None, {"content-type": "application/json"})
    await call.to_server.send({"type": "http.request", "body": b"{", "more_body": True})
    await call.finished.wait()

    assert call.status == 408


async def test_only_json_is_read(client: Client) -> None:
    """What a foreign page's form could send is not taken for a request."""
    for kind in ("", "text/plain", "application/x-www-form-urlencoded"):
        call = client.begin("POST", "/v1/takeaways", orjson.dumps(BODY), {"content-type": kind})
        await call.finished.wait()
        assert call.status == 415


async def test_headers_have_a_limit(client: Client) -> None:
    """Ten thousand headers are refused."""
    call = await client.ask("GET", "/healthz", headers={f"x-{n}": "y" for n in range(10_000)})

    assert call.status == 431


HOSTS = [
    ("localhost", 200), ("localhost:8600", 200), ("127.0.0.1:1", 200), ("[::1]:8600", 200), ("LOCALHOST.", 200),
    ("evil.example", 403), ("127.0.0.1.evil.example", 403), ("192.168.1.5:8600", 403), ("", 403), ("[::1", 403),
    ("0.0.0.0", 403),
]  # fmt: skip


async def test_the_host_must_be_this_machine(client: Client) -> None:
    """A name that only resolves to this machine (DNS rebinding) does not open the door."""
    for host, status in HOSTS:
        assert (await client.ask("GET", "/v1/members", headers={"host": host})).status == status, host


async def test_other_origins_change_nothing(client: Client) -> None:
    """A page of another origin cannot make the server do anything."""
    for origin, status in [
        ("http://localhost:8600", 200), ("http://evil.example", 403), ("null", 403), ("http://localhost:9999", 403),
    ]:  # fmt: skip
        assert (await client.ask("POST", "/v1/takeaways", BODY, {"origin": origin})).status == status, origin


async def test_other_machines_stay_outside(client: Client) -> None:
    """Even if it could be reached, a connection from another machine is refused."""
    call = client.begin("GET", "/v1/members", client="192.168.1.7")
    await call.finished.wait()

    assert call.status == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_only_loopback_is_bound(host: str) -> None:
    """In local mode the server refuses to listen where others could reach it, and says why."""
    with pytest.raises(InputError, match="can be reached from other machines"):
        check_bind(host)


async def test_every_answer_is_dressed(client: Client) -> None:
    """Pages, records, errors and streams all carry the headers that keep a browser safe."""
    for path in ("/", "/v1/items", "/v1/nothing", "/docs", "/panel/client.js"):
        headers = (await client.ask("GET", path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("no-cache" if path in ("/", "/panel/client.js") else "no-store")
    assert (await client.ask("GET", "/panel/client.js")).headers["content-type"].startswith("text/javascript")


async def test_errors_are_json_everywhere(client: Client) -> None:
    """Unknown addresses, wrong methods and wrong queries answer in the same form."""
    for method, path, status in [
        ("GET", "/v1/nothing", 404), ("GET", "/v1/takeaways", 404), ("GET", "/v1/items?kind=song", 422),
        ("GET", "/v1/items?limit=0", 422), ("GET", "/../pyproject.toml", 404), ("GET", "/v1/streams/unknown", 404),
        ("DELETE", "/v1/streams/unknown", 404), ("GET", "/v1/conversations", 422),
    ]:  # fmt: skip
        call = await client.ask(method, path)
        assert (call.status, set(call.json())) == (status, {"error"}), path


async def test_a_fault_of_ours_shows_a_ticket_only(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected exception becomes a 500 with a ticket that is in the log, and nothing of its text."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret of amara")

    client.app._app = broken
    call = await client.ask("GET", "/v1/items")
    error = call.json()["error"]

    assert (call.status, error["kind"]) == (500, "failed")
    assert "secret" not in call.body.decode()
    assert error["ticket"] in caplog.text


async def test_the_api_describes_itself(client: Client) -> None:
    """The OpenAPI document names every route and the document's fields; the page made from it has no script."""
    document = (await client.ask("GET", "/openapi.json")).json()
    page = (await client.ask("GET", "/docs")).body.decode()

    assert {"/v1/takeaways", "/v1/ask", "/v1/streams/{stream}", "/v1/items", "/v1/feedback"} <= set(document["paths"])
    answer = document["paths"]["/v1/takeaways"]["post"]["responses"]["200"]["content"]
    assert set(answer) == {"application/json", "text/event-stream"}
    assert "takeaways" in document["components"]["schemas"]["DocumentOut"]["properties"]
    assert "/v1/streams/{stream}" in page
    assert "<script" not in page


async def test_health(client: Client) -> None:
    """The process says that it lives and that it can answer."""
    assert (await client.ask("GET", "/healthz")).json() == {"status": "ok"}
    assert (await client.ask("GET", "/readyz")).json() == {"status": "ok", "running": 0}


async def test_a_day_that_cannot_forget_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the store fails the daily deletion, it is logged, tried again, and answers go on."""
    tried, thrice = 0, anyio.Event()

    def forget(_: object) -> None:
        nonlocal tried
        tried += 1
        if tried == 3:
            anyio.from_thread.run_sync(thrice.set)
        raise StoreError("the disk is full")

    with site_in(tmp_path, Scripted()) as site:
        monkeypatch.setattr("nutgraf.serve.app.DAY_S", 0.0)
        monkeypatch.setattr("nutgraf.serve.backend.Backend.forget", forget)
        async with running(site) as client:
            with anyio.fail_after(20):
                await thrice.wait()
            assert (await client.ask("POST", "/v1/takeaways", BODY)).json()["ending"] == "done"
            assert (await client.ask("GET", "/readyz")).status == 200
    assert "the disk is full" in caplog.text


async def test_a_server_that_stops_is_not_ready(tmp_path: Path) -> None:
    """Once no stream can be started any more, the readiness check says so, though the process lives."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            site.streams.stop_all()
            assert (await client.ask("GET", "/readyz")).status == 503
            assert (await client.ask("GET", "/healthz")).status == 200


def test_an_ending_that_cannot_be_kept_leaves_no_turn(tmp_path: Path) -> None:
    """A conversation never shows an answer whose stream has not ended in the store."""
    scope = reader_scope(AMARA)
    opened = Opened(
        stream="s1", item=ITEM.id, title=ITEM.title, member=AMARA.id, model="none", deadline_ms=1, question="Why?"
    )
    closed = Closed(ending="done", reason="The item does not say.", complete_ms=1.0)
    entries = [
        Entry(1, opened.kind, orjson.dumps(as_json(opened))), Entry(2, closed.kind, orjson.dumps(as_json(closed))),
    ]  # fmt: skip
    with EmbeddedStore.open(tmp_path) as store:
        journal = StoreJournal(store)
        journal.begin(scope, opened, datetime.now(UTC))
        store.append_events(scope, "s1", [(2, "closed", b"{}")])
        with pytest.raises(ProtocolBroken):
            journal.end(scope, "s1", "done", entries)

        assert store.turns(scope, ITEM.id) == []
