"""What one answer needs: the rooms it may use, the request, the clock, and the reading of items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import anyio

from nutgraf.clock import loop_time
from nutgraf.conversation import Remembered, Turn
from nutgraf.decide.agents import BASIC
from nutgraf.decide.limiter import FirstTokens
from nutgraf.errors import NotFound, StoreError
from nutgraf.events import Closed, Event, Stage
from nutgraf.members.snapshot import snapshot
from nutgraf.model.gateway import Gateway
from nutgraf.pipeline.showing import Addresses, shown_event
from nutgraf.prompt.library import BUILT_IN, Library
from nutgraf.retrieve.health import Health
from nutgraf.retrieve.sources import Conversation, ItemSpans, Kept, MemberRecord
from nutgraf.retrieve.sources import Remembered as RememberedSource
from nutgraf.retrieve.sources_items import OfOrganisation, by_sort, related
from nutgraf.retrieve.sources_own import OwnPosts
from nutgraf.seams import Encoder, ItemStore, Model, Source
from nutgraf.settings import Settings
from nutgraf.text.memo import Memo
from nutgraf.trace.record import NOTHING, Recording
from nutgraf.trust.judge import Judge
from nutgraf.types import Deadline, Digest, Evidence, Fact, Item, Member, Scope, Skipped, Snapshot, Span, Vectors

if TYPE_CHECKING:
    from nutgraf.decide.head import Head
    from nutgraf.members.vectors import FactVectors
    from nutgraf.model.session import Session
    from nutgraf.orchestration import Agent, Passage
    from nutgraf.trust.review import Reviewer
    from nutgraf.trust.topic.topic import OffTopic
    from nutgraf.vocabulary.match import Vocabulary

Emit = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """Everything an answer may use.

    `model` is one model or a gateway of several; None means quotations only. `items` None means no other records.
    Without an encoder sentences are chosen by words; without a vocabulary no skills are guessed. `skills` are further
    sources, by their names, that agents may ask. `reviewer` holds the trained detectors, which look at every sentence
    that the rules let pass and at every text that a model would read; None leaves the rules alone.
    """

    settings: Settings
    encoder: Encoder | None
    vocabulary: Vocabulary | None
    model: Model | Gateway | None
    items: ItemStore | None
    agents: Mapping[str, Agent] = field(default_factory=lambda: BASIC)
    prompts: Library = BUILT_IN
    skills: tuple[Source, ...] = ()
    head: Head | None = None
    reviewer: Reviewer | None = None
    first_tokens: dict[str, FirstTokens] = field(default_factory=dict)
    health: Health = field(default_factory=Health)
    judge: Judge = field(init=False)
    gateway: Gateway | None = field(init=False)

    def __post_init__(self) -> None:
        """The judge follows from the encoder: no caller can bring a weaker one."""
        object.__setattr__(self, "judge", Judge.standard(self.encoder))
        one = self.model is None or isinstance(self.model, Gateway)
        object.__setattr__(self, "gateway", self.model if one else Gateway.single(self.model))  # type: ignore[arg-type]

    @property
    def writer(self) -> Model | None:
        """The model that writes when all is well."""
        return self.gateway.model("write") if self.gateway else None

    @cached_property
    def checks(self) -> str:
        """Everything that judges sentences, in its version."""
        return self.judge.version + (f"-{self.reviewer.version}" if self.reviewer else "")

    @property
    def model_name(self) -> str:
        """What the first event calls the model."""
        return self.writer.name if self.writer else "none"

    @property
    def small(self) -> bool:
        """Whether the writer is treated as a small model, which writes one sentence at a time from few pieces."""
        small = bool(getattr(self.writer, "continues_opening", False))
        return self.settings.writing == "one-by-one" or (self.settings.writing == "auto" and small)

    @property
    def waits(self) -> FirstTokens:
        """How long the writer took of late to its first token."""
        return self.first_tokens.setdefault(self.model_name, FirstTokens())

    @property
    def panel_agent(self) -> Agent:
        """The agent that answers when nothing is asked."""
        return next(agent for agent in self.agents.values() if agent.form == "takeaways")

    @cached_property
    def fact_vectors(self) -> FactVectors:
        """The vectors of members' facts, by owner."""
        from nutgraf.members.vectors import FactVectors

        return FactVectors()

    def topic(self) -> OffTopic | None:
        """What tells questions that no agent is for; None without a reviewer, encoder or examples. Blocks at first."""
        if self.reviewer is None or self.encoder is None:
            return None
        ours = [agent for agent in self.agents.values() if agent.topic]
        examples = tuple(dict.fromkeys(text for agent in ours for text in (*agent.when, *agent.topic)))
        return self.reviewer.topic(examples, [agent.summary for agent in ours], self.encoder.encode)

    @cached_property
    def read(self) -> Kept:
        """How an item is read: its digest where there is an encoder, else its sentences."""
        return Kept(partial(reading, rooms=self), 64 if self.encoder else SENTENCES_KEPT_AT_MOST)

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source that agents may name."""
        found: list[Source] = [ItemSpans(self.read, made_from=starter_row), Conversation(), RememberedSource()]
        found.append(ItemSpans(self.read, name="page", at_least=PAGE_AT_LEAST, at_least_by_words=0.0))
        found.append(MemberRecord(self._fact_rows if self.encoder else None))
        if self.items is not None:
            found += [related(self.items, self.read), *by_sort(self.items, self.read)]
            found += [OfOrganisation(self.items, self.read), OwnPosts(self.items)]
        return {source.name: source for source in [*found, *self.skills]}

    def _fact_rows(self, snapshot: Snapshot) -> Vectors:
        assert self.encoder is not None
        return self.fact_vectors.of(snapshot, self.encoder)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: moments are seconds on the monotonic clock of the event loop.

    `item` None asks about no item. `agent` names who shall answer; None leaves it to routing. `history` holds earlier
    turns, oldest first; `without` the ids of member facts that may not be used; `overloaded` asks for a cheap answer.
    `first_token` is told how long the model took to its first word, in seconds.
    """

    stream: str
    scope: Scope
    item: Item | None
    member: Member | None
    accepted_at: float
    deadline: Deadline
    question: str | None = None
    agent: str | None = None
    history: tuple[Turn, ...] = ()
    remembered: tuple[Remembered, ...] = ()
    without: frozenset[str] = frozenset()
    overloaded: bool = False
    first_token: Callable[[float], None] = lambda took_s: None


class Refused(Exception):
    """A question that may not be answered; the text is what the member may read."""


@dataclass(eq=False)
class Screening:
    """The input checks of one question, which run beside retrieval; `refusal` is set when `done` is."""

    refusal: str | None = None
    done: anyio.Event = field(default_factory=anyio.Event)


@dataclass(kw_only=True)
class Run:
    """The running account of one answer: what was emitted, skipped and timed.

    `tainted` are the ids of the records in which a text was found that orders a model about, "" for one without an id;
    the run then has no tools. With `quoted_only` nothing is written by a model.
    """

    request: Request
    rooms: Rooms
    send: Emit
    trace: Recording = NOTHING
    session: Session | None = None
    skipped: list[Skipped] = field(default_factory=list)
    first_useful_ms: float | None = None
    evidence: int = 0
    cited: dict[str, Item] = field(default_factory=dict)
    cut: bool = False
    screening: Screening | None = None
    memo: Memo = field(default_factory=Memo)
    tainted: set[str] = field(default_factory=set)
    quoted_only: bool = False
    addresses: Addresses = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is sent but through here: whatever makes an event, its reader gets plain text and allowed links."""
        reviewer, emit = self.rooms.reviewer, self.send
        policy = reviewer.policy if reviewer is not None else None
        self.addresses = Addresses(policy, self.request.item, self.request.question)
        self.send = lambda event: emit(shown_event(event, self.addresses.allowed))

    @cached_property
    def known(self) -> Snapshot:
        """The facts that may be used about the member: consented, remembered, and not taken out for this answer."""
        request = self.request
        found = snapshot(request.member, request.scope, self.rooms.vocabulary, request.remembered)
        return replace(found, facts=tuple(fact for fact in found.facts if fact.id not in request.without))

    @cached_property
    def record(self) -> tuple[str, ...]:
        """What is known of the reader as lines, for claims about them."""
        from nutgraf.trust.member.facts import lines_of

        return lines_of(self.known.facts)

    async def released(self) -> None:
        """Wait until the question has passed its checks; raises Refused when it has not."""
        if self.screening is not None:
            await self.screening.done.wait()
            if self.screening.refusal is not None:
                raise Refused(self.screening.refusal)

    @property
    def item(self) -> Item:
        """The item, where there must be one."""
        assert self.request.item is not None
        return self.request.item

    def ms(self) -> float:
        """Milliseconds since the request was accepted."""
        return round((loop_time() - self.request.accepted_at) * 1000.0, 1)

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.request.deadline.left(loop_time())

    def useful(self) -> None:
        """Note that a member has now seen something useful."""
        if self.first_useful_ms is None:
            self.first_useful_ms = self.ms()

    def skip(self, what: str, because: str) -> None:
        """List something that was left out, once."""
        entry = Skipped(what, because)
        if entry not in self.skipped:
            self.skipped.append(entry)

    def done(self, reason: str | None = None) -> Closed:
        """The ending of an answer that is complete; of one that a model was cut off in, the honest one."""
        if self.cut:
            return self.truncated("The writing was cut off before it was complete. You can have it written anew.")
        return self._closed(reason)

    def declined(self, reason: str) -> Closed:
        """The ending of a request that is not answered, with what the member may know of it."""
        return Closed(ending="declined", reason=reason, skipped=tuple(self.skipped), complete_ms=self.ms())

    def truncated(self, reason: str = "The time ran out before the answer was complete.") -> Closed:
        """The ending of an answer that was cut off: what was shown stays, what is missing is said."""
        return Closed(
            ending="truncated", reason=reason, skipped=tuple(self.skipped), first_useful_ms=self.first_useful_ms,
            complete_ms=self.ms(), regenerate=True,
        )  # fmt: skip

    def _closed(self, reason: str | None) -> Closed:
        return Closed(
            ending="done", reason=reason, skipped=tuple(self.skipped), first_useful_ms=self.first_useful_ms,
            complete_ms=self.ms(),
        )  # fmt: skip

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage and tell the stream when it has ended."""
        began = loop_time()
        yield
        took_ms = round((loop_time() - began) * 1000.0, 1)
        self.trace.note("stage", name=name, took_ms=took_ms)
        self.send(Stage(name=name, took_ms=took_ms))

    def cite(self, item: Item, span: Span) -> Evidence:
        """Evidence for a span of an item or of another record, with the next free id of this answer."""
        self.cited[item.id] = item
        own = self.request.item is not None and item.id == self.request.item.id
        quote = item.text[span.start : span.end]
        self.addresses.add(quote, item.url or "")
        return Evidence(self._next(), "item" if own else "skill", item.id, span.start, span.end, quote)

    def cite_fact(self, fact: Fact) -> Evidence:
        """Evidence for a fact of the member's record."""
        self.addresses.add(fact.text)
        return Evidence(self._next(), "member", fact.id, 0, len(fact.text), fact.text)

    def cite_passage(self, passage: Passage, records: Mapping[str, Item]) -> Evidence:
        """Evidence for a passage: verbatim from its record where it stands there, else from the result itself."""
        record = records.get(passage.ref)
        if record is not None and record.shown(passage.start, passage.end) == " ".join(passage.text.split()):
            return self.cite(record, Span("", passage.start, passage.end, passage.text, 0))
        ref = passage.ref if record is None else f"skill:{passage.source}/{passage.ref}"
        self.addresses.add(passage.text, passage.ref, passage.url or "")
        return Evidence(self._next(), passage.origin, ref, 0, len(passage.text), passage.text)

    def _next(self) -> str:
        self.evidence += 1
        return f"e{self.evidence}"


def reading(item: Item, rooms: Rooms) -> Digest | Sequence[Span]:
    """What can be read of an item: with an encoder its digest, else its sentences. Blocks."""
    if rooms.encoder is not None:
        return prepare_item(item, rooms)
    from nutgraf.read.spans import readings

    return [found.span for found in readings(item)]


def prepare_item(item: Item, rooms: Rooms) -> Digest:
    """The digest of an item: from the store when it has one of this content and reader, else made and kept.

    Synchronous and heavy for a new item (about 4 ms a sentence): call it on a worker thread.
    """
    from nutgraf.read.digest import digest as read_item
    from nutgraf.read.digest import version as reader_version

    assert rooms.encoder is not None
    assert rooms.vocabulary is not None
    version = reader_version(rooms.encoder, rooms.vocabulary)
    if rooms.items is not None and (kept := rooms.items.digest(item, version)) is not None:
        return kept
    made = read_item(item, rooms.encoder, rooms.vocabulary)
    if rooms.items is not None:
        with suppress(StoreError):  # a digest that cannot be kept is made again next time
            if _is_stored(rooms.items, item):
                rooms.items.put_digest(item, made)
    return made


def starter_row(item: Item, read: Digest | Sequence[Span], question: str) -> int | None:
    """The row of the sentence that a starter question was made from, when it is one."""
    from nutgraf.read.questions import questions

    if not isinstance(read, Digest):
        return None
    return next((made.row for made in questions(item, read, STARTERS_KNOWN) if made.text == question), None)


#: Items whose sentences are kept where there are no vectors with them, about 20 kB each.
SENTENCES_KEPT_AT_MOST = 512
#: Score a sentence needs when the whole page is asked about, and not one thing in it.
PAGE_AT_LEAST = 0.2
#: So many questions of an item are known again when they are asked.
STARTERS_KNOWN = 64


def _is_stored(items: ItemStore, item: Item) -> bool:
    try:
        return items.item(item.id).content_hash == item.content_hash
    except NotFound:
        return False
