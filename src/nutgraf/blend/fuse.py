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

from nutgraf.blend.alike import Reading, alike, nearly_same, plain
from nutgraf.errors import InputError
from nutgraf.orchestration import Blended, BlendRules, Fate, Passage

#: The constant of reciprocal rank fusion: how little the first ranks differ.
RANK_CONSTANT = 60
#: Bytes of UTF-8 that make a token, about: four letters of English, one sign of Chinese and a third.
BYTES_A_TOKEN = 4
#: A passage longer than this many tokens counts for as much less as it is longer.
LONG_TOKENS = 400
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
class _Found:
    """A passage with its rank in its source (from 1) and what that rank is worth."""

    passage: Passage
    rank: int
    worth: float
    near: float


@dataclass(slots=True, eq=False)
class _Group:
    """A passage with whoever else found the same words, and what the whole is worth."""

    best: _Found
    others: list[str]
    near: float
    fresh: float
    score: float
    tokens: int
    reading: Reading


def _placed(
    passages: Sequence[Passage], rules: BlendRules, near: Sequence[float] | None, fates: list[Fate]
) -> list[_Found]:
    """Every passage that may be kept, with its rank, in an order that does not depend on arrival."""
    values = near if near is not None else [0.0] * len(passages)
    keyed = sorted((_key(passage, value), i) for i, (passage, value) in enumerate(zip(passages, values, strict=True)))
    found: list[_Found] = []
    ranks: dict[str, int] = {}
    for _, i in keyed:
        passage = passages[i]
        weight = rules.weights.get(passage.source, 1.0)
        because = ""
        if not passage.text or passage.text.isspace():
            because = "it has no text"
        elif weight == 0:
            because = f"{passage.source} has weight 0 here"
        elif rules.quotas.get(passage.source, 1) == 0:
            because = f"{passage.source} has quota 0 here"
        if because:
            fates.append(Fate(passage, False, because, 0.0, tokens_of(passage.text)))
            continue
        rank = ranks[passage.source] = ranks.get(passage.source, 0) + 1
        worth = weight * (RANK_CONSTANT + 1) / (RANK_CONSTANT + rank)
        found.append(_Found(passage, rank, worth, min(1.0, max(0.0, _number(values[i])))))
    found.sort(key=lambda one: -one.worth)
    return found


def _key(passage: Passage, near: float) -> tuple[object, ...]:
    """What orders passages: their source, its own score, then everything else that could tell two apart."""
    return (
        passage.source, -_number(passage.score, -math.inf), passage.ref, passage.start, passage.end, passage.text,
        passage.title, passage.kind, passage.published or "", passage.url or "", passage.origin, passage.partition,
        -_number(near),
    )  # fmt: skip


def _grouped(found: Iterable[_Found], rules: BlendRules, now: str | None, fates: list[Fate]) -> list[_Group]:
    """Passages with the same words become one, worth the sum of its best place in each source."""
    today = _day(now)
    groups: dict[tuple[str, str], _Group] = {}
    for one in found:  # best place first
        passage = one.passage
        words = plain(passage.text)
        fresh = _fresh(passage.published, today, rules.recency_half_life_days)
        group = groups.get((passage.partition, words))
        if group is None:
            tokens = tokens_of(passage.text)
            reading = Reading(words, passage)
            groups[passage.partition, words] = _Group(one, [], one.near, fresh, one.worth, tokens, reading)
            continue
        if passage.source != group.best.passage.source and passage.source not in group.others:
            group.others.append(passage.source)
            group.score += one.worth
        group.near, group.fresh = max(group.near, one.near), max(group.fresh, fresh)
        because = f"the same words as {_name(group.best.passage)}"
        fates.append(Fate(passage, False, because, one.worth, group.tokens))
    for group in groups.values():
        group.score *= 1.0 + rules.personal * group.near + rules.recency * group.fresh
        group.score *= min(1.0, LONG_TOKENS / group.tokens)
    return list(groups.values())


def _chosen(groups: list[_Group], rules: BlendRules, fates: list[Fate]) -> list[Fate]:
    """The fates of what is kept, best first; every other group's fate goes to `fates`.

    A value can only fall as more is kept, so only the best of a heap is ever compared with what was kept since.
    """
    heap = [(-group.score, i) for i, group in enumerate(groups)]
    heapify(heap)
    likeness, seen = [0.0] * len(groups), [0] * len(groups)
    kept: list[Fate] = []
    standing: list[Reading] = []
    taken: dict[str, int] = {}
    left = rules.budget_tokens
    full = ""
    while heap and not full:
        _, i = heap[0]
        group, source = groups[i], groups[i].best.passage.source
        because = ""
        if taken.get(source, 0) >= rules.quotas.get(source, len(groups)):
            because = f"the quota of {source} ({rules.quotas[source]}) was full"
        elif seen[i] < len(standing):
            twin, most = _compared(group.reading, standing[seen[i] :])
            likeness[i], seen[i] = max(likeness[i], most), len(standing)
            if twin is None:
                heapreplace(heap, (-group.score * (1.0 - rules.diversity * likeness[i]), i))
                continue
            because = f"it says nearly the same as {_name(twin)}"
        elif len(kept) >= rules.passages_at_most:
            full = f"better ones filled the {rules.passages_at_most} places"
            break
        elif group.tokens > left:
            full = "the budget was full before it"
            because = f"it takes {group.tokens} tokens and {left} of {rules.budget_tokens} were left"
        heappop(heap)
        if because:
            fates.append(Fate(group.best.passage, False, because, group.score, group.tokens))
            continue
        kept.append(Fate(group.best.passage, True, _why(group, likeness[i]), group.score, group.tokens))
        standing.append(group.reading)
        taken[source] = taken.get(source, 0) + 1
        left -= group.tokens
    for _, i in sorted(heap):
        fates.append(Fate(groups[i].best.passage, False, full, groups[i].score, groups[i].tokens))
    return kept


def _compared(reading: Reading, others: Sequence[Reading]) -> tuple[Passage | None, float]:
    """The first passage that leaves this one nothing to add, if any, and the greatest likeness to the others."""
    most = 0.0
    for other in others:
        if nearly_same(reading, other):
            return other.passage, 1.0
        most = max(most, alike(reading, other))
    return None, most


def _why(group: _Group, likeness: float) -> str:
    """Why a passage is kept, in words."""
    said = [f"number {group.best.rank} of {group.best.passage.source}"]
    if group.others:
        said.append(f"also found by {', '.join(sorted(group.others))}")
    if group.near >= 0.3:
        said.append(f"near to the member ({group.near:.2f})")
    if group.fresh >= 0.5:
        said.append("recent")
    if likeness >= 0.5:
        said.append(f"though like another ({likeness:.2f})")
    return "; ".join(said)


def _name(passage: Passage) -> str:
    return f"{passage.ref} of {passage.source}"


def _fresh(published: str | None, today: float | None, half_life_days: float) -> float:
    """1 for today and later, a half after each half-life; 0 without a date."""
    if today is None or half_life_days <= 0 or (day := _day(published)) is None:
        return 0.0
    return float(0.5 ** (max(0.0, today - day) / half_life_days))


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
    numbers["recency_half_life_days"], numbers["passages_at_most"] = (
        rules.recency_half_life_days,
        rules.passages_at_most,
    )
    numbers |= {f"weights.{name}": weight for name, weight in rules.weights.items()}
    numbers |= {f"quotas.{name}": quota for name, quota in rules.quotas.items()}
    for name, value in numbers.items():
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"blend rules: {name} is {value!r}; it must be a number not below zero")
    if not 0 <= rules.diversity <= 1:
        raise InputError(f"blend rules: diversity is {rules.diversity!r}; it must lie in 0..1")
