"""Runs the alembic revisions that a file lacks, inside the caller's transaction."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from nutgraf.errors import StoreError


def upgrade(sql: sa.Connection, to: str = "head") -> None:
    """Bring the tables up to revision `to`. Raises StoreError when the file's revision is unknown."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = sql
    try:
        command.upgrade(config, to)
    except CommandError as exc:
        raise StoreError(f"the store cannot be upgraded ({exc}); restore a backup") from exc


def newest() -> str | None:
    """The name of the newest revision."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
