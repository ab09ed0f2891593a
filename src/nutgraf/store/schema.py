"""The tables, as they are at the newest revision under `migrations/versions`.

Two partitions: the public one (items, digests, vectors, counters) has no member in it; every table of the
member partition has the columns `tenant` and `member`, and a sealed payload that repeats them.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Integer, LargeBinary, String

#: Number of the newest revision; kept in the file, so that alembic is loaded only when it has work.
REVISION = 3
#: Marks a SQLite file as ours ("NutG").
APPLICATION_ID = 0x4E757447

metadata = sa.MetaData()

items = sa.Table(
    "items",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("payload", String, nullable=False),
    sa.UniqueConstraint("tenant", "id", name="items_by_id"),
    sa.Index("items_by_kind", "tenant", "kind", "id"),
    sa.Index("items_narrow", "key", "tenant", "kind"),
)
digests = sa.Table(
    "digests",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("tenant", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("version", String, nullable=False),
    Column("payload", String, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
    Column("title_vector", LargeBinary, nullable=False),
)
vectors = sa.Table(
    "vectors",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    sa.Index("vectors_by_tenant", "tenant"),
)
counters = sa.Table(
    "counters",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", Integer, nullable=False),
)
members = sa.Table(
    "members",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)
#: `member` is "" for a reader without a profile, here and below; `opened_at` is in milliseconds since 1970 (UTC).
streams = sa.Table(
    "streams",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("stream", String, primary_key=True),
    Column("member", String, nullable=False),
    Column("opened_at", sa.BigInteger, nullable=False),
    Column("ending", String),
    Column("payload", LargeBinary, nullable=False),
    Column("run", String),
    sa.Index("streams_by_member", "tenant", "member"),
    sa.Index("streams_open", "ending"),
)
events = sa.Table(
    "events",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("stream", String, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("member", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sa.Index("events_by_member", "tenant", "member"),
)
#: `at` is in milliseconds since 1970 (UTC).
turns = sa.Table(
    "turns",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("member", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("item", String, nullable=False),
    Column("at", sa.BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sa.UniqueConstraint("tenant", "member", "stream", name="turns_by_stream"),
    sa.Index("turns_by_item", "tenant", "member", "item", "at"),
    sa.Index("turns_by_member", "tenant", "member", "at"),
    sa.Index("turns_by_time", "at"),
)
#: `block` and `sentence` are "" when the feedback is on the whole.
feedback = sa.Table(
    "feedback",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("stream", String, primary_key=True),
    Column("block", String, primary_key=True),
    Column("sentence", String, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)
#: What a member stated; `at` is in milliseconds since 1970 (UTC).
memory = sa.Table(
    "memory",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("at", sa.BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

#: Every table of the member partition; erasure and its test go by this.
MEMBER_TABLES = tuple(table for table in metadata.sorted_tables if "member" in table.c)
