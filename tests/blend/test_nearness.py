"""Nearness to a member, with vectors and without."""

import numpy as np
import pytest

from nutgraf.blend.nearness import nearness
from nutgraf.orchestration import Passage
from nutgraf.types import Fact

FACTS = (Fact("f1", "skill", "Python for finance"), Fact("f2", "goal", "Lead a night shift team"))
TEXTS = ("Python for finance in nine lessons", "Solar roofs of the county", "")


def test_words_count_without_vectors() -> None:
    """What shares the words of a fact is nearer than what shares none, and nothing is near to nobody."""
    found = [Passage(source="s", ref=text, text=text) for text in TEXTS]

    near, far, empty = nearness(found, FACTS)

    assert near == pytest.approx(2 / (2 * 4) ** 0.5)
    assert far == empty == 0.0
    assert nearness(found, ()) == [0.0, 0.0, 0.0]


def test_vectors_count_where_both_have_one() -> None:
    """The cosine to the nearest fact counts, never below zero; the member's own record gets the mean."""
    rows = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    found = [
        Passage(source="s", ref="a", text="x", vector=np.array([0.6, 0.8], dtype=np.float32)),
        Passage(source="s", ref="b", text="x", vector=np.array([-1.0, -0.1], dtype=np.float32)),
        Passage(source="m", ref="f1", text=FACTS[0].text, partition="member"),
    ]

    assert nearness(found, FACTS, rows) == pytest.approx([0.8, 0.0, 0.4])
