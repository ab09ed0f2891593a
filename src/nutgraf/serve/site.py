"""What the routes of one server share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio.to_thread

from nutgraf.errors import ModelBusy
from nutgraf.serve.answers import Asked, start
from nutgraf.serve.door import LocalDoor, host_scope, reader_scope
from nutgraf.serve.streams import Pace

if TYPE_CHECKING:
    from nutgraf.serve.backend import Backend
    from nutgraf.serve.schemas import TakeawaysBody
    from nutgraf.stream.hub import Hub
    from nutgraf.stream.live import Reader
    from nutgraf.types import Item, Member

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Site:
    """A backend, its door, and the hub of its streams while the server runs; `note` tells the operator."""

    backend: Backend
    door: LocalDoor = field(default_factory=LocalDoor)
    hub: Hub | None = None
    note: Callable[[str], None] = log.warning

    @property
    def pace(self) -> Pace:
        """How patient streams are with their readers."""
        settings = self.backend.settings
        return Pace(settings.write_within_s, settings.heartbeat_every_s)

    @property
    def streams(self) -> Hub:
        """The hub. Raises ModelBusy before the server has started and after it has ended."""
        if self.hub is None:
            raise ModelBusy("the server is not running; try again in a few seconds")
        return self.hub

    async def about(self, body: TakeawaysBody) -> tuple[Item, Member | None]:
        """The item and the member that a request names; NotFound when there is none."""
        store = self.backend.store
        item = await beside(partial(store.item, body.item))
        if body.member is None:
            return item, None
        return item, await beside(partial(store.member, host_scope(), body.member))

    async def open(
        self, body: TakeawaysBody, about: tuple[Item, Member | None], accepted_at: float, *, resumable: bool
    ) -> tuple[str, Reader]:
        """Start the answer and follow it from its beginning."""
        rooms = await beside(partial(self.backend.rooms_for, body.model))
        item, member = about
        scope = reader_scope(member)
        deadline_s = body.deadline_ms / 1000 if body.deadline_ms is not None else self.backend.settings.deadline_s
        asked = Asked(
            item=item, member=member, scope=scope, accepted_at=accepted_at, deadline_s=deadline_s,
            question=getattr(body, "question", None), resumable=resumable,
        )  # fmt: skip
        stream_id = start(self.streams, rooms, asked)
        self.door.remember(stream_id, scope.member)
        return stream_id, await self.streams.follow(scope, stream_id)


async def beside(work: Callable[[], T]) -> T:
    """Run blocking work on a thread."""
    return await anyio.to_thread.run_sync(work)
