"""Items, digests, vectors and their full text; members; streams and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _public()
    _members()
    if op.get_bind().dialect.name == "sqlite":
        _fulltext()


def _public() -> None:
    op.create_table(
        "items",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("payload", sa.String, nullable=False),
        sa.UniqueConstraint("tenant", "id", name="items_by_id"),
    )
    op.create_index("items_by_kind", "items", ["tenant", "kind", "id"])
    op.create_index("items_narrow", "items", ["key", "tenant", "kind"])
    op.create_table(
        "digests",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("payload", sa.String, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
        sa.Column("title_vector", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "vectors",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_index("vectors_by_tenant", "vectors", ["tenant"])
    op.create_table(
        "counters",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("member", sa.String, primary_key=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "streams",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("member", sa.String, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("ending", sa.String),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("streams_by_member", "streams", ["tenant", "member"])
    op.create_table(
        "events",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("member", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("events_by_member", "events", ["tenant", "member"])


def _fulltext() -> None:
    words = "tokenize='porter unicode61 remove_diacritics 2'"
    op.execute(f"CREATE VIRTUAL TABLE item_text USING fts5(title, text, about, {words})")
    op.execute(f"CREATE VIRTUAL TABLE span_text USING fts5(text, {words})")
    op.execute("INSERT INTO item_text(item_text, rank) VALUES ('secure-delete', 1)")
    op.execute("INSERT INTO span_text(span_text, rank) VALUES ('secure-delete', 1)")
    op.execute("INSERT INTO item_text(item_text, rank) VALUES ('rank', 'bm25(4.0, 1.0, 2.0)')")
