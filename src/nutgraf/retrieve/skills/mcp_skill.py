"""The tools of an MCP server as skills, over the official SDK. Needs the extra `mcp`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio

from nutgraf.errors import InputError, MissingPart, NotAllowed, SourceError
from nutgraf.orchestration import Partition, SkillSpec
from nutgraf.registry import SKILL_NAME
from nutgraf.retrieve.skills.approvals import Approvals, fingerprint
from nutgraf.retrieve.skills.skill import Call, Skill

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client.session import IncomingMessage
    from mcp_types import CallToolResult, Tool

TOOLS_AT_MOST = 200
PAGES_AT_MOST = 20
CONNECT_WITHIN_S = 10.0
LISTED_WITHIN_S = 60.0
KEY = "nutgraf/idempotency-key"
HOW_TO_INSTALL = "install it with `pip install 'nutgraf[mcp]'`"


@asynccontextmanager
async def mcp_skills(
    server: str | Sequence[str] | Any, *, name: str, approvals: Approvals, partition: Partition = "public",
    listed_within_s: float = LISTED_WITHIN_S,
) -> AsyncIterator[McpTools]:  # fmt: skip
    """The tools of a server while the block lasts; each is the skill `name.tool`.

    `server` is a URL (streamable HTTP), a command with its arguments (stdio), or a server object of the SDK. Tools that
    `approvals` does not know as they are now are blocked. The list is looked at anew when the server says that it has
    changed, and before a call when it is older than `listed_within_s` seconds.

    Raises MissingPart without the extra, InputError for an address of no use, SourceError when it cannot be reached.
    """
    try:
        from mcp import Client
    except ImportError as exc:
        raise MissingPart(f"the MCP SDK is not installed; {HOW_TO_INSTALL}") from exc
    tools = McpTools(name, approvals, partition, listed_within_s)
    client = Client(_target(server, name), message_handler=tools.heard, cache=None)
    async with _connected(client, name):
        tools.client = client
        await tools.refresh()
        yield tools


def check_server(server: Any, name: str) -> None:
    """Raise InputError for the name of a server, a URL or a command of no use."""
    if not SKILL_NAME.fullmatch(name):
        raise InputError(f"mcp: the name of a server must match {SKILL_NAME.pattern}, got {name!r}")
    if isinstance(server, str):
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise InputError(f"mcp server {name}: url must begin with http:// or https:// and carry no password")
    elif isinstance(server, Sequence) and not (server and all(isinstance(word, str) for word in server)):
        raise InputError(f"mcp server {name}: the command must be a program and its arguments, as texts")


def _target(server: Any, name: str) -> Any:
    """What the SDK connects to."""
    check_server(server, name)
    if isinstance(server, str) or not isinstance(server, Sequence):
        return server
    from mcp.client.stdio import StdioServerParameters, stdio_client

    errors = sys.__stderr__ or sys.stderr  # a notebook's own stderr is no file that a process could write to
    return stdio_client(StdioServerParameters(command=server[0], args=list(server[1:])), errlog=errors)


@asynccontextmanager
async def _connected(client: Client, name: str) -> AsyncIterator[None]:
    """The client's block; what goes wrong on the way in is ours to tell, what goes wrong inside passes."""
    inside = False
    try:
        with anyio.move_on_after(CONNECT_WITHIN_S) as limit:
            async with client:
                inside, limit.deadline = True, float("inf")
                yield
    except Exception as exc:
        if inside:
            raise
        raise SourceError(f"mcp server {name}: cannot be reached ({_kind(exc)})") from exc
    if limit.cancelled_caught:
        raise SourceError(f"mcp server {name}: did not answer within {CONNECT_WITHIN_S:g} s")


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as its server describes it now; `blocked` says why it may not be called."""

    name: str
    digest: str
    spec: SkillSpec
    blocked: str | None


class McpTools:
    """The tools of one server that is connected: what it lists, what is approved, and the skills they are."""

    def __init__(self, name: str, approvals: Approvals, partition: Partition, listed_within_s: float) -> None:
        self.name = name
        self.client: Client | None = None
        self._approvals, self._partition, self._listed_within_s = approvals, partition, listed_within_s
        self._listed: dict[str, tuple[str, SkillSpec]] = {}
        self._listed_at = float("-inf")
        self._lock = anyio.Lock()

    async def heard(self, message: IncomingMessage) -> None:
        """The server said something on its own: that its tools changed makes the list old."""
        if type(message).__name__ == "ToolListChangedNotification":
            self._listed_at = float("-inf")

    @property
    def listed(self) -> tuple[ListedTool, ...]:
        """Every tool as it was last listed."""
        return tuple(
            ListedTool(tool, digest, spec, self._approvals.missing(self.name, tool, digest))
            for tool, (digest, spec) in self._listed.items()
        )

    @property
    def skills(self) -> tuple[Skill, ...]:
        """A skill for each tool. One that says something else later is blocked; ask here again once it is approved."""
        return tuple(self._skill(tool, digest, spec) for tool, (digest, spec) in self._listed.items())

    def approve(self, tools: Collection[str] = ()) -> None:
        """Approve these tools, all without names, as they were last listed. InputError for one that is not listed."""
        if unknown := [tool for tool in tools if tool not in self._listed]:
            raise InputError(f"mcp server {self.name}: has no tool {', '.join(map(repr, unknown))}")
        self._approvals.approve(self.name, {tool: self._listed[tool][0] for tool in tools or self._listed})

    async def refresh(self) -> None:
        """Ask the server for its tools. Raises SourceError when it does not answer, or lists more than 200."""
        found: list[Tool] = []
        cursor = None
        for _ in range(PAGES_AT_MOST):
            page = await self._asked(lambda client, at=cursor: client.list_tools(cursor=at, cache_mode="bypass"))
            found += page.tools
            cursor = page.next_cursor
            if cursor is None or len(found) > TOOLS_AT_MOST:
                break
        if cursor is not None or len(found) > TOOLS_AT_MOST:
            raise SourceError(f"mcp server {self.name}: lists more than {TOOLS_AT_MOST} tools")
        self._listed = {
            tool.name: (_digest(tool), self._spec(tool))
            for tool in found
            if SKILL_NAME.fullmatch(f"{self.name}.{tool.name}")
        }
        self._listed_at = anyio.current_time()

    async def call(self, tool: str, digest: str, arguments: Mapping[str, Any], key: str = "") -> Any:
        """Call a tool that is still what it was; `key` goes along as an idempotency key.

        Raises NotAllowed when it is not, SourceError when it fails.
        """
        async with self._lock:
            if anyio.current_time() - self._listed_at >= self._listed_within_s:
                await self.refresh()
        if (reason := self._blocked(tool, digest)) is not None:
            raise NotAllowed(f"skill {self.name}.{tool}: {reason}")
        meta = {KEY: key} if key else None
        result = await self._asked(lambda client: client.call_tool(tool, dict(arguments), meta=meta))
        if result.is_error:
            raise SourceError(f"skill {self.name}.{tool}: the tool reported an error")
        return _told(result)

    def _blocked(self, tool: str, digest: str) -> str | None:
        now, _ = self._listed.get(tool, ("", None))
        if not now:
            return "its server lists it no more"
        if now != digest:
            return "it says other things than before, so it must be approved anew"
        return self._approvals.missing(self.name, tool, digest)

    async def _asked(self, ask: Any) -> Any:
        """What the server answers; every trouble of the SDK is a SourceError that tells its kind."""
        if self.client is None:
            raise SourceError(f"mcp server {self.name}: is not connected")
        try:
            return await ask(self.client)
        except Exception as exc:
            raise SourceError(f"mcp server {self.name}: failed ({_kind(exc)})") from exc

    def _skill(self, tool: str, digest: str, spec: SkillSpec) -> Skill:
        async def run(arguments: dict[str, Any], call: Call) -> Any:
            return await self.call(tool, digest, arguments, call.confirmed.idempotency_key if call.confirmed else "")

        return Skill(spec, run, blocked=lambda: self._blocked(tool, digest))

    def _spec(self, tool: Tool) -> SkillSpec:
        hints = tool.annotations
        told = (tool.description or tool.title or tool.name).strip()
        return SkillSpec(
            name=f"{self.name}.{tool.name}", version=1, summary=(told.splitlines() or [tool.name])[0][:300],
            when=told[:500], parameters=tool.input_schema,
            side_effects=not (hints is not None and hints.read_only_hint is True),
            idempotent=hints is not None and bool(hints.read_only_hint or hints.idempotent_hint),
            partition=self._partition, origin="mcp",
        )  # fmt: skip


def _digest(tool: Tool) -> str:
    """All that a tool says to people, models and us."""
    return fingerprint(tool.model_dump(mode="json", include={
        "name", "title", "description", "input_schema", "output_schema", "annotations",
    }))  # fmt: skip


def _told(result: CallToolResult) -> Any:
    """A result as a skill may return it: the structured value where there is one, else its texts."""
    found = result.structured_content
    if isinstance(found, Mapping) and set(found) == {"result"}:
        found = found["result"]
    if isinstance(found, (Mapping, list, str)):
        return found
    texts: list[Any] = []
    for block in result.content:
        if block.type == "text":
            texts.append(block.text)
        elif block.type == "resource" and isinstance(text := getattr(block.resource, "text", None), str):
            texts.append({"text": text, "url": str(block.resource.uri)})
    return texts


def _kind(exc: BaseException) -> str:
    """The name of what went wrong, inside however many groups."""
    while isinstance(exc, BaseExceptionGroup) and exc.exceptions:
        exc = exc.exceptions[0]
    return type(exc).__name__
