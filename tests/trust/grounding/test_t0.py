"""The first tier: trees in flat arrays, figures in a fixed order, weights that do what their manifest says."""

from pathlib import Path

import numpy as np
import pytest

from nutgraf import weights
from nutgraf.errors import MissingPart
from nutgraf.trust.grounding.features import NAMES, Lexicon, load_lexicon
from nutgraf.trust.grounding.t0 import WEIGHTS, FirstTier, Held, read
from nutgraf.trust.grounding.trees import Trees, load, probability

LINES = ("Larch Bakery opened its third shop in Dunmere on March 4, 2019.", "Bread costs 3 dollars.")
#: One split on the first figure, one leaf alone.
SMALL = Trees(
    feature=np.array([0, -1, -1, -1]), threshold=np.array([0.5, 0.0, 0.0, 0.0]), left=np.array([1, 1, 2, 3]),
    right=np.array([2, 1, 2, 3]), value=np.array([0.0, -1.0, 2.0, 0.25]), roots=np.array([0, 3]), depth=1,
)  # fmt: skip


def test_trees_go_left_up_to_the_threshold() -> None:
    """The leaves of all trees are summed, row by row."""
    assert SMALL.margins(np.array([[0.5], [0.6]])).tolist() == [-0.75, 2.25]
    assert probability(0.0) == 0.5


def test_trees_are_the_same_after_saving(tmp_path: Path) -> None:
    """A file of trees is read back without pickles, and one that is no such file is refused."""
    SMALL.save(tmp_path / "trees.npz")
    again = load(tmp_path / "trees.npz")
    assert again.margins(np.array([[0.7]])).tolist() == SMALL.margins(np.array([[0.7]])).tolist()
    (tmp_path / "bad.npz").write_text("no")
    with pytest.raises(MissingPart):
        load(tmp_path / "bad.npz")
    with pytest.raises(MissingPart):
        load_lexicon(tmp_path / "bad.npz")


def test_every_figure_has_a_name_and_is_finite() -> None:
    """Any sentence and any evidence give one finite number a name."""
    for lines in (LINES, ()):
        for sentence in (LINES[0], "", "???", "word " * 300, "Bread costs 4 dollars in Fennimore."):
            figures, _, _ = read(sentence, Held(lines), Lexicon())
            assert len(figures) == len(NAMES)
            assert np.isfinite(figures).all()


def test_exported_trees_are_equal_to_the_library() -> None:
    """The toy training lowers the loss, and its trees score like LightGBM's own model."""
    pytest.importorskip("lightgbm", reason="LightGBM is only needed to train")
    from training.grounding_t0 import toy

    table, trees, model, before, after = toy()
    assert after < before / 2
    figures = np.array(table.figures)
    assert np.abs(model.predict(figures, raw_score=True) - trees.margins(figures)).max() < 1e-6


@pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built")
def test_the_shipped_weights_tell_a_changed_fact() -> None:
    """The shipped tier puts a changed number, name and "not" above the sentence of the evidence."""
    tier, held = FirstTier.load(), Held(LINES)
    good = tier.judge(LINES[0], held)
    assert good.probability < 0.3
    for bad in (
        "Larch Bakery opened its seventh shop in Dunmere on March 4, 2019.",
        "Larch Bakery opened its third shop in Dunmere on March 4, 2017.",
        "Larch Bakery opened its third shop in Westport on March 4, 2019.",
    ):
        assert tier.judge(bad, held).probability > good.probability
    assert tier.judge("Bread costs 4 dollars.", held).probability >= 0.97


@pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built")
def test_the_shipped_weights_reproduce_the_figure_of_their_manifest() -> None:
    """Pairs made of the toy sentences are told apart as often as the manifest says."""
    from training.grounding_t0 import toy_accuracy

    wanted = weights.load(WEIGHTS).metrics["toy pair accuracy"]
    assert toy_accuracy(FirstTier.load()) == pytest.approx(wanted, abs=0.005)
    assert wanted > 0.9
