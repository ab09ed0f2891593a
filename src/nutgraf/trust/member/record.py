"""A member's record read back from its lines: positions with months, studies, skills, and words to compare with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from nutgraf.trust.member.facts import covered
from nutgraf.trust.member.lexicon import LANGUAGES, content, countries, degree_levels
from nutgraf.trust.member.months import month_of

_MONTH = r"(?:[A-Z][a-z]+ )?\d{4}"
_TIME = rf"(?:,? (?:(?:from|since) (?P<start>{_MONTH}))?(?: ?(?:to|until) (?P<end>{_MONTH}))?)?"
_WORK = re.compile(
    r"(?P<verb>Works|Worked|Held the position|Volunteered)(?: as)?(?: (?P<title>(?!at ).+?))??"
    r"(?: at (?P<employer>.+?))??"
    rf"{_TIME}(?: \((?P<place>[^()]*)\))?\.?"
)
_STUDY = re.compile(rf"Studied: (?P<what>.+?)(?: at (?P<school>.+?))??{_TIME}\.?")
_KNOWS = re.compile(r"(?:Knows|May know) (?P<what>.+?)\.?")
_SPEAKS = re.compile(r"Speaks (?P<what>[^.(]+)")
_HOLDS = re.compile(r"(?:Holds|Has) (?:the |a |an )?(?:certificate|certification|licence|license) (?P<what>.+?)\.?")
_LIVES = re.compile(r"Lives in (?P<what>.+?)\.?")
_STATED = re.compile(r"(\d+)\+? (?:years?|yrs?)")
#: How long ago an open position may have been written down, in months.
STALE = 18


@dataclass(frozen=True, slots=True)
class Job:
    """A position: its line, months `start`..`end` (exclusive; None while it lasts or where not known)."""

    line: int
    title: str
    employer: str
    start: int | None
    end: int | None
    open: bool
    volunteer: bool

    def span(self, today: int) -> tuple[int, int] | None:
        """Fewest and most months it has lasted by `today`, or None without dates."""
        if self.start is None or (self.end is None and not self.open):
            return None
        if self.end is not None:
            return self.end - self.start, self.end - self.start
        return max(1, today - STALE - self.start), max(1, today - self.start)


@dataclass(frozen=True, slots=True)
class Course:
    """A course of study: its line, what and where, its level (0 when not said) and its months."""

    line: int
    what: str
    school: str
    level: int
    start: int | None
    end: int | None


@dataclass(frozen=True, eq=False)
class Record:
    """What lines say of a member. `words` holds the folded words of every line, `numbers` what is written in digits."""

    lines: tuple[str, ...]
    today: int
    jobs: tuple[Job, ...] = ()
    studies: tuple[Course, ...] = ()
    skills: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    certificates: dict[str, int] = field(default_factory=dict)
    countries: dict[str, int] = field(default_factory=dict)
    words: tuple[frozenset[str], ...] = ()
    all_words: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    stated_years: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, lines: Sequence[str], today: date | None = None) -> Record:
        """The record that lines, as `facts` makes them, stand for; lines of other forms count by their words."""
        now = today or date.today()  # noqa: DTZ011 - months of service need no time zone
        jobs, studies = [], []
        skills: dict[str, int] = {}
        languages: dict[str, int] = {}
        certificates: dict[str, int] = {}
        places: dict[str, int] = {}
        stated = []
        for at, line in enumerate(lines):
            if (found := _WORK.fullmatch(line)) and (found["title"] or found["employer"]):
                jobs.append(_job(at, found))
                _into(places, countries(found["place"] or ""), at)
            elif found := _STUDY.fullmatch(line):
                studies.append(_course(at, found))
            elif found := _KNOWS.fullmatch(line):
                skills.setdefault(re.sub(r" \([^()]*\)$", "", found["what"]).lower(), at)
            elif found := _SPEAKS.match(line):
                _into(languages, LANGUAGES & set(re.findall(r"[a-z]+", found["what"].lower())), at)
            elif found := _HOLDS.fullmatch(line):
                certificates.setdefault(found["what"].lower(), at)
            elif found := _LIVES.fullmatch(line):
                _into(places, countries(found["what"]), at)
            elif not line.startswith("Has "):
                stated += [(int(years[1]), at) for years in _STATED.finditer(line)]
        words = tuple(frozenset(content(line)) for line in lines)
        return cls(
            tuple(lines), now.year * 12 + now.month - 1, tuple(jobs), tuple(studies), skills, languages, certificates,
            places, words, frozenset().union(*words), frozenset(re.findall(r"[^\W_]+", " ".join(lines).lower())),
            tuple(stated),
        )  # fmt: skip

    def total(self, jobs: Iterable[Job] | None = None) -> tuple[int, int] | None:
        """Fewest and most months that jobs (all paid ones by default) took together, or None when no date is known."""
        chosen = [job for job in (self.jobs if jobs is None else jobs) if jobs is not None or not job.volunteer]
        spans = []
        for late in (self.today - STALE, self.today):
            some = [
                (job.start, job.end if job.end is not None else max(late, job.start + 1), "", "")
                for job in chosen
                if job.start is not None and (job.end is not None or job.open)
            ]
            spans.append(covered(some))
        return (spans[0], spans[1]) if spans[1] else None


def _into(table: dict[str, int], keys: Iterable[str], at: int) -> None:
    for key in keys:
        table.setdefault(key, at)


def _job(at: int, found: re.Match[str]) -> Job:
    start, end = month_of(found["start"]), month_of(found["end"])
    if end is not None:
        whole_year = re.fullmatch(r"\d{4}", found["end"] or "") is not None
        end = max(end + 1, (start or 0) + 1) if not whole_year else max(end, (start or 0)) + (6 if start == end else 1)
    return Job(
        at, found["title"] or "", found["employer"] or "", start, end,
        found["verb"] == "Works", found["verb"] == "Volunteered",
    )  # fmt: skip


def _course(at: int, found: re.Match[str]) -> Course:
    levels = degree_levels(found["what"])
    return Course(
        at,
        found["what"],
        found["school"] or "",
        max(levels, default=0),
        month_of(found["start"]),
        month_of(found["end"]),
    )
