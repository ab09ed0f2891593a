"""A report as one HTML page: no script, no request, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from typing import Any

from nutgraf.evals.answers import Json
from nutgraf.evals.report_text import SIGNS, figure, interval
from nutgraf.evals.summary import ALL

_WIDE, _HIGH = 220, 14
_CLASS = {"pass": "good", "fail": "bad", "not measured": "none", "better": "good", "worse": "bad"}


def page(report: Json) -> str:
    """The whole page."""
    run = report["run"]
    style = resources.files("nutgraf.evals").joinpath("report.css").read_text("utf-8")
    title = f"{run['usecase']}: {run['name']}"
    parts = (
        _head(report), _gate(report), _figures(report), _comparison(report), _frontier(report), _course(report),
        _failures(report), _unmeasured(report), _prompts(report), _flakes(report),
    )  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{escape(title)}</title><style>{style}</style></head>\n<body><main>\n'
        + "\n".join(part for part in parts if part)
        + "\n</main></body></html>\n"
    )


def _head(report: Json) -> str:
    run = report["run"]
    facts = (
        ("Model", run["model"]), ("Deadline", f"{run['deadline_ms']:,} ms"), ("Cases", f"{run['cases']:,}"),
        ("Repeats", run["repeats"]), ("Checks", run["checks"]), ("Made", run.get("at", "")),
        ("Case sets", ", ".join(f"{name} {version[:6]}" for name, version in run["sets"].items())),
    )  # fmt: skip
    told = "".join(f"<div><dt>{name}</dt><dd>{escape(str(value))}</dd></div>" for name, value in facts)
    return f'<header><p class="over">{escape(run["usecase"])}</p><h1>{escape(run["name"])}</h1><dl>{told}</dl></header>'


def _gate(report: Json) -> str:
    judged = report["gate"]
    if not judged:
        return ""
    passed = sum(one["outcome"] == "pass" for one in judged)
    sort = "good" if passed == len(judged) else "bad"
    word = "Passed" if sort == "good" else "Not passed"
    rows = []
    for one in sorted(judged, key=lambda one: bool(one["outcome"] == "pass")):
        sign = f'<span class="{_CLASS[one["outcome"]]}">{SIGNS[one["outcome"]]} {one["outcome"]}</span>'
        title = report["metrics"][one["bar"]["metric"]]["title"]
        rows.append((sign, *map(escape, (title, one["agent"], _bar(one["bar"], report), one["because"]))))
    head, bad = ("", "metric", "agent", "bar", "found"), len(judged) - passed
    table = _table(head, rows[:bad]) if bad else ""
    held = f"<details><summary>{passed} bars passed</summary>{_table(head, rows[bad:])}</details>" if passed else ""
    told = f'<p class="verdict {sort}">{word}: {passed} of {len(judged)} bars</p>'
    return f"<section><h2>Gate</h2>{told}{table}{held}</section>"


def _figures(report: Json) -> str:
    rows = []
    agents = {name: {} for name in dict.fromkeys(row["agent"] for row in report["rows"])}  # type: ignore[var-annotated]
    for row in report["rows"]:
        agents[row["agent"]][row["metric"]] = row
    for name, row in agents[ALL].items():
        told = report["metrics"][name]
        parts = [agents[agent][name] for agent in agents if agent != ALL and name in agents[agent]]
        rows.append(_figure(row, told, parts))
    head = ("metric", "figure, 95 % interval", "", "measured", "passed", "failed")
    return f"<section><h2>Figures</h2>{_table(head, rows)}</section>"


def _figure(row: Json, told: Json, parts: Sequence[Json]) -> tuple[str, ...]:
    scale = 1.0 if told["unit"] == "share" else max([_top(one) for one in [row, *parts]] or [1.0]) or 1.0
    title = f'<b title="{escape(told["what"])}">{escape(told["title"])}</b> <i>{_arrow(told["better"])}</i>'
    if len(parts) > 1:
        inner = _table(
            ("agent", "figure", "", "measured"),
            [(escape(p["agent"]), interval(p["estimate"], told["unit"]), _whisker(p, told, scale), _coverage(p))
             for p in parts],
        )  # fmt: skip
        title = f"<details><summary>{title}</summary><p>{escape(told['what'])}</p>{inner}</details>"
    value = interval(row["estimate"], told["unit"])
    if row["tail"]:
        value += f"<br><small>p95 {interval(row['tail'], told['unit'])}</small>"
    if row["true"]:
        value += f"<br><small>corrected {interval(row['true'], 'share')}</small>"
    if why := row["true_because"] or row["caveat"]:
        value += f'<br><small class="none">{"not corrected: " if row["true_because"] else ""}{escape(why)}</small>'
    return title, value, _whisker(row, told, scale), _coverage(row), str(row["passed"]), str(row["failed"])


def _comparison(report: Json) -> str:
    found = report["comparison"]
    if not found:
        return ""
    rows = []
    for row in found["rows"]:
        told, change = report["metrics"][row["metric"]], row["difference"]
        if change is None:
            rows.append((escape(told["title"]), "–", "–", f'<span class="none">not measured: {row["because"]}</span>'))
            continue
        both = f"{figure(change['first'], told['unit'])} → {figure(change['second'], told['unit'])}"
        sort = _CLASS.get(row["change"], "none")
        rows.append(
            (
                escape(told["title"]),
                both,
                interval(change, told["unit"]),
                f'<span class="{sort}">{row["change"]}</span>',
            )
        )
    head = ("metric", "before → after", "difference, 95 % interval", "")
    name = escape(found["baseline"]["name"])
    return f"<section><h2>Against {name}</h2><p>Paired by case, items drawn together.</p>{_table(head, rows)}</section>"


def _frontier(report: Json) -> str:
    """Quality against the deadline, and with each source failing."""
    beside = report["beside"]
    by_deadline = sorted((one for one in beside if not one["failing"]), key=lambda one: one["deadline_ms"])
    if len({one["deadline_ms"] for one in by_deadline}) < 2:
        by_deadline = []
    charts = [
        _chart(report["metrics"][name], [(f"{one['deadline_ms']} ms", one["figures"].get(name)) for one in by_deadline])
        for name in _drawn(by_deadline)
    ]  # fmt: skip
    out = [one for one in beside if one["failing"]]
    if out:
        base = next((one for one in beside if not one["failing"]), None)
        rows = [("all", base), *((", ".join(one["failing"]), one) for one in out)]
        charts += [
            _chart(report["metrics"][name], [(label, one["figures"].get(name)) for label, one in rows if one])
            for name in _drawn(out)
        ]
    return f'<section><h2>Frontier</h2><div class="charts">{"".join(charts)}</div></section>' if charts else ""


def _course(report: Json) -> str:
    """The same figures over time, where the runs are of several days."""
    runs = sorted((one for one in report["beside"] if not one["failing"] and one["at"]), key=lambda one: one["at"])
    if len({one["at"][:10] for one in runs}) < 2:
        return ""
    charts = [
        _chart(report["metrics"][name], [(one["at"][:10], one["figures"].get(name)) for one in runs])
        for name in _drawn(runs)
    ]
    return f'<section><h2>Over time</h2><div class="charts">{"".join(charts)}</div></section>'


def _failures(report: Json) -> str:
    found = report["failures"]
    if not found:
        return ""
    cards = []
    for one in found:
        text = str(one["text"]) or "(nothing)"
        start, end = one["start"], one["end"]
        said = escape(text)
        if 0 <= start < end <= len(text):
            said = f"{escape(text[:start])}<mark>{escape(text[start:end])}</mark>{escape(text[end:])}"
        kinds = " ".join(f'<span class="kind">{escape(kind)}</span>' for kind in [one["agent"], *one["kinds"]])
        near = f"<blockquote>{escape(one['evidence'])}</blockquote>" if one["evidence"] else ""
        cards.append(
            f"<article><h3>{escape(report['metrics'][one['metric']]['title'])} "
            f"<code>{escape(one['case'])}</code> {kinds}"
            f'</h3><div class="sides"><p class="said">{said}</p><div><p class="why">{escape(one["because"])}</p>{near}'
            "</div></div></article>"
        )
    return f"<section><h2>What failed</h2>{''.join(cards)}</section>"


def _unmeasured(report: Json) -> str:
    rows = [
        (escape(report["metrics"][row["metric"]]["title"]), str(many), escape(why))
        for row in report["rows"] if row["agent"] == ALL for why, many in row["reasons"].items()
    ]  # fmt: skip
    return f"<section><h2>Not measured</h2>{_table(('metric', 'answers', 'because'), rows)}</section>" if rows else ""


def _prompts(report: Json) -> str:
    rows = []
    for one in report["prompts"]:
        told = [
            f"{escape(report['metrics'][name]['title'])} {figure(values[0], report['metrics'][name]['unit'])}"
            for name, values in one["scores"].items()
        ]
        rows.append(
            (f"{escape(one['prompt'])} <code>{escape(one['version'])}</code>", str(one["answers"]), "; ".join(told))
        )
    return (
        f"<section><h2>By prompt version</h2>{_table(('prompt', 'answers', 'scores'), rows)}</section>" if rows else ""
    )


def _flakes(report: Json) -> str:
    rows = [
        (f"<code>{escape(one['case'])}</code>", escape(report["metrics"][one["metric"]]["title"]), str(one["passed"]),
         str(one["failed"]))
        for one in report["flakes"]
    ]  # fmt: skip
    return f"<section><h2>Flakes</h2>{_table(('case', 'metric', 'passed', 'failed'), rows)}</section>" if rows else ""


def _drawn(runs: Iterable[Json]) -> list[str]:
    return list(dict.fromkeys(name for one in runs for name in one["figures"]))


def _chart(told: Json, points: Sequence[tuple[str, Sequence[float] | None]]) -> str:
    """A line with the interval as a whisker at each point."""
    wide, high, left, foot = 300, 130, 34, 22
    known = [(label, values) for label, values in points if values]
    if not known:
        return ""
    top = 1.0 if told["unit"] == "share" else 1.05 * max(values[2] for _, values in known) or 1.0
    step = (wide - left - 36) / max(1, len(known) - 1)

    def at(value: float) -> float:
        return round(8 + (high - foot - 12) * (1 - value / top), 1)

    xs = [round(left + 8 + step * place, 1) for place in range(len(known))]
    line = " ".join(f"{x},{at(values[0])}" for x, (_, values) in zip(xs, known, strict=True))
    marks = "".join(
        f'<line x1="{x}" x2="{x}" y1="{at(v[1])}" y2="{at(v[2])}"/><circle cx="{x}" cy="{at(v[0])}" r="3"><title>'
        f"{escape(label)}: {figure(v[0], told['unit'])}, {100 * v[3]:.0f} % measured</title></circle>"
        f'<text x="{x}" y="{high - 4}" text-anchor="middle">{escape(label)}</text>'
        for x, (label, v) in zip(xs, known, strict=True)
    )
    axis = (
        f'<text x="{left - 4}" y="{at(top) + 4}" text-anchor="end">{figure(top, told["unit"]).split()[0]}</text>'
        f'<text x="{left - 4}" y="{at(0) + 4}" text-anchor="end">0</text>'
        f'<path class="axis" d="M{left} {at(top)}V{at(0)}H{wide}"/>'
    )
    return (
        f"<figure><figcaption>{escape(told['title'])} <i>{_arrow(told['better'])}</i></figcaption>"
        f'<svg viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(told["title"])}">{axis}'
        f'<polyline points="{line}"/>{marks}</svg></figure>'
    )


def _whisker(row: Json, told: Json, scale: float) -> str:
    found = row["estimate"]
    if found is None:
        return ""
    x = [round(4 + (_WIDE - 8) * min(1.0, found[side] / scale), 1) for side in ("low", "value", "high")]
    return (
        f'<svg class="whisker" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="interval"><path class="axis" '
        f'd="M4 7H{_WIDE - 4}"/><line x1="{x[0]}" x2="{x[2]}" y1="7" y2="7"/><circle cx="{x[1]}" cy="7" r="4"/></svg>'
    )


def _coverage(row: Json) -> str:
    low = ' class="bad"' if row["coverage"] < 0.9 else ""
    return f"<span{low}>{row['measured']}/{row['planned']}</span>"


def _top(row: Json) -> float:
    return float(row["estimate"]["high"]) if row["estimate"] else 0.0


def _arrow(better: str) -> str:
    return "↓ lower is better" if better == "lower" else "↑ higher is better"


def _bar(bar: Json, report: Json) -> str:
    unit = report["metrics"][bar["metric"]]["unit"]
    words = (("at_most", "at most"), ("at_least", "at least"), ("worse_by", "worse by at most"))
    told = [f"{word} {figure(bar[name], unit)}" for name, word in words if bar[name] is not None]
    return ", ".join([*told, f"{bar['coverage']:.0%} measured"])


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
