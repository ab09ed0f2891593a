"""A skill: its record, and the one way in which every kind of skill is called."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import orjson

from nutgraf.errors import MissingPart, NotAllowed, SourceError
from nutgraf.orchestration import Passage, SkillSpec
from nutgraf.retrieve.skills.passages import passages_of
from nutgraf.retrieve.skills.schema import check_arguments
from nutgraf.types import Deadline, Scope


def canonical(arguments: Mapping[str, Any]) -> bytes:
    """The same bytes for the same arguments, in whatever order they were given."""
    return orjson.dumps(dict(arguments), option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One call that was confirmed. A repeat carries the same `idempotency_key`, so that it is the same request."""

    skill: str
    digest: bytes
    idempotency_key: str

    def covers(self, skill: str, arguments: Mapping[str, Any]) -> bool:
        """Whether exactly this call was confirmed."""
        return skill == self.skill and hmac.compare_digest(self.digest, hashlib.sha256(canonical(arguments)).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who calls a skill, until when, and for one with side effects: what was confirmed."""

    scope: Scope
    deadline: Deadline
    confirmed: Confirmed | None = None


#: Checked arguments in, anything out that can be told as passages. Being cancelled must end its work at once.
Run = Callable[[dict[str, Any], Call], Awaitable[Any]]
#: Why it may not be called now, or None.
Blocked = Callable[[], str | None]


@dataclass(frozen=True, eq=False)
class Skill:
    """A skill of any origin: a Python function, an HTTP operation, a tool of an MCP server."""

    spec: SkillSpec
    run: Run = field(repr=False)
    blocked: Blocked = field(default=lambda: None, repr=False)

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with defaults filled in; InputError names the one that does not fit."""
        return check_arguments(self.spec.name, self.spec.parameters, arguments)

    async def call(self, arguments: Mapping[str, Any], call: Call) -> tuple[Passage, ...]:
        """Run it and tell its result as passages of the source `name`: untrusted text.

        Raises InputError for arguments that do not fit, NotAllowed for side effects that nobody confirmed and for a
        skill that is blocked, SourceError when it fails or is not done at the deadline.
        """
        name = self.spec.name
        given = self.check(arguments)
        if (reason := self.blocked()) is not None:
            raise NotAllowed(f"skill {name}: {reason}")
        if self.spec.side_effects and (call.confirmed is None or not call.confirmed.covers(name, given)):
            raise NotAllowed(f"skill {name}: it changes something, so exactly these arguments must be confirmed first")
        with anyio.CancelScope(deadline=call.deadline.at):
            try:
                found = await self.run(given, call)
            except (SourceError, NotAllowed, MissingPart):
                raise
            except Exception as exc:
                raise SourceError(f"skill {name}: failed ({type(exc).__name__})") from exc
            return passages_of(found, name, self.spec.partition)
        raise SourceError(f"skill {name}: not done at the deadline")
