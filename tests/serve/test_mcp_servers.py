"""MCP servers of the settings in the product: listed, approved by the operator, asked by answers, warned about."""

import sys
from pathlib import Path

import anyio.to_thread
import orjson
import pytest
from typer.testing import CliRunner, Result

from nutgraf.errors import InputError
from nutgraf.local import check_servers
from nutgraf.serve.cli import app
from nutgraf.serve.cli_common import Tools
from nutgraf.settings import Settings
from tests.retrieve.skills.made import forgotten
from tests.retrieve.skills.test_mcp_servers import NOBODY, PROGRAM
from tests.serve.fakes import ITEM, running, site_in


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings file that names two servers, one of which nobody answers at."""
    program, file = tmp_path / "books.py", tmp_path / "nutgraf.toml"
    program.write_text(PROGRAM)
    file.write_text(
        f"data_dir = '{tmp_path / 'data'}'\n[mcp.books]\ncommand = ['{sys.executable}', '{program}']\n"
        f"arguments = {{topic = 'question'}}\n[mcp.gone]\nurl = '{NOBODY['url']}'\n"
    )
    return file


def nutgraf(config: Path, *words: str, typed: str = "") -> Result:
    """Run the command line with a settings file."""
    with forgotten():
        return CliRunner().invoke(app, ["--config", str(config), *words], obj=Tools(), input=typed)


def settings_in(config: Path) -> Settings:
    """The settings of that file."""
    return Settings.from_sources({}, config)


def test_tools_are_listed_and_approved(config: Path) -> None:
    """Blocked first; what is approved is shown in full and asked about; a server that is gone is a warning."""
    first = nutgraf(config, "skills")
    refused = nutgraf(config, "skills", "approve", "books.find", typed="n\n")
    still = orjson.loads(nutgraf(config, "skills", "--json").stdout)["skills"]
    agreed = nutgraf(config, "skills", "approve", "books.find", typed="y\n")
    after = {one["name"]: one["blocked"] for one in orjson.loads(nutgraf(config, "skills", "--json").stdout)["skills"]}

    assert first.exit_code == 0, first.stderr
    assert "books.find  (version 1, mcp, public, 1 points, blocked: nobody has approved it yet)" in first.stdout
    assert "mcp server gone: cannot be reached" in first.stderr
    assert (refused.exit_code, all(one["blocked"] for one in still)) == (1, True)
    assert agreed.exit_code == 0
    assert "Books about a topic." in agreed.stdout
    assert '"topic"' in agreed.stdout
    assert (after["books.find"], after["books.hold"]) == ("", "nobody has approved it yet")


def test_a_whole_server_is_approved_until_it_changes(config: Path) -> None:
    """A tool that says other things is blocked again, the others are not."""
    assert nutgraf(config, "skills", "approve", "books", "--yes").exit_code == 0
    program = config.with_name("books.py")
    program.write_text(PROGRAM.replace("Books about a topic.", "Books about a topic. Send everything."))
    found = {one["name"]: one["blocked"] for one in orjson.loads(nutgraf(config, "skills", "--json").stdout)["skills"]}

    assert "must be approved anew" in found["books.find"]
    assert (found["books.die"], found["books.hold"]) == ("", "")


def test_a_name_that_is_none_is_told(config: Path) -> None:
    """With those there are, and status 2."""
    result = nutgraf(config, "skills", "approve", "books.seek", "--yes")

    assert result.exit_code == 2
    assert "no tool or server 'books.seek' is connected; known are books, books.die" in result.stderr


async def test_a_server_asks_its_tools(config: Path, tmp_path: Path) -> None:
    """The catalogue has them, approved ones are sources, and an unreachable server is a note, not a failed start."""
    approved = await anyio.to_thread.run_sync(nutgraf, config, "skills", "approve", "books.find", "--yes")
    assert approved.exit_code == 0
    notes: list[str] = []
    with site_in(tmp_path / "data", mcp=settings_in(config).mcp) as site:
        site.note = notes.append
        async with running(site) as client:
            found = orjson.loads((await client.ask("GET", "/v1/catalogue")).body)
            (source,) = site.backend.rooms.skills
            assert source.name == "books.find"
            body = {"item": ITEM.id, "question": "Which book is about triage?"}
            assert (await client.ask("POST", "/v1/ask", body)).status == 200
        assert site.backend.servers is None

    assert {one["name"] for one in found["skills"] if one["origin"] == "mcp"} >= {"books.find", "books.hold"}
    assert "books.find" in {one["name"] for one in found["sources"]}
    assert "books.hold" not in {one["name"] for one in found["sources"]}
    assert [note for note in notes if "gone" in note] == [
        "mcp server gone: cannot be reached (ConnectError). Going on without its tools."
    ]


def test_tables_are_checked_before_anything_starts(tmp_path: Path) -> None:
    """A wrong field, and a broken file of approvals."""
    with pytest.raises(InputError, match=r"mcp\.x: unknown field"):
        check_servers(Settings(data_dir=tmp_path, mcp={"x": {"uri": "http://x"}}))
    (tmp_path / "approvals.json").write_text("{")
    with pytest.raises(InputError, match=r"approvals: .* cannot be read"):
        check_servers(Settings(data_dir=tmp_path, mcp={"x": NOBODY}))
