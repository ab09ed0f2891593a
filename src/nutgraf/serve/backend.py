"""What one process answers with, built from the settings in one place."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import anyio

from nutgraf.errors import InputError, MissingPart
from nutgraf.serve.traces import open_tracing, trace_files

if TYPE_CHECKING:
    from nutgraf.conversation import Remembered
    from nutgraf.model.gateway import Gateway
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.retrieve.skills.mcp_servers import McpServers
    from nutgraf.seams import ItemStore, Source
    from nutgraf.serve.usage import UsageReport
    from nutgraf.settings import Settings
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.trace.tracing import Tracing
    from nutgraf.types import Scope

CLOSE_WITHIN_S = 2.0
#: Rooms from settings and the items that may be cited beside the one that is read.
BuildRooms = Callable[["Settings", "ItemStore | None"], "Rooms"]


def real_rooms(settings: Settings, items: ItemStore | None) -> Rooms:
    """The rooms of a real process: as `open_rooms`, with keys of models from the environment."""
    from nutgraf.local import open_rooms

    return open_rooms(settings, items, os.environ)


def _gateway(name: str, settings: Settings) -> Gateway | None:
    from nutgraf.model.catalogue import open_gateway

    return open_gateway(settings, os.environ, model=name)


@dataclass(kw_only=True)
class Backend:
    """A store, the rooms over it, and the traces; `rooms_for` gives the same rooms with another model."""

    settings: Settings
    store: EmbeddedStore
    rooms: Rooms
    tracing: Tracing | None = None
    servers: McpServers | None = None
    _others: dict[str, Gateway | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    async def warm(self, note: Callable[[str], None], prompts: Sequence[str] = ("answer", "takeaway")) -> None:
        """Load the model before the first request, and let it read what these prompts begin with.

        Without the model's parts go on by quoting, and say so with `note`.
        """
        from nutgraf.pipeline.writing import warm_up

        if self.rooms.gateway is None:
            return
        try:
            await self.rooms.gateway.load()
        except MissingPart as exc:
            note(f"{exc}. Going on without a model: sentences are quoted.")
            self.rooms = replace(self.rooms, model=None)
            return
        await warm_up(self.rooms, prompts)

    @asynccontextmanager
    async def tools(self, note: Callable[[str], None]) -> AsyncIterator[None]:
        """The tools of the MCP servers of the settings among the sources of the rooms while the block lasts.

        `note` is told of a server that cannot be reached.
        """
        from nutgraf.local import tools_beside

        def use(sources: tuple[Source, ...]) -> None:
            self.rooms = replace(self.rooms, skills=sources)

        async with tools_beside(self.settings, self.rooms.skills, note, use) as self.servers:
            yield
        self.servers = None

    async def close_models(self) -> None:
        """Let the models go, on the event loop that used them."""
        for gateway in self._gateways():
            with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
                await gateway.aclose()

    def erase_member(self, scope: Scope) -> int:
        """Delete everything kept of the scope's member: in the store, in traces, in memory. Blocks.

        Returns how many rows and traces went. Raises as the store's method of the name does.
        """
        gone = self.store.erase_member(scope)
        if self.tracing is not None:
            self.tracing.forget(scope)
        if scope.member is not None:
            self.rooms.fact_vectors.forget(scope.tenant, scope.member)
            for gateway in self._gateways():
                gateway.forget(scope.tenant, scope.member)
        return gone + trace_files(self.settings).erase_member(scope)

    def clear_facts(self, scope: Scope, facts: Sequence[Remembered], all_remembered: bool = False) -> None:
        """Delete what mentions these facts of the scope's member beside the store: traces, what is in memory. Blocks.

        With `all_remembered`, what mentions anything remembered.
        """
        if self.tracing is not None:
            self.tracing.forget(scope)
        if scope.member is not None:
            self.rooms.fact_vectors.forget(scope.tenant, scope.member)
            for gateway in self._gateways():
                if gateway.cache is not None:
                    gateway.cache.forget(scope.tenant, scope.member)
        trace_files(self.settings).forget_facts(scope, facts, all_remembered=all_remembered)

    def _gateways(self) -> list[Gateway]:
        return [gateway for gateway in [self.rooms.gateway, *self._others.values()] if gateway is not None]

    def usage(self) -> UsageReport:
        """What the models of this process were used for so far."""
        from nutgraf.serve.usage import usage_of

        return usage_of(self._gateways())

    def close_traces(self) -> None:
        """Write the traces that wait, and take no more. Blocks."""
        if self.tracing is not None:
            self.tracing.close()

    def forget(self) -> None:
        """Delete conversations, streams and traces that are older than the settings allow. Blocks."""
        oldest = datetime.now(UTC) - timedelta(days=self.settings.conversation_days)
        self.store.forget_before(oldest.isoformat())
        trace_files(self.settings).forget(self.settings.trace_days)

    def model_names(self) -> list[str]:
        """The models that a request may name: the one of the settings, `none`, and those under `[models]`."""
        return sorted({self.settings.model, "none", *self.settings.models})

    def rooms_for(self, name: str | None) -> Rooms:
        """The rooms with the model of that name, opened when first asked for. InputError names those there are."""
        if name is None or name == self.settings.model:
            return self.rooms
        if name not in self.model_names():
            raise InputError(f"model: {name!r} is not known here; known are {', '.join(self.model_names())}")
        with self._lock:
            if name not in self._others:
                self._others[name] = _gateway(name, self.settings)
        return replace(self.rooms, model=self._others[name])


def make_backend(settings: Settings, store: EmbeddedStore, build: BuildRooms | None = None) -> Backend:
    """A backend over a store that is open. Takes about a second.

    Raises MissingPart naming the command that installs what is missing, InputError for a model nobody knows.
    """
    rooms = (build or real_rooms)(settings, store)
    backend = Backend(settings=settings, store=store, rooms=rooms, tracing=open_tracing(settings))
    backend.forget()
    return backend


@contextmanager
def open_backend(settings: Settings, folder: Path, build: BuildRooms | None = None) -> Iterator[Backend]:
    """A backend on the store in `folder`, which is closed with the block; StoreError when it cannot be used."""
    from nutgraf.store.embedded import EmbeddedStore

    with EmbeddedStore.open(folder) as store:
        backend = make_backend(settings, store, build)
        try:
            yield backend
        finally:
            backend.close_traces()
