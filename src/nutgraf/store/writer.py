"""One thread that writes: queued work shares a transaction, and is acknowledged when that is on the disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import apsw
import sqlalchemy as sa

from nutgraf.errors import StoreError
from nutgraf.store.driver import Connection, translate

T = TypeVar("T")
WORKS_AT_MOST = 256


@dataclass(slots=True)
class Tx:
    """What a piece of work gets: the open transaction, and a list of what to do once it is durable."""

    sql: sa.Connection
    after: list[Callable[[], None]] = field(default_factory=list)


@dataclass(slots=True)
class _Job:
    work: Callable[[Tx], Any]
    future: Future[Any]
    result: Any = None
    after: list[Callable[[], None]] = field(default_factory=list)

    def finish(self) -> None:
        try:
            for step in self.after:
                step()
        except Exception as exc:
            self.fail(exc)
        else:
            self.future.set_result(self.result)

    def fail(self, exc: Exception) -> None:
        foreign = isinstance(exc, (apsw.Error, sa.exc.SQLAlchemyError))
        self.future.set_exception(translate(exc) if foreign else exc)


class Writer:
    """The only place of this process that writes to the file.

    Work that fails is undone alone; when the transaction itself fails, nothing in it is acknowledged
    and the next one starts on a fresh connection.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._connection: sa.Connection | None = None
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="nutgraf-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Tx], T]) -> T:
        """Do `work` in a transaction and return its result once it is durable.

        Raises what `work` raised, or StoreError; in both cases nothing of it was kept.
        """
        return self.submit(work).result()

    def submit(self, work: Callable[[Tx], T]) -> Future[T]:
        """Queue `work`; the future has what `run` would return or raise."""
        job = _Job(work, Future())
        with self._closing:
            if self._closed:
                raise StoreError("the store is closed")
            self._jobs.put(job)
        return job.future

    def checkpoint(self) -> None:
        """Move the log into the file and cut it to nothing; only for `Tx.after`, on the writer's thread.

        Raises apsw.BusyError when a reader kept it from doing so.
        """
        raw(self._connected()).wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def close(self) -> None:
        """Finish what is queued, then end."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _loop(self) -> None:
        open_ = True
        while open_:
            job = self._jobs.get()
            batch: list[_Job] = []
            while job is not None:
                batch.append(job)
                if len(batch) == WORKS_AT_MOST or self._jobs.empty():
                    break
                job = self._jobs.get()
            open_ = job is not None
            if batch:
                self._run(batch)
        self._disconnect()

    def _run(self, batch: list[_Job]) -> None:
        try:
            connection = self._connected()
            with connection.begin():
                done = [job for job in batch if self._attempt(connection, job)]
        except Exception as exc:
            self._disconnect()
            for job in batch:
                if not job.future.done():
                    job.fail(exc)
            return
        for job in done:
            job.finish()

    def _attempt(self, connection: sa.Connection, job: _Job) -> bool:
        """True when the work ran; False when it failed and was undone. Raises when it cannot be undone."""
        statement = raw(connection).execute
        statement("SAVEPOINT work")
        try:
            tx = Tx(connection)
            job.result = job.work(tx)
            job.after = tx.after
        except Exception as exc:
            try:
                statement("ROLLBACK TO work")
                statement("RELEASE work")
            except apsw.Error:  # SQLite has ended the transaction by itself: nothing of it stands
                raise exc from None
            job.fail(exc)
            return False
        statement("RELEASE work")
        return True

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        """Let the connection go for good: after a failure its state is not to be trusted."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except (apsw.Error, sa.exc.SQLAlchemyError):
                return


def raw(connection: sa.Connection) -> apsw.Connection:
    """The driver's own connection below SQLAlchemy's."""
    face = cast("Connection", connection.connection.dbapi_connection)
    return face.raw
