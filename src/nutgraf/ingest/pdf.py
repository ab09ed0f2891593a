"""PDF: text by page, running headers and footers dropped, lines joined to paragraphs again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError

from nutgraf.errors import InputError
from nutgraf.ingest.dates import read_date
from nutgraf.ingest.guard import too_large
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.lines import Line, paragraphs
from nutgraf.ingest.parts import Parts, clean, parts_from_pieces

#: Lines at the top and bottom of a page among which running headers and footers are looked for.
EDGE_LINES = 2
EDGE_PAGES_AT_LEAST = 3
EDGE_SHARE = 10
TITLE_AT_MOST_CHARS = 100

_NUMBER = re.compile(r"\W*(?:page\s+)?(?:\d+|[ivxlc]+)(?:\s*(?:of|/|-)\s*\d+)?\W*", re.IGNORECASE)
_BOLD = re.compile(r"bold|black|heavy|cmbx", re.IGNORECASE)
_TOOLS = re.compile(r"\.(?:docx?|indd|tex|pptx?|odt|rtf|pdf)$|^(?:untitled|microsoft word|document\d*$)", re.IGNORECASE)


def read_pdf(data: bytes, *, name: str, limits: Limits) -> list[Parts]:
    """One document. Raises InputError when it is broken or needs a password, TooLarge above the limits."""
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(f"{name}: the PDF asks for a password; save it without one")
        if (count := len(reader.pages)) > limits.pdf_at_most_pages:
            raise too_large(name, f"the PDF has {count:,} pages", f"{limits.pdf_at_most_pages} pages")
        pages, length = [], 0
        for page in reader.pages:
            pages.append(_lines(page))
            length += sum(len(line.text) for line in pages[-1])
            if length > limits.text_at_most_chars:
                raise too_large(name, "the PDF has a longer text", f"{limits.text_at_most_chars:,} characters")
        about = _about(reader)
    except InputError:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError) as exc:
        raise InputError(f"{name}: the PDF is broken ({_reason(exc)}); save it again or give its text") from exc
    except RecursionError as exc:
        raise InputError(f"{name}: the PDF is nested without end; save it again or give its text") from exc
    except (ImportError, NotImplementedError) as exc:
        raise InputError(f"{name}: the PDF uses something that is not read ({_reason(exc)}); save it again") from exc
    pieces = paragraphs(_without_running_lines(pages))
    if not pieces:
        raise InputError(f"{name}: the PDF holds no text (a scan?); give a PDF with text in it")
    if "title" not in about and not any(kind == "heading" for kind, _, _ in pieces[:5]):
        about["title"] = clean(pieces[0][1], TITLE_AT_MOST_CHARS)
    return [parts_from_pieces(pieces, **about)]


def _reason(exc: Exception) -> str:
    return " ".join(str(exc).split())[:100] or type(exc).__name__


def _about(reader: PdfReader) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        meta = reader.metadata
        if meta is None:
            return found
        title, author = clean(meta.title), clean(meta.author)
        created = re.match(r"D:(\d{4})(\d{2})(\d{2})", str(meta.get("/CreationDate", "")))
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError):
        return found
    if title and not _TOOLS.search(title):
        found["title"] = title
    if author:
        found["author"] = author
    if created:
        found["published"] = read_date("-".join(created.groups()))
    return found


def _lines(page: PageObject) -> list[Line]:
    """The lines of a page with the place and size of their letters, as far as the page says."""
    lines: list[Line] = []
    pending: list[tuple[str, float, float, bool]] = []

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        height = abs(size or 0) * (abs(tm[3]) or abs(tm[1]) or 1) * (abs(cm[3]) or abs(cm[1]) or 1)
        bold = bool(font) and bool(_BOLD.search(str(font.get("/BaseFont", ""))))
        for number, piece in enumerate(text.split("\n")):
            if number:
                _finish(pending, lines)
            if piece.strip():
                pending.append((piece, y, height, bold))
            elif piece and pending:
                pending.append((piece, *pending[-1][1:]))

    page.extract_text(visitor_text=visit)
    _finish(pending, lines)
    return lines


def _finish(pending: list[tuple[str, float, float, bool]], lines: list[Line]) -> None:
    text = " ".join("".join(piece for piece, *_ in pending).split())
    if text:
        main = max(pending, key=lambda p: len(p[0]))
        lines.append(Line(text, main[1], round(main[2] * 2) / 2, main[3]))
    pending.clear()


def _without_running_lines(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """The pages without lines that stand at the edge of many of them, and without page numbers."""

    def edges(page: list[Line]) -> set[int]:
        last = len(page)
        return {i for i in range(last) if i < EDGE_LINES or i >= last - EDGE_LINES}

    def look(line: Line) -> tuple[str, float]:
        return re.sub(r"\d+", "#", line.text.casefold()), line.size

    seen = Counter(key for page in pages for key in {look(page[i]) for i in edges(page)})
    often = {key for key, n in seen.items() if n >= max(EDGE_PAGES_AT_LEAST, len(pages) // EDGE_SHARE)}
    return [
        [
            line
            for i, line in enumerate(page)
            if i not in edges(page)
            or not (look(line) in often or (i in (0, len(page) - 1) and len(page) > 1 and _NUMBER.fullmatch(line.text)))
        ]
        for page in pages
    ]
