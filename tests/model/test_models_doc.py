"""What the page about models says is so."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import anyio
import pytest

from nutgraf.errors import ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent, QuotaSpent
from nutgraf.model import any_llm, embedded, http_model, openai_http, sse_reader, turns, wire
from nutgraf.model.catalogue import open_gateway
from nutgraf.model.endpoints import Table
from nutgraf.model.provider_errors import status_kind
from nutgraf.settings import Settings
from nutgraf.types import Deadline, Scope
from tests.model.contract import prompt

PAGE = Path(__file__).parents[2].joinpath("docs", "models.md").read_text("utf-8")
TOML = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", TOML)
def test_every_settings_file_opens_its_models(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example is a settings file whose models can be opened."""
    monkeypatch.setattr(any_llm, "find_spec", lambda name: object())
    file = tmp_path / "nutgraf.toml"
    file.write_text(text, "utf-8")
    settings = Settings.from_sources({}, file)
    keys = {str(table["key_env"]): "k" for table in settings.models.values() if "key_env" in table}
    door = open_gateway(settings, keys)

    assert door is not None
    assert list(door.gates) == list(settings.models)
    assert door.name == settings.model


async def test_the_python_examples_run() -> None:
    """The model on the page is one, and the scripted one does what its line says."""
    names: dict[str, object] = {}
    for text in PYTHON:
        exec(text, names)
    parrot: object = names["Parrot"]()  # type: ignore[operator]
    async with parrot.stream(prompt("Say\nthis."), Deadline(0.0)) as pieces:  # type: ignore[attr-defined]
        assert [piece async for piece in pieces] == ["this."]

    scripted, said = names["slow_then_cut"], list[str]()
    async with scripted.stream(prompt(), Deadline(anyio.current_time() + 60)) as pieces:  # type: ignore[attr-defined]
        said += [await anext(pieces), await anext(pieces)]
        with pytest.raises(ModelCut):
            await anext(pieces)
    assert said == ["The wait fell ", "from 19 to 11"]

    one_answer: Any = names["one_answer"]
    scope = Scope(tenant="t", member=None, purposes=frozenset(), consent_version=1, rights=frozenset())
    assert await one_answer(scope, prompt(), Deadline(anyio.current_time() + 60)) == "The wait fell."


def test_every_field_of_a_table_is_on_the_page() -> None:
    """Whatever a table may say has its row, with its default."""
    rows = "\n".join(re.findall(r"^\| `.*$", PAGE, re.MULTILINE))

    assert [knob.name for knob in fields(Table) if knob.name != "name" and f"`{knob.name}`" not in rows] == []
    assert f"| `connections_at_most` | {Table.connections_at_most} |" in rows


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    """Every figure of a limit is the one that is in force."""
    limits = http_model.Limits()
    rows = {
        "to connect": f"{limits.connect_s:.0f} s",
        "the whole answer": f"{limits.total_s:.0f} s,",
        "text beyond `max_tokens`": f"{wire.CHARS_PER_TOKEN_AT_MOST} characters a token",
        "one event": f"{sse_reader.EVENT_AT_MOST_BYTES >> 20} MiB",
        "open connections": str(limits.connections_at_most),
        "context": f"{embedded.CONTEXT_TOKENS:,} tokens",
        "requests at a time": f"one; others queue, the nearest deadline first, at most {turns.WAITING_AT_MOST}",
    }

    assert [row for row, value in rows.items() if f"| {row} | {value}" not in PAGE] == []
    assert openai_http.STOPS_AT_MOST == 4
    assert embedded.BATCH_TOKENS_PER_THREAD == 8


def test_the_table_of_errors_is_that_of_the_code() -> None:
    """Each error has its row, says truly whether it may be tried again, and the statuses named belong to it."""
    kinds: tuple[type[ModelError], ...] = (ModelBusy, ModelSilent, ModelRefused, ModelDenied, ModelCut, QuotaSpent)
    for kind in kinds:
        (row,) = re.findall(rf"^\| `{kind.__name__}` \|.*$", PAGE, re.MULTILINE)

        assert row.endswith(f"| {'yes' if kind.retryable else 'no'} |")
        assert all(status_kind(int(status)) is kind for status in re.findall(r"\b[45]\d\d\b", row))
