"""Starting an answer: the one path from an item, a reader and perhaps a question to a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nutgraf.clock import loop_time
from nutgraf.errors import InputError
from nutgraf.pipeline.parts import Request, Rooms
from nutgraf.pipeline.run import opening, run
from nutgraf.stream.hub import Hub, new_stream_id
from nutgraf.trace.tracing import finish, traced
from nutgraf.types import Deadline

if TYPE_CHECKING:
    from nutgraf.conversation import Remembered, Turn
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.stream.hub import Produce
    from nutgraf.trace.tracing import Tracing
    from nutgraf.types import Item, Member, Scope

DEADLINE_AT_LEAST_S, DEADLINE_AT_MOST_S = 0.1, 600.0
QUESTION_AT_MOST_CHARS = 1_000
EARLIER_TURNS_AT_MOST = 12


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a reader wants: takeaways of an item, or the answer to `question`. `deadline_s` counts from `accepted_at`.

    `accepted_at` is in seconds on the event loop's clock. Raises InputError for what cannot be asked.
    """

    item: Item | None
    member: Member | None
    scope: Scope
    accepted_at: float
    deadline_s: float
    question: str | None = None
    resumable: bool = True
    agent: str | None = None
    history: tuple[Turn, ...] = ()
    remembered: tuple[Remembered, ...] = ()
    without: frozenset[str] = frozenset()
    overloaded: bool = False
    first_token: Callable[[float], None] = lambda took_s: None

    def __post_init__(self) -> None:
        """Check what came from outside."""
        check_asked(self.deadline_s, self.question)
        if self.item is None and self.question is None:
            raise InputError("item: name an item to get its takeaways, or ask a question")


def check_asked(deadline_s: float, question: str | None) -> None:
    """Raise InputError for a deadline or a question that cannot be used."""
    if not DEADLINE_AT_LEAST_S <= deadline_s <= DEADLINE_AT_MOST_S:
        raise InputError(
            f"deadline: must be {DEADLINE_AT_LEAST_S:g} to {DEADLINE_AT_MOST_S:g} seconds, got {deadline_s:g}"
        )
    if question is not None and not 0 < len(question.strip()) <= QUESTION_AT_MOST_CHARS:
        raise InputError(f"question: must have 1 to {QUESTION_AT_MOST_CHARS} characters; say what you want to know")
    if question is not None and any("\ud800" <= char <= "\udfff" for char in question):
        raise InputError("question: holds bytes that are no text in UTF-8; write it in UTF-8")


def known(store: EmbeddedStore, scope: Scope) -> tuple[tuple[Remembered, ...], tuple[Turn, ...]]:
    """What a member stated, and their newest turns about whatever item, oldest first; nothing of nobody. Blocks."""
    if scope.member is None:
        return (), ()
    return tuple(store.remembered(scope)), tuple(store.conversation(scope, EARLIER_TURNS_AT_MOST))


def start(hub: Hub, rooms: Rooms, asked: Asked, tracing: Tracing | None = None) -> str:
    """Start the answer in the hub and return the id of its stream. Must be called on the event loop.

    Raises InputError for an agent that the use case does not have.
    """
    if asked.agent is not None and asked.agent not in rooms.agents:
        raise InputError(f"agent: {asked.agent!r} is not known here; known are {', '.join(sorted(rooms.agents))}")
    stream_id = new_stream_id()
    deadline = Deadline(asked.accepted_at + asked.deadline_s)
    request = Request(
        stream=stream_id, scope=asked.scope, item=asked.item, member=asked.member, accepted_at=asked.accepted_at,
        deadline=deadline, question=asked.question,
        agent=asked.agent, history=asked.history, remembered=asked.remembered, without=asked.without,
        overloaded=asked.overloaded, first_token=asked.first_token,
    )  # fmt: skip
    produce: Produce = partial(run, request, rooms)
    ended = None
    if tracing is not None:
        trace = tracing.begin(asked.scope, stream_id, asked.accepted_at, loop_time)
        produce = partial(traced, produce=partial(run, request, rooms, trace=trace), trace=trace)
        ended = partial(finish, trace)
    return hub.start(
        asked.scope, opening(request, rooms.model_name), produce,
        accepted_at=asked.accepted_at, deadline=deadline, resumable=asked.resumable, ended=ended,
    )  # fmt: skip
