"""Intervals hold what they promise: on drawn pools with known rates, and on edges where drawing tells nothing."""

from __future__ import annotations

import numpy as np
import pytest

from nutgraf.errors import InputError
from nutgraf.evals.stats import Detection, Tally, corrected, detection, difference, kappa, quantile, rate, wilson


def pool(rng: np.random.Generator, items: int, each: int, share: float, spread: float = 0.0) -> list[Tally]:
    """Answers about items: the share of an item lies `spread` around `share`."""
    own = np.clip(share + spread * rng.standard_normal(items), 0, 1)
    return [
        Tally(f"i{at}", float(rng.random() < own[at]), 1.0, (at, turn)) for at in range(items) for turn in range(each)
    ]


def test_a_rate_is_hits_by_of() -> None:
    """A rate weighs sentences, not answers."""
    found = rate([Tally("a", 1, 4), Tally("b", 0, 1), Tally("c", 0, 0)])

    assert (found.value, found.n, found.groups) == (0.2, 2, 2)


def test_the_interval_knows_that_answers_about_one_item_are_alike() -> None:
    """Clustered answers give a wider interval than as many independent ones."""
    rng = np.random.default_rng(1)
    clustered = pool(rng, 30, 10, 0.5, 0.4)
    apart = [Tally(str(at), one.hits, one.of) for at, one in enumerate(clustered)]
    wide, narrow = rate(clustered), rate(apart)

    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_no_failure_in_twenty_is_not_none_at_all() -> None:
    """Where no item fails the interval is Wilson's, with the items as its number."""
    found = rate([Tally(str(at // 2), 0, 3) for at in range(40)])

    assert (found.low, found.value) == (0.0, 0.0)
    assert found.high == pytest.approx(wilson(0, 20)[1])
    assert 0.1 < found.high < 0.2


def test_the_interval_of_a_clustered_rate_covers_it() -> None:
    """Of 200 pools with a known rate at least 182 intervals hold it."""
    rng = np.random.default_rng(2)
    covered = sum(rate(pool(rng, 60, 4, 0.3, 0.1), resamples=400).within(0.3) for _ in range(200))

    assert covered >= 182


def test_a_quantile_lies_where_it_should() -> None:
    """The median of 1 … 101 is 51, and inside its interval."""
    found = quantile([Tally(str(at), at, 1) for at in range(1, 102)], 0.5)

    assert found.value == 51
    assert found.low < 51 < found.high


def test_two_runs_that_say_the_same_do_not_differ() -> None:
    """An unchanged run has a difference of exactly nothing."""
    found = difference(*[pool(np.random.default_rng(3), 20, 3, 0.4)] * 2)

    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_a_paired_difference_sees_what_two_intervals_hide() -> None:
    """Pairing takes the difficulty of the items out: a small steady change is shown although the rates overlap."""
    rng = np.random.default_rng(4)
    hard = rng.uniform(0, 1, 60)
    first = [Tally(str(at), value, 1.0, at) for at, value in enumerate(hard)]
    second = [Tally(str(at), value + 0.05 + 0.02 * rng.standard_normal(), 1.0, at) for at, value in enumerate(hard)]
    found = difference(first, second)

    assert found.low > 0
    assert rate(first, share=False).high > rate(second, share=False).low


def test_only_cases_of_both_runs_count() -> None:
    """A case that one run has not measured is left out of both figures; none in both is an error."""
    found = difference([Tally("a", 1, 1, 1), Tally("b", 1, 1, 2)], [Tally("a", 0, 1, 1)])

    assert (found.first, found.second, found.n) == (1, 0, 1)
    with pytest.raises(InputError, match="no case was measured in both"):
        difference([Tally("a", 1, 1, 1)], [Tally("a", 1, 1, 2)])


@pytest.mark.parametrize("true", [0.05, 0.2, 0.5])
def test_a_corrected_rate_covers_the_true_one(true: float) -> None:
    """With 85 % sensitivity and 90 % specificity the corrected interval holds the true rate, the raw one does not."""
    rng = np.random.default_rng(5)
    covered = raw = 0
    for _ in range(100):
        labels = [True] * 150 + [False] * 300
        flagged = [rng.random() < (0.85 if bad else 0.1) for bad in labels]
        known = detection(flagged, labels, [str(at) for at in range(450)])
        bad = rng.random(400) < true
        seen = [Tally(str(at), float(rng.random() < (0.85 if one else 0.1)), 1.0) for at, one in enumerate(bad)]
        covered += corrected(seen, known).within(true)
        raw += rate(seen, resamples=200).within(true)

    assert covered >= 93
    assert true == 0.5 or raw < 60


def test_a_detector_that_tells_nothing_corrects_nothing() -> None:
    """A coin as a detector is an error, not a figure."""
    half = tuple(Tally(str(at), at % 2, 1) for at in range(50))
    coin = Detection(half, half)

    with pytest.raises(InputError, match="tell too little"):
        corrected([Tally("a", 1, 2)], coin)


def test_kappa_is_agreement_beyond_chance() -> None:
    """Kappa is 1 for the same labels, 0 for chance, and what the textbook says in between."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15

    assert kappa(first, first).kappa == 1
    assert kappa(first, second).kappa == pytest.approx(0.4)
    assert kappa(["yes"], ["yes"]).kappa == 1
    with pytest.raises(InputError, match="as many labels"):
        kappa(["yes"], [])


def test_nothing_measured_is_no_figure() -> None:
    """Without anything counted there is an error instead of a figure."""
    for make in (rate, lambda none: quantile(none, 0.5)):
        with pytest.raises(InputError, match="nothing was measured"):
            make([])
