"""What the parts of a store share: how they read and write, and how they trust a row of the member partition."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa

from nutgraf.errors import InputError
from nutgraf.store.seal import Owner, WrongOwner, unseal
from nutgraf.store.writer import Tx

T = TypeVar("T")


class Rows(ABC):
    """Reading and writing, left to the store at hand; the parts above it hold SQLAlchemy statements only.

    `alarms` counts rows whose sealed owner was not the one they were read for; any is a fault to look into.
    """

    tenant: str
    alarms: int = 0
    _counting = threading.Lock()

    @abstractmethod
    def _read(self) -> AbstractContextManager[sa.Connection]:
        """A connection that sees one moment of the store."""

    @abstractmethod
    def _write(self, work: Callable[[Tx], T]) -> T:
        """Do `work` in a transaction; its result, once that is durable."""

    @abstractmethod
    def _purge(self, tx: Tx) -> None:
        """See to it that what `tx` deletes leaves no bytes behind."""

    def _unseal(self, owner: Owner, kind: str, sealed: bytes) -> bytes | None:
        """The value, or None and an alarm when it is not this owner's."""
        try:
            return unseal(owner, kind, sealed)
        except WrongOwner:
            with self._counting:
                self.alarms += 1
            return None


def named(field: str, value: object) -> str:
    """An id that can be kept: text that is not empty and can be written as UTF-8. InputError names `field`."""
    if not isinstance(value, str) or not value:
        raise InputError(f"{field}: an id is needed, got {value!r}; give it as text that is not empty")
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise InputError(f"{field}: {value!r} holds half of a character pair; leave it out") from exc
    return value


def milliseconds(field: str, moment: str) -> int:
    """A moment in ISO 8601 with its offset, as milliseconds since 1970 (UTC). InputError names `field`."""
    try:
        when = datetime.fromisoformat(moment)
    except (TypeError, ValueError) as exc:
        raise InputError(f"{field}: {moment!r} is not a moment; write it like 2026-05-01T09:30:00Z") from exc
    if when.tzinfo is None:
        raise InputError(f"{field}: {moment!r} names no time zone; add Z or an offset such as +02:00")
    return int(when.timestamp() * 1000)


def iso(at: int) -> str:
    """Milliseconds since 1970 (UTC) as ISO 8601."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
