"""Conversations and feedback; streams know the run that opened them, so that a crash can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add two tables, a column and an index."""
    op.create_table(
        "turns",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("member", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("tenant", "member", "stream", name="turns_by_stream"),
    )
    op.create_index("turns_by_item", "turns", ["tenant", "member", "item", "at"])
    op.create_index("turns_by_time", "turns", ["at"])
    op.create_table(
        "feedback",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("member", sa.String, primary_key=True),
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("block", sa.String, primary_key=True),
        sa.Column("sentence", sa.String, primary_key=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.add_column("streams", sa.Column("run", sa.String))
    op.create_index("streams_open", "streams", ["ending"])
