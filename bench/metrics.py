"""Do the metrics agree with a reader? `python bench/metrics.py [--short]`.

Holds specificity, the usefulness of starters and tone against the judgements in `tests/evals/labels/`, which were
written before the metrics were run on them. Prints for each: Cohen's kappa with its 95 % interval, sensitivity and
specificity of finding the bad ones, and every sentence where they differ. Exits 0 when each kappa is at least `BAR`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nutgraf.evals.metrics.base import Tools
from nutgraf.evals.metrics.specificity import is_specific
from nutgraf.evals.metrics.starters import why_useless
from nutgraf.evals.stats import detection, kappa, rate
from nutgraf.ingest.load import item_from_bytes
from nutgraf.serve.evaluating import StoreRecords
from nutgraf.trust.desk import Desk
from nutgraf.types import Item

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "tests/evals/labels"
ITEMS = ROOT / "src/nutgraf/usecases/premium/network/items"
#: "Substantial agreement" begins here (Landis and Koch 1977).
BAR = 0.6
WORD = {True: "good", False: "bad"}

Row = dict[str, Any]
Judge = Callable[[Row], bool]


class Network:
    """The items of the sample network, as much of a store as `StoreRecords` reads."""

    def __init__(self) -> None:
        found = [item_from_bytes(path.read_bytes(), path.name) for path in sorted(ITEMS.glob("*.md"))]
        self.by_id: dict[str, Item] = {item.id: item for item in found}

    def item(self, item_id: str) -> Item:
        """The item of this id."""
        return self.by_id[item_id]

    def items(self, limit: int) -> list[Item]:
        """All of them, up to a limit."""
        return list(self.by_id.values())[:limit]


def rows(name: str) -> Iterator[Row]:
    """The judgements of one file."""
    for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def starter() -> Judge:
    """Whether the metric holds a starter useful."""
    network = Network()
    tools = Tools(records=StoreRecords(network))  # type: ignore[arg-type]

    def useful(row: Row) -> bool:
        item = network.item(row["item"])
        return why_useless(row["question"], item.title, item.text, tools) is None

    return useful


def tone() -> Judge:
    """Whether the tone detector passes a sentence."""
    desk = Desk()
    return lambda row: all(one["verdict"] == "ok" for one in desk.score("tone", row["text"])["sentences"])


def main() -> int:
    """Print the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="the same, without the sentences where they differ")
    options = parser.parse_args()
    judges: dict[str, tuple[str, Judge]] = {
        "specificity": ("specific", lambda row: is_specific(row["text"])),
        "starters": ("useful", starter()),
        "tone": ("good", tone()),
    }
    print(f"{'metric':12} {'n':>4} {'kappa':>6}  {'95 %':14} {'agree':>6} {'finds bad':>10} {'passes good':>12}")
    figures = {}
    for name, (field, judge) in judges.items():
        labelled = list(rows(name))
        said, truth = [judge(row) for row in labelled], [bool(row[field]) for row in labelled]
        groups = [str(row.get("item", row["id"])) for row in labelled]
        agree = kappa(said, truth, groups=groups)
        found = detection([not one for one in said], [not one for one in truth], groups)
        figures[name] = agree.kappa
        print(
            f"{name:12} {agree.n:4} {agree.kappa:6.2f}  {agree.low:.2f} to {agree.high:.2f}   {agree.agreement:6.2f} "
            f"{rate(found.sensitivity).value:10.2f} {rate(found.specificity).value:12.2f}"
        )
        for row, mine, theirs in zip(labelled, said, truth, strict=True):
            if mine != theirs and not options.short:
                text = row.get("text", row.get("question"))
                print(f"    {row['id']} metric {WORD[mine]}, reader {WORD[theirs]}: {text}")
    print(" ".join(f"{name}_kappa={value:.3f}" for name, value in figures.items()))
    return 0 if min(figures.values()) >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
