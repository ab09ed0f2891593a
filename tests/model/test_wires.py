"""The three wire forms against a real server on the loopback: the same answers, limits, cuts and errors in each."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import anyio
import pytest

from nutgraf.errors import ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent
from nutgraf.model.http_model import Limits
from nutgraf.model.openai_http import ChatModel
from nutgraf.model.wire import StopCutter
from nutgraf.orchestration import Usage
from nutgraf.seams import Model
from nutgraf.testing import FakeProvider, Reply
from nutgraf.testing.provider import event
from nutgraf.types import Prompt
from tests.model.contract import ModelContract, answer, prompt, within
from tests.model.forms import FORMS, KEY, WIRE, opened

SCHEMA = '{"type": "object", "properties": {"text": {"type": "string"}}}'


class TestContract(ModelContract):
    """Each form keeps the contract of every model."""

    @pytest.fixture(params=["responses", "messages"])
    async def speaker(self, request: pytest.FixtureRequest) -> AsyncIterator[Model]:
        """A provider with a short answer."""
        async with FakeProvider() as provider, opened(request.param, provider) as model:
            yield model

    @pytest.fixture(params=["responses", "messages"])
    async def talker(self, request: pytest.FixtureRequest) -> AsyncIterator[Model]:
        """A provider that goes on for ever."""
        reply = Reply(pieces=("and ", 0.005), endless=True)
        async with FakeProvider([reply]) as provider, opened(request.param, provider) as model:
            yield model


async def sent(form: str, asked: Prompt, **more: Any) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Path, headers and body of a request."""
    async with FakeProvider() as provider, opened(form, provider, **more) as model:
        await answer(model, asked)
    (received,) = provider.ledger
    return received.path, received.headers, received.prompt


async def test_what_responses_sends() -> None:
    """Turns, limits and schema stand where this form has them; nothing is to be stored."""
    asked = replace(prompt("Name it.", opening="It is"), schema=SCHEMA)
    path, headers, body = await sent("responses", asked, structured=True, prompt_cache=True)

    assert path == "/v1/responses"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "m",
        "input": [
            {"role": "system", "content": "You are brief."},
            {"role": "user", "content": "Name it."},
            {"role": "assistant", "content": "It is"},
        ],
        "max_output_tokens": 24,
        "temperature": 0.0,
        "store": False,
        "stream": True,
        "text": {"format": {"type": "json_schema", "name": "test", "schema": json.loads(SCHEMA), "strict": True}},
        "prompt_cache_key": "test-1",
    }


async def test_what_messages_sends() -> None:
    """The system's words stand apart, the key in its own header, and stop texts of white space are left to us."""
    asked = replace(prompt("Name it.", opening="It is "), schema=SCHEMA, stop=("\n\n", "END"))
    path, headers, body = await sent("messages", asked, structured=True, prompt_cache=True)

    assert path == "/v1/messages"
    assert (headers["x-api-key"], headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in headers
    assert body == {
        "model": "m",
        "system": [{"type": "text", "text": "You are brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Name it."}, {"role": "assistant", "content": "It is"}],
        "max_tokens": 24,
        "temperature": 0.0,
        "stop_sequences": ["END"],
        "stream": True,
        "output_config": {"format": {"type": "json_schema", "schema": json.loads(SCHEMA)}},
    }


async def test_an_opening_can_be_asked_for_in_words() -> None:
    """Where no beginning can be given, it is asked for, and its echo is taken off the answer."""
    reply = Reply(pieces=("It is", " Elm."))
    async with FakeProvider([reply]) as provider, opened("messages", provider, prefill=False) as model:
        assert "".join(await answer(model, prompt("Name it.", opening="It is"))) == " Elm."
    (received,) = provider.ledger

    assert received.prompt["messages"][-1]["role"] == "user"
    assert received.prompt["messages"][-1]["content"].endswith("It is")


async def test_endpoints_with_habits() -> None:
    """Azure's version and header, a schema, renamed, omitted and added fields: all come from the endpoint."""
    asked = replace(prompt(), schema=SCHEMA)
    path, headers, body = await sent(
        "chat", asked, api_version="2024-10-21", key_header="api-key", structured=True, prompt_cache=True,
        omit=("temperature", "stream_options"), extra={"seed": 1}, max_tokens_as="max_completion_tokens",
    )  # fmt: skip

    assert path == "/v1/chat/completions?api-version=2024-10-21"
    assert headers["api-key"] == KEY
    assert "authorization" not in headers
    assert body.keys() == {
        "model", "messages", "stream", "response_format", "seed", "max_completion_tokens", "prompt_cache_key",
    }  # fmt: skip
    assert body["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)


async def test_a_schema_is_only_sent_where_it_is_understood() -> None:
    """An endpoint whose table says nothing gets no schema."""
    for form in FORMS:
        _, _, body = await sent(form, replace(prompt(), schema=SCHEMA))
        assert not body.keys() & {"response_format", "text", "output_config"}


async def test_text_that_cannot_be_sent_is_refused() -> None:
    """Half a character in a prompt is an error of ours and never a traceback."""
    async with FakeProvider() as provider, opened("chat", provider) as model:
        with pytest.raises(ModelRefused, match="characters"):
            await answer(model, prompt("\ud83d"))


@pytest.mark.parametrize("form", FORMS)
async def test_usage_is_told(form: str) -> None:
    """What the provider says it used is known when the answer has ended, and that it is no estimate."""
    async with FakeProvider([Reply(used=(31, 3)), Reply()]) as provider, opened(form, provider) as model:
        for expected in (Usage(input_tokens=31, output_tokens=3, estimated=False), None):
            async with model.stream(prompt(), within()) as pieces:
                assert "".join([piece async for piece in pieces]) == "Hello there."
                assert pieces.usage == expected  # type: ignore[attr-defined]
                assert pieces.finish == "stop"  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", FORMS)
async def test_an_answer_at_its_length_says_so(form: str) -> None:
    """The token limit is an ordinary end, and one that can be told from another."""
    async with (
        FakeProvider([Reply(finish="length")]) as provider,
        opened(form, provider) as model,
        model.stream(prompt(), within()) as pieces,
    ):
        assert [piece async for piece in pieces]
        assert pieces.finish == "length"  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", FORMS)
async def test_a_connection_is_used_again(form: str) -> None:
    """Ten answers one after the other need one connection."""
    async with FakeProvider() as provider, opened(form, provider) as model:
        for _ in range(10):
            assert "".join(await answer(model)) == "Hello there."
        assert provider.connections == 1


def whole(form: str) -> tuple[bytes, int]:
    """A good stream of a form, and the byte after which it has ended."""
    wire, used = WIRE[form], (9, 2)
    head = wire.begin(used) + wire.piece("Sales ") + wire.piece("rose 🦊.") + wire.finish("stop", used)
    raw = head + wire.done(used)
    return raw, len(raw) if form == "messages" else len(head)


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_that_is_cut_anywhere_is_no_answer(form: str) -> None:
    """Cut at every byte, whole or in pieces, a stream that the provider had not ended is a ModelCut."""
    model: Any = FORMS[form].__new__(FORMS[form])
    raw, end = whole(form)
    model.endpoint = ChatModel("x", _endpoint()).endpoint
    for n in range(len(raw) + 1):
        for chunks in ([raw[:n]], [raw[:n][k : k + 1] for k in range(n)]):
            reader = model.reader(prompt())
            said = "".join(piece for chunk in chunks for piece in reader.feed(chunk))
            reader.close()

            assert "Sales rose 🦊.".startswith(said)
            assert reader.ended is (n >= end)
            assert reader.ended or type(reader.failure) is ModelCut


def _endpoint() -> Any:
    from nutgraf.model.http_model import Endpoint

    return Endpoint(base_url="http://127.0.0.1:9", model="m")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_cut_on_the_wire_is_never_a_clean_end(form: str, chunked: bool) -> None:
    """With or without a broken framing, a stream that was cut is a ModelCut."""
    _, end = whole(form)
    places = [n for n in range(end) if n % 37 == 0 or n > end - 3]
    reply = Reply(pieces=("Sales ", "rose 🦊."), used=(9, 2), chunked=chunked)
    replies = [replace(reply, cut_at_byte=n) for n in places]
    async with FakeProvider(replies) as provider, opened(form, provider) as model:
        for _ in places:
            with pytest.raises(ModelCut):
                await answer(model)


USED = b'data: {"choices": [], "usage": {"prompt_tokens": 9}}\n\n'
BROKEN = 3 + len(b"".join(event(piece) for piece in ("Hello", " there", ".")) + USED)
QUIRK = {
    "usage and a clean end": (Reply(finish=None, used=(9, 3)), None),
    "usage but no [DONE]": (Reply(finish=None, done=False, raw=USED), None),
    "no usage": (Reply(finish=None), ModelCut),
    "usage, but the framing is broken": (Reply(finish=None, raw=USED, cut_at_byte=BROKEN), ModelCut),
    "a finish reason after all": (Reply(), None),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "kind"), QUIRK.values(), ids=QUIRK)
async def test_an_endpoint_without_finish_reasons_is_known_as_such(reply: Reply, kind: type[ModelError] | None) -> None:
    """Where it is declared, usage and a proper end stand for the reason; without either the answer was cut."""
    async with FakeProvider([reply]) as provider:
        if kind is not None:
            async with opened("chat", provider, no_finish_reason=True) as model:
                with pytest.raises(kind):
                    await answer(model)
        else:
            async with opened("chat", provider, no_finish_reason=True) as model:
                assert "".join(await answer(model)) == "Hello there."
        if reply.finish is None:
            async with opened("chat", provider) as model:
                with pytest.raises(ModelCut):
                    await answer(model)


def rows() -> list[tuple[str, str, Reply, type[ModelError]]]:
    """The table of faults: wire × status × what stands in the body or in the stream → class."""
    statuses: list[tuple[int, str, type[ModelError]]] = [
        (400, "", ModelRefused), (401, "", ModelDenied), (402, "", ModelDenied), (403, "", ModelDenied),
        (404, "", ModelDenied), (408, "", ModelSilent), (409, "", ModelBusy), (413, "", ModelRefused),
        (422, "", ModelRefused), (429, "", ModelBusy), (500, "", ModelBusy), (502, "", ModelBusy),
        (503, "", ModelBusy), (504, "", ModelSilent), (529, "", ModelBusy),
        (429, "insufficient_quota", ModelDenied), (400, "context_length_exceeded", ModelRefused),
        (400, "content_filter", ModelRefused), (403, "rate_limit_exceeded", ModelBusy),
        (400, "overloaded_error", ModelBusy), (500, "invalid_request_error", ModelRefused),
        (401, "invalid_api_key", ModelDenied), (404, "not_found_error", ModelDenied), (400, "timeout", ModelSilent),
    ]  # fmt: skip
    inside: list[tuple[str, type[ModelError]]] = [
        ("overloaded_error", ModelBusy), ("rate_limit_error", ModelBusy), ("rate_limit_exceeded", ModelBusy),
        ("server_error", ModelBusy), ("api_error", ModelBusy), ("invalid_request_error", ModelRefused),
        ("authentication_error", ModelDenied), ("permission_error", ModelDenied), ("not_found_error", ModelDenied),
        ("insufficient_quota", ModelDenied), ("content_filter", ModelRefused), ("timeout_error", ModelSilent),
    ]  # fmt: skip
    found: list[tuple[str, str, Reply, type[ModelError]]] = []
    for form in FORMS:
        for status, word, kind in statuses:
            body = json.dumps({"error": {"type": word, "message": "no"}} if word else {}).encode()
            found.append((form, f"{status} {word}", Reply(status=status, body=body), kind))
        for word, kind in inside:
            for pieces in ((), ("Hello",)):
                reply = Reply(pieces=pieces, error={"type": word, "message": "no"})
                found.append((form, f"200 {word} after {len(pieces)}", reply, kind))
        found += [
            (form, "no finish", Reply(finish=None, done=False), ModelCut),
            (form, "filtered", Reply(finish="content_filter"), ModelRefused),
            (form, "bad chunk", Reply(raw=b"data: {oops\n\n"), ModelCut),
            (form, "odd chunk", Reply(raw=b"data: []\n\n"), ModelCut),
            (form, "not a stream", Reply(body=b"{}"), ModelRefused),
            (form, "redirect", Reply(status=307, body=b"", headers={"location": "http://127.0.0.1:9/"}), ModelRefused),
        ]
    found += [
        ("responses", "failed", Reply(finish="server_error"), ModelBusy),
        ("responses", "failed, over its limit", Reply(finish="rate_limit_exceeded"), ModelBusy),
        ("responses", "declined", Reply(raw=b'data: {"type": "response.refusal.delta"}\n\n'), ModelRefused),
        ("responses", "cancelled", Reply(raw=b'data: {"type": "response.cancelled"}\n\n'), ModelCut),
        ("responses", "[DONE] alone", Reply(raw=b"data: [DONE]\n\n", finish=None), ModelCut),
        ("messages", "refusal", Reply(finish="refusal"), ModelRefused),
        ("messages", "paused", Reply(finish="pause_turn"), ModelCut),
        ("messages", "stop without a reason", Reply(finish=None), ModelCut),
        ("messages", "a reason without a stop", Reply(done=False), ModelCut),
        ("chat", "[DONE] without a reason", Reply(finish=None), ModelCut),
    ]
    return found


async def test_every_fault_has_its_class() -> None:
    """At least sixty rows of faults, each asked once and only once, each with exactly its class."""
    table = rows()
    assert len(table) >= 60
    for form in FORMS:
        mine = [row for row in table if row[0] == form]
        async with FakeProvider([row[2] for row in mine]) as provider, opened(form, provider) as model:
            wrong = []
            for _, name, _, kind in mine:
                try:
                    await answer(model)
                    got: Any = None
                except ModelError as exc:
                    got = type(exc)
                if got is not kind:
                    wrong.append((form, name, got, kind))

            assert wrong == []
            assert len(provider.ledger) == len(mine)


LIMITS: dict[str, tuple[Limits, Reply, type[ModelError], float]] = {
    "first token, no head": (Limits(first_token_s=0.2), Reply(head_after_s=60.0), ModelSilent, 0.2),
    "first token, a head": (Limits(first_token_s=0.2), Reply(pieces=(60.0,)), ModelSilent, 0.2),
    "between tokens": (Limits(between_tokens_s=0.2), Reply(pieces=("Hello", 60.0)), ModelSilent, 0.2),
    "the whole": (Limits(total_s=0.3), Reply(pieces=("a", 0.01), endless=True), ModelCut, 0.3),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LIMITS)
async def test_each_limit_frees_the_connection(form: str, name: str) -> None:
    """First token, gaps and the whole each have a limit of their own; when it passes, the connection is closed."""
    limits, reply, kind, _ = LIMITS[name]
    async with FakeProvider([reply]) as provider, opened(form, provider, limits) as model:
        with pytest.raises(kind):
            await answer(model)
        with anyio.fail_after(5.0):
            await (await provider.arrived(1)).closed.wait()

    assert provider.ledger[0].closed_by == "client"


@pytest.mark.parametrize("form", FORMS)
async def test_a_slow_but_steady_answer_is_within_its_limits(form: str) -> None:
    """Gaps below the limit are no fault, however many there are."""
    limits = Limits(first_token_s=0.5, between_tokens_s=0.5)
    reply = Reply(pieces=("a", 0.06) * 12)
    async with FakeProvider([reply]) as provider, opened(form, provider, limits) as model:
        assert "".join(await answer(model)) == "a" * 12


@pytest.mark.parametrize("form", FORMS)
async def test_an_endless_stream_is_cut_at_the_cap(form: str) -> None:
    """A provider that ignores max_tokens is left within one chunk of the cap, and what is kept of it is bounded."""
    said: list[str] = []

    async def read(model: Model) -> None:
        async with model.stream(prompt(), within()) as pieces:
            async for piece in pieces:
                said.append(piece)  # noqa: PERF401 - it ends with an error

    reply = Reply(pieces=("and so on " * 50,), endless=True)
    async with FakeProvider([reply]) as provider, opened(form, provider) as model:
        with pytest.raises(ModelCut, match="max_tokens"):
            await read(model)
        await (await provider.arrived(1)).closed.wait()

    assert 4096 - 500 <= len("".join(said)) <= 4096


@pytest.mark.parametrize("form", ["responses", "messages"])
async def test_stop_texts_end_the_answer(form: str) -> None:
    """Where the form takes no such stop text, the answer ends before it, wherever it is cut, and nothing follows."""
    for pieces in (("It fell.\n\nMore.",), ("It fell.\n", "\nMore."), ("It fell.", "\n", "\n", "More.")):
        async with FakeProvider([Reply(pieces=pieces)]) as provider, opened(form, provider) as model:
            assert "".join(await answer(model, replace(prompt(), stop=("\n\n",)))) == "It fell."


@pytest.mark.parametrize(
    ("text", "stops", "said"),
    [("abcXYd", ("XY",), "abc"), ("aXbXY", ("XY",), "aXb"), ("aX", ("XY",), "aX"), ("aXXY", ("XY", "XX"), "a"),
     ("", ("X",), ""), ("XY", ("XY",), ""), ("abc", (), "abc"), ("aaab", ("aab",), "a")],
)  # fmt: skip
def test_a_stop_is_found_at_every_cut(text: str, stops: tuple[str, ...], said: str) -> None:
    """The same text is handed out however it is cut, and nothing of a stop text is."""
    for cut in ([text], list(text), *([text[:n], text[n:]] for n in range(len(text)))):
        cutter, found = StopCutter(stops), ""
        for piece in cut:
            ready, stopped = cutter.feed(piece)
            found += ready
            if stopped:
                break
        else:
            found += cutter.close()

        assert found == said
