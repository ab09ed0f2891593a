"""The page about blending: its example prints what it shows."""

import contextlib
import io

from tests.docs.pages import DOCS, fences


def test_the_example_prints_what_the_page_shows() -> None:
    """The Python of the page runs, and its output is the text under it."""
    code, shown = fences(DOCS / "blending.md")[:2]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code.text, {})

    assert printed.getvalue() == shown.text
