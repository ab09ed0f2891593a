"""The claims and the training of the detector of claims about the reader, in small."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nutgraf.trust.member.detector import WEIGHTS, MemberGrounding
from nutgraf.weights import load
from training.member.claims import claims
from training.member.persons import people
from training.member.toy import persons as invented_people
from training.member.toy import write
from training.member.train import TOY_SEED, auc, calibrate, fit, main, table


def test_claims_are_seeded_and_both_members_are_of_one_form(tmp_path: Path) -> None:
    """The same seed gives the same claims; a pair is one wording about one person, true and false."""
    persons = people(write(tmp_path / "data"), "train")
    made = list(claims(persons, 3, 12))

    assert made == list(claims(persons, 3, 12))
    assert {claim.bad for claim in made} == {True, False}
    by_pair: dict[str, list[tuple[str, str, bool]]] = {}
    for claim in made:
        by_pair.setdefault(claim.pair, []).append((claim.profile, claim.kind, claim.unseen))
    assert all(len(set(members)) == 1 for members in by_pair.values())


def test_a_toy_run_learns_and_its_weights_load(tmp_path: Path) -> None:
    """Trained on a few invented people, the detector tells claims about others apart better than chance."""
    measured = main([str(write(tmp_path / "data")), "--toy", "--out", str(tmp_path / "weights"), "--minutes", "1"])

    assert measured["auc"] > 0.8
    assert MemberGrounding.load(tmp_path / "weights").version.startswith("member@1-")


def test_the_loss_falls() -> None:
    """A network fitted to figures that tell the label gives margins of the right sign."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 5)).astype(np.float32)
    bad = (rows[:, 0] > 0).astype(np.float32)
    told: list[str] = []

    network = fit(rows, bad, 1, until=float("inf"), log=told.append, epochs=40, rate=2e-2)
    slope, _ = calibrate(network.margins(rows), bad)

    losses = [float(line.rsplit(" ", 1)[1]) for line in told]
    assert losses[-1] < losses[0] / 2
    assert ((network.margins(rows) > 0) == (bad > 0)).mean() > 0.95
    assert slope > 0


def test_shipped_weights_say_how_good_they_are() -> None:
    """The manifest names data, licence and figures above the bar."""
    manifest = load(WEIGHTS)

    assert manifest.metrics["auc"] >= 0.9
    assert all(entry["licence"] for entry in manifest.data)


def test_shipped_weights_reproduce_the_figure_of_their_manifest() -> None:
    """Claims about invented people are told apart as well as the manifest says."""
    people_made = invented_people()
    rows, bad, _ = table(list(claims(people_made, TOY_SEED, 20)), people_made)
    detector = MemberGrounding.load()

    reached = auc(detector.network.margins(rows), bad)

    assert abs(reached - detector.manifest.metrics["auc, invented people"]) < 0.01
