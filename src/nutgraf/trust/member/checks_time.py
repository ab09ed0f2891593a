# ruff: noqa: E501
"""Years, dates and counts of a claim about the reader, held against the months and numbers of the record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nutgraf.text.numbers import Number, numbers
from nutgraf.trust.member.findings import Finding, Held
from nutgraf.trust.member.lexicon import LEADS, content, fold
from nutgraf.trust.member.months import month_of
from nutgraf.trust.member.record import Job

_UNIT = re.compile(
    r"(?:\+|\splus)?[\s-]+(?P<half>and a half\s+)?(?:full\s+|good\s+|long\s+|busy\s+)?(?P<unit>years?|yrs?|months?|decades?)\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\b(?P<n>an?|the better part of a|half a|a couple of) (?P<unit>decade|year|years|month|months)\b(?P<half> and a half)?",
    re.IGNORECASE,
)
_AND_MONTHS = re.compile(r"\s+and\s+(\w+)\s+months?\b", re.IGNORECASE)
_MORE = re.compile(
    r"(?:over|more than|at least|above|beyond|upwards of|well over|no (?:less|fewer) than)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"(?:nearly|almost|close to|just under|under|less than|fewer than|not quite|up to)\s+(?:the\s+)?$", re.IGNORECASE
)
_ABOUT = re.compile(r"(?:about|around|roughly|some|approximately|round about)\s+(?:the\s+)?$", re.IGNORECASE)
_YEAR = re.compile(
    r"(?<![\w.,$€£-])(?:(?P<month>[A-Z][a-z]{2,8})\.?\s+)?(?P<year>(?:19[5-9]|20[0-4])\d)(?![\w,]*\d|\w|%)"
)
_FROM = re.compile(
    r"(?:since|from|starting(?: in)?|started(?: out)?(?: there)?(?: in)?|began(?: there)?(?: in)?|joined(?: \S+){0,4} in|beginning in|as of)\s+(?:early |late |mid-?\s?)?$",
    re.IGNORECASE,
)
_BEGAN = re.compile(
    r"\b(?:started|start|began|joined|came to|hired|entered|took up)\b(?:(?!\b(?:until|left|to \d)\b)[^.;]){0,80}\bin\s*(?:early |late )?$",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"(?:until|till|to|through|left(?: \S+){0,8} in|ended in|up to|[-–—]|and)\s*(?:early |late |mid-?\s?)?$",
    re.IGNORECASE,
)
_STUDY = re.compile(
    r"\b(?:stud\w+|degree|graduat\w*|university|college|school|diploma|bachelor\w*|master\w*|ph\.?d|doctorate)\b",
    re.IGNORECASE,
)
_HELD = re.compile(
    r"\s+(?:\w+\s+){0,2}?(?P<noun>employers?|compan(?:y|ies)|organi[sz]ations?|firms?|positions?|jobs?|roles?|posts?|languages?|degrees?"
    r"|certificat\w+)\b",
    re.IGNORECASE,
)


_TEAMS = re.compile(r"\s+(?:\w+\s+)?(?:teams|groups|crews|squads)\b", re.IGNORECASE)


def check_time(held: Held) -> Iterator[Finding]:
    """Findings of the kinds duration, date and count."""
    taken: list[tuple[int, int]] = []
    yield from _durations(held, taken)
    yield from _dates(held, taken)
    for number in numbers(held.claim):
        if any(number.start < end and start < number.end for start, end in taken) or number.value in (1, 2.0e9):
            continue
        if isinstance(number.value, str) or _in_name(held, number):
            continue
        yield _count(held, number)


def _in_name(held: Held, number: Number) -> bool:
    """Whether digits are part of a word or of a name of the record, as in "C++17" or "Level 3"."""
    text = held.claim
    beside = text[number.start - 1 : number.start] + text[number.end : number.end + 1]
    word = re.search(r"(\w+)\s$", text[: number.start])
    whole = f"{word[1]} {number.written}".lower() if word else ""
    named_so = bool(word) and any(whole in line.lower() for line in held.record.lines)
    return number.digits and (named_so or any(char.isalpha() for char in beside))


def _durations(held: Held, taken: list[tuple[int, int]]) -> Iterator[Finding]:
    text = held.claim
    for number in numbers(text):
        unit = _UNIT.match(text, number.end)
        if unit is None or isinstance(number.value, str):
            continue
        months = (number.value + 0.5 * bool(unit["half"])) * _months(unit["unit"])
        end = unit.end()
        if unit["unit"].lower().startswith("y") and (more := _AND_MONTHS.match(text, end)):
            extra = numbers(more[1])
            months, end = (
                months + (float(extra[0].value) if extra and not isinstance(extra[0].value, str) else 0),
                more.end(),
            )
        plus = text[number.end : number.end + 5].strip().startswith(("+", "plus"))
        if not any(start <= number.start < stop for start, stop in taken):
            taken.append((number.start, end))
            yield _fits(held, months, number.start, end, plus=plus)
    for match in _BARE.finditer(text):
        if not any(start < match.end() and match.start() < stop for start, stop in taken):
            count = {"half a": 0.5, "a couple of": 2.0, "the better part of a": 0.8}.get(match["n"].lower(), 1.0)
            taken.append(match.span())
            months = (count + 0.5 * bool(match["half"])) * _months(match["unit"])
            yield _fits(held, months, *match.span(), plus=False)


def _months(unit: str) -> float:
    return {"y": 12.0, "m": 1.0, "d": 120.0}[unit[0].lower()]


def _fits(held: Held, months: float, start: int, end: int, *, plus: bool) -> Finding:
    before = held.claim[:start]
    spans = list(_spans(held))
    said = held.claim[start:end].strip()
    if not spans:
        return Finding("duration", 0.0, 0.5, start, end, f"{said!r}: the record gives no length of time")
    off = min(_off(months, low, high, before, plus=plus) for low, high, _ in spans)
    _, high, line = min(spans, key=lambda span: _off(months, span[0], span[1], before, plus=plus))
    if off <= 0:
        return Finding("duration", 1.0, 0.0, start, end, "", line)
    why = (
        f"{said!r}: the record gives {high / 12:.1f} years"
        if high >= 18
        else f"{said!r}: the record gives {high} months"
    )
    return Finding("duration", 0.0, min(1.0, 0.55 + off / 2), start, end, why, line)


def _spans(held: Held) -> Iterator[tuple[int, int, int]]:
    """Fewest and most months of what a length of time may mean here, with the line that says so."""
    record = held.record
    if held.scope:
        for job in held.scope:
            if span := job.span(record.today):
                yield *span, job.line
        for group in _groups(held.scope):
            if len(group) > 1 and (whole := record.total(group)):
                yield *whole, group[0].line
        return
    if _STUDY.search(held.claim):
        for study in record.studies:
            if study.start is not None and study.end is not None:
                yield study.end - study.start, study.end - study.start + 1, study.line
    if total := record.total():
        yield *total, next((at for at, line in enumerate(record.lines) if line.startswith("Has worked for")), 0)
    for years, line in record.stated_years:
        yield years * 12, years * 12, line
    # "five years in retail" may mean one position whose words are the claim's.
    wanted = set(held.said.words)
    for job in record.jobs:
        near = wanted & (record.words[job.line] | set(content(job.title)))
        if near and (span := job.span(record.today)):
            yield *span, job.line


def _groups(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    for name in ("employer", "title"):
        for value in dict.fromkeys(getattr(job, name) for job in jobs):
            yield [job for job in jobs if getattr(job, name) == value]


def _off(months: float, low: float, high: float, before: str, *, plus: bool) -> float:
    """How far a length lies outside what is true, as a share; 0 inside."""
    slack = 12.0 if months >= 12 else 1.5
    least, most = low - slack, high + (7.0 if months >= 12 else 1.5)
    if plus or _MORE.search(before):
        least, most = min(low * 0.6, low - 24), high + 0.5
    elif _LESS.search(before):
        least, most = low - 0.5, high + max(12.5, 0.15 * high)
    elif _ABOUT.search(before):
        least, most = low - max(12.5, 0.12 * low), high + max(12.5, 0.12 * high)
    if least < months <= most:
        return 0.0
    return max(least - months, months - most, 0.01) / max(high, 6.0)


def _dates(held: Held, taken: list[tuple[int, int]]) -> Iterator[Finding]:
    record, text = held.record, held.claim
    jobs = held.scope or record.jobs
    study = bool(_STUDY.search(text)) and not held.scope
    starts = [(job.start, job.line) for job in jobs if job.start is not None]
    ends = [(job.end - 1, job.line) for job in jobs if job.end is not None]
    inside = [(job.start, job.end or record.today, job.line) for job in jobs if job.start is not None]
    if study or not held.scope:
        courses = [course for course in record.studies if course.start is not None or course.end is not None]
        starts += [(course.start, course.line) for course in courses if course.start is not None]
        ends += [(course.end, course.line) for course in courses if course.end is not None]
        inside += [(c.start or c.end or 0, c.end or c.start or 0, c.line) for c in courses]
    for match in _YEAR.finditer(text):
        months = month_of(match.group()) if match["month"] else None
        place = match.span() if months is not None else match.span("year")
        year, before = int(match["year"]), text[: place[0]]
        taken.append(place)
        if _FROM.search(before) or _BEGAN.search(before):
            yield _dated(held, year, months, starts, place, "start")
        elif _UNTIL.search(before) and len(taken) > 1:
            yield _dated(held, year, months, ends, place, "end")
        else:
            true = [line for low, high, line in inside if low // 12 <= year <= high // 12]
            written = [at for at, line in enumerate(record.lines) if match["year"] in line] if not held.scope else []
            if true or written:
                yield Finding("date", 0.8, 0.0, *place, "", (true or written)[0])
            else:
                yield Finding("date", 0.0, 0.9, *place, f"{match['year']}: the record has nothing in that year")


def _dated(
    held: Held, year: int, months: int | None, known: Sequence[tuple[int, int]], place: tuple[int, int], which: str
) -> Finding:
    for when, line in known:
        if when // 12 == year and (months is None or when == months):
            return Finding("date", 1.0, 0.0, *place, "", line)
    said = held.claim[place[0] : place[1]]
    why = f"{said}: the record gives another {which}" if known else f"{said}: the record gives no {which}"
    return Finding("date", 0.0, 0.95 if known else 0.5, *place, why, known[0][1] if known else None)


def _count(held: Held, number: Number) -> Finding:
    """A number that is no length of time and no date: in the record, counted from it, or neither."""
    record, text = held.record, held.claim
    place = number.start, number.end
    if (noun := _HELD.match(text, number.end)) is not None and number.value == int(number.value):
        true = _counted(held, noun["noun"].lower())
        fits = number.value == true or (number.value < true and _MORE.search(text[: number.start]))
        if true:
            why = "" if fits else f"{text[number.start : noun.end()].strip()!r}: the record has {true}"
            return Finding("count", float(bool(fits)), 0.0 if fits else 0.95, *place, why)
    wanted = set(held.said.words)
    after = content(text[number.end : number.end + 60])[:1]
    best, best_share, noun_there = None, -1.0, False
    for at, line in enumerate(record.lines):
        if line.startswith("Has "):
            continue
        if any(
            other.value == number.value and (other.unit == number.unit or not number.unit) for other in numbers(line)
        ):
            near = len(wanted & record.words[at]) / max(len(wanted), 1)
            if near > best_share:
                best, best_share, noun_there = at, near, bool(set(after) & record.words[at])
    if best is not None:
        sure = best_share >= 0.4 or noun_there
        return Finding("count", 0.9 if sure else 0.3, 0.0 if sure else 0.5, *place, "", best)
    if LEADS.search(text) and _TEAMS.match(text, number.end):
        led = [
            at
            for at, line in enumerate(record.lines)
            if LEADS.search(line.split(": ", 1)[-1]) and fold("team") in record.words[at]
        ]
        right = len(led) == number.value
        why = "" if right else f"{number.written!r}: the record has {len(led)} such lines"
        return Finding("count", float(right), 0.95 * (not right), *place, why, led[0] if led else None)
    return Finding("count", 0.0, 0.9, *place, f"{number.written!r}: the record does not say so")


def _counted(held: Held, noun: str) -> int:
    record = held.record
    if noun.startswith(("employ", "comp", "organ", "firm")):
        return len({job.employer.lower() for job in record.jobs if job.employer and not job.volunteer})
    if noun.startswith(("position", "job", "role", "post")):
        return len([job for job in record.jobs if not job.volunteer])
    if noun.startswith("lang"):
        return len(record.languages)
    return (
        len([study for study in record.studies if study.level > 1])
        if noun.startswith("deg")
        else len(record.certificates)
    )
