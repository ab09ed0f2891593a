"""Facts as their owner says them: only forms that are sure are turned."""

from __future__ import annotations

import pytest

from nutgraf.members.spoken import spoken
from nutgraf.types import Fact, FactKind, Position

WORK = (Position(title="Charge nurse", organisation="Bayou Ridge"), Position(title="SQL analyst", end="2020-01"))


@pytest.mark.parametrize(
    ("highlight", "said"),
    [
        ("Wrote the guide that 60 engineers use.", "I wrote the guide that 60 engineers use."),
        ("Redesigned the sheet and cut it by half", "I redesigned the sheet and cut it by half."),
        ("Presents variances to five managers.", "I present variances to five managers."),
        ("Promoted to shift lead in 2019.", "Promoted to shift lead in 2019."),
        ("Certified trainer for new screens.", "Certified trainer for new screens."),
        ("Sales of $780,000 in one year.", "Sales of $780,000 in one year."),
        ("Speed of the line doubled.", "Speed of the line doubled."),
        ("Our team wrote the guide.", "Our team wrote the guide."),
        ("Won", "Won."),
        ("38 nurses trained in six weeks.", "38 nurses trained in six weeks."),
    ],
)
def test_a_highlight_in_its_owners_mouth(highlight: str, said: str) -> None:
    """What somebody did is said with "I"; what they are, or what was done to them, stays as it is written."""
    assert spoken(Fact("work.0.highlight.0", "highlight", highlight)) == said


@pytest.mark.parametrize(
    ("ident", "kind", "text", "said"),
    [
        ("work.0", "position", "Charge nurse at Bayou Ridge", "I work as charge nurse at Bayou Ridge."),
        ("work.1", "position", "SQL analyst", "I worked as SQL analyst."),
        ("work.7", "position", "Clerk", "Clerk"),
        ("certificate.0", "certificate", "Emergency nurse", "I hold this certificate: Emergency nurse."),
        ("goal.0", "goal", "I want to leave.", "I want to leave."),
    ],
)  # fmt: skip
def test_positions_and_certificates(ident: str, kind: FactKind, text: str, said: str) -> None:
    """A position is told in the tense that the record gives it; other facts are left as they are."""
    assert spoken(Fact(ident, kind, text), WORK) == said
