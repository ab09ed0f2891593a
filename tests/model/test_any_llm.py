"""Providers behind any-llm-sdk: with a stand-in for the package, and with the package itself where it is installed."""

import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import anyio
import pytest

from nutgraf.errors import MissingPart, ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent
from nutgraf.model import any_llm
from nutgraf.model.any_llm import AnyModel
from nutgraf.model.catalogue import open_model
from nutgraf.model.secret import Secret
from nutgraf.orchestration import Usage
from nutgraf.settings import Settings
from nutgraf.testing import FakeProvider, Reply
from tests.model.contract import answer, prompt, within

GEMINI: dict[str, Any] = {"provider": "gemini", "model": "gemini-flash", "key_env": "GEMINI_KEY"}


class Chunk:
    """A chunk of a completion as the package's objects give it."""

    def __init__(self, text: str | None, finish: str | None = None, used: dict[str, int] | None = None) -> None:
        self._found: dict[str, Any] = {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}
        if used:
            self._found["usage"] = used

    def model_dump(self, *, exclude_none: bool) -> dict[str, Any]:
        """Plain data."""
        return self._found


class Sdk:
    """Stands in for the package: `script` is what clients say, `clients` are those it made."""

    def __init__(self) -> None:
        self.script: list[Chunk | Exception | float] = [Chunk("Hello"), Chunk(" there."), Chunk(None, "stop")]
        self.clients: list[Client] = []

    def create(self, provider: str, **options: Any) -> "Client":
        """A new client."""
        self.clients.append(Client(self, options))
        return self.clients[-1]


class Client:
    """One client of the stand-in; it is `client` itself, as where the package hides the provider's own."""

    def __init__(self, sdk: Sdk, options: dict[str, Any]) -> None:
        self.sdk, self.options, self.closed, self.asked = sdk, options, False, {}
        self.client = self

    async def acompletion(self, **asked: Any) -> AsyncIterator[Chunk]:
        """Opens the stream."""
        self.asked = asked
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[Chunk]:
        for part in self.sdk.script:
            if isinstance(part, Exception):
                raise part
            if isinstance(part, float):
                await anyio.sleep(part)
            else:
                yield part

    async def aclose(self) -> None:
        """Closes it."""
        self.closed = True


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Sdk:
    """The stand-in, in the package's place."""
    module, sdk = ModuleType("any_llm"), Sdk()
    module.__spec__ = ModuleSpec("any_llm", None)
    module.AnyLLM = sdk  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "any_llm", module)
    return sdk


def model() -> AnyModel:
    """A model behind it."""
    return AnyModel("far", provider="gemini", model="gemini-flash", key=Secret("k-4711"))


async def test_it_speaks_and_its_client_is_closed(sdk: Sdk) -> None:
    """Each request has a client of its own, which never retries and is closed with it."""
    sdk.script.append(Chunk(None, None, {"prompt_tokens": 9, "completion_tokens": 3}))
    one = model()
    for _ in range(2):
        async with one.stream(prompt("Name it.", opening="It is"), within()) as pieces:
            assert "".join([piece async for piece in pieces]) == "Hello there."
    first, second = sdk.clients

    assert first.closed
    assert second.closed
    assert first.options == {"api_key": "k-4711", "api_base": None, "unified_exceptions": True, "max_retries": 0}
    assert first.asked["stream"] is True
    assert [turn["role"] for turn in first.asked["messages"]] == ["system", "user", "assistant"]
    assert pieces.usage == Usage(input_tokens=9, output_tokens=3, estimated=False)  # type: ignore[attr-defined]
    assert pieces.finish == "stop"  # type: ignore[attr-defined]


class RateLimitError(Exception):
    """As the package names it."""


class AuthenticationError(Exception):
    """As the package names it."""


class ContextLengthExceededError(Exception):
    """As the package names it."""


class ProviderError(Exception):
    """As the package names it."""

    def __init__(self, text: str, status_code: int | None = None) -> None:
        super().__init__(text)
        self.status_code = status_code


FAULTS: dict[str, tuple[list[Any], type[ModelError]]] = {
    "too many": ([RateLimitError("no")], ModelBusy),
    "bad key": ([AuthenticationError("no")], ModelDenied),
    "too long": ([ContextLengthExceededError("no")], ModelRefused),
    "trouble": ([ProviderError("no", 503)], ModelBusy),
    "gateway timeout": ([ProviderError("no", 504)], ModelSilent),
    "bad request": ([ProviderError("no", 400)], ModelRefused),
    "broke after a word": ([Chunk("a"), ProviderError("no")], ModelCut),
    "unknown": ([KeyError("no")], ModelCut),
    "no finish reason": ([Chunk("a")], ModelCut),
    "filtered": ([Chunk("a", "content_filter")], ModelRefused),
    "silent": ([60.0], ModelSilent),
    "stalled": ([Chunk("a"), 60.0], ModelCut),
}


@pytest.mark.parametrize(("script", "kind"), FAULTS.values(), ids=FAULTS)
async def test_faults_have_their_class(sdk: Sdk, script: list[Any], kind: type[ModelError]) -> None:
    """Errors of the package, cuts and silences are errors of ours, and the client is closed after each."""
    sdk.script = script
    with pytest.raises(kind) as caught:
        await answer(model(), deadline=within(0.1))

    assert type(caught.value) is kind
    assert sdk.clients[0].closed


async def test_the_key_is_not_in_an_error(sdk: Sdk) -> None:
    """Whatever the package says, the key is taken out."""
    sdk.script = [AuthenticationError("k-4711 is wrong")]
    with pytest.raises(ModelDenied) as caught:
        await answer(model())

    assert "k-4711" not in str(caught.value)


async def test_leaving_closes_the_client(sdk: Sdk) -> None:
    """A reader who leaves, or is cancelled, closes the request's client."""
    sdk.script = [Chunk("a"), 60.0]
    async with model().stream(prompt(), within()) as pieces:
        await anext(pieces)
    with anyio.move_on_after(0.05):
        await answer(model())

    assert [client.closed for client in sdk.clients] == [True, True]


async def test_the_table_names_the_provider(sdk: Sdk) -> None:
    """A table with `provider` needs no address, and opens this kind of model."""
    settings = Settings(models={"far": GEMINI})
    one = open_model("far", settings, {"GEMINI_KEY": "k"})
    assert one is not None
    assert "".join(await answer(one)) == "Hello there."


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the error says what to run."""
    monkeypatch.setattr(any_llm, "find_spec", lambda name: None)
    with pytest.raises(MissingPart, match=r"nutgraf\[providers\]"):
        model()


@pytest.mark.skipif(find_spec("any_llm") is None, reason="the extra `providers` is not installed")
async def test_the_package_itself() -> None:
    """The real package, over its own HTTP client, speaks, fails and is left without a connection staying open."""
    replies = [Reply(used=(7, 3)), Reply(status=429, body=b"{}"), Reply(pieces=("a", 60.0))]
    async with FakeProvider(replies) as provider:
        one = AnyModel("far", provider="openai", model="m", base_url=provider.base_url, key=Secret("k"))
        assert "".join(await answer(one)) == "Hello there."
        with pytest.raises(ModelBusy):
            await answer(one)
        with suppress(ModelCut):
            await answer(one, deadline=within(0.5))
        for received in provider.ledger:
            await received.closed.wait()

    assert len(provider.ledger) == 3
