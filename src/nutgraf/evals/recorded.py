"""What was recorded of an answer, as a model and sources that do it again: the same texts, at the same moments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from nutgraf import errors
from nutgraf.errors import ModelError, SourceError
from nutgraf.orchestration import Partition, Passage, Query, SkillSpec
from nutgraf.types import Deadline, Prompt

if TYPE_CHECKING:
    from nutgraf.seams import Encoder

Json = Mapping[str, Any]
T = TypeVar("T")


def made(kind: type[T], told: Json, **more: Any) -> T:
    """A value of ours from its recorded fields; those that this version does not know are left out."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    values = {name: tuple(part) if isinstance(part, list) else part for name, part in told.items() if name in known}
    return kind(**values | more)


@dataclass
class RecordedModel:
    """Says what was recorded, each piece at its moment after `accepted_at` (seconds on the event loop's clock).

    A prompt gets the first call that is left for exactly this prompt, else the next one that is left. `unlike` counts
    calls whose prompt was another one, `unknown` prompts that there was no call left for.
    """

    calls: list[Json]
    accepted_at: float
    name: str = "recorded"
    continues_opening: bool = False
    unlike: int = 0
    unknown: int = 0
    _failures: dict[tuple[object, ...], ModelError] = field(default_factory=dict)

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """One recorded call, again. Raises the recorded failure, once its moment has come."""
        if (failure := self._failures.get(_key(prompt))) is not None:
            raise failure  # whoever asks again after a failure gets it again
        yield self._say(self._taken(prompt), prompt)

    def _taken(self, prompt: Prompt) -> Json | None:
        same = next((call for call in self.calls if _told(call["prompt"]) == _key(prompt)), None)
        call = same or next(iter(self.calls), None)
        self.unknown += call is None
        self.unlike += call is not None and same is None
        if call is not None:
            self.calls.remove(call)
        return call

    async def _say(self, call: Json | None, prompt: Prompt) -> AsyncIterator[str]:
        if call is None:
            return
        for at_ms, text in call["pieces"]:
            await self._until(at_ms)
            yield text
        if call["ending"] in ("done", "failed"):
            await self._until(call["asked_ms"] + (call.get("took_ms") or 0.0))
        if call["ending"] == "failed":
            self._failures[_key(prompt)] = failure = _failure(call.get("error"), ModelError)
            raise failure
        if call["ending"] != "done":  # it was left, or cut off: whoever did that does it again
            await anyio.sleep_forever()

    async def _until(self, at_ms: float) -> None:
        await anyio.sleep(max(0.0, self.accepted_at + at_ms / 1000 - anyio.current_time()))


@dataclass
class RecordedSource:
    """Finds what was recorded, fetch by fetch, after as long; late ones never end, failed ones fail again.

    With the `spec` of a skill it can be chosen for a question, as the skill was.
    """

    name: str
    fetches: list[tuple[Json, tuple[Passage, ...]]]
    partition: Partition = "public"
    idempotent: bool = False
    spec: SkillSpec | None = None

    def why_not(self, query: Query) -> str | None:
        """Why it was not asked, where it was not needed the next time."""
        if self.fetches and self.fetches[0][0]["outcome"] == "not-needed":
            return str(self.fetches.pop(0)[0].get("because") or "")
        return None

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """What was found the next time; nothing once it was asked more often than recorded."""
        if not self.fetches:
            return ()
        report, passages = self.fetches.pop(0)
        if report["outcome"] == "late":
            await anyio.sleep_forever()
        await anyio.sleep(report["took_ms"] / 1000)
        if report["outcome"] != "ok":
            raise _failure(report.get("because"), SourceError)
        return passages


def recorded_sources(notes: Sequence[Json], encoder: Encoder | None) -> list[RecordedSource]:
    """A source for each that was asked, with what it found each time. Vectors are made anew by `encoder`."""
    fetches: defaultdict[str, list[tuple[Json, tuple[Passage, ...]]]] = defaultdict(list)
    reports: list[Json] = []
    for note in notes:
        if note["kind"] == "source":
            reports.append(note["report"])
        elif note["kind"] == "blend":
            passages = [_passage(fate["passage"]) for fate in note["fates"]]
            passages = _with_vectors(passages, [fate["passage"] for fate in note["fates"]], encoder)
            for report in reports:
                found = tuple(passage for passage in passages if passage.source == report["source"])
                fetches[report["source"]].append((report, tuple(sorted(found, key=lambda one: -one.score))))
            reports = []
    return [
        RecordedSource(
            name, found, "member" if any(p.partition == "member" for _, ps in found for p in ps) else "public"
        )
        for name, found in sorted(fetches.items())
    ]


def open_breakers(notes: Sequence[Json]) -> list[str]:
    """The sources that were not asked, because they had failed too often."""
    return [
        note["report"]["source"] for note in notes if note["kind"] == "source" and note["report"]["outcome"] == "open"
    ]


def _passage(told: Json) -> Passage:
    return made(Passage, {name: part for name, part in told.items() if name != "vector"})


def _with_vectors(passages: list[Passage], told: Sequence[Json], encoder: Encoder | None) -> list[Passage]:
    wanted = [place for place, one in enumerate(told) if one.get("vector")]
    if encoder is None or not wanted:
        return passages
    rows = encoder.encode([passages[place].text for place in wanted])
    for place, row in zip(wanted, rows, strict=True):
        passages[place] = replace(passages[place], vector=row)
    return passages


def _failure(name: str | None, base: type[errors.NutgrafError]) -> Any:
    """A failure of the recorded class, or where that is none of ours, of one with its name."""
    known = getattr(errors, name or "", None)
    if isinstance(known, type) and issubclass(known, base):
        return known("as it was recorded")
    return type(name or base.__name__, (base,), {})("as it was recorded")


def _key(prompt: Prompt) -> tuple[object, ...]:
    return (prompt.name, prompt.version, *((turn.role, turn.content) for turn in prompt.messages), prompt.opening)


def _told(prompt: Json) -> tuple[object, ...]:
    turns = ((turn["role"], turn["content"]) for turn in prompt["messages"])
    return (prompt["name"], prompt["version"], *turns, prompt.get("opening") or "")
