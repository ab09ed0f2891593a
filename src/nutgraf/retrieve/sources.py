"""Sources in the reader's own hands: the item that is read, their record, what was said and what they told us."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from anyio.to_thread import run_sync

from nutgraf.errors import NotAllowed, SourceError
from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.relevance import ANSWERS_AT_LEAST, ANSWERS_BY_WORDS_AT_LEAST, WORD_SHARE, overlap, relevance
from nutgraf.types import Digest

if TYPE_CHECKING:
    from nutgraf.types import Deadline, Item, Snapshot, SourceKind, Span, Vectors

T = TypeVar("T")
#: How an item is read: its digest where there is an encoder, else its sentences alone. Called on worker threads.
Read = Callable[["Item"], "Digest | Sequence[Span]"]
#: The row of the sentence that a question was made from, when it is one of the item's starter questions.
MadeFrom = Callable[["Item", "Digest | Sequence[Span]", str], "int | None"]

#: A starter question was made from one sentence, so that sentence answers it.
MADE_FROM_IT = 1.0
FACTS_AT_MOST = 32
TURNS_AT_MOST = 6
#: What a later turn has over the one before it.
LATER = 0.02
#: The sentences of a text this short are compared by their words in well under a millisecond.
SHORT_CHARS = 6_000
#: Threads that may be busy for sources at once, those that nobody waits for any more included.
THREADS_AT_MOST = 64
_threads = threading.BoundedSemaphore(THREADS_AT_MOST)


async def on_thread(work: Callable[[], T]) -> T:
    """Blocking work on a thread that is left behind when the caller is cancelled.

    Raises SourceError when THREADS_AT_MOST threads are still busy with earlier work.
    """

    def bounded() -> T:
        if not _threads.acquire(blocking=False):
            raise SourceError(f"{THREADS_AT_MOST} threads are busy for sources; find the store that does not answer")
        try:
            return work()
        finally:
            _threads.release()

    return await run_sync(bounded, abandon_on_cancel=True)


class Kept:
    """A `Read` that remembers the items read last: public text, found again by what it says."""

    def __init__(self, read: Read, items_at_most: int = 64) -> None:
        """`items_at_most` bounds the memory: about 100 kB an item with vectors."""
        self._read, self._at_most = read, items_at_most
        self._known: OrderedDict[tuple[str, str], Digest | Sequence[Span]] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, item: Item) -> bool:
        """Whether an item need not be read again."""
        return (item.id, item.content_hash) in self._known

    def __call__(self, item: Item) -> Digest | Sequence[Span]:
        """What reading the item gave."""
        key = (item.id, item.content_hash)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = self._read(item)
        with self._lock:
            self._known[key] = found
            while len(self._known) > self._at_most:
                self._known.popitem(last=False)
        return found


def scored(found: Digest | Sequence[Span], query: Query) -> tuple[Sequence[Span], list[float], Vectors | None]:
    """The sentences of an item that was read, how well each fits the query, and their vectors where there are any."""
    spans, vectors = (found.spans, found.vectors) if isinstance(found, Digest) else (found, None)
    return spans, relevance(spans, query.text, vectors, query.vector), vectors


def passage_of(
    source: str, item: Item, row: int, spans: Sequence[Span], score: float, vectors: Vectors | None,
    origin: SourceKind = "skill",
) -> Passage:  # fmt: skip
    """One sentence of an item as a passage with its place."""
    span = spans[row]
    vector = vectors[row] if vectors is not None and row < len(vectors) else None
    return Passage(
        source=source, ref=item.id, text=span.text, start=span.start, end=span.end, title=item.title, kind=item.kind,
        score=score, origin=origin, published=item.published, vector=vector, url=item.url,
    )  # fmt: skip


def best_rows(scores: Sequence[float], at_least: float, at_most: int) -> list[int]:
    """The rows with the best scores, best first; of equal ones the earlier."""
    rows = (row for row, score in enumerate(scores) if score >= at_least)
    return sorted(rows, key=lambda row: -scores[row])[:at_most]


class ItemSpans:
    """The sentences of the item that is read, those that may answer first."""

    partition: Partition = "public"
    idempotent = True

    def __init__(
        self, read: Read, *, made_from: MadeFrom | None = None, name: str = "item",
        at_least: float = ANSWERS_AT_LEAST, at_least_by_words: float = ANSWERS_BY_WORDS_AT_LEAST,
    ) -> None:  # fmt: skip
        """A sentence needs the score `at_least`, without vectors `at_least_by_words`; 0 or less gives all."""
        self.name = name
        self._read, self._made_from = read, made_from
        self._at_least, self._by_words = at_least, at_least_by_words

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most `query.limit` sentences; none without an item, or of one that machines may not read."""
        item = query.item
        if item is None or not item.ai:
            return ()
        short = len(item.text) <= SHORT_CHARS and query.vector is None
        if short and isinstance(self._read, Kept) and self._read.holds(item):
            await asyncio.sleep(0)  # sources that ask over a wire do so first
            return self._best(item, query)  # takes less than a thread's start
        return await on_thread(lambda: self._best(item, query))

    def _best(self, item: Item, query: Query) -> list[Passage]:
        read = self._read(item)
        spans, scores, vectors = scored(read, query)
        made_from = self._made_from(item, read, query.text) if self._made_from else None
        if made_from is not None and 0 <= made_from < len(scores):
            scores[made_from] += MADE_FROM_IT
        rows = best_rows(scores, self._by_words if query.vector is None else self._at_least, query.limit)
        return [passage_of(self.name, item, row, spans, scores[row], vectors, "item") for row in rows]


class MemberRecord:
    """The consented facts of the reader's own record, those nearest to the question first."""

    partition: Partition = "member"
    idempotent = True

    def __init__(self, vectors: Callable[[Snapshot], Vectors] | None = None, *, name: str = "member") -> None:
        """`vectors` gives one row a fact (shape [facts, dims]); it is called on a worker thread."""
        self.name, self._vectors = name, vectors

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most FACTS_AT_MOST facts. Raises NotAllowed for a snapshot of somebody else."""
        snapshot = query.snapshot
        _own(query, snapshot.scope.member)
        if query.scope.member is None or not snapshot.facts:
            return ()
        rows: Vectors | None = None
        if query.vector is not None and (vectors := self._vectors) is not None:
            rows = await on_thread(lambda: vectors(snapshot))
        scores = overlap([fact.text for fact in snapshot.facts], query.text)
        if rows is not None and query.vector is not None:
            near: list[float] = (rows @ query.vector).tolist()
            scores = [cosine + WORD_SHARE * share for cosine, share in zip(near, scores, strict=True)]
        found = [
            Passage(
                source=self.name, ref=fact.id, text=fact.text, end=len(fact.text), kind=fact.kind, score=score,
                origin="member", partition="member", vector=rows[i] if rows is not None else None,
            )
            for i, (fact, score) in enumerate(zip(snapshot.facts, scores, strict=True))
        ]  # fmt: skip
        return _by_score(found, FACTS_AT_MOST)


class Conversation:
    """Earlier answers to the same reader, those about the same thing first."""

    partition: Partition = "member"
    idempotent = True

    def __init__(self, *, name: str = "conversation") -> None:
        """Needs nothing: the turns come with the query."""
        self.name = name

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """Of the last TURNS_AT_MOST turns those that share a word with the question."""
        turns = [turn for turn in query.history[-TURNS_AT_MOST:] if turn.answer.strip()]
        if query.scope.member is None or not turns:
            return ()
        shares = overlap([f"{turn.standalone or turn.question} {turn.answer}" for turn in turns], query.text)
        found = [
            Passage(
                source=self.name, ref=turn.stream, text=turn.answer, end=len(turn.answer),
                title=turn.standalone or turn.question, kind="turn", score=share + LATER * i, partition="member",
                published=turn.at or None,
            )
            for i, (turn, share) in enumerate(zip(turns, shares, strict=True)) if share > 0
        ]  # fmt: skip
        return _by_score(found, query.limit)


class Remembered:
    """What the reader told us in earlier conversations, in their own words."""

    partition: Partition = "member"
    idempotent = True

    def __init__(self, *, name: str = "remembered") -> None:
        """Needs nothing: what is remembered comes with the query."""
        self.name = name

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most `query.limit` facts, those nearest to the question first, then the newest.

        Each goes by the id of the same fact in a snapshot.
        """
        if query.scope.member is None:
            return ()
        facts = sorted(query.remembered, key=lambda fact: fact.at, reverse=True)
        shares = overlap([f"{fact.topic} {fact.text}" for fact in facts], query.text)
        found = [
            Passage(
                source=self.name, ref=f"memory.{fact.id}", text=fact.text, end=len(fact.text), title=fact.topic,
                kind=fact.kind, score=share, origin="member", partition="member", published=fact.at or None,
            )
            for fact, share in zip(facts, shares, strict=True) if fact.text.strip()
        ]  # fmt: skip
        return _by_score(found, query.limit)


def _by_score(found: Iterable[Passage], at_most: int) -> list[Passage]:
    return sorted(found, key=lambda passage: -passage.score)[:at_most]


def _own(query: Query, member: str | None) -> None:
    if member != query.scope.member:
        raise NotAllowed(f"a scope of {query.scope.member!r} may not see the record of {member!r}")
