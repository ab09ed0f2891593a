"""Calibration records: how well a detector or a judge agrees with human labels, for one rubric and one version.

A rate is corrected with the record of exactly the version that measured it. A model that judges counts only with one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from nutgraf.errors import InputError
from nutgraf.evals.stats import Detection, Tally, detection, kappa

FILE = "calibration.json"
LABELS_AT_LEAST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a judge was found to be worth. `caught` of `bad` were flagged and `passed` of `good` were not, as effective
    numbers: what labels of one source have in common is taken off. `rubric` names what was asked.
    """

    judge: str
    version: str
    rubric: str
    labels: int
    kappa: float
    bad: float
    caught: float
    good: float
    passed: float
    data: str = ""

    @property
    def sensitivity(self) -> float:
        """Share of the bad ones that are flagged."""
        return self.caught / self.bad if self.bad else 0.0

    @property
    def specificity(self) -> float:
        """Share of the good ones that are not."""
        return self.passed / self.good if self.good else 0.0

    def detection(self) -> Detection:
        """For a correction: as many independent labels as the effective numbers say."""
        return Detection(_tallies(self.caught, self.bad), _tallies(self.passed, self.good))


def calibrate(
    judge: str, version: str, rubric: str, flagged: Sequence[bool], bad: Sequence[bool], groups: Sequence[str],
    data: str = "",
) -> Calibration:  # fmt: skip
    """A record from flags and human labels of the same things, each of one source. InputError for too few labels."""
    if len(flagged) < LABELS_AT_LEAST or len({*bad}) < 2:
        raise InputError(f"calibration: needs at least {LABELS_AT_LEAST} labels of both sorts, got {len(flagged)}")
    known = detection(flagged, bad, groups)
    (caught, of_bad), (passed, of_good) = known.effective()
    return Calibration(
        judge=judge, version=version, rubric=rubric, labels=len(flagged), data=data,
        kappa=round(kappa(list(flagged), list(bad), groups=groups).kappa, 4), bad=round(of_bad, 1),
        caught=round(caught * of_bad, 2), good=round(of_good, 1), passed=round(passed * of_good, 2),
    )  # fmt: skip


def known(*folders: Path) -> list[Calibration]:
    """The records that come with Nutgraf, then those of the folders. Raises InputError for one that cannot be read."""
    texts = [resources.files("nutgraf.evals").joinpath(FILE).read_text("utf-8")]
    texts += [file.read_text("utf-8") for folder in folders if (file := folder / FILE).is_file()]
    try:
        return [Calibration(**one) for text in texts for one in json.loads(text)]
    except (ValueError, TypeError) as exc:
        raise InputError(f"calibration: {FILE} is no list of records ({exc}); make it again") from exc


def record_for(records: Sequence[Calibration], judge: str, version: str, rubric: str = "") -> Calibration | str:
    """The record of a judge in exactly this version and for this rubric, else in words why there is none."""
    own = [one for one in records if one.judge == judge and (not rubric or one.rubric == rubric)]
    if not own:
        return f"there is no calibration record of {judge}"
    found = next((one for one in own if one.version == version), None)
    return found or f"{judge} was calibrated as {own[-1].version}, and measured as {version}: calibrate it anew"


def write(file: Path, records: Sequence[Calibration]) -> None:
    """Write records as JSON, those of one judge and rubric once."""
    told: Mapping[Any, Calibration] = {(one.judge, one.rubric): one for one in records}
    rows = [json.dumps(asdict(one), ensure_ascii=False) for one in told.values()]
    file.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")


def _tallies(hits: float, of: float) -> tuple[Tally, ...]:
    many = max(1, round(of))
    yes = round(hits / of * many) if of else 0
    return tuple(Tally(str(at), float(at < yes), 1.0) for at in range(many))
