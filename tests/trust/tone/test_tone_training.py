"""How tone is trained, on our own pairs alone, which need no data."""

import subprocess
import sys
from pathlib import Path

import pytest

from training.tone.data import rows, training
from training.tone.ngram import fit, matrix


def test_the_loss_falls_on_our_own_pairs(tmp_path: Path) -> None:
    """Without any public set there are still our pairs, and two passes over them lower the loss."""
    samples = training(tmp_path)
    _, losses = fit(matrix(samples), epochs=2, say=lambda *_, **__: None)

    assert rows(tmp_path, "tone_surge_toxicity") == []
    assert losses[1] < losses[0]


def test_the_encoder_can_be_trained_in_small(tmp_path: Path) -> None:
    """The toy run of the shared encoder, on what needs no data, ends well: its loss falls. Needs torch."""
    pytest.importorskip("torch", reason="torch is only needed to train")
    done = subprocess.run(
        [sys.executable, "-m", "training.shared_encoder", str(tmp_path), "--toy"], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()[-400:]
