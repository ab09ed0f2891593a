"""Runs are files that can be taken up again; reports, comparisons and judges read them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest

from nutgraf.errors import InputError, ModelCut
from nutgraf.evals.calibration import Calibration, calibrate, known, record_for, write
from nutgraf.evals.compare import compare
from nutgraf.evals.gate import Bar, judge_run, passes
from nutgraf.evals.judge import ModelJudge, Rubric, calibrated, judged
from nutgraf.evals.judge import judge_run as ask_judge
from nutgraf.evals.metrics.base import Finding, Score, score
from nutgraf.evals.metrics.table import METRICS, plug
from nutgraf.evals.report import report
from nutgraf.evals.report_page import page
from nutgraf.evals.report_text import brief
from nutgraf.evals.run import ANSWERS, RUN, Run, about_run, answer_all, load_run, read_answers, score_run, start
from nutgraf.evals.summary import ALL, flakes, summary
from nutgraf.evals.variants import Variant, rooms_of
from nutgraf.testing import ScriptedModel, run_virtual
from tests.evals.world import CASES, find, made, rooms, tools


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The system as it is."""
    return made(tmp_path_factory.mktemp("runs") / "as-it-is")


def scored(run: Run, metric: str, outcomes: str) -> Run:
    """The same run with other outcomes of one metric: `p`ass, `f`ail, `n`ot measured, for one case each."""
    told = {"p": ("pass", 0.0, 1.0), "f": ("fail", 1.0, 1.0), "n": ("not measured", 0.0, 0.0)}
    scores = tuple(
        Score(metric=metric, case=f"c{at}", repeat=0, agent="general", group=f"i{at}", outcome=told[one][0],
              hits=told[one][1], of=told[one][2], because="the detector slept" if one == "n" else "")
        for at, one in enumerate(outcomes)
    )  # type: ignore[arg-type]  # fmt: skip
    return replace(run, scores=scores)


def test_a_run_is_files_that_anyone_can_read(run: Run) -> None:
    """What it is a run of, every answer and every score stand in three files."""
    about = json.loads((run.folder / RUN).read_text())

    assert (about["cases"], about["model"], about["sets"]["small"]) == (24, "scripted", CASES.version)
    assert len((run.folder / ANSWERS).read_text().splitlines()) == 24
    assert {score.case for score in run.scores} == {case.id for case in CASES.cases}


def test_a_run_goes_on_where_it_was_cut_off(run: Run, tmp_path: Path) -> None:
    """Half of the answers and a line that a crash cut off: only what is missing is asked again."""
    lines = (run.folder / ANSWERS).read_text().splitlines(keepends=True)
    start(tmp_path, {name: told for name, told in run.about.items() if name not in ("at", "judges")})
    (tmp_path / ANSWERS).write_text("".join(lines[:20]) + lines[20][:50])
    model = ScriptedModel(lambda prompt: ["Not stated.\n"])
    asked: list[tuple[int, int]] = []
    run_virtual(
        partial(answer_all, tmp_path, [CASES], replace(rooms(), model=model), Variant(), find,
                progress=lambda done, whole: asked.append((done, whole)))
    )  # fmt: skip

    assert [one.key for one in read_answers(tmp_path / ANSWERS)] == [answer.key for answer in run.answers]
    assert (asked[0], asked[-1]) == ((20, 24), (24, 24))


def test_another_variant_is_another_folder(run: Run) -> None:
    """A run is not taken up with another deadline: its answers would be of two systems."""
    other = about_run([CASES], rooms(), Variant(deadline_ms=300), usecase="small", repeats=1, jobs=1)

    with pytest.raises(InputError, match="holds a run with another variant"):
        start(run.folder, other)


def test_what_was_not_answered_is_not_measured(run: Run, tmp_path: Path) -> None:
    """A run that has not ended has scores for all of its cases: the missing ones count against coverage."""
    start(tmp_path, run.about)
    (tmp_path / ANSWERS).write_text("".join((run.folder / ANSWERS).read_text().splitlines(keepends=True)[:6]))
    score_run(tmp_path, [CASES], tools())
    row = next(row for row in summary(load_run(tmp_path)) if (row.metric, row.agent) == ("ending", ALL))

    assert (row.measured, row.planned) == (24, 24)
    assert row.failed == 18
    row = next(row for row in summary(load_run(tmp_path)) if (row.metric, row.agent) == ("specificity", ALL))
    assert row.coverage < 0.5
    assert "it was not answered; the run has not ended" in next(iter(row.reasons))


def test_repeats_tell_flakes() -> None:
    """A case that passes once and fails once is a flake; one that always fails is not."""
    one = Score(metric="policy", case="a", repeat=0, agent="g", group="i", outcome="pass", of=1)
    scores = [one, replace(one, repeat=1, outcome="fail"), replace(one, case="b", outcome="fail")]

    assert [(f.case, f.passed, f.failed) for f in flakes(scores)] == [("a", 1, 1)]


def test_repeats_ask_the_model_every_time(tmp_path: Path) -> None:
    """No cache answers for the model: three repeats are three times as many calls."""
    once, thrice = rooms(), rooms()
    made(tmp_path / "once", own=once)
    made(tmp_path / "thrice", own=thrice, repeats=3)

    assert len(thrice.writer.calls) == 3 * len(once.writer.calls)  # type: ignore[union-attr]


def test_a_source_that_is_not_there_cannot_fail() -> None:
    """A variant names sources and prompts that there are."""
    with pytest.raises(InputError, match="'weather' is not known"):
        rooms_of(rooms(), Variant(failing=("weather",)))
    with pytest.raises(InputError, match="no template of that name"):
        rooms_of(rooms(), Variant(prompts={"poem": "@user\nSing."}))


def test_runs_over_other_cases_are_not_compared(run: Run) -> None:
    """Another version of a set, or no set in common, is an error and no figure."""
    other = replace(run, about=run.about | {"sets": {"small": "0"}})

    with pytest.raises(InputError, match="is not the same in both"):
        compare(run, other)
    with pytest.raises(InputError, match="no case set in common"):
        compare(run, replace(run, about=run.about | {"sets": {"large": "0"}}))


def test_a_comparison_says_better_worse_or_nothing(run: Run) -> None:
    """An interval on one side of nothing is a change; lower is better where it is."""
    good, bad = scored(run, "policy", "p" * 20), scored(run, "policy", "f" * 20)
    found = {
        name: compare(*pair)[0].change for name, pair in {
            "worse": (good, bad), "better": (bad, good), "same": (good, good),
            "no difference shown": (good, scored(run, "policy", "p" * 19 + "f")),
        }.items()
    }  # fmt: skip

    assert list(found) == list(found.values())


@pytest.mark.parametrize(
    ("outcomes", "bar", "passed"),
    [
        ("p" * 40, Bar(metric="policy", at_most=0.05), True),
        ("p" * 40, Bar(metric="policy", at_most=0.05, shown=True), False),
        ("p" * 40, Bar(metric="policy", at_most=0.10, shown=True), True),
        ("p" * 39 + "f", Bar(metric="policy", at_most=0.01), True),
        ("p" * 20 + "f" * 20, Bar(metric="policy", at_most=0.05), False),
        ("p" * 40 + "n" * 10, Bar(metric="policy", at_most=0.05), False),
        ("p" * 40 + "n" * 10, Bar(metric="policy", at_most=0.05, coverage=0.8), True),
        ("n" * 40, Bar(metric="policy", at_most=0.05, coverage=0.0), False),
        ("p" * 40, Bar(metric="wrong_tone", at_most=0.05), False),
    ],
)
def test_a_bar_is_held_against_the_interval(run: Run, outcomes: str, bar: Bar, passed: bool) -> None:
    """One failure in forty refutes nothing, half of them does; too little measured fails, and so does nothing."""
    assert passes(judge_run(scored(run, "policy", outcomes), [bar])) is passed


def test_a_baseline_counts_paired(run: Run) -> None:
    """A run that is shown to be worse fails, one that is worse by chance does not."""
    bar = [Bar(metric="policy", worse_by=0.0)]
    good = scored(run, "policy", "p" * 40)

    assert passes(judge_run(scored(run, "policy", "p" * 39 + "f"), bar, good))
    assert not passes(judge_run(scored(run, "policy", "p" * 30 + "f" * 10), bar, good))


def test_the_report_is_one_page_without_a_request(run: Run) -> None:
    """The page has its style in it, no script and no address; what failed stands with its span marked and escaped."""
    bad = scored(run, "policy", "pf")
    finding = Finding("<b>41</b> minutes", "41 is wrong", "It fell to 29.", 3, 5)
    bad = replace(bad, scores=(bad.scores[0], replace(bad.scores[1], findings=(finding,))))
    judged_bars = judge_run(bad, [Bar(metric="policy", at_most=0.0)])
    other = replace(run, about=run.about | {"deadline_ms": 300, "at": "2026-04-01"})
    told = report(bad, baseline=scored(run, "policy", "pp"), others=[run, other], judged=judged_bars)
    html, text = page(told), brief(told)

    assert "&lt;b&gt;<mark>41</mark>&lt;/b&gt; minutes" in html
    assert "It fell to 29." in html
    for forbidden in ("<script", "http://", "https://", "src="):
        assert forbidden not in html
    assert "prefers-color-scheme: dark" in html
    assert "Frontier" in html
    assert "Over time" in html
    assert json.loads(json.dumps(told))["format"] == "nutgraf.report/1"
    assert "**Gate:" in text
    assert "| Breaches of policy |" in text


def test_scores_stand_by_the_version_of_their_prompt(run: Run) -> None:
    """The report says what each version of a prompt came to."""
    told = {one["prompt"]: one for one in report(run)["prompts"]}

    assert set(told) == {"answers", "takeaways"}
    assert told["answers"]["version"] == rooms().prompts.version("answers")
    assert told["answers"]["scores"]["answered"][0] == 1


def test_a_rate_is_corrected_for_exactly_the_detector_that_measured(run: Run, tmp_path: Path) -> None:
    """With a record of this version there is a corrected rate, with a caveat while the checks are on; else a reason."""
    flags = [True] * 45 + [False] * 5 + [False] * 95 + [True] * 5
    record = calibrate("grounding", "1", "supported", flags, [True] * 50 + [False] * 100, [str(i) for i in range(150)])
    row = {
        name: next(r for r in summary(run, records) if (r.metric, r.agent) == ("unsupported_item", ALL))
        for name, records in {"this": [record], "other": [replace(record, version="2")], "none": []}.items()
    }

    assert row["this"].true is not None
    assert row["this"].true.high > row["this"].true.value
    assert "may be higher" in row["this"].caveat
    assert row["other"].true_because == "grounding was calibrated as 2, and measured as 1: calibrate it anew"
    assert row["none"].true_because == "there is no calibration record of grounding"
    write(tmp_path / "calibration.json", [record])
    assert record in known(tmp_path)
    assert (record.sensitivity, round(record.specificity, 2)) == (0.9, 0.95)


RUBRIC = Rubric("odd", "Is this sentence odd?")


def judge(*words: str) -> ModelJudge:
    """A judge that calls a sentence bad that holds "odd", unless it has words of its own."""
    return ModelJudge(
        ScriptedModel(lambda prompt: words or ["Yes" if "odd" in prompt.messages[0].content.split("Sentence:")[1]
                                               .split("\n")[0] else "no."], name="judge"), RUBRIC, "judge-1",
    )  # fmt: skip


def test_a_judge_counts_only_with_its_record(run: Run, tmp_path: Path) -> None:
    """Without agreement with people on record for this rubric and version, a judge measures nothing."""
    start(tmp_path, run.about)
    anyio.run(ask_judge, tmp_path, run.answers[:3], judge(), tools())
    labels = [(f"It is odd {at}." if at % 2 else f"It is {at}.", (), bool(at % 2), str(at)) for at in range(60)]
    record: Calibration = anyio.run(calibrated, judge(), labels)
    case = CASES.cases[0]
    told = {
        name: score(judged(judge(), records, tmp_path), case, run.answers[0], tools())
        for name, records in {"none": [], "this": [record], "other": [replace(record, rubric="odd@0")]}.items()
    }

    assert record.kappa == 1
    assert told["none"] is not None
    assert told["none"].because == "there is no calibration record of judge"
    assert told["this"] is not None
    assert told["this"].outcome == "pass"
    assert told["other"] is not None
    assert told["other"].outcome == "not measured"


def test_a_judge_that_mumbles_says_nothing() -> None:
    """What is neither yes nor no, and a failure, is no verdict."""
    assert anyio.run(judge("Well, that depends").bad, "It is.", ()) is None
    broken = ModelJudge(ScriptedModel([ModelCut("gone")], name="judge"), RUBRIC, "1")
    assert anyio.run(broken.bad, "It is.", ()) is None


def test_a_record_needs_labels_of_both_sorts() -> None:
    """Few labels, or labels of one sort, make no record; and a metric's name is its own."""
    with pytest.raises(InputError, match="at least 50 labels"):
        calibrate("j", "1", "r", [True] * 60, [True] * 60, ["a"] * 60)
    assert isinstance(record_for([], "j", "1"), str)
    with pytest.raises(InputError, match="is there already"):
        plug(METRICS["policy"])
