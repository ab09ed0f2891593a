"""Decorators by which parts make themselves known, and the record that is kept of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Spec:
    """What was registered: enough to say later which part, in which version, decided something."""

    kind: str
    name: str
    version: int
    make: Callable[..., Any]
    summary: str


_specs: dict[tuple[str, str], Spec] = {}


def register(kind: str, name: str, version: int) -> Callable[[F], F]:
    """Register a factory under `kind` and `name`; registering another under the same name is an error."""

    def keep(make: F) -> F:
        known = _specs.get((kind, name))
        if known is not None and _where(known.make) != _where(make):
            raise ValueError(f"{kind} {name!r} is already registered by {_where(known.make)}")
        _specs[kind, name] = Spec(kind, name, version, make, (make.__doc__ or "").strip().split("\n")[0])
        return make

    return keep


def _where(make: Callable[..., Any]) -> str:
    return f"{make.__module__}.{make.__qualname__}"


def check(name: str, version: int = 1) -> Callable[[F], F]:
    """Register a check: a factory that returns `(Draft, evidence) -> str | None`, the reason for a refusal or None.

    The judge asks it about each piece of evidence alone; one that raises or returns anything else has refused.
    """
    return register("check", name, version)


def specs(kind: str) -> list[Spec]:
    """All parts of one kind, by name."""
    return sorted((spec for spec in _specs.values() if spec.kind == kind), key=lambda spec: spec.name)
