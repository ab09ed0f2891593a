"""Words become drafts with citations, wherever the model draws breath."""

import random as randoms

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.parse.drafts import DRAFT_AT_MOST_CHARS, TEXT_AT_MOST_CHARS, LineParser
from nutgraf.parse.fields import drafts_of
from nutgraf.types import Draft
from tests.text.cuts import calls, every_cut

#: What a model wrote, and the drafts in it: (text, numbers).
CASES: dict[str, list[tuple[str, tuple[int, ...]]]] = {
    "The wait fell [1].": [("The wait fell.", (1,))],
    "The wait fell. [1]": [("The wait fell.", (1,))],
    "The wait fell.[1]": [("The wait fell.", (1,))],
    "[1] The wait fell.": [("The wait fell.", (1,))],
    "The wait fell [1]. It stays low [2].": [("The wait fell.", (1,)), ("It stays low.", (2,))],
    "The wait fell. [1] It stays low. [2]": [("The wait fell.", (1,)), ("It stays low.", (2,))],
    "The wait fell.[1]It stays low.[2]": [("The wait fell.", (1,)), ("It stays low.", (2,))],
    "[1] The wait fell.\n[2] It stays low.": [("The wait fell.", (1,)), ("It stays low.", (2,))],
    "The wait fell [1][3].": [("The wait fell.", (1, 3))],
    "The wait fell [1] [3].": [("The wait fell.", (1, 3))],
    "The wait fell [1, 2; 3].": [("The wait fell.", (1, 2, 3))],
    "The wait fell [ 2 ].": [("The wait fell.", (2,))],
    "The wait [2] fell [1], and [2] rose.": [("The wait fell, and rose.", (2, 1))],
    "The wait [1]fell.": [("The wait fell.", (1,))],
    "The wait fell [1] , we hear .": [("The wait fell, we hear.", (1,))],
    "The wait fell [999].": [("The wait fell.", (999,))],
    "The wait fell [2024].": [("The wait fell [2024].", ())],
    "The wait fell [sic].": [("The wait fell [sic].", ())],
    "The wait fell [1-2].": [("The wait fell [1-2].", ())],
    "The wait fell [].": [("The wait fell [].", ())],
    "The wait fell [,].": [("The wait fell [,].", ())],
    "The wait fell [1": [("The wait fell [1", ())],
    "The wait fell (1).": [("The wait fell (1).", ())],
    "The list a[1] is cut.": [("The list a is cut.", (1,))],
    "The U.S. [1] Army moved [2].": [("The U.S. Army moved.", (1, 2))],
    "He left the U.S. [1] The firm stayed [2].": [("He left the U.S.", (1,)), ("The firm stayed.", (2,))],
    "It uses .NET [1] .": [("It uses .NET.", (1,))],
    "1. One fell [1].\n2. Two rose [2].": [("One fell.", (1,)), ("Two rose.", (2,))],
    "- One fell [1]\n* Two rose [2]\n• Three": [("One fell", (1,)), ("Two rose", (2,)), ("Three", ())],
    "Takeaway 1: One fell [1].": [("One fell.", (1,))],
    "Takeaway 1. One fell [1].": [("One fell.", (1,))],
    "Answer: One fell.": [("One fell.", ())],
    "**Takeaway:** The *wait* fell [1].": [("The wait fell.", (1,))],
    "**One fell. Two rose [1].**": [("One fell.", ()), ("Two rose.", (1,))],
    "# Head\n> The wait fell.": [("Head", ()), ("The wait fell.", ())],
    "5 * 3 is what a*b said": [("5 * 3 is what a*b said", ())],
    "-5 percent is cold.": [("-5 percent is cold.", ())],
    "Answers vary [1].": [("Answers vary.", (1,))],
    "One line\nand its rest [1].": [("One line", ()), ("and its rest.", (1,))],
    "One fell.\r\nTwo rose.\rThree.": [("One fell.", ()), ("Two rose.", ()), ("Three.", ())],
    "One  fell\t[1] .": [("One fell.", (1,))],
    "One\u200b fe\u202ell\x00 [\ufeff1].": [("One fell.", (1,))],
    "病院は移転した。[1]待ち時間は減った[2]。": [("病院は移転した。", (1,)), ("待ち時間は減った。", (2,))],
    "هل انتهى؟ [1] نعم. [2]": [("هل انتهى؟", (1,)), ("نعم.", (2,))],
    "🎉 We won [1]! 🎉": [("🎉 We won!", (1,))],
    "": [],
    " \n \n": [],
    "[1]": [],
    "... [1] 42.": [],
}
BITS = (
    "The clinic moved|its window|Waits fell|U.S.|Dr.|e.g.|.NET|[1]|[2, 3]|[12]|[ 1 ;2]|[sic]|[2024]|[|]|[1|[1,|[1, 2|"
    "1. |2) |- |• |# |> |Takeaway 1: |Answer: |**|*|.|. |!|?|…|,| |  |\t|\n|\n\n|\r\n|(|)|“|”|病院。|؟|é|🎉|\x00|"
    "\u200b|3.5|19|It|the"
).split("|")
LINES = st.lists(st.sampled_from(BITS), max_size=40).map("".join)


def drafts(pieces: list[str], at_most_chars: int = TEXT_AT_MOST_CHARS) -> list[Draft]:
    """All drafts of a text that arrives in pieces."""
    parser = LineParser(at_most_chars)
    return drafts_of([event for piece in pieces for event in parser.feed(piece)] + parser.close())


@pytest.mark.parametrize("text", CASES, ids=lambda text: repr(text)[:50])
def test_pauses_change_nothing(text: str) -> None:
    """Where the model draws breath never changes what the member reads."""
    wanted = [Draft(*case) for case in CASES[text]]
    for pieces in every_cut(text):
        assert drafts(pieces) == wanted


@settings(deadline=None, max_examples=400)
@given(LINES | st.text(max_size=60), st.integers(0, 2**32))
def test_any_cut_gives_the_same_drafts(text: str, seed: int) -> None:
    """Good or malformed, a text gives the same drafts however it is cut."""
    random = randoms.Random(seed)
    cuts = sorted(random.randrange(len(text) + 1) for _ in range(4))
    whole = drafts([text])

    assert drafts(list(text)) == whole
    assert drafts([text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]) == whole


@settings(deadline=None, max_examples=300)
@given(LINES)
def test_drafts_are_clean(text: str) -> None:
    """No draft is empty, padded, longer than its limit, or has a line break, a citation or an unseen character."""
    for draft in drafts([text]):
        assert draft.text == " ".join(draft.text.split())
        assert 0 < len(draft.text) <= DRAFT_AT_MOST_CHARS
        assert not any(mark in draft.text for mark in ("[1]", "[12]", "[2, 3]", "\x00", "\u200b"))
        assert len(set(draft.citations)) == len(draft.citations)


@settings(deadline=None, max_examples=200)
@given(LINES)
def test_citations_are_neither_lost_nor_invented(text: str) -> None:
    """Every number cited stood in a bracket."""
    cited = {number for draft in drafts([text]) for number in draft.citations}

    assert all(str(number) in text for number in cited)


def test_a_draft_is_given_out_when_the_next_one_begins() -> None:
    """A finished sentence is not kept waiting for the end of the next."""
    parser = LineParser()

    assert drafts_of(parser.feed("The wait fell [1]. ")) == []
    assert drafts_of(parser.feed("[2] ")) == []
    assert drafts_of(parser.feed("T")) == [Draft("The wait fell.", (1, 2))]
    assert drafts_of(parser.feed("wo rose [3].\n")) == [Draft("Two rose.", (3,))]
    assert drafts_of(parser.close()) == []


def test_a_new_line_ends_a_draft_at_once() -> None:
    """A line break needs no next word."""
    assert drafts_of(LineParser().feed("The wait fell\n")) == [Draft("The wait fell", ())]


def test_text_beyond_the_limit_is_cut_off() -> None:
    """What comes after the limit is not read, in one piece or many."""
    text = "One fell [1]. Two rose [2]."
    for size in range(len(text) + 2):
        assert drafts([text], size) == drafts(list(text), size) == drafts([text[:size]])


def test_a_draft_that_never_ends_is_cut_at_a_word() -> None:
    """A sentence longer than its limit is given out in parts."""
    parts = drafts(["word " * 1000])

    assert [len(part.text) for part in parts[:-1]] == [1199] * 4
    assert " ".join(part.text for part in parts).split() == ["word"] * 1000


@pytest.mark.parametrize("unit", ["The wait fell [1]. ", "[1, ", "[", " ", "\n", "a", "1,", "*a ", "[1]"])
def test_work_is_linear(unit: str) -> None:
    """Twice the text is twice the work, and what is kept is bounded."""

    def work(size: int) -> int:
        text = unit * (size // len(unit))
        parser = LineParser()

        def feed() -> None:
            for char in text:
                parser.feed(char)

        count = calls(feed)
        assert sum(len(value) for value in vars(parser).values() if isinstance(value, str)) < 2 * DRAFT_AT_MOST_CHARS
        return count

    assert work(8_000) <= 2.2 * work(4_000) + 50
