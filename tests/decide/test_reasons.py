"""Which sentences give a cause for what was said."""

from __future__ import annotations

import pytest

from nutgraf.decide.reasons import asks_why, causes, only_why

PAGE = [
    "The library closed its second floor in May.",
    "The reason was a leak that had soaked the carpets.",
    "Visitors borrowed 12 percent fewer books in June.",
    "The café moved to the hall.",
    "The heating failed twice in the winter.",
    "So the readers' group meets in the school now.",
    "A new roof was paid for by the town, because the old one let in rain.",
    "Fines were dropped.",
    "Librarians say that visitors borrowed fewer books due to the closed floor.",
    "The insurance covered all shelves, and it lowered the deposit from 40 to 25 dollars.",
]


@pytest.mark.parametrize(
    ("answer", "rows"),
    [
        (PAGE[0], [1, 8]),
        ("In May the library closed its second floor.", [1, 8]),
        (PAGE[2], [8]),
        (PAGE[5], [4]),
        (PAGE[6], [6]),
        (PAGE[3], []),
        (PAGE[7], []),
        ("The deposit is 25 dollars instead of 40.", [9]),
        ("Nothing of this stands on the page of anybody.", []),
        ("", []),
    ],
)
def test_a_cause_is_beside_what_was_said_or_about_the_same(answer: str, rows: list[int]) -> None:
    """A cause stands next to what was said, in it, or in a sentence about the same; else there is none."""
    assert causes(PAGE, answer) == rows


def test_a_question_for_the_cause_is_known() -> None:
    """A bare "why?" and a longer one ask for a cause; "what" does not."""
    assert all(only_why(said) and asks_why(said) for said in ("why?", "Why", "how come?", "why is that?"))
    assert asks_why("why did they close it?")
    assert not only_why("why did they close it?")
    assert not asks_why("what was closed?")
