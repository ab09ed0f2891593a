"""Profiles that claims are made about, and the claims."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nutgraf.trust.member.facts import facts_of
from nutgraf.trust.member.record import Record


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about the reader `profile`; `pair` is shared by the members of a pair, `unseen` wordings never train."""

    id: str
    profile: str
    text: str
    bad: bool
    kind: str
    change: str
    pair: str
    unseen: bool


@dataclass(frozen=True, eq=False)
class Person:
    """A profile with its record."""

    id: str
    group: str
    resume: Mapping[str, Any]
    lines: tuple[str, ...]
    record: Record

    @property
    def skills(self) -> list[str]:
        """Skills as they are written, group names left out."""
        return [word for group in self.resume.get("skills", []) for word in group.get("keywords", []) if len(word) < 50]


def people(data: Path, part: str) -> list[Person]:
    """The profiles of a part, "train" or "dev"."""
    found = []
    with gzip.open(data / "profiles_jsonresume" / f"{part}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            lines = facts_of(row["resume"])
            found.append(Person(row["id"], row.get("group") or row["id"], row["resume"], lines, Record.of(lines)))
    return found
