"""How well personal data is found: a span counts when at least half of it is covered."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from nutgraf.detection import Marked
from training.pii.examples import Example

Finder = Callable[[str], Sequence[Marked]]
#: For each template and kind: spans to find, found, marked, and marked rightly.
Counts = dict[str, dict[str, list[int]]]
#: What a mark of a kind may cover: towns belong to addresses.
_COVERS = {"address": ("address", "place"), "person": ("person", "title")}


def counted(find: Finder, examples: Sequence[Example]) -> Counts:
    """Counts by template, as the templates are what was held out."""
    counts: Counts = defaultdict(lambda: defaultdict(lambda: [0, 0, 0, 0]))
    for one in examples:
        marks = find(one.text)
        for start, end, kind in one.spans:
            inside = [(m.start, m.end) for m in marks if m.label == kind]
            row = counts[one.template][kind]
            row[0] += 1
            row[1] += _half((start, end), inside)
        for mark in marks:
            inside = [(s, e) for s, e, kind in one.spans if kind in _COVERS.get(mark.label, (mark.label,))]
            row = counts[one.template][mark.label]
            row[2] += 1
            row[3] += _half((mark.start, mark.end), inside)
    return {template: dict(kinds) for template, kinds in counts.items()}


def _half(place: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    covered = sum(max(0, min(place[1], end) - max(place[0], start)) for start, end in others)
    return covered * 2 >= place[1] - place[0]


def rates(counts: Counts, *kinds: str) -> tuple[float, float]:
    """Recall and precision over some kinds, 1.0 where there is nothing to count."""
    total = [sum(row[i] for by in counts.values() for kind, row in by.items() if kind in kinds) for i in range(4)]
    return round(total[1] / total[0], 4) if total[0] else 1.0, round(total[3] / total[2], 4) if total[2] else 1.0


def interval(counts: Counts, kinds: Sequence[str], which: int, draws: int = 1000) -> tuple[float, float, float]:
    """Recall (0) or precision (1) with its 95 % interval, drawing templates with replacement."""
    chance = random.Random(1)
    names = sorted(counts)
    values = sorted(
        rates({str(i): counts[name] for i, name in enumerate(chance.choices(names, k=len(names)))}, *kinds)[which]
        for _ in range(draws)
    )
    return rates(counts, *kinds)[which], values[int(0.025 * draws)], values[int(0.975 * draws) - 1]
