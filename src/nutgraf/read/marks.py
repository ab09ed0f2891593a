"""The marks of something specific in a sentence, found once however many features ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from nutgraf.text.facts import names
from nutgraf.text.numbers import numbers


@dataclass(frozen=True, slots=True)
class Marks:
    """How many different numbers (in digits, and at all) and names a sentence holds."""

    numbers: int
    in_digits: int
    names: int


@lru_cache(maxsize=4096)
def marks(text: str) -> Marks:
    """The marks of one sentence."""
    found = numbers(text)
    return Marks(
        len({number.written for number in found}),
        len({number.written for number in found if number.digits}),
        len(set(names(text))),
    )
