"""SQLite by way of apsw: a DB-API 2 face, a SQLAlchemy dialect over it, and how each connection is set up.

apsw wheels carry their own SQLite, so every machine gets one that is free of the WAL-reset fault
(SQLite 3.7.0 to 3.51.2). Rows are fetched whole, so no read transaction outlives its statement.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import apsw
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.pool import Pool, QueuePool

from nutgraf.errors import StoreError

SAFE_SQLITE = (3, 51, 3)
PATIENCE_S = 15.0
CACHE_KIB = 8192  # for each connection

# The names that DB-API 2 asks of a driver.
apilevel = "2.0"
threadsafety = 2
paramstyle = "qmark"
Binary = bytes
Error = DatabaseError = OperationalError = InterfaceError = apsw.Error
IntegrityError = apsw.ConstraintError
sqlite_version_info = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
sqlite_version = apsw.sqlite_lib_version()


@dataclass(frozen=True, slots=True)
class Setup:
    """How connections to a file are set up; anything but the defaults is for tests of the safety net."""

    synchronous: str = "FULL"
    begin: str = "BEGIN IMMEDIATE"
    vfs: str | None = None
    exclusive: bool = False


class Cursor:
    """One statement at a time; its rows are read before `execute` returns."""

    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._cursor.exec_trace = self._note
        self._columns: list[str] = []
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[Any] = []

    def _note(self, cursor: apsw.Cursor, _sql: str, _bindings: Any) -> bool:
        self._columns = [column[0] for column in cursor.get_description()]
        return True

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        """The columns of the result in DB-API's form, or None when the statement has none."""
        return [(name, *[None] * 6) for name in self._columns] or None

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run one statement."""
        return self._run(lambda: self._cursor.execute(sql, tuple(parameters)))

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Cursor:
        """Run one statement for each row of parameters."""
        return self._run(lambda: self._cursor.executemany(sql, [tuple(row) for row in rows]))

    def _run(self, step: Callable[[], apsw.Cursor]) -> Cursor:
        before, self._columns = self._connection.total_changes(), []
        self._rows = list(step())
        self._rows.reverse()
        self.rowcount = -1 if self._columns else self._connection.total_changes() - before
        self.lastrowid = self._connection.last_insert_rowid()
        return self

    def fetchone(self) -> Any:
        """The next row, or None."""
        return self._rows.pop() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows."""
        return [self._rows.pop() for _ in range(min(size or self.arraysize, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        rows, self._rows = self._rows[::-1], []
        return rows

    def setinputsizes(self, sizes: Any) -> None:
        """Needs nothing here."""

    def setoutputsize(self, size: Any, column: Any = None) -> None:
        """Needs nothing here."""

    def close(self) -> None:
        """Let the statement go."""
        self._rows = []
        self._cursor.close(True)


class Connection:
    """A connection whose transactions begin as its `Setup` says."""

    def __init__(self, raw: apsw.Connection, begin: str) -> None:
        self.raw = raw
        self._begin = begin

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self.raw)

    def begin(self) -> None:
        """Start a transaction; waits for other processes up to PATIENCE_S."""
        self.raw.execute(self._begin)

    def commit(self) -> None:
        """End the transaction; on return it is on the disk."""
        if self.raw.in_transaction:
            self.raw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self.raw.close(True)


class Dialect(SQLiteDialect):
    """SQLAlchemy's SQLite over this module."""

    driver = "apsw"
    supports_statement_cache = True
    default_paramstyle = "qmark"

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The driver is here."""
        return sys.modules[__name__]

    @classmethod
    def get_pool_class(cls, url: sa.URL) -> type[Pool]:
        """Connections may be used by any thread, one at a time."""
        return QueuePool

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        return sqlite_version_info

    def do_begin(self, dbapi_connection: Any) -> None:
        """Transactions begin on our word, not at the first write."""
        dbapi_connection.begin()


registry.register("sqlite.nutgraf_apsw", __name__, "Dialect")


def engine(file: Path, setup: Setup, *, writes: bool) -> sa.Engine:
    """A SQLAlchemy engine on this file: one connection that writes, or as many as are needed that only read."""
    return sa.create_engine(
        "sqlite+nutgraf_apsw://",
        creator=lambda: connect(file, setup, writes=writes),
        pool_size=1 if writes else 16,
        max_overflow=0 if writes else -1,
        pool_use_lifo=True,
    )


def connect(file: Path, setup: Setup, *, writes: bool) -> Connection:
    """Open a connection and set it up; StoreError when the file cannot be used safely."""
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if writes else 0)
    raw = apsw.Connection(str(file), flags=flags, vfs=setup.vfs)
    try:
        raw.set_busy_handler(_patience(PATIENCE_S))
        if setup.exclusive:
            raw.pragma("locking_mode", "EXCLUSIVE")
        if writes:
            _use_wal(raw)
            raw.pragma("secure_delete", True)
        raw.pragma("synchronous", setup.synchronous)
        raw.pragma("temp_store", "MEMORY")
        raw.pragma("cache_size", -CACHE_KIB)
        raw.pragma("trusted_schema", False)
        raw.pragma("query_only", not writes)
        check(raw)
    except BaseException:
        raw.close(True)
        raise
    return Connection(raw, setup.begin if writes else "BEGIN")


def check(raw: apsw.Connection) -> None:
    """Refuse, with StoreError, an engine or settings that can lose or damage what was acknowledged."""
    if sqlite_version_info < SAFE_SQLITE:
        raise StoreError(f"SQLite {sqlite_version} can damage its files; install apsw 3.51.3 or newer")
    if raw.pragma("journal_mode") != "wal":
        raise StoreError("the store's folder does not allow a write-ahead log; use a folder on a local disk")
    if int(raw.pragma("synchronous")) < 2:
        raise StoreError("synchronous is below FULL, which can lose acknowledged writes in a power cut")


def _use_wal(raw: apsw.Connection) -> None:
    """Changing to WAL does not wait for other processes by itself."""
    wait = _patience(PATIENCE_S)
    for tries in range(sys.maxsize):
        try:
            raw.pragma("journal_mode", "WAL")
        except apsw.BusyError:
            if not wait(tries):
                raise
        else:
            return


def _patience(seconds: float) -> Callable[[int], bool]:
    """A busy handler with short random waits: SQLite's own grow, so whoever waited longest waits on."""
    until = 0.0

    def wait(tries: int) -> bool:
        nonlocal until
        now = time.monotonic()
        until = now + seconds if tries == 0 else until
        time.sleep(random.uniform(0.0005, 0.004))
        return now < until

    return wait


def translate(exc: BaseException) -> StoreError:
    """What went wrong in the database, in plain words; `exc` may be SQLAlchemy's or apsw's."""
    cause = getattr(exc, "orig", None) or exc
    words: dict[type[BaseException], str] = {
        apsw.FullError: "the disk is full; free some space and try again",
        apsw.BusyError: "another process has kept the store busy for too long; try again",
        apsw.CantOpenError: "the store's file cannot be opened; check the folder and its permissions",
        apsw.ReadOnlyError: "the store's file cannot be written; check the folder and its permissions",
        apsw.IOError: "the disk reported an error; check it before going on",
        apsw.CorruptError: "the store's file is damaged; restore it from a backup",
        apsw.NotADBError: "the file is not a store of Nutgraf",
    }  # fmt: skip
    said = next((text for kind, text in words.items() if isinstance(cause, kind)), "the database refused")
    return StoreError(f"{said} ({type(cause).__name__}: {cause})")
