"""A tree of HTML (or of what was extracted from it) to pieces of text, without recursion."""

from __future__ import annotations

from html import unescape
from typing import Any

from lxml import etree, html

from nutgraf.types import BlockKind

Piece = tuple[BlockKind, str, int]

_KINDS: dict[str, tuple[BlockKind, int]] = {
    **{f"h{n}": ("heading", n) for n in range(1, 7)},
    "li": ("item", 1), "item": ("item", 1), "dt": ("item", 1), "dd": ("item", 1), "summary": ("heading", 3),
    "blockquote": ("quote", 0), "quote": ("quote", 0), "pre": ("code", 0), "tr": ("table", 0), "row": ("table", 0),
}  # fmt: skip
_BREAKS = {
    "p", "div", "section", "article", "main", "ul", "ol", "dl", "list", "table", "body", "header", "footer", "figure",
    "figcaption", "fieldset", "form", "hr", "address", "details", "aside", "nav", "center", "thead", "tbody",
}  # fmt: skip
_UNREAD = {
    "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select", "button", "input",
    "textarea", "canvas", "audio", "video", "graphic", "img", "title",
}  # fmt: skip
_CHROME = {"nav", "footer", "aside", "form"}

_CONTROLS = dict.fromkeys([n for n in (*range(32), *range(127, 160)) if n not in (9, 10)])


def pieces(root: Any, *, extracted: bool = False, chrome: bool = True) -> list[Piece]:
    """(kind, text, level) of every stretch of words below `root`, an lxml element.

    `extracted` reads `head` as a heading, as the article extractor writes it; without `chrome`,
    navigation, footers, asides and forms are left out.
    """
    walk = _Walk(extracted)
    events = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in events:
        if event in ("comment", "pi"):
            walk.text(element.tail)
            continue
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if tag in _UNREAD or (tag == "head" and not extracted) or (not chrome and tag in _CHROME):
                events.skip_subtree()
                continue
            walk.open(tag, element)
            walk.text(element.text)
        else:
            walk.close(tag, element)
            if element is not root:
                walk.text(element.tail)
    return walk.done()


def fragment_pieces(source: str) -> list[Piece]:
    """Pieces of a description that may be HTML or may be plain text; HTML inside escaped HTML is unpacked once."""
    if "<" not in source and ("&lt;" in source and "&gt;" in source):
        source = unescape(source)
    if "<" not in source:
        return [("paragraph", text, 0) for part in unescape(source).split("\n\n") if (text := " ".join(part.split()))]
    root = parse(f"<div>{source}</div>")
    return [] if root is None else pieces(root)


def parse(source: str) -> Any:
    """The root element of an HTML text, or None; nothing is ever loaded or expanded."""
    try:
        return html.document_fromstring(source, parser=html.HTMLParser(no_network=True, remove_pis=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


class _Walk:
    """Collects text until something begins or ends a block."""

    def __init__(self, extracted: bool) -> None:
        self._extracted = extracted
        self._open: list[tuple[Any, BlockKind, int]] = []
        self._text: list[str] = []
        self._found: list[Piece] = []

    def open(self, tag: str, element: Any) -> None:
        if tag == "head" and self._extracted:
            rend = element.get("rend") or "h2"
            self._begin(element, "heading", int(rend[1]) if rend[1:].isdigit() else 2)
        elif tag == "code" and self._extracted and self._is_block(element):
            self._begin(element, "code", 0)
        elif tag in _KINDS:
            self._begin(element, *_KINDS[tag])
        elif tag in _BREAKS:
            self._flush()
        elif tag in ("br", "lb"):
            self._text.append("\n")
        elif tag in ("td", "th", "cell"):
            self._text.append(" ")

    def close(self, tag: str, element: Any) -> None:
        if self._open and self._open[-1][0] is element:
            self._flush()
            self._open.pop()
        elif tag in _BREAKS:
            self._flush()

    def text(self, text: str | None) -> None:
        if text:
            self._text.append(text)

    def done(self) -> list[Piece]:
        self._flush()
        return self._found

    def _begin(self, element: Any, kind: BlockKind, level: int) -> None:
        self._flush()
        self._open.append((element, kind, level))

    @staticmethod
    def _is_block(element: Any) -> bool:
        above = element.getparent()
        return above is not None and above.tag == "body"

    def _flush(self) -> None:
        raw = "".join(self._text)
        self._text.clear()
        kind: BlockKind = self._open[-1][1] if self._open else "paragraph"
        level = self._open[-1][2] if self._open else 0
        if kind == "code":
            lines = [line.rstrip() for line in raw.expandtabs(4).strip("\n").split("\n")]
            text = "\n".join(line for line in lines if line.strip())
        else:
            text = " ".join(raw.split())
        if text:
            self._found.append((kind, text.translate(_CONTROLS), level))
