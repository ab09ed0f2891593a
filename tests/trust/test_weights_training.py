"""Every set of weights can be made anew: the command of its manifest runs in small, and the loss falls."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tools import model_cards

#: The program that each manifest names.
TRAINERS = sorted(
    match[1] for one in model_cards.sets() if (match := re.match(r"python -m ([\w.]+)", str(one.manifest["command"])))
)
#: What a run in small needs beside the package.
NEEDS = {
    "training.grounding_t0": "lightgbm", "training.grounding_t1": "torch", "training.shared_encoder": "torch",
}  # fmt: skip
#: Programs whose run in small is made of invented people, written to a folder first.
PEOPLE = ("training.member.train",)
#: Programs whose run in small cannot do without the public sets; a part of each is trained by tests of its own.
NEEDS_DATA = {
    "training.attacks": "tests/trust/attacks/test_ngrams.py",
    "training.grounding_t1": "tests/trust/grounding_t1",
}
WITHIN_S = 240


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_run_in_small_ends_well(trainer: str, tmp_path: Path) -> None:
    """`--toy`, as a person types it, with no data but what we invent; it fails by itself unless the loss falls."""
    if trainer in NEEDS:
        pytest.importorskip(NEEDS[trainer], reason=f"{trainer} needs {NEEDS[trainer]}: requirements/training.txt")
    if trainer in NEEDS_DATA:
        assert (ROOT / NEEDS_DATA[trainer]).exists()
        pytest.skip(f"{trainer} --toy needs the public sets; {NEEDS_DATA[trainer]} trains a part of it without them")
    data = tmp_path / "data"
    data.mkdir()
    if trainer in PEOPLE:
        from training.member.toy import write

        write(data)
    out = ["--out", str(tmp_path / "weights")] if trainer != "training.grounding_t0" else []
    done = subprocess.run(
        [sys.executable, "-m", trainer, str(data), "--toy", *out], cwd=ROOT, check=False, capture_output=True,
        text=True, timeout=WITHIN_S,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-600:]


def test_every_trainer_is_there() -> None:
    """Each command of a manifest names a program of the repository that takes `--toy`."""
    for trainer in TRAINERS:
        spec = importlib.util.find_spec(trainer)
        assert spec is not None
        assert spec.origin is not None
        file = Path(spec.origin)
        program = file.with_name("__main__.py") if file.name == "__init__.py" else file
        assert '"--toy"' in program.read_text("utf-8"), trainer
