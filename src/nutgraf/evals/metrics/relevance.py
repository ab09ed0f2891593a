"""Relevance: whether what is needed was found, and whether the answer tells it; and whether it ended as it should."""

from __future__ import annotations

from nutgraf.evals.answers import Answer, holds, said, shown
from nutgraf.evals.cases import Case
from nutgraf.evals.metrics.base import Finding, Measured, Metric, NotMeasured, Tools


def _recall(case: Case, answer: Answer, tools: Tools) -> Measured:
    if not answer.passages and not said(answer):
        raise NotMeasured("nothing was retrieved, and nothing was said")
    quotes = [quote for one in said(answer) for quote in one.quotes]
    whole = "\n".join([*(str(one["text"]) for one in answer.passages), *quotes])
    lost = [one for one in case.expect.finds if not holds(whole, one)]
    findings = tuple(Finding(one, "is in no passage that the answer was written from") for one in lost)
    return Measured(len(case.expect.finds) - len(lost), len(case.expect.finds), findings)


def _answered(case: Case, answer: Answer, tools: Tools) -> Measured:
    whole = shown(answer)
    lost = [one for one in case.expect.says if not holds(whole, one)]
    findings = tuple(Finding(one, "is not in the answer") for one in lost)
    return Measured(len(case.expect.says) - len(lost), len(case.expect.says), findings)


def _ending(case: Case, answer: Answer, tools: Tools) -> Measured:
    """Whether the answer came when one was wanted, whole, and stayed away when none was."""
    wanted, spoke = case.expect.ending, bool(said(answer))
    if answer.failed or answer.ending == "failed":
        because = f"failed: {answer.failed or answer.document.get('reason') or 'no reason given'}"
    elif wanted == "answered" and not spoke:
        because = f"nothing was said ({answer.ending}: {answer.document.get('reason') or 'no reason given'})"
    elif wanted == "declined" and spoke:
        because = "something was said where nothing should be"
    elif wanted == "answered" and answer.ending != "done":
        because = f"ended as {answer.ending}: {answer.document.get('reason') or 'no reason given'}"
    else:
        return Measured(1.0, 1.0)
    return Measured(0.0, 1.0, (Finding(case.question or "takeaways", because),))


RECALL = Metric(
    name="recall", title="What is needed was found", better="higher", measure=_recall,
    what="Share of the texts a case names that stand in the passages the answer was written from.",
    applies=lambda case: bool(case.expect.finds), of_content=False,
)  # fmt: skip
ANSWERED = Metric(
    name="answered", title="What was asked is told", better="higher", measure=_answered,
    what="Share of the texts a good answer tells that are in the answer.",
    applies=lambda case: bool(case.expect.says), of_content=False,
)  # fmt: skip
AS_EXPECTED = Metric(
    name="ending", title="Ended as it should", better="higher", measure=_ending,
    what="Share of the cases that were answered whole where an answer was wanted, and declined where none was.",
    of_content=False,
)  # fmt: skip
