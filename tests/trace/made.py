"""A recording of one invented answer, made note by note on a hand-set clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from nutgraf.conversation import Turn
from nutgraf.orchestration import Fate, Passage, SourceReport, Usage
from nutgraf.trace.record import Recording
from nutgraf.types import Fact, Message, Prompt, Scope, Skipped

AT = "2026-05-01T09:30:00.250+00:00"
SECRET = "xylocanary"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def to_ms(self, ms: float) -> None:
        """Set it to so many milliseconds after the acceptance of the request."""
        self.now = 100.0 + ms / 1000


def scope(member: str | None = "ann", tenant: str = "acme", *rights: str) -> Scope:
    """A scope of one member."""
    return Scope(
        tenant=tenant, member=member, purposes=frozenset({"personalise"}), consent_version=1, rights=frozenset(rights)
    )


HOST = scope(None, "acme", "members:read-any")


def recorded(
    stream: str = "s1", member: str | None = "ann", *, at: str = AT, done: Callable[[Recording], None] | None = None
) -> Recording:
    """A whole answer of a member who says a secret."""
    clock = Clock()
    made = Recording(clock, 100.0, scope=scope(member), stream=stream, at=at, done=done)
    made.note(
        "request", stream=stream, item="post-1", content_hash="abc", member=member, question=f"Why {SECRET}?",
        agent=None, model="small", deadline_ms=5000, purposes=frozenset({"personalise"}), consent_version=1,
        history=(Turn("post-1", "s0", f"first {SECRET}", "because", at),), without=frozenset(),
    )  # fmt: skip
    clock.to_ms(2)
    made.note("route", agent="general", by="rules", because="asks why", confidence=1.0, sources=("item",))
    clock.to_ms(30)
    kept = Passage(source="item", ref="post-1", text="The wait fell to 29 minutes.", vector=np.ones(2, np.float32))
    cut = Passage(source="record", ref="skill.0", text=f"skill {SECRET}", origin="member", partition="member")
    made.note("source", report=SourceReport(source="item", outcome="ok", took_ms=12.0, found=1, kept=1))
    made.note("source", report=SourceReport(source="web", outcome="late", took_ms=25.0))
    made.note("blend", fates=(Fate(kept, True, "best", 1.0, 9), Fate(cut, False, "no room", 0.2, 3)), tokens=9)
    made.note("stage", name="gathering", took_ms=28.0)
    made.note("used", facts=(Fact("skill.0", "skill", f"skill {SECRET}"),))
    prompt = Prompt(name="answer", version="0123456789ab", messages=(Message("user", f"[1] … {SECRET}"),))
    call = made.call(prompt, model="small", block="a1")
    for ms, text in ((80, "The wait "), (95, "fell. [1]\n")):
        clock.to_ms(ms)
        call.piece(text)
    call.end("done", usage=Usage(input_tokens=40, output_tokens=9))
    made.note("draft", block="a1", sentence="s1", text="The wait fell.", citations=(1,))
    made.note(
        "verdict", block="a1", sentence="s1", text="The wait fell.", verdict="supported", check="entailment",
        because="as in e1", evidence=["e1"], took_ms=1.5,
    )  # fmt: skip
    clock.to_ms(100)
    skipped = (Skipped("source web", "it was late"),)
    made.note("ending", ending="done", reason=None, skipped=skipped, first_useful_ms=97.0, complete_ms=100.0)
    return made


def values(recording: Recording, kind: str) -> list[dict[str, Any]]:
    """The values of the notes of one kind."""
    return [note.values for note in recording.notes if note.kind == kind]


def today() -> str:
    """The moment now, as a recording has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
