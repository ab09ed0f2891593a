"""The network that hostile input and tone share, with its shipped weights."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nutgraf.errors import MissingPart
from nutgraf.trust.shared.encoder import HEADS, TOKENS, WEIGHTS, Shared
from nutgraf.trust.tone.detector import LABELS, Tone
from training.tone.pairs import TONES, pairs

SHARED = Shared.load()


def test_it_has_every_label_of_tone_and_the_heads_of_its_manifest() -> None:
    """The heads are those that the weights were trained with, and include all of tone's."""
    assert list(HEADS) == SHARED.manifest.more["heads"]
    assert set(LABELS) <= set(HEADS)


@pytest.mark.parametrize("text", ["", " ", "a" * 5000, "😀" * 300, "\u202ex", "word " * 4000])
def test_any_text_has_finite_logits(text: str) -> None:
    """No text is too empty, long or odd."""
    found = SHARED.logits([text])

    assert set(found) == set(HEADS)
    assert all(np.isfinite(one).all() and one.shape == (1,) for one in found.values())


def test_a_text_is_judged_the_same_alone_and_among_others() -> None:
    """What stands beside a text in a call changes nothing."""
    texts = ["You idiot.", "The office opens at nine.", "Thank you for the long and clear answer to all my questions."]
    together = SHARED.logits(texts)

    assert all(together["toxic"][i] == SHARED.logits([text])["toxic"][0] for i, text in enumerate(texts))


def test_the_worst_window_of_a_long_text_counts() -> None:
    """An insult at the end of a text of many windows raises its logit."""
    calm = "The office opens at nine and closes at five on all working days. " * (TOKENS // 4)

    before, after = SHARED.logits([calm, calm + "You stupid, worthless idiot, shut up."])["toxic"]
    assert after > before + 1


def test_shipped_weights_reproduce_their_figure() -> None:
    """N-grams and network together tell as many unseen tone pairs apart as the manifest says, and at least 85 %."""
    tone = Tone.load(encoder=SHARED)
    told = [tone.detect(p.faulty).score > tone.detect(p.fair).score
            for p in pairs() if p.part == "test" and p.label in TONES]  # fmt: skip
    stated = tone.manifest.metrics["own tone pairs, unseen patterns: pair accuracy"][0]

    assert sum(told) / len(told) == pytest.approx(stated, abs=0.02)
    assert sum(told) / len(told) >= 0.85


def test_weights_that_were_changed_are_refused(tmp_path: Path) -> None:
    """A network that is not what the manifest says is an error of ours, as is one that cannot be read."""
    broken = tmp_path / "weights"
    shutil.copytree(WEIGHTS, broken)
    (broken / "shared.onnx").write_bytes(b"no")
    with pytest.raises(MissingPart, match="not what its manifest says"):
        Shared.load(broken)
    manifest = json.loads((broken / "manifest.json").read_text(encoding="utf-8"))
    del manifest["files"]["shared.onnx"]
    (broken / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(MissingPart, match="shared"):
        Shared.load(broken)
