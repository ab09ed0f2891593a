"""Evidence becomes one fact a line in words, and the index finds the lines that bear on a sentence."""

from nutgraf.trust.grounding.flatten import flatten, in_words
from nutgraf.trust.grounding.index import EvidenceIndex

SHOP = {
    "name": "Larch Bakery",
    "hours": {"Monday": "16:30-21:0", "Tuesday": "16:30-21:0", "Wednesday": "16:30-21:0", "Friday": "8:0-12:0"},
    "attributes": {"BusinessParking": None, "WiFi": False, "TakeOut": True},
    "stars": 4.5,
}


def test_a_record_is_put_into_words() -> None:
    """Keys are words, null is not stated, no is no, and equal days share a line in 12 hours."""
    assert flatten(SHOP) == (
        "name: Larch Bakery",
        "hours on Monday to Wednesday: 4:30 PM to 9 PM",
        "hours on Friday: 8 AM to 12 PM",
        "attributes Business Parking: not stated",
        "attributes WiFi: no",
        "attributes Take Out: yes",
        "stars: 4.5",
    )


def test_a_record_written_as_text_is_read_as_a_record() -> None:
    """A Python or JSON literal in a string gives the same facts as the object."""
    assert flatten(repr(SHOP)) == flatten(SHOP)
    assert flatten(repr(SHOP) + "\nOverview:\n") == flatten(SHOP)


def test_prose_becomes_sentences_without_marks() -> None:
    """Bullets and passage numbers are taken off, and each sentence is a line of its own."""
    assert flatten("passage 1: Ovens were lit. Bread was sold.\n* It rained.") == (
        "Ovens were lit.",
        "Bread was sold.",
        "It rained.",
    )


def test_what_is_no_record_stays_prose() -> None:
    """Text in braces that cannot be read is kept as text."""
    assert flatten("{not a record}") == ("{not a record}",)
    assert flatten("") == ()
    assert in_words("RestaurantsTakeOut") == "Restaurants Take Out"


def test_the_best_lines_come_first_and_fit_the_budget() -> None:
    """Ranking is by rare words; the chosen lines are given in the order of the source."""
    index = EvidenceIndex(flatten(SHOP))
    assert index.rank("There is no WiFi.").order[0] == 4
    chosen = index.best("Is there WiFi or parking, and when do they open on Friday?", 30)
    assert list(chosen) == sorted(chosen)
    assert {3, 4} <= set(chosen)
    assert EvidenceIndex(()).rank("Nothing at all.").order == ()
