"""Blend what unlike sources found into few passages under one token budget, and say of every one why.

Pure: the same passages give the same answer in whatever order they arrive. Ranks are fused by reciprocal rank fusion
(Cormack and others, 2009), then the order is made by maximal marginal relevance (Carbonell and Goldstein, 1998). The
order does not depend on the budget, and what is kept is a prefix of it: a larger budget only ever adds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

from nutgraf.blend.alike import Reading, alike, nearly_same
from nutgraf.errors import InputError
from nutgraf.orchestration import Blended, BlendRules, Fate, Passage

#: The constant of reciprocal rank fusion. The usual 60 suits lists of a thousand; ours hold a dozen, and with 60 the
#: rank would hardly count beside nearness and likeness (measured by bench/blend.py).
RANK_CONSTANT = 5
#: What being found by another source too is worth, of its place there: sources that search the same records agree
#: often, and must not crowd out a source that nobody else could agree with.
AGAIN = 0.5
#: Bytes of UTF-8 that make a token, about: four letters of English, one sign of Chinese and a third.
BYTES_A_TOKEN = 4
#: A passage longer than this many tokens counts for as much less as it is longer.
LONG_TOKENS = 400
#: Nearness, freshness and likeness from which they are told as a reason.
TOLD_NEAR, TOLD_FRESH, TOLD_ALIKE = 0.3, 0.5, 0.5
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def blend(
    passages: Sequence[Passage], rules: BlendRules, *, near: Sequence[float] | None = None, now: str | None = None
) -> Blended:
    """Choose what an answer is written from: `kept` best first, and one fate for every passage.

    `near` holds the nearness of each passage to the member, 0..1, in the order of `passages`; None for nobody. `now`
    is the moment in ISO 8601 against which age is counted; None leaves recency out. Raises InputError naming the rule,
    or `near`, that cannot be used.
    """
    _check(rules, passages, near)
    fates: list[Fate] = []
    groups = _grouped(_placed(passages, rules, near, fates), rules, now, fates)
    kept = _chosen(groups, rules, fates)
    return Blended(tuple(fate.passage for fate in kept), (*kept, *fates), sum(fate.tokens for fate in kept))


def tokens_of(text: str) -> int:
    """About how many tokens a text takes: a quarter of its bytes in UTF-8, rounded up, at least one."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return max(1, -(-size // BYTES_A_TOKEN))


@dataclass(slots=True, eq=False)
class _Group:
    """A passage at its best place, with whoever else found the same words, and what the whole is worth."""

    passage: Passage
    rank: int
    near: float
    score: float
    tokens: int
    fresh: float = 0.0
    others: tuple[str, ...] = ()
    reading: Reading | None = None
    likeness: float = 0.0
    compared: int = 0


def _placed(
    passages: Sequence[Passage], rules: BlendRules, near: Sequence[float] | None, fates: list[Fate]
) -> list[tuple[float, int, float, Passage]]:
    """What each passage's place is worth, its rank in its source (from 1), its nearness, and itself, best first.

    The order does not depend on arrival; passages that may not be kept get their fate instead.
    """
    values = [0.0] * len(passages) if near is None else [min(1.0, max(0.0, _number(value))) for value in near]
    keys = [_key(passage, value) for passage, value in zip(passages, values, strict=True)]
    placed: list[tuple[float, int, float, Passage]] = []
    ranks: dict[str, int] = {}
    for i in sorted(range(len(passages)), key=keys.__getitem__):
        passage = passages[i]
        source = passage.source
        weight = rules.weights.get(source, 1.0)
        if weight == 0 or rules.quotas.get(source) == 0 or not passage.text or passage.text.isspace():
            because = f"{source} has weight 0 here" if weight == 0 else f"{source} has quota 0 here"
            because = because if passage.text.strip() else "it has no text"
            fates.append(Fate(passage, False, because, 0.0, tokens_of(passage.text)))
            continue
        rank = ranks[source] = ranks.get(source, 0) + 1
        placed.append((weight * (RANK_CONSTANT + 1) / (RANK_CONSTANT + rank), rank, values[i], passage))
    placed.sort(key=lambda one: -one[0])
    return placed


def _key(passage: Passage, near: float) -> tuple[object, ...]:
    """What orders passages: their source, its own score, then everything else that could tell two apart."""
    return (
        passage.source, -_number(passage.score, -math.inf), passage.ref, passage.start, passage.end, passage.text,
        passage.title, passage.kind, passage.published or "", passage.url or "", passage.origin, passage.partition,
        -near,
    )  # fmt: skip


def _grouped(
    placed: Iterable[tuple[float, int, float, Passage]], rules: BlendRules, now: str | None, fates: list[Fate]
) -> list[_Group]:
    """Passages with the same words become one, worth its best place and half of its best place in each other source."""
    age = _Age(now, rules.recency_half_life_days)
    groups: dict[tuple[str, str], _Group] = {}
    for worth, rank, near, passage in placed:
        key = (passage.partition, passage.text.strip().lower())
        group = groups.get(key)
        if group is None:
            tokens = tokens_of(passage.text)
            groups[key] = _Group(passage, rank, near, worth, tokens, age.fresh(passage.published))
            continue
        if passage.source != group.passage.source and passage.source not in group.others:
            group.others += (passage.source,)
            group.score += AGAIN * worth
        group.near, group.fresh = max(group.near, near), max(group.fresh, age.fresh(passage.published))
        fates.append(Fate(passage, False, f"the same words as {_name(group.passage)}", worth, group.tokens))
    for group in groups.values():
        group.score *= 1.0 + rules.personal * group.near + rules.recency * group.fresh
        if group.tokens > LONG_TOKENS:
            group.score *= LONG_TOKENS / group.tokens
    return list(groups.values())


def _chosen(groups: list[_Group], rules: BlendRules, fates: list[Fate]) -> list[Fate]:
    """The fates of what is kept, best first; every other group's fate goes to `fates`.

    A value can only fall as more is kept, so only the best of a heap is ever compared with what was kept since.
    """
    heap = [(-group.score, i) for i, group in enumerate(groups)]
    heapify(heap)
    kept: list[Fate] = []
    standing: list[Reading] = []
    taken: dict[str, int] = {}
    left = rules.budget_tokens
    full = ""
    while heap and not full:
        i = heap[0][1]
        group = groups[i]
        source = group.passage.source
        because = ""
        if taken.get(source, 0) >= rules.quotas.get(source, len(groups)):
            because = f"the quota of {source} ({rules.quotas[source]}) was full"
        elif group.compared < len(standing):
            twin = _compare(group, standing)
            if twin is None:
                heapreplace(heap, (-group.score * (1.0 - rules.diversity * group.likeness), i))
                continue
            because = f"it says nearly the same as {_name(twin)}"
        elif len(kept) >= rules.passages_at_most:
            full = f"better ones filled the places ({rules.passages_at_most})"
            break
        elif group.tokens > left:
            full = "the budget was full before it"
            because = f"it takes {group.tokens} tokens, and {left} of {rules.budget_tokens} were left"
        heappop(heap)
        if because:
            fates.append(Fate(group.passage, False, because, group.score, group.tokens))
            continue
        kept.append(Fate(group.passage, True, _why(group), group.score, group.tokens))
        standing.append(group.reading or Reading(group.passage))
        taken[source] = taken.get(source, 0) + 1
        left -= group.tokens
    for _, i in sorted(heap):
        fates.append(Fate(groups[i].passage, False, full, groups[i].score, groups[i].tokens))
    return kept


def _compare(group: _Group, standing: Sequence[Reading]) -> Passage | None:
    """Compare a group with what was kept since it was last looked at; the passage that leaves it nothing to add."""
    reading = group.reading = group.reading or Reading(group.passage)
    for other in standing[group.compared :]:
        if nearly_same(reading, other):
            return other.passage
        group.likeness = max(group.likeness, alike(reading, other))
    group.compared = len(standing)
    return None


def _why(group: _Group) -> str:
    """Why a passage is kept, in words."""
    said = [f"number {group.rank} of {group.passage.source}"]
    if group.others:
        said.append(f"also found by {', '.join(sorted(group.others))}")
    if group.near >= TOLD_NEAR:
        said.append(f"near to the member ({group.near:.2f})")
    if group.fresh >= TOLD_FRESH:
        said.append("recent")
    if group.likeness >= TOLD_ALIKE:
        said.append(f"though like another ({group.likeness:.2f})")
    return "; ".join(said)


def _name(passage: Passage) -> str:
    return f"{passage.ref} of {passage.source}"


class _Age:
    """How fresh a date is on one day: 1 for that day and later, a half after each half-life, 0 without a date."""

    def __init__(self, now: str | None, half_life_days: float) -> None:
        self._today, self._half_life_days = _day(now), half_life_days
        self._known: dict[str, float] = {}

    def fresh(self, published: str | None) -> float:
        """Freshness in 0..1."""
        if not published or self._today is None or self._half_life_days <= 0:
            return 0.0
        date = published[:10]
        known = self._known.get(date)
        if known is None:
            day = _day(date)
            gone = 0.0 if day is None else max(0.0, self._today - day)
            known = self._known[date] = 0.0 if day is None else 0.5 ** (gone / self._half_life_days)
        return known


def _day(moment: str | None) -> float | None:
    """Days since year 0, about (leap days are spread evenly), of YYYY, YYYY-MM, YYYY-MM-DD or a moment; else None."""
    if not moment:
        return None
    try:
        year, month, day = int(moment[:4]), int(moment[5:7] or 1), int(moment[8:10] or 1)
        return year * 365.2425 + _DAYS_BEFORE_MONTH[month - 1] + day
    except (ValueError, IndexError):
        return None


def _number(value: float, otherwise: float = 0.0) -> float:
    """A number that can be compared; a source may send what is none."""
    return otherwise if value != value else value


def _check(rules: BlendRules, passages: Sequence[Passage], near: Sequence[float] | None) -> None:
    if near is not None and len(near) != len(passages):
        raise InputError(f"near: has {len(near)} values for {len(passages)} passages; give one for each")
    numbers = {"personal": rules.personal, "recency": rules.recency, "budget_tokens": rules.budget_tokens}
    numbers |= {"recency_half_life_days": rules.recency_half_life_days, "passages_at_most": rules.passages_at_most}
    numbers |= {f"weights.{name}": weight for name, weight in rules.weights.items()}
    numbers |= {f"quotas.{name}": quota for name, quota in rules.quotas.items()}
    for name, value in numbers.items():
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"blend rules: {name} is {value!r}; it must be a number not below zero")
    if not 0 <= rules.diversity <= 1:
        raise InputError(f"blend rules: diversity is {rules.diversity!r}; it must lie in 0..1")
