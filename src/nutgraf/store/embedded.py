"""The store that needs no server: one SQLite file in a folder, safe for several threads and processes.

What a write acknowledges is on the disk: write-ahead log, synchronous FULL, one writer that groups commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import apsw
import sqlalchemy as sa

from nutgraf.errors import StoreError
from nutgraf.store import driver, fulltext, schema
from nutgraf.store.base import named
from nutgraf.store.conversations import ConversationRows
from nutgraf.store.driver import Setup, translate
from nutgraf.store.items import ItemRows
from nutgraf.store.members import MemberRows
from nutgraf.store.memory import MemoryRows
from nutgraf.store.runs import Runs
from nutgraf.store.streams import StreamRows
from nutgraf.store.vectors import VectorIndex
from nutgraf.store.writer import Tx, Writer, raw

T = TypeVar("T")
FILE = "nutgraf.sqlite"


class EmbeddedStore(ItemRows, MemberRows, StreamRows, ConversationRows, MemoryRows):
    """Everything Nutgraf keeps, behind the seams `MemberStore` and `ItemStore`.

    All methods may be called from any thread; they block, so an event loop calls them on a worker thread.
    Whatever the database cannot do is a StoreError in plain words, and nothing of that call was kept.
    """

    def __init__(self, file: Path, tenant: str, setup: Setup) -> None:
        self.tenant = named("tenant", tenant)
        self._runs = Runs(file.parent)
        self._vectors = VectorIndex(tenant)
        self._reader = driver.engine(file, setup, writes=False)
        self._writer_engine = driver.engine(file, setup, writes=True)
        self._writer = Writer(self._writer_engine)
        self._closed = False

    @classmethod
    def open(cls, folder: Path, *, tenant: str = "local", setup: Setup | None = None) -> Self:
        """Open the store in `folder`, making or upgrading its file where that is due.

        `tenant` owns the public items; members' tenants come with each scope. Streams that a crash left
        open are ended as failed. Raises StoreError when the file cannot be used safely, is of a newer
        Nutgraf, or is not a store at all.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            store = cls(folder / FILE, tenant, setup or Setup())
        except OSError as exc:
            raise StoreError(f"the folder {folder} cannot be used ({exc.strerror}); choose another") from exc
        try:
            store._write(_prepare)
            store.close_interrupted()
            store._write(store._tidy)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Finish what is being written and let the file go; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self._reader.dispose()
        self._writer_engine.dispose()
        self._runs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        if self._closed:
            raise StoreError("the store is closed")
        try:
            with self._reader.connect() as sql:
                yield sql
        except (apsw.Error, sa.exc.SQLAlchemyError) as exc:
            raise translate(exc) from exc

    def _write(self, work: Callable[[Tx], T]) -> T:
        return self._writer.run(work)

    def _tidy(self, tx: Tx) -> None:
        """Cut the log, so that an erasure whose process was killed before it did so is completed at the next start."""

        def cut() -> None:
            with suppress(apsw.BusyError):
                self._writer.checkpoint()

        tx.after.append(cut)

    def _purge(self, tx: Tx) -> None:
        """Deleted rows are zeroed where they lay (`secure_delete`); cutting the log to nothing does the rest."""

        def cut() -> None:
            try:
                self._writer.checkpoint()
            except apsw.BusyError as exc:
                raise StoreError("deleted, but a reader keeps old pages of the log; do it again in a while") from exc

        tx.after.append(cut)


def _prepare(tx: Tx) -> None:
    """Make the tables in a new file, or bring an older file up to the newest revision."""
    file = raw(tx.sql)
    mark, revision = int(file.pragma("application_id")), int(file.pragma("user_version"))
    ours = mark == schema.APPLICATION_ID
    if ours and revision > schema.REVISION:
        raise StoreError(
            f"the store was written by a newer Nutgraf (revision {revision}, this one knows {schema.REVISION}); "
            "install that version or restore a backup"
        )
    if ours and revision == schema.REVISION:
        return
    if not ours:
        if file.execute("SELECT 1 FROM sqlite_schema").get is not None:
            raise StoreError(f"{FILE} is a SQLite file, but not a store of Nutgraf; choose another folder")
        make(tx.sql)
    else:
        from nutgraf.store.migrations.upgrade import upgrade

        upgrade(tx.sql)
    file.pragma("application_id", schema.APPLICATION_ID)
    file.pragma("user_version", schema.REVISION)


def make(sql: sa.Connection) -> None:
    """All tables of the newest revision at once, as the revisions would make them one after the other."""
    schema.metadata.create_all(sql)
    for statement in fulltext.CREATE:
        sql.execute(sa.text(statement))
    sql.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    sql.execute(sa.text(f"INSERT INTO alembic_version VALUES ('{schema.REVISION:04d}')"))  # noqa: S608
