"""Invented profiles in the form of the real ones: for tests, and for a figure that anybody can check."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nutgraf.trust.member.facts import facts_of
from nutgraf.trust.member.record import Record
from training.member.persons import Person

TITLES = tuple(
    "Glass Blower,Ferry Pilot,Sound Editor,Bee Keeper,Stone Mason,Tram Driver,Tea Taster,Map Maker".split(",")
)
TOOLS = ("blowpipes", "charts", "mixers", "hives", "chisels", "signals", "samples", "globes")


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Profiles with id, group and resume."""
    for number in range(count):
        one, two = number % 8, (number + 3) % 8
        resume = {
            "basics": {"label": TITLES[one], "location": {"countryCode": ("NO", "PT", "KE")[number % 3]}},
            "work": [
                {
                    "name": f"Works {number} Ltd", "position": TITLES[one], "startDate": f"{2012 + number % 9}-04",
                    "highlights": [f"Inspect {TOOLS[one]} after every shift", "Assist in training of new people"],
                },
                {
                    "name": f"House {number}", "position": TITLES[two], "startDate": "2005-02", "endDate": "2011-11",
                    "highlights": [f"Repair broken {TOOLS[two]} for customers"],
                },
            ],
            "education": [{"studyType": "Bachelor's degree", "area": "Physics"}],
            "skills": [{"name": "Tools", "keywords": [f"{TITLES[one]} software", "Careful Listening"]}],
        }  # fmt: skip
        yield {"id": f"toy-{number}", "group": f"{one:02d}-1", "resume": resume}


def write(folder: Path, *, train: int = 24, dev: int = 8) -> Path:
    """A data folder with them; gives it back."""
    (folder / "profiles_jsonresume").mkdir(parents=True)
    for part, count in (("train", train), ("dev", dev)):
        with gzip.open(folder / "profiles_jsonresume" / f"{part}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(count))
    return folder


def persons(count: int = 24) -> list[Person]:
    """The people of the profiles."""
    found = []
    for row in rows(count):
        lines = facts_of(row["resume"])
        found.append(Person(row["id"], row["group"], row["resume"], lines, Record.of(lines)))
    return found
