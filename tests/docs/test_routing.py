"""The page on routing: its example runs as shown, and its figures are those of the head that ships."""

import json
import re
from contextlib import redirect_stdout
from io import StringIO

from nutgraf.decide.head import FILE
from tests.docs.pages import DOCS, fences

PAGE = DOCS / "routing.md"


def test_the_example_runs() -> None:
    """What a reader copies prints what the page shows."""
    code, shown = fences(PAGE)[:2]
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(code.text, str(PAGE), "exec"), {})

    assert printed.getvalue() == shown.text


def test_the_threshold_is_the_shipped_one() -> None:
    """The page names the threshold of the weights that lie beside the code."""
    named = re.search(r"the trained one is ([\d.]+)\)", PAGE.read_text("utf-8"))

    assert named
    assert float(named[1]) == json.loads(FILE.read_text("utf-8"))["outside_threshold"]
