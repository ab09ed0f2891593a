"""Claims about readers made from records by wording and change: true ones and false ones of the same form.

`python -m training.member.claims DATA OUT.jsonl [--part train|dev] [--a-profile 60]` writes them as lines that
`nutgraf trust score --check member` reads, with `bad`, `kind` and `pattern` beside.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.trust.member.facts import facts_of
from nutgraf.trust.member.record import Record
from training.member.maker import NUMBERS, Maker
from training.member.persons import Claim, Person, people


def claims(persons: Sequence[Person], seed: int, a_profile: int) -> Iterator[Claim]:
    """About `a_profile` pairs for each person, true and false members alike."""
    for person in persons:
        rng = random.Random(f"{seed}:{person.id}")
        others = [other for other in persons if other.group[:2] != person.group[:2]] or [
            p for p in persons if p is not person
        ]
        maker = Maker(person, others, rng)
        kinds = list(maker.makers)
        for number in range(a_profile):
            kind = (
                kinds[number % len(kinds)] if number < len(kinds) else rng.choice(kinds + ["task"] * 3 + ["skill"] * 2)
            )
            yield from maker.pair(kind, f"{person.id}-{number}")


def teams(persons: Sequence[Person], seed: int) -> Iterator[tuple[Claim, Person]]:
    """Claims such as "you have led two teams" about people whose record is told how many teams they led, 0 to 3."""
    for person in persons:
        rng = random.Random(f"{seed}:teams:{person.id}")
        led, whom = rng.randrange(4), rng.sample(["analysts", "nurses", "drivers", "engineers", "clerks"], 3)
        sizes = rng.sample(range(4, 15), 3)
        job = person.resume["work"][0]
        told = [
            f"{rng.choice(['Led', 'Managed', 'Headed'])} a team of {n} {who}"
            for n, who in zip(sizes[:led], whom, strict=False)
        ]
        resume = {
            **person.resume,
            "work": [{**job, "highlights": [*job.get("highlights", []), *told]}, *person.resume["work"][1:]],
        }
        lines = facts_of(resume)
        now = Person(person.id, person.group, resume, lines, Record.of(lines))
        wrong = rng.choice([n for n in (2, 3, 4) if n != led])
        said = [
            (f"You have led {NUMBERS[wrong]} teams.", True),
            (f"You led a team of {max(sizes) + 5} {whom[2]}.", True),
        ]
        if led > 1:
            verb, many = rng.choice(["led", "managed", "headed"]), rng.choice([NUMBERS[led], str(led)])
            said.append((f"You have {verb} {many} teams.", False))
        if led:
            said += [
                (f"You {rng.choice(['led', 'managed', 'ran'])} a team of {sizes[0]} {whom[0]}.", False),
                ("You have led a team.", False),
            ]
        else:
            said.append(("You have led a team of nine.", True))
        for at, (text, bad) in enumerate(said):
            yield (
                Claim(f"{person.id}-team-{at}", person.id, text, bad, "teams", "count", f"{person.id}-team", False),
                now,
            )


def main() -> None:
    """Write the claims of a part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--part", default="dev")
    parser.add_argument("--a-profile", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    persons = people(given.data, given.part)
    by_id = {person.id: person for person in persons}
    with given.out.open("w", encoding="utf-8") as file:
        for claim in claims(persons, given.seed, given.a_profile):
            row = {**asdict(claim), "member": by_id[claim.profile].resume}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
