"""Sentences that a reader sees through at once: notation, clauses, names."""

import pytest

from nutgraf.trust.grounding.detector import Grounding
from nutgraf.trust.grounding.flatten import flatten

EVIDENCE = flatten(
    """The shop opens at 16:30 on weekdays.
The team has three engineers and 1.2k users.
Mara Lind was hired in March 2015 and left in June 2021.
Revenue rose from 61 % to 94 % while support tickets fell 23 %.
Applicants may work remotely two days a week.
Delivery within 5 km is free."""
)
BORNE_OUT = (
    "The shop opens at 4:30 PM on weekdays.",
    "The team has 3 engineers.",
    "Delivery within 5,000 m is free.",
    "Mara Lind stayed for six years.",
    "Mara Lind was hired in March 2015.",
    "Revenue rose from 61 % to 94 %.",
    "Support tickets fell 23 %.",
    "Mara Lind left in June 2021.",
)
NOT_BORNE_OUT = (
    "Mara Lind stayed for nine years.",
    "Support tickets rose from 23 % to 94 %.",
    "Revenue fell from 94 % to 61 %.",
    "Mara Lind was hired in June 2021.",
    "Tom Berger was hired in March 2015.",
    "Revenue fell 23 %.",
    "Mara Lind left in March 2015.",
)


@pytest.fixture(scope="module")
def grounding() -> Grounding:
    """The detector as shipped."""
    return Grounding.load()


@pytest.mark.parametrize("sentence", BORNE_OUT)
def test_what_the_evidence_says_in_other_notation_is_borne_out(grounding: Grounding, sentence: str) -> None:
    """Times, numbers, lengths and durations count in whatever notation they stand."""
    (found,) = grounding.detect([sentence], EVIDENCE)
    assert found.score < grounding.thresholds["sentence"], found


@pytest.mark.parametrize("sentence", NOT_BORNE_OUT)
def test_facts_of_other_clauses_and_names_put_in_are_not_borne_out(grounding: Grounding, sentence: str) -> None:
    """A number given to the wrong clause, an invented name or a wrong span is found, and its place marked."""
    (found,) = grounding.detect([sentence], EVIDENCE)
    assert found.score >= grounding.thresholds["sentence"], found
    assert all(0 <= span.start < span.end <= len(sentence) for span in found.spans)
