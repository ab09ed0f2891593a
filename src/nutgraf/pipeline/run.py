"""The sentence itself: one request in, the events of one answer out, exactly one ending."""

from __future__ import annotations

from dataclasses import replace

import anyio

from nutgraf.errors import NotAllowed
from nutgraf.events import Closed, Opened
from nutgraf.pipeline.conversing import converse
from nutgraf.pipeline.panel import panel
from nutgraf.pipeline.parts import Emit, Request, Rooms, Run
from nutgraf.pipeline.showing import Addresses, plain_text
from nutgraf.read.worth import declined
from nutgraf.trace.record import NOTHING, Recording


def opening(request: Request, model_name: str) -> Opened:
    """The first event of the answer to a request."""
    item = request.item
    event = Opened(
        stream=request.stream,
        item=item.id if item else "",
        title=item.title if item else "",
        member=request.scope.member,
        model="none" if request.overloaded else model_name,
        deadline_ms=round((request.deadline.at - request.accepted_at) * 1000),
        question=request.question,
    )
    return replace(event, title=plain_text(event.title, Addresses(None, item, None).allowed))


async def run(request: Request, rooms: Rooms, emit: Emit, trace: Recording = NOTHING) -> None:
    """Answer a request, event by event, from Opened to Closed.

    Raises a NutgrafError when the answer cannot be made at all; being cancelled means that the reader stopped. Whoever
    owns the stream then writes its ending.
    """
    if request.member is not None and request.member.id != request.scope.member:
        raise NotAllowed(f"a scope of {request.scope.member!r} may not ask as {request.member.id!r}")
    if request.member is None or "memory" not in request.member.consent.fields:
        request = replace(request, remembered=())  # what may not be used is not even noted
    _note(request, rooms, trace)
    emit(opening(request, rooms.model_name))
    account = Run(request=request, rooms=rooms, send=emit, trace=trace)
    if request.item is not None and not request.item.ai:  # it is not even read
        _end(account, account.declined(declined(request.item, (), 0.0) or ""))
        return
    if rooms.gateway is not None and not request.overloaded:
        locale = request.member.locale if request.member else ""
        account.session = rooms.gateway.session(
            request.scope, request.stream, request.deadline, locale=locale, policy=rooms.checks
        )
    closed: Closed | None = None
    with anyio.CancelScope(deadline=request.deadline.at):
        closed = await (panel(account) if request.question is None else converse(account))
    _end(account, closed or account.truncated())


def _note(request: Request, rooms: Rooms, trace: Recording) -> None:
    item = request.item
    trace.note(
        "request", stream=request.stream, item=item.id if item else "", title=item.title if item else "",
        member=request.scope.member, question=request.question, agent=request.agent, model=rooms.model_name,
        deadline_ms=round((request.deadline.at - request.accepted_at) * 1000), purposes=request.scope.purposes,
        consent_version=request.scope.consent_version, history=request.history,
        remembered=tuple(fact.id for fact in request.remembered),  # words only where they are used
        without=request.without, small=rooms.small, overloaded=request.overloaded,
        content_hash=item.content_hash if item and trace is not NOTHING else "",
    )  # fmt: skip


def _end(account: Run, closed: Closed) -> None:
    account.trace.note(
        "ending", ending=closed.ending, reason=closed.reason, skipped=closed.skipped,
        first_useful_ms=closed.first_useful_ms, complete_ms=closed.complete_ms,
    )  # fmt: skip
    account.send(closed)
