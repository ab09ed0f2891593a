"""The real pipeline once for an article and a reader, with everything noted that the gate decided."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import anyio

from bench.gate_parts.articles import Pair
from nutgraf.clock import loop_time
from nutgraf.events import Event, Extras, SentenceCommitted, SentenceDropped
from nutgraf.pipeline.parts import Request, Rooms
from nutgraf.pipeline.run import run
from nutgraf.trace.record import Recording
from nutgraf.trust.judge import Judge
from nutgraf.types import Deadline, Draft, Evidence, Scope, Verdict

LONG_S = 7_200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One sentence that a model wrote, what it was held against, and what became of it. `id` is as `ident` says.

    `fate` is shown, softened, copied (shown as a quotation of the same words), quoted (replaced by its source) or
    dropped; `check` decided. `instead` is what was shown in its place. `cpu_ms` is what deciding took on its thread.
    """

    id: str
    model: str
    source: str
    article: str
    member: str
    form: str
    text: str
    evidence: tuple[str, ...]
    fate: str
    check: str
    because: str
    unsupported: float | None
    instead: str
    took_ms: float
    cpu_ms: float


class Noting(Judge):
    """The judge, which notes what it was given and what it took, before and after the detectors had their say."""

    def verdict(self, draft: Draft, evidence: Sequence[Evidence]) -> Verdict:
        """As the judge's."""
        began = time.thread_time()
        found = super().verdict(draft, evidence)
        self.held.append((draft, tuple(evidence), time.thread_time() - began))
        return found

    @property
    def held(self) -> list[tuple[Draft, tuple[Evidence, ...], float]]:
        """Drafts in order, with the evidence each was held against, and the processor seconds of the rules."""
        made: list[tuple[Draft, tuple[Evidence, ...], float]] = self.__dict__.setdefault("_held", [])
        return made


class Timed:
    """A reviewer whose processor time for each sentence is noted."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.spent = inner, dict[str, float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def sentence(self, text: str, *told: Any) -> Any:
        """As the reviewer's."""
        began = time.thread_time()
        found = self._inner.sentence(text, *told)
        self.spent[text] = time.thread_time() - began
        return found


def watched(rooms: Rooms) -> Rooms:
    """The same rooms with a judge that notes."""
    made = replace(rooms)
    object.__setattr__(made, "judge", Noting(made.judge.encoder, made.judge.checks))
    if rooms.reviewer is not None:
        object.__setattr__(made, "reviewer", Timed(rooms.reviewer))
    return made


async def answered(rooms: Rooms, pair: Pair, question: str | None = None) -> tuple[list[Row], list[str]]:
    """(every sentence that was written with its fate, the starter questions). One at a time."""
    now = loop_time()
    seen, told = watched(rooms), list[Event]()
    scope = Scope(
        tenant="bench", member=pair.member.id, purposes=frozenset({"personalise"}), consent_version=1,
        rights=frozenset(),
    )  # fmt: skip
    request = Request(
        stream="bench", scope=scope, item=pair.item, member=pair.member, accepted_at=now,
        deadline=Deadline(now + LONG_S), question=question, agent="general" if question else None,
    )  # fmt: skip
    notes = Recording(anyio.current_time, now)
    await run(request, seen, told.append, notes)
    starters = [text for event in told if isinstance(event, Extras) for text in event.starters]
    form = "question" if question else "panel"
    return _rows(rooms.model_name, pair, form, seen, notes, told), starters


def _rows(model: str, pair: Pair, form: str, rooms: Rooms, notes: Recording, told: Sequence[Event]) -> list[Row]:
    held: list[tuple[Draft, tuple[Evidence, ...], float]] = rooms.judge.held  # type: ignore[attr-defined]
    verdicts = [note.values for note in notes.notes if note.kind == "verdict"]
    assert len(held) == len(verdicts), "a draft was judged without a note"
    spent: dict[str, float] = rooms.reviewer.spent if rooms.reviewer is not None else {}  # type: ignore[attr-defined]
    committed = {event.sentence.id: event.sentence for event in told if isinstance(event, SentenceCommitted)}
    dropped = {event.sentence: event for event in told if isinstance(event, SentenceDropped)}
    found = []
    for (draft, evidence, cpu_s), noted in zip(held, verdicts, strict=True):
        sentence, lost = committed.get(noted["sentence"]), dropped.get(noted["sentence"])
        fate = _fate(noted, sentence)
        quotes = tuple(piece.quote for piece in evidence)
        row = Row(
            id=ident(pair.article, draft.text, quotes), model=model, source=pair.source,
            article=pair.article, member=pair.member.id, form=form, text=draft.text, evidence=quotes, fate=fate,
            check=lost.check if fate == "dropped" and lost else noted["check"], because=noted["because"],
            unsupported=noted["unsupported"],
            instead=sentence.text if sentence is not None and sentence.text != draft.text else "",
            took_ms=noted["took_ms"], cpu_ms=round(1000 * (cpu_s + spent.get(draft.text, 0.0)), 3),
        )  # fmt: skip
        found.append(row)
    return found


def ident(article: str, text: str, evidence: Sequence[str]) -> str:
    """What a sentence is known by, whoever wrote it and whatever the gate makes of it: twelve hex digits."""
    return hashlib.sha256("\x1f".join([article, text, *evidence]).encode()).hexdigest()[:12]


def _fate(noted: dict[str, Any], sentence: Any) -> str:
    if sentence is None:
        return "dropped"
    if sentence.verdict == "quoted":
        return "copied" if sentence.check == "word-for-word" else "quoted"
    return "softened" if sentence.doubtful else "shown"


def as_row(found: Row) -> dict[str, Any]:
    """A row as JSON has it."""
    return asdict(found)
