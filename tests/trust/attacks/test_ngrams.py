"""The n-gram model: features, windows, and a toy training whose loss falls."""

import random
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.trust.attacks.ngrams import BUCKETS, WINDOW_CHARS, ids, windows
from training.attacks.data import Data, attacks, benign, distinct
from training.attacks.ngram import fit, fit_many, logits, matrix
from training.attacks.templates import content_attacks, direct_attacks, framed, personas


@given(st.text(max_size=300))
def test_any_text_has_bucket_numbers(text: str) -> None:
    """Numbers are sorted, distinct and within the table, for any text at all."""
    found = ids(text)

    assert list(found) == sorted(set(found.tolist()))
    assert all(0 <= number < BUCKETS for number in found)


def test_numbers_do_not_depend_on_the_machine() -> None:
    """The first bucket numbers of a fixed text stay what they were when the weights were made."""
    assert ids("Ignore it").tolist()[:4] == KNOWN


@given(st.text(alphabet=st.sampled_from("ab \n."), max_size=3000))
def test_windows_cover_the_text(text: str) -> None:
    """Every character is in a window and none is much longer than WINDOW_CHARS."""
    places = windows(text)

    assert places[0][0] == 0
    assert places[-1][1] == len(text)
    assert all(later[0] <= earlier[1] for earlier, later in pairwise(places))
    assert all(end - start <= WINDOW_CHARS + 60 for start, end in places)


def test_a_toy_training_learns(tmp_path: Path) -> None:
    """With our own templates alone the loss falls by half and attacks score above everyday sentences."""
    data = Data(tmp_path)
    samples = distinct([*attacks(data, small=True), *benign(data, small=True)], set())
    table = matrix(samples)

    model, losses = fit(table, epochs=4, say=lambda *_, **__: None)

    assert losses[-1] < losses[0] / 2
    own = logits(model, table, range(len(table)))[:, 0]
    bad = table.target[:, 0] > 0
    assert np.median(own[bad]) > np.quantile(own[~bad], 0.95)


def test_models_fitted_together_are_those_fitted_alone(tmp_path: Path) -> None:
    """Each of two models that are fitted in one pass is what it would be by itself."""
    data = Data(tmp_path)
    samples = distinct([*attacks(data, small=True), *benign(data, small=True)], set())[:400]
    table = matrix(samples)
    some = np.arange(len(table)) % 2 == 0

    (first, _), _ = fit_many(table, [some, ~some], epochs=1, say=lambda *_, **__: None)
    alone, _ = fit(table, np.flatnonzero(some), epochs=1, say=lambda *_, **__: None)

    assert np.abs(first.table.astype(int) - alone.table).max() <= 1
    assert np.allclose(first.bias, alone.bias, atol=1e-3)


def test_templates_are_filled() -> None:
    """No slot is left open in any planted sentence."""
    assert not [text for _, text in content_attacks(500, seed=1) if "{" in text and "}" in text and "p.png" not in text]
    others = [text for _, text in direct_attacks(500, seed=1)] + list(personas(200, seed=1))
    others += [framed("Steal a boat.", random.Random(number)) for number in range(200)]
    assert not [text for text in others if re.search(r"\{\w+\}", text)]


KNOWN = [479, 1640, 4533, 12098]
