"""The seams: where a host plugs in its own model, encoder, stores and sources of evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nutgraf.orchestration import Partition, Passage, Query
    from nutgraf.types import Deadline, Digest, Hit, Item, ItemKind, Member, Prompt, Scope, Vectors


class Model(Protocol):
    """One prompt in, pieces of text out. Leaving the block ends the request within 250 ms.

    A model may also offer `warm(prompt)`, `aclose()`, and `continues_opening = True` when it goes on from
    `prompt.opening` in the middle of a sentence.
    """

    name: str

    def stream(self, prompt: Prompt, deadline: Deadline) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Open a request; raise a ModelError from the block or from its iterator when it fails."""
        ...


class Encoder(Protocol):
    """Sentences in, vectors of length one out; synchronous, safe to call from worker threads."""

    name: str
    dims: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        ...


class MemberStore(Protocol):
    """Where members live. A scope reads its own member only; anything else is NotFound."""

    def member(self, scope: Scope, member_id: str) -> Member:
        """The member with this id; NotFound when there is none or the scope may not see it."""
        ...

    def put_member(self, scope: Scope, member: Member) -> None:
        """Keep a member; durable when this returns."""
        ...


class ItemStore(Protocol):
    """Where public items and their digests live."""

    def item(self, item_id: str) -> Item:
        """The item with this id; NotFound when there is none."""
        ...

    def put_item(self, item: Item) -> None:
        """Keep an item; durable when this returns."""
        ...

    def digest(self, item: Item, version: str) -> Digest | None:
        """The digest of exactly this content made by this version of the reader, if it is kept."""
        ...

    def put_digest(self, item: Item, digest: Digest) -> None:
        """Keep a digest, its spans, vectors and full text."""
        ...

    def search(self, text: str, vector: Vectors, kinds: Iterable[ItemKind] = (), limit: int = 10) -> list[Hit]:
        """Items nearest to `text` (full text) and `vector` (shape [dims]), both ranks fused."""
        ...


class Source(Protocol):
    """Where evidence comes from: a search, a record, a skill. Asked beside its neighbours, and cancelled when late.

    `partition` says whose its passages are; `idempotent` that it may be asked twice at once. A source may also offer
    `why_not(query)`, which gives a reason when it need not be asked, else None, and never raises.
    """

    name: str
    partition: Partition
    idempotent: bool

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """What it finds for a query, best first. Raises SourceError; being cancelled must end its work at once."""
        ...
