"""Does the corrected hallucination rate hold the true one? `python bench/hallucination_rate.py DATA [--cache FILE]`.

For each of five sets that people labelled, and for all of them together, 100 seeded draws. A draw parts the sources in
two: one half measures the detector, from the other a pool is drawn whose true rate, 5 to 60 %, is known. The corrected
rate's 95 % interval must hold the true rate in at least 93 of 100 draws, and the uncorrected one must not. Where the
detector hardly tells bad from good on a set, there is no corrected rate: such draws count as not measured, and so does
the set when they are more than half. The control (`foreign`) corrects with a detector measured on the other sets. Exit
status 0 only when no set fails and all of them together pass.

`--cache` keeps what the detector said (some 16 ms a sentence); `--short` takes an eighth of the sources; `--write FILE`
adds a calibration record of the detector, measured on the sentences of RAGTruth.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nutgraf.errors import InputError
from nutgraf.evals.calibration import Calibration, calibrate, write
from nutgraf.evals.stats import Detection, Tally, corrected, rate
from nutgraf.trust.grounding.detector import Grounding
from training.grounding_data import Response, claims, ragtruth

ALL, LABELS_AT_LEAST = "together", 20
SETS = ("ragtruth", "summedits", "halueval", "begin", "wice")
DRAWS, POOL = 100, 300
#: Of each set no more than these units are scored: enough for two halves, and some minutes in all.
UNITS_AT_MOST = 1_500
HELD_AT_LEAST = 93
LOW, HIGH = 0.05, 0.60


@dataclass(frozen=True)
class Unit:
    """A sentence of RAGTruth, or a response of another set: its label and whether the detector flags it."""

    set: str
    source: str
    bad: bool
    score: float
    flagged: bool


def units_of(name: str, found: Iterable[Response], grounding: Grounding, *, short: bool) -> list[Unit]:
    """What the detector says of a set: whole sources in a seeded order until there are enough of both labels."""
    by_source: dict[str, list[Response]] = defaultdict(list)
    for one in found:
        if one.sentences:
            by_source[one.source].append(one)
    order = np.random.default_rng(7).permutation(sorted(by_source))
    at_most = UNITS_AT_MOST // 8 if short else UNITS_AT_MOST
    units: list[Unit] = []
    for source in order:
        for response in by_source[source]:
            said = grounding.detect([sentence.text for sentence in response.sentences], response.lines)
            if name == "ragtruth":
                at = grounding.thresholds["sentence"]
                rows = zip(response.sentences, said, strict=True)
                units += [Unit(name, source, s.bad, one.score, one.score >= at) for s, one in rows]
            else:
                score = grounding.whole([one.score for one in said], response.lines)
                flagged = score >= grounding.thresholds["text"]
                units.append(Unit(name, source, response.bad, score, flagged))
        if len(units) >= at_most:
            break
    return units


def scored(data: Path, cache: Path | None, *, short: bool) -> dict[str, list[Unit]]:
    """All sets, from the cache where they are in it."""
    known: dict[str, list[Unit]] = defaultdict(list)
    if cache is not None and cache.is_file():
        for line in cache.read_text("utf-8").splitlines():
            unit = Unit(**json.loads(line))
            known[unit.set].append(unit)
    grounding: Grounding | None = None
    for name in SETS:
        if known[name]:
            continue
        grounding = grounding or Grounding.load()
        print(f"scoring {name} …", file=sys.stderr)
        found = ragtruth(data, "dev") if name == "ragtruth" else claims(data, "dev", name)
        known[name] = units_of(name, found, grounding, short=short)
        if cache is not None:
            with cache.open("a", encoding="utf-8") as out:
                out.writelines(json.dumps(asdict(unit)) + "\n" for unit in known[name])
    return known


def halves(units: Sequence[Unit], rng: np.random.Generator) -> tuple[list[Unit], list[Unit]]:
    """The units of half of the sources, and of the other half."""
    sources = sorted({unit.source for unit in units})
    first = set(rng.permutation(sources)[: len(sources) // 2])
    return [u for u in units if u.source in first], [u for u in units if u.source not in first]


def pool_of(units: Sequence[Unit], share: float, rng: np.random.Generator) -> list[Unit]:
    """A pool with this share of bad units, as near to POOL as the units allow, none of them twice."""
    bad, good = ([u for u in units if u.bad is label] for label in (True, False))
    size = int(min(POOL, len(bad) / share, len(good) / (1 - share)))
    many = max(1, round(share * size))
    picked = [bad[i] for i in rng.choice(len(bad), many, replace=False)]
    return picked + [good[i] for i in rng.choice(len(good), size - many, replace=False)]


def known_as(units: Sequence[Unit]) -> Detection:
    """How probable the detector calls the bad ones, and how improbable the good ones."""
    return Detection(
        tuple(Tally(u.source, u.score, 1.0) for u in units if u.bad),
        tuple(Tally(u.source, 1 - u.score, 1.0) for u in units if not u.bad),
    )


@dataclass
class Row:
    """What one set gave: in how many draws each interval held the true rate, and how wide and how far off they were."""

    name: str
    held: int = 0
    measured: int = 0
    raw: int = 0
    foreign: int = 0
    width: float = 0.0
    off: float = 0.0
    raw_off: float = 0.0
    sizes: int = 0

    @property
    def outcome(self) -> str:
        """Pass, fail, or not measured."""
        if 2 * self.measured < DRAWS:
            return "not measured"
        return "pass" if self.held >= HELD_AT_LEAST / 100 * self.measured and self.raw < HELD_AT_LEAST else "fail"


def draws(name: str, units: Sequence[Unit], others: Sequence[Unit]) -> Row:
    """100 draws of one set; `others` are labelled units of the other sets, for the control."""
    row, elsewhere = Row(name), known_as(others)
    for seed in range(DRAWS):
        rng = np.random.default_rng(10_000 + seed)
        labelled, rest = halves(units, rng)
        pool = pool_of(rest, rng.uniform(LOW, HIGH), rng)
        true = sum(u.bad for u in pool) / len(pool)
        tallies = [Tally(u.source, u.score, 1.0) for u in pool]
        plain = rate([Tally(u.source, float(u.flagged), 1.0) for u in pool], resamples=500)
        row.raw += plain.within(true)
        row.raw_off += abs(plain.value - true) / DRAWS
        row.sizes += len(pool)
        with suppress(InputError):
            row.foreign += bool(others) and corrected(tallies, elsewhere).within(true)
        with suppress(InputError):
            found = corrected(tallies, known_as(labelled))
            row.measured += 1
            row.held += found.within(true)
            row.width += found.high - found.low
            row.off += abs(found.value - true)
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE")
    options = parser.parse_args()
    sets = scored(options.data, options.cache, short=options.short)
    sets[ALL] = [unit for name in SETS for unit in sets[name]]
    print(f"{'':<10} {'':>5} {'':>5}               draws of 100 held by the interval           off by on average")
    print(
        f"{'set':<10} {'units':>5} {'bad':>5} {'pool':>5}  corrected (measured)  raw  foreign  width  corrected   raw"
    )
    outcomes = {}
    for name in (*SETS, ALL):
        units = sets[name]
        if min(sum(u.bad for u in units), sum(not u.bad for u in units)) < LABELS_AT_LEAST:
            print(f"{name:<10} not measured: too few labels of one sort among {len(units)}")
            outcomes[name] = "not measured"
            continue
        row = draws(name, units, [u for other in SETS if name not in (other, ALL) for u in sets[other]])
        outcomes[name] = row.outcome
        of = max(1, row.measured)
        foreign = "" if name == ALL else str(row.foreign)
        print(
            f"{name:<10} {len(units):>5} {sum(u.bad for u in units):>5} {row.sizes / DRAWS:>5.0f}"
            f"  {row.held:>9} {f'({row.measured})':>10}  {row.raw:>3} {foreign:>8}  {row.width / of:>5.3f}"
            f"  {row.off / of:>9.3f} {row.raw_off:>5.3f}  {row.outcome}",
            flush=True,
        )
    if options.write is not None:
        keep(options.write, sets["ragtruth"])
    print(" ".join(f"{name}={outcome.replace(' ', '-')}" for name, outcome in outcomes.items()))
    return 0 if outcomes[ALL] == "pass" and "fail" not in outcomes.values() else 1


def keep(file: Path, units: Sequence[Unit]) -> None:
    """Add the detector's record to a file of calibration records, in place of an older one."""
    version = Grounding.load().version
    groups, flagged, bad = ([getattr(u, name) for u in units] for name in ("source", "flagged", "bad"))
    made = calibrate("grounding", version, "supported", flagged, bad, groups, data="RAGTruth dev, sentences")
    old = [Calibration(**one) for one in json.loads(file.read_text("utf-8"))] if file.is_file() else []
    write(file, [*old, made])


if __name__ == "__main__":
    sys.exit(main())
