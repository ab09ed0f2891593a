"""Takeaways and answers as MCP tools, asked with the official client: in memory, over HTTP, over pipes."""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult

from nutgraf.errors import MissingPart
from nutgraf.serve import mcp_server
from nutgraf.serve.journal import StoreJournal
from nutgraf.serve.mcp_server import make_server
from nutgraf.serve.server import Server, listen
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.stream.hub import Hub
from tests.serve.fakes import AMARA, ITEM, fill, running, site_in

QUESTION = "Did the median wait at the front desk fall from 41 minutes to 29 minutes?"


@asynccontextmanager
async def in_memory(folder: Path) -> AsyncIterator[Client]:
    """A client of a server in this process."""
    with site_in(folder) as site:
        async with Hub(StoreJournal(site.backend.store)) as hub:
            site.hub = hub
            async with Client(make_server(site)) as client:
                yield client
            assert hub.running == 0


@asynccontextmanager
async def over_http(folder: Path, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of a real server on the loopback."""
    with site_in(folder) as site, listen("127.0.0.1", 0) as listener:
        ready = anyio.Event()
        server = Server(site, ready.set)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            await ready.wait()
            async with Client(f"http://127.0.0.1:{port(listener)}/mcp", mode=mode) as client:
                yield client
            server.should_exit = True


def port(listener: socket.socket) -> int:
    """Where it listens."""
    return int(listener.getsockname()[1])


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    (block,) = result.content
    assert block.type == "text"
    return block.text


async def test_the_tools_say_what_they_are(tmp_path: Path) -> None:
    """Two tools that only read, with schemas of their arguments."""
    async with in_memory(tmp_path) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}

    assert set(tools) == {"takeaways", "ask"}
    assert tools["ask"].input_schema["required"] == ["item", "question"]
    assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools.values())


async def ask_both(client: Client) -> None:
    """Ask for takeaways and for an answer, and look at what comes."""
    panel = await client.call_tool("takeaways", {"item": ITEM.id, "member": AMARA.id})
    told = text_of(panel)
    document: Any = panel.structured_content

    assert not panel.is_error
    assert document["ending"] == "done"
    assert document["member"]["id"] == AMARA.id
    assert "text" not in document["item"]
    assert f"[1] {ITEM.id}, " in told
    assert told.endswith("Ended: done")
    answer = await client.call_tool("ask", {"item": ITEM.id, "question": QUESTION})
    assert not answer.is_error
    assert "29 minutes" in text_of(answer)


async def test_answers_in_memory(tmp_path: Path) -> None:
    """The document of the API, and its sentences with their evidence as text."""
    async with in_memory(tmp_path) as client:
        await ask_both(client)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_answers_over_http(tmp_path: Path, mode: str) -> None:
    """The same from a real server, for clients of today's protocol and of the older ones."""
    async with over_http(tmp_path, mode) as client:
        await ask_both(client)


async def test_answers_over_pipes(tmp_path: Path) -> None:
    """`nutgraf mcp` speaks to the program that started it; nothing else is on its standard output."""
    with EmbeddedStore.open(tmp_path / "data") as store:
        fill(store)
    (tmp_path / "run.py").write_text(
        "from nutgraf.serve.cli import app\nfrom nutgraf.serve.cli_common import Tools\n"
        "from tests.serve.fakes import fake_rooms\n"
        "app(['mcp'], obj=Tools(build_rooms=fake_rooms(None)), standalone_mode=False)\n"
    )
    own = {"NUTGRAF_DATA_DIR": str(tmp_path / "data"), "NUTGRAF_MODEL": "none", "PYTHONPATH": str(Path.cwd())}
    async with Client(
        StdioServerParameters(command=sys.executable, args=[str(tmp_path / "run.py")], env=own)
    ) as client:
        await ask_both(client)


@pytest.mark.parametrize(
    ("tool", "arguments", "named"),
    [
        ("takeaways", {"item": "post-none"}, "post-none"),
        ("takeaways", {"item": ITEM.id, "member": "nobody"}, "nobody"),
        ("takeaways", {}, "item: Field required"),
        ("takeaways", {"item": 3}, "item:"),
        ("takeaways", {"item": ITEM.id, "model": "x"}, "model: is not known; known are item, member"),
        ("ask", {"item": ITEM.id}, "question: Field required"),
        ("ask", {"item": ITEM.id, "question": " "}, "question"),
        ("forget", {}, "there is no tool 'forget'"),
    ],
)
async def test_what_cannot_be_used_is_named(tmp_path: Path, tool: str, arguments: dict[str, Any], named: str) -> None:
    """As a result that says it is an error, in one line."""
    async with in_memory(tmp_path) as client:
        result = await client.call_tool(tool, arguments)

    assert result.is_error
    assert named in text_of(result)


async def test_a_page_of_another_origin_is_refused(tmp_path: Path) -> None:
    """The door stands before `/mcp` as before every route."""
    with site_in(tmp_path) as site:
        async with running(site) as client:
            call = await client.ask("POST", "/mcp", {}, {"origin": "http://evil.example"})

    assert call.status == 403


async def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it; the server goes on without."""
    monkeypatch.setattr(mcp_server, "find_spec", lambda name: None)
    with site_in(tmp_path) as site:
        with pytest.raises(MissingPart, match=r"pip install 'nutgraf\[mcp\]'"):
            make_server(site)
        async with running(site) as client:
            assert (await client.ask("POST", "/mcp", {})).status == 503
            assert (await client.ask("GET", "/healthz")).status == 200
