"""A member's record as facts, one a line, in words that `record` reads back and people can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from nutgraf.errors import InputError
from nutgraf.text.sentences import split
from nutgraf.trust.member.lexicon import COUNTRIES
from nutgraf.trust.member.months import length, month_of, spoken_month

LINES_AT_MOST = 400
_CHARS_AT_MOST = 600
_PLACES = ("city", "region", "country", "countryCode")
_IGNORED = frozenset(
    "id $schema meta image picture photo email phone url website profiles references name key onetCode locale "
    "consent connections address postalCode fluency kind group source plan".split()
)


class KindOfFact(Protocol):
    """A fact of a snapshot: its `kind`, such as "position" or "skill", its `id` and its `text`."""

    @property
    def id(self) -> str:
        """What citations point to."""
        ...

    @property
    def kind(self) -> str:
        """What kind of fact."""
        ...

    @property
    def text(self) -> str:
        """The fact itself."""
        ...


def facts_of(profile: Mapping[str, Any], today: date | None = None) -> tuple[str, ...]:
    """A record in JSON Resume form, or one much like it, as lines: positions, studies, skills, what follows.

    Also takes {"facts": [lines]}, {"resume": {...}} and unknown fields, which become lines of their own. Contact
    details are left out. Raises InputError when `profile` is no mapping.
    """
    if not isinstance(profile, Mapping):
        raise InputError(
            f"member: is {type(profile).__name__}, not an object; give a JSON Resume object or {{facts: []}}"
        )
    inner = profile.get("resume")
    if isinstance(inner, Mapping):
        profile = inner
    now = today or date.today()  # noqa: DTZ011 - months of service need no time zone
    lines = [_plain(text) for text in _lines(profile, now)]
    return tuple(dict.fromkeys(line for line in lines if line))[:LINES_AT_MOST]


def lines_of(facts: Iterable[KindOfFact]) -> tuple[str, ...]:
    """The facts of a snapshot as lines in the same words, in their order."""
    framed = {
        "skill": "Knows {}.", "guessed-skill": "May know {}.", "language": "Speaks {}.",
        "interest": "Is interested in {}.",
        "certificate": "Holds the certificate {}.", "goal": "Wants: {}.", "headline": "Headline: {}.",
    }  # fmt: skip
    lines = []
    for fact in facts:
        text = _plain(fact.text).rstrip(".")
        if fact.kind == "position":
            text = f"Held the position {text}."
        elif fact.kind == "education":
            text = f"Studied: {text}."
        else:
            text = framed.get(fact.kind, "{}.").format(text)
        lines.append(text)
    return tuple(lines)


def _plain(text: str) -> str:
    return " ".join(str(text).split())[:_CHARS_AT_MOST]


def _some(found: Any, *names: str) -> str:
    """The first of some fields that is filled, as text; a value that is no object stands for itself."""
    if not isinstance(found, Mapping):
        return _plain(str(found)) if isinstance(found, (str, int, float)) else ""
    for name in names:
        value = found.get(name)
        if isinstance(value, Mapping):
            value = value.get("name") or value.get("title")
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            return _plain(str(value))
    return ""


def _each(profile: Mapping[str, Any], *names: str) -> Iterator[Any]:
    for name in names:
        value = profile.get(name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            yield from value
        elif isinstance(value, (str, Mapping)) and value:
            yield value


def _lines(profile: Mapping[str, Any], now: date) -> Iterator[str]:
    yield from (_plain(str(line)) for line in _each(profile, "facts"))
    basics = profile.get("basics")
    basics = basics if isinstance(basics, Mapping) else profile
    if label := _some(basics, "label", "headline", "title"):
        yield f"Headline: {label}."
    yield from _place(basics)
    work = [one for one in _each(profile, "work", "positions", "experience", "jobs") if isinstance(one, Mapping)]
    yield from _work(work)
    yield from _derived(work, now)
    yield from _education(profile)
    yield from _skills(profile)
    yield from _rest(profile)
    summary = _some(basics, "summary", "about", "bio")
    yield from (f"Summary: {summary[start:end]}" for start, end in split(summary))
    known = set(
        "facts basics work positions experience jobs education studies skills languages certificates certifications "
        "interests goals volunteer awards publications projects summary about bio label headline title location place "
        "country city region countryCode".split()
    )
    for name, value in profile.items():
        if name not in known and name not in _IGNORED:
            yield from (f"{name}: {text}" for text in _values(value))


def _values(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, Mapping):
        if depth < 4:
            yield "; ".join(
                f"{k}: {v}" for k, inner in value.items() if k not in _IGNORED for v in _values(inner, depth + 1)
            )
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _values(inner, depth + 1)
    elif value is not None and value != "":
        yield _plain(str(value))


def _place(basics: Mapping[str, Any]) -> Iterator[str]:
    found = basics.get("location") or basics.get("place") or {k: basics[k] for k in _PLACES if k in basics}
    if isinstance(found, str):
        parts = [found]
    elif isinstance(found, Mapping):
        parts = [_some(found, name) for name in _PLACES]
    else:
        parts = []
    parts = [COUNTRIES[part].split("|")[0] if part in COUNTRIES else part for part in parts if part]
    if parts:
        yield f"Lives in {', '.join(dict.fromkeys(parts))}."


def _ends(one: Mapping[str, Any]) -> tuple[Any, Any]:
    start = one.get("startDate") or one.get("start") or one.get("from")
    end = one.get("endDate") or one.get("end") or one.get("to")
    gone = isinstance(end, str) and end.strip().lower() in ("present", "now", "current", "today")
    return start, None if gone else end


def _times(one: Mapping[str, Any]) -> str:
    start, end = map(spoken_month, _ends(one))
    if start and end:
        return f" from {start} to {end}"
    return f" since {start}" if start else f" until {end}" if end else ""


def _work(work: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in work:
        title, employer = _some(one, "position", "title", "role", "jobTitle"), _employer(one)
        if not title and not employer:
            continue
        verb = "Worked" if _ends(one)[1] else "Works"
        where = f" as {title}" * bool(title) + f" at {employer}" * bool(employer)
        place = _some(one, "location")
        yield f"{verb}{where}{_times(one)}{f' ({place})' if place else ''}."
        about = f"As {title or 'employee'}{f' at {employer}' if employer else ''}: "
        summary = _some(one, "summary")
        yield from (about + summary[start:end] for start, end in split(summary))
        yield from (about + _plain(str(each)) for each in _each(one, "highlights") if each)


def _employer(one: Mapping[str, Any]) -> str:
    return _some(one, "name", "organisation", "organization", "company", "employer", "companyName", "entity")


def _derived(work: Sequence[Mapping[str, Any]], now: date) -> Iterator[str]:
    """What follows from the dates: how long in all, with each employer, under each title, and how many."""
    today = now.year * 12 + now.month - 1
    spans: list[tuple[int, int, str, str]] = []
    for one in work:
        start, end = map(month_of, _ends(one))
        if start is not None:
            title, employer = _some(one, "position", "title", "role", "jobTitle"), _employer(one)
            spans.append((start, max(start, today if end is None else end + 1), title, employer))
    if spans:
        first = min(span[0] for span in spans)
        yield f"Has worked for {length(covered(spans))} in all, since {first // 12}."
    for place, word in ((3, "at"), (2, "as")):
        names = dict.fromkeys(str(span[place]) for span in spans if span[place])
        for name in names:
            took = covered([span for span in spans if span[place] == name])
            yield f"Has worked {word} {name} for {length(took)}."
    employers = {_employer(one).lower() for one in work} - {""}
    if work:
        yield f"Has held {len(work)} positions at {len(employers)} employers."


def covered(spans: Sequence[tuple[int, int, str, str]]) -> int:
    """The months that fall into at least one of some spans (first month, month after the last)."""
    total, until = 0, -1
    for start, end, *_ in sorted(spans):
        total += max(0, end - max(start, until))
        until = max(until, end)
    return total


def _education(profile: Mapping[str, Any]) -> Iterator[str]:
    for one in _each(profile, "education", "studies"):
        if not isinstance(one, Mapping):
            yield f"Studied: {one}."
            continue
        degree, area = _some(one, "studyType", "degree", "level"), _some(one, "area", "field", "major", "fieldOfStudy")
        school = _some(one, "institution", "school", "university", "name")
        what = " in ".join(part for part in (degree, area) if part)
        if what or school:
            yield f"Studied: {what or 'course'}{f' at {school}' if school else ''}{_times(one)}."
        yield from (f"Took the course {_plain(str(course))}." for course in _each(one, "courses"))


def _skills(profile: Mapping[str, Any]) -> Iterator[str]:
    for one in _each(profile, "skills"):
        if not isinstance(one, Mapping):
            yield f"Knows {one}."
            continue
        name, level = _some(one, "name", "skill"), _some(one, "level")
        words = [_plain(str(word)) for word in _each(one, "keywords")]
        if name:
            yield f"Knows {name}{f' ({level})' if level else ''}."
        yield from (f"Knows {word}{f' ({name})' if name else ''}." for word in words)


def _rest(profile: Mapping[str, Any]) -> Iterator[str]:
    for one in _each(profile, "languages"):
        text = _some(one, "language", "name")
        level = "" if not isinstance(one, Mapping) else _some(one, "fluency", "level")
        yield f"Speaks {text}{f' ({level})' if level else ''}."
    for one in _each(profile, "certificates", "certifications"):
        text = _some(one, "name", "title")
        whole = one if isinstance(one, Mapping) else {}
        issuer, when = _some(whole, "issuer"), spoken_month(whole.get("date"))
        yield f"Holds the certificate {text}{f' of {issuer}' if issuer else ''}{f', {when}' if when else ''}."
    for one in _each(profile, "interests"):
        words = [] if not isinstance(one, Mapping) else [_plain(str(word)) for word in _each(one, "keywords")]
        name = _some(one, "name")
        yield f"Is interested in {name}{': ' * bool(words)}{', '.join(words)}."
    yield from (f"Wants: {_plain(str(goal))}." for goal in _each(profile, "goals"))
    for one in _each(profile, "volunteer"):
        if isinstance(one, Mapping):
            title, where = (
                _some(one, "position", "role") or "volunteer",
                _some(one, "organization", "organisation", "name"),
            )
            yield f"Volunteered as {title}{f' at {where}' if where else ''}{_times(one)}."
            for text in (_some(one, "summary"), *(_plain(str(each)) for each in _each(one, "highlights"))):
                if text:
                    yield f"As volunteer{f' at {where}' if where else ''}: {text}"
    for name, frame in (("awards", "Won"), ("publications", "Published"), ("projects", "Did the project")):
        for one in _each(profile, name):
            if not isinstance(one, Mapping):
                yield f"{frame} {one}."
                continue
            when = spoken_month(one.get("date") or one.get("releaseDate") or one.get("startDate"))
            giver = _some(one, "awarder", "publisher", "entity")
            title = _some(one, "title", "name")
            yield f"{frame} {title}{f' of {giver}' if giver else ''}{f', {when}' if when else ''}."
            for text in (
                _some(one, "summary", "description"),
                *(_plain(str(each)) for each in _each(one, "highlights")),
            ):
                if text:
                    yield f"{_some(one, 'title', 'name')}: {text}"
