"""Calls of skills that change something: offered to a person, then run once for exactly what they confirmed."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from nutgraf.errors import InputError, NotAllowed, SourceError
from nutgraf.retrieve.skills.confirm import Confirmations
from nutgraf.retrieve.skills.skill import Call, canonical
from nutgraf.serve.problems import Problem
from nutgraf.text.clean import visible
from nutgraf.types import Deadline

if TYPE_CHECKING:
    from nutgraf.orchestration import Passage
    from nutgraf.retrieve.skills.skill import Skill
    from nutgraf.types import Scope

RUN_WITHIN_S = 30.0
RUNS_AT_MOST = 10_000
CAREFUL = "Careful: “{key}” reads like an order to an assistant; confirm only what you would write yourself."
UNKNOWN = "whether it took effect is not known; look before you ask for it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A call as a person is asked to confirm it: in plain words, with the token that stands for exactly this call."""

    skill: str
    arguments: Mapping[str, Any]
    text: str
    token: str
    valid_s: float


@dataclass(eq=False)
class _Run:
    """One confirmed call: what it was, and how it ended once it has."""

    call: bytes
    found: tuple[Passage, ...] | None = None
    problem: Problem | None = None


@dataclass(eq=False)
class SkillRuns:
    """Offers calls and runs them. It lives in the process: after a restart no token of before is good any more."""

    confirmations: Confirmations = field(default_factory=Confirmations)
    within_s: float = RUN_WITHIN_S
    _runs: OrderedDict[tuple[str, str | None, str], _Run] = field(default_factory=OrderedDict, repr=False)

    def offer(
        self,
        skill: Skill,
        arguments: Mapping[str, Any],
        scope: Scope,
        orders: Callable[[str], bool] = lambda text: False,
    ) -> Offer:
        """What to show to the member of the scope. Where `orders` says that an argument reads like an order to a model,
        as one does that was taken from hostile content, they are told so before they confirm.

        Raises InputError for arguments that do not fit and for a skill that changes nothing, NotAllowed for one that is
        blocked.
        """
        given = _checked(skill, arguments)
        if (reason := skill.blocked()) is not None:
            raise NotAllowed(f"skill {skill.spec.name}: {reason}")
        lines = [f"{key}: {_shown(value)}" for key, value in sorted(given.items())]
        lines += [CAREFUL.format(key=key) for key, value in sorted(given.items()) if orders(_shown(value))]
        return Offer(
            skill=skill.spec.name,
            arguments=given,
            text="\n".join([f"{skill.spec.name}: {visible(skill.spec.summary)}", *lines]),
            token=self.confirmations.offer(skill, arguments, scope),
            valid_s=self.confirmations.valid_s,
        )

    async def run(
        self, skill: Skill, arguments: Mapping[str, Any], scope: Scope, *, token: str, key: str
    ) -> tuple[Passage, ...]:
        """Run a confirmed call once; a repeat with the same `key` is told how the first one ended, without running it.

        Raises InputError for arguments that do not fit, NotAllowed when the token is not for exactly this call of this
        member, was used or has expired; Problem 409 for a key that another call has or that still runs, 502 when the
        skill failed.
        """
        given = _checked(skill, arguments)
        call = hashlib.sha256(b"\0".join([skill.spec.name.encode(), canonical(given), _bytes(token)])).digest()
        owner = (scope.tenant, scope.member, key)
        if (earlier := self._runs.get(owner)) is not None:
            return _ended(earlier, call)
        if (reason := skill.blocked()) is not None:  # asked before the token is used up
            raise NotAllowed(f"skill {skill.spec.name}: {reason}")
        confirmed = self.confirmations.redeem(token, skill, arguments, scope)
        self._runs[owner] = run = _Run(call)
        while len(self._runs) > RUNS_AT_MOST:
            self._runs.popitem(last=False)
        deadline = Deadline(anyio.current_time() + self.within_s)
        try:
            run.found = await skill.call(given, Call(scope=scope, deadline=deadline, confirmed=confirmed))
        except SourceError as exc:
            run.problem = Problem(502, "failed", f"{exc}; {UNKNOWN}")
            raise run.problem from exc
        finally:
            if run.found is None and run.problem is None:
                run.problem = Problem(502, "failed", f"skill {skill.spec.name}: was cut off; {UNKNOWN}")
        return run.found


def _checked(skill: Skill, arguments: Mapping[str, Any]) -> dict[str, Any]:
    if not skill.spec.side_effects:
        raise InputError(f"skill {skill.spec.name}: it changes nothing, so there is nothing to confirm; ask a question")
    return skill.check(arguments)


def _shown(value: Any) -> str:
    """A value as JSON; characters that nobody would see are written as escapes."""
    told = json.dumps(value, ensure_ascii=False)
    return told if visible(told) == told else json.dumps(value)


def _ended(run: _Run, call: bytes) -> tuple[Passage, ...]:
    if run.call != call:
        raise Problem(409, "conflict", "idempotency_key: another call has it; choose a new one for each call")
    if run.problem is not None:
        raise run.problem
    if run.found is None:
        raise Problem(409, "conflict", "this call is still under way; ask again in a few seconds")
    return run.found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
