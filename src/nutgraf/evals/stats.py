"""Figures with intervals: rates clustered by item, paired differences, rates corrected for a detector, agreement.

Everything is drawn with a seed, so the same scores give the same figures.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nutgraf.errors import InputError

Floats = NDArray[np.float64]
RESAMPLES = 2_000
#: Quantile of the normal distribution for an interval of 95 %.
Z = 1.959964
#: A detector whose sensitivity and specificity add up to less than 1 + this tells too little to correct a rate with.
TELLS_AT_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Tally:
    """What one answer gave: `hits` of `of`. `group` is its item, `key` pairs it with the same case of another run."""

    group: str
    hits: float
    of: float
    key: Hashable = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, over `n` answers about `groups` items."""

    value: float
    low: float
    high: float
    n: int
    groups: int

    def within(self, value: float) -> bool:
        """Whether the interval holds a value."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Difference:
    """The second minus the first of two figures of the same cases, with its 95 % interval.

    `first` and `second` are the figures over the `n` cases that both have; `relative` is the difference as a share of
    the first, None where that is 0.
    """

    value: float
    low: float
    high: float
    first: float
    second: float
    n: int
    groups: int

    @property
    def relative(self) -> float | None:
        """The difference as a share of the first figure."""
        return self.value / self.first if self.first else None


@dataclass(frozen=True, slots=True)
class Detection:
    """How well something tells bad from good, on labelled data: `sensitivity` tallies are of the bad ones (hit when
    flagged), `specificity` tallies of the good ones (hit when passed).
    """

    sensitivity: tuple[Tally, ...]
    specificity: tuple[Tally, ...]

    def effective(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Both as a share and its effective number: what a sample without clusters of the same variance would hold."""
        return _effective(self.sensitivity), _effective(self.specificity)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two raters on the same things: Cohen's kappa with its 95 % interval, and how often they say the same."""

    kappa: float
    low: float
    high: float
    agreement: float
    n: int


def rate(tallies: Sequence[Tally], *, seed: int = 0, resamples: int = RESAMPLES, share: bool = True) -> Estimate:
    """Hits by of, over all answers, with an interval from drawing items anew.

    Where all items say the same, drawing tells nothing: the interval of a `share` is then Wilson's, with the items as
    its number. Raises InputError when nothing was counted.
    """
    used = [one for one in tallies if one.of > 0]
    if not used:
        raise InputError("statistics: nothing was measured, so there is no figure; see why in the scores")
    hits, of = _by_group(used)
    value = float(hits.sum() / of.sum())
    drawn = _ratios(_weights(len(hits), seed, resamples), hits, of)
    low, high = _middle(drawn)
    if share and high - low < 1e-12 and 0 <= value <= 1:
        low, high = wilson(value, len(hits))
    return Estimate(value, min(low, value), max(high, value), len(used), len(hits))


def quantile(tallies: Sequence[Tally], q: float, *, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """The `q` quantile of hits by of an answer (of a latency, for example), items drawn anew. Raises as `rate`."""
    groups: dict[str, list[float]] = defaultdict(list)
    for one in tallies:
        if one.of > 0:
            groups[one.group].append(one.hits / one.of)
    if not groups:
        raise InputError("statistics: nothing was measured, so there is no figure; see why in the scores")
    values = [np.array(row) for row in groups.values()]
    whole = np.concatenate(values)
    rng = np.random.default_rng(seed)
    drawn = [
        np.quantile(np.concatenate([values[i] for i in rng.integers(0, len(values), len(values))]), q)
        for _ in range(min(resamples, 500))
    ]
    low, high = _middle(np.array(drawn))
    return Estimate(float(np.quantile(whole, q)), low, high, len(whole), len(values))


def difference(
    first: Iterable[Tally], second: Iterable[Tally], *, seed: int = 0, resamples: int = RESAMPLES
) -> Difference:
    """The paired difference of two runs over the cases that both measured, items drawn anew with both of their answers.

    Tallies are paired by `key`; those of one key are added up. Raises InputError when no case is in both.
    """
    sides = [_by_key(tallies) for tallies in (first, second)]
    keys = sorted(sides[0].keys() & sides[1].keys(), key=repr)
    if not keys:
        raise InputError("compare: no case was measured in both runs; run both over the same case sets")
    pairs = [[Tally(*side[key], key) for key in keys] for side in sides]
    (hits_1, of_1), (hits_2, of_2) = (_by_group(side) for side in pairs)
    weights = _weights(len(hits_1), seed, resamples)
    drawn = _ratios(weights, hits_2, of_2) - _ratios(weights, hits_1, of_1)
    one, two = float(hits_1.sum() / of_1.sum()), float(hits_2.sum() / of_2.sum())
    low, high = _middle(drawn)
    return Difference(two - one, min(low, two - one), max(high, two - one), one, two, len(keys), len(hits_1))


def corrected(tallies: Sequence[Tally], detection: Detection) -> Estimate:
    """The true rate behind a detector's: Rogan and Gladen (1978), with the interval of Lang and Reiczigel (2014).

    The interval carries the error of the rate and the errors of the detector's sensitivity and specificity. Each of the
    three counts with its effective number: what a simple sample with the variance of the clustered one would hold. Hits
    may be flags or probabilities, as long as they are the same in all three; probabilities tell more. Variances come
    from groups, so the quantile is Student's. Raises InputError where nothing was counted, or where it is not shown
    that the detector tells bad from good at all.
    """
    seen, caught, passed = (_effective(rows) for rows in (tallies, detection.sensitivity, detection.specificity))
    z = _student(min(len({one.group for one in rows}) for rows in (detection.sensitivity, detection.specificity)) - 1)
    p = (seen[1] * seen[0] + z * z / 2) / (seen[1] + z * z)
    se, sp = ((one[1] * one[0] + 1) / (one[1] + 2) for one in (caught, passed))
    var_se, var_sp = se * (1 - se) / (caught[1] + 2), sp * (1 - sp) / (passed[1] + 2)
    tells, by = caught[0] + passed[0] - 1, se + sp - 1
    if min(tells, by) < TELLS_AT_LEAST or by <= z * math.sqrt(var_se + var_sp):
        raise InputError(
            f"statistics: sensitivity {caught[0]:.2f} and specificity {passed[0]:.2f} tell too little to correct with"
        )
    value = min(1.0, max(0.0, (seen[0] + passed[0] - 1) / tells))
    true = min(1.0, max(0.0, (p + sp - 1) / by))
    shift = 2 * z * z * (true * var_se - (1 - true) * var_sp)
    spread = z / by * math.sqrt(p * (1 - p) / (seen[1] + z * z) + true * true * var_se + (1 - true) ** 2 * var_sp)
    low, high = (min(1.0, max(0.0, true + shift + side * spread)) for side in (-1, 1))
    return Estimate(value, min(low, value), max(high, value), len(tallies), len({one.group for one in tallies}))


def kappa(
    first: Sequence[Hashable], second: Sequence[Hashable], *, groups: Sequence[str] | None = None, seed: int = 0,
    resamples: int = 500,
) -> Agreement:  # fmt: skip
    """Cohen's kappa of two raters' labels of the same things, in the same order; `groups` are drawn together.

    1 where both say one and the same of everything. Raises InputError for lists of other lengths, or empty ones.
    """
    if len(first) != len(second) or not first:
        raise InputError(f"kappa: needs as many labels of both, and at least one; got {len(first)} and {len(second)}")
    places: dict[str, list[int]] = defaultdict(list)
    for at in range(len(first)):
        places[groups[at] if groups else str(at)].append(at)
    names = {label: number for number, label in enumerate(sorted({*first, *second}, key=repr))}
    one, two = (np.array([names[label] for label in side]) for side in (first, second))
    rows, rng = [np.array(row) for row in places.values()], np.random.default_rng(seed)
    picks = (np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))]) for _ in range(resamples))
    low, high = _middle(np.array([_kappa(one[pick], two[pick], len(names)) for pick in picks]))
    value = _kappa(one, two, len(names))
    return Agreement(value, min(low, value), max(high, value), float((one == two).mean()), len(first))


def detection(flagged: Sequence[bool], bad: Sequence[bool], groups: Sequence[str]) -> Detection:
    """Sensitivity and specificity from flags and labels of the same things, each of one group (its source)."""
    rows = list(zip(flagged, bad, groups, strict=True))
    return Detection(
        tuple(Tally(group, float(flag), 1.0) for flag, is_bad, group in rows if is_bad),
        tuple(Tally(group, float(not flag), 1.0) for flag, is_bad, group in rows if not is_bad),
    )


def wilson(value: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share `value` of `n` independent things."""
    centre, by = (value + Z * Z / (2 * n)), 1 + Z * Z / n
    spread = Z * math.sqrt(value * (1 - value) / n + Z * Z / (4 * n * n))
    return max(0.0, (centre - spread) / by), min(1.0, (centre + spread) / by)


def _by_key(tallies: Iterable[Tally]) -> Mapping[Hashable, tuple[str, float, float]]:
    found: dict[Hashable, tuple[str, float, float]] = {}
    for one in tallies:
        if one.of > 0:
            _, hits, of = found.get(one.key, (one.group, 0.0, 0.0))
            found[one.key] = (one.group, hits + one.hits, of + one.of)
    return found


def _by_group(tallies: Iterable[Tally]) -> tuple[Floats, Floats]:
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in tallies:
        sums[one.group][0] += one.hits
        sums[one.group][1] += one.of
    both = np.array(list(sums.values()), dtype=np.float64)
    return both[:, 0], both[:, 1]


def _weights(groups: int, seed: int, resamples: int) -> Floats:
    """How often each group is drawn in each resample."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(np.float64)


def _ratios(weights: Floats, hits: Floats, of: Floats) -> Floats:
    below = weights @ of
    found: Floats = np.divide(weights @ hits, below, out=np.full(len(weights), np.nan), where=below > 0)
    return found


def _middle(drawn: Floats) -> tuple[float, float]:
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def _effective(tallies: Sequence[Tally]) -> tuple[float, float]:
    """A share, and its effective number: of flags never more than were counted, as groups may only take away."""
    used = [one for one in tallies if one.of > 0]
    if not used:
        raise InputError("statistics: nothing was measured, so there is no figure; see why in the scores")
    hits, of = _by_group(used)
    share, n = float(hits.sum() / of.sum()), float(of.sum())
    if len(hits) < 2 or share in (0.0, 1.0):
        return share, float(min(n, len(hits)))
    variance = float(((hits - share * of) ** 2).sum()) / (n * n) * len(hits) / (len(hits) - 1)
    found = share * (1 - share) / variance if variance > 0 else n
    return share, found if any(0 < one.hits < one.of for one in used) else min(n, found)


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's distribution, by the expansion of Cornish and Fisher."""
    n = max(1, freedom)
    return Z + (Z**3 + Z) / (4 * n) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * n * n)


def _kappa(first: NDArray[np.int64], second: NDArray[np.int64], labels: int) -> float:
    table = np.zeros((labels, labels))
    np.add.at(table, (first, second), 1.0)
    table /= table.sum()
    by_chance = float(table.sum(axis=1) @ table.sum(axis=0))
    return 1.0 if by_chance >= 1 else float((np.trace(table) - by_chance) / (1 - by_chance))
