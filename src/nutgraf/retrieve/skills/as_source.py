"""A skill without side effects as a source of evidence: its arguments are filled from the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from nutgraf.errors import InputError
from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.skills.skill import Call, Skill
from nutgraf.types import Deadline

#: Which value of the query fills which parameter (`{"q": "question"}`), or a function that fills them all.
ArgumentsFrom: TypeAlias = Mapping[str, str] | Callable[[Query], Mapping[str, Any]]
VALUES = ("question", "item_id", "item_title", "item_kind", "organisation", "place", "language")

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def value_of(query: Query, name: str) -> str | None:
    """One value of a query by name: one of VALUES, or an argument that the agent passes on; None when it has none."""
    if name in query.arguments:
        return query.arguments[name]
    if name == "question":
        return query.text or None
    item = query.item
    if item is None:
        return None
    found = {
        "item_id": item.id, "item_title": item.title, "item_kind": item.kind, "organisation": item.organisation,
        "place": item.place, "language": item.language,
    }.get(name)  # fmt: skip
    return found or None


class SkillSource:
    """A skill as a `Source`. Parameters called like a value of the query are filled with it, unless told otherwise."""

    def __init__(self, skill: Skill, arguments_from: ArgumentsFrom | None = None) -> None:
        """InputError for a skill with side effects, and for a parameter or value that does not exist."""
        self.spec = spec = skill.spec
        if spec.side_effects:
            raise InputError(f"skill {spec.name}: it changes something, so it cannot be a source of evidence")
        known = spec.parameters.get("properties", {})
        if isinstance(arguments_from, Mapping):
            for parameter in arguments_from:
                if parameter not in known:
                    raise InputError(f"skill {spec.name}: arguments_from names {parameter!r}, which is no parameter")
        self._skill, self._from = skill, arguments_from
        self.name, self.idempotent = spec.name, spec.idempotent
        self.partition: Partition = spec.partition

    def arguments(self, query: Query) -> dict[str, Any]:
        """The arguments for a query; parameters that it has no value for are left out."""
        if callable(self._from):
            return dict(self._from(query))
        properties = self.spec.parameters.get("properties", {})
        filled = {}
        for parameter, shape in properties.items():
            value = value_of(query, (self._from or {}).get(parameter, parameter))
            if value is not None:
                filled[parameter] = _read(value, shape)
        return filled

    def why_not(self, query: Query) -> str | None:
        """Why it need not be asked this query, None when it can be."""
        try:
            given = self.arguments(query)
        except Exception as exc:  # a host's own function of the query
            return f"its arguments cannot be filled ({type(exc).__name__})"
        missing = [name for name in self.spec.parameters.get("required", ()) if name not in given]
        return f"nothing here to fill {', '.join(missing)} with" if missing else None

    async def fetch(self, query: Query, deadline: Deadline) -> tuple[Passage, ...]:
        """What the skill finds, `query.limit` passages at most.

        Raises SourceError when it fails, InputError when the query has nothing that its arguments can be filled with.
        """
        if (reason := self.why_not(query)) is not None:
            raise InputError(f"skill {self.name}: {reason}")
        found = await self._skill.call(self.arguments(query), Call(scope=query.scope, deadline=deadline))
        return found[: query.limit]


def _read(value: Any, shape: Mapping[str, Any]) -> Any:
    """A text as its parameter wants it; what cannot be read stays, for the check to name."""
    kind = shape.get("type")
    if not isinstance(value, str) or kind in ("string", None):
        return value
    if kind == "boolean":
        return _TRUTH.get(value.lower(), value)
    if kind == "array":
        return [_read(part.strip(), shape.get("items", {})) for part in value.split(",") if part.strip()]
    try:
        return int(value) if kind == "integer" else float(value) if kind == "number" else value
    except ValueError:
        return value
