"""Repetition, form, time and cost."""

from __future__ import annotations

import re
from collections.abc import Callable

from nutgraf.evals.answers import Answer, said
from nutgraf.evals.cases import Case
from nutgraf.evals.metrics.base import Finding, Measured, Metric, NotMeasured, Tools
from nutgraf.text.words import content_stems

_ALIKE_AT_LEAST = 0.8
_BOILERPLATE = re.compile(
    r"\b(?:in (?:today's|this) (?:fast-paced|ever-changing|digital|modern|competitive)"
    r"|it is (?:important|worth) (?:to note|noting)|as an ai|in conclusion|to sum(?: it)? up|in summary"
    r"|overall, (?:this|the)|this (?:article|post|piece) (?:discusses|explores|highlights|emphasi[sz]es|provides|offers"
    r"|delves)|valuable insights?|game[- ]changer|unlock (?:your|the|new)|take your .{1,30} to the next level|dive in"
    r"|deep dive|ever-evolving|at the end of the day|key takeaway|here are (?:some|the|three)|i hope this helps"
    r"|feel free to|let me know if|sure[,!]|certainly[,!]|great question)\b",
    re.IGNORECASE,
)
_CHATTY_MARKS = re.compile(r"[\U0001F300-\U0001FAFF]|!{2,}")


def boilerplate(text: str) -> str | None:
    """The phrase of a sentence that says nothing, None without one."""
    found = _BOILERPLATE.search(text.replace("’", "'")) or _CHATTY_MARKS.search(text)
    return found.group() if found else None


def _repetition(case: Case, answer: Answer, tools: Tools) -> Measured:
    findings: list[Finding] = []
    seen: list[set[str]] = []
    sentences = said(answer)
    for one in sentences:
        stems = set(content_stems(one.text))
        of_reader = bool(one.member_quotes) and not one.item_quotes
        phrase = None if one.quoted else boilerplate(one.text)
        if phrase:
            findings.append(Finding(one.text, f"boilerplate: {phrase}"))
        elif not of_reader and any(_alike(stems, other) for other in seen):
            findings.append(Finding(one.text, "says again what was said before"))
        if len(stems) > 2:
            seen.append(stems)
    return Measured(len(findings), len(sentences), tuple(findings))


def _alike(one: set[str], other: set[str]) -> bool:
    return len(one) > 2 and len(one & other) >= _ALIKE_AT_LEAST * len(one | other)


def _form(case: Case, answer: Answer, tools: Tools) -> Measured:
    if answer.failed:
        raise NotMeasured(f"the answer failed: {answer.failed}")
    calls = [call for call in answer.calls if call.get("ending") in ("done", "left")]
    if not calls:
        raise NotMeasured("no model was asked, or none came to its end")
    bad = [call for call in calls if any((call.get("repairs") or {}).values())]
    findings = tuple(
        Finding(f"{call['prompt']} {call['version']}", f"had to be put right: {', '.join(sorted(call['repairs']))}")
        for call in bad
    )
    return Measured(len(bad), len(calls), findings)


def _time(name: str) -> Callable[[Case, Answer, Tools], Measured]:
    def measure(case: Case, answer: Answer, tools: Tools) -> Measured:
        value = (answer.document.get("timing") or {}).get(name)
        if value is None:
            raise NotMeasured(f"the answer ended as {answer.ending} without that moment")
        return Measured(float(value), 1.0, passed=True)

    return measure


def _cost(case: Case, answer: Answer, tools: Tools) -> Measured:
    if answer.failed:
        raise NotMeasured(f"the answer failed: {answer.failed}")
    return Measured(float(sum(call.get("micro_usd") or 0 for call in answer.calls)), 1.0, passed=True)


def _tokens(case: Case, answer: Answer, tools: Tools) -> Measured:
    if answer.failed:
        raise NotMeasured(f"the answer failed: {answer.failed}")
    used = sum((call.get("input_tokens") or 0) + (call.get("output_tokens") or 0) for call in answer.calls)
    return Measured(float(used), 1.0, passed=True)


REPETITION = Metric(
    name="repetition", title="Repetition and boilerplate", better="lower", measure=_repetition,
    what="Share of the sentences that say again what an earlier one said, or that are a phrase of no content.",
)  # fmt: skip
FORM = Metric(
    name="format", title="Format failures", better="lower", measure=_form, of_content=False,
    what="Share of the model's answers whose form had to be put right.",
)  # fmt: skip
FIRST_USEFUL = Metric(
    name="first_useful_ms", title="First sentence after", better="lower", measure=_time("first_useful_ms"), unit="ms",
    what="Milliseconds from the request to the first sentence a reader saw.",
)  # fmt: skip
COMPLETE = Metric(
    name="complete_ms", title="Complete after", better="lower", measure=_time("complete_ms"), unit="ms",
    what="Milliseconds from the request to the end of the answer.",
)  # fmt: skip
COST = Metric(
    name="cost", title="Cost", better="lower", measure=_cost, unit="micro_usd", of_content=False,
    what="Millionths of a US dollar an answer cost, after the prices of the configured models.",
)  # fmt: skip
TOKENS = Metric(
    name="tokens", title="Tokens", better="lower", measure=_tokens, unit="tokens", of_content=False,
    what="Tokens that models read and wrote for an answer.",
)  # fmt: skip
