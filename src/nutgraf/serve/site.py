"""What the routes of one server share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

import anyio.to_thread
import orjson

from nutgraf.errors import ModelBusy, NotFound
from nutgraf.serve.admission import OVERLOADED, TICKET
from nutgraf.serve.answers import Asked, known, start
from nutgraf.serve.door import LocalDoor, host_scope, reader_scope
from nutgraf.serve.guard import ACCEPTED_AT
from nutgraf.serve.problems import Problem
from nutgraf.serve.protocols import Wish, recalled
from nutgraf.serve.streams import Pace

if TYPE_CHECKING:
    from nutgraf.serve.admission import Place
    from nutgraf.serve.backend import Backend
    from nutgraf.serve.guard import AsgiScope
    from nutgraf.serve.schemas import TakeawaysBody
    from nutgraf.stream.hub import Hub
    from nutgraf.stream.live import Reader
    from nutgraf.types import Item, Member, Scope

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

    async def follow(self, scope: Scope, stream_id: str, after: int) -> Reader:
        """A reader of a stream from behind event number `after`, as the hub's.

        Raises NotFound when it is not the scope's, and Problem (410) once an ended stream may not be read again: where
        the member's conversation is kept, it says so.
        """
        reader = await self.streams.follow(scope, stream_id, after)
        if not self.streams.holds(stream_id) and not reader.at_end:
            row = await beside(partial(self.backend.store.stream, scope, stream_id))
            took_ms = orjson.loads(reader.last.data)["complete_ms"] if reader.last else 0.0
            ended = datetime.fromisoformat(row.opened_at) + timedelta(milliseconds=took_ms)
            if datetime.now(UTC) - ended > timedelta(seconds=self.backend.settings.replay_within_s):
                reader.close()
                raise _gone(row.item, row.member if row.question else None)
        return reader

    async def about(self, body: TakeawaysBody) -> tuple[Item, Member | None]:
        """The item and the member that a request names; NotFound when there is none."""
        store = self.backend.store
        item = await beside(partial(store.item, body.item))
        if body.member is None:
            return item, None
        return item, await beside(partial(store.member, host_scope(), body.member))

    async def open(
        self,
        body: TakeawaysBody | Wish,
        about: tuple[Item | None, Member | None],
        came: AsgiScope,
        *,
        resumable: bool,
    ) -> tuple[str, Reader]:
        """Start the answer and follow it from its beginning.

        `came` is the ASGI scope of the request: when it was accepted, and on what terms it was let in.
        """
        place: Place | None = came.get(TICKET)
        rooms = await beside(partial(self.backend.rooms_for, body.model))
        item, member = about
        scope = reader_scope(member)
        deadline_s = body.deadline_ms / 1000 if body.deadline_ms is not None else self.backend.settings.deadline_s
        remembered, turns = await beside(partial(known, self.backend.store, scope))
        asked = Asked(
            item=item, member=member, scope=scope, accepted_at=came[ACCEPTED_AT], deadline_s=deadline_s,
            question=getattr(body, "question", None), resumable=resumable, agent=getattr(body, "agent", None),
            history=recalled(body.history, turns) if isinstance(body, Wish) else turns, remembered=remembered,
            without=frozenset(getattr(body, "without", ())), overloaded=came.get(OVERLOADED, False),
            first_token=place.first_token if place else lambda took_s: None,
        )  # fmt: skip
        stream_id = start(self.streams, rooms, asked, self.backend.tracing)
        self.door.remember(stream_id, scope.member)
        return stream_id, await self.streams.follow(scope, stream_id)

    async def erase(self, member: str) -> int:
        """Delete everything kept of a member, in files and in memory; their answers are stopped. How much it was.

        Raises NotFound when nothing is kept under that id, and StoreError when the call is to be repeated.
        """
        scope = self.door.member_scope(member)
        if scope.member is None:
            raise NotFound(f"member: {member!r} is nobody")
        await self.streams.forget(scope)
        gone = await beside(partial(self.backend.erase_member, scope))
        self.door.forget(member)
        if not gone:
            raise NotFound(f"member: nothing is kept of {member!r}")
        return gone


def _gone(item: str, member: str | None) -> Problem:
    """The answer to whoever comes back too late; `member` is whose conversation about the item is kept."""
    if member is None:
        return Problem(410, "gone", "this stream ended too long ago to be read again; ask anew")
    address = f"/v1/conversations?{urlencode({'item': item, 'member': member})}"
    message = "this stream ended too long ago to be read again; what was answered is in the conversation"
    return Problem(410, "gone", message, more={"conversation": address})


async def beside(work: Callable[[], T]) -> T:
    """Run blocking work on a thread."""
    return await anyio.to_thread.run_sync(work)
