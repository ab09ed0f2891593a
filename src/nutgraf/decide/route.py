"""Where a question goes: in scope or not, and to which agent. Rules first, then the trained head, then doubt.

Pure: no I/O, no clock. The embedding and the head come as arguments; without them the rules decide alone.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from nutgraf.decide.head import OUTSIDE, Head
from nutgraf.decide.rules import AGENT_RULES, SCOPE_RULES, SELF, plain
from nutgraf.orchestration import Agent, Route
from nutgraf.text.words import content_stems
from nutgraf.types import Item, ItemKind, Vectors

#: What the agent of the last turn is worth, as logarithm of odds: for a question that leans on it, and for any other.
BEFORE_SHORT, BEFORE = 1.5, 0.3
#: What the kind of the item is worth to agents that are about such items.
KIND_PRIOR: Mapping[ItemKind, Mapping[str, float]] = {
    "job": {"job-fit": 0.7, "interview": 0.4},
    "course": {"learning": 0.7},
    "company": {"company": 1.0},
}
#: How much more a record that the question points at says than the item it is asked of.
ABOUT = 2.5
#: Who answers a short question about a record of this kind; about a job it depends on what was asked before.
AT_HOME: Mapping[ItemKind, str] = {"course": "learning", "company": "company"}
_TITLE = re.compile(r"“[^”]*”")
#: What a question whose words all stand in the item is worth to `general`; one that speaks of its asker is not about it.
KNOWN_PRIOR, SELF_PRIOR = 1.5, -1.0
#: From which share of a question's words on, when they stand in the item, it is about the item whatever a rule says.
ABOUT_ITEM = 0.5
#: Agents that make no sense without an item of these kinds in the conversation, and who answers instead.
NEEDS: Mapping[str, tuple[ItemKind, ...]] = {"job-fit": ("job",), "interview": ("job",)}
INSTEAD = ("career", "general")
#: A question of at most so many content words leans on the turn before it.
SHORT_WORDS = 3

#: The source of earlier answers, and how a question asks for what was said in them.
CONVERSATION = "conversation"
_SAID = (
    r"(?:sa(?:y|id)|tell|told|mention(?:ed)?|talk(?:ed)?|discuss(?:ed)?|answer(?:ed)?|recommend(?:ed)?|suggest(?:ed)?)"
)
_RECALLS = re.compile(
    rf"\b(?:you|we) (?:\w+ )?{_SAID}\b|\b(?:your|the) (?:last|earlier|previous|first) answers?\b|\bremind me\b"
)
#: The rule of an agent's own example questions.
EXAMPLE = "example"

AskModel = Callable[[str, Sequence[Agent]], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is judged by; `known` is the share of its stems that stand in the item, 0..1."""

    plain: str
    stems: tuple[str, ...]
    known: float
    item: Item | None
    before: str | None
    kinds: frozenset[ItemKind]
    about: frozenset[ItemKind] = frozenset()

    @property
    def short(self) -> bool:
        """Whether it says too little to stand alone."""
        return len(self.stems) <= SHORT_WORDS and len(self.plain.split()) <= 2 * SHORT_WORDS + 1


def route(  # noqa: PLR0913 - by keyword, and most say nothing
    question: str,
    *,
    item: Item | None,
    agents: Sequence[Agent],
    vector: Vectors | None = None,
    before: str | None = None,
    head: Head | None = None,
    kinds: Collection[ItemKind] = (),
    said: str | None = None,
    about: Collection[ItemKind] = (),
) -> Route:
    """The agent for a question that stands alone, or None when it is out of scope, with the reason.

    `vector` is the question's embedding, shape [384]; without it or a head the rules decide alone. `before` names the
    agent of the last turn. `kinds` are kinds of records that the conversation spoke of besides the item: fit and
    interview need a job among them. `said` is the new part of a follow-up: the rules read it instead of the question,
    which holds words of the last one. `about` are the kinds of the records it refers to. Titles in “…” are left aside.
    A question whose words stand in the item is never out of scope.
    """
    asked = _asked(said or question, item, before, [*kinds, *about], about)
    return _routed(question, said, asked, {agent.name: agent for agent in agents}, head, vector)[0]


def _routed(
    question: str, said: str | None, asked: Asked, known: Mapping[str, Agent], head: Head | None, vector: Vectors | None
) -> tuple[Route, str | None]:
    """The route, and the agent that would be next when it is a doubt of the head."""
    runner_up: str | None = None
    if outside := next(
        (rule for rule in SCOPE_RULES if asked.known < rule.waived_at and rule.fires(asked.plain)), None
    ):
        return Route(agent=None, by="rules", because=_sorry(outside.about), confidence=0.95, rule=outside.name), None
    fired = _fired(asked, known)
    if len(fired) == 1 or (fired and (head is None or vector is None)):
        name, rule = next(iter(fired.items()))
        sure = 0.95 if len(fired) == 1 else 0.7
        found = Route(agent=name, by="rules", because=_worded(name, rule), confidence=sure, rule=rule)
    elif not fired and (leaning := _leaning(question, said, asked, known)):
        found = leaning
    elif head is not None and vector is not None:
        found, runner_up = _by_head(asked, known, head, vector, fired)
    else:
        found = _unsure(asked, known)
    return _finished(found, asked, known), runner_up


async def route_or_ask(  # noqa: PLR0913 - as `route`
    question: str,
    *,
    item: Item | None,
    agents: Sequence[Agent],
    ask_model: AskModel,
    vector: Vectors | None = None,
    before: str | None = None,
    head: Head | None = None,
    kinds: Collection[ItemKind] = (),
    said: str | None = None,
    about: Collection[ItemKind] = (),
) -> Route:
    """Like `route`, but in doubt `ask_model` chooses between the two likeliest agents.

    It gets the question and the two agents and gives the name of one; anything else leaves the doubt as it was.
    """
    asked = _asked(said or question, item, before, [*kinds, *about], about)
    known = {agent.name: agent for agent in agents}
    found, runner_up = _routed(question, said, asked, known, head, vector)
    if found.by != "fallback":
        return found
    names = dict.fromkeys(name for name in (found.agent, runner_up, before, _general(known)) if name in known)
    two = [known[name] for name in names][:2]
    if len(two) < 2:
        return found
    chosen = await ask_model(question, two)
    picked = next((agent for agent in two if agent.name == chosen), None)
    if picked is None:
        return found
    because = f"the model chose between {' and '.join(agent.name for agent in two)}"
    return replace(found, agent=picked.name, by="model", because=because, sources=sources_for(picked, question))


def _asked(
    question: str, item: Item | None, before: str | None, kinds: Collection[ItemKind], about: Collection[ItemKind]
) -> Asked:
    question = _TITLE.sub("it", question)
    stems = tuple(dict.fromkeys(content_stems(question)))
    there = _item_stems(item) if item is not None and stems else frozenset()
    known = sum(stem in there for stem in stems) / max(1, len(stems))
    every = frozenset([*kinds, *([item.kind] if item else [])])
    return Asked(plain(question), stems, known, item, before, every, frozenset(about))


def _item_stems(item: Item) -> frozenset[str]:
    whole = [item.title, item.text, item.author or "", item.organisation or "", item.place or "", *item.topics]
    return frozenset(content_stems(" ".join([*whole, *(f"{key} {value}" for key, value in item.details)])))


def _serves(agent: Agent, asked: Asked) -> bool:
    """Whether the conversation holds an item of a kind that the agent needs."""
    needed = NEEDS.get(agent.name) or agent.kinds
    return not needed or bool(asked.kinds & set(needed)) or asked.before == agent.name


def _fired(asked: Asked, known: Mapping[str, Agent]) -> dict[str, str]:
    """The first rule that fires for each agent, in order of precedence."""
    fired: dict[str, str] = {}
    for rule in AGENT_RULES:
        if rule.agent in known and rule.agent is not None and rule.agent not in fired and rule.fires(asked.plain):
            fired[rule.agent] = rule.name
    for name, agent in known.items():
        if name not in fired and any(plain(example) == asked.plain for example in agent.when):
            fired[name] = EXAMPLE
    return fired


def _by_head(
    asked: Asked, known: Mapping[str, Agent], head: Head, vector: Vectors, fired: Mapping[str, str]
) -> tuple[Route, str | None]:
    """The likeliest agent, or out of scope, or a doubt. Rules that contradict each other narrow the choice."""
    prior = dict(KIND_PRIOR.get(asked.item.kind, {})) if asked.item is not None else {}
    for kind in asked.about:
        for name, worth in KIND_PRIOR.get(kind, {}).items():
            prior[name] = prior.get(name, 0.0) + ABOUT * worth
    if asked.before:
        prior[asked.before] = prior.get(asked.before, 0.0) + (BEFORE_SHORT if asked.short else BEFORE)
    prior["general"] = prior.get("general", 0.0) + (
        SELF_PRIOR if SELF.search(asked.plain) else KNOWN_PRIOR * asked.known
    )
    allowed = set(fired) or {name for name in known if _serves(known[name], asked)}
    if not fired and asked.known < ABOUT_ITEM and not (asked.before and asked.short):
        allowed.add(OUTSIDE)
    shares = head.shares(vector, prior, allowed)
    if not shares:
        return _unsure(asked, known), None
    outside = shares.get(OUTSIDE, 0.0)
    if outside >= head.outside_threshold:
        sure = round(outside, 3)
        return Route(agent=None, by="head", because=_sorry("something else"), confidence=sure, rule=head.version), None
    inside = [label for label in shares if label != OUTSIDE]
    name, share = inside[0], shares[inside[0]]
    if share < head.threshold:
        because = f"not sure: {name} is the likeliest with {share:.0%}"
        runner_up = inside[1] if len(inside) > 1 else None
        return Route(agent=name, by="fallback", because=because, confidence=round(share, 3)), runner_up
    because = _like(known[name], asked, share)
    return Route(agent=name, by="head", because=because, confidence=round(share, 3), rule=head.version), None


def _leaning(question: str, said: str | None, asked: Asked, known: Mapping[str, Agent]) -> Route | None:
    """A short follow-up: the agent of the records it points at, else the agent it follows."""
    if not asked.short or not (asked.about or (said is not None and said != question)):
        return None
    if owner := next((AT_HOME[kind] for kind in sorted(asked.about) if AT_HOME.get(kind) in known), None):
        return Route(agent=owner, by="rules", because="it is about a record that was shown", confidence=0.8)
    if asked.before in known:
        return Route(agent=asked.before, by="rules", because="a short follow-up stays with its agent", confidence=0.8)
    return None


def _unsure(asked: Asked, known: Mapping[str, Agent]) -> Route:
    """Without a rule or a head: stay with the agent of a short follow-up, else answer from the item."""
    if asked.short and asked.before in known:
        return Route(
            agent=asked.before, by="fallback", because="not sure: a short question stays with its agent", confidence=0.5
        )
    if asked.item is not None and asked.item.kind == "company" and "company" in known:
        return Route(agent="company", by="rules", because="it is asked of a company", confidence=0.6)
    if asked.known >= ABOUT_ITEM:
        return Route(agent=_general(known), by="rules", because="its words stand in the item", confidence=0.7)
    return Route(
        agent=_general(known), by="fallback", because="not sure: nothing in it speaks for an agent", confidence=0.3
    )


def _general(known: Mapping[str, Agent]) -> str | None:
    return "general" if "general" in known else next(iter(known), None)


def _finished(found: Route, asked: Asked, known: Mapping[str, Agent]) -> Route:
    """With an agent that can serve this conversation, and its sources."""
    name = found.agent
    if name is None:
        return found
    if not _serves(known[name], asked):
        needed = NEEDS.get(name) or known[name].kinds
        instead = next((other for other in INSTEAD if other in known and other != name), None)
        if instead is not None:
            because = f"{found.because}; {name} needs a {' or '.join(needed)}, and there is none here"
            found = replace(found, agent=instead, because=because)
    if found.agent == "takeaways" and asked.item is None and (general := _general(known)):
        found = replace(found, agent=general, because=f"{found.because}; there is no item to read")
    agent = known.get(found.agent or "")
    return replace(found, sources=sources_for(agent, asked.plain)) if agent else found


def sources_for(agent: Agent, question: str) -> tuple[str, ...]:
    """The sources of an agent that a question may be answered from.

    Earlier answers are no evidence for a new one: they are asked only by a question about what was said.
    """
    if _RECALLS.search(plain(question)):
        return agent.sources
    return tuple(name for name in agent.sources if name != CONVERSATION)


def _worded(name: str, rule: str) -> str:
    """A rule in words, for people."""
    if rule == EXAMPLE:
        return f"it is one of the example questions of {name}"
    return f"it is worded like a question for {name} ({rule.replace('-', ' ')})"


def _like(agent: Agent, asked: Asked, share: float) -> str:
    """What the head found in words: like which questions, and how sure that is."""
    stems = set(asked.stems)
    nearest = max(agent.when, key=lambda example: len(stems & set(content_stems(example))), default="")
    such = f", such as “{nearest}”" if nearest else ""
    return f"it is like the questions that {agent.name} answers{such} ({share:.0%} sure)"


def _sorry(about: str) -> str:
    return (
        f"This is about {about}, which I cannot help with here. I can help with this item, jobs, companies, courses, "
        "your career or business, and with what to write."
    )
