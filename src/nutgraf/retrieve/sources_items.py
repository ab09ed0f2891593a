"""Sources over the records of the network: those nearest to a question, by kind, and those of one organisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.relevance import OTHERS_ANSWER_AT_LEAST, OTHERS_ANSWER_BY_WORDS_AT_LEAST
from nutgraf.retrieve.sources import Read, best_rows, on_thread, passage_of, scored

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
#: Score the best sentence of a record needs for the record to be offered, with vectors and without.
OFFERED_AT_LEAST, OFFERED_BY_WORDS_AT_LEAST = 0.3, 0.15
#: So many search results are looked through for those of one organisation.
OF_ORGANISATION_LOOKED_AT = 32


class Records:
    """Records of the network found by hybrid search, each with the sentence that fits best."""

    partition: Partition = "public"
    idempotent = True

    def __init__(
        self, name: str, items: ItemStore, read: Read, kinds: Sequence[ItemKind] = (), *,
        at_least: float = OFFERED_AT_LEAST, at_least_by_words: float = OFFERED_BY_WORDS_AT_LEAST,
        records_at_most: int = RECORDS_AT_MOST,
    ) -> None:  # fmt: skip
        """`kinds` empty searches all. A record is given when its best sentence has the score `at_least`."""
        self.name = name
        self._items, self._read, self._kinds = items, read, tuple(kinds)
        self._at_least, self._by_words, self._records_at_most = at_least, at_least_by_words, records_at_most

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most one passage a record, best first; never of the item that is read. Raises StoreError."""
        return await on_thread(lambda: self._best(query))

    def _best(self, query: Query) -> list[Passage]:
        at_least = self._by_words if query.vector is None else self._at_least
        hits = self._items.search(
            _text(query), _vector(query), self._kinds, min(query.limit, self._records_at_most) + 1
        )
        records = [hit.item for hit in hits if _may_be_used(hit.item, query)][: self._records_at_most]
        found = [passage for item in records for passage in _passages(self.name, item, self._read, query, at_least, 1)]
        return sorted(found, key=lambda passage: -passage.score)


def related(items: ItemStore, read: Read) -> Records:
    """Other records of any kind with a sentence that answers the question."""
    return Records(
        "related", items, read, at_least=OTHERS_ANSWER_AT_LEAST, at_least_by_words=OTHERS_ANSWER_BY_WORDS_AT_LEAST
    )


def by_sort(items: ItemStore, read: Read) -> tuple[Records, ...]:
    """One source for each of SORTS."""
    return tuple(Records(name, items, read, kinds) for name, kinds in SORTS.items())


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


def _passages(source: str, item: Item, read: Read, query: Query, at_least: float, at_most: int) -> Iterator[Passage]:
    spans, scores, vectors = scored(read(item), query)
    for row in best_rows(scores, at_least, at_most):
        yield passage_of(source, item, row, spans, scores[row], vectors)


def _may_be_used(item: Item, query: Query) -> bool:
    return item.ai and (query.item is None or item.id != query.item.id)


def _same_organisation(other: Item, item: Item) -> bool:
    """By id where the item has one, else by name; the page of an organisation is its own."""
    ours, theirs = _organisation(item), _organisation(other)
    return bool(ours & theirs)


def _organisation(item: Item) -> set[str]:
    names = {item.organisation_id, item.organisation and item.organisation.casefold()}
    if item.kind == "company":
        names |= {item.id, item.title.casefold()}
    return {name for name in names if name}


def _text(query: Query) -> str:
    return query.text or (query.item.title if query.item else "")


def _vector(query: Query) -> Vectors:
    return _nothing() if query.vector is None else query.vector


def _nothing() -> Vectors:
    """No vector: search by words alone."""
    import numpy as np  # only here, so that a process that never searches does not hold it

    return np.zeros(0, dtype=np.float32)
