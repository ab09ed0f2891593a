"""The routes of other protocols: what is understood of a request, how errors are told, and coming back in time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from nutgraf.conversation import Turn
from nutgraf.errors import NotFound
from nutgraf.events import as_json
from nutgraf.serve.chat import CHATS_AT_MOST, Chats
from nutgraf.serve.door import reader_scope
from nutgraf.serve.protocols import (
    HISTORY_AT_MOST,
    MESSAGES_AT_MOST,
    Said,
    UiChatBody,
    agent_of,
    conversation,
    recalled,
)
from nutgraf.serve.streams import WRITE_AT_MOST_BYTES, _pieces
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.stream.sse import epoch_of
from tests.serve.fakes import AMARA, ITEM, Call, Client, Scripted, running, site_in
from tests.stream.said import closed

QUESTION = "Did the median wait at the front desk fall from 41 minutes to 29 minutes?"
SSE = {"accept": "text/event-stream"}
TURN = Turn(item_id="", stream="", question="", answer="A.", at="2026-01-01T00:00:00+00:00")
ROUTES = ("/v1/ui/chat", "/v1/ag-ui", "/v1/chat/completions")


def said(role: str, text: str, **more: Any) -> Said:
    """A message."""
    return Said(role=role, content=text, **more)


def body(route: str, question: str | None, **more: Any) -> dict[str, Any]:
    """The smallest request that a client of this route sends."""
    messages = [] if question is None else [{"id": "m1", "role": "user", "content": question}]
    named = {"item": ITEM.id, "member": AMARA.id, **more}
    match route:
        case "/v1/ui/chat":
            return {"id": "chat", "messages": messages, "trigger": "submit-message", **named}
        case "/v1/ag-ui":
            return {"threadId": "t", "runId": "r", "messages": messages, "tools": [], "forwardedProps": named}
    return {"model": "nutgraf", "messages": messages, "stream": True, "metadata": named}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A running site whose model says one sentence."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            yield client


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("question", [QUESTION, None], ids=["question", "takeaways"])
async def test_every_route_answers(client: Client, route: str, question: str | None) -> None:
    """Each of them answers a question, and gives takeaways when nothing was asked, with headers against buffering."""
    call = await client.ask("POST", route, body(route, question))

    assert (call.status, call.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (call.headers["x-accel-buffering"], call.headers["cache-control"]) == ("no", "no-store, no-transform")
    assert b"minutes" in call.body
    assert (b"data: [DONE]" in call.body) is (route != "/v1/ag-ui")


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("more", "status"), [({"item": "no-such"}, 404), ({"member": "nobody"}, 404), ({"item": ["x"]}, 422)]
)
async def test_what_is_not_here_is_refused(client: Client, route: str, more: dict[str, Any], status: int) -> None:
    """An unknown item or member is not found, a field of the wrong type is named."""
    assert (await client.ask("POST", route, body(route, QUESTION, **more))).status == status


@pytest.mark.parametrize("route", ROUTES)
async def test_sizes_are_strict_and_names_are_not(client: Client, route: str) -> None:
    """Fields that nobody knows are passed over; too many messages and too long a question are refused."""
    asked = body(route, QUESTION)
    many = {**asked, "messages": [{"id": "m", "role": "user", "content": "Why?"}] * (MESSAGES_AT_MOST + 1)}

    assert (await client.ask("POST", route, {**asked, "from_the_future": {"x": 1}})).status == 200
    assert (await client.ask("POST", route, many)).status == 422
    assert (await client.ask("POST", route, body(route, "x" * 1_001))).status == 400


async def test_errors_speak_the_language_of_the_client(client: Client) -> None:
    """The AI SDK shows the body as it is, the OpenAI client looks into `error`, and others get ours."""
    ui = await client.ask("POST", ROUTES[0], body(ROUTES[0], QUESTION, item="no-such"))
    ag = await client.ask("POST", ROUTES[1], body(ROUTES[1], QUESTION, item="no-such"))
    openai = await client.ask("POST", ROUTES[2], body(ROUTES[2], QUESTION, item="no-such"))
    text = client.begin("POST", "/v1/chat/completions", b"{}", {"content-type": "text/plain"})
    await text.finished.wait()

    assert ui.headers["content-type"].startswith("text/plain")
    assert not ui.body.startswith(b"{")
    assert openai.json()["error"]["type"] == "not_found_error"
    assert openai.json()["error"]["message"] == ui.body.decode() == ag.json()["error"]["message"]
    assert (text.status, text.json()["error"]["type"]) == (415, "invalid_request_error")


async def test_a_chat_is_followed_and_stopped_from_any_tab(tmp_path: Path) -> None:
    """While an answer runs its chat can be followed and stopped by its member only; afterwards there is nothing."""
    with site_in(tmp_path, Scripted((None,)), resume_grace_s=60.0) as site:
        async with running(site) as client:
            path = "/v1/ui/chat/chat/stream"
            assert (await client.ask("GET", path)).status == 204
            first = client.begin("POST", "/v1/ui/chat", orjson.dumps(body("/v1/ui/chat", QUESTION, resume=True)))
            await first.until(lambda: b"text-start" in first.body or b"data-status" in first.body)
            again = client.begin("GET", f"{path}?member={AMARA.id}")
            await again.until(lambda: b'"type":"start"' in again.body)
            for who in ("luis-herrera", "none"):
                assert (await client.ask("GET", f"{path}?member={who}")).status == 204
                assert (await client.ask("DELETE", f"{path}?member={who}")).status == 204
            assert site.streams.running == 1
            assert (await client.ask("DELETE", f"{path}?member={AMARA.id}")).status == 204
            with anyio.fail_after(20):
                await first.finished.wait()
                await again.finished.wait()
            assert first.body == again.body
            assert b'"type":"abort"' in first.body
            assert (await client.ask("GET", path)).status == 204


@pytest.mark.parametrize("resume", [True, False])
async def test_a_lost_connection_is_a_stop_unless_it_may_come_back(tmp_path: Path, resume: bool) -> None:
    """A front end that did not say that it resumes is taken to have stopped."""
    model = Scripted((None,))
    with site_in(tmp_path, model, resume_grace_s=60.0) as site:
        async with running(site) as client:
            asked = orjson.dumps(body("/v1/ui/chat", QUESTION, resume=resume))
            call = client.begin("POST", "/v1/ui/chat", asked)
            await model.until(lambda: model.open_now > 0)
            await call.leave()
            await call.finished.wait()
            if resume:
                assert site.streams.running == 1
            else:
                await site.streams.idle()


def test_the_last_question_without_an_answer_is_asked() -> None:
    """Earlier questions with their answers are the history; what the system said is no part of either."""
    known = {"stream": "s1", "agent": "job-fit"}
    cards = {"type": "data-extras", "data": {"cards": [{"item": "course-1"}]}}
    answer = Said(role="assistant", parts=[{"type": "text", "text": "A."}, cards], metadata=known)
    question, history = conversation(
        [said("system", "Be brief."), said("user", "One?"), answer, said("user", "lost"), said("user", "Two?")],
        "item-1",
    )

    assert question == "Two?"
    assert [(t.item_id, t.question, t.answer, t.stream, t.agent, t.listed) for t in history] == [
        ("item-1", "One?", "A.", "s1", "job-fit", ("course-1",))
    ]


@pytest.mark.parametrize(
    "messages", [[], [said("system", "x")], [said("user", "  ")], [said("user", "One?"), said("assistant", "A.")]]
)
def test_without_an_open_question_there_is_none(messages: list[Said]) -> None:
    """Nothing said, nothing asked, or everything answered: takeaways are wanted."""
    assert conversation(messages, None)[0] is None


def test_a_kept_turn_knows_more_than_a_sent_one() -> None:
    """What the client says was said is taken from what is kept, by its stream or else by its question."""
    kept = [replace(TURN, stream="s1", question="One?", listed=("a",)), replace(TURN, question="Two?", listed=("b",))]
    sent = [
        replace(TURN, stream="s1", question="one"),
        replace(TURN, question="Two?"),
        replace(TURN, question="Three?"),
    ]

    assert recalled(sent, kept) == (kept[0], kept[1], sent[2])
    assert recalled([], kept) == ()


async def test_a_question_needs_no_item(client: Client) -> None:
    """A general question is answered without an item, and kept as a turn of no item's conversation."""
    asked = {"model": "nutgraf", "messages": [{"role": "user", "content": QUESTION}], "metadata": {"member": AMARA.id}}
    call = await client.ask("POST", "/v1/chat/completions", asked)
    turns = (await client.ask("GET", f"/v1/conversations?item=&member={AMARA.id}")).json()["turns"]
    nothing = await client.ask("POST", "/v1/chat/completions", {"model": "nutgraf", "messages": []})

    assert (call.status, call.json()["choices"][0]["finish_reason"] in ("stop", "content_filter")) == (200, True)
    assert [turn["question"] for turn in turns] == [QUESTION] * (call.json()["nutgraf"]["ending"] == "done")
    assert nothing.status == 400


def test_a_hostile_history_stays_small() -> None:
    """Only the newest turns count, each cut to a bearable size; parts of any shape are borne."""
    odd = [{"type": "data-sentence", "data": x} for x in (None, 1, {"evidence": 7}, {"evidence": [1, {"ref": 2}]})]
    turns = [
        said("user", "Q" * 9_000),
        Said(role="assistant", content=[{"type": "text", "text": "A" * 9_000}], parts=odd),
    ]
    _, history = conversation(turns * 100, None)

    assert len(history) == HISTORY_AT_MOST
    assert {len(turn.question) for turn in history} == {len(turn.answer) for turn in history} == {4_000}


def test_parts_that_are_no_text_are_passed_over() -> None:
    """Text is put together from whatever form it comes in."""
    parts = [
        {"type": "text", "text": "a"},
        {"type": "file", "url": "x"},
        {"type": "text", "text": 7},
        {"type": "text", "text": "b"},
    ]

    assert Said(role="user", parts=parts).text == Said(role="user", content=parts).text == "ab"
    assert (
        UiChatBody.model_validate({"id": "c", "messages": [{"role": "user", "parts": parts}]}).wish().question == "ab"
    )


def test_a_model_id_names_an_agent() -> None:
    """`nutgraf` leaves the choice to us, a name behind a slash is an agent's, and nothing else is known."""
    assert (agent_of("nutgraf"), agent_of("nutgraf/job-fit")) == (None, "job-fit")
    for name in ("gpt-9", "nutgraf/", "other/job-fit"):
        with pytest.raises(NotFound, match="GET /v1/models"):
            agent_of(name)


def test_chats_are_forgotten_in_their_order() -> None:
    """Chats take a bounded room, and each member has their own of the same name."""
    chats = Chats()
    chats.remember("c", "amara", "s1")
    chats.remember("c", None, "s2")
    assert [chats.stream("c", who) for who in ("amara", "none", None, "luis")] == ["s1", "s2", "s2", None]
    for number in range(CHATS_AT_MOST):
        chats.remember(f"c{number}", None, "s")
    assert chats.stream("c", "amara") is None
    assert len(chats._streams) == CHATS_AT_MOST


def test_no_write_is_large() -> None:
    """However much a reader has missed, it is handed over piece by piece, and nothing is lost on the way."""
    frames = [b"x" * size for size in (10, 20_000, 1, 100_000, 16_384, 5)]
    pieces = list(_pieces(frames))

    assert b"".join(pieces) == b"".join(frames)
    assert max(map(len, pieces)) <= WRITE_AT_MOST_BYTES


def old_stream(store: EmbeddedStore, age: timedelta, member: str | None, question: str | None) -> str:
    """A stream of that age in the store."""
    scope, at = reader_scope(AMARA if member else None), (datetime.now(UTC) - age).isoformat()
    ending = orjson.dumps(as_json(closed()))
    store.open_stream(scope, "old", ITEM.id, question, at)
    turn = Turn(item_id=ITEM.id, stream="old", question="Why?", answer="So.", at=at) if question and member else None
    store.close_stream(scope, "old", "done", [(1, "closed", ending)], turn)
    return f"/v1/streams/old?member={member or 'none'}"


@pytest.mark.parametrize(("member", "question"), [(AMARA.id, "Why?"), (AMARA.id, None), (None, "Why?")])
async def test_who_comes_back_too_late_is_told(tmp_path: Path, member: str | None, question: str | None) -> None:
    """An old stream is gone, with the address of the conversation where it is kept; for others it never was."""
    with site_in(tmp_path, Scripted()) as site:
        path = old_stream(site.backend.store, timedelta(minutes=16), member, question)
        async with running(site) as client:
            gone = await client.ask("GET", path)
            delivered = await client.ask("GET", path, headers={"last-event-id": f"{epoch_of('old')}.1"})
            assert (await client.ask("GET", "/v1/streams/old?member=luis-herrera")).status == 404
            address = gone.json()["error"].get("conversation")
            if member and question:
                assert [t["answer"] for t in (await client.ask("GET", address)).json()["turns"]] == ["So."]

    assert (gone.status, gone.json()["error"]["kind"], delivered.status) == (410, "gone", 204)
    assert (address is not None) is bool(member and question)


async def test_within_its_time_a_stream_is_read_from_the_store(tmp_path: Path) -> None:
    """Fourteen minutes after its end, in another process, a stream is still replayed."""
    with site_in(tmp_path, Scripted()) as site:
        path = old_stream(site.backend.store, timedelta(minutes=14), AMARA.id, None)
        async with running(site) as client:
            assert (await client.ask("GET", path)).events()[-1]["ending"] == "done"


async def test_an_id_of_another_stream_starts_anew(client: Client) -> None:
    """The reader is told to forget what it has, and gets the whole stream."""
    whole: Call = await client.ask("POST", "/v1/takeaways", {"item": ITEM.id, "member": AMARA.id}, SSE)
    stream = whole.headers["nutgraf-stream"]
    again = await client.ask("GET", f"/v1/streams/{stream}", headers={"last-event-id": "00000000.3"})

    assert again.body.startswith(b"event: reset\ndata: ")
    assert again.body.endswith(whole.body)
    assert again.body.partition(b"\n\n")[2] == whole.body


async def test_a_model_is_told_by_its_id(client: Client) -> None:
    """What `models.retrieve` of an OpenAI client gets is what the list has; an unknown id is an error in its form."""
    listed = (await client.ask("GET", "/v1/models")).json()["data"]
    told = [await client.ask("GET", f"/v1/models/{one['id']}") for one in listed]

    assert [call.json() for call in told] == listed
    for name in ("gpt-9", "nutgraf/nobody", "nutgraf/", "nutgraf/general/x"):
        call = await client.ask("GET", f"/v1/models/{name}")
        assert (call.status, call.json()["error"]["type"]) == (404, "not_found_error")
        assert "GET /v1/models" in call.json()["error"]["message"]
