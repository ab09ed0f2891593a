"""The MCP servers of the settings: their tables, what becomes a source, and servers that fail."""

import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from nutgraf.errors import InputError, SourceError
from nutgraf.retrieve.skills.mcp_servers import APPROVALS, McpServers, mcp_servers, read_servers
from nutgraf.settings import Settings
from tests.retrieve.skills.made import call, query, soon

PROGRAM = """
import os
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
server = MCPServer('books')
@server.tool(description='Books about a topic.', annotations=ToolAnnotations(read_only_hint=True))
def find(topic: str) -> str:
    return f'A book about {topic}.'
@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def die() -> str:
    'Ends the server.'
    os._exit(1)
@server.tool()
def hold(book: str) -> str:
    'Hold a book.'
    return f'held {book}'
server.run('stdio')
"""
NOBODY = {"url": "http://127.0.0.1:9/mcp"}


@pytest.fixture
def books(tmp_path: Path) -> dict[str, Any]:
    """The table of a small server that is a program."""
    (tmp_path / "books.py").write_text(PROGRAM)
    return {"command": [sys.executable, str(tmp_path / "books.py")], "arguments": {"topic": "item_title"}}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("x", "mcp.own: must be a table"),
        ({"url": "http://x", "key": "y"}, "mcp.own: unknown field key; known are arguments, command"),
        ({"url": 3}, "mcp.own: url must be a text, got 3"),
        ({"command": "x y"}, "mcp.own: command must be a list of texts"),
        ({"command": ["x", 1]}, "mcp.own: command must be a list of texts"),
        ({"url": "http://x", "arguments": {"q": 1}}, "mcp.own: arguments must be a table of texts"),
        ({}, "either url or command"),
        ({"url": "http://x", "command": ["x"]}, "either url or command"),
        ({"url": "http://x", "partition": "all"}, "mcp.own: partition must be one of public, member"),
        ({"url": "ftp://x"}, "mcp server own: url must begin with"),
        ({"command": []}, "mcp server own: the command must be a program"),
    ],
)
def test_a_table_of_no_use_is_named(table: Any, told: str) -> None:
    """With its field, and what it must be."""
    with pytest.raises(InputError, match=told):
        read_servers({"own": table})


async def test_what_reads_and_is_approved_is_a_source(tmp_path: Path, books: dict[str, Any]) -> None:
    """Nothing before it is approved, and never what changes something; parameters are filled as the table says."""
    heard: list[list[str]] = []

    def changed(servers: McpServers) -> None:
        heard.append([source.name for source in servers.sources])

    settings = Settings(data_dir=tmp_path, mcp={"books": books})
    async with mcp_servers(settings, pytest.fail, changed) as servers:
        assert {one.spec.name for one in servers.skills} == {"books.find", "books.die", "books.hold"}
        assert servers.sources == ()
        servers.connected["books"].approve(["find", "hold"])
        (source,) = servers.sources
        found = await source.fetch(query(), soon())

    assert (source.name, found[0].text) == ("books.find", "A book about Night nurse.")
    assert heard == [[], []]
    assert (tmp_path / APPROVALS).is_file()
    async with mcp_servers(settings, pytest.fail, changed):
        assert heard[2:] == [["books.find"]]


async def test_a_server_that_cannot_be_reached_is_a_warning(tmp_path: Path, books: dict[str, Any]) -> None:
    """The others are there."""
    warned: list[str] = []
    async with mcp_servers(Settings(data_dir=tmp_path, mcp={"none": NOBODY, "books": books}), warned.append) as servers:
        assert list(servers.connected) == ["books"]

    assert warned == ["mcp server none: cannot be reached (ConnectError). Going on without its tools."]


async def test_a_server_that_ends_takes_nobody_along(tmp_path: Path, books: dict[str, Any]) -> None:
    """Its call fails; the block and the other server go on."""
    async with mcp_servers(Settings(data_dir=tmp_path, mcp={"a": books, "b": books}), lambda _: None) as servers:
        for tools in servers.connected.values():
            tools.approve()
        skills = {one.spec.name: one for one in servers.skills}
        with pytest.raises(SourceError):
            await skills["a.die"].call({}, call(seconds=5))
        await anyio.lowlevel.checkpoint()
        assert len(await skills["b.find"].call({"topic": "law"}, call())) == 1


async def test_what_the_block_raises_comes_out_as_itself(tmp_path: Path, books: dict[str, Any]) -> None:
    """Not in a group."""
    with pytest.raises(InputError, match="mine"):
        async with mcp_servers(Settings(data_dir=tmp_path, mcp={"books": books}), pytest.fail):
            raise InputError("mine")
