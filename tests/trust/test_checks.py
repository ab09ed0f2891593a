"""Each check where it fires, and where something only looks like its business."""

from collections.abc import Sequence

import pytest

from nutgraf.registry import specs
from nutgraf.trust.checks import Check, deterministic
from nutgraf.trust.cuts import clause_cuts, keeps_figures
from nutgraf.types import Draft, Evidence
from tests.trust.tables import FIRES, NEAR

ALL: dict[str, Check] = {**deterministic(), "clause-cuts": clause_cuts(), "keeps-figures": keeps_figures()}


def evidence(text: str) -> list[Evidence]:
    """One piece of evidence for each part of a text between bars."""
    parts = text.split(" | ")
    return [Evidence(f"e{i}", "item", "item", 0, len(part), part) for i, part in enumerate(parts, 1)]


def refusals(chain: dict[str, Check], draft: str, source: str) -> list[str]:
    """The checks of a chain that refuse."""
    return [name for name, judge in chain.items() if judge(Draft(draft, (1,)), evidence(source)) is not None]


def cases(table: dict[str, Sequence[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    """(check, draft, source) of a table."""
    return [(check, draft, source) for check, rows in table.items() for source, draft in rows]


@pytest.mark.parametrize(("check", "draft", "source"), cases(FIRES))
def test_fires(check: str, draft: str, source: str) -> None:
    """A draft that breaks the rule is refused by the check that keeps it, with a reason in words."""
    because = ALL[check](Draft(draft, (1,)), evidence(source))

    assert because


@pytest.mark.parametrize(("check", "draft", "source"), cases(NEAR))
def test_near_misses_pass(check: str, draft: str, source: str) -> None:
    """What only looks like a breach is let through by the check."""
    assert ALL[check](Draft(draft, (1,)), evidence(source)) is None


def test_tables_are_full() -> None:
    """Every check has at least twelve cases of either sort."""
    assert FIRES.keys() == NEAR.keys() == ALL.keys()
    assert {name: n for table in (FIRES, NEAR) for name, rows in table.items() if (n := len(rows)) < 12} == {}


@pytest.mark.parametrize("check", sorted(ALL))
def test_without_its_check_a_bad_draft_passes(check: str) -> None:
    """Control: each check is needed, as there are drafts that no other one of its chain stops.

    The strict cut of clauses stands behind the other checks, so for them it is left out of the chain as well.
    """
    chain = ALL if check in ("clause-cuts", "keeps-figures") else deterministic()
    rest = {name: judge for name, judge in chain.items() if name != check}
    passed = [draft for source, draft in FIRES[check] if not refusals(rest, draft, source)]

    assert passed


def test_every_check_is_registered() -> None:
    """What judged a sentence can be named with its version and told in a sentence."""
    known = {spec.name: spec for spec in specs("check")}

    assert known.keys() >= ALL.keys()
    assert all(known[name].version >= 1 and known[name].summary for name in ALL)


@pytest.mark.parametrize(
    "text", ["", " ", "病院は移転した。", "🎉" * 30, "a" * 5000, "(" * 900, '"' * 901, "[1]", "\x00"]
)
def test_no_check_breaks(text: str) -> None:
    """Whatever a model writes, a check says yes or no."""
    for judge in ALL.values():
        for source in ("The clinic moved its window in March.", text, ""):
            assert judge(Draft(text), evidence(source)) != ""
