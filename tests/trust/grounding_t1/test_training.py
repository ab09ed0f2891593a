"""The training of the network: pairs that keep their promise, and a loop whose loss falls."""

import gzip
import json
from pathlib import Path
from random import Random

import pytest

from training.grounding_t1.edits import Pool, changed, names_in, numbers_in, pair, soften, words_in

PLACES = ("Oslo", "Lima", "Kyoto", "Turin", "Quito", "Perth", "Leeds", "Accra")
LINES = tuple(
    f"The workshop in {place} opened in {2001 + at} and now has {3 + at} rooms for {40 + 7 * at} apprentices."
    for at, place in enumerate(PLACES)
)
MADE_UP = "It was designed by a famous architect from Lagos who never visited the site."


def pool() -> Pool:
    """What the lines offer for replacements."""
    text = " ".join(LINES)
    return Pool(names_in(text), numbers_in(text), words_in(text), ["Nairobi", "Anna Berg"])


def test_the_false_member_of_a_pair_differs_from_the_true_one() -> None:
    """Either the claims differ over one line, or the lines differ under one claim."""
    found = [made for seed in range(200) if (made := pair(LINES[seed % 8], pool(), Random(seed)))]
    assert len(found) > 100
    assert all((made.good != made.bad) != (made.good_line != made.bad_line) for made in found)
    assert any(made.good == made.bad for made in found)
    assert len({made.kind for made in found}) >= 5


def test_the_same_seed_makes_the_same_pair() -> None:
    """Pairs come from the line and the seed alone."""
    assert pair(LINES[0], pool(), Random(3)) == pair(LINES[0], pool(), Random(3))


def test_what_changed_is_marked_in_the_later_text() -> None:
    """Replaced words are marked themselves; a deletion marks the words beside it."""
    assert changed("It opened in 2001.", "It opened in 2004.") == [(13, 17)]
    after = "It is open."
    assert [after[start:end] for start, end in changed("It is not open.", after)] == ["is open"]
    assert changed("It is open.", "It is open.") == []


def test_harmless_edits_keep_numbers_and_names() -> None:
    """Names stay whatever the edits do."""
    for seed in range(50):
        assert "Oslo" in soften(LINES[0], Random(seed))


def write_data(folder: Path) -> None:
    """A made-up corpus of RAGTruth's form: half of the responses hold a sentence out of the air."""
    for part in ("train", "dev"):
        rows = []
        for at in range(24):
            good = LINES[at % 8].replace("The workshop", "A workshop")
            response = f"{good} {MADE_UP}" if at % 2 else good
            spans = [{"start": len(good) + 1, "end": len(response)}] if at % 2 else []
            rows.append(
                {
                    "id": f"{part}{at}",
                    "source_id": f"{part}{at % 8}",
                    "task_type": "QA",
                    "context": " ".join(LINES[at % 4 :]),
                    "response": response,
                    "labels": spans,
                }
            )
        (folder / "ragtruth").mkdir(exist_ok=True)
        with gzip.open(folder / "ragtruth" / f"{part}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def test_a_few_steps_of_training_lower_the_loss(tmp_path: Path) -> None:
    """Arrays are made, batches drawn and steps taken; the loss of the last steps is below that of the first."""
    pytest.importorskip("torch", reason="torch is not installed; see requirements/training.txt")
    pytest.importorskip("sklearn", reason="scikit-learn is not installed; see requirements/training.txt")
    from nutgraf.retrieve.encoder import FOLDER
    from training.grounding_t1.prepare import prepare
    from training.grounding_t1.train import train

    if not (FOLDER / "tokenizer.json").exists():
        pytest.skip("the text encoder is not built; run `make install`")
    write_data(tmp_path)
    prepare(tmp_path, FOLDER / "tokenizer.json", tmp_path / "arrays", limit=16)
    state = train(
        tmp_path / "arrays", None, tmp_path / "run", target=320, minutes=0.8, seed=1, look=False, warm_steps=3
    )
    assert state.curve[0]["loss"] < state.curve[0]["loss_first"]
    assert (tmp_path / "run" / "last.pt").exists()
