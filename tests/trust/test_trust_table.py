"""The joint table of the trust layer: bars, the worst of several figures, and figures that are missing."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from bench import trust

ONE = trust.Row("pii", "recall", "fake", "recall", 0.9, 0.97)
ALARMS = trust.Row("pii", "alarms", "fake", "alarms .+", 0.05, 0.01, higher=False)


def test_bars_are_held_from_the_right_side() -> None:
    """More recall is better, fewer alarms are; a missing figure holds nothing."""
    assert ONE.holds((0.9, 0.8, 0.95), 0.9)
    assert not ONE.holds(0.89, 0.9)
    assert ALARMS.holds(0.05, 0.05)
    assert not ALARMS.holds(0.06, 0.05)
    assert not ONE.holds(None, 0.0)


def test_of_several_figures_the_worst_counts() -> None:
    """A pattern that fits many takes the worst; figures that are no number are left out."""
    figures: dict[str, trust.Value] = {"alarms a": 0.01, "alarms b": (0.2, 0.1, 0.3), "alarms c": float("nan")}

    assert ALARMS.found(figures) == (0.2, 0.1, 0.3)
    assert ONE.found(figures) is None


def test_a_mean_over_the_easy_sets_alone_is_no_figure() -> None:
    """Where a set was not measured, the mean over the others is not given, however good it is."""
    row = trust.Row("grounding", "mean", "fake", "mean", 0.6, 0.8, needs=("easy", "hard"))

    assert row.found({"mean": 1.0, "easy": 1.0}) is None
    assert row.found({"mean": 1.0, "easy": 1.0, "hard": float("nan")}) is None
    assert row.found({"mean": 0.7, "easy": 0.9, "hard": 0.5}) == 0.7
    assert row.lacking({"easy": 1.0}) == ["hard"]


@pytest.mark.parametrize(("recall", "status", "word"), [(0.99, 0, "aim"), (0.92, 0, "yes"), (0.5, 1, "NO")])
def test_the_status_tells_whether_every_must_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], recall: float, status: int, word: str
) -> None:
    """Exit status, the table and its last line agree."""
    part = ModuleType("bench.trust_parts.fake")
    part.figures = lambda data, *, short: {"recall": (recall, 0.1, 1.0), "trivial: always": 0.5}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bench.trust_parts.fake", part)
    monkeypatch.setattr(trust, "ROWS", (ONE,))

    assert trust.main([str(Path())]) == status

    said = capsys.readouterr().out
    assert word in said
    assert "trivial: always" in said
    assert said.rstrip().endswith(f"pii-recall={recall:.4f}")


def test_a_part_that_breaks_is_told_and_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What could not be measured is named, and fails."""
    monkeypatch.setattr(trust, "ROWS", (ONE,))

    assert trust.main([str(Path()), "--short"]) == 1
    assert "fake: not measured" in capsys.readouterr().out
