"""Conversations and feedback: what members said, kept for as long as it may be and no longer."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa

from nutgraf.conversation import Feedback, Turn
from nutgraf.errors import NotAllowed, NotFound
from nutgraf.store.base import Rows, milliseconds, named
from nutgraf.store.codec import from_json, to_json
from nutgraf.store.schema import events, feedback, streams, turns
from nutgraf.store.seal import owner_of, seal
from nutgraf.store.writer import Tx
from nutgraf.types import Scope


class ConversationRows(Rows):
    """Turns and feedback. Both belong to a stream of the member who gives them."""

    def add_turn(self, scope: Scope, turn: Turn) -> None:
        """Keep a question with its answer, in place of an earlier turn of the same stream; durable on return.

        `turn.at` is ISO 8601 with an offset. Raises NotFound when `turn.stream` is not a stream of the
        scope's member, and NotAllowed for a reader without a profile: nobody could be shown it again.
        """
        row = turn_row(scope, turn)

        def work(tx: Tx) -> None:
            _need_stream(tx.sql, scope, turn.stream)
            put_turn(tx, row)

        self._write(work)

    def turns(self, scope: Scope, item_id: str, limit: int = 50) -> list[Turn]:
        """The member's newest `limit` turns about an item, oldest first; none for a reader without a profile."""
        return self._newest(scope, limit, turns.c.item == item_id)

    def conversation(self, scope: Scope, limit: int = 50) -> list[Turn]:
        """The member's newest `limit` turns about whatever item, oldest first; none without a profile."""
        return self._newest(scope, limit)

    def _newest(self, scope: Scope, limit: int, *about: sa.ColumnElement[bool]) -> list[Turn]:
        if scope.member is None:
            return []
        newest = (
            sa.select(turns.c.payload)
            .where(turns.c.tenant == scope.tenant, turns.c.member == scope.member, *about)
            .order_by(turns.c.at.desc(), turns.c.key.desc())
            .limit(max(0, limit))
        )
        with self._read() as sql:
            found = sql.execute(newest).scalars().all()
        values = (self._unseal(owner_of(scope), "turn", sealed) for sealed in reversed(found))
        return [from_json(Turn, value) for value in values if value]

    def add_feedback(self, scope: Scope, given: Feedback) -> None:
        """Keep feedback; the newest on the same stream, block and sentence stands. Durable when this returns.

        Raises NotFound when the stream is not the scope's.
        """
        key = {
            "tenant": scope.tenant, "member": scope.member or "", "stream": named("stream", given.stream),
            "block": named("block", given.block) if given.block is not None else "",
            "sentence": named("sentence", given.sentence) if given.sentence is not None else "",
        }  # fmt: skip
        sealed = seal(owner_of(scope), "feedback", to_json(Feedback, given).encode())

        def work(tx: Tx) -> None:
            _need_stream(tx.sql, scope, given.stream)
            tx.sql.execute(sa.delete(feedback).filter_by(**key))
            tx.sql.execute(sa.insert(feedback).values(**key, payload=sealed))

        self._write(work)

    def feedback(self, scope: Scope) -> list[Feedback]:
        """All feedback of the scope's member, by stream; none for a reader without a profile."""
        if scope.member is None:
            return []
        mine = (
            sa.select(feedback.c.payload)
            .where(feedback.c.tenant == scope.tenant, feedback.c.member == scope.member)
            .order_by(feedback.c.stream, feedback.c.block, feedback.c.sentence)
        )
        with self._read() as sql:
            found = sql.execute(mine).scalars().all()
        values = (self._unseal(owner_of(scope), "feedback", sealed) for sealed in found)
        return [from_json(Feedback, value) for value in values if value]

    def forget_before(self, moment: str) -> int:
        """Delete the turns, and the ended streams with their events and feedback, from before `moment`.

        `moment` is ISO 8601 with an offset; every tenant's are deleted. Returns how many rows went.
        """
        at = milliseconds("moment", moment)

        def work(tx: Tx) -> int:
            old = (streams.c.opened_at < at, streams.c.ending.is_not(None))
            gone = _count(tx, sa.delete(turns).where(turns.c.at < at))
            for table in (events, feedback):
                theirs = sa.exists().where(streams.c.tenant == table.c.tenant, streams.c.stream == table.c.stream, *old)
                gone += _count(tx, sa.delete(table).where(theirs))
            gone += _count(tx, sa.delete(streams).where(*old))
            if gone:
                self._purge(tx)
            return gone

        return self._write(work)


def turn_row(scope: Scope, turn: Turn) -> dict[str, Any]:
    """The columns of a turn. Raises NotAllowed without a member, InputError for what cannot be kept."""
    if scope.member is None:
        raise NotAllowed("conversations are kept for members only")
    return {
        "tenant": scope.tenant, "member": scope.member, "stream": named("turn.stream", turn.stream),
        "item": turn.item_id and named("turn.item_id", turn.item_id), "at": milliseconds("turn.at", turn.at),
        "payload": seal(owner_of(scope), "turn", to_json(Turn, turn).encode()),
    }  # fmt: skip


def put_turn(tx: Tx, row: dict[str, Any]) -> None:
    """Write a turn in place of an earlier one of its stream; the stream must be known to be the member's."""
    tx.sql.execute(sa.delete(turns).filter_by(**{name: row[name] for name in ("tenant", "member", "stream")}))
    tx.sql.execute(sa.insert(turns).values(row))


def _count(tx: Tx, statement: sa.Delete) -> int:
    return cast("sa.CursorResult[object]", tx.sql.execute(statement)).rowcount


def _need_stream(sql: sa.Connection, scope: Scope, stream_id: str) -> None:
    mine = (
        streams.c.tenant == scope.tenant,
        streams.c.stream == stream_id,
        streams.c.member == (scope.member or ""),
    )
    if sql.execute(sa.select(streams.c.stream).where(*mine)).first() is None:
        raise NotFound(f"no stream {stream_id!r}, or it is not this reader's")
