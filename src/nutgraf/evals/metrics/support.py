"""Unsupported claims: every sentence held against what it may rest on, the item's side and the reader's apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from nutgraf.detection import Detected
from nutgraf.errors import MissingPart
from nutgraf.evals.answers import Answer, Said, blocks, plain, said
from nutgraf.evals.cases import Case, Json
from nutgraf.evals.metrics.base import Finding, Measured, Metric, NotMeasured, Tools
from nutgraf.trust.grounding.flatten import flatten

Side = Literal["item", "member"]
_EVIDENCE_CHARS = 400
_OWN = re.compile(r"\b(?:I|I'm|I've|my|we|our)\b")
NO_CLAIM = "no-claim"


@dataclass(frozen=True)
class Held:
    """A sentence held against its evidence: which side it is about, whether it is borne out, and what was found."""

    said: Said
    side: Side
    supported: bool
    found: Detected | None
    nearest: str = ""


def held(answer: Answer, tools: Tools) -> tuple[Held, ...]:
    """Every sentence of an answer. Raises NotMeasured where it has to be asked of a detector that is not there."""
    key = ("held", answer.key)
    if key not in tools.kept:
        lines = sources_of(answer, tools)
        whole = plain("\n".join(lines))
        record = plain("\n".join(answer.record))
        tools.kept[key] = tuple(_held(one, answer, tools, lines, whole, record) for one in said(answer))
    found: tuple[Held, ...] = tools.kept[key]
    return found


def sources_of(answer: Answer, tools: Tools) -> tuple[str, ...]:
    """The lines that a sentence about the item may rest on: the item, what was found, and the records it cites.

    What an answer only says to be its evidence does not count: records are looked up.
    """
    texts = [answer.item_text, *(str(one["text"]) for one in answer.passages if one.get("origin") != "member")]
    refs = {one["ref"] for sentence in _sentences(answer) for one in sentence.get("evidence", ())}
    if tools.records is not None:
        texts += [text for ref in sorted(refs) if (text := tools.records.text(ref))]
    return tuple(dict.fromkeys(line for text in texts if text for line in flatten(text)))


def unsupported(side: Side) -> Metric:
    """The metric of one side: the share of its sentences that nothing bears out."""

    def measure(case: Case, answer: Answer, tools: Tools) -> Measured:
        own = [one for one in held(answer, tools) if one.side == side]
        bad = [one for one in own if not one.supported]
        return Measured(len(bad), len(own), tuple(_finding(one) for one in bad))

    of = "the item or another record" if side == "item" else "the reader"
    return Metric(
        name=f"unsupported_{side}",
        title=f"Unsupported claims about {'the item' if side == 'item' else 'the reader'}",
        what=f"Share of the sentences about {of} that no evidence bears out.",
        better="lower", measure=measure,
        applies=(lambda case: True) if side == "item" else (lambda case: case.member is not None),
    )  # fmt: skip


def _any(case: Case, answer: Answer, tools: Tools) -> Measured:
    bad = [one for one in held(answer, tools) if not one.supported]
    return Measured(float(bool(bad)), 1.0, tuple(_finding(one) for one in bad))


ITEM, MEMBER = unsupported("item"), unsupported("member")
ANSWER = Metric(
    name="unsupported_answer", title="Answers with an unsupported claim", better="lower", measure=_any,
    what="Share of the answers with at least one sentence, on either side, that no evidence bears out.",
)  # fmt: skip


def _held(one: Said, answer: Answer, tools: Tools, lines: tuple[str, ...], whole: str, record: str) -> Held:
    text = plain(one.text).rstrip(".")
    of_reader = bool(one.member_quotes) and not one.item_quotes
    if text and (text in record if of_reader else text in whole):  # word for word: no detector is asked
        return Held(one, "member" if of_reader else "item", True, None)
    if tools.desk is None:
        raise NotMeasured("no detector was given, and not every sentence stands in its source word for word")
    try:
        grounding, member = tools.desk.detector("grounding"), tools.desk.detector("member")
    except MissingPart as exc:
        raise NotMeasured(str(exc)) from exc
    of_them = member.detect([one.text], answer.record)[0]
    if of_them.check != NO_CLAIM:
        found, held_against, judge = of_them, answer.record, "member"
    else:
        of_reader = of_reader or (one.form == "draft" and bool(_OWN.search(one.text)))
        held_against, judge = (*lines, *answer.record) if of_reader else lines, "grounding"
        if not held_against:
            raise NotMeasured("there is no text to hold the answer against")
        found = grounding.detect([one.text], held_against)[0]
    supported = tools.desk.verdict(judge, found) != "unsupported"
    nearest = next((held_against[row] for row in found.evidence if row < len(held_against)), "")
    side: Side = "member" if of_reader or judge == "member" else "item"
    return Held(one, side, supported, found, nearest[:_EVIDENCE_CHARS])


def _finding(one: Held) -> Finding:
    found = one.found
    because = found.because if found is not None and found.because else "no evidence bears it out"
    span = max(found.spans, key=lambda mark: mark.score, default=None) if found is not None else None
    start, end = (span.start, span.end) if span is not None else (0, 0)
    return Finding(one.said.text, because, one.nearest, start, end, round(found.score, 4) if found else None)


def _sentences(answer: Answer) -> list[Json]:
    return [sentence for block in blocks(answer) for sentence in block.get("sentences", ())]
