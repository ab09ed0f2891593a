"""The judge of tone with its shipped weights."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nutgraf.errors import MissingPart
from nutgraf.trust.tone.detector import LABELS, PIECE_CHARS, WEIGHTS, Tone
from training.tone.pairs import TONES, pairs

TONE = Tone.load()


class Saying:
    """A network that says the same of every text."""

    def __init__(self, value: float) -> None:
        self.value = value

    def logits(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """`value` for every label."""
        return {label: np.full(len(texts), self.value, np.float32) for label in LABELS}


def test_a_fault_is_found_with_place_and_reason() -> None:
    """A blaming sentence passes the threshold; the span and the reason are those of the rule."""
    text = "It is all your fault, you should have listened."
    found = TONE.detect(text)

    assert found.score >= TONE.threshold
    assert found.labels["blaming"] >= TONE.threshold
    assert any("your fault" in text[span.start : span.end] for span in found.spans)
    assert found.check.startswith("tone:")
    assert found.because


def test_a_fair_sentence_passes_without_a_word() -> None:
    """A plain sentence stays below the threshold and gets no reason."""
    found = TONE.detect("The form closes on Friday.")

    assert found.score < TONE.threshold
    assert (found.check, found.because, found.spans) == ("", "", ())


def test_most_unseen_pairs_are_told_apart() -> None:
    """Without the network, at least 85 % of the tone pairs of unseen patterns are told apart."""
    told = [TONE.detect(p.faulty).score > TONE.detect(p.fair).score
            for p in pairs() if p.part == "test" and p.label in TONES]  # fmt: skip

    assert sum(told) / len(told) >= 0.85


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "?", "a" * 10_000, "\u202ex\u200b", "😀" * 500, "\ud800", "x. " * 3000]
)
def test_any_text_is_answered(text: str) -> None:
    """No text is too empty, long or odd; scores are probabilities."""
    found = TONE.detect(text)

    assert 0 <= found.score <= 1
    assert set(found.labels) == set(LABELS)


def test_the_worst_piece_of_a_long_text_counts() -> None:
    """An insult after many plain sentences is found, with its place in the whole text."""
    text = "The office opens at nine. " * (PIECE_CHARS // 10) + "Shut up, you stupid idiot."
    found = TONE.detect(text)

    assert found.score >= TONE.threshold
    assert any("Shut up" in text[span.start : span.end] for span in found.spans)


def test_what_the_network_says_can_be_given_or_asked() -> None:
    """Logits handed in count as those of a network that was loaded, and stronger ones mean a higher score."""
    text = "The committee met on Tuesday."
    asked = Tone.load(encoder=Saying(3.0)).detect(text)
    given = TONE.detect(text, dict.fromkeys(LABELS, 3.0))

    assert asked == given
    assert given.score >= TONE.detect(text, dict.fromkeys(LABELS, -6.0)).score


def test_respect_is_the_other_side_of_disrespect() -> None:
    """A friendly sentence is more respectful than an insult."""
    assert TONE.respect("Thank you for the clear answer.") > TONE.respect("You are a worthless idiot.")


def test_weights_that_were_changed_are_refused(tmp_path: Path) -> None:
    """A file that is not what the manifest says, or a manifest without its numbers, is an error of ours."""
    broken = tmp_path / "weights"
    shutil.copytree(WEIGHTS, broken)
    manifest = json.loads((broken / "manifest.json").read_text(encoding="utf-8"))
    manifest["calibration"] = {}
    (broken / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(MissingPart, match="tone"):
        Tone.load(broken)
    (broken / "ngrams.npz").write_bytes(b"no")
    with pytest.raises(MissingPart, match="not what its manifest says"):
        Tone.load(broken)
