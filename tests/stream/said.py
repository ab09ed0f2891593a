"""Events, scopes and a journal for the tests of streams."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import anyio
import orjson

from nutgraf.errors import NotFound, StoreError
from nutgraf.events import (
    BlockEnd,
    BlockStart,
    Closed,
    Event,
    Extras,
    Opened,
    SentenceCommitted,
    SentenceDropped,
    SentenceHeld,
    Stage,
    Used,
)  # fmt: skip
from nutgraf.stream.log import Entry
from nutgraf.types import Because, Ending, Evidence, Fact, Item, Member, Scope, Sentence

FACT = Fact("m-skill-1", "skill", "triage")
ITEM = Item(id="post-1", kind="post", title="A board in the corridor", text="The board moved. Waiting fell.")
MEMBER = Member(id="amara", name="Amara", skills=("triage",))

#: Texts that a careless writer of event streams would break on.
NASTY = [
    "data: x", "a\r\nb", "\n\ndata: {}\n\n", "\x00", "\u2028x\u2029\x85\x0b\x0c\x1c", "é😀", "\ufeff", "id: 1.2", ": c",
]  # fmt: skip


def scope(member: str | None = "amara", tenant: str = "local") -> Scope:
    """A reader's scope."""
    return Scope(tenant=tenant, member=member, purposes=frozenset(), consent_version=1, rights=frozenset())


def opened(stream: str = "s1", title: str = ITEM.title) -> Opened:
    """The first event."""
    return Opened(stream=stream, item=ITEM.id, title=title, member="amara", model="scripted", deadline_ms=5000)


def sentence(name: str, text: str) -> Sentence:
    """A committed sentence with one quotation."""
    return Sentence(
        name, text, "supported", (Evidence(f"e-{name}", "item", ITEM.id, 0, 16, "The board moved."),), "cites"
    )


def told(block: str, *texts: str) -> list[Event]:
    """A block with these sentences."""
    events: list[Event] = [
        BlockStart(block=block, form="takeaway", takeaway="understand", because=Because("why", (FACT,)))
    ]
    for number, text in enumerate(texts):
        name = f"{block}-{number}"
        events.append(SentenceHeld(block=block, sentence=name))
        events.append(SentenceCommitted(block=block, sentence=sentence(name, text)))
    return [*events, BlockEnd(block=block)]


def closed(ending: Ending = "done") -> Closed:
    """An ending."""
    return Closed(ending=ending, complete_ms=12.5, first_useful_ms=3.0)


def story(*texts: str, stream: str = "s1") -> list[Event]:
    """A whole stream with one block a text."""
    blocks = [event for number, text in enumerate(texts) for event in told(f"b{number}", text)]
    start: list[Event] = [opened(stream), Stage(name="reading", took_ms=1.0), Used(facts=(FACT,))]
    return [*start, *blocks, Extras(starters=("Why a corridor?",)), closed()]


def random_events(chance: random.Random, stream: str) -> list[Event]:
    """A legal stream of some length, with every kind of event in it now and then."""
    events: list[Event] = [opened(stream), *(Stage(name=f"s{n}", took_ms=1.0) for n in range(chance.randrange(3)))]
    if chance.random() < 0.7:
        events.append(Used(facts=(FACT,)))
    elif events[-1].kind == "opened":
        events.append(Stage(name="reading", took_ms=1.0))
    for number in range(chance.randrange(4)):
        block = told(f"b{number}", *(f"text {n}" for n in range(chance.randrange(4))))
        if len(block) > 2 and chance.random() < 0.3:
            block[2] = SentenceDropped(block=f"b{number}", sentence=f"b{number}-0", check="cites")
        events += block
    if chance.random() < 0.5:
        events.append(Extras())
    return [*events, closed(chance.choice(["done", "declined", "truncated"]))]


@dataclass
class MemoryJournal:
    """Keeps streams in a dictionary; `trouble` may fail any call, by the name of the method."""

    trouble: Callable[[str], bool] = lambda name: False
    rows: dict[str, list[Entry]] = field(default_factory=dict)
    owners: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    endings: dict[str, list[Ending]] = field(default_factory=dict)

    def begin(self, scope: Scope, opening: Opened, at: datetime) -> None:
        """A stream begins."""
        self._perhaps_fail("begin")
        self.owners[opening.stream] = (scope.tenant, scope.member)
        self.rows[opening.stream] = []

    def keep(self, scope: Scope, stream_id: str, entries: Sequence[Entry]) -> None:
        """What was said so far."""
        self._perhaps_fail("keep")
        self.rows[stream_id] = list(entries)

    def end(self, scope: Scope, stream_id: str, ending: Ending, entries: Sequence[Entry]) -> None:
        """All of it."""
        self._perhaps_fail("end")
        self.rows[stream_id] = list(entries)
        self.endings.setdefault(stream_id, []).append(ending)

    def read(self, scope: Scope, stream_id: str) -> Sequence[Entry]:
        """The entries of the owner's stream."""
        if self.owners.get(stream_id) != (scope.tenant, scope.member):
            raise NotFound(f"no stream {stream_id!r}")
        return self.rows[stream_id]

    def _perhaps_fail(self, name: str) -> None:
        if self.trouble(name):
            raise StoreError(f"{name}: the disk is full")


def saying(events: Iterable[Event], pause_s: float = 0.0) -> Callable[[Callable[[Event], None]], object]:
    """A producer that emits these events, with a pause before each."""

    async def produce(emit: Callable[[Event], None]) -> None:
        for event in events:
            await anyio.sleep(pause_s)
            emit(event)

    return produce


def ending_of(entries: Sequence[Entry]) -> str:
    """How a stream ended."""
    return str(orjson.loads(entries[-1].data)["ending"])
