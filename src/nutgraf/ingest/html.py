"""Web pages: the article without what stands around it, and what the page says about itself."""

from __future__ import annotations

import re
from typing import Any

from trafilatura import bare_extraction

from nutgraf.errors import InputError
from nutgraf.ingest.dates import read_date
from nutgraf.ingest.guard import too_large
from nutgraf.ingest.jsonld import node_parts, nodes
from nutgraf.ingest.jsontext import read_json
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.markup import Piece, parse, pieces
from nutgraf.ingest.parts import Parts, clean, parts_from_pieces

#: An extraction below this gives way to all the words of the page, when these are few or very many more.
THIN_CHARS = 250
ELEMENTS_AT_MOST = 150_000
SCRIPTS_AT_MOST = 20

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_SITE = re.compile(r"\s+(?:[|–—·»]|-)\s+[^|–—·»]{2,60}$")


def read_html(text: str, *, name: str, limits: Limits) -> list[Parts]:
    """The one item of a web page. Raises InputError when the page has no words, TooLarge above the limits."""
    root = parse(text)
    if root is None:
        raise InputError(f"{name}: the HTML is empty, too large or too broken to be read; give a page with text")
    if sum(1 for _ in zip(root.iter(), range(ELEMENTS_AT_MOST + 1), strict=False)) > ELEMENTS_AT_MOST:
        raise too_large(name, "the page has too many elements", f"{ELEMENTS_AT_MOST:,} elements")
    about = _about(root)
    stated = _stated(root, name, limits)
    if stated and stated.kind == "company" and _is_article(root, about, stated):
        about["organisation"], stated = about["organisation"] or stated.title, None
    everything = pieces(root, chrome=False)
    found = _article(text) or everything
    if (short := _length(found)) < THIN_CHARS and not 2 * THIN_CHARS < _length(everything) < 10 * short:
        found = everything
    if not found and not (stated and stated.text):
        raise InputError(f"{name}: the page holds no text; give a page with text in it")
    if stated:
        return [_merged(stated, found, about)]
    return [parts_from_pieces(_untitled(found, about.get("title")), **about)]


def _length(found: list[Piece]) -> int:
    return sum(len(text) for _, text, _ in found)


def _article(text: str) -> list[Piece]:
    try:
        document = bare_extraction(text, include_comments=False, include_formatting=True, with_metadata=False)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return []
    body = getattr(document, "body", None)
    return pieces(body, extracted=True) if body is not None else []


def _untitled(found: list[Piece], title: str | None) -> list[Piece]:
    """The pieces, with the title as a first heading when the page has it there; never twice."""
    return [p for i, p in enumerate(found) if not (i and p[0] == "heading" and p[1] == title)]


def _merged(stated: Parts, found: list[Piece], about: dict[str, Any]) -> Parts:
    """What the page states in JSON-LD, with the text of the page where that is the fuller one."""
    own = {field: getattr(stated, field) for field in _FIELDS if getattr(stated, field)}
    own = {**about, **own, "kind": stated.kind, "ai": about["ai"]}
    whole = _length(found)
    enough = min(THIN_CHARS, whole) if stated.kind in ("job", "course") else whole
    if stated.kind in ("job", "course", "company") and len(stated.text) >= enough:
        return parts_from_pieces([(b.kind, stated.text[b.start : b.end], b.level) for b in stated.blocks], **own)
    return parts_from_pieces(_untitled(found, own.get("title")), **own)


_FIELDS = ("title", "author", "organisation", "published", "place", "url", "language", "topics", "details")


def _is_article(root: Any, about: dict[str, Any], publisher: Parts) -> bool:
    """Whether the head of a page that states a company alone says that somebody wrote the page for it."""
    dated = about["published"] or root.xpath("//meta[@property='og:type' and @content='article']")
    return bool(dated or about["author"] not in (None, publisher.title))


def _stated(root: Any, name: str, limits: Limits) -> Parts | None:
    """The first job, course or article that the page states in JSON-LD, else the first company.

    Broken statements are passed over.
    """
    company: Parts | None = None
    for script in root.xpath("//script[@type='application/ld+json']")[:SCRIPTS_AT_MOST]:
        try:
            value = read_json(script.text or "", name=name, limits=limits)
        except InputError:
            continue
        for kind, node in nodes(value):
            if kind != "company":
                return node_parts(kind, node)
            company = company or node_parts(kind, node)
    return company


def _about(root: Any) -> dict[str, Any]:
    """Title, author, date, address, language, topics and the author's word on AI, from the head of the page."""
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        key = (meta.get("property") or meta.get("name") or "").strip().lower()
        if key and (content := clean(meta.get("content"), 1_000)):
            metas.setdefault(key, []).append(content)

    def first(*keys: str) -> str | None:
        return next((metas[key][0] for key in keys if key in metas), None)

    heading = next((text for element in root.iter("h1") if (text := clean(element.text_content()))), None)
    titled = clean(next((element.text for element in root.iter("title")), None))
    robots = {
        word.strip()
        for key in ("robots", "googlebot", "ai")
        for one in metas.get(key, ())
        for word in one.lower().split(",")
    }
    language = (root.get("lang") or first("og:locale", "language") or "").strip().replace("_", "-")
    canonical = next(
        (link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"), None
    )
    address = first("og:url") or canonical
    author = first("author", "article:author", "dc.creator", "parsely-author")
    topics = metas.get("article:tag") or [word for one in metas.get("keywords", ())[:1] for word in one.split(",")]
    return {
        "title": _title(first("og:title", "twitter:title"), titled, heading),
        "author": author if author and "://" not in author else None,
        "organisation": first("og:site_name"),
        "published": read_date(first("article:published_time", "date", "dc.date", "datepublished", "pubdate")),
        "url": address if address and re.fullmatch(r"https?://\S{1,2000}", address) else None,
        "language": language if _LANGUAGE.fullmatch(language) else None,
        "topics": tuple(topic for word in topics[:5] if (topic := clean(word, 80))),
        "ai": not robots & {"noai", "none-ai", "disallow-ai"},
    }


def _title(stated: str | None, titled: str | None, heading: str | None) -> str | None:
    if stated:
        return stated
    if heading and titled and heading.casefold() in titled.casefold():
        return heading
    return (_SITE.sub("", titled) if titled else None) or heading
