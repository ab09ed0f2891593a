"""Pairs of a faulty sentence and a fair one about the same thing, from patterns, situations and pairs by hand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
#: File in pairs/ -> the label of its faulty sides.
FAULTS = {
    "condescending": "condescending", "blaming": "blaming", "pressuring": "pressuring", "presumptuous": "presumptuous",
    "discouraging": "discouraging", "overfamiliar": "over-familiar", "flattery": "empty-flattery", "toxic": "toxic",
    "hate": "hate", "harassment": "harassment", "sexual": "sexual", "self-harm": "self-harm", "violence": "violence",
}  # fmt: skip
#: The seven that are faults of tone towards the reader; the other six are toxic whoever reads them.
TONES = tuple(FAULTS.values())[:7]
GROUPS = {
    "train": (
        "immigrants", "women", "gay people", "Muslims", "Jewish people", "old people", "trans people", "Romanians",
        "people in wheelchairs", "Black people", "foreigners", "single mothers", "young people", "poor people",
    ),
    "dev": ("refugees", "lesbians", "blind people", "Asian colleagues"),
    "test": ("disabled people", "Arabs", "pensioners", "migrants"),
}  # fmt: skip
PARTS = ("train", "dev", "test")
_SLOT = re.compile(r"\{(\w+)\}")
#: How many situations each pattern is filled from.
FILLS = {"train": 5, "dev": 3, "test": 4}


@dataclass(frozen=True, slots=True)
class Pair:
    """Both members, the label of the faulty one, register, pattern, situation and part (train, dev or test)."""

    faulty: str
    fair: str
    label: str
    register: str
    pattern: str
    situation: str
    part: str


@cache
def situations() -> dict[str, dict[str, Any]]:
    """Name -> slots, `part` and `pairs`."""
    return tomllib.loads((HERE / "situations.toml").read_text(encoding="utf-8"))


def part_of(pattern: str) -> str:
    """The part of a pattern, by a hash of its text alone: 70 % train, 10 % dev, 20 % test."""
    number = int(sha256(pattern.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return "train" if number < 0.7 else "dev" if number < 0.8 else "test"


def patterns() -> Iterator[tuple[str, str, str, str]]:
    """(fault, register, faulty, fair) of every pattern."""
    for fault in FAULTS:
        register = "message"
        for line in (HERE / "pairs" / f"{fault}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                register = line[2:].strip()
            elif "||" in line:
                faulty, fair = (side.strip() for side in line.split("||"))
                yield fault, register, faulty, fair


def _filled(text: str, slots: dict[str, str]) -> str:
    full = _SLOT.sub(lambda match: slots[match[1]], text)
    full = re.sub(r"([.!?] )([a-z])", lambda match: match[1] + match[2].upper(), full)
    return full[0].upper() + full[1:]


def fair(part: str) -> list[str]:
    """Fair sentences of one part that belong to no pair; those with slots are filled from three situations."""
    found = []
    for line in (HERE / "fair.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and part_of(line) == part:
            rng = Random(int(sha256(line.encode()).hexdigest()[:8], 16))
            some = rng.sample([s for s in situations().values() if s["part"] == part], 3)
            found += [_filled(line, {k: v for k, v in one.items() if isinstance(v, str)}) for one in some]
    return list(dict.fromkeys(found))


def pairs() -> list[Pair]:
    """Every pair, in an order that never changes. Patterns and situations of one part meet only each other."""
    found: dict[tuple[str, str], Pair] = {}
    for fault, register, faulty, fair in patterns():
        part = part_of(faulty)
        rng = Random(int(sha256(faulty.encode()).hexdigest()[:8], 16))
        names = [name for name, one in situations().items() if one["part"] == part]
        for name in rng.sample(names, min(FILLS[part], len(names))):
            slots = {k: v for k, v in situations()[name].items() if isinstance(v, str)}
            slots["group"] = rng.choice(GROUPS[part])
            pair = Pair(
                _filled(faulty, slots), _filled(fair, slots), FAULTS[fault], register, faulty, name, part
            )  # fmt: skip
            found.setdefault((pair.faulty, pair.fair), pair)
    for name, one in situations().items():
        for fault, (faulty, fair) in one["pairs"].items():
            pair = Pair(faulty, fair, FAULTS[fault], "message", faulty, name, one["part"])
            found.setdefault((pair.faulty, pair.fair), pair)
    return list(found.values())
