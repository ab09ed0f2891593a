"""One catalogue of all that answers draw on: agents, skills, sources, models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nutgraf.orchestration import Agent
    from nutgraf.retrieve.skills.skill import Skill
    from nutgraf.seams import Source
    from nutgraf.settings import Settings

WHEN_AT_MOST = 3
_OF_SPEC = (
    "name", "version", "summary", "when", "cost_points", "side_effects", "idempotent", "partition", "origin",
    "parameters",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEntry:
    """An agent as the catalogue tells of it."""

    name: str
    version: int
    summary: str
    when: tuple[str, ...]
    form: str
    items: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillEntry:
    """A skill as the catalogue tells of it; `cost_points` is 1 for one call, `parameters` a JSON schema.

    `blocked` says why it may not be called now; it is empty when it may.
    """

    name: str
    version: int
    summary: str
    when: str
    cost_points: float
    side_effects: bool
    idempotent: bool
    partition: str
    origin: str
    parameters: Mapping[str, Any]
    blocked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A source of evidence that agents may name."""

    name: str
    summary: str
    partition: str
    idempotent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model that may write; `used` is the one that the settings name."""

    name: str
    summary: str
    used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything, each kind by name."""

    agents: tuple[AgentEntry, ...] = ()
    skills: tuple[SkillEntry, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    models: tuple[ModelEntry, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, as `GET /v1/catalogue` gives them."""
        return asdict(self)


def host_skills(settings: Settings, more: Iterable[str] = ()) -> tuple[Skill, ...]:
    """The skills of installed packages, of the modules that the settings name, and of `more` modules.

    Raises InputError naming one that cannot be loaded.
    """
    from nutgraf.retrieve.skills.python_skill import load_skills

    named = [name.strip() for name in settings.skills_modules.split(",") if name.strip()]
    return load_skills(dict.fromkeys([*named, *more]))


def agent_entries(agents: Iterable[Agent]) -> tuple[AgentEntry, ...]:
    """Agents by name; `items` empty means that it serves every kind."""
    return tuple(
        AgentEntry(
            name=one.name, version=one.version, summary=one.summary, when=one.when[:WHEN_AT_MOST], form=one.form,
            items=tuple(one.kinds), sources=one.sources,
        )
        for one in sorted(agents, key=lambda one: one.name)
    )  # fmt: skip


def skill_entries(skills: Iterable[Skill]) -> tuple[SkillEntry, ...]:
    """Skills by name."""
    return tuple(
        SkillEntry(**{name: getattr(one.spec, name) for name in _OF_SPEC}, blocked=one.blocked() or "")
        for one in sorted(skills, key=lambda one: one.spec.name)
    )


def source_entries(sources: Iterable[Source]) -> tuple[SourceEntry, ...]:
    """Sources by name; a skill as a source is told by its own summary."""
    return tuple(
        SourceEntry(name=one.name, summary=_summary(one), partition=one.partition, idempotent=one.idempotent)
        for one in sorted(sources, key=lambda one: one.name)
    )


def model_entries(settings: Settings) -> tuple[ModelEntry, ...]:
    """The models that the settings name, and none; no address and no key."""
    names = sorted({settings.model, "none", *settings.models})
    return tuple(ModelEntry(name=name, summary=_model(name, settings), used=name == settings.model) for name in names)


def whole(settings: Settings, agents: Iterable[Agent], skills: Iterable[Skill], sources: Iterable[Source]) -> Catalogue:
    """The catalogue of a process."""
    return Catalogue(
        agents=agent_entries(agents),
        skills=skill_entries(skills),
        sources=source_entries(sources),
        models=model_entries(settings),
    )


def _summary(source: Source) -> str:
    spec = getattr(source, "spec", None)
    told = spec.summary if spec is not None else (type(source).__doc__ or "")
    return str(told).strip().split("\n")[0]


def _model(name: str, settings: Settings) -> str:
    if name == "none":
        return "No model: sentences are quoted."
    if name == "embedded":
        return "The small model that runs in this process."
    if name in settings.models:
        return f"{settings.models[name].get('model', name)}, at an endpoint of the settings."
    return "A model file on this machine."
