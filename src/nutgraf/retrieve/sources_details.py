"""What records say of themselves in fields: the duration of a course, the salary of a job, as evidence of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.relevance import ANSWERS_AT_LEAST, ANSWERS_BY_WORDS_AT_LEAST, WORD_SHARE, overlap
from nutgraf.retrieve.sources import on_thread
from nutgraf.text.words import content_stems

if TYPE_CHECKING:
    from nutgraf.seams import Encoder
    from nutgraf.types import Deadline, Item

#: What stands between the id of a record and the name of its field in the `ref` of evidence.
FIELD = "#"
DETAILS_AT_MOST = 2
#: Words by which people ask for a field that they do not name.
ASKED_BY = {
    "duration": "how long does it take time weeks hours days months last length",
    "price": "how much does it cost costs fee fees pay money expensive dollars free",
    "salary": "how much does it pay pays paid earn wage wages money salaries income",
    "level": "how hard difficult beginner beginners advanced basics prior knowledge",
    "provider": "who teaches offers runs gives organises teacher",
    "place": "where location located city town remote online office",
    "location": "where place located city town remote online office",
    "type": "full-time part-time full part time permanent contract hours",
    "size": "how many people employees staff big large",
    "founded": "when how old started founded year",
    "start": "when does it start begin starts date",
    "closes": "when until deadline apply by closing date",
}
#: What a short question asks for by its question word alone, and how well such a field then fits.
BY_WORD = {
    r"\bwhere\b": ("place", "location"), r"\bhow much\b": ("price", "salary"), r"\bhow long\b": ("duration",),
    r"\bwhen\b": ("start", "founded", "closes"),
}  # fmt: skip
FITS, SHORT_STEMS = 0.8, 1


class Details:
    """The fields of records that are given, each read as a line: "Duration: 6 weeks".

    The `ref` of such a passage is the record's id and the name of the field: `course-sql#duration`.
    """

    partition: Partition = "public"
    idempotent = True
    name = "details"

    def __init__(self, records: Sequence[Item], encoder: Encoder | None = None) -> None:
        """`encoder` compares by meaning too; it is called on a worker thread."""
        self._records, self._encoder = [record for record in records if record.ai and _fields(record)], encoder

    def __bool__(self) -> bool:
        """Whether there is any field."""
        return bool(self._records)

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most DETAILS_AT_MOST fields of each record that answer the question, best first."""
        return await on_thread(lambda: self._best(query))

    def _best(self, query: Query) -> list[Passage]:
        found = [passage for record in self._records for passage in self._of(record, query)[:DETAILS_AT_MOST]]
        return sorted(found, key=lambda passage: -passage.score)

    def _of(self, record: Item, query: Query) -> list[Passage]:
        named = _fields(record)
        lines = [f"{_label(key)}: {value}" for key, value in named]
        scores = overlap(
            [f"{line} {ASKED_BY.get(key.lower(), '')}" for (key, _), line in zip(named, lines, strict=True)], query.text
        )
        at_least = ANSWERS_BY_WORDS_AT_LEAST
        if self._encoder is not None and query.vector is not None:
            near = (self._encoder.encode(lines) @ query.vector).tolist()
            scores = [cosine + WORD_SHARE * share for cosine, share in zip(near, scores, strict=True)]
            at_least = ANSWERS_AT_LEAST
        meant = _by_word(query.text)
        scores = [max(score, FITS * (key.lower() in meant)) for (key, _), score in zip(named, scores, strict=True)]
        own = query.item is not None and record.id == query.item.id
        found = [
            Passage(
                source=self.name, ref=f"{record.id}{FIELD}{key}", text=line, end=len(line), title=record.title,
                kind=record.kind, score=score, origin="item" if own else "skill", published=record.published,
                url=record.url,
            )
            for (key, _), line, score in zip(named, lines, scores, strict=True) if score >= at_least
        ]  # fmt: skip
        return sorted(found, key=lambda passage: -passage.score)


def of_record(ref: str) -> str:
    """The id of the record that a `ref` is about, with or without a field."""
    return ref.partition(FIELD)[0]


def _fields(record: Item) -> list[tuple[str, str]]:
    """Names and values, those that the text itself says left out."""
    place = [("place", record.place)] if record.place and record.kind in ("job", "course", "company") else []
    found = [*record.details, *(one for one in place if "place" not in dict(record.details))]
    return [(key, value) for key, value in found if f"{_label(key)}: {value}" not in record.text]


def _by_word(question: str) -> frozenset[str]:
    """The fields that a short question asks for by nothing but its question word."""
    if len(set(content_stems(question))) > SHORT_STEMS:
        return frozenset()
    found = (fields for word, fields in BY_WORD.items() if re.search(word, question, re.IGNORECASE))
    return frozenset(name for fields in found for name in fields)


def _label(key: str) -> str:
    return key.replace("_", " ").replace("-", " ").capitalize()
