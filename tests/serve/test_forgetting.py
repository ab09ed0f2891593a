"""What is forgotten of members, and members who are erased, are gone from every file and from memory."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from nutgraf.conversation import Remembered
from nutgraf.serve.cli import app
from nutgraf.serve.cli_common import Tools
from nutgraf.serve.door import host_scope, reader_scope
from nutgraf.serve.traces import trace_files
from nutgraf.settings import Settings
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.types import Member
from tests.serve.fakes import AMARA, ITEM, LUIS, Scripted, fake_rooms, fill, running, site_in

WORDS = "I want to run the front desk"
FACT = Remembered(id="m1", kind="goal", topic="desk", text=WORDS, quote=WORDS, at="2026-05-01T09:30:00Z", stream="s0")
MEMORY = f"/v1/members/{AMARA.id}/memory"


def body(member: Member) -> dict[str, str]:
    """A request for takeaways."""
    return {"item": ITEM.id, "member": member.id}


def in_traces(folder: Path, words: str = WORDS) -> int:
    """How often the words stand in the files of traces."""
    return sum(file.read_bytes().count(words.encode()) for file in (folder / "traces").iterdir())


def traced(folder: Path) -> list[str]:
    """Whose traces there are."""
    return [trace["member"] for trace in trace_files(Settings(data_dir=folder)).newest(host_scope())]


@pytest.mark.parametrize(
    ("method", "address"), [("DELETE", MEMORY), ("DELETE", f"{MEMORY}/m1"), ("PUT", f"{MEMORY}/m1")]
)
async def test_a_fact_that_is_forgotten_or_corrected_leaves_the_traces(
    tmp_path: Path, method: str, address: str
) -> None:
    """Down to the bytes, while the server runs; answers that had nothing to do with it stay."""
    with site_in(tmp_path, Scripted()) as site:
        async with running(site) as client:
            await client.ask("POST", "/v1/takeaways", body(AMARA))
            site.backend.store.remember(reader_scope(AMARA), [FACT])
            for member in (AMARA, LUIS):
                await client.ask("POST", "/v1/takeaways", body(member))
            await client.ask("GET", "/healthz")
            assert site.backend.tracing is not None
            site.backend.tracing.settle()
            assert in_traces(tmp_path) > 0  # control
            done = await client.ask(method, address, {"text": "I want to rest"} if method == "PUT" else None)
            assert done.status in (200, 204)
            assert in_traces(tmp_path) == 0

    assert in_traces(tmp_path) == 0
    assert traced(tmp_path) == [LUIS.id, AMARA.id]


async def test_an_erased_member_is_gone_while_the_server_runs(tmp_path: Path) -> None:
    """An answer under way is stopped; record, conversation, stream, vectors and traces go, those of others stay."""
    model = Scripted((None,))
    with site_in(tmp_path, model, writing="at-once") as site:
        async with running(site) as client:
            await client.ask("POST", "/v1/takeaways", {**body(LUIS), "model": "none"})
            streamed = {"accept": "text/event-stream"}
            call = client.begin("POST", "/v1/takeaways", orjson.dumps(body(AMARA)), streamed)
            await model.until(lambda: model.open_now > 0)
            stream = call.headers["nutgraf-stream"]
            vectors = vars(site.backend.rooms.fact_vectors)["_kept"]
            assert {key[1] for key in vectors} == {AMARA.id}  # control: those of another model lie elsewhere

            gone = await client.ask("DELETE", f"/v1/members/{AMARA.id}")
            await call.until(call.finished.is_set)

            assert (gone.status, gone.json()["erased"] > 1) == (200, True)
            assert not vectors
            assert not site.streams.holds(stream)
            for address in (f"/v1/members/{AMARA.id}", f"/v1/streams/{stream}?member={AMARA.id}"):
                assert (await client.ask("GET", address)).status == 404
            assert (await client.ask("DELETE", f"/v1/members/{AMARA.id}")).status == 404
            assert (await client.ask("DELETE", "/v1/members/none")).status == 404
            assert (await client.ask("GET", f"/v1/members/{LUIS.id}")).status == 200

    assert traced(tmp_path) == [LUIS.id]


def nutgraf(folder: Path, *args: str) -> Result:
    """Runs the command line on a folder."""
    tools = Tools(build_rooms=fake_rooms(Scripted()))
    return CliRunner().invoke(app, [*args, "--data-dir", str(folder)], obj=tools, prog_name="nutgraf")


def test_the_command_line_forgets_in_traces_and_erases_members(tmp_path: Path) -> None:
    """A fact, then its member; who is not kept is said in one line."""
    with EmbeddedStore.open(tmp_path) as store:
        fill(store)
        store.remember(reader_scope(AMARA), [FACT])
    for member in (AMARA, LUIS):
        assert nutgraf(tmp_path, "takeaways", ITEM.id, "--member", member.id).exit_code == 0
    assert in_traces(tmp_path) > 0  # control
    assert nutgraf(tmp_path, "memory", "forget", AMARA.id, "m1").stdout == "1 fact forgotten\n"
    assert (in_traces(tmp_path), traced(tmp_path)) == (0, [LUIS.id])

    assert nutgraf(tmp_path, "takeaways", ITEM.id, "--member", AMARA.id).exit_code == 0
    erased = nutgraf(tmp_path, "members", "erase", AMARA.id)
    again = nutgraf(tmp_path, "members", "erase", AMARA.id)

    assert erased.stdout.startswith(f"{AMARA.id} is erased: ")
    assert traced(tmp_path) == [LUIS.id]
    assert (again.exit_code, again.stdout, again.stderr.count("\n")) == (2, "", 1)
    with EmbeddedStore.open(tmp_path) as store:
        assert [member.id for member in store.members(host_scope())] == [LUIS.id]
