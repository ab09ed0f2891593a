"""Everything in this process, for scripts, notebooks and products: read an item, know a member, answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio

from nutgraf.errors import InputError
from nutgraf.settings import Settings
from nutgraf.types import Deadline, Item, Member, Scope

if TYPE_CHECKING:
    from nutgraf.conversation import Turn
    from nutgraf.decide.agents import UseCase
    from nutgraf.events import Event
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.retrieve.skills.mcp_servers import McpServers
    from nutgraf.seams import ItemStore, Source
    from nutgraf.trust.policy.rules import Policy

log = logging.getLogger(__name__)

EVENTS_AT_MOST = 4096
VOCABULARY = "vocabulary"
#: Sources that are there only with a store, or with a web search.
SOMETIMES = ("related", "organisation", "own-posts", "web")
#: Forms that a model may write, from the prompt of their agent, with variables as the prompt may be given them.
WRITTEN: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "takeaways": {"evidence": "[1] One.", "count": 3, "reader": "- One.", "starters": 3, "title": "One"},
        "answer": {"evidence": "[1] One.", "question": "One?", "conversation": "Reader: One?", "page": "One"},
        "draft": {
            "evidence": "[1] One.", "question": "One.", "samples": ["One."], "manner": "short", "kind": "comment",
            "sentences": 3, "page": "One",
        },
    }
)  # fmt: skip


def open_rooms(
    settings: Settings, items: ItemStore | None = None, environ: Mapping[str, str] = MappingProxyType({})
) -> Rooms:
    """The encoder, vocabulary and model that the settings name; takes about a second.

    `items` are records that may be cited and offered beside the item that is read; `environ` is where the keys of
    models are looked up by the names that the settings give. Raises MissingPart naming the command that installs
    what is missing, InputError for a model nobody knows.
    """
    from nutgraf.decide.head import Head
    from nutgraf.model.catalogue import open_gateway
    from nutgraf.pipeline.asking import Models
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.prompt.library import Library
    from nutgraf.retrieve.encoder import OnnxEncoder
    from nutgraf.trust.desk import Desk
    from nutgraf.trust.review import Reviewer
    from nutgraf.vocabulary.match import load

    check_servers(settings)
    imported = settings.data_dir / VOCABULARY
    case = open_usecase(settings.usecase)
    rooms = Rooms(
        settings=settings,
        encoder=OnnxEncoder.load(threads=settings.encoder_threads),
        vocabulary=load(imported if (imported / "skills.tsv").is_file() else None),
        model=open_gateway(settings, environ),
        agents=case.agents,
        prompts=Library(case.prompts),
        head=Head.load(),
        reviewer=Reviewer(Desk(policy_of(case), asking=Models(settings, environ))),
        items=items,
        skills=(*web_search(settings), *skill_sources(settings)),
    )
    check_agents(rooms, case.file)
    return rooms


def policy_of(case: UseCase) -> Policy:
    """The policy of a use case: its `trust.toml`, where it has one, on top of the core's. Raises InputError."""
    from nutgraf.trust.policy.load import load as load_policy

    own = Path(case.file).with_name("trust.toml") if case.file else None
    return load_policy(own if own is not None and own.is_file() else None)


def checked_usecase(settings: Settings) -> UseCase:
    """The use case that the settings name, held against their sources and prompts as `open_rooms` does.

    Loads neither a model nor the encoder. Raises InputError naming the file and the field that is wrong.
    """
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.prompt.library import Library

    check_servers(settings)
    case = open_usecase(settings.usecase)
    rooms = Rooms(
        settings=settings, encoder=None, vocabulary=None, model=None, items=None, agents=case.agents,
        prompts=Library(case.prompts), skills=(*web_search(settings), *skill_sources(settings)),
    )  # fmt: skip
    check_agents(rooms, case.file)
    policy_of(case)
    return case


def check_agents(rooms: Rooms, file: str = "") -> None:
    """Raise InputError naming an agent with a source or a prompt that is of no use; better now than in an answer.

    The same for a skill that has the name of a source of ours, which it would silently replace. `file` is where the
    agents are written down, for the message.
    """
    from nutgraf.pipeline.finding import ANY_SKILLS
    from nutgraf.retrieve.sources_items import SORTS

    taken = {*replace(rooms, skills=()).sources, *SORTS, *SOMETIMES, ANY_SKILLS, "named"} - {"web"}
    if clash := next((skill.name for skill in rooms.skills if skill.name in taken), None):
        raise InputError(f"skill {clash!r}: a source that comes with Nutgraf has this name; give the skill another one")
    known = {*rooms.sources, *SORTS, *SOMETIMES, ANY_SKILLS}
    tools = tuple(f"{server}." for server in rooms.settings.mcp)
    at = f"{file}: " if file else ""
    for agent in rooms.agents.values():
        if unknown := [name for name in agent.sources if name not in known and not name.startswith(tools)]:
            raise InputError(
                f"{at}agent {agent.name!r}: sources: no source is called {unknown[0]!r}; known are "
                f"{', '.join(sorted(known))}. A skill is known once skills_modules names its module, a tool once [mcp] "
                "has its server"
            )
        if agent.form in WRITTEN:
            try:
                rooms.prompts.check(agent.prompt, WRITTEN[agent.form])
            except InputError as exc:
                raise InputError(f"{at}agent {agent.name!r}: {exc}") from None


def web_search(settings: Settings) -> tuple[Source, ...]:
    """The web search that the settings name, as a source called "web"; none without one. Raises InputError."""
    if not settings.search_url:
        return ()
    from nutgraf.ingest.fetch import fetch_bytes
    from nutgraf.retrieve.web import JsonSearch, WebSearch

    return (WebSearch(JsonSearch(settings.search_url, fetch_bytes)),)


def skill_sources(settings: Settings) -> tuple[Source, ...]:
    """The host's skills without side effects, as sources of their names. Raises InputError naming what is wrong."""
    from nutgraf.retrieve.skills.as_source import SkillSource
    from nutgraf.retrieve.skills.python_skill import load_skills

    modules = [name.strip() for name in settings.skills_modules.split(",") if name.strip()]
    return tuple(SkillSource(one) for one in load_skills(modules) if not one.spec.side_effects)


def check_servers(settings: Settings) -> None:
    """Raise InputError for a table of `[mcp]`, or a file of approvals, that is of no use."""
    if settings.mcp:
        from nutgraf.retrieve.skills.approvals import Approvals
        from nutgraf.retrieve.skills.mcp_servers import APPROVALS, read_servers

        read_servers(settings.mcp)
        Approvals(settings.data_dir / APPROVALS)


@asynccontextmanager
async def tools_beside(
    settings: Settings, skills: Sequence[Source], warn: Callable[[str], None], use: Callable[[tuple[Source, ...]], None]
) -> AsyncIterator[McpServers | None]:
    """The MCP servers of the settings while the block lasts, None without any.

    `use` is told the sources to ask: `skills`, and the tools that may be asked now. A tool with the name of one of the
    skills is left out. `warn` is told of a server that cannot be reached. Raises InputError for a table of no use.
    """
    if not settings.mcp:
        yield None
        return
    from nutgraf.retrieve.skills.mcp_servers import mcp_servers

    taken = {one.name for one in skills}

    def changed(servers: McpServers) -> None:
        use((*skills, *(one for one in servers.sources if one.name not in taken)))

    async with mcp_servers(settings, warn, changed) as servers:
        yield servers


def open_usecase(name: str) -> UseCase:
    """The use case of a name that comes with Nutgraf, or in a folder of one's own. Raises InputError."""
    from nutgraf.decide.agents import FILE, load_usecase

    shipped = resources.files("nutgraf") / "usecases" / name
    if name.isidentifier() and (shipped / FILE).is_file():
        return load_usecase(shipped)
    if not (folder := Path(name).expanduser()).joinpath(FILE).is_file():
        raise InputError(f"usecase: {name!r} neither comes with Nutgraf nor is a folder with {FILE} in it")
    return load_usecase(folder)


def local_scope(member: Member | None) -> Scope:
    """The scope of a reader in their own process: they hold their own record, so every right over it is theirs."""
    return Scope(
        tenant="local",
        member=member.id if member else None,
        purposes=frozenset({"personalise"}),
        consent_version=member.consent.version if member else 0,
        rights=frozenset(),
    )


class Local:
    """Answers in this process. Make one with `open_local`; it may be used by many tasks."""

    def __init__(self, rooms: Rooms) -> None:
        """`rooms` as made by `open_rooms`, or built by hand from your own parts."""
        self.rooms = rooms

    @asynccontextmanager
    async def stream(
        self,
        item: Item | None,
        member: Member | None = None,
        *,
        question: str | None = None,
        deadline_s: float | None = None,
        agent: str | None = None,
        history: Sequence[Turn] = (),
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """The events of one answer as they come; leaving the block stops the work.

        Without a question the answer is the item's takeaways; `agent` names who shall answer one, `history` holds
        earlier turns, oldest first. A failure is the last event, `closed` with `failed`.
        """
        from nutgraf.pipeline.parts import Request
        from nutgraf.pipeline.run import run
        from nutgraf.stream.log import StreamLog, farewell

        accepted, stream = anyio.current_time(), f"local-{uuid4().hex}"
        log = StreamLog()
        send, receive = anyio.create_memory_object_stream[Any](EVENTS_AT_MOST)
        request = Request(
            stream=stream, scope=local_scope(member), item=item, member=member, accepted_at=accepted,
            deadline=Deadline(accepted + (deadline_s or self.rooms.settings.deadline_s)), question=question,
            agent=agent, history=tuple(history),
        )  # fmt: skip

        def emit(event: Event) -> None:
            log.append(event)
            send.send_nowait(event)

        async def produce() -> None:
            async with send:
                try:
                    await run(request, self.rooms, emit)
                except Exception as exc:  # whatever breaks, the reader gets an ending
                    emit(farewell(exc, ticket=stream, complete_ms=(anyio.current_time() - accepted) * 1000.0))

        trouble: Exception | None = None
        async with receive, anyio.create_task_group() as tasks:
            tasks.start_soon(produce)
            try:
                yield receive
            except Exception as exc:  # the reader's own: it goes on as itself, not in a group
                trouble = exc
            tasks.cancel_scope.cancel()
        if trouble is not None:
            raise trouble

    async def warm(self) -> None:
        """Let the model load and read what its prompts begin with (about two seconds), so that nobody waits for it."""
        from nutgraf.pipeline.writing import warm_up

        await warm_up(self.rooms)

    async def takeaways(self, item: Item, member: Member | None = None, **options: Any) -> dict[str, Any]:
        """The panel of an item as one document; options as for `stream`."""
        from nutgraf.events import as_json
        from nutgraf.stream.document import Document

        document = Document(item, member)
        async with self.stream(item, member, **options) as events:
            async for event in events:
                document.feed(as_json(event))
        return document.whole()


@asynccontextmanager
async def open_local(
    settings: Settings | None = None, items: ItemStore | None = None, environ: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Local]:
    """A `Local` with the parts that the settings name, as for `open_rooms`; its model is closed with the block.

    The tools of the MCP servers that the settings name are among its sources while the block lasts.
    """
    rooms = await anyio.to_thread.run_sync(open_rooms, settings or Settings(), items, environ)
    local = Local(rooms)

    def use(sources: tuple[Source, ...]) -> None:
        local.rooms = replace(local.rooms, skills=sources)

    try:
        async with tools_beside(rooms.settings, rooms.skills, log.warning, use):
            yield local
    finally:
        if rooms.gateway is not None:
            with anyio.move_on_after(2.0, shield=True):
                await rooms.gateway.aclose()


def takeaways(item: str | Path, member: str | Path | None = None, *, model: str = "embedded") -> dict[str, Any]:
    """The takeaways of a document for a member, both given as files: the document described in docs/cli.md.

    Reads HTML, Markdown, text, PDF, JSON and more; a member is a JSON Resume, an archive of CSV files, or our own
    JSON. Raises InputError saying what was wrong with a file and what to do.
    """
    return _answer(item, member, model, None)


def ask(
    item: str | Path, question: str, member: str | Path | None = None, *, model: str = "embedded"
) -> dict[str, Any]:
    """The answer to a question about a document, as the same kind of document."""
    return _answer(item, member, model, question)


def _answer(item: str | Path, member: str | Path | None, model: str, question: str | None) -> dict[str, Any]:
    from nutgraf.ingest.load import load_item, load_member
    from nutgraf.pipeline.writing import warm_up

    read = load_item(Path(item))
    reader = load_member(Path(member)) if member is not None else None

    async def main() -> dict[str, Any]:
        async with open_local(Settings(model=model)) as local:
            await warm_up(local.rooms, ["takeaway" if question is None else "answer"])
            return await local.takeaways(read, reader, question=question)

    with ThreadPoolExecutor(1) as own_thread:  # a notebook has a loop running in this one
        return own_thread.submit(anyio.run, main).result()
