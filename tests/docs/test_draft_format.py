"""The page about the draft format: its example prints what it shows, and it names every repair."""

import contextlib
import io
import re

from tests.docs.pages import DOCS, ROOT, fences

PAGE = DOCS / "draft-format.md"


def test_the_example_prints_what_the_page_shows() -> None:
    """The Python of the page runs, and its output is the text under it."""
    code, shown = fences(PAGE)[:2]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code.text, {})

    assert printed.getvalue() == shown.text


def test_every_repair_is_named() -> None:
    """The names that the code counts are those of the page."""
    files = (ROOT / "src" / "nutgraf" / "parse").glob("*.py")
    counted = {name for file in files for name in re.findall(r"epairs\[\"([a-z-]+)\"\]", file.read_text("utf-8"))}

    assert counted
    assert counted - set(re.findall(r"`([a-z-]+)`", PAGE.read_text("utf-8"))) == set()
