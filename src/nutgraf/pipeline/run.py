"""The sentence itself: one request in, the events of one answer out, exactly one ending."""

from __future__ import annotations

import anyio

from nutgraf.errors import NotAllowed
from nutgraf.events import Closed, Opened
from nutgraf.pipeline.answer import answer
from nutgraf.pipeline.panel import panel
from nutgraf.pipeline.parts import Emit, Request, Rooms, Run
from nutgraf.read.worth import declined


def opening(request: Request, model_name: str) -> Opened:
    """The first event of the answer to a request."""
    return Opened(
        stream=request.stream,
        item=request.item.id,
        title=request.item.title,
        member=request.scope.member,
        model=model_name,
        deadline_ms=round((request.deadline.at - request.accepted_at) * 1000),
        question=request.question,
    )


async def run(request: Request, rooms: Rooms, emit: Emit) -> None:
    """Answer a request, event by event, from Opened to Closed.

    Raises a NutgrafError when the answer cannot be made at all; being cancelled means that the reader stopped. Whoever
    owns the stream then writes its ending.
    """
    if request.member is not None and request.member.id != request.scope.member:
        raise NotAllowed(f"a scope of {request.scope.member!r} may not ask as {request.member.id!r}")
    emit(opening(request, rooms.model_name))
    account = Run(request=request, rooms=rooms, send=emit)
    if not request.item.ai:  # it is not even read
        emit(Closed(ending="declined", reason=declined(request.item, (), 0.0), complete_ms=account.ms()))
        return
    closed: Closed | None = None
    with anyio.CancelScope(deadline=request.deadline.at):
        closed = await (panel(account) if request.question is None else answer(account))
    emit(closed or account.truncated())
