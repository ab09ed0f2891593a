"""Answers again, from their traces: recorded model, sources and times on a virtual clock, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from nutgraf.conversation import Remembered, Turn
from nutgraf.errors import InputError
from nutgraf.evals.recorded import Json, RecordedModel, made, open_breakers, recorded_sources
from nutgraf.model.call import Patience
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.pipeline.parts import Request, Rooms
from nutgraf.pipeline.run import run
from nutgraf.retrieve.health import Health
from nutgraf.stream.log import StreamLog
from nutgraf.testing.clock import run_virtual
from nutgraf.trace.lines import from_bytes, line
from nutgraf.trace.record import Recording
from nutgraf.trace.tracing import traced
from nutgraf.types import Deadline, Item, Member, Scope

if TYPE_CHECKING:
    from nutgraf.events import Event

#: The recording has every pause, so nobody loses patience a second time.
NEVER_S = 86_400.0
FAILURES_TO_OPEN = 50


@dataclass(frozen=True)
class Replayed:
    """An answer that was made again: its own trace, what differs from the recorded one, and notes on how it was made.

    Times are not compared. `same` is True when nothing differs.
    """

    trace: Json
    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the answer came out as it was recorded."""
        return not self.differences


def replay(
    trace: Json, rooms: Rooms, item: Item | None, member: Member | None, *, live: bool = False,
    prompt: tuple[str, str] | None = None, remembered: Sequence[Remembered] = (),
) -> Replayed:  # fmt: skip
    """Make the answer of a trace again in `rooms`, with the recorded sources and times.

    The recorded texts stand in for the model, on a virtual clock. `live` asks the model of `rooms` instead, on the
    real one. `prompt` is another text for a template, after its name; without `live` the recorded texts are used
    under it all the same, which is noted. A trace has only the ids of what was remembered: `remembered` holds the facts
    as they are now, of which those of the trace are used. Raises InputError for a trace without texts, or without a
    request in it.
    """
    asked = _request(trace)
    notes = []
    if item is not None and item.content_hash != asked["content_hash"]:
        notes.append("the item has changed since")
    if prompt is not None:
        rooms = replace(rooms, prompts=rooms.prompts.replaced(*prompt))
    known = tuple(fact for fact in remembered if fact.id in asked["remembered"])
    if lost := len(asked["remembered"]) - len(known):
        notes.append(f"{lost} of the facts that were remembered are no longer kept")
    again = partial(_again, trace, rooms, item, member, known, live=live)
    told, model = anyio.run(again) if live else run_virtual(again)
    if model is not None and model.unlike:
        notes.append(f"{model.unlike} prompts were others than recorded: the recorded texts stand under them")
    if model is not None and model.unknown:
        notes.append(f"{model.unknown} prompts had no recorded text left")
    return Replayed(told, tuple(differences(trace, told)), tuple(notes))


def prompts_of(trace: Json) -> list[str]:
    """The names of the templates that the prompts of a trace were made from."""
    return list(dict.fromkeys(note["prompt"]["name"] for note in trace["notes"] if note["kind"] == "model"))


def differences(old: Json, new: Json) -> list[str]:
    """What a new trace has otherwise than an old one, in words: the way, sources, prompts, drafts, verdicts, ending."""
    found: list[str] = []
    for what, tell in _PARTS.items():
        before, after = tell(old["notes"]), tell(new["notes"])
        for place in range(max(len(before), len(after))):
            one = before[place] if place < len(before) else "nothing"
            two = after[place] if place < len(after) else "nothing"
            if one != two:
                found.append(f"{what} {place + 1}: was {one}; now {two}")
    return found


async def _again(
    trace: Json,
    rooms: Rooms,
    item: Item | None,
    member: Member | None,
    remembered: tuple[Remembered, ...],
    *,
    live: bool,
) -> tuple[Json, RecordedModel | None]:
    asked, notes, now = _request(trace), trace["notes"], anyio.current_time()
    model = None if live else _model(notes, asked["model"], now)
    health = Health()
    for name in open_breakers(notes):
        for _ in range(FAILURES_TO_OPEN):
            health.of(name).breaker.failed(now)
    writing = "one-by-one" if asked.get("small") else "at-once"
    rooms = replace(
        rooms, health=health, model=rooms.model if live else None if model is None else _gateway(model),
        settings=rooms.settings if live else replace(rooms.settings, writing=writing),
    )  # fmt: skip
    rooms = _with_sources(rooms, notes)
    scope = Scope(
        tenant=trace["tenant"], member=trace["member"], purposes=frozenset(asked["purposes"]),
        consent_version=asked["consent_version"], rights=frozenset(),
    )  # fmt: skip
    request = Request(
        stream=trace["stream"], scope=scope, item=item, member=member, accepted_at=now,
        deadline=Deadline(now + asked["deadline_ms"] / 1000), question=asked.get("question"), agent=asked.get("agent"),
        history=tuple(made(Turn, turn) for turn in asked["history"]), without=frozenset(asked["without"]),
        remembered=remembered, overloaded=bool(asked.get("overloaded")),
    )  # fmt: skip
    recording = Recording(anyio.current_time, now, scope=scope, stream=trace["stream"], at=trace["at"])
    try:
        await _played(request, rooms, recording, _stopped_ms(notes))
    finally:
        if live and rooms.gateway is not None:
            await rooms.gateway.aclose()
    return from_bytes(line(recording)) or {}, model


def _with_sources(rooms: Rooms, notes: Sequence[Json]) -> Rooms:
    """The same rooms, where every source that was asked finds what was recorded."""
    recorded = {source.name: source for source in recorded_sources(notes, rooms.encoder)}
    for skill in rooms.skills:
        if skill.name in recorded:
            recorded[skill.name].spec = getattr(skill, "spec", None)
    own = replace(rooms, skills=()).sources
    rooms = replace(rooms, skills=tuple(source for name, source in recorded.items() if name not in own))
    vars(rooms)["sources"] = {**rooms.sources, **recorded}  # the sources that come with Nutgraf are replaced as well
    return rooms


async def _played(request: Request, rooms: Rooms, recording: Recording, stopped_ms: float | None) -> None:
    """Run the pipeline; where the reader stopped the recorded answer, they stop this one at the same moment."""
    log = StreamLog()

    def emit(event: Event) -> None:
        log.append(event)

    with anyio.CancelScope() as scope:
        if stopped_ms is not None:
            scope.deadline = request.accepted_at + stopped_ms / 1000
        with suppress(Exception):  # the recording has it
            await traced(emit, partial(run, request, rooms, trace=recording), recording)


def _request(trace: Json) -> Json:
    if not trace.get("texts", True) or trace.get("cut"):
        raise InputError("trace: holds no texts, or not whole ones, so it cannot be replayed; see the knob trace_texts")
    found = next((note for note in trace["notes"] if note["kind"] == "request"), None)
    if found is None:
        raise InputError("trace: the answer ended before it was asked for; there is nothing to replay")
    return dict(found)


def _model(notes: Sequence[Json], name: str, now: float) -> RecordedModel | None:
    """The recorded calls as a model; None where the answer had none to ask."""
    calls = [note for note in notes if note["kind"] == "model"]
    if name == "none":
        return None
    goes_on = any(call["prompt"].get("opening") for call in calls)
    return RecordedModel(list(calls), now, name=name, continues_opening=goes_on)


def _gateway(model: RecordedModel) -> Gateway:
    patience = Patience(first_token_s=NEVER_S, between_tokens_s=NEVER_S)
    return Gateway([Target(name=model.name, model=model)], patience=patience)


def _stopped_ms(notes: Sequence[Json]) -> float | None:
    ending = next((note for note in notes if note["kind"] == "ending"), None)
    return float(ending["complete_ms"]) if ending and ending["ending"] == "stopped" else None


def _of(kind: str, *names: str) -> Any:
    return lambda notes: [
        " ".join(f"{note[name]!r}" if name == "text" else str(note.get(name)) for name in names)
        for note in notes if note["kind"] == kind
    ]  # fmt: skip


def _sources(notes: Sequence[Json]) -> list[str]:
    reports = [note["report"] for note in notes if note["kind"] == "source"]
    return [f"{one['source']} {one['outcome']}, {one['found']} found, {one['kept']} kept" for one in reports]


def _kept(notes: Sequence[Json]) -> list[str]:
    return [
        f"{fate['passage']['source']} {fate['passage']['ref']} {fate['passage']['text']!r}"
        for note in notes if note["kind"] == "blend" for fate in note["fates"] if fate["kept"]
    ]  # fmt: skip


def _prompts(notes: Sequence[Json]) -> list[str]:
    prompts = [note["prompt"] for note in notes if note["kind"] == "model"]
    return [
        f"{one['name']} {one['version']} ({sum(len(t['content']) for t in one['messages'])} chars)" for one in prompts
    ]


def _sent(notes: Sequence[Json]) -> list[str]:
    return [
        f"{note['sentence']['text']!r} ({note['sentence']['verdict']})" for note in notes if note["kind"] == "sent"
    ]  # fmt: skip


_PARTS: dict[str, Any] = {
    "route": _of("route", "agent"),
    "source": _sources,
    "kept passage": _kept,
    "prompt": _prompts,
    "draft": _of("draft", "block", "text"),
    "verdict": _of("verdict", "block", "text", "verdict", "check"),
    "sentence": _sent,
    "ending": _of("ending", "ending", "reason"),
}
