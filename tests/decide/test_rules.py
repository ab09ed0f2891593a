"""Every routing rule fires where it should and holds still at its near miss."""

import pytest

from nutgraf.decide.rules import AGENT_RULES, READS_CHARS, SCOPE_RULES, plain
from tests.decide.rule_pairs import PAIRS

RULES = {rule.name: rule for rule in (*AGENT_RULES, *SCOPE_RULES)}


def test_every_rule_has_its_pair() -> None:
    """No rule is added without a question that shows what it is for, and no name is used twice."""
    assert set(PAIRS) == set(RULES)
    assert len(RULES) == len(AGENT_RULES) + len(SCOPE_RULES)


@pytest.mark.parametrize("name", PAIRS)
def test_it_fires(name: str) -> None:
    """A rule speaks for the question it was made for."""
    assert RULES[name].fires(plain(PAIRS[name][0]))


@pytest.mark.parametrize("name", PAIRS)
def test_it_holds_still(name: str) -> None:
    """A rule says nothing of a question that merely looks like it."""
    assert not RULES[name].fires(plain(PAIRS[name][1]))


def test_quotes_and_case_do_not_matter() -> None:
    """Curly quotes, capitals and line breaks are read alike."""
    assert plain("I’m\nOK") == "i'm ok"


def test_a_long_question_is_read_at_its_ends() -> None:
    """What a hostile question costs is bounded, and an ordinary one at either end is still seen."""
    filler = "my work " * 500

    assert len(plain(filler)) <= READS_CHARS + 1
    assert RULES["draft-a-text"].fires(plain(f"Draft a comment. {filler}"))
    assert RULES["weather"].fires(plain(f"{filler} Will it rain tomorrow?"))
