"""Where the headings, paragraphs and list items of a Markdown text are, in offsets into that very text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from nutgraf.ingest.inline import Range, hidden_marks, hidden_tags
from nutgraf.types import Block, BlockKind

_HASHES = re.compile(r"#{1,6}[ \t]*")
_CHECKBOX = re.compile(r"\[[ xX]\][ \t]+")
_UNREAD_HTML = re.compile(r"<(?:script|style|textarea|template|svg|noscript)\b", re.IGNORECASE)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark").enable("table")
    reader.core.ruler.enableOnly(["normalize", "block"])
    return reader


_READER = _reader()


@dataclass(slots=True)
class _Page:
    """The text, its line starts, and what has been found so far."""

    text: str
    starts: list[int]
    labels: frozenset[str]
    blocks: list[Block] = field(default_factory=list)
    hidden: list[Range] = field(default_factory=list)
    containers: list[list[Any]] = field(default_factory=list)

    def line(self, number: int) -> Range:
        """[start, end) of a line, without its line feed."""
        start = self.starts[number]
        end = self.starts[number + 1] - 1 if number + 1 < len(self.starts) else len(self.text)
        return start, end

    def lines(self, token: Token) -> Iterator[Range]:
        """The lines that a token covers."""
        first, last = token.map or (0, 0)
        return (self.line(number) for number in range(first, min(last, len(self.starts))))


def markdown_blocks(text: str, start: int = 0) -> tuple[tuple[Block, ...], tuple[Range, ...]]:
    """Blocks of text[start:] read as CommonMark with tables, and the ranges of markup inside them.

    A block begins after its own marker (`## `, `- `, `> `) and ends with its last visible line; a
    table gives one block a row. Both tuples are sorted and hold offsets into the whole `text`.
    """
    body = text[start:] if start else text
    found: dict[str, Any] = {}
    tokens = _READER.parse(body, found)
    starts = [0, *(m.end() for m in re.finditer("\n", body))]
    page = _Page(body, starts, frozenset(found.get("references", ())))
    above: Token | None = None
    for token in tokens:
        _read(page, token, above)
        above = token
    blocks = sorted(page.blocks, key=lambda b: b.start)
    shift = [Block(b.kind, b.start + start, b.end + start, b.level) for b in blocks]
    return tuple(shift), tuple((a + start, b + start) for a, b in _merged(page.hidden))


def _read(page: _Page, token: Token, above: Token | None) -> None:
    """Take one token of the block structure; `above` is the token before it."""
    if token.type in ("blockquote_open", "list_item_open"):
        page.containers.append([token.type, False])
    elif token.type in ("blockquote_close", "list_item_close"):
        page.containers.pop()
    elif token.type == "inline" and above is not None and above.type == "heading_open":
        _heading(page, token, int(above.tag[1:]), above.markup)
    elif token.type == "inline" and above is not None and above.type == "paragraph_open":
        pieces = _pieces(page, token, token.content)
        kind, level = _place(page)
        if kind == "item" and pieces and (box := _CHECKBOX.match(page.text, *pieces[0])):
            pieces[0] = (box.end(), pieces[0][1])
        _add(page, kind, pieces, level)
    elif token.type == "tr_open":
        _row(page, token)
    elif token.type in ("fence", "code_block"):
        _code(page, token)
    elif token.type == "html_block" and not _UNREAD_HTML.match(token.content.lstrip()):
        _html(page, token)


def _place(page: _Page) -> tuple[BlockKind, int]:
    """What a paragraph is here: the first one of a list item stands for the item."""
    if not page.containers:
        return "paragraph", 0
    inner = page.containers[-1]
    if inner[0] == "blockquote_open":
        return "quote", 0
    if inner[1]:
        return "paragraph", 0
    inner[1] = True
    return "item", sum(1 for kind, _ in page.containers if kind == "list_item_open")


def _pieces(page: _Page, token: Token, content: str) -> list[Range]:
    """The visible part of each line of a token: what is left of the line behind quote marks and indentation."""
    pieces, lines = [], page.lines(token)
    for wanted in content.split("\n"):
        core = wanted.strip()
        for first, last in lines:
            line = page.text[first:last].rstrip()
            if line.endswith(core):
                if core:
                    pieces.append((first + len(line) - len(core), last))
                break
    if pieces:
        first, last = pieces[-1]
        pieces[-1] = (first, first + len(page.text[first:last].rstrip()))
    return pieces


def _heading(page: _Page, token: Token, level: int, markup: str) -> None:
    if not markup.startswith("#"):
        _add(page, "heading", _pieces(page, token, token.content), level)
        return
    for first, last in page.lines(token):
        if (hashes := _HASHES.search(page.text, first, last)) and token.content:
            at = page.text.find(token.content, hashes.end(), last)
            _add(page, "heading", [(at, at + len(token.content))] if at >= 0 else [], level)


def _add(page: _Page, kind: BlockKind, pieces: Sequence[Range], level: int = 0) -> None:
    """A block of these pieces, one a line; what stands between two lines is hidden, and so is inline markup."""
    if not pieces:
        return
    if kind != "code":
        content = "\n".join(page.text[a:b] for a, b in pieces)
        marks = _placed(hidden_marks(content, page.labels), pieces)
        if not _visible(page.text, pieces, marks):
            return
        page.hidden += marks
    page.hidden += _between(page.text, pieces)
    page.blocks.append(Block(kind, pieces[0][0], pieces[-1][1], level))


def _placed(ranges: Sequence[Range], pieces: Sequence[Range]) -> list[Range]:
    """Ranges in the joined pieces as ranges in the text."""
    begins, at = [], 0
    for first, last in pieces:
        begins.append(at)
        at += last - first + 1

    def place(offset: int) -> int:
        line = bisect_right(begins, offset) - 1
        return pieces[line][0] + offset - begins[line]

    return [(place(a), place(b - 1) + 1) for a, b in ranges]


def _between(text: str, pieces: Sequence[Range]) -> Iterator[Range]:
    for (_, end), (start, _) in pairwise(pieces):
        if (feed := text.find("\n", end, start)) >= 0 and feed + 1 < start:
            yield feed + 1, start


def _visible(text: str, pieces: Sequence[Range], marks: Sequence[Range]) -> bool:
    hidden = sum(b - a for a, b in marks)
    whole = sum(b - a for a, b in pieces)
    if not hidden or whole > 2 * hidden + 200:
        return True
    seen, at = [], pieces[0][0]
    for a, b in _merged([*marks, *_between(text, pieces)]):
        seen.append(text[at:a])
        at = max(at, b)
    seen.append(text[at : pieces[-1][1]])
    return any(piece.strip() for piece in seen)


def _row(page: _Page, token: Token) -> None:
    """One row of a table: its cells in one block, the pipes between them hidden where a space remains."""
    for first, last in page.lines(token):
        bars = [m.start() for m in re.finditer(r"(?<!\\)\|", page.text[first:last])]
        edges = [first - 1, *(first + bar for bar in bars), last]
        if not page.text[first : edges[1]].strip(" \t>"):
            edges.pop(0)
        if len(edges) > 1 and not page.text[edges[-2] + 1 : last].strip():
            edges.pop()
        cells = []
        for left, right in pairwise(edges):
            cell = page.text[left + 1 : right]
            if core := cell.strip():
                cells.append((left + 1 + cell.index(core), left + 1 + cell.index(core) + len(core)))
        if not cells:
            return
        for cell_start, cell_end in cells:
            marks = hidden_marks(page.text[cell_start:cell_end], page.labels)
            page.hidden += [(cell_start + a, cell_start + b) for a, b in marks]
        for (_, end), (start, _) in pairwise(cells):
            gap = page.text[end:start]
            if gap.strip("|"):
                page.hidden += [(end + i, end + i + 1) for i, c in enumerate(gap) if c == "|"]
        page.blocks.append(Block("table", cells[0][0], cells[-1][1]))


def _code(page: _Page, token: Token) -> None:
    first, last = token.map or (0, 0)
    if token.type == "fence":
        token.map = [first + 1, last]
    _add(page, "code", _pieces(page, token, token.content.removesuffix("\n")))


def _html(page: _Page, token: Token) -> None:
    """The words inside a block of HTML, if there are any, with the tags hidden."""
    pieces = _pieces(page, token, token.content.removesuffix("\n"))
    content = "\n".join(page.text[a:b] for a, b in pieces)
    tags, at, words = hidden_tags(content), 0, list[Range]()
    for a, b in [*tags, (len(content), len(content))]:
        if (core := content[at:a].strip()) and a > at:
            words.append((content.index(core, at), content.index(core, at) + len(core)))
        at = b
    if not words:
        return
    inside = [(a, b) for a, b in tags if words[0][0] <= a and b <= words[-1][1]]
    page.hidden += _placed(inside, pieces)
    [(start, end)] = _placed([(words[0][0], words[-1][1])], pieces)
    page.hidden += _between(page.text, [(max(a, start), min(b, end)) for a, b in pieces if b > start and a < end])
    page.blocks.append(Block("paragraph", start, end))


def _merged(ranges: Sequence[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
