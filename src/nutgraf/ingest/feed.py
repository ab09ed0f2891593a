"""RSS and Atom feeds: one item an entry."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import feedparser

from nutgraf.errors import InputError
from nutgraf.ingest.dates import read_date
from nutgraf.ingest.guard import refuse_entities, too_large
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.markup import fragment_pieces
from nutgraf.ingest.parts import Parts, clean, parts_from_pieces

_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")


def read_feed(text: str, *, name: str, limits: Limits) -> list[Parts]:
    """The entries that have a text, as the feed orders them.

    Raises InputError for XML with a DOCTYPE, for broken XML and for a feed without entries; TooLarge above the limits.
    """
    refuse_entities(text, name)
    if (count := len(_ENTRY.findall(text))) > limits.items_at_most:
        raise too_large(name, f"the feed has {count:,} entries", f"{limits.items_at_most:,} entries")
    # The characters are decoded already, so what the declaration says about encoding is over.
    data = _DECLARATION.sub("", text).encode("utf-8")
    try:
        parsed = feedparser.parse(BytesIO(data), response_headers={"content-type": "application/xml; charset=utf-8"})
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as exc:
        raise InputError(f"{name}: the feed cannot be read ({type(exc).__name__}); check its XML") from exc
    if not parsed.entries:
        why = " ".join(str(parsed.get("bozo_exception", "no entries")).split())[:100]
        raise InputError(f"{name}: no entries were found in the feed ({why}); give RSS or Atom with entries")
    items = [parts for entry in parsed.entries if (parts := _entry(entry, parsed.feed)).text]
    if not items:
        raise InputError(f"{name}: no entry of the feed has a text; give a feed with full or summary texts")
    return items


def _entry(entry: Any, feed: Any) -> Parts:
    contents = [one.get("value", "") for one in entry.get("content", ())]
    body = max([*contents, entry.get("summary", "")], key=len)
    link = str(entry.get("link", ""))
    language = str(entry.get("language") or feed.get("language") or "")
    published = str(entry.get("published") or entry.get("updated") or "")
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    tags = [clean(str(tag.get("term") or ""), 80) for tag in entry.get("tags", ())[:5]]
    return parts_from_pieces(
        fragment_pieces(body),
        title=clean(_plain(entry.get("title"))),
        author=clean(entry.get("author")),
        organisation=clean(_plain(feed.get("title"))),
        published=f"{when.tm_year:04}-{when.tm_mon:02}-{when.tm_mday:02}" if when else read_date(published),
        url=link if re.fullmatch(r"https?://\S{1,2000}", link) else None,
        language=language if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", language) else None,
        topics=tuple(tag for tag in tags if tag),
    )


def _plain(text: Any) -> str | None:
    return " ".join(piece for _, piece, _ in fragment_pieces(str(text))) if text else None
