"""Takeaways and answers as tools of an MCP server: over stdio, and at `/mcp`. Needs the extra `mcp`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup, TaskStatus
from pydantic import ValidationError

from nutgraf.errors import MissingPart, ModelBusy
from nutgraf.serve.guard import ACCEPTED_AT, AsgiScope, Receive, Send
from nutgraf.serve.journal import StoreJournal
from nutgraf.serve.problems import Problem, invalid, problem_of
from nutgraf.serve.schemas import AskBody, TakeawaysBody
from nutgraf.stream.document import fold
from nutgraf.stream.hub import Hub

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp_types import CallToolResult

    from nutgraf.serve.site import Site

PATH = "/mcp"
HOW_TO_INSTALL = "install it with `pip install 'nutgraf[mcp]'`"
INSTRUCTIONS = (
    "Nutgraf tells what matters to a member in an item, sentence by sentence, each checked against its source. "
    "Cite its sentences with their evidence."
)
BODIES: Mapping[str, type[TakeawaysBody]] = {"takeaways": TakeawaysBody, "ask": AskBody}
SUMMARIES = {
    "takeaways": "The few takeaways of an item that matter to a member, each sentence cited and checked.",
    "ask": "The answer to a question about an item, each sentence cited and checked.",
}
_ITEM = {"type": "string", "description": "Id of an item that is kept here"}
_MEMBER = {"type": ["string", "null"], "description": "Id of the member who reads; none reads for nobody"}
_QUESTION = {"type": "string", "description": "What to answer, at most 1,000 characters"}
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "takeaways": {"item": _ITEM, "member": _MEMBER},
    "ask": {"item": _ITEM, "question": _QUESTION, "member": _MEMBER},
}
REQUIRED = {"takeaways": ["item"], "ask": ["item", "question"]}


def check_installed() -> None:
    """Raise MissingPart naming the command that installs the SDK, when it is not there."""
    if find_spec("mcp") is None:
        raise MissingPart(f"the MCP SDK is not installed; {HOW_TO_INSTALL}")


def make_server(site: Site) -> Server[Any]:
    """The server of a site. Importing the SDK takes about a second. Raises MissingPart without the extra."""
    check_installed()
    from mcp.server.lowlevel import Server
    from mcp_types import ListToolsResult, Tool, ToolAnnotations

    tools = [
        Tool(
            name=name, title=name.capitalize(), description=SUMMARIES[name],
            input_schema={
                "type": "object", "properties": dict(ARGUMENTS[name]), "required": REQUIRED[name],
                "additionalProperties": False,
            },
            annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
        )
        for name in BODIES
    ]  # fmt: skip

    async def list_tools(_: Any, __: Any) -> ListToolsResult:
        return ListToolsResult(tools=tools)

    async def call_tool(_: Any, asked: Any) -> CallToolResult:
        return await answer(site, asked.name, asked.arguments or {})

    return Server(
        "nutgraf", version=version("nutgraf"), title="Nutgraf", instructions=INSTRUCTIONS,
        on_list_tools=list_tools, on_call_tool=call_tool,
    )  # fmt: skip


async def answer(site: Site, tool: str, arguments: Mapping[str, Any]) -> CallToolResult:
    """One call: the document of an answer without the item's text, and its sentences as text.

    What goes wrong is told as a result with `is_error`, in words that anybody may read.
    """
    from mcp_types import CallToolResult, TextContent

    try:
        document = await _document(site, tool, arguments)
    except Exception as exc:
        problem = exc if isinstance(exc, Problem) else problem_of(exc)
        ticket = f" (ticket {problem.ticket})" if problem.ticket else ""
        return CallToolResult(content=[TextContent(text=f"{problem.message}{ticket}")], is_error=True)
    failed = document["ending"] == "failed"
    return CallToolResult(content=[TextContent(text=told(document))], structured_content=document, is_error=failed)


async def _document(site: Site, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    if tool not in BODIES:
        raise Problem(404, "not-found", f"there is no tool {tool!r}; there are {', '.join(BODIES)}")
    if unknown := set(arguments) - set(ARGUMENTS[tool]):
        known = ", ".join(ARGUMENTS[tool])
        raise Problem(422, "invalid", f"{', '.join(sorted(unknown))}: is not known; known are {known}")
    try:
        body = BODIES[tool].model_validate(dict(arguments))
    except ValidationError as exc:
        raise invalid(exc.errors()) from None
    came = {ACCEPTED_AT: anyio.current_time()}
    about = await site.about(body)
    _, reader = await site.open(body, about, came, resumable=False)
    with reader:
        entries = [entry async for batch in reader for entry in batch]
    document = fold(entries, *about)
    del document["item"]["text"]
    return document


def told(document: Mapping[str, Any]) -> str:
    """A document in plain lines: each sentence with its numbers, the evidence behind them, and how it ended."""
    blocks = [document["answer"]] if "answer" in document else document["takeaways"]
    places: dict[tuple[str, int, int], int] = {}
    quotes, lines = [], []
    for sentence in (sentence for block in blocks for sentence in block["sentences"]):
        marks = []
        for piece in sentence["evidence"]:
            place = (piece["ref"], piece["start"], piece["end"])
            if place not in places:
                places[place] = len(places) + 1
                quotes.append(f"[{places[place]}] {piece['ref']}, {piece['start']}-{piece['end']}: {piece['quote']}")
            marks.append(f"[{places[place]}]")
        lines.append(f"{sentence['text']} {''.join(marks)} ({sentence['verdict']})")
    ending = document["ending"] if not document["reason"] else f"{document['ending']}: {document['reason']}"
    return "\n".join([*lines, *quotes, f"Ended: {ending}"])


async def serve_stdio(site: Site) -> None:
    """Serve on standard input and output until the client closes them."""
    from mcp.server.stdio import stdio_server

    server = make_server(site)
    await site.backend.warm(site.note)
    backend = site.backend
    async with backend.tools(site.note), Hub(StoreJournal(backend.store)) as hub, stdio_server() as (read, write):
        site.hub = hub
        await server.run(read, write, server.create_initialization_options())
    site.hub = None
    await site.backend.close_models()


class McpRoute:
    """The ASGI application at `/mcp`: streamable HTTP without sessions. The SDK is imported by its first request."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = anyio.Lock()
        self._manager: StreamableHTTPSessionManager | None = None
        self.tasks: TaskGroup | None = None

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises MissingPart without the extra, ModelBusy before the server has started."""
        async with self._lock:
            if self._manager is None:
                if self.tasks is None:
                    raise ModelBusy("the server is not running; try again in a few seconds")
                manager = await anyio.to_thread.run_sync(self._make)
                await self.tasks.start(self._run, manager)
                self._manager = manager
        await self._manager.handle_request(scope, receive, send)

    def _make(self) -> StreamableHTTPSessionManager:
        server = make_server(self._site)
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        limit = self._site.backend.settings.body_at_most_bytes
        return StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=limit)

    async def _run(
        self, manager: StreamableHTTPSessionManager, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        async with manager.run():
            task_status.started()
            await anyio.sleep_forever()
