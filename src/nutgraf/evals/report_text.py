"""A report as short Markdown for a pull request, and how figures read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nutgraf.evals.answers import Json
from nutgraf.evals.summary import ALL

SIGNS = {"pass": "✓", "fail": "✗", "not measured": "–"}
_EXAMPLES = 5
_EXAMPLE_CHARS = 160


def figure(value: float, unit: str) -> str:
    """A figure with its unit: shares in percent."""
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f} {unit.replace('micro_usd', 'µ$')}"


def interval(estimate: Mapping[str, Any] | None, unit: str) -> str:
    """A figure with its interval, or a dash."""
    if estimate is None:
        return "–"
    if unit == "share":
        return f"{100 * estimate['value']:.1f} % [{100 * estimate['low']:.1f}, {100 * estimate['high']:.1f}]"
    low, high = (f"{estimate[side]:,.0f}" for side in ("low", "high"))
    return f"{figure(estimate['value'], unit)} [{low}, {high}]"


def brief(report: Json) -> str:
    """A page of Markdown: the verdict of the gate, the figures, the comparison, and a few failures."""
    run, metrics = report["run"], report["metrics"]
    lines = [f"## {run['usecase']}: {run['name']}", ""]
    lines.append(f"{run['cases']} cases, model `{run['model']}`, {run['deadline_ms']} ms, {run.get('at', '')}")
    lines += ["", *_gate(report), "| metric | figure [95 %] | measured | failed |", "|---|---|---|---|"]
    for row in report["rows"]:
        if row["agent"] == ALL:
            told = metrics[row["metric"]]
            true = f"; corrected {interval(row['true'], 'share')}" if row["true"] else ""
            lines.append(
                f"| {told['title']} | {interval(row['estimate'], told['unit'])}{true} "
                f"| {row['measured']}/{row['planned']} | {row['failed']} |"
            )
    if report["comparison"]:
        lines += ["", f"Against **{report['comparison']['baseline']['name']}**:", ""]
        lines += ["| metric | before → after | difference [95 %] | |", "|---|---|---|---|"]
        for row in report["comparison"]["rows"]:
            lines.append(_compared(row, metrics[row["metric"]]))
    lines += ["", *_examples(report)]
    return "\n".join(lines).rstrip() + "\n"


def _gate(report: Json) -> list[str]:
    judged = report["gate"]
    if not judged:
        return []
    bad = [one for one in judged if one["outcome"] != "pass"]
    lines = [f"**Gate: {'passed' if not bad else 'not passed'}**, {len(judged) - len(bad)} of {len(judged)} bars", ""]
    for one in bad:
        title = report["metrics"][one["bar"]["metric"]]["title"]
        lines.append(f"* {SIGNS[one['outcome']]} {title} ({one['agent']}): {one['because']}")
    return [*lines, ""] if bad else lines


def _compared(row: Json, told: Json) -> str:
    change = row["difference"]
    if change is None:
        return f"| {told['title']} | – | – | not measured: {row['because']} |"
    both = f"{figure(change['first'], told['unit'])} → {figure(change['second'], told['unit'])}"
    return f"| {told['title']} | {both} | {interval(change, told['unit'])} | {row['change']} |"


def _examples(report: Json) -> list[str]:
    found = report["failures"][:_EXAMPLES]
    if not found:
        return []
    lines = ["<details><summary>Failures</summary>", ""]
    for one in found:
        text = " ".join(str(one["text"]).split())[:_EXAMPLE_CHARS]
        lines.append(f"* `{one['case']}` {report['metrics'][one['metric']]['title']}: “{text}”: {one['because']}")
    return [*lines, "", "</details>"]
