"""All weights that come with the package are what their manifests and cards say, safe to load, and small enough."""

import importlib.util
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nutgraf import weights
from nutgraf.trust.desk import Desk
from tests.trust import frozen
from tools import model_cards
from tools.model_cards import Set

SETS = model_cards.sets()
DESK = Desk()
TRAINED = [one for one in SETS if "metrics" in one.manifest]
FILE_BYTES_AT_MOST = 40_000_000
BYTES_AT_MOST = 60_000_000
#: What may lie in a folder of weights beside what its manifest names.
BESIDE = {"manifest.json", "card.md", "LICENSE"}
#: Files that hold numbers and no code.
KINDS = {".onnx", ".npz", ".safetensors", ".json"}
#: Licences of data whose weights may be given on.
ALLOWED = re.compile(r"MIT|Apache-2\.0|BSD-\d-Clause|ISC|CC0-1\.0|CC-BY(?:-SA)?-\d\.0|CDLA-Sharing-1\.0|ODC-BY-1\.0")
#: A score may differ so much from one processor to the next.
TOLERANCE = 0.03


def name(one: Set) -> str:
    """How a set is called in what a test prints."""
    return one.name


@pytest.mark.parametrize("one", TRAINED, ids=name)
def test_the_manifest_says_where_they_come_from(one: Set) -> None:
    """Files by hash, the licence, the seed, the command, and each set of data by hash and licence."""
    manifest = weights.load(one.folder)

    assert manifest.files
    assert manifest.seed
    assert all(map(ALLOWED.fullmatch, manifest.licence.split(", ")))
    assert manifest.data
    for entry in manifest.data:
        assert re.fullmatch(r"[0-9a-f]{64}", entry["sha256"]), entry
        assert all(map(ALLOWED.fullmatch, re.split(r", | OR ", entry["licence"]))), entry
    command = re.fullmatch(r"python -m (training\.[\w.]+) DATA(?: .+)?", manifest.command)
    assert command
    assert importlib.util.find_spec(command[1])


@pytest.mark.parametrize("one", SETS, ids=name)
def test_nothing_that_is_loaded_can_hold_code(one: Set) -> None:
    """Arrays of numbers, ONNX and JSON only; no pickles, and no file that the manifest does not name."""
    files = {file.name for file in one.folder.iterdir() if file.is_file()} - BESIDE
    named = set(one.manifest.get("files", files))

    assert files == named
    for file in sorted(files):
        path = one.folder / file
        assert path.suffix in KINDS
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as parts:
                assert all(part.endswith(".npy") for part in parts.namelist())
            with np.load(path, allow_pickle=False) as stored:
                assert all(stored[part].dtype != object for part in stored.files)
        if path.suffix == ".json":
            json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("one", TRAINED, ids=name)
def test_the_card_states_the_figures_of_the_manifest(one: Set) -> None:
    """A card that was not made anew with its weights is found here; `python tools/model_cards.py` does it."""
    card = one.folder / "card.md"

    assert card.exists()
    assert model_cards.figures(one) in card.read_text("utf-8") + "\n", "run python tools/model_cards.py"


def test_the_index_of_the_cards_is_up_to_date() -> None:
    """The page lists every set with its size, its licence and its command; `python tools/model_cards.py` makes it."""
    assert model_cards.INDEX.read_text("utf-8") == model_cards.index(SETS), "run python tools/model_cards.py"


def test_they_are_small_enough() -> None:
    """No file has more than 40 MB; all weights together have at most 60 MB, and the index says how many."""
    files = [file for one in SETS for file in one.folder.iterdir() if file.suffix in KINDS]
    total = sum(file.stat().st_size for file in files)

    assert max(file.stat().st_size for file in files) <= FILE_BYTES_AT_MOST
    assert total <= BYTES_AT_MOST, f"{total:,} bytes"
    assert f"{total / 1e6:.1f} MB in all" in model_cards.INDEX.read_text("utf-8")


@pytest.mark.parametrize("check", frozen.TEXTS)
def test_they_give_what_they_gave(check: str) -> None:
    """Texts of our own score as they did when the weights were shipped; `tests.trust.frozen` says what moved."""
    wanted = json.loads(frozen.FILE.read_text("utf-8"))[check]
    found = frozen.scores(DESK, (check,))[check]

    assert found == pytest.approx(wanted, abs=TOLERANCE), "run python -m tests.trust.frozen if this was meant"


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    """The control: one byte more in a file of weights, and they are not loaded."""
    one = next(one for one in TRAINED if one.name == "member")
    for file in one.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() + (b"\0" if file.suffix == ".npz" else b""))

    with pytest.raises(Exception, match="not what its manifest says"):
        weights.load(tmp_path)
