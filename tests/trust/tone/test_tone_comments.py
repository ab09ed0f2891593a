"""Our own comments and the figures of domains that nothing was learned from; neither needs data."""

from random import Random

import numpy as np
import pytest

from nutgraf.trust.tone.detector import LABELS
from training.tone.across import ALIKE, figures
from training.tone.comments import comments, filled, hidden, patterns


@pytest.mark.parametrize("name", ["toxic", "civil"])
def test_every_pattern_is_filled_to_the_last_slot(name: str) -> None:
    """No bracket and no slot is left in any comment, and hostile patterns alone have labels, all of them known."""
    for pattern, labels in patterns(name):
        assert not set("[]{}|") & set(filled(pattern, Random(1))), pattern
        assert bool(labels) == (name == "toxic")
        assert set(labels) <= set(LABELS)


def test_there_are_as_many_civil_comments_as_hostile_ones() -> None:
    """Between 40 and 60 of a hundred are hostile; none is there twice, and they are the same every time."""
    found = comments()

    assert 0.4 < sum(bool(labels) for _, labels in found) / len(found) < 0.6
    assert len({text for text, _ in found}) == len(found)
    assert comments() == found


def test_a_hidden_word_is_another_word_that_begins_alike() -> None:
    """However a word is hidden, it is spelled differently and not empty."""
    spelled = {hidden("idiot", Random(seed)) for seed in range(40)}

    assert "idiot" not in spelled
    assert {"i***t", "1d10t"} <= spelled


def test_the_mean_across_domains_leaves_the_look_alikes_out() -> None:
    """A domain told apart fully and one by chance have a mean of three quarters; look-alikes are shown beside it."""
    truth = np.array([0, 1] * 50)
    told = np.tile(np.where(truth > 0, 3.0, -3.0).astype(np.float32)[:, None], (1, len(LABELS)))
    blind = np.zeros_like(told)
    found = figures({"tweets": (told, told, truth), "openings": (blind, blind, truth), ALIKE: (-told, -told, truth)})

    assert found["across domains, tweets: AUC"][0] == 1
    assert found[f"across domains, {ALIKE}: AUC"][0] == 0
    assert found["across domains, mean: AUC"][0] == pytest.approx(0.75)
    assert found["across domains (network alone), mean: AUC"] == found["across domains, mean: AUC"]
