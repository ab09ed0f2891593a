"""The way in: formats by content, names that lie, folders, and our own JSON for items."""

import json
from pathlib import Path

import pytest

from nutgraf.errors import InputError, NotFound
from nutgraf.ingest.load import item_from_bytes, items_from_bytes, load_item, load_items, load_member
from nutgraf.ingest.recognise import recognise
from tests.ingest.makers import Print, pdf_of_pages

PROSE = "We moved the board into the corridor of the ward, and it worked."


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        ("---\ntitle: A\n---\nText", "note", "markdown"),
        ("---\ntitle: A\n---\nText", "note.txt", "markdown"),
        ("# A\n\nText", "note", "markdown"),
        ("# A\n\nText", "note.txt", "plain"),
        ("Text", "note.md", "markdown"),
        ("[link](https://x.y) text", "note", "markdown"),
        ("Just words, nothing else.", "note", "plain"),
        ("Just words, nothing else.", "note.log", "plain"),
        (' {"text": "A"}', "note", "json"),
        ("[1]", "note.json", "json"),
        ("[1] is a footnote", "note.md", "markdown"),
        ("<!-- x --><!DOCTYPE html><html>", "note", "html"),
        ("<p>words</p>", "note.html", "html"),
        ("words <b>and</b> <p>more</p>", "note.htm", "html"),
        ("<?xml version='1.0'?><rss version='2.0'>", "note", "feed"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>", "news.xml", "feed"),
        ("<?xml version='1.0'?><html xmlns='x'>", "page.xml", "html"),
        ("<div>Markdown may have tags</div>", "note.md", "markdown"),
        ('{"text": "A"}', "https://news.example/item.json?x=a.pdf", "json"),
    ],
)
def test_formats_are_recognised(text: str, name: str, form: str) -> None:
    """The content decides, the name helps where the content leaves it open."""
    assert recognise(text, name) == form


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"<html><body>words</body></html>", "a.pdf", r"is named as a PDF but is none"),
        (b"<html><body>words</body></html>", "a.md", r"is named \.md but holds HTML"),
        (b"<html><body>words</body></html>", "a.json", r"is named \.json but holds HTML"),
        (b"Just words.", "a.html", r"does not look like HTML"),
        (b"Just words.", "a.json", r"does not look like JSON"),
        (b"Just words.", "a.xml", r"does not look like a feed"),
        (b'{"text": "words"}', "a.html", r"holds JSON"),
        (pdf_of_pages([[Print("words")]]), "a.html", r"holds a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a", r"is an image"),
        (b"PK\x03\x04rest", "a.docx", r"is a ZIP archive"),
        (b"{\\rtf1 words}", "a", r"is an RTF file"),
        (b"", "a.md", r"is empty"),
    ],
)
def test_names_that_lie_are_refused(data: bytes, name: str, says: str) -> None:
    """A document that is not what its name says is an error that says so."""
    with pytest.raises(InputError, match=says):
        item_from_bytes(data, name)


def test_our_own_items_in_json() -> None:
    """The fields of front matter and a text in Markdown, or plain text where said; one, a list, or a table of items."""
    one = {
        "id": "post-a",
        "kind": "post",
        "title": "A",
        "text": "We **moved**.\n\n- it",
        "topics": ["b"],
        "details": {"n": 1},
    }
    plain = {"title": "B", "text": "We **moved**.\n\n- it", "format": "plain"}

    item = item_from_bytes(json.dumps(one).encode(), "a.json")
    assert (item.id, item.kind, item.topics, item.details) == ("post-a", "post", ("b",), (("n", "1"),))
    assert [item.shown(b.start, b.end) for b in item.blocks] == ["We moved.", "it"]
    for value in ([one, plain], {"items": [one, plain]}):
        first, second = items_from_bytes(json.dumps(value).encode(), "a.json")
        assert first == item
        assert second.shown(second.blocks[0].start, second.blocks[0].end) == "We **moved**."


def test_errors_in_lists_name_the_item() -> None:
    """In a list, the item with the fault is named."""
    with pytest.raises(InputError, match=r"a\.json: items\[1\]: kind must be one of post,.*got 'banana'"):
        items_from_bytes(json.dumps([{"text": "A"}, {"text": "B", "kind": "banana"}]).encode(), "a.json")


def test_a_folder_gives_everything_in_it(tmp_path: Path) -> None:
    """Documents in it and below, in order of their names; other files, hidden ones and links are passed over."""
    (tmp_path / "below").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "b.md").write_text(f"# B\n\n{PROSE}")
    (tmp_path / "a.txt").write_text(f"A\n\n{PROSE}")
    (tmp_path / "below" / "c.json").write_text(json.dumps({"title": "C", "text": PROSE}))
    (tmp_path / ".hidden.md").write_text("hidden")
    (tmp_path / ".git" / "d.md").write_text("hidden")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "link.md").symlink_to(tmp_path / "b.md")

    assert [item.title for item in load_items(tmp_path)] == ["A", "B", "C"]


def test_a_folder_with_one_bad_file_names_it(tmp_path: Path) -> None:
    """Nothing is left out in silence."""
    (tmp_path / "good.md").write_text(PROSE)
    (tmp_path / "bad.md").write_text("---\nai: perhaps\n---\nText")

    with pytest.raises(InputError, match=r"bad\.md: front matter: ai must be true or false"):
        load_items(tmp_path)


def test_one_is_not_several(tmp_path: Path) -> None:
    """Where one item is wanted, a list of two is an error that says how many there are."""
    (tmp_path / "two.json").write_text(json.dumps([{"text": "A"}, {"text": "B"}]))

    with pytest.raises(InputError, match="holds 2 items where one is wanted"):
        load_item(tmp_path / "two.json")
    assert len(load_items(tmp_path / "two.json")) == 2


def test_items_and_members_are_not_mixed_up(tmp_path: Path) -> None:
    """A profile loaded as an item, or an item as a profile, says which way to go; what is missing is NotFound."""
    (tmp_path / "profile.json").write_text('{"name": "Amara Okafor"}')
    (tmp_path / "resume.json").write_text('{"basics": {"name": "Amara Okafor"}}')
    (tmp_path / "item.json").write_text('{"text": "A"}')

    for name in ("profile.json", "resume.json"):
        with pytest.raises(InputError, match="load it as a member"):
            load_item(tmp_path / name)
    with pytest.raises(InputError, match="is no profile"):
        load_member(tmp_path / "item.json")
    for load in (load_item, load_items, load_member):
        with pytest.raises(NotFound, match="there is no such file"):
            load(tmp_path / "nothing.json")
