"""Trains the detector of claims about the reader: `python -m training.member.train DATA [--minutes 10] [--toy]`.

Claims are made from the profiles of train, figures worked out, a few small networks fitted in numpy, calibrated on a
tenth of the train profiles that no network saw, and measured on the profiles of dev. Seeded; a progress line a step.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf import weights
from nutgraf.trust.member.detector import WEIGHTS, Network
from nutgraf.trust.member.features import KINDS, NAMES, figures, findings
from nutgraf.trust.member.findings import Held
from nutgraf.trust.member.said import said
from training.member import toy
from training.member.claims import claims, teams
from training.member.persons import Claim, Person, people

Floats = NDArray[np.float32]
#: Kinds of findings that may decide alone, and how often they must be right on train claims to do so.
VETO_PRECISION = 0.97
VETO_LEAST = 30
TOY_SEED = 5
SETTINGS: dict[str, Any] = {"hidden": 24, "networks": 4, "rate": 3e-3, "decay": 1e-4, "batch": 256, "epochs": 30}


def table(made: Sequence[Claim], persons: Sequence[Person]) -> tuple[Floats, Floats, list[dict[str, float]]]:
    """Figures and labels of claims, and for each the strongest finding against it by kind."""
    by_id = {person.id: person for person in persons}
    pairs = [(claim, by_id[claim.profile]) for claim in made]
    return table_of(pairs)


def table_of(pairs: Sequence[tuple[Claim, Person]]) -> tuple[Floats, Floats, list[dict[str, float]]]:
    """The same for claims with the people they are about."""
    rows, against = [], []
    for claim, person in pairs:
        held = Held(said(claim.text), person.record)
        found = findings(held)
        rows.append(figures(held, found))
        worst: dict[str, float] = {}
        for one in found:
            worst[one.kind] = max(worst.get(one.kind, 0.0), one.against)
        against.append(worst)
    return np.stack(rows), np.asarray([claim.bad for claim, _ in pairs], dtype=np.float32), against


def fit(rows: Floats, bad: Floats, seed: int, *, until: float, log: Any, **changes: Any) -> Network:
    """Networks with one hidden layer, fitted by Adam on the logistic loss; stops at `until` (seconds of the clock)."""
    how = {**SETTINGS, **changes}
    rng = np.random.default_rng(seed)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    standard = np.clip((rows - mean) / scale, -8, 8)
    n, width, hidden = how["networks"], rows.shape[1], how["hidden"]
    values = [
        rng.normal(0, np.sqrt(2 / width), (n, width, hidden)), np.zeros((n, hidden)),
        rng.normal(0, 0.2, (n, hidden)), np.zeros(n),
    ]  # fmt: skip
    moments = [(np.zeros_like(value), np.zeros_like(value)) for value in values]
    step, steps = 0, how["epochs"] * -(-len(rows) // how["batch"])
    for epoch in range(how["epochs"]):
        order, losses = rng.permutation(len(rows)), []
        for at in range(0, len(rows), how["batch"]):
            pick = order[at : at + how["batch"]]
            loss, slopes = _slopes(values, standard[pick], bad[pick])
            losses.append(loss)
            step += 1
            rate = how["rate"] * (1 - step / (steps + 1))
            for value, slope, moment in zip(values, slopes, moments, strict=True):
                moment[0][...] += 0.1 * (slope - moment[0])
                moment[1][...] += 0.001 * (slope**2 - moment[1])
                ahead = (moment[0] / (1 - 0.9**step)) / (np.sqrt(moment[1] / (1 - 0.999**step)) + 1e-8)
                value[...] -= rate * (ahead + how["decay"] * value)
        log(f"epoch {epoch + 1}/{how['epochs']}: loss {np.mean(losses):.4f}")
        if time.monotonic() > until:
            break
    return Network(*(np.asarray(one, dtype=np.float32) for one in (mean, scale, *values)))


def _slopes(values: list[NDArray[np.float64]], rows: Floats, bad: Floats) -> tuple[float, list[NDArray[np.float64]]]:
    """Mean loss of every network together, and the gradient for each value."""
    hidden, hidden_bias, out, out_bias = values
    before = np.einsum("rf,nfh->nrh", rows, hidden) + hidden_bias[:, None]
    layer = np.maximum(before, 0)
    margin = np.einsum("nrh,nh->nr", layer, out) + out_bias[:, None]
    chance = 1 / (1 + np.exp(-np.clip(margin, -30, 30)))
    loss = float(-(bad * np.log(chance + 1e-9) + (1 - bad) * np.log(1 - chance + 1e-9)).mean())
    wrong = (chance - bad) / len(rows)
    back = wrong[:, :, None] * out[:, None] * (before > 0)
    return loss, [
        np.einsum("rf,nrh->nfh", rows, back),
        back.sum(axis=1),
        np.einsum("nrh,nr->nh", layer, wrong),
        wrong.sum(axis=1),
    ]


def calibrate(margins: Floats, bad: Floats) -> tuple[float, float]:
    """Slope and shift of the logistic that fits margins best, by Newton's method."""
    slope, shift = 1.0, 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(slope * margins + shift, -30, 30)))
        weight = chance * (1 - chance) + 1e-9
        g = np.array([((chance - bad) * margins).sum() + 1e-3 * (slope - 1), (chance - bad).sum()])
        h = np.array(
            [[(weight * margins**2).sum() + 1e-3, (weight * margins).sum()], [(weight * margins).sum(), weight.sum()]]
        )
        move = np.linalg.solve(h, g)
        slope, shift = slope - float(move[0]), shift - float(move[1])
    return slope, shift


def vetoes(against: Sequence[dict[str, float]], bad: Floats) -> dict[str, float]:
    """For every kind of finding precise enough, the least strength from which on it decides alone."""
    found = {}
    for kind in KINDS:
        strengths = np.asarray([worst.get(kind, 0.0) for worst in against])
        for least in (0.6, 0.75, 0.85, 0.94):
            hit = strengths >= least
            if hit.sum() >= VETO_LEAST and bad[hit].mean() >= VETO_PRECISION:
                found[kind] = least
                break
    return found


def auc(scores: Floats, bad: Floats) -> float:
    """Area under the ROC curve, ties counted half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    good, wrong = (bad == 0).sum(), (bad > 0).sum()
    return float((ranks[bad > 0].sum() - wrong * (wrong + 1) / 2) / (wrong * good)) if good and wrong else float("nan")


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, measure and write the weights; gives back what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--toy", action="store_true")
    given = parser.parse_args(arguments)
    until = time.monotonic() + 60 * given.minutes
    persons, held_out = people(given.data, "train"), people(given.data, "dev")
    if given.toy:
        persons, held_out = persons[:24], held_out[:6]

    def log(text: str) -> None:
        print(f"[{max(0.0, until - time.monotonic()):.0f} s left] {text}", flush=True)

    by_id = {person.id: person for person in persons}
    made = [
        (one, by_id[one.profile]) for one in claims(persons, given.seed, 20 if given.toy else 110) if not one.unseen
    ]
    made += teams(persons, given.seed)
    rows, bad, against = table_of(made)
    log(f"{len(made)} claims about {len(persons)} profiles, {int(bad.sum())} false")
    kept = np.asarray([int(hashlib.sha256(one.profile.encode()).hexdigest(), 16) % 10 == 0 for one, _ in made])
    network = fit(rows[~kept], bad[~kept], given.seed, until=until, log=log, **({"epochs": 5} if given.toy else {}))
    slope, shift = calibrate(network.margins(rows[kept]), bad[kept])
    deciding = vetoes(against, bad)
    test = list(claims(held_out, given.seed + 1, 20 if given.toy else 60))
    test_rows, test_bad, _ = table(test, held_out)
    margins = network.margins(test_rows)
    unseen = np.asarray([one.unseen for one in test])
    measured = {
        "auc": auc(margins, test_bad), "auc, unseen wordings": auc(margins[unseen], test_bad[unseen]),
        "accuracy": float((((slope * margins + shift) > 0) == (test_bad > 0)).mean()),
    }  # fmt: skip
    invented = toy.persons()
    toys, truth, _ = table(list(claims(invented, TOY_SEED, 20)), invented)
    measured["auc, invented people"] = auc(network.margins(toys), truth)
    for name, value in measured.items():
        log(f"{name} {value:.4f}")
    _save(given, network, slope, shift, deciding, {k: round(v, 4) for k, v in measured.items()}, len(made), log)
    return measured


def _save(
    given: Any, network: Network, slope: float, shift: float, deciding: dict[str, float], measured: dict[str, float],
    count: int, log: Any,
) -> None:  # fmt: skip
    given.out.mkdir(parents=True, exist_ok=True)
    arrays = {name: getattr(network, name) for name in ("mean", "scale", "hidden", "hidden_bias", "out", "out_bias")}
    np.savez(given.out / "net.npz", **arrays)
    file = given.data / "profiles_jsonresume/train.jsonl.gz"
    manifest = weights.Manifest(
        name="member", version="1", licence="Apache-2.0", command="python -m training.member.train DATA",
        seed=given.seed,
        files={"net.npz": ""},
        data=(
            {
                "name": "profiles_jsonresume", "sha256": weights.sha256_of(file), "licence": "MIT, CC-BY-4.0",
                "rows": count,
            },
        ),
        metrics=measured, thresholds={"sentence": 0.5, "veto": 0.9},
        calibration={"slope": round(slope, 5), "shift": round(shift, 5)},
        more={"features": list(NAMES), "vetoes": deciding, "settings": SETTINGS},
    )  # fmt: skip
    weights.save(given.out, manifest)
    log(f"written: {given.out.name}, vetoes {json.dumps(deciding)}")


if __name__ == "__main__":
    main()
