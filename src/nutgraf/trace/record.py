"""Notes of one answer while it runs: in memory, bounded, cheap; they are written down after it has ended.

The kinds of notes and their values (all values are optional; ours are kept as they are until they are written):

request  stream, item, content_hash, title, member, question, agent, model, deadline_ms, purposes, consent_version,
         history (turns), remembered (their ids), without (fact ids), small (one sentence at a time), overloaded
route    agent, by, because, confidence, sources, question (as it was understood)
stage    name, took_ms
source   report (a `SourceReport`)
blend    fates (of every passage that was found, with its reason), tokens
used     facts
model    block, step, model, prompt (a `Prompt`), pieces ([ms, text] each), ending, error, usage, cached, repairs
draft    block, sentence, text, citations
verdict  block, sentence, text, verdict, check, because, evidence, took_ms
sent     block, sentence (a `Sentence`, as it was committed)
event    counts (how many events of each kind were sent)
ending   ending, reason, ticket, skipped, first_useful_ms, complete_ms
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from nutgraf.orchestration import Usage
    from nutgraf.types import Prompt, Scope

NOTES_AT_MOST = 4_000
PIECES_AT_MOST = 20_000
#: What a note may be about.
NoteKind = Literal[
    "request", "route", "stage", "source", "blend", "used", "model", "draft", "verdict", "sent", "event", "ending"
]
CallEnding = Literal["done", "left", "failed", "cancelled"]


class Note(NamedTuple):
    """One note: milliseconds since the request was accepted, what it is about, its values."""

    at_ms: float
    kind: str
    values: dict[str, Any]


class Call:
    """One request to a model, noted when it begins, so that it is in the record however it ends.

    Set `left` when nothing more of it is wanted.
    """

    __slots__ = ("_recording", "_values", "left")

    def __init__(self, recording: Recording, values: dict[str, Any]) -> None:
        self._recording, self._values = recording, values
        self.left = False

    def piece(self, text: str) -> None:
        """A piece of text arrived now."""
        pieces = self._values["pieces"]
        if len(pieces) < PIECES_AT_MOST:
            pieces.append((self._recording.ms(), text))
        else:
            self._recording.dropped += 1

    def end(self, ending: CallEnding, *, usage: Usage | None = None, **values: Any) -> None:
        """The request is over; `values` may add `error` (a class name), `model` (who really answered), `cached`."""
        self._values.update(
            values, ending=ending, usage=usage, took_ms=round(self._recording.ms() - self._values["asked_ms"], 3)
        )


class Recording:
    """The notes of one answer. `clock` is the event loop's, in seconds, and `accepted_at` a moment on it.

    `scope` says whose it is. `done` is called once, by `close`, with the recording. `dropped` counts what passed the
    limits.
    """

    __slots__ = ("_done", "accepted_at", "at", "clock", "dropped", "notes", "scope", "stream")

    def __init__(
        self, clock: Callable[[], float], accepted_at: float, *, scope: Scope | None = None, stream: str = "",
        at: str = "", done: Callable[[Recording], None] | None = None,
    ) -> None:  # fmt: skip
        self.clock, self.accepted_at, self.scope, self.stream, self.at = clock, accepted_at, scope, stream, at
        self.notes: list[Note] = []
        self.dropped = 0
        self._done = done

    def ms(self) -> float:
        """Milliseconds since the request was accepted."""
        return round((self.clock() - self.accepted_at) * 1000, 3)

    def note(self, kind: NoteKind, /, **values: Any) -> None:
        """Note something now. Values are frozen, or not changed later; nothing is copied or written here."""
        if len(self.notes) < NOTES_AT_MOST or kind == "ending":
            self.notes.append(Note(self.ms(), kind, values))
        else:
            self.dropped += 1

    def call(self, prompt: Prompt, *, model: str, block: str = "", step: str = "write") -> Call:
        """Note that a model is asked now; the rest of the note is filled in through the `Call`."""
        values: dict[str, Any] = {
            "block": block, "step": step, "model": model, "prompt": prompt, "asked_ms": self.ms(), "pieces": [],
            "ending": None,
        }  # fmt: skip
        if len(self.notes) < NOTES_AT_MOST:
            self.notes.append(Note(values["asked_ms"], "model", values))
        else:
            self.dropped += 1
        return Call(self, values)

    def close(self) -> None:
        """Hand the notes over; called once the answer has its ending. A second call does nothing."""
        done, self._done = self._done, None
        if done is not None:
            done(self)


class _Nothing(Recording):
    """Drops everything."""

    __slots__ = ()

    def note(self, kind: NoteKind, /, **values: Any) -> None:
        """Drop it."""

    def call(self, prompt: Prompt, *, model: str, block: str = "", step: str = "write") -> Call:
        """A call whose pieces are dropped."""
        return _NO_CALL


class _NoCall(Call):
    __slots__ = ()

    def piece(self, text: str) -> None:
        """Drop it."""

    def end(self, ending: CallEnding, *, usage: Usage | None = None, **values: Any) -> None:
        """Drop it."""


#: A recording that keeps nothing.
NOTHING = _Nothing(lambda: 0.0, 0.0)
_NO_CALL = _NoCall(NOTHING, {})
