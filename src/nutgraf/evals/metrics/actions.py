"""Next steps: whether each leads to a real record of the right kind, for a reason that holds."""

from __future__ import annotations

import re

from nutgraf.evals.answers import Answer, actions, offered, plain, said
from nutgraf.evals.cases import Case, Json
from nutgraf.evals.metrics.base import Finding, Measured, Metric, NotMeasured, Tools
from nutgraf.text.words import content_stems

#: Which kinds of records each kind of step may lead to.
LEADS_TO = {
    "learn": ("course", "article", "post"), "connect": ("profile", "company"),
    "engage": ("job", "post", "article", "company", "course", "profile"),
}  # fmt: skip
_EMPTY = re.compile(
    r"^\W*(?:click here|learn more|read more|see more|find out more|explore|discover|get started|continue)\W*$",
    re.IGNORECASE,
)
_SHARED_AT_LEAST = 2


def why_bad(action: Json, answer: Answer, tools: Tools) -> str | None:
    """Why a step is not a good one, None when it is.

    It must say what it does, open a record there is, of the kind it promises, and not the item itself; the record must
    have something to do with the item, the question or the reader; and the facts it names must be in their record.
    """
    if _EMPTY.match(action.get("label") or ""):
        return "does not say what it does"
    record = plain("\n".join(answer.record))
    if lost := [fact["text"] for fact in action.get("facts", ()) if plain(fact["text"]).rstrip(".") not in record]:
        return f"rests on something that is not in the reader's record: {lost[0]}"
    target = action.get("item")
    if not target:
        return None if action.get("question") else "leads nowhere"
    if tools.records is None:
        raise NotMeasured("there are no records to look the steps up in")
    own = (answer.document.get("item") or {}).get("id")
    if target == own:
        drafted = any(one.form == "draft" for one in said(answer))
        return None if drafted else "leads to the item the reader is on"
    kind, text = tools.records.kind(target), tools.records.text(target)
    if kind is None or text is None:
        return f"leads to a record that is not there: {target}"
    if kind not in LEADS_TO.get(str(action.get("kind")), (kind,)):
        return f"a step to {action.get('kind')} leads to a {kind}"
    about = f"{answer.item_text}\n{answer.document.get('question') or ''}\n" + "\n".join(answer.record)
    shared = set(content_stems(text)) & set(content_stems(about))
    return None if len(shared) >= _SHARED_AT_LEAST else "has nothing to do with the item or the reader"


def _measure(case: Case, answer: Answer, tools: Tools) -> Measured:
    steps = actions(answer)
    wanted = case.expect.links
    findings, seen = [], set()
    for step in steps:
        told = (step.get("kind"), step.get("item"), step.get("question"))
        because = "is offered twice" if told in seen else why_bad(step, answer, tools)
        seen.add(told)
        if because:
            findings.append(Finding(str(step.get("label") or ""), because, str(step.get("because") or "")))
    of = len(steps)
    if wanted:
        of += 1
        if not offered(answer) & set(wanted):
            findings.append(Finding("", f"none of {', '.join(wanted)} is offered"))
    return Measured(of - len(findings), of, tuple(findings))


ACTIONS = Metric(
    name="actions", title="Good steps", better="higher", measure=_measure,
    what="Share of the next steps that lead to a real record of the right kind for a reason that holds; with the "
    "records that the case expects to be offered.",
)  # fmt: skip
