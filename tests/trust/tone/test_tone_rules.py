"""Rules of tone: they name a fault with its place and reason, and keep quiet where the words mean no harm."""

import pytest

from nutgraf.trust.tone.detector import LABELS
from nutgraf.trust.tone.rules import FLAGS, RULES, flags, hits


def test_every_rule_speaks_for_a_label_and_has_a_reason() -> None:
    """A rule names one of the labels, has a name of its own, and says why in words."""
    assert {rule.label for rule in RULES} <= set(LABELS)
    assert len(set(FLAGS)) == len(FLAGS)
    assert all(rule.because for rule in RULES)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Even someone like you can read this.", "even-you"),
        ("You should have listened to us.", "you-should-have"),
        ("Act now or lose the place.", "now-or-never"),
        ("At your age this is hard.", "at-your-age"),
        ("As a mother you will want to go home.", "as-a-mother-you"),
        ("You will never reach that level.", "you-will-never"),
        ("Hey honey, here is the form.", "pet-name"),
        ("You are amazing!", "you-are-amazing"),
        ("Shut up, you idiot.", "insult"),
        ("I want to kill myself.", "self-harm"),
    ],
)
def test_a_fault_is_named(text: str, name: str) -> None:
    """Words that show a fault raise the rule of that name."""
    assert name in {hit.rule.name for hit in hits(text)}


@pytest.mark.parametrize(
    "text",
    [
        "You should have received the letter by now.",
        "You should have strong experience with databases.",
        "Honey bees are farmed on the roof.",
        "In case of a leak, act now and report later.",
        "Kill the process and start it again.",
        "The minimum age is 16.",
        "It takes just ten minutes.",
    ],
)
def test_harmless_use_is_left_alone(text: str) -> None:
    """The same words in ordinary use raise nothing."""
    assert hits(text) == []


def test_a_hit_is_where_the_words_are() -> None:
    """The place of a hit is in characters of the text as it was written, curly quotes and capitals included."""
    text = "Sorry — but you’re TOO OLD for that."
    [hit] = hits(text)

    assert text[hit.start : hit.end] == "you’re TOO OLD"


def test_quoted_words_are_no_flag() -> None:
    """Words in quotation are found and marked as quoted, and count for nothing."""
    found = hits("He wrote “shut up, you idiot” and was warned. “You idiot” is an insult, said the judge.")

    assert all(hit.quoted for hit in found)
    assert sum(flags(found)) == 0


def test_a_letter_that_grows_in_lower_case_does_not_move_places() -> None:
    """A character whose lower case is longer does not shift the place of a hit."""
    text = "İİİ You will never reach it."
    [hit] = hits(text)

    assert text[hit.start : hit.end] == "You will never reach"
