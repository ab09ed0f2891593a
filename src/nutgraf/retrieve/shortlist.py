"""Which of many skills are worth asking about a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nutgraf.retrieve.relevance import overlap

if TYPE_CHECKING:
    from nutgraf.orchestration import SkillSpec


def shortlist(query: str, specs: Sequence[SkillSpec], at_most: int, *, required: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of at most `at_most` skills that fit the question best, sorted; the required ones are always there.

    A skill is known by the words of its name, summary and when to use it. All are kept when there are no more than
    `at_most`; when more are required than fit, all required ones are kept. The order of `specs` changes nothing.
    """
    ordered = sorted(specs, key=lambda spec: spec.name)
    kept = [spec.name for spec in ordered if spec.name in required]
    others = [spec for spec in ordered if spec.name not in required]
    if len(ordered) <= at_most:
        return tuple(spec.name for spec in ordered)
    scores = overlap([described(spec) for spec in others], query)
    best = sorted(range(len(others)), key=lambda i: (-scores[i], others[i].name))
    return tuple(sorted([*kept, *(others[i].name for i in best[: max(0, at_most - len(kept))])]))


def described(spec: SkillSpec) -> str:
    """What a skill is compared by: its name in words, when to use it, and what it does."""
    return f"{spec.name.replace('_', ' ').replace('-', ' ').replace('.', ' ')}. {spec.when}. {spec.summary}"
