"""What the checks of a claim about the reader have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from nutgraf.trust.member.lexicon import content, fold
from nutgraf.trust.member.record import Job, Record
from nutgraf.trust.member.said import Said

_LEGAL = re.compile(r"[,.]?\s+(?:inc|ltd|llc|gmbh|co|corp|group|plc|limited|company|ag|sa|bv)\.?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a claim says, held against the record: `for_` and `against` it, 0..1, the place, and why in words."""

    kind: str
    pro: float = 0.0
    against: float = 0.0
    start: int = 0
    end: int = 0
    because: str = ""
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Held:
    """A claim beside a record, with the positions that it speaks of."""

    said: Said
    record: Record

    @property
    def claim(self) -> str:
        """What is claimed, at its place in the sentence."""
        return self.said.claim

    @cached_property
    def by_employer(self) -> tuple[tuple[Job, int, int], ...]:
        """Positions whose employer is named, with the place."""
        return tuple(
            (job, *place) for job in self.record.jobs if job.employer and (place := named(job.employer, self.claim))
        )

    @cached_property
    def by_title(self) -> tuple[tuple[Job, int, int], ...]:
        """Positions whose whole title is named, the longest ones only."""
        found = [
            (job, *place)
            for job in self.record.jobs
            if job.title and (place := named(job.title, self.claim, plural=True))
        ]
        return tuple(
            one
            for one in found
            if not any(
                other[1] <= one[1] and one[2] <= other[2] and other[2] - other[1] > one[2] - one[1] for other in found
            )
        )

    @cached_property
    def scope(self) -> tuple[Job, ...]:
        """The positions that are spoken of: those named by employer and title, else by one of them, else none."""
        employers = [job for job, *_ in self.by_employer]
        titles = [job for job, *_ in self.by_title]
        both = [job for job in employers if job in titles]
        return tuple(dict.fromkeys(both or employers or titles))

    @cached_property
    def best(self) -> tuple[int, float]:
        """The line that holds most of the claim's words, and the share it holds; (-1, 0.0) without words."""
        wanted = set(self.said.words)
        if not wanted or not self.record.words:
            return -1, 0.0
        shares = [len(wanted & words) / len(wanted) for words in self.record.words]
        at = max(range(len(shares)), key=lambda i: (shares[i], -len(self.record.words[i])))
        return (at, shares[at]) if shares[at] else (-1, 0.0)


def named(name: str, text: str, *, plural: bool = False) -> tuple[int, int] | None:
    """Where a name stands in a text, with or without its legal form, whatever its capitals."""
    for form in dict.fromkeys((name, _LEGAL.sub("", name))):
        if len(form) > 1 and (
            found := re.search(rf"(?<!\w){re.escape(form)}{'s?' * plural}(?!\w)", text, re.IGNORECASE)
        ):
            return found.span()
    return None


def share(words: Iterable[str], known: frozenset[str] | set[str]) -> float:
    """The share of folded words that are known; 0 without words."""
    some = list(words)
    return sum(word in known for word in some) / len(some) if some else 0.0


def covered_by(phrase: str, record: Record) -> tuple[float, int | None]:
    """The largest share of a phrase's words that one line holds, and that line."""
    wanted = set(content(phrase)) or {fold(word) for word in re.findall(r"[a-z]{2,}", phrase.lower())}
    best: tuple[float, int | None] = (0.0, None)
    for at, words in enumerate(record.words):
        part = len(wanted & words) / len(wanted) if wanted else 0.0
        if part > best[0]:
            best = (part, at)
    return best
