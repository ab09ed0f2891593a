"""A report on one or several runs, as plain data; `page` and `brief` turn it into HTML and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nutgraf.evals.answers import Json
from nutgraf.evals.calibration import Calibration
from nutgraf.evals.compare import compare
from nutgraf.evals.gate import Judged
from nutgraf.evals.metrics.base import Score
from nutgraf.evals.metrics.table import METRICS
from nutgraf.evals.run import Run
from nutgraf.evals.summary import ALL, flakes, summary

FORMAT = "nutgraf.report/1"
FINDINGS_AT_MOST = 200
#: What is drawn against the deadline and over time.
DRAWN = (
    "unsupported_answer", "wrong_tone", "policy", "specificity", "personalisation", "answered", "ending",
    "first_useful_ms",
)  # fmt: skip


def report(
    run: Run, records: Sequence[Calibration] = (), *, baseline: Run | None = None, others: Sequence[Run] = (),
    judged: Sequence[Judged] = (),
) -> Json:  # fmt: skip
    """The report on `run` as JSON: its figures, the comparison with `baseline`, bars, failures, and `others` beside it.

    Runs with the same cases and several deadlines make the frontier; runs of several days the course over time.
    """
    told = summary(run, records)
    return {
        "format": FORMAT, "run": run.about | {"name": run.name}, "metrics": _metrics(),
        "rows": [row.as_json() for row in told],
        "comparison": None if baseline is None else {
            "baseline": baseline.about | {"name": baseline.name},
            "rows": [one.as_json() for one in compare(baseline, run, by_agent=False)],
        },
        "gate": [one.as_json() for one in judged],
        "beside": [_beside(one, records) for one in [run, *others]] if others else [],
        "failures": failures(run.scores),
        "flakes": [{"case": f.case, "metric": f.metric, "passed": f.passed, "failed": f.failed}
                   for f in flakes(run.scores)] if int(run.about.get("repeats", 1)) > 1 else [],
        "prompts": prompt_scores(run, records),
    }  # fmt: skip


def failures(scores: Sequence[Score]) -> list[Json]:
    """What failed, sentence by sentence, the worst metrics first, at most FINDINGS_AT_MOST of them."""
    order = {name: place for place, name in enumerate(METRICS)}
    found: list[Json] = [
        {"metric": score.metric, "case": score.case, "agent": score.agent, "item": score.group,
         "kinds": list(score.kinds), "text": one.text, "because": one.because, "evidence": one.evidence,
         "start": one.start, "end": one.end, "score": one.score}
        for score in scores if score.outcome == "fail" and score.metric in order for one in score.findings
    ]  # fmt: skip
    found = list({(one["metric"], one["case"], one["text"], one["because"]): one for one in found}.values())
    found.sort(key=lambda one: (order[one["metric"]], -(one["score"] or 0.0)))
    return found[:FINDINGS_AT_MOST]


def prompt_scores(run: Run, records: Sequence[Calibration] = ()) -> list[Json]:
    """The scores of each prompt version that the run used, over the answers that it wrote."""
    used: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for answer in run.answers:
        for call in answer.calls:
            used.setdefault((call["prompt"], call["version"]), set()).add(answer.key)
    found = []
    for (name, version), keys in sorted(used.items()):
        own = Run(run.folder, run.about, (), tuple(s for s in run.scores if (s.case, s.repeat) in keys))
        rows = [row for row in summary(own, records) if row.agent == ALL and row.estimate is not None]
        scores = {row.metric: [row.estimate.value, row.estimate.low, row.estimate.high] for row in rows if row.estimate}
        found.append({"prompt": name, "version": version, "answers": len(keys), "scores": scores})
    return found


def _beside(run: Run, records: Sequence[Calibration]) -> Json:
    rows = {row.metric: row for row in summary(run, records) if row.agent == ALL}
    figures = {
        name: [row.estimate.value, row.estimate.low, row.estimate.high, row.coverage]
        for name in DRAWN if (row := rows.get(name)) is not None and row.estimate is not None
    }  # fmt: skip
    about = run.about
    return {
        "name": run.name, "at": about.get("at"), "deadline_ms": run.deadline_ms, "model": about.get("model"),
        "failing": about.get("variant", {}).get("failing", []), "checks": about.get("checks"), "figures": figures,
    }  # fmt: skip


def _metrics() -> dict[str, Any]:
    return {
        one.name: {"title": one.title, "what": one.what, "better": one.better, "unit": one.unit}
        for one in METRICS.values()
    }
