"""PDF: lines become paragraphs again, and what runs along the edges of pages is dropped."""

import pytest

from nutgraf.errors import InputError
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.lines import Line, paragraphs
from nutgraf.ingest.load import item_from_bytes
from nutgraf.ingest.pdf import read_pdf
from tests.ingest.makers import Print, pdf_of_pages

INFO = b"<< /Title (The corridor board) /Author (Ngozi Adeyemi) /CreationDate (D:20260304101010Z) >>"
ARTICLE = [
    Print("Moving the board", 20, 18, bold=True),
    Print("We moved the triage board into the corridor, and the wait-", 30),
    Print("ing times fell by a fifth within two weeks. It was well-"),
    Print("known that nobody saw the board."),
    Print("A second paragraph stands further below and is again", 26),
    Print("broken over two lines. It is well-known by now."),
    Print("What changed", 28, 14, bold=True),
    Print("\u2022 The board hangs near the entrance of the ward, where", 20),
    Print("everybody passes"),
    Print("\u2022 Colours have three levels"),
]


def seen(data: bytes) -> list[tuple[str, str]]:
    """(kind, text) of the blocks of a PDF, read in this process."""
    [parts] = read_pdf(data, name="a.pdf", limits=Limits())
    return [(b.kind, parts.text[b.start : b.end]) for b in parts.blocks]


def test_lines_become_paragraphs() -> None:
    """Hard line ends go, hyphenation is mended, real hyphens stay; sizes and gaps tell headings and paragraphs."""
    first = "We moved the triage board into the corridor, and the waiting times fell by a fifth within two weeks."
    second = "A second paragraph stands further below and is again broken over two lines. It is well-known by now."

    assert seen(pdf_of_pages([ARTICLE])) == [
        ("heading", "Moving the board"),
        ("paragraph", f"{first} It was well-known that nobody saw the board."),
        ("paragraph", second),
        ("heading", "What changed"),
        ("item", "The board hangs near the entrance of the ward, where everybody passes"),
        ("item", "Colours have three levels"),
    ]


def test_running_lines_are_dropped() -> None:
    """What stands at the edge of every page, and page numbers, are no part of the text; sentences cross pages."""

    def sheet(number: int, *lines: str) -> list[Print]:
        body = [Print(line, 40 if not i else 13) for i, line in enumerate(lines)]
        return [Print(f"Ward News, March {number}", 10, 8), *body, Print(str(number), 60)]

    pages = [
        sheet(1, "The first page ends in the middle of a sentence that", "was not over when the page was"),
        sheet(2, "and goes on here until it ends with a full stop."),
        sheet(3, "The third page begins anew, with words of its own."),
    ]

    crossing = "The first page ends in the middle of a sentence that was not over when the page was and goes on here"

    assert [text for _, text in seen(pdf_of_pages(pages))] == [
        f"{crossing} until it ends with a full stop.",
        "The third page begins anew, with words of its own.",
    ]


def test_a_pdf_becomes_an_item() -> None:
    """Title, author and day come from what the PDF says about itself, else from its first heading."""
    item = item_from_bytes(pdf_of_pages([ARTICLE], info=INFO), "scan-0007.pdf")
    plain = item_from_bytes(pdf_of_pages([ARTICLE]), "scan-0007.pdf")

    assert (item.title, item.author, item.published) == ("The corridor board", "Ngozi Adeyemi", "2026-03-04")
    assert plain.title == "Moving the board"
    assert item.hidden == ()


def test_lines_without_places_are_joined_by_their_words() -> None:
    """When a PDF tells nothing of heights, short lines with a full stop still end paragraphs."""
    texts = ["We moved the board into the corridor of the ward and", "it worked.",
             "Another paragraph begins here and runs", "over two lines of the page, as one can see here."]  # fmt: skip
    lines = [Line(text, -13.0 * n, 10.0, False) for n, text in enumerate(texts)]

    assert [text for _, text, _ in paragraphs([lines])] == [
        "We moved the board into the corridor of the ward and it worked.",
        "Another paragraph begins here and runs over two lines of the page, as one can see here.",
    ]


def test_errors_say_what_to_do() -> None:
    """A broken PDF and one without words are told apart."""
    with pytest.raises(InputError, match="the PDF is broken"):
        read_pdf(b"%PDF-1.7\n" + b"x" * 100, name="a.pdf", limits=Limits())
    with pytest.raises(InputError, match="holds no text"):
        read_pdf(pdf_of_pages([[]]), name="a.pdf", limits=Limits())
