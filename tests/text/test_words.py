"""Words, stems and content words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.text.words import STOPWORDS, as_written, content_stems, content_words, stem, word_spans, words

SAME = """
clinic clinics | apply applied applies applying | move moved moves moving | plan planned planning plans | run running
runs | nurse nurses nursing nurse's nurse’s | hire hired hiring | save saved saving | city cities | box boxes
| class classes | match matches matched | quick quickly | late lately | build building | add added adding adds
| fill filled filling | pass passed passing passes | care cared caring | size sized | stop stopped | study studied
studying studies | reply replied replies | cut cutting cuts | window windows | release released releasing
| bus bus's | analysis analysis's | use-case use-cases
"""
APART = """
care car | rate rat | hope hop | nurse nursery | late latest | red reed | sing single
| policy police | need needle | union unit
"""


def rows(text: str) -> list[list[str]]:
    """The rows of a table as lists of words."""
    return [row.split() for row in " ".join(text.split()).split(" | ")]


@pytest.mark.parametrize("family", rows(SAME), ids=lambda family: family[0])
def test_one_stem_for_one_word(family: list[str]) -> None:
    """The forms of a word have one stem."""
    assert len({stem(word) for word in family}) == 1, {word: stem(word) for word in family}


@pytest.mark.parametrize("pair", rows(APART), ids=lambda pair: pair[0])
def test_other_words_have_other_stems(pair: list[str]) -> None:
    """Words that only look alike stay apart."""
    assert len({stem(word) for word in pair}) == len(pair), {word: stem(word) for word in pair}


@settings(deadline=None)
@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_a_stem_begins_its_word(word: str) -> None:
    """A stem is never empty and never more than one letter away from the beginning of its word."""
    assert stem(word)
    assert word.startswith(stem(word)[:-1])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "The U.S. Army's well-known C++ and C# teams",
            ["the", "u.s", "army's", "well-known", "c++", "and", "c#", "teams"],
        ),
        ("R&D on TCP/IP, 3.5 and 1,200", ["r&d", "on", "tcp/ip", "3.5", "and", "1", "200"]),
        ("snake_case — don’t", ["snake", "case", "don’t"]),
        ("病院 élan", ["病院", "élan"]),
        ("…!", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    """Hyphens, dots and apostrophes inside a word do not part it."""
    assert words(text) == found


def test_word_spans_point_into_the_text() -> None:
    """Each word comes with where it stands, as written."""
    text = "We met (Dr. Lee) – twice."

    assert all(text[start:end] == word for word, start, end in word_spans(text))


def test_content_words_carry_meaning() -> None:
    """Stop words and single letters go; single digits stay."""
    assert content_words("The clinic has a 5 or x and it is not very big") == ["clinic", "5", "big"]
    assert content_stems("Nurses were moving clinics") == ["nurs", "move", "clinic"]
    assert all(word == word.lower() for word in STOPWORDS)


def test_words_are_told_as_they_are_written() -> None:
    """Capitals stay, and hyphenated words stay whole."""
    assert as_written("The iPhone's well-known C++ port.") == ["The", "iPhone's", "well-known", "C++", "port"]
