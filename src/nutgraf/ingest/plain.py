"""Plain text: paragraphs between blank lines, short lines that stand alone as headings, bulleted lines as items."""

from __future__ import annotations

import re

from nutgraf.ingest.guard import check_text, too_large, whole_lines
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.parts import Parts
from nutgraf.types import Block

HEADING_AT_MOST_CHARS = 80
HEADING_AT_MOST_WORDS = 12
#: Texts with longer lines than this were not wrapped by hand: there each line is a paragraph.
WRAPPED_AT_MOST_CHARS = 130
TITLE_LINE_AT_MOST_CHARS = 100

_MARKER = re.compile(r"[ \t]*(?:[-*+•‣▪◦·–—]|\(?\d{1,3}[.)])[ \t]+(?=\S)")
_HEADING = re.compile(r"(?=.*[^\W\d_])[^#@].*[^.!?;,…]$")
_ADDRESS = re.compile(r"https?://|www\.")


def read_plain(text: str, *, name: str, limits: Limits) -> Parts:
    """The whole text with CRLF and CR as LF, and its blocks; the title is the first line when that is short.

    Raises TooLarge above the limits of characters or lines.
    """
    text = whole_lines(text)
    check_length(text, name, limits)
    blocks = plain_blocks(text)
    first = text[blocks[0].start : blocks[0].end] if blocks else ""
    title = first if len(first) <= TITLE_LINE_AT_MOST_CHARS and "\n" not in first else None
    return Parts(text=text, blocks=blocks, title=title)


def check_length(text: str, name: str, limits: Limits) -> None:
    """Raise TooLarge when a text has more characters or lines than are read, InputError when it is no Unicode."""
    if len(text) > limits.text_at_most_chars:
        raise too_large(name, f"the text has {len(text):,} characters", f"{limits.text_at_most_chars:,} characters")
    if (lines := text.count("\n")) > limits.text_at_most_lines:
        raise too_large(name, f"the text has {lines:,} lines", f"{limits.text_at_most_lines:,} lines")
    check_text(text, name)


def plain_blocks(text: str) -> tuple[Block, ...]:
    """Blocks of a text with LF line ends, as offsets into it: `heading`, `paragraph` and `item`."""
    blocks: list[Block] = []
    group: list[tuple[int, int]] = []
    at = 0
    for line in [*text.split("\n"), ""]:
        core = line.strip()
        if core:
            start = at + line.index(core)
            group.append((start, start + len(core)))
        elif group:
            blocks += _group(text, group)
            group = []
        at += len(line) + 1
    if blocks and blocks[-1].kind == "heading":
        blocks[-1] = Block("paragraph", blocks[-1].start, blocks[-1].end)
    return tuple(blocks)


def _group(text: str, lines: list[tuple[int, int]]) -> list[Block]:
    """The blocks of neighbouring lines without a blank one between them."""
    if len(lines) == 1 and _is_heading(text[slice(*lines[0])]):
        return [Block("heading", *lines[0], 2)]
    blocks: list[Block] = []
    one_each = max(end - start for start, end in lines) > WRAPPED_AT_MOST_CHARS
    for start, end in lines:
        if marker := _MARKER.match(text, start, end):
            blocks.append(Block("item", marker.end(), end, 1))
        elif blocks and (blocks[-1].kind == "item" or not one_each):
            blocks[-1] = Block(blocks[-1].kind, blocks[-1].start, end, blocks[-1].level)
        else:
            blocks.append(Block("paragraph", start, end))
    return blocks


def _is_heading(line: str) -> bool:
    return (
        len(line) <= HEADING_AT_MOST_CHARS
        and len(line.split()) <= HEADING_AT_MOST_WORDS
        and bool(_HEADING.match(line))
        and not _ADDRESS.search(line)
        and not _MARKER.match(line)
    )
