"""Names and quoted terms."""

import pytest

from nutgraf.text.facts import name_key, names, quoted_terms

NAMES = {
    "The clinic moved in March.": ["March"],
    "Waits fell. Nurses cheered.": [],
    "Dr. Smith met Mrs. Ortiz.": ["Smith", "Mrs", "Ortiz"],
    "He joined the U.S. Army.": ["U.S", "Army"],
    "He left the U.S. The firm stayed.": ["U.S"],
    "iPhone sales fell, says McDonald.": ["iPhone", "McDonald"],
    "Staff at 18F use B2B tools.": ["18F", "B2B"],
    "The 1990s, the 3rd and 5km.": [],
    "We met Ana Ruiz-Lee and Jean-Luc.": ["Ana", "Ruiz-Lee", "Jean-Luc"],
    "It was Ana’s and Bo's.": ["Ana’s", "Bo's"],
    "Note: The end. Lesson: Waits fell.": [],
    "He said, “Yes, we can.”": [],
    "US rules. IT staff told WHO.": ["US", "IT", "WHO"],
    "PAY RANGE": [],
    "In May I saw Will.": [],
    "The Rust 1.80 release by O'Neil": ["Rust", "O'Neil"],
    "• Bring pens\n• Ask Ana": ["Ana"],
    "élan in Évry and in Москва": ["Évry", "Москва"],
    "病院は開いた": [],
    "": [],
}


@pytest.mark.parametrize(("text", "found"), NAMES.items())
def test_names(text: str, found: list[str]) -> None:
    """A capital that opens a sentence is no name; one inside it, or inside a word, is."""
    assert names(text) == found


@pytest.mark.parametrize(
    ("one", "other"), [("Smith's", "Smith"), ("Smith’s", "smith"), ("Clinics", "clinic"), ("O’Neil", "O'Neil")]
)
def test_names_compare_without_case_and_possessive(one: str, other: str) -> None:
    """Case, a possessive and a plural do not make another name."""
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('He said “a b” and "c d".', ["a b", "c d"]),
        ("He said ‘don’t go’ to the dogs’ owner.", ["don’t go"]),
        ("«x y» and „p q“", ["x y", "p q"]),
        ("It's the dogs' bone, isn't it", []),
        ('A 5" pipe', []),
        ("“" + "long " * 100 + "quote”", ["long " * 100 + "quote"]),
        ("“unclosed quote", []),
        ('""', []),
    ],
)
def test_quoted_terms(text: str, found: list[str]) -> None:
    """What stands between quotation marks is found, however long; apostrophes quote nothing."""
    assert quoted_terms(text) == found
