"""Decorators by which parts make themselves known, and the record that is kept of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from nutgraf.errors import InputError

if TYPE_CHECKING:
    from nutgraf.orchestration import Partition

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Spec:
    """What was registered: enough to say later which part, in which version, decided something.

    `declared` holds what the decorator was told beside name and version.
    """

    kind: str
    name: str
    version: int
    make: Callable[..., Any]
    summary: str
    declared: Mapping[str, Any] = field(default_factory=dict)


#: How a skill may be called: a letter, then letters, digits, `.`, `_` and `-`, 64 characters at most.
SKILL_NAME = re.compile(r"[A-Za-z][\w.-]{0,63}", re.ASCII)

_specs: dict[tuple[str, str], Spec] = {}


def register(kind: str, name: str, version: int, **declared: Any) -> Callable[[F], F]:
    """Register a factory under `kind` and `name`; registering another under the same name is an error."""

    def keep(make: F) -> F:
        known = _specs.get((kind, name))
        if known is not None and _where(known.make) != _where(make):
            raise ValueError(f"{kind} {name!r} is already registered by {_where(known.make)}")
        _specs[kind, name] = Spec(kind, name, version, make, (make.__doc__ or "").strip().split("\n")[0], declared)
        return make

    return keep


def _where(make: Callable[..., Any]) -> str:
    return f"{make.__module__}.{make.__qualname__}"


def check(name: str, version: int = 1) -> Callable[[F], F]:
    """Register a check: a factory that returns `(Draft, evidence) -> str | None`, the reason for a refusal or None.

    The judge asks it about each piece of evidence alone; one that raises or returns anything else has refused.
    """
    return register("check", name, version)


def skill(
    *, name: str, version: int = 1, when: str = "", cost_points: float = 1.0, side_effects: bool = False,
    idempotent: bool = True, partition: Partition = "public",
) -> Callable[[F], F]:  # fmt: skip
    """Register a typed function, sync or async, as a skill; the first line of its docstring is the summary.

    `when` says when to use it. A skill with `side_effects` changes something: it is never asked while an answer is
    made, and runs only on a confirmation of exactly its arguments. `partition` says whose its results are: `public`,
    or `member` when they depend on who asks. Raises InputError naming what is wrong; the annotations are read when the
    skill is first used.
    """
    if not SKILL_NAME.fullmatch(name):
        raise InputError(f"skill {name!r}: name must be a letter, then at most 63 letters, digits, '.', '_' or '-'")
    if partition not in ("public", "member"):
        raise InputError(f"skill {name}: partition must be 'public' or 'member', got {partition!r}")
    if not cost_points >= 0:
        raise InputError(f"skill {name}: cost_points must be a number not below zero, got {cost_points!r}")
    return register(
        "skill", name, version, when=when, cost_points=cost_points, side_effects=side_effects, idempotent=idempotent,
        partition=partition,
    )  # fmt: skip


def specs(kind: str) -> list[Spec]:
    """All parts of one kind, by name."""
    return sorted((spec for spec in _specs.values() if spec.kind == kind), key=lambda spec: spec.name)
