"""One answer told to a test: its events as JSON, folded or one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio

from nutgraf.events import as_json
from nutgraf.pipeline.parts import Request, Rooms
from nutgraf.pipeline.run import run
from nutgraf.stream.log import StreamLog
from nutgraf.testing import run_virtual
from nutgraf.types import Deadline, Item, Member, Scope
from tests.pipeline.world import scope_of

Json = dict[str, Any]
DEADLINE_S = 60.0


async def tell(
    rooms: Rooms, item: Item, member: Member | None = None, question: str | None = None, *, scope: Scope | None = None,
    heard: Callable[[Json], None] = lambda event: None, **more: Any,
) -> list[Json]:  # fmt: skip
    """The events of one answer, straight from the pipeline into a log; raises what the pipeline raises.

    `more` are further fields of the request, such as `history` or `agent`.
    """
    now = anyio.current_time()
    request = Request(
        stream="s", scope=scope or scope_of(member), item=item, member=member, accepted_at=now,
        deadline=Deadline(now + DEADLINE_S), question=question, **more,
    )  # fmt: skip
    log, events = StreamLog(), list[Json]()

    def emit(event: Any) -> None:
        log.append(event)
        events.append(as_json(event))
        heard(events[-1])

    await run(request, rooms, emit)
    return events


def told(
    rooms: Rooms, item: Item, member: Member | None = None, question: str | None = None, *, scope: Scope | None = None,
    **more: Any,
) -> list[Json]:  # fmt: skip
    """As `tell`, on a virtual clock."""
    return run_virtual(lambda: tell(rooms, item, member, question, scope=scope, **more))


def only(events: list[Json], kind: str) -> list[Json]:
    """The events of one kind."""
    return [event for event in events if event["kind"] == kind]


def sentences(events: list[Json]) -> list[Json]:
    """The committed sentences."""
    return [event["sentence"] for event in only(events, "sentence-committed")]


def ending(events: list[Json]) -> tuple[str, str | None]:
    """How a stream ended, and the reason it gave."""
    return events[-1]["ending"], events[-1]["reason"]
