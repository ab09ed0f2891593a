"""The report of the red team: one page that needs nothing else, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from nutgraf.evals.redteam.catalogue import OWASP, SEVERITIES, categories
from nutgraf.evals.redteam.refusals import Refusals
from nutgraf.evals.redteam.results import Finding
from nutgraf.evals.redteam.session import table
from nutgraf.evals.redteam.trial import Outcome
from nutgraf.evals.stats import wilson

Json = dict[str, Any]
FINDINGS_SHOWN, CHAINS_SHOWN = 200, 6
MEANS = {
    "reached": "came into a prompt; nothing of it was shown", "carried": "was shown, as a quotation of its source",
    "said": "was said in the product's own voice", "sent": "put an address or markup of the attacker's into an answer",
    "prompt": "showed the instructions", "leaked": "showed what is somebody else's", "acted": "changed something",
    "endless": "made an answer without end",
}  # fmt: skip


def as_json(
    told: Mapping[str, Any], outcomes: Sequence[Outcome], findings: Sequence[Finding], refusals: Sequence[Refusals]
) -> Json:
    """Everything the page says, as plain values."""
    return {
        "run": dict(told), "totals": _totals(outcomes),
        "categories": [_category(name, row) for name, row in table(outcomes, "category").items()],
        "surfaces": _rows(outcomes, "surface"), "mutators": _rows(outcomes, "chain"),
        "findings": [{**asdict(one), "reproducible": one.reproducible} for one in findings],
        "over_refusal": [{**asdict(one), "rate": round(one.rate, 4)} for one in refusals],
    }  # fmt: skip


def _totals(outcomes: Sequence[Outcome]) -> Json:
    through = [one for one in outcomes if one.level == 4]
    return {
        "tried": len(outcomes), "reached": sum(one.reached for one in outcomes),
        "carried": sum(one.effect == "carried" for one in through),
        "through": sum(one.effect != "carried" for one in through),
        "writes_unconfirmed": sum(one.effect == "acted" for one in through),
        "outside_addresses": sum(one.effect == "sent" for one in through),
        "foreign_canaries": sum(one.effect == "leaked" for one in through),
    }  # fmt: skip


def _rows(outcomes: Sequence[Outcome], of: str) -> list[Json]:
    return [{"name": name, **_rates(row)} for name, row in table(outcomes, of).items()]


def _rates(row: Mapping[str, int]) -> Json:
    share = row["through"] / row["tried"] if row["tried"] else 0.0
    low, high = wilson(share, row["tried"]) if row["tried"] else (0.0, 1.0)
    return {**row, "success": round(share, 4), "low": round(low, 4), "high": round(high, 4)}


def _category(name: str, row: Mapping[str, int]) -> Json:
    known = categories()[name]
    return {
        "name": name, "title": known.title, "owasp": known.owasp, "owasp_title": OWASP[known.owasp], **_rates(row)
    }  # fmt: skip


def as_html(told: Json) -> str:
    """The page of a report that `as_json` made: no script, no address outside, light and dark."""
    run, totals = told["run"], told["totals"]
    still = [one for one in told["findings"] if one["status"] in ("open", "regressed") and one["severity"] != "info"]
    lead = (
        f"{totals['tried']} attacks on <b>{escape(str(run.get('target', '')))}</b>: {totals['reached']} came into a "
        f"prompt, {totals['carried']} were shown as a quotation of their source, {totals['through']} came through. "
        f"{len(still)} findings are open."
    )
    walls = "".join(
        f'<div class="wall {"ok" if not totals[key] else "bad"}"><b>{totals[key]}</b><span>{name}</span></div>'
        for key, name in (
            ("writes_unconfirmed", "unconfirmed writes"), ("outside_addresses", "addresses of the attacker shown"),
            ("foreign_canaries", "facts of other members"), ("through", "came through in all"),
        )
    )  # fmt: skip
    parts = [
        f"<h1>Red team</h1><p class=lead>{lead}</p><div class=walls>{walls}</div>",
        _section("Attack success by category", _category_table(told["categories"])),
        _section("By surface", _table("surface", told["surfaces"])),
        _section("By way of writing", _table("mutators", told["mutators"])),
        _section("Findings", _findings(told["findings"])),
        _section("Harmless texts that were turned away", _refusals(told["over_refusal"])),
        _footer(run),
    ]
    style = (Path(__file__).parent / "report.css").read_text("utf-8")
    head = "<meta charset=utf-8><meta name=viewport content='width=device-width'><title>Red team</title>"
    return f"<!doctype html><html lang=en>{head}<style>{style}</style><main>{''.join(parts)}</main></html>\n"


def _footer(run: Mapping[str, Any]) -> str:
    at, version, attacked = (escape(str(run.get(name, ""))) for name in ("at", "version", "attacked"))
    return (
        f"<footer>Run {at}, {version}; what was attacked has the version {attacked}. "
        "Intervals are Wilson's, 95 %.</footer>"
    )


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>"


def _bar(row: Mapping[str, Any]) -> str:
    """A share with its interval, as a figure and as a picture of it."""
    low, high, at = (f"{100 * float(row[key]):.1f}%" for key in ("low", "high", "success"))
    picture = f"<i class=range style='left:{low};right:calc(100% - {high})'></i><i class=dot style='left:{at}'></i>"
    figures = f"<td class=n>{at}</td><td class=iv>{low} – {high}</td>"
    return f"{figures}<td><div class=bar aria-hidden=true>{picture}</div></td>"


def _counts(row: Mapping[str, Any]) -> str:
    return "".join(f"<td class=n>{row[key]}</td>" for key in ("tried", "reached", "obeyed", "carried", "through"))


_COUNT_HEADS = "<th class=n>tried<th class=n>in a prompt<th class=n>obeyed, held<th class=n>quoted<th class=n>through"
_RATE_HEADS = "<th class=n>success<th>interval<th>0 to 100 %"


def _category_table(rows: Iterable[Mapping[str, Any]]) -> str:
    body = "".join(
        f"<tr><th scope=row>{escape(row['title'])}<small>{row['owasp']}: {escape(row['owasp_title'])}</small></th>"
        f"{_counts(row)}{_bar(row)}</tr>"
        for row in sorted(rows, key=lambda row: (row["owasp"], row["title"]))
    )
    return _wrapped(f"<thead><tr><th>category{_COUNT_HEADS}{_RATE_HEADS}</thead><tbody>{body}</tbody>")


def _table(what: str, rows: Iterable[Mapping[str, Any]]) -> str:
    body = "".join(
        f"<tr><th scope=row>{escape(row['name'])}</th>{_counts(row)}{_bar(row)}</tr>"
        for row in sorted(rows, key=lambda row: (-row["success"], -row["reached"], row["name"]))
    )
    return _wrapped(f"<thead><tr><th>{what}{_COUNT_HEADS}{_RATE_HEADS}</thead><tbody>{body}</tbody>")


def _findings(rows: Sequence[Mapping[str, Any]]) -> str:
    told = [row for row in rows if row["severity"] != "info"]
    told.sort(key=lambda row: -SEVERITIES.index(row["severity"]))
    reached = len(rows) - len(told)
    items = [_finding(row) for row in told[:FINDINGS_SHOWN]]
    if reached:
        items.append(f"<p class=quiet>{reached} more came into a prompt and no further; see findings.jsonl.</p>")
    return "".join(items) if told else "".join(["<p>Nothing came through.</p>", *items])


def _finding(row: Mapping[str, Any]) -> str:
    chains = [" + ".join(chain) for chain in row["chains"]]
    more = f" and {len(chains) - CHAINS_SHOWN} more" if len(chains) > CHAINS_SHOWN else ""
    written = escape(", ".join(chains[:CHAINS_SHOWN])) + more
    note = f" · {escape(row['note'])}" if row["note"] else ""
    return (
        f"<details><summary><span class='tag {row['severity']}'>{row['severity']}</span> <code>{row['id']}</code> "
        f"{escape(row['attack'])} on {row['surface']}: {escape(MEANS.get(row['effect'], row['effect']))} "
        f"<span class=status>{row['status']}, {row['seen']} of {row['tried']} tries again</span></summary>"
        f"<blockquote>{escape(row['shows'])}</blockquote>"
        f"<p>{row['owasp']} · written as {written}{note}</p></details>"
    )


def _refusals(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>Not measured in this run; give --data, or leave --no-benign out.</p>"
    body = ""
    for row in rows:
        shown = "".join(f"<li>{escape(text)}</li>" for text in row["examples"]) if row["label"] == "benign" else ""
        listed = f"<details><summary>which</summary><ul>{shown}</ul></details>" if shown else ""
        rates = _bar({"low": row["low"], "high": row["high"], "success": row["rate"]})
        counts = f"<td>{escape(row['label'])}</td><td class=n>{row['n']}</td><td class=n>{row['refused']}</td>"
        body += f"<tr><th scope=row>{escape(row['name'])}{listed}</th>{counts}{rates}</tr>"
    note = "<p class=quiet>Of texts labelled benign every refusal is one too many; of others it is what is wanted.</p>"
    return note + _wrapped(
        f"<thead><tr><th>set<th>label<th class=n>texts<th class=n>turned away{_RATE_HEADS}</thead><tbody>{body}</tbody>"
    )


def _wrapped(inside: str) -> str:
    return f"<div class=wide tabindex=0 role=region aria-label=table><table>{inside}</table></div>"
