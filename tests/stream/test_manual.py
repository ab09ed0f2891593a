"""The manual's page on the protocol says what the code does."""

import re

from nutgraf.events import KINDS, NEXT, PROTOCOL
from tests.stream.manual import PAGE, VALUES, drawn, name


def test_every_event_has_a_paragraph() -> None:
    """An event nobody can look up does not exist, and one that is looked up exists."""
    page = PAGE.read_text("utf-8")

    assert re.findall(r"^### `([\w-]+)`$", page, re.MULTILINE) == list(KINDS)
    assert PROTOCOL in page


def test_the_diagram_is_the_table() -> None:
    """The arrows in the manual are those of NEXT, no more and no fewer."""
    arrows = set(re.findall(r"^    (\S+) --> (\S+)$", PAGE.read_text("utf-8"), re.MULTILINE))

    assert arrows == {(name(a), name(b)) for a, after in NEXT.items() for b in after} | {("Closed", "[*]")}


def test_fields_are_drawn_from_the_code() -> None:
    """Diagram and tables are what drawing them now gives; `python -m tests.stream.manual` does it."""
    page = PAGE.read_text("utf-8")

    assert drawn(page) == page
    assert page.count("<!-- end -->") == len(KINDS) + len(VALUES) + 1
