"""What a reader found in a document, before it becomes an Item."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any

from nutgraf.errors import InputError
from nutgraf.ingest.guard import check_text, too_large
from nutgraf.ingest.kind import guess_kind
from nutgraf.ingest.limits import Limits
from nutgraf.types import Block, BlockKind, Item, ItemKind

TITLE_AT_MOST_CHARS = 300
DETAIL_AT_MOST_CHARS = 500
BLOCK_SEPARATOR = "\n\n"

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Text with its blocks, and whatever the document says about itself; None where it says nothing."""

    text: str
    blocks: tuple[Block, ...] = ()
    hidden: tuple[tuple[int, int], ...] = ()
    id: str | None = None
    kind: ItemKind | None = None
    title: str | None = None
    author: str | None = None
    author_id: str | None = None
    organisation: str | None = None
    organisation_id: str | None = None
    published: str | None = None
    place: str | None = None
    url: str | None = None
    language: str | None = None
    ai: bool = True
    topics: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


def parts_from_plain(values: Mapping[str, Any]) -> Parts:
    """Parts again, from what `dataclasses.asdict` and JSON made of them."""
    known = {field.name for field in fields(Parts)} & values.keys()
    plain = {name: values[name] for name in known}
    plain["blocks"] = tuple(Block(**block) for block in values["blocks"])
    for name in ("hidden", "topics", "details"):
        plain[name] = tuple(tuple(v) if isinstance(v, list) else v for v in values[name])
    return Parts(**plain)


def parts_from_pieces(pieces: Sequence[tuple[BlockKind, str, int]], **about: Any) -> Parts:
    """Parts whose text is these (kind, text, level) pieces one after the other, blank lines between."""
    texts, blocks, at = [], [], 0
    for kind, text, level in pieces:
        blocks.append(Block(kind, at, at + len(text), level))
        texts.append(text)
        at += len(text) + len(BLOCK_SEPARATOR)
    return Parts(text=BLOCK_SEPARATOR.join(texts), blocks=tuple(blocks), **about)


def clean(text: str | None, at_most_chars: int = TITLE_AT_MOST_CHARS) -> str | None:
    """One line without control characters, cut at a word; None when nothing is left."""
    line = " ".join((text or "").translate(_CONTROLS).split())
    if len(line) > at_most_chars:
        line = line[:at_most_chars].rsplit(" ", 1)[0].rstrip() + "…"
    return line or None


def slug(text: str, at_most_chars: int = 60) -> str:
    """Lower-case ASCII letters, digits and single hyphens; empty when the text has none."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")
    return name if len(name) <= at_most_chars else name[:at_most_chars].rsplit("-", 1)[0]


def short_hash(text: str) -> str:
    """Eight hex digits that stand for a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def to_item(parts: Parts, *, name: str, limits: Limits, kind: ItemKind | None = None) -> Item:
    """The Item these parts make; `name` is the file or address, for errors and as the last resort for a title.

    `kind` overrides what the document says and what its words suggest. Raises InputError when
    there is nothing to read, TooLarge above the limit of characters.
    """
    if len(parts.text) > limits.text_at_most_chars:
        raise too_large(
            name, f"the text has {len(parts.text):,} characters", f"{limits.text_at_most_chars:,} characters"
        )
    if not any(parts.text[b.start : b.end].strip() for b in parts.blocks):
        raise InputError(f"{name}: there is no text to read in it; give a document with at least one sentence")
    heading = next((b for b in parts.blocks if b.kind == "heading" and b.level == 1), None)
    title = parts.title or (_shown(parts, heading) if heading else None) or _stem(name)
    about: dict[str, Any] = {
        "title": clean(title) or "Untitled",
        **{
            field: clean(value) if isinstance(value := getattr(parts, field), str) else value
            for field in ("author", "author_id", "organisation", "organisation_id", "published", "place", "url")
        },
        "topics": tuple(topic for t in parts.topics if (topic := clean(t, 80))),
        "details": tuple((k, v) for k, raw in parts.details if (v := clean(raw, DETAIL_AT_MOST_CHARS))),
    }
    for field, value in [("text", parts.text), *about.items()]:
        for text in [value] if isinstance(value, str) else [str(v) for v in value or ()]:
            check_text(text, name, field)
    item = Item(
        id=parts.id or "new", kind="article", text=parts.text, blocks=parts.blocks, hidden=parts.hidden,
        language=parts.language or "en", ai=parts.ai, **about,
    )  # fmt: skip
    item = replace(item, kind=kind or parts.kind or guess_kind(item))
    return item if parts.id else replace(item, id=f"{slug(item.title) or item.kind}-{item.content_hash[:8]}")


def _shown(parts: Parts, block: Block) -> str:
    return Item(id="", kind="article", title="", text=parts.text, hidden=parts.hidden).shown(block.start, block.end)


def _stem(name: str) -> str:
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    return re.sub(r"[-_\s]+", " ", stem).strip()
