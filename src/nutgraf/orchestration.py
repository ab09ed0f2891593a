"""The nouns of orchestration: what sources are asked, what they find, what becomes of it, and who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from nutgraf.conversation import Remembered, Turn
from nutgraf.types import FactKind, Item, ItemKind, Scope, Snapshot, SourceKind, Vectors

Partition = Literal["public", "member"]
Outcome = Literal["ok", "late", "failed", "open", "off", "not-needed"]
Form = Literal["takeaways", "answer", "fit", "interview", "plan", "draft"]
Step = Literal["route", "write"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Query:
    """What every source of one answer is asked.

    `text` stands alone: what a follow-up refers to is resolved. `vector` is its embedding, shape [dims], None without
    an encoder. `history` holds earlier turns, oldest first; `arguments` what an agent wants to pass to its skills.
    """

    scope: Scope
    text: str
    item: Item | None
    snapshot: Snapshot
    vector: Vectors | None = None
    history: tuple[Turn, ...] = ()
    remembered: tuple[Remembered, ...] = ()
    limit: int = 8
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False, kw_only=True)
class Passage:
    """A stretch of text that a source found: untrusted, with its place.

    `ref` names the record it is in (item id, fact id, turn, URL), `text` is how that record reads from `start` to `end`
    (offsets in characters into the record's text). `score` orders the passages of one source and says nothing across
    sources. `origin` is what evidence made of it is: the item itself, the member's record, or a skill's result.
    `published` is ISO 8601 (date or moment), `vector` its embedding where the source has one.
    """

    source: str
    ref: str
    text: str
    start: int = 0
    end: int = 0
    title: str = ""
    kind: str = ""
    score: float = 0.0
    origin: SourceKind = "skill"
    partition: Partition = "public"
    published: str | None = None
    vector: Vectors | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of asking one source. `open` means its breaker was open, `off` that it is switched off.

    `took_ms` counts from the start of gathering to its answer, or to the moment it was cancelled.
    """

    source: str
    outcome: Outcome
    took_ms: float = 0.0
    found: int = 0
    kept: int = 0
    hedged: bool = False
    because: str = ""


@dataclass(frozen=True, eq=False)
class Gathered:
    """Whatever arrived in time, in the order of the sources' names, and a report on every source that was asked."""

    passages: tuple[Passage, ...]
    reports: tuple[SourceReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendRules:
    """How passages of unlike sources are put together. Everything not named here has weight 1 and no quota.

    `diversity` in 0..1 is what likeness to a kept passage costs, `personal` what nearness to the member adds.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    quotas: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    budget_tokens: int = 1_200
    diversity: float = 0.3
    personal: float = 0.2
    recency_half_life_days: float = 180.0
    recency: float = 0.1
    passages_at_most: int = 12


@dataclass(frozen=True, eq=False)
class Fate:
    """What became of one passage, and why, in words that a trace can show."""

    passage: Passage
    kept: bool
    because: str
    score: float
    tokens: int


@dataclass(frozen=True, eq=False)
class Blended:
    """The passages to write from, best first, and the fate of every one that was found."""

    kept: tuple[Passage, ...]
    fates: tuple[Fate, ...]
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One part of a plan: its heading, what it looks for, and in which records or member facts.

    `about` are words added to the question. Either `kinds` (of records) or `facts` (kinds of facts) is filled.
    """

    title: str
    about: str = ""
    kinds: tuple[ItemKind, ...] = ()
    facts: tuple[FactKind, ...] = ()
    at_most: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Instructions, sources and an output form for one kind of question.

    `when` are example questions, for routing and for people; `topic` further ones, with which questions that are about
    something else are told apart; `kinds` the items it serves, empty for all. `continues`
    lets another model go on from the last committed sentence when the first one was cut off. `facets` are the parts of
    a plan, in order.
    """

    name: str
    version: int
    summary: str
    form: Form
    prompt: str = ""
    when: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    kinds: tuple[ItemKind, ...] = ()
    sources: tuple[str, ...] = ("item",)
    rules: BlendRules = field(default_factory=BlendRules)
    sentences_at_most: int = 3
    gather_within_s: float = 0.8
    continues: bool = False
    facets: tuple[Facet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a question goes: the agent, or None when it is out of scope.

    `by` names what decided, `rule` which rule it was or which version of the head; `because` says it in words.
    """

    agent: str | None
    by: Literal["asked", "rules", "head", "model", "fallback"]
    because: str
    confidence: float = 1.0
    sources: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call of a model cost: tokens in and out, and money in millionths of a US dollar.

    `estimated` is True when the provider did not say and we counted ourselves.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    micro_usd: int = 0
    estimated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillSpec:
    """What people, models and the contract test know of a skill.

    `parameters` is a JSON schema of its arguments. A skill with `side_effects` is never asked while gathering, never
    hedged and never repeated without an idempotency key. `cost_points` is what a call costs beside others (1 is an
    ordinary one), for people to read: admission counts every answer alike.
    """

    name: str
    version: int
    summary: str
    when: str
    parameters: Mapping[str, Any]
    cost_points: float = 1.0
    side_effects: bool = False
    idempotent: bool = True
    partition: Partition = "public"
    origin: str = "python"
