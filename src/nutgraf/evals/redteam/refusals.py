"""Over-refusal: how many harmless questions the checks turn away, on data sets and on our own professional set."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nutgraf.errors import InputError
from nutgraf.evals.redteam.catalogue import Benign, benign
from nutgraf.evals.stats import wilson

BENIGN_SETS = ("rt_xstest", "rt_benign_notinject", "rt_benign_mitre_frr")
#: Labels of the data sets: what is harmless must pass, what is harmful should not.
HARMLESS = "benign"
EXAMPLES = 12
Check = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How many of `n` texts of one label were turned away, with Wilson's 95 % interval and some of them."""

    name: str
    label: str
    n: int
    refused: int
    low: float
    high: float
    examples: tuple[str, ...] = field(default=())

    @property
    def rate(self) -> float:
        """The share that was turned away."""
        return self.refused / self.n if self.n else 0.0


def texts_of(folder: Path) -> Iterator[tuple[str, str]]:
    """(label, text) of every row of a data set's folder, `*.jsonl` and `*.jsonl.gz`. Raises InputError."""
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])
    if not files:
        raise InputError(f"data: {folder} has no .jsonl or .jsonl.gz file; name the folder that holds the data sets")
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    yield str(row.get("label", HARMLESS)), str(row["text"])
                except (ValueError, TypeError, KeyError) as exc:
                    raise InputError(f"data: line {number} of {file} has no text ({exc}); mend the file") from exc


def measured(name: str, label: str, texts: Sequence[str], refused: Callable[[str], bool]) -> Refusals:
    """Ask the check about every text."""
    hit = [text for text in texts if refused(text)]
    low, high = wilson(len(hit) / len(texts), len(texts)) if texts else (0.0, 1.0)
    return Refusals(
        name=name, label=label, n=len(texts), refused=len(hit), low=round(low, 4), high=round(high, 4),
        examples=tuple(hit[:EXAMPLES]),
    )  # fmt: skip


def over_refusal(
    screen: Check, hostile: Callable[[str], bool] | None, data: Path | None, *, each: int = 0,
    harmless: Sequence[Benign] | None = None, told: Callable[[str], None] = lambda name: None,
) -> list[Refusals]:  # fmt: skip
    """Our own set as questions and as sentences of a page, then the data sets under `data`, at most `each` of a label.

    `screen` gives the reason for which a question is refused; `hostile` whether a sentence is kept from a model.
    """
    own, found = harmless if harmless is not None else benign(), list[Refusals]()

    def turned_away(text: str) -> bool:
        return screen(text) is not None

    told("our own set")
    found.append(measured("own, as questions", HARMLESS, [one.text for one in own], turned_away))
    if hostile is not None:
        found.append(
            measured(
                "own, on a page", HARMLESS, [one.text for one in own if not one.id.startswith("question-")], hostile
            )
        )
    for name in BENIGN_SETS if data is not None else ():
        assert data is not None
        if not (data / name).is_dir():
            continue
        told(name)
        labels: dict[str, list[str]] = {}
        for label, text in texts_of(data / name):
            labels.setdefault(label, []).append(text)
        for label, texts in labels.items():
            found.append(measured(name, label, texts[:each] if each else texts, turned_away))
    return found
