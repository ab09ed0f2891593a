"""Sources that do as they are told, and the query that they are asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.types import Deadline, Fact, Item, Scope, Snapshot

Say = Callable[[Query, Deadline], Awaitable[Sequence[Passage]]]


def scope_of(member: str | None, tenant: str = "local") -> Scope:
    """The scope of a reader."""
    return Scope(
        tenant=tenant, member=member, purposes=frozenset({"personalise"}), consent_version=1, rights=frozenset()
    )


def query_of(text: str = "How long is the wait?", member: str | None = "nurse", **more: Any) -> Query:
    """A query of a reader with one fact."""
    scope = scope_of(member)
    facts = (Fact("headline", "headline", "Charge nurse"),) if member else ()
    values: dict[str, Any] = {"item": None, "snapshot": Snapshot(scope, member, facts), **more}
    return Query(scope=scope, text=text, **values)


def passage(source: str, text: str = "The wait fell.", **more: Any) -> Passage:
    """A passage of a source."""
    values: dict[str, Any] = {"ref": f"{source}-1", "end": len(text), **more}
    return Passage(source=source, text=text, **values)


def item_of(text: str, ident: str = "article-1", **more: Any) -> Item:
    """An item of one paragraph."""
    values: dict[str, Any] = {"kind": "article", "title": "A board in the corridor", **more}
    return Item(id=ident, text=text, **values)


@dataclass(eq=False)
class Told:
    """A source that waits, then gives, raises or hangs; `takes_s` is a time for every call in turn, the last for ever.

    A time of None hangs. It counts its calls, those that were cancelled, and those still open.
    """

    name: str
    takes_s: Sequence[float | None] = (0.0,)
    gives: Any = None
    raises: Exception | None = None
    partition: Partition = "public"
    idempotent: bool = True
    calls: int = 0
    cancelled: int = 0
    open_now: int = 0
    seen: list[Query] = field(default_factory=list)

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """What it was told to give."""
        takes = self.takes_s[min(self.calls, len(self.takes_s) - 1)]
        self.calls += 1
        self.open_now += 1
        self.seen.append(query)
        try:
            if takes is None:
                await anyio.sleep_forever()
            await anyio.sleep(takes or 0.0)
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        finally:
            self.open_now -= 1
        if self.raises is not None:
            raise self.raises
        return [passage(self.name)] if self.gives is None else self.gives


@dataclass(eq=False)
class Custom:
    """A source made of one function."""

    name: str
    say: Say
    partition: Partition = "public"
    idempotent: bool = True

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """Whatever the function says."""
        return await self.say(query, deadline)
