"""What a job asks for: its requirements, its duties and how hiring goes, as sentences of the job itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nutgraf.read.spans import Reading
from nutgraf.types import Span

Part = Literal["must", "nice", "duty", "process"]

_HEADINGS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    (
        "nice",
        re.compile(
            r"nice to have|what helps|helpful|preferred|desir(?:ed|able)|bonus|plus(?:es)?\b|welcome", re.IGNORECASE
        ),
    ),
    (
        "process",
        re.compile(
            r"hiring|how (?:to apply|we hire)|interview|application|selection|next steps|process", re.IGNORECASE
        ),
    ),
    (
        "must",
        re.compile(
            r"must|what (?:we|you) need|require|qualif|you (?:will )?(?:bring|have)|who you are|what we (?:look|are looking)"
            r"|about you|your profile|skills|experience|eligib",
            re.IGNORECASE,
        ),
    ),
    (
        "duty",
        re.compile(
            r"first \d+ days|what you(?:'|’)?(?:ll| will) do|responsib|duties|the (?:work|job|role)\b|what the work is"
            r"|day to day|your tasks|tools",
            re.IGNORECASE,
        ),
    ),
)
#: A sentence that asks for something, wherever it stands.
_ASKS = re.compile(
    r"\b(?:must (?:have|hold|be|know)|applicants? (?:need|must)|need(?:s|ed)? (?:a|an|at least|to have)|requires?\b|required"
    r"|at least (?:\w+ )?years?|years? (?:of|in)|experience (?:in|with|of|as)|proficien\w+|knowledge of|able to|ability to"
    r"|licen[cs]ed?\b|certificate in|degree in)\b",
    re.IGNORECASE,
)
_IS_NICE = re.compile(
    r"\b(?:helps?|helpful|welcome|a plus|useful|preferred|nice to have|an advantage|bonus)\b", re.IGNORECASE
)
_YEARS = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2})\+? (?:or more )?years?\b", re.IGNORECASE
)
_NUMBERS = dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a job asks for, and what part of the job it stands in; `years` of experience it names, or None."""

    span: Span
    part: Part
    years: int | None = None


def requirements(found: Sequence[Reading]) -> list[Requirement]:
    """What the job asks for, in its own order, musts before wishes.

    Sentences under headings of requirements count; without such headings those that ask for something by their words.
    """
    under = [(reading, part_of(reading.heading)) for reading in found if reading.fit > 0.0]
    made = [_requirement(reading, part) for reading, part in under if part in ("must", "nice")]
    if not made:
        made = [_requirement(reading, "must") for reading, part in under if _ASKS.search(reading.span.text)]
    return sorted(made, key=lambda one: one.part != "must")


def parts(found: Sequence[Reading], part: Part) -> list[Span]:
    """The sentences that stand under a heading of this part."""
    return [reading.span for reading in found if part_of(reading.heading) == part and reading.fit > 0.0]


def part_of(heading: str) -> Part | None:
    """The part of a job that a heading begins; None for any other heading."""
    return next((part for part, pattern in _HEADINGS if pattern.search(heading)), None)


def years_asked(text: str) -> int | None:
    """The years of experience that a sentence names first."""
    found = _YEARS.search(text)
    if found is None:
        return None
    word = found[1].lower()
    return _NUMBERS.get(word) or int(word)


def _requirement(reading: Reading, part: Part) -> Requirement:
    nice = part == "nice" or bool(_IS_NICE.search(reading.span.text))
    return Requirement(reading.span, "nice" if nice else "must", years_asked(reading.span.text))
