"""Hostile and broken documents are refused in one line, or do no harm; the costly ones are left to the bench."""

from pathlib import Path

import pytest

from nutgraf.errors import InputError, TooLarge
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.load import item_from_bytes, load_item, load_items, load_member
from tests.ingest.every_hostile import CASES
from tests.ingest.hostile import Case

#: These keep a reader busy for half a second or more, or are large; `bench/hostile.py` runs them all.
COSTLY = {
    "100000-files.zip", "array-of-bombs.pdf", "attributes.xml", "bomb-one-folder-down.zip",
    "bomb-that-says-1000-bytes.zip", "brackets.md", "deep-array.pdf", "deep-description.json", "deep-inline.html",
    "deep-lists.html", "deep-tables.html", "deep.xml", "escaped-html.xml", "fan-of-forms.pdf",
    "field-of-50-megabytes.zip", "filters-on-filters.pdf", "flat.json", "items.md", "lists.md", "long-text.html",
    "many-attributes.html", "many-entities.html", "many-links.html", "many-operators.pdf", "many-paragraphs.html",
    "many-ranges.pdf", "many-tags.html", "many-words.pdf", "metadata-bomb.pdf", "no-end-of-string.pdf", "noise.pdf",
    "object-stream-bomb.pdf", "one-word-too-long.txt", "open-script.html", "run-length-bomb.pdf", "table.md",
    "title-bomb.pdf", "too-large.html", "too-large.xml",
}  # fmt: skip
LOADERS = {"item": load_item, "items": load_items, "member": load_member}


def test_there_are_enough_of_them() -> None:
    """Names are unique, and at least 160 documents must be refused."""
    names = [case.name for case in CASES]

    assert len(names) == len(set(names))
    assert set(names) >= COSTLY
    assert sum(case.expects == "refused" for case in CASES) >= 160


@pytest.mark.parametrize("case", [c for c in CASES if c.name not in COSTLY], ids=lambda c: c.name)
def test_hostile_documents(case: Case, tmp_path: Path) -> None:
    """One line of ours that names the file, or an item; never another error."""
    path = case.write(tmp_path)
    try:
        LOADERS[case.way](path)
        outcome, message = "read", ""
    except InputError as exc:
        outcome, message = "refused", str(exc)

    assert case.expects in ("either", outcome), message
    assert "\n" not in message
    assert outcome == "read" or message.startswith(str(path))
    assert not Path("hacked.txt").exists()


def test_time_runs_out() -> None:
    """A document that keeps its reader busy is given up at the limit, and the next one is read as ever."""
    page = "<html><body><p " + " ".join(f"a{n}=1" for n in range(150_000)) + ">We moved the board.</p></body></html>"

    with pytest.raises(TooLarge, match=r"takes more than 0\.5 s of work"):
        item_from_bytes(page.encode(), "busy.html", limits=Limits(parse_within_s=0.5))
    assert (
        item_from_bytes(b"<html><body><p>We moved the board.</p></body></html>", "a.html").text == "We moved the board."
    )


def test_memory_runs_out() -> None:
    """A document that needs more memory than allowed is given up, whoever notices it first."""
    page = "<html><body>" + "<p>We moved the board.</p>" * 10_000 + "</body></html>"

    with pytest.raises(InputError, match=r"takes more than 1,000,000 bytes of memory|too large"):
        item_from_bytes(page.encode(), "wide.html", limits=Limits(parse_in_at_most_bytes=1_000_000))
