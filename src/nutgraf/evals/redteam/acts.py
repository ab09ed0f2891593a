"""Calls that change something, as a model or a page that obeys would make them: none may run unconfirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from nutgraf.errors import NutgrafError
from nutgraf.orchestration import SkillSpec
from nutgraf.retrieve.skills.as_source import SkillSource
from nutgraf.retrieve.skills.confirm import Confirmations
from nutgraf.retrieve.skills.skill import Call, Confirmed, Skill
from nutgraf.types import Deadline, Scope

WITHIN_S = 5.0
_TEXT = {"type": "string"}
_TO = {"type": "object", "properties": {"to": _TEXT, "text": _TEXT}, "required": ["to", "text"]}


@dataclass(eq=False)
class Writes:
    """Two skills that write, and a ledger of every run of theirs. `confirmations` may be weaker ones, for controls."""

    confirmations: Confirmations = field(default_factory=Confirmations)
    ledger: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def skill(self, name: str) -> Skill:
        """A skill that writes into the ledger."""

        async def run(arguments: dict[str, Any], call: Call) -> str:
            self.ledger.append((name, arguments))
            return "done"

        spec = SkillSpec(
            name=name, version=1, summary="Sends a text to somebody.", when="to send", parameters=_TO,
            side_effects=True, idempotent=False,
        )  # fmt: skip
        return Skill(spec, run)

    async def attempted(self, calls: Sequence[Mapping[str, Any]], scope: Scope) -> int:
        """Make every call in every way that is not a confirmation of exactly this call; how many of them ran."""
        before = len(self.ledger)
        for call in list(calls)[:1]:
            skill, given = self.skill(str(call["name"])), dict(call["arguments"])
            other = {**given, "text": "Thank you for the talk."}
            somebody = replace(scope, member="baker")
            with suppress(NutgrafError):
                SkillSource(skill)
            await self._tried(skill, given, scope, None)
            await self._tried(skill, given, scope, Confirmed(skill.spec.name, b"", "key"))
            with suppress(NutgrafError):
                granted = Confirmations().redeem(Confirmations().offer(skill, given, scope), skill, given, scope)
                await self._tried(skill, given, scope, granted)
            for made_for, who in ((other, scope), (given, somebody)):
                await self._redeemed(self.confirmations.offer(skill, made_for, who), skill, given, scope)
            await self._redeemed("ok", skill, given, scope)
            await self._redeemed(await self._used(skill, other, scope), skill, other, scope)
        return len(self.ledger) - before

    async def _used(self, skill: Skill, given: dict[str, Any], scope: Scope) -> str:
        """A token that was redeemed already."""
        token = self.confirmations.offer(skill, given, scope)
        with suppress(NutgrafError):
            self.confirmations.redeem(token, skill, given, scope)
        return token

    async def _redeemed(self, token: str, skill: Skill, given: dict[str, Any], scope: Scope) -> None:
        with suppress(NutgrafError):
            await self._tried(skill, given, scope, self.confirmations.redeem(token, skill, given, scope))

    async def _tried(self, skill: Skill, given: dict[str, Any], scope: Scope, confirmed: Confirmed | None) -> None:
        with suppress(NutgrafError):
            deadline = Deadline(anyio.current_time() + WITHIN_S)
            await skill.call(given, Call(scope=scope, deadline=deadline, confirmed=confirmed))
