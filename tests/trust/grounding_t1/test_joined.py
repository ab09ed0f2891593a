"""The tiers joined: windows, sums, scales, and what the detector says with hand-made trees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.errors import MissingPart
from nutgraf.trust.grounding.calibrate import ANY, Calibration, expected_error
from nutgraf.trust.grounding.cross import LineTokens, chosen
from nutgraf.trust.grounding.detector import PLAIN, UNSUPPORTED, Grounding, Joined
from nutgraf.trust.grounding.features import NAMES, Lexicon
from nutgraf.trust.grounding.stack import Linear, is_record, logit, of_text, sigmoid
from nutgraf.trust.grounding.t0 import FirstTier
from nutgraf.trust.grounding.trees import Trees
from nutgraf.weights import Manifest

EVIDENCE = (
    "The centre opened in 2016.",
    "It serves 40 people a day.",
    "Maria Chen founded the centre.",
    "Lunch is free for members.",
)
PROBABILITIES = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=12)


def first_tier() -> FirstTier:
    """One stump: a sentence with unknown words is suspect."""
    column = NAMES.index("unknown")
    trees = Trees(
        feature=np.array([column, -1, -1]),
        threshold=np.array([0.2, 0.0, 0.0]),
        left=np.array([1, 1, 2]),
        right=np.array([2, 1, 2]),
        value=np.array([0.0, -3.0, 3.0]),
        roots=np.array([0]),
        depth=1,
    )
    return FirstTier(trees, Lexicon(), "stump")


@pytest.fixture
def grounding() -> Grounding:
    """The detector without a network."""
    return Grounding(first_tier(), None, PLAIN, "stump")


def test_the_best_lines_fit_the_room_and_keep_the_order_of_the_source() -> None:
    """Lines are taken best first, cut to the room, and given in the order of the source."""
    lines = LineTokens(["a" * 10, "b" * 20, "c" * 30], lambda text: [ord(char) for char in text])
    taken = chosen(lines, [2, 0, 1], 45)
    assert list(taken) == [0, 2]
    assert [len(part) for part in taken.values()] == [10, 30]
    assert sum(map(len, chosen(lines, [1, 2, 0], 28).values())) == 28


@given(st.floats(0.0, 1.0))
def test_a_probability_survives_the_way_through_log_odds(probability: float) -> None:
    """Sigmoid undoes logit, away from the ends that are cut off."""
    assert sigmoid(logit(probability)) == pytest.approx(probability, abs=1e-5)


@given(PROBABILITIES, st.booleans())
def test_a_worse_sentence_never_makes_a_text_look_better(probabilities: list[float], record: bool) -> None:
    """Every figure of a text rises, or stays, when one of its sentences gets worse."""
    before = of_text(probabilities, record)
    after = of_text([min(0.999, probabilities[0] + 0.2), *probabilities[1:]], record)
    assert all(after[name] >= before[name] - 1e-9 for name in before)


def test_records_are_told_from_prose() -> None:
    """Lines that name what they state come from a record."""
    assert is_record(["WiFi: no", "business stars: 4.5", "We liked it."])
    assert not is_record(EVIDENCE)


def test_the_scale_of_the_use_comes_before_the_general_one() -> None:
    """The first kind that has a scale decides; without one the scale for any does."""
    scales = Calibration.read({"record": [1.0, 2.0], ANY: [1.0, 0.0]})
    assert scales.probability(0.0, ("", "record")) == pytest.approx(sigmoid(2.0))
    assert scales.probability(0.0, ("", "prose")) == pytest.approx(0.5)
    with pytest.raises(MissingPart, match="calibration"):
        Calibration.read({"record": [1.0]})


def test_probabilities_that_come_true_have_no_error() -> None:
    """The expected calibration error is 0 when each bin's rate is its mean probability."""
    assert expected_error([0.0] * 5 + [1.0] * 5, [0.0] * 5 + [1.0] * 5) == 0.0
    assert expected_error([0.9] * 10, [0.0] * 10) == pytest.approx(0.9)


def test_a_manifest_without_a_stack_is_refused() -> None:
    """A manifest that lacks a part of the stack is named, and the remedy with it."""
    with pytest.raises(MissingPart, match="install Nutgraf again"):
        Joined.read(Manifest(name="t1", version="1", licence="x", command="x", seed=1))


def test_a_sum_needs_every_figure_that_it_weighs() -> None:
    """The margin is bias plus weights times figures."""
    assert Linear({"a": 2.0}, 0.5).margin({"a": 3.0, "b": 9.0}) == 6.5


def test_what_the_evidence_says_passes_and_what_it_does_not_is_marked(grounding: Grounding) -> None:
    """Supported, invented and empty sentences get a low, a high and a low probability, with a reason."""
    good, bad = grounding.detect(["Maria Chen founded the centre.", "It plans branches in seven cities."], EVIDENCE)
    assert good.score < 0.5 < bad.score
    assert bad.labels[UNSUPPORTED] == bad.score
    assert bad.because
    assert good.evidence[0] == 2


def test_a_number_that_is_not_there_is_a_veto_with_its_reason(grounding: Grounding) -> None:
    """A contradicted number decides alone and names what it was held against."""
    (found,) = grounding.detect(["The centre opened in 2019."], EVIDENCE)
    assert found.score >= grounding.thresholds["veto"]
    assert found.check.startswith("veto:")
    assert "2019" in found.because


def test_a_text_is_scored_sentence_by_sentence_and_as_a_whole(grounding: Grounding) -> None:
    """Places are those of the sentences in the text; one bad sentence makes the text bad."""
    text = "Maria Chen founded the centre. It plans branches in seven cities."
    found = grounding.score_text(text, " ".join(EVIDENCE))
    assert [text[one.start : one.end] for one in found.sentences] == [
        "Maria Chen founded the centre.",
        "It plans branches in seven cities.",
    ]
    assert [one.supported for one in found.sentences] == [True, False]
    assert not found.supported
    assert grounding.score_text("", EVIDENCE).score == 0.0


def test_no_evidence_bears_nothing_out(grounding: Grounding) -> None:
    """Without evidence a claim is not borne out, and nothing is raised."""
    (found,) = grounding.detect(["Maria Chen founded the centre."], ())
    assert found.score > 0.5
    assert found.evidence == ()


@given(st.text(max_size=120), st.lists(st.text(max_size=60), max_size=5))
def test_any_text_and_any_evidence_can_be_held_together(text: str, lines: list[str]) -> None:
    """The detector never raises, and probabilities are probabilities."""
    found = Grounding(first_tier(), None, PLAIN, "stump").score_text(text, lines)
    assert 0.0 <= found.score <= 1.0
    assert all(0.0 <= one.detected.score <= 1.0 for one in found.sentences)


def test_a_sure_sentence_is_not_diluted_in_its_text(grounding: Grounding) -> None:
    """A text is at least as bad as a sentence in it that a finding decides alone."""
    assert grounding.whole([0.01] * 20 + [0.93], EVIDENCE) >= 0.93
