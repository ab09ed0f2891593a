"""Public items, their digests, and search over both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from nutgraf.errors import InputError, NotFound, ProtocolBroken, StoreError
from nutgraf.store import fulltext
from nutgraf.store.base import Rows, named
from nutgraf.store.codec import from_json, to_json
from nutgraf.store.schema import digests, items
from nutgraf.store.vectors import VectorIndex, from_bytes, fuse, item_vector, one, to_bytes
from nutgraf.store.writer import Tx
from nutgraf.types import ITEM_KINDS, Digest, Hit, Item, ItemKind, Span, Topic

if TYPE_CHECKING:
    from nutgraf.types import Vectors

CANDIDATES_AT_LEAST = 50


class ItemRows(Rows):
    """Implements the `ItemStore` seam. Nothing but an `Item` or a `Digest` gets in here."""

    _vectors: VectorIndex

    def item(self, item_id: str) -> Item:
        """The item with this id; NotFound when there is none."""
        with self._read() as sql:
            payload = sql.execute(sa.select(items.c.payload).where(*self._same(item_id))).scalar()
        if payload is None:
            raise _missing(item_id)
        return from_json(Item, payload)

    def items(self, kind: ItemKind | None = None, limit: int = 100, after: str | None = None) -> list[Item]:
        """Items in the order of their ids, of one kind or all, from behind the id `after`.

        Raises InputError for a kind that there is not.
        """
        found = sa.select(items.c.payload).where(items.c.tenant == self.tenant)
        if kind is not None:
            found = found.where(items.c.kind.in_(_kinds([kind])))
        if after is not None:
            found = found.where(items.c.id > after)
        with self._read() as sql:
            payloads = sql.execute(found.order_by(items.c.id).limit(max(0, limit))).scalars().all()
        return [from_json(Item, payload) for payload in payloads]

    def put_item(self, item: Item) -> None:
        """Keep an item, in place of an earlier one with the same id; durable when this returns.

        A digest of other content goes. Raises ProtocolBroken for anything that is not exactly an Item.
        """
        self.put_items([item])

    def put_items(self, many: Sequence[Item]) -> None:
        """Keep several items: all of them or, when one is refused, none."""
        rows = [_item_row(item) for item in many]

        def work(tx: Tx) -> None:
            for item, row in zip(many, rows, strict=True):
                self._keep_item(tx, item, row)

        self._write(work)

    def delete_item(self, item_id: str) -> None:
        """Forget an item with its digest, vector and words, bytes included; NotFound when there is none."""

        def work(tx: Tx) -> None:
            key = self._key(tx.sql, item_id)
            self._drop_digest(tx, key)
            fulltext.drop(tx.sql, key)
            tx.sql.execute(sa.delete(items).where(items.c.key == key))
            self._purge(tx)

        self._write(work)

    def digest(self, item: Item, version: str) -> Digest | None:
        """The digest of exactly this content made by this version of the reader, if it is kept."""
        with self._read() as sql:
            found = self._digest(sql, item.id)
        if found is None or (found.content_hash, found.version) != (item.content_hash, version):
            return None
        return found

    def put_digest(self, item: Item, digest: Digest) -> None:
        """Keep a digest, its spans and vectors, in place of an earlier one of the item.

        An item that is not kept yet is kept with it. Raises ProtocolBroken for anything that is not exactly
        an Item and a Digest of it, InputError when its parts do not fit together, and StoreError when the
        store holds other content of this item by now.
        """
        row, kept = _item_row(item), _digest_row(item, digest)
        vector = item_vector(digest)

        def work(tx: Tx) -> None:
            held = tx.sql.execute(sa.select(items.c.key, items.c.content_hash).where(*self._same(item.id))).first()
            if held and held.content_hash != item.content_hash:
                raise StoreError(f"item {item.id!r} has changed since it was read; read it again")
            key = held.key if held else self._keep_item(tx, item, row)
            tx.sql.execute(sa.delete(digests).where(digests.c.key == key))
            tx.sql.execute(sa.insert(digests).values(key=key, tenant=self.tenant, **kept))
            self._vectors.put(tx, key, item.kind, vector)

        self._write(work)

    def search(self, text: str, vector: Vectors, kinds: Iterable[ItemKind] = (), limit: int = 10) -> list[Hit]:
        """Items nearest to `text` (full text) and `vector` (shape [dims]; empty: full text only), ranks fused.

        A hit's score is the sum of 1/(60 + rank) over the lists "text" and "vector" that found it.
        """
        if limit < 1:
            return []
        asked, wanted, depth = one("vector", vector), _kinds(kinds), max(CANDIDATES_AT_LEAST, 5 * limit)
        with self._read() as sql:
            lists = {
                "text": fulltext.items(sql, self.tenant, text, wanted, depth),
                "vector": self._vectors.nearest(sql, asked, wanted, depth),
            }
            best = fuse(lists)[:limit]
            chosen = sa.select(items.c.key, items.c.payload).where(items.c.key.in_([key for key, *_ in best]))
            payloads = {row.key: row.payload for row in sql.execute(chosen)} if best else {}
        return [Hit(from_json(Item, payloads[key]), score, ranks) for key, score, ranks in best if key in payloads]

    def _keep_item(self, tx: Tx, item: Item, row: dict[str, Any]) -> int:
        """Write an item; its key. Its digest stays only when the content does."""
        held = tx.sql.execute(sa.select(items).where(*self._same(item.id))).first()
        if held and held.payload == row["payload"]:
            return int(held.key)
        if held:
            key = int(held.key)
            tx.sql.execute(sa.update(items).where(items.c.key == key).values(row))
            if held.content_hash != item.content_hash:
                self._drop_digest(tx, key)
        else:
            new = sa.insert(items).values(tenant=self.tenant, id=item.id, **row).returning(items.c.key)
            key = tx.sql.execute(new).scalar_one()
        fulltext.put_item(tx.sql, key, item)
        return key

    def _drop_digest(self, tx: Tx, key: int) -> None:
        if tx.sql.execute(sa.select(digests.c.key).where(digests.c.key == key)).first():
            tx.sql.execute(sa.delete(digests).where(digests.c.key == key))
            self._vectors.drop(tx, key)

    def _digest(self, sql: sa.Connection, item_id: str) -> Digest | None:
        both = sa.select(digests).join(items, items.c.key == digests.c.key).where(*self._same(item_id))
        row = sql.execute(both).first()
        if row is None:
            return None
        about = json.loads(row.payload)
        return Digest(
            item_id=item_id, content_hash=row.content_hash, version=row.version,
            spans=from_json(tuple[Span, ...], about["spans"]),
            vectors=from_bytes(row.vectors, about["shape"]),
            title_vector=from_bytes(row.title_vector, about["title_shape"]),
            topics=from_json(tuple[Topic, ...], about["topics"]),
            worth=about["worth"], declined=about["declined"],
        )  # fmt: skip

    def _key(self, sql: sa.Connection, item_id: str) -> int:
        row = sql.execute(sa.select(items.c.key).where(*self._same(item_id))).first()
        if row is None:
            raise _missing(item_id)
        return int(row.key)

    def _same(self, item_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return items.c.tenant == self.tenant, items.c.id == item_id


def _item_row(item: Item) -> dict[str, Any]:
    """The columns of an item besides its id; the runtime half of the law that only public values get in."""
    payload = to_json(Item, item)
    named("item.id", item.id)
    return {"kind": item.kind, "content_hash": item.content_hash, "payload": payload}


def _digest_row(item: Item, digest: Digest) -> dict[str, Any]:
    """The columns of a digest besides its key."""
    if type(digest) is not Digest:
        raise ProtocolBroken(f"a Digest was to be kept, but got a value of type {type(digest).__name__}")
    if (digest.item_id, digest.content_hash) != (item.id, item.content_hash):
        raise ProtocolBroken(f"the digest is not of this content of item {item.id!r}")
    matrix, title = np.asarray(digest.vectors), np.asarray(digest.title_vector)
    if matrix.ndim != 2 or len(matrix) != len(digest.spans) or title.size != matrix.shape[1]:
        raise InputError(
            f"digest.vectors: shapes {matrix.shape} and {title.shape} do not fit {len(digest.spans)} spans; "
            "give one row a span and one for the title, all of the same width"
        )
    if not (np.isfinite(matrix).all() and np.isfinite(title).all()):
        raise InputError("digest.vectors: hold numbers that are not finite; encode the item again")
    about = {
        "spans": to_json(tuple[Span, ...], digest.spans), "topics": to_json(tuple[Topic, ...], digest.topics),
        "worth": float(digest.worth), "declined": digest.declined, "shape": matrix.shape, "title_shape": title.shape,
    }  # fmt: skip
    return {
        "content_hash": digest.content_hash, "version": digest.version, "payload": json.dumps(about),
        "vectors": to_bytes(matrix), "title_vector": to_bytes(title),
    }  # fmt: skip


def _kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """The kinds, each once; InputError names one that there is not."""
    wanted = tuple(dict.fromkeys(kinds))
    unknown = [kind for kind in wanted if kind not in ITEM_KINDS]
    if unknown:
        raise InputError(f"kind: {unknown[0]!r} is not one of {', '.join(ITEM_KINDS)}")
    return wanted


def _missing(item_id: str) -> NotFound:
    return NotFound(f"no item {item_id!r}")
