"""What every stream owes its reader, checked from what was told alone, without the judge's own tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nutgraf.events import KINDS, NEXT, Event
from nutgraf.testing import Call
from nutgraf.text.words import STOPWORDS
from nutgraf.trust.judge import Judge
from nutgraf.types import Draft, Evidence, Item, Verdict

Json = dict[str, Any]
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")


@dataclass(frozen=True, eq=False)
class WatchedJudge(Judge):
    """The judge, writing down what it said; `lax` lets everything pass all the same."""

    ledger: list[tuple[str, Verdict]] = field(default_factory=list)
    lax: bool = False

    def verdict(self, draft: Draft, evidence: Sequence[Evidence]) -> Verdict:
        """The judge's verdict, or with `lax` a kind word."""
        said = super().verdict(draft, evidence)
        self.ledger.append((draft.text, said))
        return Verdict("supported", "all") if self.lax else said


@dataclass(kw_only=True)
class Told:
    """What the reader of one stream was told, and what is known of how it came about."""

    name: str
    item: Item
    texts: Mapping[str, str]
    deadline_ms: float
    first_ms: float
    question: bool = False
    disturbed: bool = False
    events: list[Json] = field(default_factory=list)
    calls: Sequence[Call] = ()
    of_records: bool = False
    ledger: list[tuple[str, Verdict]] = field(default_factory=list)

    @property
    def sentences(self) -> list[Json]:
        """The committed sentences in order."""
        return [event["sentence"] for event in self.events if event["kind"] == "sentence-committed"]

    @property
    def closed(self) -> Json:
        """The ending; empty when there is none."""
        return next((event for event in self.events if event["kind"] == "closed"), {})


def faults(told: Told) -> list[str]:
    """Everything in which a stream broke its promises, one word or two each."""
    return [*_endings(told), *_order(told), *_of_sentences(told), *_usefulness(told), *_of_model(told)]


def _endings(told: Told) -> Iterator[str]:
    places = [n for n, event in enumerate(told.events) if event["kind"] == "closed"]
    if not places:
        yield "none"
    elif len(places) > 1:
        yield "twice"
    if places and places[0] != len(told.events) - 1:
        yield "after"


def _order(told: Told) -> Iterator[str]:
    """The table of what may follow what, and blocks and sentences that open, settle and close under one name."""
    last: type[Event] | None = None
    block, held = "", ""
    names: set[str] = set()
    for event in told.events:
        kind = KINDS[event["kind"]]
        if kind not in NEXT[last]:
            yield f"order: {event['kind']} after {last and last.__name__}"
        last = kind
        match event["kind"]:
            case "block-start":
                block = event["block"]
                if block in names:
                    yield "order: block again"
                names.add(block)
            case "sentence-held":
                held = event["sentence"]
                if held in names or event["block"] != block:
                    yield "order: held again"
                names.add(held)
            case "sentence-committed" | "sentence-dropped":
                said = event["sentence"]
                if (said["id"] if isinstance(said, dict) else said) != held or event["block"] != block:
                    yield "order: never held"


def _of_sentences(told: Told) -> Iterator[str]:
    passed = {text for text, verdict in told.ledger if verdict.verdict == "supported"}
    if len({sentence["text"] for sentence in told.sentences}) < len(told.sentences):
        yield "said twice"
    for sentence in told.sentences:
        evidence = sentence["evidence"]
        if not evidence:
            yield "no evidence"
        for piece in evidence:
            if told.texts.get(piece["ref"], "")[piece["start"] : piece["end"]] != piece["quote"] or not piece["quote"]:
                yield "not verbatim"
            if (piece["source"] == "item") != (piece["ref"] == told.item.id):
                yield "wrong source"
        known = " ".join(piece["quote"] for piece in evidence)
        yield from unknown_words(sentence["text"], known)
        if sentence["verdict"] == "supported" and sentence["text"] not in passed:
            yield "failed draft shown"
        if sentence["verdict"] == "quoted" and plain(sentence["text"]) != plain(known):
            yield "quotation changed"


def unknown_words(text: str, evidence: str) -> Iterator[str]:
    """`number` and `name` for each figure and capital of a text that its evidence lacks."""
    figures = set(_FIGURE.findall(evidence))
    for figure in _FIGURE.findall(text):
        if figure not in figures:
            yield f"number {figure}"
    words = {part for word in _WORD.findall(evidence) for part in (word.casefold(), *word.casefold().split("-"))}
    for word in _WORD.findall(text):
        bare = re.sub("[’']s$", "", word).casefold()
        if any(map(str.isupper, word)) and bare not in words | STOPWORDS and word.casefold() not in words:
            yield f"name {word}"


def _usefulness(told: Told) -> Iterator[str]:
    """Whatever the model does, there is a panel, in time, and it says what was left out."""
    closed = told.closed
    if told.disturbed or not closed:
        return
    if told.of_records and closed["ending"] == "declined":
        return
    texts = list(_same_text(told.calls))
    last = [calls[-1] for calls in texts]
    broke = [calls[-1] for calls in texts if any(map(_spoke, calls)) and _not_made_good(calls)]
    if closed["ending"] != ("truncated" if broke else "done") and not _by_the_clock(told, last, broke):
        yield "cut as done" if closed["ending"] == "done" else f"ended {closed['ending']}"
        return
    if closed["ending"] == "truncated" and not closed["regenerate"]:
        yield "nothing offered"
    if closed["complete_ms"] > told.deadline_ms:
        yield "late"
    blocks = [event["block"] for event in told.events if event["kind"] == "block-start"]
    spoken = {event["block"] for event in told.events if event["kind"] == "sentence-committed"}
    whole = closed["ending"] == "done"
    if set(blocks) != spoken or (whole and len(blocks) < (1 if told.question else 2)):
        yield "empty block"
    if whole and not told.question and closed["first_useful_ms"] > min(told.first_ms, told.deadline_ms):
        yield "first words late"
    failed = any(call.ending in ("failed", "cancelled") for call in last)
    if failed and not any(part["what"] == "writing" for part in closed["skipped"]):
        yield "cut as done"


def _same_text(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """The requests for one text together: tried again, made elsewhere, or going on where another was cut off."""
    texts: list[list[Call]] = []
    for call in calls:
        asked = call.prompt.messages
        for text in texts:
            first = text[0].prompt.messages
            if asked[: len(first)] == first:
                text.append(call)
                break
        else:
            texts.append([call])
    yield from texts


def _spoke(call: Call) -> bool:
    return bool("".join(call.said))


def _not_made_good(calls: Sequence[Call]) -> bool:
    """Whether a text was cut off: its last request failed, or failed before it and was given up in silence."""
    failed = any(call.ending == "failed" for call in calls)
    return calls[-1].ending == "failed" or (failed and calls[-1].ending == "left" and not _spoke(calls[-1]))


def _by_the_clock(told: Told, last: Sequence[Call], broke: Sequence[Call]) -> bool:
    """Whether every stream that failed had only come to the end of its own time, which is no cut."""
    late = [call for call in last if call.ending in ("failed", "cancelled") and _ran_out(call)]
    if told.closed["ending"] == "truncated":
        return bool(late) and not told.of_records
    return told.closed["ending"] == "done" and all(map(_ran_out, broke))


def _ran_out(call: Call) -> bool:
    return call.closed_at is not None and call.closed_at >= call.deadline.at


def _of_model(told: Told) -> Iterator[str]:
    """Every request to the model was closed, and no half sentence of a broken one was taken for a whole one."""
    if any(call.closed_at is None for call in told.calls):
        yield "model left open"
    shown = {letters(s["text"]) for s in told.sentences if s["verdict"] == "supported"}
    for call in told.calls:
        said = "".join(call.said)
        if call.ending not in ("failed", "cancelled") or said[-1:].isspace():
            continue
        half = letters(re.split(r"[.!?]\s|\n", re.sub(r"\[[\d,; ]*\]?", "", said))[-1])
        if half and half in shown:
            yield "cut as done"


def plain(text: str) -> str:
    """Without markup, white space as single spaces."""
    return " ".join(text.replace("**", "").split())


def letters(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]", "", text).casefold()
