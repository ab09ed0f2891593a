"""The records that a question points at: "the second one", "that course", "the other two"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.sources import Read, best_rows, on_thread, passage_of, scored

if TYPE_CHECKING:
    from nutgraf.types import Deadline, Item, Vectors

PASSAGES_A_RECORD_AT_MOST = 3


class Named:
    """The best sentences of records that are given.

    They are scored by `text`, the question without the names of the records, which every sentence of theirs may have.
    """

    partition: Partition = "public"
    idempotent = True

    def __init__(
        self, records: Sequence[Item], read: Read, text: str, vector: Vectors | None, *,
        at_least: float = float("-inf"), name: str = "named",
    ) -> None:  # fmt: skip
        """`vector` is the embedding of `text`, shape [dims]; sentences with a score below `at_least` are left out."""
        self.name, self._records, self._read = name, [record for record in records if record.ai], read
        self._text, self._vector, self._at_least = text, vector, at_least

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most PASSAGES_A_RECORD_AT_MOST sentences of each record, best first."""
        return await on_thread(lambda: self._best(query))

    def _best(self, query: Query) -> list[Passage]:
        found: list[Passage] = []
        asked = replace(query, text=self._text, vector=self._vector)
        for record in self._records:
            spans, scores, vectors = scored(self._read(record), asked)
            own = query.item is not None and record.id == query.item.id
            for row in best_rows(scores, self._at_least, PASSAGES_A_RECORD_AT_MOST):
                origin = "item" if own else "skill"
                found.append(passage_of(self.name, record, row, spans, scores[row], vectors, origin))  # type: ignore[arg-type]
        return sorted(found, key=lambda passage: -passage.score)
