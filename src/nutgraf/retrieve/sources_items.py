"""Sources over the records of the network: those nearest to a question, by kind, and those of one organisation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.relevance import OTHERS_ANSWER_AT_LEAST, OTHERS_ANSWER_BY_WORDS_AT_LEAST, WORD_SHARE
from nutgraf.retrieve.sources import Read, best_rows, on_thread, passage_of, scored
from nutgraf.text.words import content_stems
from nutgraf.types import Digest

if TYPE_CHECKING:
    from nutgraf.seams import ItemStore
    from nutgraf.types import Deadline, Item, ItemKind, Vectors

#: The sources that offer records of one sort, and the kinds of item that they search.
SORTS: Mapping[str, tuple[ItemKind, ...]] = MappingProxyType(
    {
        "jobs": ("job",), "courses": ("course",), "people": ("profile",), "companies": ("company",),
        "posts": ("post", "article"),
    }
)  # fmt: skip
RECORDS_AT_MOST = 4
#: Score a record needs by its title or its best sentence to be offered, with vectors and without.
OFFERED_AT_LEAST, OFFERED_BY_WORDS_AT_LEAST = 0.4, 0.34
#: So many search results are looked through for those of one organisation.
OF_ORGANISATION_LOOKED_AT = 24
#: Words by which a question points at the item instead of naming it.
_POINTS = re.compile(
    r"\b(?:this|that|these|it|its|here|the (?:job|role|position|course|company|article|post|author))\b", re.IGNORECASE
)


class Related:
    """Other records of any kind with a sentence that answers the question."""

    partition: Partition = "public"
    idempotent = True

    def __init__(self, items: ItemStore, read: Read, *, name: str = "related") -> None:
        """`items` is searched by the words of the question and its vector."""
        self.name, self._items, self._read = name, items, read

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most one sentence a record, best first; never of the item that is read. Raises StoreError."""
        return await on_thread(lambda: self._best(query))

    def _best(self, query: Query) -> list[Passage]:
        at_least = OTHERS_ANSWER_BY_WORDS_AT_LEAST if query.vector is None else OTHERS_ANSWER_AT_LEAST
        found = (
            passage
            for item in _found(self._items, query, (), min(query.limit, RECORDS_AT_MOST))
            for passage in _passages(self.name, item, self._read, query, at_least, 1)
        )
        return sorted(found, key=lambda passage: -passage.score)


class Records:
    """Records of some kinds that fit the question by title or content, each with the sentence that fits best.

    A question that points at the item ("for this job") is searched for together with the item's title.
    """

    partition: Partition = "public"
    idempotent = True

    def __init__(
        self, name: str, kinds: Sequence[ItemKind], items: ItemStore, read: Read, *,
        records_at_most: int = RECORDS_AT_MOST,
    ) -> None:  # fmt: skip
        """`items` is searched for records of these kinds."""
        self.name, self._kinds, self._items, self._read = name, tuple(kinds), items, read
        self._records_at_most = records_at_most

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most one passage a record, best first; never of the item that is read. Raises StoreError."""
        return await on_thread(lambda: self._best(query))

    def _best(self, query: Query) -> list[Passage]:
        query = self._meant(query)
        found = _found(self._items, query, self._kinds, min(query.limit, self._records_at_most))
        offered = (passage for item in found if (passage := self._offered(item, query)) is not None)
        return sorted(offered, key=lambda passage: -passage.score)

    def _offered(self, item: Item, query: Query) -> Passage | None:
        read = self._read(item)
        spans, scores, vectors = scored(read, query)
        title = _named(item.title, query.text)
        if query.vector is not None and isinstance(read, Digest) and read.title_vector.shape == query.vector.shape:
            title = float(read.title_vector @ query.vector) + WORD_SHARE * title
        at_least = OFFERED_BY_WORDS_AT_LEAST if query.vector is None else OFFERED_AT_LEAST
        best = best_rows(scores, at_least if title < at_least else -1.0, 1)
        return passage_of(self.name, item, best[0], spans, max(title, scores[best[0]]), vectors) if best else None

    def _meant(self, query: Query) -> Query:
        """The query with the item's title, when the question only points at the item."""
        item = query.item
        if item is None or not item.ai or not (_POINTS.search(query.text) or not query.text):
            return query
        vector, read = query.vector, self._read(item)
        if vector is not None and isinstance(read, Digest) and read.title_vector.shape == vector.shape:
            both = vector + read.title_vector
            vector = both / max(float(both @ both) ** 0.5, 1e-6)
        return replace(query, text=f"{query.text} {item.title}", vector=vector)


def related(items: ItemStore, read: Read) -> Related:
    """The source of related records."""
    return Related(items, read)


def by_sort(items: ItemStore, read: Read) -> tuple[Records, ...]:
    """One source for each of SORTS."""
    return tuple(Records(name, kinds, items, read) for name, kinds in SORTS.items())


class OfOrganisation:
    """Records of the organisation that the item belongs to: its own page, jobs, people and posts."""

    partition: Partition = "public"
    idempotent = True

    def __init__(
        self, items: ItemStore, read: Read, *, name: str = "organisation", records_at_most: int = 8,
        passages_a_record_at_most: int = 2,
    ) -> None:  # fmt: skip
        """`items` is searched by the name of the organisation."""
        self.name = name
        self._items, self._read = items, read
        self._records_at_most, self._passages_at_most = records_at_most, passages_a_record_at_most

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """Sentences of its records, best first; none when the item names no organisation. Raises StoreError."""
        item = query.item
        if item is None or not (item.organisation or item.kind == "company"):
            return ()
        return await on_thread(lambda: self._best(item, query))

    def _best(self, item: Item, query: Query) -> list[Passage]:
        name = item.organisation or item.title
        hits = self._items.search(name, _nothing(), (), OF_ORGANISATION_LOOKED_AT)
        own = [hit.item for hit in hits if _may_be_used(hit.item, query) and _same_organisation(hit.item, item)]
        found = [
            passage
            for other in own[: self._records_at_most]
            for passage in _passages(self.name, other, self._read, query, 0.0, self._passages_at_most)
        ]
        return sorted(found, key=lambda passage: -passage.score)


def _found(items: ItemStore, query: Query, kinds: Sequence[ItemKind], at_most: int) -> list[Item]:
    """The records that search finds and that may be used, best first."""
    text = query.text or (query.item.title if query.item else "")
    hits = items.search(text, _nothing() if query.vector is None else query.vector, kinds, at_most + 1)
    return [hit.item for hit in hits if _may_be_used(hit.item, query)][:at_most]


def _passages(source: str, item: Item, read: Read, query: Query, at_least: float, at_most: int) -> Iterator[Passage]:
    spans, scores, vectors = scored(read(item), query)
    for row in best_rows(scores, at_least, at_most):
        yield passage_of(source, item, row, spans, scores[row], vectors)


def _named(title: str, text: str) -> float:
    """How much of a title, or of a shorter question, the two share: 0..1."""
    ours, theirs = set(content_stems(title)), set(content_stems(text))
    return len(ours & theirs) / max(1, min(len(ours), len(theirs)))


def _may_be_used(item: Item, query: Query) -> bool:
    own = query.scope.member is not None and item.author_id == query.scope.member
    return item.ai and not own and (query.item is None or item.id != query.item.id)


def _same_organisation(other: Item, item: Item) -> bool:
    """By id or by name; the page of an organisation belongs to it."""
    return not _organisation(item).isdisjoint(_organisation(other))


def _organisation(item: Item) -> set[str]:
    names = {item.organisation_id, item.organisation and item.organisation.casefold()}
    if item.kind == "company":
        names |= {item.id, item.title.casefold()}
    return {name for name in names if name}


def _nothing() -> Vectors:
    """No vector: search by words alone."""
    import numpy as np  # only here, so that a process that never searches does not hold it

    return np.zeros(0, dtype=np.float32)
