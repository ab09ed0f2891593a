"""The MCP servers that the settings name, kept connected, each in a task of its own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, get_args

import anyio
from anyio.abc import TaskStatus

from nutgraf.errors import InputError, NutgrafError
from nutgraf.orchestration import Partition
from nutgraf.retrieve.skills.approvals import Approvals
from nutgraf.retrieve.skills.as_source import SkillSource
from nutgraf.retrieve.skills.mcp_skill import (
    CONNECT_WITHIN_S,
    LISTED_WITHIN_S,
    ListedTool,
    McpTools,
    check_server,
    mcp_skills,
)
from nutgraf.retrieve.skills.skill import Skill
from nutgraf.settings import Settings

log = logging.getLogger(__name__)

APPROVALS = "approvals.json"
AGAIN_AFTER_S = 30.0
CLOSE_WITHIN_S = 5.0


@dataclass(frozen=True, kw_only=True)
class ServerTable:
    """One server as its table describes it.

    `arguments` says which value of a query fills which parameter of its tools, as for `SkillSource`.
    """

    name: str
    url: str = ""
    command: tuple[str, ...] = ()
    partition: Partition = "public"
    arguments: Mapping[str, str] = field(default_factory=dict)


_KINDS: dict[str, tuple[type, str]] = {
    "url": (str, "a text"),
    "command": (list, "a list of texts: a program and its arguments"),
    "partition": (str, "a text"),
    "arguments": (Mapping, 'a table of texts, such as {topic = "question"}'),
}


def read_servers(servers: Mapping[str, Any]) -> tuple[ServerTable, ...]:
    """The checked tables of `[mcp]`; InputError names the field that is wrong with one and what it must be."""
    return tuple(_read(name, table) for name, table in servers.items())


def _read(name: str, table: Any) -> ServerTable:
    if not isinstance(table, Mapping):
        raise InputError(f"mcp.{name}: must be a table with url or command, such as [mcp.{name}]")
    if unknown := table.keys() - _KINDS.keys():
        raise InputError(f"mcp.{name}: unknown field {min(unknown)}; known are {', '.join(sorted(_KINDS))}")
    for key, value in table.items():
        kind, words = _KINDS[key]
        parts = value.values() if isinstance(value, Mapping) else value
        if not isinstance(value, kind) or not all(isinstance(part, str) for part in parts):
            raise InputError(f"mcp.{name}: {key} must be {words}, got {value!r:.80}")
    if ("url" in table) == ("command" in table):
        raise InputError(f"mcp.{name}: give it either url or command")
    if table.get("partition", "public") not in get_args(Partition):
        raise InputError(
            f"mcp.{name}: partition must be one of {', '.join(get_args(Partition))}, got {table['partition']!r:.80}"
        )
    check_server(table["url"] if "url" in table else table["command"], name)
    return ServerTable(name=name, **{**table, "command": tuple(table.get("command", ()))})


class McpServers:
    """The servers that answer now. One that does not is tried again every AGAIN_AFTER_S seconds."""

    def __init__(self, settings: Settings, warn: Callable[[str], None], changed: Callable[[McpServers], None]) -> None:
        """As for `mcp_servers`. Raises InputError for a table or a file of approvals of no use."""
        self._tables = {table.name: table for table in read_servers(settings.mcp)}
        self._approvals = Approvals(settings.data_dir / APPROVALS) if self._tables else None
        self._warn, self._changed = warn, changed
        self._ended = anyio.Event()
        self._listed: dict[str, tuple[ListedTool, ...]] = {}
        self.connected: dict[str, McpTools] = {}

    @property
    def skills(self) -> tuple[Skill, ...]:
        """Every tool, also those that are blocked and those that change something."""
        return tuple(one for tools in self.connected.values() for one in tools.skills)

    @property
    def sources(self) -> tuple[SkillSource, ...]:
        """The tools that only read and are approved, as sources of evidence."""
        return tuple(
            self._source(self._tables[name], one)
            for name, tools in self.connected.items()
            for one in tools.skills
            if not one.spec.side_effects and one.blocked() is None
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Connect to every server, all at once, and keep them connected while the block lasts."""
        trouble: Exception | None = None
        async with anyio.create_task_group() as tasks:
            async with anyio.create_task_group() as first:
                for table in self._tables.values():
                    first.start_soon(tasks.start, self._keep, table)
            try:
                yield
            except Exception as exc:  # the block's own: it goes on as itself, not in a group
                trouble = exc
            self._ended.set()
            tasks.cancel_scope.deadline = anyio.current_time() + CLOSE_WITHIN_S
        if trouble is not None:
            raise trouble

    def _source(self, table: ServerTable, one: Skill) -> SkillSource:
        known = one.spec.parameters.get("properties", {})
        return SkillSource(one, {key: value for key, value in table.arguments.items() if key in known})

    async def _keep(self, table: ServerTable, *, task_status: TaskStatus[None]) -> None:
        """Connect, list, look at the list anew from time to time; begin again when the server fails."""
        told = started = False
        while not self._ended.is_set():
            try:
                async with self._connection(table):
                    told = False
                    if not started:
                        task_status.started()
                        started = True
                    await self._watch(self.connected[table.name])
                return
            except Exception as exc:
                why = str(exc) if isinstance(exc, NutgrafError) else f"mcp server {table.name}: failed"
                log.info("an MCP server failed", exc_info=exc)
            if not told:
                self._warn(f"{why}. Going on without its tools.")
                told = True
            if not started:
                task_status.started()
                started = True
            await self._ends_within(AGAIN_AFTER_S)

    @asynccontextmanager
    async def _connection(self, table: ServerTable) -> AsyncIterator[None]:
        assert self._approvals is not None
        async with mcp_skills(
            table.url or table.command, name=table.name, approvals=self._approvals, partition=table.partition
        ) as tools:
            self.connected[table.name] = tools
            self._tell()
            try:
                yield
            finally:
                del self.connected[table.name]
                self._tell()

    async def _watch(self, tools: McpTools) -> None:
        """Until the end: what is listed and approved, looked at anew."""
        while not await self._ends_within(LISTED_WITHIN_S):
            with anyio.fail_after(CONNECT_WITHIN_S):
                await tools.refresh()
            self._tell()

    def _tell(self) -> None:
        """Say that something changed, when it did."""
        listed = {name: tools.listed for name, tools in self.connected.items()}
        if listed != self._listed:
            self._listed = listed
            self._changed(self)

    async def _ends_within(self, seconds: float) -> bool:
        with anyio.move_on_after(seconds):
            await self._ended.wait()
        return self._ended.is_set()


@asynccontextmanager
async def mcp_servers(
    settings: Settings, warn: Callable[[str], None], changed: Callable[[McpServers], None] = lambda _: None
) -> AsyncIterator[McpServers]:
    """The servers under `[mcp]` while the block lasts; at its beginning each was reached, or `warn` was told why not.

    `changed` is called whenever tools came, went, changed or were approved. Raises InputError as `read_servers`.
    """
    servers = McpServers(settings, warn, changed)
    async with servers.open():
        yield servers
