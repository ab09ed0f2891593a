"""The rates that `bench/gate.py` prints, on rows and labels of our own."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from bench.gate_parts.planting import KINDS, bare, leaks, planted
from bench.gate_parts.rates import LABELS, bad, labelled, read_labels, share, told_apart, useful

COMMITTED = Path(__file__).parents[2] / "bench" / "data" / "gate_labels.jsonl"


def row(ident: str, fate: str, article: str = "a") -> dict[str, Any]:
    """A sentence as the bench notes it."""
    return {"id": ident, "fate": fate, "article": article}


def label(ident: str, said: str, worth: bool = True) -> dict[str, Any]:
    """What a reader said of it."""
    return {"id": ident, "label": said, "useful": worth}


ROWS = [
    row("1", "shown", "a"), row("2", "shown", "b"), row("3", "quoted", "a"), row("4", "dropped", "b"),
    row("5", "quoted", "c"), row("6", "copied", "c"),
]  # fmt: skip
TOLD = {
    one["id"]: one
    for one in (label("1", "supported"), label("3", "unsupported"), label("4", "supported"), label("2", "partly"))
}


def test_a_labelled_share_counts_each_outcome_by_its_size() -> None:
    """Three were lost, of which two are labelled and one is bad; of two shown one is bad; a copy is none."""
    before = labelled(ROWS, TOLD, bad, ("passed", "copied", "lost"))
    after = labelled(ROWS, TOLD, bad, ("passed", "copied"))

    assert before.value == pytest.approx((3 * 0.5 + 2 * 0.5) / 6)
    assert after.value == pytest.approx(2 * 0.5 / 3)
    assert before.low <= before.value <= before.high
    assert labelled(ROWS, TOLD, useful, ("lost",)).value == pytest.approx(0.5)


def test_without_labels_there_is_no_figure() -> None:
    """A rate that nobody labelled anything for says that it rests on nothing."""
    assert labelled(ROWS, {}, bad, ("passed",)).of == 0
    assert str(share([], lambda one: True)) == "-"


def test_a_share_that_all_articles_agree_on_has_an_interval() -> None:
    """Nothing found in three articles does not mean that there is nothing."""
    found = share(ROWS, lambda one: False)

    assert found.value == 0
    assert found.high > 0.3


def test_sensitivity_and_specificity_leave_out_what_claims_nothing() -> None:
    """Of the bad ones those that are flagged, of the right ones those that are not."""
    told = {**TOLD, "5": label("5", "no claim")}
    sensitivity, specificity = told_apart(ROWS, told, lambda one: one["fate"] == "quoted")

    assert (sensitivity.value, sensitivity.of) == (0.5, 2)
    assert (specificity.value, specificity.of) == (1.0, 2)


def test_a_label_nobody_knows_is_refused(tmp_path: Path) -> None:
    """A slip in the file of labels is told with its line."""
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(label("1", "supported")) + "\n" + json.dumps(label("2", "fine")) + "\n", "utf-8")

    with pytest.raises(ValueError, match="line 2"):
        read_labels(path)


def test_the_labels_that_are_here_can_be_read() -> None:
    """Every label names its sentence once, with what it was held against and why it was given."""
    found = read_labels(COMMITTED)
    lines = COMMITTED.read_text("utf-8").splitlines()

    assert len(found) == len(lines) >= 200
    for one in found.values():
        assert one["label"] in LABELS
        assert one["text"]
        assert one["evidence"]
        assert one["reason"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_plant_stands_in_the_stream_and_is_known_again(kind: Any) -> None:
    """Wherever it is planted, the pieces together hold it and the rest, and the search finds it in any event."""
    honest = "The board moved into the corridor in March. [1]\n"
    for seed in range(50):
        rng = random.Random(seed)
        plant = kind(rng)
        pieces, at, tokens = planted(honest, plant, rng)
        whole = "".join(pieces)

        assert 0 <= at <= tokens
        assert bare(honest) == bare(whole.replace(f" {plant.text} ", "", 1))
        assert leaks([{"sentence": {"text": whole}}], plant.mark)
        assert not leaks([{"sentence": {"text": honest}}], plant.mark)
