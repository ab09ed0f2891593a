"""The comparator: the same fact in another form is no finding; another fact is one, with its reason."""

import pytest

from nutgraf.trust.grounding.compare import Compared
from nutgraf.trust.grounding.flatten import flatten
from nutgraf.trust.grounding.lexical import words_of
from nutgraf.trust.grounding.t0 import Held


def compared(sentence: str, evidence: object) -> Compared:
    """What the comparator says of a sentence."""
    held = Held(flatten(evidence))  # type: ignore[arg-type]
    said = words_of(sentence)
    return held.comparator.compare(said, held.index.rank(said))


def labels(sentence: str, evidence: object) -> set[str]:
    """The kinds of its findings."""
    return {found.label for found in compared(sentence, evidence).findings}


SAME = [
    ("The shop opens at 16:30.", "The shop opens at 4:30 PM."),
    ("The team has 3 members.", "The team has three members."),
    ("The site had 1,200 readers.", "The site had 1.2k readers."),
    ("She led the unit for three years.", "She led the unit from 2018 to 2021."),
    ("The course lasts a year and a half.", "The course lasts 18 months."),
    ("It costs 2 million dollars.", "It costs $2m."),
    ("They met on 3 March 2019.", "They met on March 3, 2019."),
    ("They met in March 2019.", "They met on 2019-03-03."),
    ("The office is open on Wednesday.", "The office is open Monday to Friday."),
    ("Half of the members voted.", "50% of the members voted."),
    ("About 35% of the staff left.", "34.8% of the staff left."),
    ("The path is 12 miles long.", "The path is 19.3 km long."),
    ("The agency is in California.", "The agency is in Fresno, CA."),
    ("Larch Bakery acquired Oven House.", "Oven House was acquired by Larch Bakery."),
    ("Add 80 lbs of flour.", "Add 80 pounds of flour."),
    ("It reached 3\u00a0million homes.", "It reached 3 million homes."),
    ("The sensor was not tested.", "The sensor wasn't tested."),
]
OTHER = [
    ("The shop opens at 17:30.", "The shop opens at 4:30 PM.", "time"),
    ("The team has 40 members.", "The team has three members.", "number"),
    ("It costs 3 million dollars.", "It costs $2m.", "money"),
    ("The course lasts 18 weeks.", "The course lasts 18 months.", "unit"),
    ("They met on April 3, 2019.", "They met on March 3, 2019.", "date"),
    ("The office is open on Sunday.", "The office is open Monday to Friday.", "weekday"),
    ("She led the unit for nine years.", "She led the unit from 2018 to 2021.", "duration"),
    ("The plan was made by Ada Quill.", "The plan was made by Tom Wren.", "name"),
    ("Oven House acquired Larch Bakery.", "Larch Bakery acquired Oven House.", "names-swapped"),
    ("The sensor was not tested in spring.", "The sensor was tested in spring.", "negation"),
    ("The grant will cover travel costs.", "The grant may cover travel costs.", "modality"),
    ("After the trial all of the nurses felt rested.", "After the trial some of the nurses felt rested.", "quantifier"),
    ("Ticket sales decreased in the north.", "Ticket sales increased in the north.", "opposite"),
]


@pytest.mark.parametrize(("sentence", "evidence"), SAME)
def test_the_same_fact_in_another_form_is_no_finding(sentence: str, evidence: str) -> None:
    """Clock times, words for numbers, scales, spans of years, units, ranges of days and passive voice are read."""
    assert compared(sentence, evidence).findings == ()


@pytest.mark.parametrize(("sentence", "evidence", "label"), OTHER)
def test_another_fact_is_found_with_a_reason(sentence: str, evidence: str, label: str) -> None:
    """Each kind of change has its own label, a place in the sentence and a reason in words."""
    found = [one for one in compared(sentence, evidence).findings if one.label == label]
    assert found
    assert 0 <= found[0].start < found[0].end <= len(sentence)
    assert found[0].because


def test_a_record_that_says_no_or_nothing_is_held_against_a_claim() -> None:
    """A claim of what a record denies, or does not state, is found."""
    shop = {"name": "Larch Bakery", "attributes": {"WiFi": False, "Music": None, "OutdoorSeating": True}}
    assert "record-no" in labels("The bakery offers free WiFi.", shop)
    assert "record-unstated" in labels("There is live music.", shop)
    assert labels("There is outdoor seating.", shop) == set()
    assert "record-yes" in labels("There is no outdoor seating.", shop)


def test_a_veto_is_a_finding_that_decides_alone() -> None:
    """A wrong amount of money decides; a hedge that is new does not."""
    veto = compared("It costs 3 million dollars.", "It costs $2m.").veto
    assert veto is not None
    assert veto.label == "money"
    assert compared("The grant will cover travel costs.", "The grant may cover travel costs.").veto is None
