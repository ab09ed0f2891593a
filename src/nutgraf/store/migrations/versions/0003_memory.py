"""What members stated is remembered; the full text of spans, which nothing asked, is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add a table, and drop one."""
    op.create_table(
        "memory",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("member", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("turns_by_member", "turns", ["tenant", "member", "at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE span_text")
