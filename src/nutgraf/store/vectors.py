"""Vectors: as bytes, fused ranks, and an exact search over all items kept in memory in step with the file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from nutgraf.errors import InputError
from nutgraf.store.schema import counters, vectors
from nutgraf.store.writer import Tx
from nutgraf.types import Digest

Rows = NDArray[np.float32]
RRF_K = 60


def fuse(lists: Mapping[str, Sequence[int]], k: int = RRF_K) -> list[tuple[int, float, dict[str, int]]]:
    """Reciprocal rank fusion: (key, sum of 1/(k + rank), rank in each list), best first, ties by key."""
    ranks: dict[int, dict[str, int]] = {}
    for name, keys in lists.items():
        for rank, key in enumerate(keys, 1):
            ranks.setdefault(key, {})[name] = rank
    scored = [(key, sum(1 / (k + rank) for rank in found.values()), found) for key, found in ranks.items()]
    return sorted(scored, key=lambda entry: (-entry[1], entry[0]))


def one(field: str, vector: Any) -> Rows:
    """A query vector of shape [dims], made length one; shape [0] when there is none. InputError names `field`."""
    try:
        row = np.asarray([] if vector is None else vector, dtype=np.float32).reshape(-1)
    except (TypeError, ValueError) as exc:
        raise InputError(f"{field}: not a vector of numbers; give one row of the encoder's") from exc
    if not np.isfinite(row).all():
        raise InputError(f"{field}: holds numbers that are not finite; encode the text again")
    return unit(row)


def unit(row: Rows) -> Rows:
    """The row at length one; a row of zeros stays as it is."""
    length = float(np.linalg.norm(row))
    return row / np.float32(length) if length > 0 else row


def item_vector(digest: Digest) -> Rows:
    """What an item is about: half its title, half its spans weighted by salience; shape [dims], length one."""
    title = np.asarray(digest.title_vector, dtype=np.float32).reshape(-1)
    if not digest.spans:
        return unit(title)
    weights = np.array([max(0.0, span.salience) for span in digest.spans], dtype=np.float32)
    weights = weights if weights.sum() > 0 else np.ones_like(weights)
    return unit(unit(title) + unit(weights @ np.asarray(digest.vectors, dtype=np.float32)))


def to_bytes(rows: Rows) -> bytes:
    """Little-endian float32, row by row."""
    return np.ascontiguousarray(rows, dtype="<f4").tobytes()


def from_bytes(data: bytes, shape: Sequence[int]) -> Rows:
    """What `to_bytes` wrote, read only."""
    return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False).reshape(shape)


class _Matrix:
    """Rows of one width with their keys and kinds; grows by doubling, forgets by moving the last row."""

    def __init__(self, dims: int) -> None:
        self.count = 0
        self._rows = np.zeros((64, dims), dtype=np.float32)
        self._keys = np.zeros(64, dtype=np.int64)
        self._kinds = np.zeros(64, dtype=np.int16)
        self._codes: dict[str, int] = {}
        self._places: dict[int, int] = {}

    def put(self, key: int, kind: str, row: Rows) -> None:
        place = self._places.setdefault(key, self.count)
        if place == self.count:
            self.count += 1
            if self.count > len(self._keys):
                self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
                self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
                self._kinds = np.concatenate([self._kinds, np.zeros_like(self._kinds)])
        self._rows[place], self._keys[place] = row, key
        self._kinds[place] = self._codes.setdefault(kind, len(self._codes))

    def drop(self, key: int) -> None:
        place = self._places.pop(key, None)
        if place is None:
            return
        self.count -= 1
        if place != self.count:
            self._rows[place] = self._rows[self.count]
            self._keys[place], self._kinds[place] = self._keys[self.count], self._kinds[self.count]
            self._places[int(self._keys[place])] = place

    def nearest(self, vector: Rows, kinds: Sequence[str], limit: int) -> list[int]:
        scores = self._rows[: self.count] @ vector
        if kinds:
            codes = [self._codes[kind] for kind in kinds if kind in self._codes]
            scores = np.where(np.isin(self._kinds[: self.count], codes), scores, np.float32(0))
        some = np.argpartition(-scores, limit - 1)[:limit] if limit < self.count else np.arange(self.count)
        best = some[np.lexsort((self._keys[some], -scores[some]))]
        return [int(key) for key in self._keys[best[scores[best] > 0]]]


class VectorIndex:
    """Exact cosine over one tenant's items.

    Every transaction that touches vectors moves a counter in the file. A search that finds the counter
    beyond what this process saw (another process has written) reads all vectors again.
    """

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._lock = threading.Lock()
        self._seen = -1
        self._by_dims: dict[int, _Matrix] = {}

    def put(self, tx: Tx, key: int, kind: str, row: Rows) -> None:
        """Keep an item's vector (shape [dims]) instead of its earlier one."""
        tx.sql.execute(sa.delete(vectors).where(vectors.c.key == key))
        tx.sql.execute(sa.insert(vectors).values(key=key, tenant=self._tenant, kind=kind, vector=to_bytes(row)))
        self._count(tx, lambda: self._keep(key, kind, row))

    def drop(self, tx: Tx, key: int) -> None:
        """Forget an item's vector."""
        tx.sql.execute(sa.delete(vectors).where(vectors.c.key == key))
        self._count(tx, lambda: self._forget(key))

    def nearest(self, sql: sa.Connection, vector: Rows, kinds: Iterable[str], limit: int) -> list[int]:
        """Keys of the items whose cosine with `vector` (length one) is highest and above zero, best first."""
        if not vector.size or limit < 1:
            return []
        now = self._counted(sql) or 0
        with self._lock:
            if self._seen < now:
                self._load(sql, now)
            matrix = self._by_dims.get(vector.size)
            return matrix.nearest(vector, tuple(kinds), limit) if matrix and matrix.count else []

    def _counted(self, sql: sa.Connection) -> int | None:
        mine = (counters.c.tenant == self._tenant, counters.c.name == "vectors")
        row = sql.execute(sa.select(counters.c.value).where(*mine)).first()
        return None if row is None else int(row.value)

    def _count(self, tx: Tx, change: Callable[[], None]) -> None:
        """Move the counter, and make `change` here once the transaction is durable."""
        before = self._counted(tx.sql)
        number = (before or 0) + 1
        if before is None:
            tx.sql.execute(sa.insert(counters).values(tenant=self._tenant, name="vectors", value=number))
        else:
            mine = (counters.c.tenant == self._tenant, counters.c.name == "vectors")
            tx.sql.execute(sa.update(counters).where(*mine).values(value=number))

        def step() -> None:
            with self._lock:
                if self._seen == number - 1:
                    change()
                    self._seen = number

        tx.after.append(step)

    def _keep(self, key: int, kind: str, row: Rows) -> None:
        self._forget(key)
        self._by_dims.setdefault(row.size, _Matrix(row.size)).put(key, kind, row)

    def _forget(self, key: int) -> None:
        for matrix in self._by_dims.values():
            matrix.drop(key)

    def _load(self, sql: sa.Connection, now: int) -> None:
        self._by_dims = {}
        mine = sa.select(vectors.c.key, vectors.c.kind, vectors.c.vector).where(vectors.c.tenant == self._tenant)
        for key, kind, data in sql.execute(mine):
            row = from_bytes(data, [-1])
            self._by_dims.setdefault(row.size, _Matrix(row.size)).put(key, kind, row)
        self._seen = now
