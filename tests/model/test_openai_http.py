"""The HTTP client against a real server on the loopback: contract, limits, cuts, stops and secrets."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import pytest

from nutgraf.errors import InputError, ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent
from nutgraf.model.http_model import Limits
from nutgraf.model.openai_http import OpenAIModel
from nutgraf.model.secret import Secret
from nutgraf.seams import Model
from nutgraf.testing import FakeProvider, Reply
from nutgraf.testing.provider import event
from tests.model.contract import ModelContract, answer, prompt, within

KEY = "key-4711-do-not-show"
QUICK = Limits(connect_s=1.0, first_token_s=0.15, between_tokens_s=0.15, total_s=5.0)


@asynccontextmanager
async def opened(provider: FakeProvider, limits: Limits | None = None) -> AsyncIterator[OpenAIModel]:
    """A model on this provider, closed afterwards."""
    model = OpenAIModel("local", base_url=provider.base_url, model="m", key=Secret(KEY), limits=limits)
    try:
        yield model
    finally:
        await model.aclose()


class TestContract(ModelContract):
    """The client keeps the contract of every model."""

    @pytest.fixture
    async def speaker(self) -> AsyncIterator[Model]:
        """A provider with a short answer."""
        async with FakeProvider() as provider, opened(provider) as model:
            yield model

    @pytest.fixture
    async def talker(self) -> AsyncIterator[Model]:
        """A provider that goes on for ever."""
        async with FakeProvider([Reply(pieces=("and ", 0.005), endless=True)]) as provider, opened(provider) as model:
            yield model


async def test_what_is_sent() -> None:
    """The prompt, the opening and the limits arrive in the provider's form, and the key in its header."""
    async with FakeProvider() as provider, opened(provider) as model:
        await answer(model, prompt("Name it.", opening="It is"))
    (received,) = provider.ledger

    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.prompt == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "You are brief."},
            {"role": "user", "content": "Name it."},
            {"role": "assistant", "content": "It is"},
        ],
        "max_tokens": 24,
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_a_connection_is_used_again() -> None:
    """Ten answers one after the other need one connection."""
    async with FakeProvider() as provider, opened(provider) as model:
        for _ in range(10):
            assert "".join(await answer(model)) == "Hello there."
        assert provider.connections == 1

    assert [received.closed_by for received in provider.ledger] == ["done"] * 10


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_cut_on_the_wire_is_never_a_clean_end(chunked: bool) -> None:
    """Cut anywhere before the finish reason, with or without a broken framing, the answer is a ModelCut."""
    whole = b"".join([event("Sales "), event("rose 🦊."), event(None, "stop")])
    places = [n for n in range(len(whole)) if n % 11 == 0 or n > len(whole) - 4]
    replies = [Reply(pieces=("Sales ", "rose 🦊."), cut_at_byte=n, chunked=chunked) for n in places]
    async with FakeProvider(replies) as provider, opened(provider) as model:
        for _ in places:
            with pytest.raises(ModelCut):
                await answer(model)

    assert len(provider.ledger) == len(places)


FAILURES = {
    "no finish reason": (Reply(finish=None), ModelCut),
    "no finish reason and no [DONE]": (Reply(finish=None, done=False), ModelCut),
    "broken chunk": (Reply(raw=b"data: {oops\n\n"), ModelCut),
    "error in a 200 stream": (Reply(error={"type": "overloaded_error", "message": "later"}), ModelBusy),
    "filtered": (Reply(finish="content_filter"), ModelRefused),
    "bad request": (Reply(status=400, body=b'{"error": {"message": "no"}}'), ModelRefused),
    "bad key": (Reply(status=401, body=b"nope"), ModelDenied),
    "too many": (Reply(status=429, body=b"{}", headers={"retry-after": "7"}), ModelBusy),
    "no quota": (Reply(status=429, body=b'{"error": {"code": "insufficient_quota"}}'), ModelDenied),
    "trouble": (Reply(status=500, body=b"<html>"), ModelBusy),
    "gateway timeout": (Reply(status=504, body=b""), ModelSilent),
    "redirect": (Reply(status=302, body=b"", headers={"location": "http://127.0.0.1:9/"}), ModelRefused),
    "a web page": (Reply(body=b"<html>", headers={"content-type": "text/html"}), ModelRefused),
    "a refusal that says 200": (Reply(body=b'{"error": {"type": "rate_limit_error"}}'), ModelBusy),
    "an answer that is not streamed": (Reply(body=b'{"choices": []}'), ModelRefused),
}


@pytest.mark.parametrize(("reply", "kind"), FAILURES.values(), ids=FAILURES)
async def test_failures_get_their_class(reply: Reply, kind: type[ModelError]) -> None:
    """Each failure has its class, is asked for once only, and leaves the client usable."""
    async with FakeProvider([reply, Reply()]) as provider, opened(provider) as model:
        with pytest.raises(kind) as caught:
            await answer(model)
        assert type(caught.value) is kind
        assert "".join(await answer(model)) == "Hello there."

    assert len(provider.ledger) == 2


async def test_what_came_before_a_failure_is_given() -> None:
    """The reader gets the text that arrived, and then the failure."""
    said: list[str] = []
    reply = Reply(error={"code": 500})
    async with (
        FakeProvider([reply]) as provider,
        opened(provider) as model,
        model.stream(prompt(), within()) as pieces,
    ):
        while "".join(said) != "Hello there.":
            said.append(await anext(aiter(pieces)))
        with pytest.raises(ModelBusy):
            await anext(aiter(pieces))


async def test_the_wait_that_is_asked_for_is_told() -> None:
    """An operator sees how long the provider asked us to wait."""
    reply = Reply(status=429, body=b'{"error": {"message": "slow down"}}', headers={"retry-after": "7"})
    async with FakeProvider([reply]) as provider, opened(provider) as model:
        with pytest.raises(ModelBusy, match="status 429, asked to wait 7 s: slow down") as caught:
            await answer(model)

    assert caught.value.retry_after_s == 7.0


SILENCES = {
    "no head": Reply(head_after_s=60.0),
    "no first token": Reply(pieces=(60.0,)),
    "only empty pieces": Reply(pieces=("", 0.01), endless=True),
    "between two tokens": Reply(pieces=("Hello", 60.0)),
}


@pytest.mark.parametrize("reply", SILENCES.values(), ids=SILENCES)
async def test_silence_has_a_limit(reply: Reply) -> None:
    """Before the head, before the first token and between two: silence ends the request and closes the connection."""
    async with FakeProvider([reply]) as provider, opened(provider, QUICK) as model:
        with pytest.raises(ModelSilent, match="silent"):
            await answer(model)
        await (await provider.arrived(1)).closed.wait()

    assert provider.ledger[0].closed_by == "client"


async def test_the_whole_answer_has_a_limit() -> None:
    """A provider that never stops talking is left at the limit for the whole answer."""
    limits = Limits(total_s=0.2)
    async with FakeProvider([Reply(pieces=("a", 0.01), endless=True)]) as provider, opened(provider, limits) as model:
        with pytest.raises(ModelCut, match="deadline"):
            await answer(model)


async def test_babble_has_a_limit() -> None:
    """A provider that ignores max_tokens is left when its text has become absurdly long."""
    async with FakeProvider([Reply(pieces=("and so on " * 50,), endless=True)]) as provider, opened(provider) as model:
        with pytest.raises(ModelCut, match="max_tokens"):
            await answer(model)


async def test_a_provider_that_is_not_there() -> None:
    """A refused connection is silence, which may be tried again, and the message names the address."""
    async with FakeProvider() as provider:
        gone = provider.base_url
    model = OpenAIModel("local", base_url=gone, model="m", key=Secret(KEY))
    with pytest.raises(ModelSilent, match=r"127\.0\.0\.1"):
        await answer(model)
    await model.aclose()


PHASES = {
    "before the head": Reply(head_after_s=60.0),
    "before the first token": Reply(pieces=(60.0,)),
    "mid-stream": Reply(pieces=("and ", 0.005), endless=True),
    "flooding": Reply(pieces=("and " * 500,), endless=True),
}


@pytest.mark.parametrize("phase", PHASES)
async def test_leaving_closes_the_connection(phase: str) -> None:
    """In each phase a reader that is cancelled closes the provider's connection, before anything else is asked."""
    async with FakeProvider([PHASES[phase], Reply()]) as provider, opened(provider) as model:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(answer, model, prompt(max_tokens=100_000))
            received = await provider.arrived(1)
            while phase == "mid-stream" and received.tokens_sent < 3:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        await received.closed.wait()
        assert await answer(model)

    assert received.closed_by == "client"
    assert provider.events.index(("client", 1)) < provider.events.index(("opened", 2))
    assert provider.open_requests == 0


async def test_many_aborts_leak_nothing() -> None:
    """After 300 aborts in random phases no connection is stuck and the next requests work."""
    replies = list(PHASES.values())
    async with FakeProvider(lambda received: replies[received.number % 4]) as provider, opened(provider) as model:
        for number in range(300):
            with anyio.move_on_after(0.002 * (number % 5)):
                await answer(model, prompt(max_tokens=100_000))
        for received in provider.ledger:
            await received.closed.wait()
        provider._replies = [Reply()]
        for _ in range(50):
            assert await answer(model)

    assert provider.open_requests == 0


async def test_the_key_is_never_seen(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a provider sends back, the key is in no error, no representation and no log."""
    caplog.set_level(logging.DEBUG)
    echo = {"error": {"message": "x" * 190 + KEY, "type": KEY}}
    raw = json.dumps(echo).encode()
    replies = [Reply(status=401, body=raw), Reply(error=echo["error"]), Reply(raw=raw, finish=KEY), Reply(body=raw)]
    texts = []
    async with FakeProvider(replies) as provider, opened(provider) as model:
        texts.append(repr(model))
        for _ in replies:
            with pytest.raises(ModelError) as caught:
                await answer(model)
            texts += [repr(caught.value), repr(caught.value.__cause__), str(caught.value)]
    texts += [record.getMessage() for record in caplog.records]

    assert KEY not in "".join(texts)


@pytest.mark.parametrize(
    "base_url",
    ["", "example", "ftp://127.0.0.1/v1", "http://", "http://user:word@127.0.0.1/v1", "http://127.0.0.1/v1?key=a"],
)
def test_an_address_that_cannot_be_used(base_url: str) -> None:
    """The error names the endpoint and says what an address must be; it does not repeat what may be a password."""
    with pytest.raises(InputError, match=r"models\.local: base_url") as caught:
        OpenAIModel("local", base_url=base_url, model="m")

    assert "word@" not in str(caught.value)


async def test_closing_twice_is_fine() -> None:
    """A model can be closed without ever having been used, and twice."""
    model = OpenAIModel("local", base_url="http://127.0.0.1:9/v1/", model="m")
    await model.aclose()
    await model.aclose()
    await asyncio.sleep(0)
