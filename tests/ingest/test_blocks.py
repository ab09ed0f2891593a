"""Blocks and hidden markup of Markdown point into the author's own text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from nutgraf.ingest.blocks import markdown_blocks
from nutgraf.types import Block, Item

REFERENCE = "\n\n[r]: https://example.org\n"
ATOMS = [
    "*", "**", "_", "__", "`", "``", "[", "]", "(", ")", "![", "](u)", "[r]", "a", "bc", "word", " ", "\n", "\n\n",
    "> ", "- ", "1. ", "# ", "  ", "    ", "\\", ".", ",", "é", "<b>", "</b>", "<https://x.y>", "'", '"', "```\n",
]  # fmt: skip


def read(text: str) -> Item:
    """The text as an item, with its blocks and hidden ranges."""
    blocks, hidden = markdown_blocks(text)
    return Item(id="x", kind="post", title="x", text=text, blocks=blocks, hidden=hidden)


def shown(text: str) -> list[tuple[str, str]]:
    """(kind, what a reader sees) of every block."""
    item = read(text)
    return [(block.kind, item.shown(block.start, block.end)) for block in item.blocks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Board ##\n", [("heading", "Board")]),
        ("Board\n===\n\ntext", [("heading", "Board"), ("paragraph", "text")]),
        ("one\ntwo\n\nthree", [("paragraph", "one two"), ("paragraph", "three")]),
        ("- one\n  more\n- two", [("item", "one more"), ("item", "two")]),
        ("1. one\n\n   more\n2. two", [("item", "one"), ("paragraph", "more"), ("item", "two")]),
        ("- [x] done\n- [ ] open", [("item", "done"), ("item", "open")]),
        ("> one\n> two\nlazy", [("quote", "one two lazy")]),
        ("> - one\n>   two", [("item", "one two")]),
        ("```py\nx = 1\n\ny\n```", [("code", "x = 1 y")]),
        ("    x = 1\n    y", [("code", "x = 1 y")]),
        ("| a | b |\n|---|---|\n| 1 | **2** |", [("table", "a b"), ("table", "1 2")]),
        ("<div>\n<b>Hello</b> there\n</div>", [("paragraph", "Hello there")]),
        ("<!-- none -->\n\n<script>\nx\n</script>", []),
        ("![only](a.png)", []),
        ("[r]: https://example.org\n", []),
    ],
)
def test_blocks_by_kind(text: str, expected: list[tuple[str, str]]) -> None:
    """Each kind of block is found, wrapped lines make one block, and invisible things make none."""
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a **b** _c_ ***d*** e", "a b c d e"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        (r"\*not\* bold", "*not* bold"),
        ("code `*x*` and ``a ` b``", "code *x* and a ` b"),
        ("[words](https://x.y/a_(b) 'title') go on", "words go on"),
        ("[words][r], [r] and [r][]" + REFERENCE, "words, r and r"),
        ("[words][none] stay", "[words][none] stay"),
        ("![gone](x.png) stays", "stays"),
        ("[a **b\nc** d](u)", "a b c d"),
        ("see <https://x.y> and <a@b.org>", "see https://x.y and a@b.org"),
        ("a <b class='x'>bold</b> <!-- gone --> word", "a bold word"),
        ("~~old~~ new", "old new"),
        ("said so[^1].", "said so."),
        ("2 < 3 and 4 > 3", "2 < 3 and 4 > 3"),
        ("unclosed **bold and [link](", "unclosed **bold and [link]("),
    ],
)
def test_inline_marks_are_hidden(text: str, expected: str) -> None:
    """A reader sees the words, not the marks; marks that mean nothing stay."""
    assert shown(text)[0][1] == expected


def test_offsets_are_those_of_the_file() -> None:
    """Blocks begin behind their markers, counted in characters of the whole text, front part included."""
    text = "skipped é😀\n\n## Über *uns*\n\n- eins\n  zwei\n"
    blocks, hidden = markdown_blocks(text, text.index("##"))

    assert [text[b.start : b.end] for b in blocks] == ["Über *uns*", "eins\n  zwei"]
    assert [text[a:b] for a, b in hidden] == ["*", "*", "  "]
    assert blocks[0] == Block("heading", text.index("Über"), text.index("Über") + 10, 2)


def test_nested_items_know_their_level() -> None:
    """A list in a list is one level down."""
    blocks, _ = markdown_blocks("- a\n  - b\n    - c\n")

    assert [(b.kind, b.level) for b in blocks] == [("item", 1), ("item", 2), ("item", 3)]


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="ab *_`[]()<>!\\#-+|~>1.\n\té\u2028", max_size=120))
def test_any_text_gives_sound_offsets(text: str) -> None:
    """Whatever is written: blocks are within the text, in order, apart; hidden ranges too; slices hold words."""
    item = read(text)

    at = 0
    for block in item.blocks:
        assert at <= block.start < block.end <= len(text)
        assert text[block.start : block.end].strip()
        at = block.end
    at = 0
    for start, end in item.hidden:
        assert at <= start < end <= len(text)
        at = end


#: A reference before a bracket that opens no link: the renderer goes on where it gave up, not behind the reference.
GOES_ASTRAY = r"\[r\]\((?:[^)]*\[|\s*$)"


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(ATOMS), max_size=25).map("".join))
def test_what_is_shown_is_what_a_renderer_shows(text: str) -> None:
    """Control by a renderer: the words we leave are the words it would print."""
    text = text.replace("][", "] [") + REFERENCE
    rendered = MarkdownIt("commonmark").parse(text)
    if any(token.type == "html_block" for token in rendered) or re.search(GOES_ASTRAY, text, re.MULTILINE):
        return
    words = []
    for token in rendered:
        if token.type == "inline":
            words.append("".join(c.content for c in token.children or () if c.type in ("text", "code_inline")))
        elif token.type in ("fence", "code_block"):
            words.append(token.content)

    squeezed = [joined for text in words if (joined := "".join(text.split()))]
    assert ["".join(text.split()) for _, text in shown(text)] == squeezed
