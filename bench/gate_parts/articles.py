"""Real articles and varied readers, chosen by a seed so that everybody measures the same ones."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nutgraf.ingest.load import item_from_bytes, member_from_bytes
from nutgraf.types import Item, Member

SETS = ("articles_18f", "articles_digitalgov", "articles_rust_blog")
PARTS = ("train", "dev")
SEED = 4
#: What a panel can be made of: shorter ones are declined, longer ones are books.
CHARS = (1_200, 20_000)


class Pair(NamedTuple):
    """One article, from which set it is, and who reads it."""

    source: str
    article: str
    item: Item
    member: Member


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a set, over its parts."""
    for part in PARTS:
        if (path := folder / f"{part}.jsonl.gz").exists():
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                yield from map(json.loads, lines)


def pairs(data: Path, count: int, seed: int = SEED) -> list[Pair]:
    """`count` articles in seeded order, each with a reader: readers of all occupations in turn.

    The first n of them are the same for every count.
    """
    rng = random.Random(seed)
    found = [
        (name, row)
        for name in SETS
        for row in rows(data / name)
        if row["kind"] == "article" and CHARS[0] <= len(row["text"]) <= CHARS[1]
    ]
    readers = _readers(data, rng)
    rng.shuffle(found)
    return [_pair(name, row, readers[i % len(readers)]) for i, (name, row) in enumerate(found[:count])]


def _readers(data: Path, rng: random.Random) -> list[tuple[str, bytes]]:
    """Résumés of different occupations first, each occupation once before any comes again."""
    by_trade: dict[str, list[dict[str, Any]]] = {}
    for row in rows(data / "profiles_jsonresume"):
        by_trade.setdefault(str(row.get("group") or row["source"]), []).append(row)
    trades = sorted(by_trade)
    rng.shuffle(trades)
    deepest = max(map(len, by_trade.values()))
    ordered = [by_trade[trade][depth] for depth in range(deepest) for trade in trades if depth < len(by_trade[trade])]
    return [(row["id"], json.dumps(row["resume"]).encode()) for row in ordered]


def _pair(name: str, row: dict[str, Any], reader: tuple[str, bytes]) -> Pair:
    item = item_from_bytes(f"# {row['title']}\n\n{row['text']}".encode(), "document.md")
    return Pair(name, row["id"], item, member_from_bytes(reader[1], f"{reader[0]}.json"))
