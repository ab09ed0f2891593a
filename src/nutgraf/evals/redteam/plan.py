"""Which cases a run tries, and the search that goes on from those that came furthest."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nutgraf.evals.redteam.catalogue import Attack
from nutgraf.evals.redteam.effects import EFFECTS
from nutgraf.evals.redteam.mutators import MUTATORS
from nutgraf.evals.redteam.trial import Arena, Case, Outcome

CHAIN_AT_MOST, KEPT = 3, 3
#: Mutators that make several texts of one can only come last.
LAST = frozenset({"split", "variables", "buried"})
#: How near a text is to being stopped, 0..1, where something can tell; less is better for the attacker.
Closeness = Callable[[str], float]


def planned(
    attacks: Sequence[Attack], surfaces: Sequence[str], mutators: Sequence[str], *, each: int = 0, limit: int = 0,
    seed: int = 0,
) -> list[Case]:  # fmt: skip
    """Every attack on each of its surfaces, plain and through the mutators; the same cases for the same seed.

    `each` takes so many mutators for every attack and surface, drawn by lot, beside the plain form; 0 takes all.
    `limit` draws so many cases in all; 0 takes all.
    """
    rng = random.Random(seed)
    found = []
    for attack in attacks:
        for surface in attack.surfaces:
            if surface not in surfaces:
                continue
            chains = [name for name in mutators if name != "plain"]
            if each and len(chains) > each:
                chains = rng.sample(chains, each)
            names = (["plain"] if "plain" in mutators else []) + chains
            found += [Case(attack, surface, (name,)) for name in names]
    if limit and len(found) > limit:
        places = sorted(rng.sample(range(len(found)), limit))
        return [found[place] for place in places]
    return found


@dataclass(frozen=True)
class Step:
    """One try of a search, and how far it came: the level, then the effect, then how unlike an attack it looks."""

    case: Case
    outcome: Outcome
    merit: tuple[int, int, float]


async def search(
    arena: Arena, start: Case, *, tries: int, closeness: Closeness = lambda text: 0.0,
    heard: Callable[[Outcome], None] = lambda outcome: None, seed: int = 0,
) -> list[Step]:  # fmt: skip
    """Look for a chain of mutators by which an attack comes further, with at most `tries` tries; best first.

    Keeps the KEPT chains that came furthest and goes on from them with one mutator more or another one in its place.
    Ends once something came through as more than a quotation.
    """
    rng, seen, found = random.Random(f"{start.key}/{seed}"), set[tuple[str, ...]](), list[Step]()
    waiting = [start.chain, *_drawn(rng, KEPT)]
    while waiting and len(found) < tries:
        chain = waiting.pop(0)
        if chain in seen:
            continue
        seen.add(chain)
        case = Case(start.attack, start.surface, chain)
        outcome = await arena.run(case)
        heard(outcome)
        found.append(Step(case, outcome, (outcome.level, EFFECTS.index(outcome.effect), -closeness(case.made.text))))
        found.sort(key=lambda step: step.merit, reverse=True)
        if outcome.level >= 4 and outcome.effect != "carried":
            break
        if not waiting:
            waiting = [made for step in found[:KEPT] for made in _neighbours(rng, step.case.chain) if made not in seen]
    return found


def _drawn(rng: random.Random, count: int) -> list[tuple[str, ...]]:
    return [(name,) for name in rng.sample([*MUTATORS], count)]


def _neighbours(rng: random.Random, chain: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A chain with one mutator more before or behind it, and with its last one replaced."""
    names = [name for name in MUTATORS if name not in chain and name != "plain"]
    one, two, other = rng.sample(names, 3)
    bare = tuple(name for name in chain if name != "plain")
    made = [(one, *bare), (*bare, two), (*bare[:-1], other)]
    return [tried for tried in made if len(tried) <= CHAIN_AT_MOST and not LAST.intersection(tried[:-1])]
