"""Answers leave traces: by the server and the command line, in every ending; listed, shown, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from nutgraf.errors import StoreError
from nutgraf.serve.cli import app
from nutgraf.serve.cli_common import Tools
from nutgraf.serve.door import host_scope, reader_scope
from nutgraf.serve.trace_text import timeline
from nutgraf.serve.traces import open_tracing, trace_files
from nutgraf.settings import Settings
from nutgraf.store.embedded import EmbeddedStore
from tests.serve.fakes import AMARA, ITEM, Scripted, fake_rooms, running, site_in

BODY = {"item": ITEM.id, "member": AMARA.id}
ASK = {**BODY, "question": "What was the median wait at the front desk within six weeks?"}
SSE = {"accept": "text/event-stream"}


def traces(folder: Path) -> list[dict[str, Any]]:
    """The traces of a folder, oldest first."""
    return trace_files(Settings(data_dir=folder)).newest(host_scope())[::-1]


def notes(trace: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The notes of one kind."""
    return [note for note in trace["notes"] if note["kind"] == kind]


async def test_every_answer_leaves_a_trace(tmp_path: Path) -> None:
    """Panels and answers, whole; what was shown is in it, and its owner is its member."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            for path, body in (("/v1/takeaways", BODY), ("/v1/ask", {**ASK, "without": ["headline"]})):
                document = (await client.ask("POST", path, body)).json()
                assert document["ending"] == "done"
    panel, answer = traces(tmp_path)

    assert (panel["member"], panel["tenant"]) == (AMARA.id, "local")
    assert [note["sentence"]["text"] for note in notes(panel, "sent")]
    assert notes(answer, "request")[0]["question"] == ASK["question"]
    assert notes(answer, "request")[0]["without"] == ["headline"]
    assert [one["ending"] for one in notes(answer, "ending")] == ["done"]
    assert notes(answer, "event")[0]["counts"]["closed"] == 1


async def test_a_stopped_and_a_broken_answer_leave_traces(tmp_path: Path) -> None:
    """The reader left while the model was silent; a fault of ours that is raised."""
    model = Scripted((None,))
    with site_in(tmp_path, model, writing="at-once") as site:
        async with running(site) as client:
            call = client.begin("POST", "/v1/takeaways", orjson.dumps(BODY), SSE)
            await model.until(lambda: model.open_now > 0)
            await client.ask("DELETE", f"/v1/streams/{call.headers['nutgraf-stream']}")
            await call.until(call.finished.is_set)
            vars(site.backend.rooms)["sources"] = None
            await client.ask("POST", "/v1/takeaways", BODY)
    stopped, broken = traces(tmp_path)

    assert notes(stopped, "ending")[0]["ending"] == "stopped"
    assert notes(stopped, "model")[0]["ending"] == "cancelled"
    assert (notes(broken, "ending")[0]["ending"], notes(broken, "ending")[0]["error"]) == ("failed", "TypeError")


@pytest.mark.parametrize("method", ["open_stream", "close_stream"])
async def test_an_answer_that_could_not_be_kept_is_traced_as_its_reader_saw_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Failed with a ticket, whether it was cut off for it or had come to its end."""

    def broken(*args: object) -> None:
        raise StoreError("the disk is full")

    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            monkeypatch.setattr(site.backend.store, method, broken)
            seen = (await client.ask("POST", "/v1/ask", ASK)).json()
    ((ending,),) = (notes(trace, "ending") for trace in traces(tmp_path))

    assert (seen["ending"], ending["ending"]) == ("failed", "failed")
    assert ending["ticket"] == seen["ticket"]


async def test_traces_can_be_off_or_without_texts(tmp_path: Path) -> None:
    """Off, nothing is written; without texts, no word of anybody is."""
    for name, knobs in (("off", {"traces": "off"}), ("bare", {"trace_texts": "off"})):
        with site_in(tmp_path / name, Scripted(), **knobs) as site:
            async with running(site) as client:
                await client.ask("POST", "/v1/ask", ASK)
    assert traces(tmp_path / "off") == []
    (file,) = (tmp_path / "bare" / "traces").glob("*.jsonl")

    for word in (b"median", b"Charge nurse", b"front desk"):
        assert word not in file.read_bytes()
    assert open_tracing(Settings(data_dir=tmp_path, traces="off")) is None


async def test_an_erased_member_is_gone_from_traces_too(tmp_path: Path) -> None:
    """Everything kept of them goes with one call, also what was about to be written; others stay."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            for member in (AMARA.id, "luis-herrera"):
                await client.ask("POST", "/v1/ask", {**ASK, "member": member})
        assert site.backend.erase_member(reader_scope(AMARA)) > 2
        assert site.backend.store.conversation(reader_scope(AMARA)) == []

    assert [trace["member"] for trace in traces(tmp_path)] == ["luis-herrera"]


def test_traces_may_go_to_opentelemetry_as_well(tmp_path: Path) -> None:
    """With the extra, the tracing has two sinks."""
    tracing = open_tracing(Settings(data_dir=tmp_path, traces="otel"))
    assert tracing is not None
    tracing.begin(reader_scope(AMARA), "s1", 0.0, float).close()
    tracing.close()

    assert [trace["stream"] for trace in traces(tmp_path)] == ["s1"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder in which a question was answered."""
    made = tmp_path / "data"
    tools = Tools(build_rooms=fake_rooms(Scripted()))
    with EmbeddedStore.open(made) as store:
        store.put_items([ITEM])
        store.put_member(host_scope(), AMARA)
    args = ["ask", ITEM.id, ASK["question"], "--member", AMARA.id, "--data-dir", str(made)]
    result = CliRunner().invoke(app, args, obj=tools, prog_name="nutgraf")
    assert result.exit_code == 0, result.output
    return made


def nutgraf(folder: Path, *args: str, model: Scripted | None = None) -> Result:
    """Runs `nutgraf trace` on a folder."""
    tools = Tools(build_rooms=fake_rooms(model))
    return CliRunner().invoke(app, ["trace", *args, "--data-dir", str(folder)], obj=tools, prog_name="nutgraf")


def test_traces_are_listed_and_shown(folder: Path) -> None:
    """As lines for people and as JSON; what is not there is said in one line."""
    (trace,) = traces(folder)
    stream = trace["stream"]
    (line,) = nutgraf(folder, "list").stdout.splitlines()
    shown = nutgraf(folder, "show", stream).stdout

    assert line.startswith(stream)
    assert "  done  " in line
    assert ASK["question"] in line
    for part in (
        "route",
        "source    item: ok",
        "+ item post-board",
        "prompt answer",
        "said: The median",
        "sent",
        "ending",
    ):
        assert part in shown, part
    assert "prompt answer" not in nutgraf(folder, "show", stream, "--no-prompts").stdout
    assert orjson.loads(nutgraf(folder, "show", "last", "--json").stdout) == trace
    assert [one["stream"] for one in orjson.loads(nutgraf(folder, "list", "--json").stdout)] == [stream]
    missing = nutgraf(folder, "show", "nothing")
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
    assert nutgraf(folder / "new", "list").stdout.startswith("No traces in")


def test_an_answer_is_made_again(folder: Path, tmp_path: Path) -> None:
    """Without a model it comes out the same; with another prompt or model it is told what differs."""
    stream = traces(folder)[0]["stream"]
    same = nutgraf(folder, "replay", stream)
    assert (same.exit_code, same.stdout.splitlines()[-1], same.stderr) == (0, "Nothing differs.", "")

    file = tmp_path / "brief.jinja"
    file.write_text("@system\nBe brief.\n@user\n{{ evidence }} {{ question }}\n", "utf-8")
    other = nutgraf(folder, "replay", stream, "--prompt", str(file))
    assert other.exit_code == 1
    assert "differs: prompt 1" in other.stdout
    assert "recorded texts stand under them" in other.stderr
    told = orjson.loads(nutgraf(folder, "replay", stream, "--prompt", str(file), "--json").stdout)
    assert len(told["differences"]) == 1

    live = nutgraf(folder, "replay", stream, "--model", "scripted", model=Scripted(("Nurses update the board. [1]\n",)))
    assert "differs: draft 1" in live.stdout
    assert len(traces(folder)) == 1


def test_a_replay_says_what_it_lacks(folder: Path, tmp_path: Path) -> None:
    """A file that is no text, an item that is gone."""
    stream = traces(folder)[0]["stream"]
    (tmp_path / "odd.jinja").write_bytes(b"\xff\xfe")
    for file in ("odd.jinja", "missing.jinja"):
        result = nutgraf(folder, "replay", stream, "--prompt", str(tmp_path / file))
        assert (result.exit_code, result.stderr.startswith("nutgraf: prompt: ")) == (2, True)
    with EmbeddedStore.open(folder) as store:
        store.delete_item(ITEM.id)
    gone = nutgraf(folder, "replay", stream)
    assert (gone.exit_code, gone.stderr.startswith("nutgraf: item: there is no file")) == (2, True)
    file = tmp_path / "board.md"
    file.write_text(f"---\nid: {ITEM.id}\ntitle: {ITEM.title}\nkind: post\n---\n" + "Nothing of it.", "utf-8")
    changed = nutgraf(folder, "replay", stream, "--item", str(file))
    assert (changed.exit_code, "the item has changed since" in changed.stderr) == (1, True)


async def test_what_was_put_right_in_a_models_form_is_noted_and_shown(tmp_path: Path) -> None:
    """Once a call, by name, with what only the end of the text brought to light."""
    broken = "Sure: {takeaways: [{'evidence': [1], 'text': 'The median wait fell from 41 minutes to 29 minutes.',}]"
    with site_in(tmp_path, Scripted((broken,)), writing="at-once") as site:
        async with running(site) as client:
            await client.ask("POST", "/v1/takeaways", BODY)
    (trace,) = traces(tmp_path)
    (call,) = notes(trace, "model")

    assert call["repairs"]["single-quotes"] > 1
    assert (call["repairs"]["prose"], call["repairs"]["missing-bracket"]) == (1, 1)
    assert any("put right: missing-bracket 1, prose 1, single-quotes" in line for line in timeline(trace))
