# ruff: noqa: E501
"""Titles, employers and the order of positions in a claim about the reader, held against the record."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nutgraf.trust.member.findings import Finding, Held, covered_by, named
from nutgraf.trust.member.lexicon import FRAME, LEADING_TITLE, LEADS, PARTS, content, fold, rank_of
from nutgraf.trust.member.record import Job

_STOP = r"(?= at\b| for\b| with\b| in\b| since\b| from\b| until\b| between\b| over\b| and you\b| who\b| where\b| before\b| after\b| when\b| to\b|['’]s|[,.;:!?]|\s*$|\s{2,}| -| –)"
_ARTICLE = r"(?:an?|the|your|one)\s+"
_TITLE = re.compile(
    rf"(?:\b(?:as|of being|being|became|become|called)\s+(?:{_ARTICLE})?"
    rf"|\b(?:you (?:are|were|have been|had been)|you['’](?:re|ve been))\s+(?:now |currently |also |still |today |already |once |previously |formerly )?{_ARTICLE}"
    r"|\byou (?:were|are|have been) (?=\w+(?: \w+){0,3} (?:at|for) [A-Z])(?!a |an |the |at |with )"
    r"|\b(?:title|role|job|position|post) (?:is|was|of|as)\s+(?:that of )?(?:an? |the )?"
    r"|\b(?:promoted to|appointed|hired as|started out as|work(?:ed)? your way up to|rose to)\s+(?:an? |the )?"
    rf"|\byour (?:current|present|previous|last|former|first) (?:job|role|position|title)(?: is| was|,| as)\s+(?:{_ARTICLE})?)"
    rf"(?P<title>[\w/&'’().-]+(?:[ ,](?!(?:at|for|with|in|since|from|until|between|over|and you|who|where|before|after|when|to) )[\w/&'’().-]+){{0,7}}?){_STOP}",
    re.IGNORECASE,
)
_NAME = r"(?:[A-Z0-9][\w&.'’-]*)(?:\s+(?:[A-Z0-9&][\w&.'’-]*|of|and|the|for)(?=\s+[A-Z0-9&]|(?<=[\w.])))*"
_EMPLOYER = re.compile(
    r"\b(?P<how>(?:work(?:ed|ing|s)?|career|job|time|years?|months?|stint|role|joined|left|position|employed|employer,?|company,?"
    r"|from|to|moved|before|after|at|with)\s+(?:at|with|for|by|from|to|is|was)?)\s*(?P<name>(?:[A-Z][\w&.'’-]*)(?:\s+(?:[A-Z&][\w&.'’-]*))*)"
)
_NOW = re.compile(
    r"\b(?:currently|at present|at the moment|your current|your present|you now|you are now|you['’]re now|you still|these days|right now|today)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:used to|former(?:ly)?|previous(?:ly)?|no longer|your last|once worked|in the past|earlier in|left|your old)\b",
    re.IGNORECASE,
)
_WORKS = re.compile(
    r"\byou (?:are (?:an?|the)|work|serve|hold)\b|\byou['’]re (?:an?|the)\b|\bemploys you\b|\byour (?:job|role|position|work) (?:at|with)\b.{2,60}? is\b",
    re.IGNORECASE,
)
_WORKED = re.compile(r"\byou (?:were|worked|served|held)\b", re.IGNORECASE)
_FIRST = re.compile(
    r"\b(?:first (?:job|role|position|employer)|(?:began|started) (?:out |your career |your working life )*(?:as|at|in))\b",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\bfrom (?P<a>.{3,60}?) (?:on )?to (?P<b>.{3,60})|(?P<c>.{3,80}?) (?:before|and then|, then|then) (?P<d>.{3,80})",
    re.IGNORECASE,
)
_CAME = re.compile(
    r"\b(?:came|come|moved|switched|changed|went) to (?P<b>.{3,60}?) (?:from|after) (?P<a>.{3,60})", re.IGNORECASE
)
_LEFT = re.compile(
    r"\bleft (?P<a>.{3,60}?) (?:for|to join) (?P<b>.{3,60})|^\W*(?:\w+ ){0,6}?after (?P<c>.{3,60}?), (?P<d>.{3,80})",
    re.IGNORECASE,
)
_OPENING_CHARS = 40
_AFTER = re.compile(r"(?P<b>.{3,80}?) after (?P<a>.{3,80})", re.IGNORECASE)
#: After "as", no title but a measure, a place or a manner.
_NO_TITLE = re.compile(
    r"^(?:well|long|much|many|far|soon|part|such|noted|stated|listed|your|you|possible|one|usual|before|evidence)\b",
    re.IGNORECASE,
)


def check_work(held: Held) -> Iterator[Finding]:
    """Findings of the kinds title, rank, employer, pairing, tense, now, order."""
    yield from _titles(held)
    yield from _employers(held)
    yield from _when(held)
    yield from _order(held)
    yield from _lead(held)


def _titles(held: Held) -> Iterator[Finding]:
    jobs = held.record.jobs
    for job, start, end in held.by_title:
        if not _covered_longer(held, start, end):
            yield Finding("title", 1.0, 0.0, start, end, "", job.line)
    for match in _TITLE.finditer(held.claim):
        title, place = match["title"].strip(), match.span("title")
        words = set(content(title)) - {fold("member")}
        if (
            not words
            or _NO_TITLE.match(title)
            or any(start <= place[0] and place[1] <= end + 1 for _, start, end in held.by_title)
        ):
            continue
        scope = [job for job, *_ in held.by_employer] or list(jobs)
        best = max(scope, key=lambda job: _alike(words, job.title), default=None)
        alike = _alike(words, best.title) if best else 0.0
        if best is not None and alike >= 0.5 and rank_of(title) != rank_of(best.title):
            why = f"{title!r}: the record says {best.title!r}"
            yield Finding("rank", 0.0, 0.9 if rank_of(title) - rank_of(best.title) else 0.5, *place, why, best.line)
        elif best is not None and alike >= 0.5:
            missing = 1 - len(words & set(content(best.title))) / len(words)
            yield Finding("title", alike, missing, *place, f"{title!r}: the record says {best.title!r}", best.line)
        else:
            cover, line = covered_by(title, held.record)
            known = f"the record says {best.title!r}" if best and held.by_employer else "no such title in the record"
            against = 0.95 - 0.6 * cover if cover < 1 else 0.2
            yield Finding(
                "title", 0.5 * (cover >= 1), against, *place, f"{title!r}: {known}", best.line if best else line
            )


def _covered_longer(held: Held, start: int, end: int) -> bool:
    """Whether a longer title than the one found stands there, such as "Senior Engineer" around "Engineer"."""
    before = re.search(r"([A-Za-z-]+)\s$", held.claim[:start])
    return bool(before and rank_of(before[1]))


def _alike(words: set[str], title: str) -> float:
    known = set(content(title))
    return 2 * len(words & known) / (len(words) + len(known)) if words and known else 0.0


def _employers(held: Held) -> Iterator[Finding]:
    record = held.record
    for job, start, end in held.by_employer:
        yield Finding("employer", 1.0, 0.0, start, end, "", job.line)
    known = {fold(word) for name in _names_of(held) for word in re.findall(r"[\w]+", name.lower())}
    for match in _EMPLOYER.finditer(held.claim):
        name, place = match["name"], match.span("name")
        if any(start <= place[0] < end or place[0] <= start < place[1] for _, start, end in held.by_employer):
            continue
        words = [fold(word) for word in re.findall(r"\w+", name.lower())]
        missing = [word for word in words if word not in known and word not in FRAME]
        if not missing or name.split()[0].lower() in (
            "you",
            "your",
            "i",
            "the",
            "january",
            "february",
            "march",
            "april",
        ):
            continue
        elsewhere = all(word in record.written or word in record.all_words for word in words)
        if not elsewhere:
            strong = re.search(r"\b(?:at|for|with|by|joined|left)\s*$", held.claim[: place[0]]) is not None
            yield Finding("employer", 0.0, 0.95 if strong else 0.6, *place, f"{name!r}: not in the record")
    titled = {job for job, *_ in held.by_title}
    placed = {job for job, *_ in held.by_employer}
    if titled and placed and not titled & placed and not _two(held):
        one, start, end = held.by_title[0]
        why = f"{held.claim[start:end]!r}: the record has this title at {one.employer!r}"
        yield Finding("pairing", 0.0, 0.9, start, end, why, one.line)
    elif titled & placed:
        yield Finding("pairing", 1.0, 0.0, line=next(iter(titled & placed)).line)


def _two(held: Held) -> bool:
    """Whether a claim may speak of two positions, so that a title need not belong to an employer named with it."""
    return bool(re.search(r"\b(?:before|after|then|and later|moved|from|previously)\b", held.claim, re.IGNORECASE))


def _names_of(held: Held) -> Iterator[str]:
    for job in held.record.jobs:
        yield from (job.employer, job.title)
    yield from (study.school for study in held.record.studies)
    yield from held.record.certificates
    yield from held.record.skills


def _when(held: Held) -> Iterator[Finding]:
    """Whether what is said to last lasts, and what is said to be over is over."""
    scope = held.scope
    if not scope:
        return
    is_open = any(job.open for job in scope)
    ended = any(not job.open for job in scope)
    for pattern, kind, right, strength in (
        (_NOW, "now", is_open, 0.95),
        (_PAST, "now", ended, 0.9),
        (_WORKS, "tense", is_open, 0.7),
        (_WORKED, "tense", ended, 0.3),
    ):
        match = pattern.search(held.claim)
        if match and not (kind == "now" and _two(held) and not right):
            still = "is over" if pattern in (_NOW, _WORKS) else "still lasts"
            why = "" if right else f"{match[0]!r}: the position {still}"
            yield Finding(kind, float(right), 0.0 if right else strength, *match.span(), why, scope[0].line)
    dated = [job for job in held.record.jobs if job.start is not None and not job.volunteer]
    if (match := _FIRST.search(held.claim)) and len(dated) > 1:
        earliest = min(dated, key=lambda job: job.start or 0)
        right = earliest in scope
        why = "" if right else f"{match[0]!r}: the record begins with {earliest.title!r} at {earliest.employer!r}"
        yield Finding("order", float(right), 0.0 if right else 0.9, *match.span(), why, earliest.line)


def _order(held: Held) -> Iterator[Finding]:
    """From one position to another: in the order of the record or the other way round."""
    for pattern in (_LEFT, _CAME, _MOVED, _AFTER):
        for match in pattern.finditer(held.claim):
            groups = match.groupdict()
            one, two = groups.get("a") or groups.get("c"), groups.get("b") or groups.get("d")
            if not one or not two:
                continue
            first, second = _jobs_in(held, one), _jobs_in(held, two)
            if first is None or second is None or first is second or first.start is None or second.start is None:
                continue
            right = first.start <= second.start
            why = "" if right else f"{match.group().strip()[:80]!r}: the record has it the other way round"
            yield Finding("order", float(right), 0.0 if right else 0.9, *match.span(), why, second.line)
            return


def _jobs_in(held: Held, text: str) -> Job | None:
    for name in ("employer", "title"):
        for job in held.record.jobs:
            if getattr(job, name) and named(getattr(job, name), text):
                return job
    return None


def _lead(held: Held) -> Iterator[Finding]:
    """Whether somebody led what the record says they led, or only took part."""
    claimed = LEADS.search(held.claim)
    if claimed is None:
        return
    at, cover = held.best
    title_leads = any(LEADING_TITLE.search(job.title) for job in held.record.jobs)
    if at < 0:
        yield Finding(
            "lead", 0.0, 0.4 if title_leads else 0.8, *claimed.span(), f"{claimed[0]!r}: nothing of it in the record"
        )
        return
    line = held.record.lines[at]
    body = line.split(": ", 1)[-1]
    if LEADS.search(body):
        yield Finding("lead", cover, 0.0, *claimed.span(), "", at)
    elif part := PARTS.search(body[:_OPENING_CHARS]):
        yield Finding("lead", 0.0, 0.9, *claimed.span(), f"{claimed[0]!r}: the record says {part[0]!r}", at)
    else:
        yield Finding(
            "lead",
            0.3 * title_leads,
            0.3 if title_leads else 0.6,
            *claimed.span(),
            f"{claimed[0]!r}: the record does not say so",
            at,
        )
