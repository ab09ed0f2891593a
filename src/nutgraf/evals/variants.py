"""What a run is a run of: model, prompts, sources, deadline, checks. Two variants over the same cases are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from nutgraf.errors import InputError, SourceError
from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.pipeline.parts import Rooms
from nutgraf.trust.judge import Judge
from nutgraf.types import Deadline

#: What may be shown of a bare model: the system around it is left out.
BARE = "bare"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is different from the use case as it is. `name` is for people.

    `prompts` are other texts for templates, by name. `failing` sources fail when they are asked. Without `checks` every
    sentence of a model is shown as it wrote it: to see what the checks are worth, and in evaluations only. `bare` asks
    the model with the item's text and nothing else.
    """

    name: str = ""
    deadline_ms: int | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    failing: tuple[str, ...] = ()
    checks: bool = True
    bare: bool = False

    def told(self) -> dict[str, Any]:
        """For the run's file: texts of prompts by their versions."""
        told = asdict(self)
        told["prompts"] = {name: _version(text) for name, text in self.prompts.items()}
        return told


class FailingSource:
    """A source that fails whenever it is asked."""

    def __init__(self, name: str, partition: Partition, idempotent: bool) -> None:
        self.name, self.partition, self.idempotent = name, partition, idempotent

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """Raises SourceError."""
        raise SourceError(f"{self.name}: switched off for this evaluation")


def rooms_of(rooms: Rooms, variant: Variant) -> Rooms:
    """Rooms as the variant wants them. Raises InputError for a prompt or a source that is not there."""
    for name, text in variant.prompts.items():
        rooms.prompts.source(name)
        rooms = replace(rooms, prompts=rooms.prompts.replaced(name, text))
    if unknown := [name for name in variant.failing if name not in rooms.sources]:
        raise InputError(f"source: {unknown[0]!r} is not known here; known are {', '.join(sorted(rooms.sources))}")
    if not variant.checks:
        rooms = replace(rooms, reviewer=None)
    if not variant.checks:
        object.__setattr__(rooms, "judge", Judge(None, {}))  # whoever serves members cannot do this
    if variant.failing:
        found = dict(rooms.sources)
        for name in variant.failing:
            one = found[name]
            found[name] = FailingSource(name, one.partition, one.idempotent)
        vars(rooms)["sources"] = found
    return rooms


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
