"""Members: each readable by itself alone, unless a scope carries more rights."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa

from nutgraf.errors import NotAllowed, NotFound
from nutgraf.store.base import Rows, named
from nutgraf.store.codec import from_json, to_json
from nutgraf.store.schema import MEMBER_TABLES, members
from nutgraf.store.seal import Owner, seal
from nutgraf.store.writer import Tx
from nutgraf.types import Member, Scope

READ_ANY = "members:read-any"
WRITE_ANY = "members:write-any"
LIST = "members:list"


class MemberRows(Rows):
    """Implements the `MemberStore` seam, listing, and erasure."""

    def member(self, scope: Scope, member_id: str) -> Member:
        """The member with this id.

        Raises NotFound when there is none, or the scope is neither theirs nor has `members:read-any`.
        """
        if scope.member != named("member", member_id) and READ_ANY not in scope.rights:
            raise _missing(member_id)
        owned = _owned((scope.tenant, member_id))
        with self._read() as sql:
            sealed = sql.execute(sa.select(members.c.payload).where(*owned)).scalar()
        value = sealed and self._unseal((scope.tenant, member_id), "member", sealed)
        if not value:
            raise _missing(member_id)
        return from_json(Member, value)

    def put_member(self, scope: Scope, member: Member) -> None:
        """Keep a member, in place of an earlier one with the same id; durable when this returns.

        Raises NotAllowed unless it is the scope's own member or the scope has `members:write-any`.
        """
        if scope.member != named("member.id", member.id) and WRITE_ANY not in scope.rights:
            raise NotAllowed(f"a scope without {WRITE_ANY} may keep its own member only")
        owner = (scope.tenant, member.id)
        sealed = seal(owner, "member", to_json(Member, member).encode())

        def work(tx: Tx) -> None:
            tx.sql.execute(sa.delete(members).where(*_owned(owner)))
            tx.sql.execute(sa.insert(members).values(tenant=scope.tenant, member=member.id, payload=sealed))

        self._write(work)

    def members(self, scope: Scope, limit: int = 1000) -> list[Member]:
        """The tenant's members in the order of their ids. Raises NotAllowed without `members:list`."""
        if LIST not in scope.rights:
            raise NotAllowed(f"listing members needs the right {LIST}")
        found = (
            sa.select(members.c.member, members.c.payload)
            .where(members.c.tenant == scope.tenant)
            .order_by(members.c.member)
            .limit(max(0, limit))
        )
        with self._read() as sql:
            rows = sql.execute(found).all()
        values = (self._unseal((scope.tenant, member), "member", sealed) for member, sealed in rows)
        return [from_json(Member, value) for value in values if value]

    def erase_member(self, scope: Scope) -> int:
        """Delete everything kept of the scope's member, down to the bytes in the files.

        Returns how many rows went. May be repeated. Raises NotAllowed for a scope without a member, and
        StoreError when a reader kept the log from being cut: the rows are gone, the call is to be repeated.
        """
        if scope.member is None:
            raise NotAllowed("a scope without a member has nothing to erase")
        owner = (scope.tenant, named("scope.member", scope.member))

        def work(tx: Tx) -> int:
            gone = 0
            for table in MEMBER_TABLES:
                mine = (table.c.tenant == owner[0], table.c.member == owner[1])
                gone += cast("sa.CursorResult[object]", tx.sql.execute(sa.delete(table).where(*mine))).rowcount
            self._purge(tx)
            return gone

        return self._write(work)


def _owned(owner: Owner) -> tuple[sa.ColumnElement[bool], ...]:
    return members.c.tenant == owner[0], members.c.member == owner[1]


def _missing(member_id: str) -> NotFound:
    return NotFound(f"no member {member_id!r}, or this scope may not see it")
