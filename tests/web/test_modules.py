"""The modules of the pages: small, our own, with no way to turn text into code; what they cut, cut everywhere."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.canned import ITEMS, visible
from tests.web.mock_server import WEB

if TYPE_CHECKING:
    from tests.web.page import Page

LINES_AT_MOST = 400
FILES = sorted(path for path in WEB.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg"))
#: Written in pieces or with escapes, so that a search for them in the repository finds real uses only.
FORBIDDEN = {
    "text as markup": r"\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|setHTML|ContextualFragment|srcdoc",
    "text as code": r"\beval\(|\bnew Function\b|\bimport\((?!\")|set(?:Timeout|Interval)\(\s*[\"'`]|javascript:",
    "another machine": r"(?:https?:)?//(?!www\.w3\.org/2000/svg\b)[a-z0-9.-]+\.[a-z]{2,}",
    "inline code in a page": r"<script(?![^>]*\bsrc=)|\son\w+\s*=\s*[\"'][^\"']*[\"']\s*[>/]|<style|\sstyle\s*=\s*\"",
    "a link that is not one": r"@import|\bhref\s*=\s*\"(?:javascript|data):",
}


def findings(name: str, text: str) -> list[str]:
    """`name:line: what` for every forbidden thing."""
    return [
        f"{name}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]


def test_text_never_becomes_markup_or_code() -> None:
    """No module turns data into markup or code, and none names another machine."""
    assert [found for path in FILES for found in findings(path.name, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "line",
    [
        "a.inner" + "HTML = b;",
        "ev" + "al(b)",
        "setTimeout('go()', 1)",
        "import x from 'https:" + "//cdn.example.com/x.js'",
        "fetch('//" + "example.com/x')",
        "<script>1</script>",
        "<p onclick='go()'>",
        '<p style="color:red">',
        "@import url(x.css);",
    ],
)
def test_a_forbidden_thing_is_seen(line: str) -> None:
    """Control: each forbidden thing is reported."""
    assert findings("a.js", f"fine();\n{line}")[0].startswith("a.js:2")


def test_modules_are_small_and_say_what_they_are() -> None:
    """Every module begins with a sentence, fits an evening, and imports and links only files that are there."""
    for path in FILES:
        text = path.read_text("utf-8")
        assert text.count("\n") <= LINES_AT_MOST, path.name
        if path.suffix == ".js":
            assert text.startswith("// "), path.name
            for target in re.findall(r"\bfrom \"([^\"]+)\"", text):
                assert (path.parent / target).is_file(), f"{path.name} imports {target}"
        for link in re.findall(r"(?:src|href)=\"([^\"#]+)\"", text) if path.suffix == ".html" else []:
            assert (path.parent / link).is_file(), f"{path.name} links {link}"


def test_exports_have_types() -> None:
    """Every exported function and class method with arguments says their types."""
    for path in FILES:
        if path.suffix != ".js":
            continue
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.match(r"export (?:async )?function \w+\(.+\)", line):
                assert lines[number - 1].strip().endswith("*/"), f"{path.name}:{number + 1}"


def test_the_types_hold() -> None:
    """The types in the comments pass the strict checks of the TypeScript compiler."""
    if not (tsc := shutil.which("tsc")):
        pytest.skip("tsc is not installed (npm install --global typescript)")
    command = [tsc, "-p", str(Path(__file__).parent / "jsconfig.json")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.stdout == ""


@pytest.mark.browser
def test_an_event_stream_is_read_however_it_is_cut(page: Page) -> None:
    """Wherever the pieces end, and whichever line ends are used, the frames are the same."""
    stream = (
        '\ufeff: hello\n\nid: 1.0\nevent: opened\ndata: {"a":\ndata: "ü\u2028🙂"}\n\n'
        "data:x\nretry: 5\nid\n\n:\nevent: lost\n\nid: 2\ndata\n\n"
    )
    expected = [
        {"id": "1.0", "event": "opened", "data": '{"a":\n"ü\u2028🙂"}'},
        {"id": "", "event": "message", "data": "x"},
        {"id": "2", "event": "message", "data": ""},
    ]
    page.open("")
    script = """
      const { SseParser } = await import("/panel/sse.js");
      const read = (pieces) => {
        const parser = new SseParser();
        return JSON.stringify(pieces.flatMap((piece) => parser.feed(piece)));
      };
      const wrong = [];
      for (const end of ["\\n", "\\r", "\\r\\n"]) {
        const text = arguments[0].replaceAll("\\n", end);
        const cuts = [[text], [...text], text.split("")];
        for (let i = 1; i < text.length; i += 1) cuts.push([text.slice(0, i), "", text.slice(i)]);
        for (const pieces of cuts) if (read(pieces) !== arguments[1]) wrong.push([end, pieces[0], read(pieces)]);
      }
      return wrong.slice(0, 3);
    """

    assert page.js(script, stream, json.dumps(expected, ensure_ascii=False, separators=(",", ":"))) == []


@pytest.mark.browser
def test_a_line_without_an_end_is_refused(page: Page) -> None:
    """A line above the limit is an error and not an ever growing buffer."""
    page.open("")
    script = """
      const { SseParser, LINE_LIMIT } = await import("/panel/sse.js");
      const parser = new SseParser();
      parser.feed("x".repeat(LINE_LIMIT));
      try { parser.feed("x"); } catch (error) { return error.name; }
    """

    assert page.js(script) == "RangeError"


@pytest.mark.browser
def test_any_range_of_a_text_is_cut_as_the_server_cuts_it(page: Page) -> None:
    """For random ranges of every item, the marked pieces are what the range shows, and all pieces the whole text."""
    chance = random.Random(7)
    page.open("")
    for item in ITEMS:
        size = len(item["text"])
        ranges = [sorted(chance.sample(range(size + 1), 2)) for _ in range(60)]
        script = """
          const { ItemText } = await import("/page/text.js");
          const [item, ranges] = arguments;
          const text = new ItemText(item.text, item.hidden);
          return ranges.map(([from, to]) => {
            const pieces = text.pieces(0, [...item.text].length, from, to);
            return [pieces.filter((p) => p.marked), pieces].map((list) => list.map((p) => p.text).join(""));
          });
        """
        whole = visible(item["text"], item["hidden"], 0, size)
        for (start, end), (marked, every) in zip(ranges, page.js(script, item, ranges), strict=True):
            assert " ".join(marked.split()) == visible(item["text"], item["hidden"], start, end)
            assert " ".join(every.split()) == whole


@pytest.mark.browser
@pytest.mark.parametrize(
    ("source", "caption"),
    [("item", "From the item"), ("skill", "From another record"), ("member", "From your profile")],
)
def test_a_caption_says_where_a_quotation_stands(page: Page, source: str, caption: str) -> None:
    """The caption of a quoted sentence names the item, another record or the reader's profile."""
    page.open("")
    script = """
      const { BlockView } = await import("/panel/block.js");
      const desk = { item: () => "here", number: () => 1 };
      const block = new BlockView({ kind: "block-start", block: "b1", form: "answer" }, desk, "?");
      const evidence = [{ id: "e1", source: arguments[0], ref: "here", start: 0, end: 4, quote: "Said" }];
      block.commit({ id: "s1", text: "Said", verdict: "quoted", evidence, check: "" });
      return block.element.querySelector("figcaption").firstChild.data;
    """

    assert page.js(script, source) == caption


@pytest.mark.browser
@pytest.mark.parametrize("item", [None, "article-night-handover"])
@pytest.mark.parametrize("label", ["What did it cost?", "Ask this question"])
def test_a_step_with_a_question_asks_it(page: Page, item: str | None, label: str) -> None:
    """A step with a question shows the question and asks it, whatever else the step names."""
    page.open("")
    script = """
      const { BlockView } = await import("/panel/block.js");
      const done = [];
      const desk = { ask: (question) => done.push(["ask", question]), open: (item) => done.push(["open", item]) };
      const block = new BlockView({ kind: "block-start", block: "b1", form: "takeaway" }, desk);
      block.end({ kind: "converse", label: arguments[0], item: arguments[1], question: "What did it cost?" });
      block.element.querySelector(".action").click();
      return [block.element.querySelector(".action-label").textContent, ...done];
    """

    assert page.js(script, label, item) == ["What did it cost?", ["ask", "What did it cost?"]]
