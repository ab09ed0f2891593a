"""The durable side of streams: who opened them, their events by number, and their one ending."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import sqlalchemy as sa

from nutgraf.conversation import Remembered, Turn
from nutgraf.errors import InputError, NotFound, ProtocolBroken
from nutgraf.events import Closed, as_json
from nutgraf.store.base import Rows, iso, milliseconds, named
from nutgraf.store.conversations import put_turn, turn_row
from nutgraf.store.memory import memory_rows, put_remembered
from nutgraf.store.runs import Runs
from nutgraf.store.schema import events, streams
from nutgraf.store.seal import Owner, owner_of, seal
from nutgraf.store.writer import Tx
from nutgraf.types import Ending, Scope

ENDINGS: tuple[str, ...] = get_args(Ending)
Entry = tuple[int, str, bytes]  # sequence number, kind, the event as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """One stream: `member` is its owner (None: a reader without a profile), `ending` None while it runs."""

    tenant: str
    id: str
    member: str | None
    item: str
    question: str | None
    opened_at: str
    ending: Ending | None


class StreamRows(Rows):
    """Streams and their logs. Whoever is not the owner learns nothing, not even that a stream exists."""

    _runs: Runs

    def open_stream(self, scope: Scope, stream_id: str, item_id: str, question: str | None, opened_at: str) -> None:
        """Write down that a stream begins; `opened_at` is ISO 8601 with an offset, `item_id` empty without an item.

        Raises InputError when the id is taken or an argument cannot be used.
        """
        owner, at = owner_of(scope), milliseconds("opened_at", opened_at)
        about = {"item": item_id and named("item_id", item_id), "question": question}
        row = {
            "tenant": scope.tenant, "stream": named("stream_id", stream_id), "member": scope.member or "",
            "opened_at": at, "payload": seal(owner, "stream", json.dumps(about).encode()), "run": self._runs.own,
        }  # fmt: skip

        def work(tx: Tx) -> None:
            if tx.sql.execute(sa.select(streams.c.stream).where(*_same(scope.tenant, stream_id))).first():
                raise InputError(f"stream_id: {stream_id!r} is taken; make a new one")
            tx.sql.execute(sa.insert(streams).values(row))

        self._write(work)

    def append_events(self, scope: Scope, stream_id: str, entries: Sequence[Entry]) -> None:
        """Add events (number, kind, JSON bytes) to a stream that has not ended; durable when this returns.

        The same event again changes nothing. Raises NotFound when the stream is not the scope's, and
        ProtocolBroken when it has ended or a number is taken by another event.
        """
        self._write(lambda tx: self._append(tx, scope, stream_id, entries))

    def close_stream(
        self, scope: Scope, stream_id: str, ending: Ending, entries: Sequence[Entry] = (), turn: Turn | None = None,
        facts: Sequence[Remembered] = (),
    ) -> None:  # fmt: skip
        """Give a stream its ending and, in the same transaction, its last events, its turn and what was stated in it.

        `turn` is kept as by `add_turn`, `facts` as by `remember`. Raises NotFound when the stream is not the scope's,
        and ProtocolBroken when it ended in another way.
        """
        if ending not in ENDINGS:
            raise InputError(f"ending: {ending!r} is not one of {', '.join(ENDINGS)}")
        if turn is not None and turn.stream != stream_id:
            raise InputError(f"turn.stream: {turn.stream!r} is not {stream_id!r}, the stream that ends")
        said = turn_row(scope, turn) if turn is not None else None
        stated = memory_rows(scope, facts)

        def work(tx: Tx) -> None:
            now = self._owned(tx.sql, scope, stream_id).ending
            if now == ending:
                return
            if now is not None:
                raise ProtocolBroken(f"stream {stream_id!r} cannot end as {ending}: it has ended as {now}")
            self._append(tx, scope, stream_id, entries)
            tx.sql.execute(sa.update(streams).where(*_same(scope.tenant, stream_id)).values(ending=ending))
            if said is not None:
                put_turn(tx, said)
            if stated:
                put_remembered(tx, scope, stated)

        self._write(work)

    def stream(self, scope: Scope, stream_id: str) -> StreamRow:
        """One stream of the scope's member; NotFound for anything else."""
        with self._read() as sql:
            return self._owned(sql, scope, stream_id)

    def events_after(self, scope: Scope, stream_id: str, seq: int) -> list[Entry]:
        """The events of the scope's stream with numbers above `seq`, in order; NotFound if it is not theirs."""
        later = (
            sa.select(events.c.seq, events.c.kind, events.c.payload)
            .where(events.c.tenant == scope.tenant, events.c.stream == stream_id, events.c.seq > seq)
            .order_by(events.c.seq)
        )
        with self._read() as sql:
            self._owned(sql, scope, stream_id)
            rows = sql.execute(later).all()
        found = [(number, kind, self._unseal(owner_of(scope), "event", sealed)) for number, kind, sealed in rows]
        if any(value is None for *_, value in found):
            raise _missing(stream_id)
        return [(number, kind, value) for number, kind, value in found if value is not None]

    def close_interrupted(self) -> int:
        """End the streams that a crash left open as `failed`, "interrupted"; returns how many. Called at start."""

        def work(tx: Tx) -> int:
            left = self._interrupted(tx.sql)
            for row in left:
                self._interrupt(tx, row)
            return len(left)

        ended = self._write(work)
        self._runs.forget_dead()
        return ended

    def _interrupted(self, sql: sa.Connection) -> list[StreamRow]:
        rows = sql.execute(sa.select(streams).where(streams.c.ending.is_(None))).all()
        alive = {run: self._runs.alive(run) for run in {row.run for row in rows}}
        whole = (self._row(row) for row in rows if not alive[row.run])
        return [row for row in whole if row is not None]

    def _interrupt(self, tx: Tx, row: StreamRow) -> None:
        """End one stream as its log says, or else as failed."""
        owner: Owner = (row.tenant, row.member)
        last = tx.sql.execute(
            sa.select(events.c.seq, events.c.kind, events.c.payload)
            .where(events.c.tenant == row.tenant, events.c.stream == row.id)
            .order_by(events.c.seq.desc())
        ).first()
        value = self._unseal(owner, "event", last.payload) if last and last.kind == "closed" else None
        ending = json.loads(value).get("ending") if value else None
        if ending not in ENDINGS:
            ending = "failed"
            said = Closed(ending="failed", reason="interrupted", complete_ms=0.0)
            number = last.seq + 1 if last else 1
            self._insert(tx, owner, row.id, (number, said.kind, json.dumps(as_json(said)).encode()))
        tx.sql.execute(sa.update(streams).where(*_same(row.tenant, row.id)).values(ending=ending))

    def _append(self, tx: Tx, scope: Scope, stream_id: str, entries: Iterable[Entry]) -> None:
        row = self._owned(tx.sql, scope, stream_id)
        for entry in entries:
            known = tx.sql.execute(
                sa.select(events.c.kind, events.c.payload).where(
                    events.c.tenant == scope.tenant, events.c.stream == stream_id, events.c.seq == entry[0]
                )
            ).first()
            if known and tuple(known) == (entry[1], seal(owner_of(scope), "event", entry[2])):
                continue
            if known or row.ending:
                why = f"event {entry[0]} is there already" if known else f"it has ended as {row.ending}"
                raise ProtocolBroken(f"stream {stream_id!r} takes no {entry[1]} event: {why}")
            self._insert(tx, owner_of(scope), stream_id, entry)

    def _insert(self, tx: Tx, owner: Owner, stream_id: str, entry: Entry) -> None:
        number, kind, value = entry
        row = {
            "tenant": owner[0], "stream": stream_id, "seq": number, "member": owner[1] or "", "kind": kind,
            "payload": seal(owner, "event", value),
        }  # fmt: skip
        tx.sql.execute(sa.insert(events).values(row))

    def _owned(self, sql: sa.Connection, scope: Scope, stream_id: str) -> StreamRow:
        mine = (*_same(scope.tenant, stream_id), streams.c.member == (scope.member or ""))
        found = sql.execute(sa.select(streams).where(*mine)).first()
        row = self._row(found) if found else None
        if row is None:
            raise _missing(stream_id)
        return row

    def _row(self, row: sa.Row[Any]) -> StreamRow | None:
        owner: Owner = (row.tenant, row.member or None)
        value = self._unseal(owner, "stream", row.payload)
        if value is None:
            return None
        about = json.loads(value)
        return StreamRow(
            tenant=row.tenant, id=row.stream, member=owner[1], item=about["item"], question=about["question"],
            opened_at=iso(row.opened_at), ending=row.ending,
        )  # fmt: skip


def _same(tenant: str, stream_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return streams.c.tenant == tenant, streams.c.stream == stream_id


def _missing(stream_id: str) -> NotFound:
    return NotFound(f"no stream {stream_id!r}, or it is not this reader's")
