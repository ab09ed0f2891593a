"""The events of a stream, and the table of what may follow what.

A stream opens, tells what it used, sends blocks sentence by sentence, and closes exactly once. Words of
a model never appear in an event before `sentence-committed`: a held sentence is announced without text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, TypeAlias, get_args

from nutgraf.orchestration import SourceReport
from nutgraf.types import (
    Action,
    Because,
    Card,
    Ending,
    Fact,
    Sentence,
    Skipped,
    TakeawayKind,
)  # fmt: skip

PROTOCOL = "nutgraf.events/1"
BlockForm = Literal["takeaway", "answer", "requirement", "step", "draft"]
BlockStatus = Literal["shown", "partly", "not-shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The stream exists: its id, the item, the member (or None), the model, the time it may take."""

    kind: Literal["opened"] = "opened"
    stream: str
    item: str
    title: str
    member: str | None
    model: str
    deadline_ms: int
    question: str | None = None
    protocol: str = PROTOCOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of the work ended; `took_ms` is its time."""

    kind: Literal["stage"] = "stage"
    name: str
    took_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Which agent answers, and why; `question` is the question as it was understood, standing alone."""

    kind: Literal["routed"] = "routed"
    agent: str
    because: str
    question: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Every source that was asked: in time or late, how much it found, and how much of that was kept."""

    kind: Literal["sources"] = "sources"
    asked: tuple[SourceReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was used about the member: exactly the facts that choosing and writing could see."""

    kind: Literal["used"] = "used"
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStart:
    """A takeaway, an answer, one requirement of a job, a step of a plan or a draft of the member's own begins.

    `title` heads the block where it has one. `status` says of a requirement how far the member's record shows it.
    """

    kind: Literal["block-start"] = "block-start"
    block: str
    form: BlockForm
    takeaway: TakeawayKind | None = None
    because: Because | None = None
    title: str | None = None
    status: BlockStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceHeld:
    """A sentence is being checked; its words are not shown yet."""

    kind: Literal["sentence-held"] = "sentence-held"
    block: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceCommitted:
    """A sentence passed, or was replaced by the quotation it came closest to. It stays."""

    kind: Literal["sentence-committed"] = "sentence-committed"
    block: str
    sentence: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceDropped:
    """A held sentence failed its checks and nothing could be quoted instead."""

    kind: Literal["sentence-dropped"] = "sentence-dropped"
    block: str
    sentence: str
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEnd:
    """The block is complete; `action` is its next step, if it has one."""

    kind: Literal["block-end"] = "block-end"
    block: str
    action: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What stands under the blocks: starter questions, related records, and why there is no action."""

    kind: Literal["extras"] = "extras"
    starters: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    no_action_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The one ending. Times are in milliseconds since the request was accepted; None when nothing was shown.

    `regenerate` offers to have the answer made anew, because this one was cut off.
    """

    kind: Literal["closed"] = "closed"
    ending: Ending
    reason: str | None = None
    ticket: str | None = None
    skipped: tuple[Skipped, ...] = ()
    first_useful_ms: float | None = None
    complete_ms: float
    regenerate: bool = False


Event: TypeAlias = (
    Opened
    | Routed
    | Stage
    | Sources
    | Used
    | BlockStart
    | SentenceHeld
    | SentenceCommitted
    | SentenceDropped
    | BlockEnd
    | Extras
    | Closed
)

#: What may follow what; None is the start of a stream.
NEXT: dict[type[Event] | None, frozenset[type[Event]]] = {
    None: frozenset({Opened}),
    Opened: frozenset({Routed, Stage, Sources, Used, Closed}),
    Routed: frozenset({Stage, Sources, Used, BlockStart, Closed}),
    Stage: frozenset({Routed, Stage, Sources, Used, BlockStart, Extras, Closed}),
    Sources: frozenset({Stage, Used, BlockStart, Extras, Closed}),
    Used: frozenset({Stage, Sources, BlockStart, Extras, Closed}),
    BlockStart: frozenset({SentenceHeld, BlockEnd, Closed}),
    SentenceHeld: frozenset({SentenceCommitted, SentenceDropped, Closed}),
    SentenceCommitted: frozenset({SentenceHeld, BlockEnd, Closed}),
    SentenceDropped: frozenset({SentenceHeld, BlockEnd, Closed}),
    BlockEnd: frozenset({BlockStart, Stage, Extras, Closed}),
    Extras: frozenset({Stage, Closed}),
    Closed: frozenset(),
}

#: Event classes by the `kind` they carry on the wire.
KINDS: dict[str, type[Event]] = {
    str(next(f.default for f in fields(cls) if f.name == "kind")): cls for cls in get_args(Event)
}


def as_json(value: Any) -> Any:
    """An event, or any of our values, as plain dicts, lists and scalars ready for a JSON writer."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(as_json(part) for part in value)  # the same every time
    if isinstance(value, (tuple, list)):
        return [as_json(part) for part in value]
    return value
