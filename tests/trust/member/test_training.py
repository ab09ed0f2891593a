"""The claims and the training of the detector of claims about the reader, in small."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from nutgraf.trust.member.detector import WEIGHTS, MemberGrounding
from nutgraf.weights import load
from training.member.claims import claims
from training.member.persons import people
from training.member.train import calibrate, fit, main

TITLES = (
    "Glass Blower",
    "Ferry Pilot",
    "Sound Editor",
    "Bee Keeper",
    "Stone Mason",
    "Tram Driver",
    "Tea Taster",
    "Map Maker",
)


def _data(folder: Path) -> Path:
    """Invented profiles in the form of the real ones, 24 to train on and 8 to measure on."""
    (folder / "profiles_jsonresume").mkdir(parents=True)
    for part, count in (("train", 24), ("dev", 8)):
        with gzip.open(folder / "profiles_jsonresume" / f"{part}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number in range(count):
                title, next_title = TITLES[number % 8], TITLES[(number + 3) % 8]
                resume = {
                    "basics": {"label": title, "location": {"countryCode": ("NO", "PT", "KE")[number % 3]}},
                    "work": [
                        {"name": f"Works {number} Ltd", "position": title,
                         "startDate": f"{2012 + number % 9}-04",
                         "highlights": [f"Inspect the {title.lower()} tools", "Assist in training of people"]},
                        {"name": f"House {number}", "position": next_title, "startDate": "2005-02",
                         "endDate": "2011-11", "highlights": [f"Repair broken {next_title.lower()} gear"]},
                    ],
                    "education": [{"studyType": "Bachelor's degree", "area": "Physics"}],
                    "skills": [{"name": "Tools", "keywords": [f"{title} software", "Careful Listening"]}],
                }  # fmt: skip
                row = {"id": f"{part}-{number}", "group": f"{number % 8:02d}-1", "resume": resume}
                file.write(json.dumps(row) + "\n")
    return folder


def test_claims_are_seeded_and_both_members_are_of_one_form(tmp_path: Path) -> None:
    """The same seed gives the same claims; a pair is one wording about one person, true and false."""
    persons = people(_data(tmp_path), "train")
    made = list(claims(persons, 3, 12))

    assert made == list(claims(persons, 3, 12))
    assert {claim.bad for claim in made} == {True, False}
    by_pair: dict[str, list[tuple[str, str, bool]]] = {}
    for claim in made:
        by_pair.setdefault(claim.pair, []).append((claim.profile, claim.kind, claim.unseen))
    assert all(len(set(members)) == 1 for members in by_pair.values())


def test_a_toy_run_learns_and_its_weights_load(tmp_path: Path) -> None:
    """Trained on a few invented people, the detector tells claims about others apart better than chance."""
    measured = main([str(_data(tmp_path / "data")), "--toy", "--out", str(tmp_path / "weights"), "--minutes", "1"])

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
