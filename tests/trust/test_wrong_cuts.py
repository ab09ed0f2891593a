"""Words of the sources alone do not make a true sentence: splices and lost qualifiers are refused."""

import pytest

from nutgraf.trust.judge import Judge
from nutgraf.types import Draft, Evidence
from tests.trust.test_judge import evidence
from tests.trust.test_pairs import SameEncoder
from tests.trust.wrong_cuts import DROPPED, HARMLESS, SPLICES

JUDGE = Judge.standard(SameEncoder())


@pytest.mark.parametrize(("draft", "pieces"), SPLICES)
def test_a_splice_is_refused(draft: str, pieces: tuple[str, ...]) -> None:
    """A sentence that takes its parts from two sentences is not said, though each part is in the evidence."""
    said = JUDGE.verdict(Draft(draft, (1, 2)), evidence(*pieces))

    assert (said.verdict, said.evidence) == ("quoted", ())


@pytest.mark.parametrize(("draft", "source"), DROPPED)
def test_a_lost_qualifier_is_refused(draft: str, source: str) -> None:
    """A condition, a doubt, an attribution or a judgement may not be left out."""
    assert JUDGE.verdict(Draft(draft, (1,)), evidence(source)).verdict == "quoted"


@pytest.mark.parametrize(("draft", "pieces", "which"), HARMLESS)
def test_a_harmless_cut_is_said(draft: str, pieces: tuple[str, ...], which: int) -> None:
    """Control: links, plain relative clauses, events and whole other pieces may go, and one piece is cited."""
    given: list[Evidence] = evidence(*pieces)
    said = JUDGE.verdict(Draft(draft, (1,)), given)

    assert (said.verdict, said.evidence) == ("supported", (given[which],)), said
