"""Facts of a member's record as their owner would say them: "Wrote the guide" becomes "I wrote the guide."

Only forms that are sure are turned; everything else is left as the record has it. Aims, interests and what was told in
confidence are never said here: they are nobody else's business until their owner says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nutgraf.text.facts import is_mixed
from nutgraf.types import Fact, FactKind, Position

#: Kinds of facts that may stand in something for others to read.
SAYABLE: tuple[FactKind, ...] = ("highlight", "position", "certificate")

#: Words in -ed that say what somebody is, or what was done to them.
_NOT_DONE = frozenset(
    """accredited acclaimed admitted advanced appointed awarded based certified chartered committed dedicated educated
    elected employed experienced featured hired honored honoured interested invited licensed motivated named nominated
    promoted qualified recognised recognized registered related retired seasoned selected self-taught skilled speed
    trained unlimited used varied""".split()
)
_PAST = frozenset(
    """became began bought broke brought built came chose cut drew drove fed found gave got grew held kept learnt led
    left lent made met oversaw paid put ran rebuilt redrew rewrote rose saved saw sent set shot sold spent spoke stood
    taught took went won wrote""".split()
)
_PRESENT = {
    "builds": "build", "coordinates": "coordinate", "designs": "design", "keeps": "keep", "leads": "lead",
    "maintains": "maintain", "manages": "manage", "mentors": "mentor", "owns": "own", "presents": "present",
    "runs": "run", "supplies": "supply", "teaches": "teach", "trains": "train", "writes": "write",
}  # fmt: skip
_FIRST_PERSON = re.compile(r"\b(?:I|[Mm]y|[Ww]e|[Oo]ur)\b")


def spoken(fact: Fact, work: Sequence[Position] = ()) -> str:
    """The fact in its owner's mouth, or its own text where no form is sure.

    `work` holds the positions of the record, by which it is known whether one is held still.
    """
    text = fact.text.strip()
    if fact.kind == "highlight" and not _FIRST_PERSON.search(text):
        return _stopped(_done(text))
    if fact.kind == "certificate":
        return _stopped(f"I hold this certificate: {text}")
    if fact.kind == "position" and (place := _place(fact.id)) is not None and place < len(work):
        return _stopped(f"I {'work' if work[place].end is None else 'worked'} as {_lowered(text)}")
    return text


def _done(text: str) -> str:
    first, _, rest = text.partition(" ")
    word = first.lower()
    if not rest or not first.isalpha():
        return text
    if word in _PRESENT:
        return f"I {_PRESENT[word]} {rest}"
    past = word in _PAST or (word.endswith("ed") and not word.endswith("eed") and word not in _NOT_DONE)
    return f"I {word} {rest}" if past else text


def _place(ident: str) -> int | None:
    """The place of a position in the record, from the id of its fact."""
    _, _, number = ident.partition("work.")
    return int(number) if number.isdigit() else None


def _lowered(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text if is_mixed(first) else text[:1].lower() + text[1:]


def _stopped(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
