"""The shipped network: what its manifest promises, and a few sentences that only reading both sides can tell."""

import numpy as np
import pytest

from nutgraf import weights
from nutgraf.trust.grounding.cross import MODEL, WINDOW_TOKENS, CrossReader
from nutgraf.trust.grounding.detector import WEIGHTS, Grounding
from nutgraf.trust.grounding.stack import T0_FIGURES, T1_FIGURES, TEXT_FIGURES

EVIDENCE = (
    "The clinic opened in 2016 and treats 40 patients a day.",
    "Maria Chen founded the clinic with two colleagues.",
    "Treatment is free for children under twelve.",
    "The city council may close the clinic next year.",
)
#: A false sentence beside a true one with nearly the same words.
TOLD_APART = (
    ("The clinic treats 40 patients a day.", "The clinic treats 400 patients a day."),
    ("Maria Chen founded the clinic.", "Maria Chen closed the clinic."),
    ("Treatment is free for children under twelve.", "Treatment is not free for children under twelve."),
    ("The council may close the clinic next year.", "The council will close the clinic next year."),
)


@pytest.fixture(scope="module")
def grounding() -> Grounding:
    """The detector with both tiers as shipped."""
    return Grounding.load()


def test_files_and_sums_are_what_the_manifest_says() -> None:
    """The hashes hold, the files are small, and every figure that is weighed is one the tiers give."""
    manifest = weights.load(WEIGHTS / "t1")
    assert (WEIGHTS / "t1" / MODEL).stat().st_size < 20e6
    assert set(manifest.more["sums"]["alone"]["weights"]) <= set(T0_FIGURES)
    assert set(manifest.more["sums"]["both"]["weights"]) <= set(T1_FIGURES)
    assert set(manifest.more["sums"]["text"]["weights"]) <= set(TEXT_FIGURES)
    assert 0 < manifest.thresholds["sentence"] < 1
    assert all(entry["licence"] for entry in manifest.data)


def test_near_twins_are_told_apart(grounding: Grounding) -> None:
    """The false sentence of each pair scores higher than the true one."""
    for good, bad in TOLD_APART:
        true, false = grounding.detect([good, bad], EVIDENCE)
        assert false.score > true.score, (good, true.score, false.score)


def test_the_network_gives_the_same_alone_and_again(grounding: Grounding) -> None:
    """A sentence's score does not depend on what was asked before it."""
    first = grounding.detect(["Maria Chen founded a hospital in Lima."], EVIDENCE)
    grounding.detect(["Something else entirely."], EVIDENCE)
    assert grounding.detect(["Maria Chen founded a hospital in Lima."], EVIDENCE) == first


def test_a_window_never_outgrows_its_tokens() -> None:
    """Long evidence and a long sentence are cut to the window, with one logit for each token that is kept."""
    reader = CrossReader.load(WEIGHTS / "t1")
    lines = reader.tokens.lines([f"Line {n} says that the clinic treats {n} patients." for n in range(60)])
    sentence = "The clinic treats many patients " * 40
    numbers, _, _, _ = reader.tokens.window(lines, range(60), sentence)
    assert len(numbers) <= WINDOW_TOKENS
    judged = reader.judge(lines, range(60), sentence)
    assert len(judged.tokens) == len(judged.spans) > 0
    assert np.isfinite(judged.sentence)


def test_without_the_second_tier_the_first_decides(grounding: Grounding) -> None:
    """Asked for T0 alone, the network is not loaded and every check is T0's."""
    alone = Grounding.load(tiers=("t0",))
    found = alone.detect(["Maria Chen founded a hospital in Lima."], EVIDENCE)
    assert found[0].check.split(":")[0] in ("t0", "veto")
    assert alone.version != grounding.version
