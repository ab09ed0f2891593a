"""The table of the gate: what was written, what was shown, what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.gate_parts.rates import OUTCOMES, Row, bad, labelled, share, told_apart, useful
from nutgraf.trust.desk import Desk
from nutgraf.trust.grounding.flatten import flatten
from nutgraf.trust.output.clean import clean
from nutgraf.trust.output.links import Allowed
from nutgraf.trust.pii import structured

PRIVATE = frozenset({"card", "iban", "ssn", "national_id", "email", "phone"})
DETECTORS = ("grounding", "tone", "attack")


class Scored:
    """What the detectors say of texts, each asked once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._limit = {name: desk.threshold(name) for name in DETECTORS}
        self._known: dict[tuple[str, Any], bool] = {}

    def unsupported(self, text: str, evidence: Sequence[str]) -> bool:
        """Whether the grounding detector finds that the evidence does not bear a text out."""
        key = (text, tuple(evidence))
        if key not in self._known:
            lines = tuple(line for piece in evidence for line in flatten(piece))
            found = self._desk.detector("grounding").detect([text], lines)[0] if lines else None
            self._known[key] = found is None or found.score >= self._limit["grounding"]
        return self._known[key]

    def out_of_tone(self, text: str) -> bool:
        """Whether the tone detector flags a text."""
        if (text, "tone") not in self._known:
            self._known[text, "tone"] = self._desk.detector("tone").detect(text).score >= self._limit["tone"]
        return self._known[text, "tone"]

    def breach(self, text: str, evidence: Sequence[str]) -> bool:
        """Whether a text carries an order on, holds personal data or an address its evidence does not, or markup."""
        if (text, "policy") not in self._known:
            labels = self._desk.detector("attack").detect(text).labels
            order = max(labels.get("injection", 0.0), labels.get("jailbreak", 0.0)) >= self._limit["attack"]
            source = " ".join(evidence)
            private = any(
                mark.label in PRIVATE and text[mark.start : mark.end] not in source for mark in structured.find(text)
            )
            hostile = clean(text, Allowed.of(texts=evidence)).hostile and text not in source
            self._known[text, "policy"] = order or private or hostile
        return self._known[text, "policy"]


def passed(row: Row) -> bool:
    """Whether the model's own words were shown."""
    return OUTCOMES[row["fate"]] != "lost"


def model_lines(name: str, rows: Sequence[Row], labels: Mapping[str, Row], scored: Scored) -> list[str]:
    """What the table says of one model."""
    kept = [row for row in rows if passed(row)]
    shown = [{**row, "text": row["instead"] or row["text"]} for row in rows if row["fate"] != "dropped"]
    fates = Counter(row["fate"] for row in rows)
    everything = ("passed", "copied", "lost")
    known, articles = sum(row["id"] in labels for row in rows), len({row["article"] for row in rows})

    def pair(what: str, before: object, after: object) -> str:
        return f"| {what} | {before} | {after} |"

    return [
        f"### {name}: {len(rows)} sentences written, {articles} articles, {known} labelled by hand",
        "",
        "| of the sentences | before the gate: written | after the gate: shown |",
        "|---|---|---|",
        pair(
            "unsupported, by hand", labelled(rows, labels, bad, everything),
            labelled(rows, labels, bad, ("passed", "copied")),
        ),
        pair(
            "… of those, wholly unsupported", labelled(rows, labels, _wholly, everything),
            labelled(rows, labels, _wholly, ("passed", "copied")),
        ),
        pair("… in the model's own words only", "", labelled(rows, labels, bad, ("passed",))),
        pair(
            "unsupported, by the detector", share(rows, lambda row: scored.unsupported(row["text"], row["evidence"])),
            share(kept, lambda row: scored.unsupported(row["text"], row["evidence"])),
        ),
        pair(
            "wrong tone, by the detector", share(rows, lambda row: scored.out_of_tone(row["text"])),
            share(shown, lambda row: scored.out_of_tone(row["text"])),
        ),
        pair(
            "wrong tone or breach of policy, by hand", labelled(rows, labels, _amiss, everything),
            labelled(rows, labels, _amiss, ("passed", "copied")),
        ),
        pair(
            "breach of policy, by the detectors", share(rows, lambda row: scored.breach(row["text"], row["evidence"])),
            share(shown, lambda row: scored.breach(row["text"], row["evidence"])),
        ),
        "",
        f"What became of them: {_counts(fates)}.",
        *_cost(rows, labels),
        "",
    ]  # fmt: skip


def _amiss(label: Row) -> bool:
    return label.get("tone", "right") != "right" or label.get("policy", "kept") != "kept"


def _wholly(label: Row) -> bool:
    return bool(label["label"] == "unsupported")


def _counts(fates: Counter[str]) -> str:
    words = {
        "shown": "shown", "softened": "shown with a reservation", "copied": "shown as the quotation they are",
        "quoted": "replaced by their source", "dropped": "dropped",
    }  # fmt: skip
    return ", ".join(f"{fates[fate]} {said}" for fate, said in words.items())


def _cost(rows: Sequence[Row], labels: Mapping[str, Row]) -> list[str]:
    lost = [row for row in rows if not passed(row)]
    wrongly = labelled(rows, labels, useful, ("lost",))
    checks = Counter(row["check"] for row in lost)
    took, cpu = np.array([row["took_ms"] for row in rows]), np.array([row["cpu_ms"] for row in rows])
    refused = ", ".join(f"{name} {count}" for name, count in checks.most_common(8))
    half, most = np.quantile(cpu, (0.5, 0.95))
    wall = " and ".join(f"{value:.0f} ms" for value in np.quantile(took, (0.5, 0.95)))
    lost_line = (
        f"Lost: {share(rows, lambda row: not passed(row))} of the sentences, refused by {refused or 'nothing'}. "
        f"Of the lost, right and useful by hand: {wrongly} of {wrongly.of} labelled."
    )
    delay = (
        f"Delay a sentence: p50 {half:.1f} ms, p95 {most:.1f} ms of the processor ({wall} on this run's wall clock)."
    )
    return [lost_line, "", delay]


def judges_lines(rows: Sequence[Row], labels: Mapping[str, Row], scored: Scored) -> list[str]:
    """How well each layer tells supported from unsupported sentences, against the hand labels."""
    known = [row for row in rows if row["id"] in labels]
    told = Counter(labels[row["id"]]["label"] for row in known)
    lines = [
        "### Against the hand labels",
        "",
        f"{len(known)} sentences: "
        + ", ".join(f"{count} {label}" for label, count in told.most_common())
        + ". Copies are few "
        "among them, and those the gate always passes: of all sentences it passes more of the supported ones.",
        "",
        "| what flags | unsupported ones flagged | supported ones passed |",
        "|---|---|---|",
    ]
    layers = {
        "the grounding detector alone": lambda row: scored.unsupported(row["text"], row["evidence"]),
        "the rules and the detectors, as shipped": lambda row: not passed(row),
    }
    for name, flags in layers.items():
        sensitivity, specificity = told_apart(known, labels, flags)
        lines.append(f"| {name} | {sensitivity} of {sensitivity.of} | {specificity} of {specificity.of} |")
    return [*lines, ""]
