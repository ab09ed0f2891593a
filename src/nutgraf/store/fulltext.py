"""Full text of items with SQLite's FTS5; ranks are bm25, best first."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from nutgraf.text.words import content_words, words
from nutgraf.types import Item

WORDS_AT_MOST = 48

#: How the tables are made. `secure-delete` takes the words of what is deleted out of the index at once.
CREATE = (
    "CREATE VIRTUAL TABLE item_text USING fts5(title, text, about, tokenize='porter unicode61 remove_diacritics 2')",
    "INSERT INTO item_text(item_text, rank) VALUES ('secure-delete', 1)",
    "INSERT INTO item_text(item_text, rank) VALUES ('rank', 'bm25(4.0, 1.0, 2.0)')",
)

_PUT_ITEM = sa.text("INSERT INTO item_text(rowid, title, text, about) VALUES (:key, :title, :text, :about)")
_DROP_ITEM = sa.text("DELETE FROM item_text WHERE rowid = :key")
# The index is named because reading whole items only to learn their kind made a search three times slower.
_ITEMS = (
    "SELECT f.rowid FROM item_text f JOIN items i INDEXED BY items_narrow ON i.key = f.rowid"
    " WHERE item_text MATCH :words AND i.tenant = :tenant{kinds} ORDER BY f.rank, f.rowid LIMIT :limit"
)
_ALL_ITEMS = sa.text(_ITEMS.format(kinds=""))
_ITEMS_OF = sa.text(_ITEMS.format(kinds=" AND i.kind IN :kinds")).bindparams(sa.bindparam("kinds", expanding=True))


def query(text: str) -> str | None:
    """Any text as an FTS5 query: its words that say something, quoted, any of which may match. None without words."""
    found = dict.fromkeys(content_words(text) or words(text))
    quoted = ['"' + word.replace('"', '""') + '"' for word in _plain(" ".join(found)).split()]
    return " OR ".join(quoted[:WORDS_AT_MOST]) or None


def put_item(sql: sa.Connection, key: int, item: Item) -> None:
    """Index the title, the text as it is shown, and what the record says beside it, in place of what was there."""
    about = [item.author, item.organisation, item.place, *item.topics, *(value for _, value in item.details)]
    sql.execute(_DROP_ITEM, {"key": key})
    sql.execute(
        _PUT_ITEM,
        {
            "key": key, "title": _plain(item.title), "text": _plain(item.shown(0, len(item.text))),
            "about": _plain(" \n".join(part for part in about if part)),
        },
    )  # fmt: skip


def drop(sql: sa.Connection, key: int) -> None:
    """Take an item out of the index."""
    sql.execute(_DROP_ITEM, {"key": key})


def items(sql: sa.Connection, tenant: str, text: str, kinds: Sequence[str], limit: int) -> list[int]:
    """Keys of the items that match best; `kinds` empty means all."""
    wanted = query(text)
    if wanted is None:
        return []
    values = {"words": wanted, "tenant": tenant, "limit": limit}
    found = sql.execute(_ITEMS_OF, {**values, "kinds": list(kinds)}) if kinds else sql.execute(_ALL_ITEMS, values)
    return list(found.scalars())


def _plain(text: str) -> str:
    """Text that SQLite can hold: no NUL, no half of a character pair."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()
