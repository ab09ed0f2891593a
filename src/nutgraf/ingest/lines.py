"""Lines as a printer broke them, joined to paragraphs, headings and list items again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from nutgraf.types import BlockKind

#: A gap this much wider than between two lines of a paragraph parts paragraphs.
GAP_AT_LEAST = 1.35
HEADING_SIZE_AT_LEAST = 1.12
HEADING_AT_MOST_CHARS = 160
SHORT_LINE = 0.8

_BULLET = re.compile(r"(?:[•‣▪◦·●○∙■□➢✓*–—-]|\(?\d{1,2}[.)]|[a-z][.)])\s+(?=\S)")
_FINAL = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Line(NamedTuple):
    """One printed line: its text, its height on the page and the size of its letters in points, and weight."""

    text: str
    y: float
    size: float
    bold: bool


@dataclass(slots=True)
class _Part:
    kind: BlockKind
    lines: list[Line]


def paragraphs(pages: Sequence[Sequence[Line]]) -> list[tuple[BlockKind, str, int]]:
    """(kind, text, level) of what the lines make up, hyphenation at line ends mended."""
    lines = [line for page in pages for line in page]
    if not lines:
        return []
    body = Counter[float]()
    for line in lines:
        body[line.size] += len(line.text)
    size = body.most_common(1)[0][0]
    gaps = [a.y - b.y for page in pages for a, b in pairwise(page) if a.size == b.size == size]
    leading = median([g for g in gaps if g > 0] or [0.0])
    width = sorted(len(line.text) for line in lines)[int(len(lines) * 0.9)]
    parts: list[_Part] = []
    for page in pages:
        above: Line | None = None
        for line in page:
            kind = _kind(line, size)
            if parts and not _parted(parts[-1], above, line, kind, leading, width):
                parts[-1].lines.append(line)
            else:
                parts.append(_Part(kind, [line]))
            above = line
    words = {word.casefold() for line in lines for word in _WORD.findall(line.text)}
    sizes = sorted({part.lines[0].size for part in parts if part.kind == "heading"}, reverse=True)
    return [
        (
            part.kind,
            text,
            min(6, 1 + sizes.index(part.lines[0].size)) if part.kind == "heading" else int(part.kind == "item"),
        )
        for part in parts
        if (text := _joined(part, words))
    ]


def _kind(line: Line, body: float) -> BlockKind:
    if len(line.text) <= HEADING_AT_MOST_CHARS and any(c.isalpha() for c in line.text):
        if line.size >= body * HEADING_SIZE_AT_LEAST:
            return "heading"
        if line.bold and line.size >= body and not _FINAL.search(line.text) and not _BULLET.match(line.text):
            return "heading"
    return "item" if _BULLET.match(line.text) else "paragraph"


def _parted(part: _Part, above: Line | None, line: Line, kind: BlockKind, leading: float, width: int) -> bool:
    """Whether a line begins something new; `above` is the line before it on the same page."""
    last = part.lines[-1]
    if kind == "item":
        return True
    if (kind == "heading") != (part.kind == "heading"):
        return True
    if kind == "heading" and (last.size != line.size or above is None):
        return True
    gap = above.y - line.y if above else -1.0
    if gap <= 0:  # a new page or column: only a sentence that is not over goes on
        return bool(_FINAL.search(last.text)) or not line.text[:1].islower()
    if kind == "heading":
        return gap > 2 * line.size
    if leading and gap > leading * GAP_AT_LEAST:
        return True
    return len(last.text) < SHORT_LINE * width and bool(_FINAL.search(last.text)) and line.text[:1].isupper()


def _joined(part: _Part, words: set[str]) -> str:
    text = part.lines[0].text
    if part.kind == "item":
        text = _BULLET.sub("", text, count=1)
    for line in part.lines[1:]:
        broken = _BROKEN.search(text)
        if broken and line.text[:1].islower():
            after = _WORD.match(line.text)
            compound = f"{broken[1]}-{after[0]}".casefold() if after else ""
            text = (text if compound in words else text[:-1]) + line.text
        else:
            text = f"{text} {line.text}"
    return text.replace("\u00ad", "").strip()
