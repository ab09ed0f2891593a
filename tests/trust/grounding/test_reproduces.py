"""The shipped weights give the scores that they gave when they were released."""

import os
from pathlib import Path

import numpy as np
import pytest

from nutgraf import weights
from nutgraf.trust.grounding.t0 import WEIGHTS, FirstTier

LINES = ("Larch Bakery opened its third shop in Dunmere on March 4, 2019.", "Bread costs 3 dollars.")
#: Sentences of our own with the log-odds of the shipped trees.
FROZEN: tuple[tuple[str, float], ...] = (
    ("Larch Bakery opened its third shop in Dunmere.", -7.293),
    ("The bakery started a shop in Dunmere in 2019.", -2.820),
    ("Larch Bakery closed its third shop in Dunmere.", -0.257),
    ("Its bread won a national prize.", 0.588),
    ("Bread costs 4 dollars.", -0.416),
    ("A loaf is sold for three dollars.", 0.320),
)


@pytest.mark.parametrize(("sentence", "margin"), FROZEN)
def test_the_first_tier_scores_our_own_sentences_as_released(sentence: str, margin: float) -> None:
    """A change of words, ranking, figures or trees that moves a score is noticed."""
    tier = FirstTier.load()
    assert tier.judge(sentence, tier.held(LINES)).margin == pytest.approx(margin, abs=0.02)


@pytest.mark.skipif("NUTGRAF_BENCH_DATA" not in os.environ, reason="set NUTGRAF_BENCH_DATA to the folder of data sets")
def test_the_first_tier_reproduces_the_development_score_of_its_manifest() -> None:
    """The sentences of RAGTruth dev give an average precision near that of the manifest."""
    from bench.trust_parts.grounding_t0 import average_precision, scored
    from training.grounding_data import ragtruth

    wanted = weights.load(WEIGHTS).metrics["ragtruth dev sentence AP"]
    dev = scored(FirstTier.load(), ragtruth(Path(os.environ["NUTGRAF_BENCH_DATA"]), "dev"))
    scores = np.array([score for _, found, _ in dev for score in found])
    bad = np.array([float(one.bad) for response, _, _ in dev for one in response.sentences])
    assert average_precision(scores, bad) == pytest.approx(wanted, abs=0.02)
