"""What members stated of themselves, kept until they delete it: few facts, each written over by a newer one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import sqlalchemy as sa

from nutgraf.conversation import MEMORY_KINDS, Remembered
from nutgraf.errors import NotAllowed, NotFound
from nutgraf.store.base import Rows, milliseconds, named
from nutgraf.store.codec import from_json, to_json
from nutgraf.store.schema import memory
from nutgraf.store.seal import owner_of, seal
from nutgraf.store.writer import Tx
from nutgraf.types import Scope

#: How many facts are kept of one member; the oldest go first.
REMEMBERED_AT_MOST = 50


class MemoryRows(Rows):
    """Remembered facts. A scope reads, edits and deletes those of its own member only."""

    def remember(self, scope: Scope, facts: Sequence[Remembered]) -> None:
        """Keep facts; of two with the same id the newest stands. Durable when this returns.

        Raises NotAllowed for a reader without a profile, and InputError for what cannot be kept.
        """
        rows = memory_rows(scope, facts)
        if rows:
            self._write(lambda tx: put_remembered(tx, scope, rows))

    def remembered(self, scope: Scope) -> list[Remembered]:
        """What is remembered of the scope's member: by kind, then newest first; nothing without a profile."""
        if scope.member is None:
            return []
        mine = sa.select(memory.c.payload).where(*_mine(scope)).order_by(memory.c.at.desc(), memory.c.id)
        with self._read() as sql:
            found = sql.execute(mine).scalars().all()
        values = (self._unseal(owner_of(scope), "memory", sealed) for sealed in found)
        facts = [from_json(Remembered, value) for value in values if value]
        return sorted(facts, key=lambda fact: MEMORY_KINDS.index(fact.kind))

    def edit_remembered(self, scope: Scope, memory_id: str, text: str, at: str) -> Remembered:
        """Put the member's new words in place of the old ones, of which nothing stays; the fact as it is now.

        `at` is ISO 8601 with an offset. Raises NotFound when the fact is not the scope's.
        """
        moment = milliseconds("at", at)

        def work(tx: Tx) -> Remembered:
            old = self._fact(tx.sql, scope, memory_id)
            new = replace(old, text=text, quote=text, at=at)
            sealed = seal(owner_of(scope), "memory", to_json(Remembered, new).encode())
            tx.sql.execute(sa.update(memory).where(*_mine(scope, memory_id)).values(at=moment, payload=sealed))
            self._purge(tx)
            return new

        return self._write(work)

    def forget(self, scope: Scope, memory_id: str) -> None:
        """Delete one fact, bytes included. Raises NotFound when it is not the scope's."""

        def work(tx: Tx) -> None:
            self._fact(tx.sql, scope, memory_id)
            tx.sql.execute(sa.delete(memory).where(*_mine(scope, memory_id)))
            self._purge(tx)

        self._write(work)

    def forget_all(self, scope: Scope) -> int:
        """Delete everything remembered of the scope's member, bytes included; how many facts went."""
        if scope.member is None:
            return 0

        def work(tx: Tx) -> int:
            gone = cast("sa.CursorResult[object]", tx.sql.execute(sa.delete(memory).where(*_mine(scope)))).rowcount
            self._purge(tx)
            return gone

        return self._write(work)

    def _fact(self, sql: sa.Connection, scope: Scope, memory_id: str) -> Remembered:
        sealed = sql.execute(sa.select(memory.c.payload).where(*_mine(scope, memory_id))).scalar()
        value = sealed and self._unseal(owner_of(scope), "memory", sealed)
        if not value:
            raise NotFound(f"nothing remembered has the id {memory_id!r}, or it is not this member's")
        return from_json(Remembered, value)


def memory_rows(scope: Scope, facts: Sequence[Remembered]) -> list[dict[str, Any]]:
    """The columns of facts. Raises NotAllowed without a member, InputError for what cannot be kept."""
    if facts and scope.member is None:
        raise NotAllowed("things are remembered of members only")
    return [
        {
            "tenant": scope.tenant, "member": scope.member, "id": named("remembered.id", fact.id),
            "at": milliseconds("remembered.at", fact.at),
            "payload": seal(owner_of(scope), "memory", to_json(Remembered, fact).encode()),
        }
        for fact in facts
    ]  # fmt: skip


def put_remembered(tx: Tx, scope: Scope, rows: Sequence[dict[str, Any]]) -> None:
    """Write facts over older ones with the same ids, and let the oldest beyond the limit go."""
    for row in rows:
        held = tx.sql.execute(sa.select(memory.c.at).where(*_mine(scope, row["id"]))).scalar()
        if held is not None and held > row["at"]:
            continue
        tx.sql.execute(sa.delete(memory).where(*_mine(scope, row["id"])))
        tx.sql.execute(sa.insert(memory).values(row))
    newest = sa.select(memory.c.id).where(*_mine(scope)).order_by(memory.c.at.desc(), memory.c.id)
    kept = tx.sql.execute(newest).scalars().all()
    for old in kept[REMEMBERED_AT_MOST:]:
        tx.sql.execute(sa.delete(memory).where(*_mine(scope, old)))


def _mine(scope: Scope, memory_id: str | None = None) -> tuple[sa.ColumnElement[bool], ...]:
    owned = (memory.c.tenant == scope.tenant, memory.c.member == (scope.member or ""))
    return owned if memory_id is None else (*owned, memory.c.id == memory_id)
