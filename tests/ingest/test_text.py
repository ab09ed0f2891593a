"""Plain text, Markdown with front matter, and what becomes of them as items."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.errors import InputError, TooLarge
from nutgraf.ingest.dates import read_date, read_month
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.load import item_from_bytes, load_item
from nutgraf.ingest.plain import plain_blocks

POST = """---
id: post-triage-board
kind: post
title: "Why we moved: the triage board"
author: Ngozi Adeyemi
author_id: profile-ngozi-adeyemi
organisation: Bluewater Health
published: 2026-10-14
language: en-GB
ai: false
topics: [nursing, patient flow]
unknown: {a: [b]}
details:
  salary: $96,000 to $112,000 a year
  level: 3
---
We moved the board.

## What changed

- Nurses see it.
"""


def slices(text: str) -> list[tuple[str, str]]:
    """(kind, text) of the blocks of a plain text."""
    return [(b.kind, text[b.start : b.end]) for b in plain_blocks(text)]


def test_front_matter_becomes_fields() -> None:
    """Every known field is taken, unknown ones are passed over, and the text stays as the file has it."""
    item = item_from_bytes(POST.encode(), "triage.md")

    assert (item.id, item.kind, item.title) == ("post-triage-board", "post", "Why we moved: the triage board")
    assert (item.author_id, item.organisation, item.published) == (
        "profile-ngozi-adeyemi",
        "Bluewater Health",
        "2026-10-14",
    )
    assert (item.language, item.ai, item.topics) == ("en-GB", False, ("nursing", "patient flow"))
    assert item.details == (("salary", "$96,000 to $112,000 a year"), ("level", "3"))
    assert item.text == POST
    assert [POST[b.start : b.end] for b in item.blocks] == ["We moved the board.", "What changed", "Nurses see it."]


@pytest.mark.parametrize("mark", ["\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_marks_of_order_are_evened_out(mark: str, bom: bytes) -> None:
    """CRLF, CR and a byte order mark change nothing else."""
    item = item_from_bytes(bom + POST.replace("\n", mark).encode(), "triage.md")

    assert item == item_from_bytes(POST.encode(), "triage.md")


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200), st.sampled_from(["a.md", "a.txt"]))
def test_text_is_the_decoded_file(text: str, name: str) -> None:
    """Whatever the file holds, the text is exactly that, apart from line ends."""
    try:
        item = item_from_bytes(text.encode("utf-8", "ignore"), name)
    except InputError:
        return

    expected = text.encode("utf-8", "ignore").decode().removeprefix("\ufeff")
    assert item.text == expected.replace("\r\n", "\n").replace("\r", "\n")
    assert all(0 <= b.start < b.end <= len(item.text) for b in item.blocks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One\nwrapped.\n\nTwo.", [("paragraph", "One\nwrapped."), ("paragraph", "Two.")]),
        ("What changed\n\nThe board.", [("heading", "What changed"), ("paragraph", "The board.")]),
        ("Duties:\n- a\n  b\n* c\n• d", [("paragraph", "Duties:"), ("item", "a\n  b"), ("item", "c"), ("item", "d")]),
        ("1. a\n2) b", [("item", "a"), ("item", "b")]),
        ("Thanks, Bob", [("paragraph", "Thanks, Bob")]),
        ("#hiring #nurses\n\nMore.", [("paragraph", "#hiring #nurses"), ("paragraph", "More.")]),
        ("It is over.\n\nMore.", [("paragraph", "It is over."), ("paragraph", "More.")]),
        ("a " * 80 + ".\nNext line.", [("paragraph", "a " * 80 + "."), ("paragraph", "Next line.")]),
    ],
)
def test_plain_text_has_paragraphs_headings_and_items(text: str, expected: list[tuple[str, str]]) -> None:
    """Blank lines part paragraphs, short lines that stand alone are headings, marked lines are items."""
    assert slices(text) == expected


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "# The *board*\n\nWe moved it.", "The board"),
        ("a.md", "## Second\n\nWe moved it.", "a"),
        ("our_triage-board.md", "We moved it.", "our triage board"),
        ("a.txt", "Our board\n\nWe moved it.", "Our board"),
        ("our-board.txt", "We moved it " * 20, "our board"),
    ],
)
def test_titles(name: str, text: str, title: str) -> None:
    """The first heading, the first line of plain text, or the name of the file."""
    assert item_from_bytes(text.encode(), name).title == title


def test_ids_are_made_of_title_and_content() -> None:
    """The same content has the same id, another content has another one; letters are ASCII."""
    one, two, again = (item_from_bytes(f"# Über {t}\n\nText {t}".encode(), "x.md") for t in ("eins", "zwei", "eins"))

    assert one.id == again.id == f"uber-eins-{one.content_hash[:8]}"
    assert two.id != one.id
    assert item_from_bytes("# 板\n\n我们".encode(), "x.md").id.startswith("post-")


def test_kinds_are_guessed() -> None:
    """A job says what it asks and offers, a short text is a post, a long one an article, a course has lessons."""
    job = "# Nurse\n\n## Responsibilities\n\nTriage.\n\n## Qualifications\n\nA degree.\n\n## How to apply\n\nWrite."
    course = "# A course on triage\n\nDuration: 3 weeks\n\n## Lessons\n\nOne.\n\n## Prerequisites\n\nNone."

    assert item_from_bytes(job.encode(), "a.md").kind == "job"
    assert item_from_bytes(course.encode(), "a.md").kind == "course"
    assert item_from_bytes(b"We moved the board.", "a.md").kind == "post"
    assert item_from_bytes(b"We moved the board today. " * 40, "a.md").kind == "article"
    assert item_from_bytes(b"We moved the board.", "a.md", kind="company").kind == "company"


def test_a_thematic_break_is_no_front_matter() -> None:
    """Three hyphens above prose begin a text, not a table of fields."""
    item = item_from_bytes(b"---\n\nWe moved the board.\n\n---\n\nMore.\n", "a.md")

    assert len(item.blocks) == 2


def test_values_keep_their_look() -> None:
    """What YAML would read as a number, a time or a truth stays the text that was written."""
    item = item_from_bytes(b"---\ntitle: 007\nauthor: no\ndetails: {duration: 1:30, x: ~}\n---\nText.", "a.md")

    assert (item.title, item.author, item.details) == ("007", "no", (("duration", "1:30"),))


def test_limits_are_named(tmp_path: Path) -> None:
    """Passing a limit is TooLarge, with the file, the measure and the limit in one line."""
    path = tmp_path / "long.md"
    path.write_text("We moved it. " * 100)

    with pytest.raises(TooLarge, match=r"long\.md: the text has 1,300 characters; at most 1,000 characters"):
        load_item(path, limits=Limits(text_at_most_chars=1_000))
    with pytest.raises(TooLarge, match="at most 1,000 bytes"):
        load_item(path, limits=Limits(document_at_most_bytes=1_000))


@pytest.mark.parametrize(
    ("text", "date", "month"),
    [
        ("2026-10-14", "2026-10-14", "2026-10"),
        ("2026-6-1T10:00:00Z", "2026-06-01", "2026-06"),
        ("2026-03", "2026-03", "2026-03"),
        ("2019", "2019", "2019"),
        ("Mar 2021", "2021-03", "2021-03"),
        ("March 3, 2021", "2021-03-03", "2021-03"),
        ("3 Sept. 2021", "2021-09-03", "2021-09"),
        ("2021-13", None, None),
        ("20210", None, None),
        ("soon", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_dates(text: str | None, date: str | None, month: str | None) -> None:
    """Dates in the forms people and programs write; anything else is none."""
    assert (read_date(text), read_month(text)) == (date, month)
