"""The gate lets an unchanged system pass, every time, and stops each of six regressions that were planted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nutgraf.evals.gate import Bar, Judged, judge_run, passes
from nutgraf.evals.run import Run
from nutgraf.evals.summary import ALL, summary
from nutgraf.evals.variants import Variant
from nutgraf.orchestration import Passage
from nutgraf.pipeline.parts import Rooms
from nutgraf.testing import FixedSource
from tests.evals.world import CHATTY, FORGETFUL, LEAK, made, rooms

BARS = (
    Bar(metric="unsupported_answer", at_most=0.1, worse_by=0.0),
    Bar(metric="wrong_tone", at_most=0.05, worse_by=0.0),
    Bar(metric="policy", at_most=0.0, worse_by=0.0),
    Bar(metric="answered", worse_by=0.0),
    Bar(metric="recall", worse_by=0.0),
    Bar(metric="ending", at_least=0.9),
)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The system as it is."""
    return made(tmp_path_factory.mktemp("runs") / "baseline")


def leaking() -> Rooms:
    """Rooms in which a source hands out what stands in another member's record."""
    found = rooms()
    passage = Passage(source="related", ref="record-of-priya", text=LEAK, end=len(LEAK), score=0.99)
    vars(found)["sources"] = {**found.sources, "related": FixedSource("related", [passage])}
    return found


def failed(judged: list[Judged]) -> set[str]:
    """The metrics whose bars were not passed."""
    return {one.bar.metric for one in judged if one.outcome != "pass"}


def test_the_system_as_it_is_answers_well(baseline: Run) -> None:
    """What the regressions are planted into is a system that finds and tells what is asked."""
    rows = {row.metric: row for row in summary(baseline) if row.agent == ALL}

    assert rows["answered"].estimate is not None
    assert rows["answered"].estimate.value >= 0.9
    assert rows["unsupported_answer"].failed == rows["policy"].failed == rows["wrong_tone"].failed == 0
    assert rows["personalisation"].measured == 9


def test_twenty_unchanged_runs_pass(baseline: Run, tmp_path: Path) -> None:
    """A run of the same system passes against the baseline 20 times of 20."""
    verdicts = [passes(judge_run(made(tmp_path / str(at)), BARS, baseline)) for at in range(20)]

    assert verdicts == [True] * 20


@pytest.mark.parametrize(
    ("variant", "own", "metric"),
    [
        (Variant(prompts={"answers": FORGETFUL}), rooms, "answered"),
        (Variant(bare=True), rooms, "unsupported_answer"),
        (Variant(checks=False), lambda: rooms(inventing=True), "unsupported_answer"),
        (Variant(failing=("item",)), rooms, "answered"),
        (Variant(prompts={"answers": CHATTY}, checks=False), rooms, "wrong_tone"),
        (Variant(), leaking, "policy"),
    ],
    ids=["a worse prompt", "the bare model", "checks off", "a source missing", "a chatty tone", "a leaked fact"],
)
def test_a_planted_regression_is_stopped(
    baseline: Run, tmp_path: Path, variant: Variant, own: Callable[[], Rooms], metric: str
) -> None:
    """Each of the six fails the gate, and for its own reason."""
    judged = judge_run(made(tmp_path / "run", variant, own()), BARS, baseline)

    assert not passes(judged)
    assert metric in failed(judged)


def test_the_checks_stop_the_model_that_invents(baseline: Run, tmp_path: Path) -> None:
    """With the checks on, the same inventing model gets nothing unsupported past them."""
    judged = judge_run(made(tmp_path / "run", Variant(), rooms(inventing=True)), BARS, baseline)

    assert not failed(judged) & {"unsupported_answer", "wrong_tone", "policy"}
