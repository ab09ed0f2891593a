# ruff: noqa: E501
"""Degrees, skills, languages, places, certificates, denials and presumptions in a claim about the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nutgraf.text.facts import is_mixed
from nutgraf.trust.member.findings import Finding, Held, covered_by
from nutgraf.trust.member.lexicon import (
    LANGUAGES,
    NEGATED,
    OPPOSITES,
    PRESUMES,
    content,
    content_spans,
    countries,
    degree_levels,
    fold,
)

_LEVELS = (
    "no degree",
    "a high-school diploma",
    "an associate degree",
    "a bachelor's degree",
    "a master's degree",
    "a doctorate",
)
_DEGREE = re.compile(
    r"\b(?:degree|graduat(?:e|ed|ion)|university|diploma|stud(?:y|ied|ies|ying)|major(?:ed)?|bachelor\w*(?:['’]s)?|master['’]s|master of|ph\.?d|doctorate"
    r"|m\.?sc|b\.?sc|mba|high[- ]school|academic|alma mater|educat(?:ed|ion)|associate(?:['’]s)? degree)\b",
    re.IGNORECASE,
)
_AREA = re.compile(
    r"\b(?:degree|diploma|bachelor\w*(?:['’]s)?|master['’]s|ph\.?d\.?|doctorate|graduated?|stud(?:y|ied|ies)|majored|background|education|course|m\.?sc\.?|b\.?sc\.?)"
    r"(?: degree| diploma)?(?:,| was| is)? (?:in |of |with a degree in |with )?(?:the field of )?(?P<area>[A-Za-z][\w&,'’ /-]{2,60}?)"
    r"(?= at\b| from\b| with\b| gives?\b| behind\b| is\b| was\b| to\b| and (?:you|a|your|have)\b|\.|,? (?:which|so)\b|;|\s*$|\s{2,})",
    re.IGNORECASE,
)
_SKILL = re.compile(
    r"\b(?:know(?:s|n)?(?: your way around)?(?! how| that| what| this| why)|us(?:e|ed|ing)|skilled (?:in|at|with)|proficient (?:in|with)|(?:hands-on |practical |working )?experience (?:with|in|of|using)"
    r"|expert(?:ise)? (?:in|with|at)|knowledge of|background in|skills? (?:in|with|include|such as|like|are)|familiar with|work(?:ed)? with|versed in"
    r"|trained (?:in|on)|command of|(?:strong|good|fluent|comfortable|confident|at home) (?:in|at|with)|specialis\w+ in|specializ\w+ in|certified (?:in|as)"
    r"|(?:mastered|list(?:ed|s)?|name[sd]?|mention(?:ed|s)?|bring|brings|have|grasp of|programme? in|code in|grounding in|include))\s+"
    r"(?P<what>[A-Za-z#.+][\w&,'’+#. /-]{1,90}?)(?= (?:at|from|since|for|as|that|which|on your|in your|among|to your|is|are)\b|\.(?:\s|$)|;|\s*$|\s{2,}|,? so\b)",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(rf"\b({'|'.join(sorted(LANGUAGES))})\b", re.IGNORECASE)
_TONGUE = re.compile(
    r"\b(?:speak\w*|spoke|fluen\w+|languages?|bilingual|native|tongue|conversational|in writing|command of)\b",
    re.IGNORECASE,
)
_LIVES = re.compile(
    r"\b(?:live|living|based|located|resident|reside|home|citizen|here in|from|country|move to|moved to|settled|work in|working in|working from)\b",
    re.IGNORECASE,
)
_CERTIFIED = re.compile(
    r"\b(?:certifi(?:ed|cate|cates|cation|cations)|licen[cs]ed?|accredit\w+|chartered)\b", re.IGNORECASE
)
_LEAD_IN = re.compile(
    r"^(?:both |such as |like |including |a |an |the |your |some |deep |solid |of |in |with |skills? (?:in|with|of) )+",
    re.IGNORECASE,
)
_ITEMS = re.compile(r",\s*(?:and\s+|or\s+)?|\s+(?:and|or|as well as|plus)\s+", re.IGNORECASE)


def check_kind(held: Held) -> Iterator[Finding]:
    """Findings of the kinds degree, area, skill, language, place, certificate, denial, presumption, name, words."""
    yield from _presumed(held)
    yield from _degree(held)
    yield from _skills(held)
    yield from _tongues_and_places(held)
    if (match := _CERTIFIED.search(held.claim)) and not held.record.certificates:
        cover = covered_by(held.claim, held.record)[0]
        yield Finding(
            "certificate", 0.0, 0.8 - 0.4 * (cover > 0.9), *match.span(), f"{match[0]!r}: the record has no certificate"
        )
    elif match:
        rest = [word for word in held.said.words if not fold(word).startswith("certif")]
        best = max((_part(rest, held.record.words[at]) for at in held.record.certificates.values()), default=0.0)
        yield Finding("certificate", best, 1 - best, *match.span(), f"{match[0]!r}: not this one in the record")
    if match := NEGATED.search(held.claim):
        cover = held.best[1]
        line = held.best[0] if held.best[0] >= 0 else None
        yield Finding(
            "denial", 0.0, 0.55 + 0.4 * cover, *match.span(), f"{match[0]!r}: the record does not deny it", line
        )
    yield from _names(held)
    yield from _opposite(held)


def _part(words: list[str], known: frozenset[str]) -> float:
    return sum(word in known for word in words) / len(words) if words else 0.5


def _presumed(held: Held) -> Iterator[Finding]:
    for kind, pattern in PRESUMES.items():
        if match := pattern.search(held.said.sentence):
            yield Finding("presumption", 0.0, 0.97, *match.span(), f"presumes the reader's {kind}: {match[0]!r}")


def _degree(held: Held) -> Iterator[Finding]:
    match = _DEGREE.search(held.claim)
    if match is None:
        return
    studies = held.record.studies
    claimed = degree_levels(held.claim)
    graduate = re.search(r"\b(?:degree|graduat\w+|university)\b", held.claim, re.IGNORECASE)
    if graduate and not claimed and studies and max(study.level for study in studies) == 1:
        yield Finding("degree", 0.0, 0.8, *match.span(), "the record has a high-school diploma", studies[0].line)
    for level in claimed:
        true = [study for study in studies if study.level == level]
        if true:
            yield Finding("degree", 1.0, 0.0, *match.span(), "", true[0].line)
        else:
            best = max(studies, key=lambda study: study.level, default=None)
            why = f"{_LEVELS[level]}: the record has {_LEVELS[best.level] if best else 'none'}"
            yield Finding(
                "degree", 0.0, 0.95 if best and best.level else 0.5, *match.span(), why, best.line if best else None
            )
    if area := _AREA.search(held.claim):
        words = [word for word in content(area["area"]) if not degree_levels(word)]
        if words:
            best_line, cover = None, 0.0
            for study in studies:
                part = _part(words, frozenset(content(f"{study.what} {study.school}")))
                if part > cover:
                    best_line, cover = study.line, part
            elsewhere = covered_by(area["area"], held.record)[0]
            why = f"{area['area']!r}: not what the record says of studies"
            yield Finding("area", cover, (1 - cover) * (1 - 0.3 * elsewhere), *area.span("area"), why, best_line)


def _skills(held: Held) -> Iterator[Finding]:
    for match in _SKILL.finditer(held.claim):
        for item in _ITEMS.split(match["what"]):
            bare = _LEAD_IN.sub("", item.strip(" ,."))
            words = content(bare)
            if not words or bare.split()[0].lower() in (
                "been",
                "worked",
                "held",
                "led",
                "a",
                "you",
                "your",
                "never",
                "not",
            ):
                continue
            start = held.claim.find(bare, match.start("what"))
            cover, line = covered_by(bare, held.record)
            exact = held.record.skills.get(bare.lower())
            pro = 1.0 if exact is not None else cover
            yield Finding(
                "skill",
                pro,
                1 - pro,
                start,
                start + len(bare),
                f"{bare!r}: not in the record",
                exact if exact is not None else line,
            )


def _tongues_and_places(held: Held) -> Iterator[Finding]:
    record = held.record
    spoken = {match[1].lower(): match for match in _LANGUAGE.finditer(held.claim)}
    for tongue, match in spoken.items():
        if tongue in record.languages:
            yield Finding("language", 1.0, 0.0, *match.span(), "", record.languages[tongue])
        elif _TONGUE.search(held.claim):
            why = f"{match[0]!r}: not among the languages of the record"
            yield Finding("language", 0.0, 0.95 if tongue not in record.written else 0.4, *match.span(), why)
    for code, match in countries(held.claim).items():
        if match[0].lower() in spoken and _TONGUE.search(held.claim):
            continue
        if code in record.countries:
            yield Finding("place", 1.0, 0.0, *match.span(), "", record.countries[code])
        elif not all(word in record.written for word in match[0].lower().split()):
            strong = 0.95 if _LIVES.search(held.claim) else 0.7
            yield Finding("place", 0.0, strong, *match.span(), f"{match[0]!r}: not in the record")


def _opposite(held: Held) -> Iterator[Finding]:
    """A word whose opposite stands in the line that fits best."""
    at, cover = held.best
    if at < 0 or cover < 0.5:
        return
    for word, start, end in content_spans(held.claim):
        others = OPPOSITES.get(fold(word), set()) & held.record.words[at]
        if others and fold(word) not in held.record.words[at]:
            yield Finding("opposite", 0.0, 0.9, start, end, f"{word!r}: the record says {min(others)!r}", at)


def _names(held: Held) -> Iterator[Finding]:
    """Words written like names that the record does not hold anywhere."""
    text = held.claim
    for low, start, end in content_spans(text):
        written = text[start:end]
        first = not text[:start].strip() or text[:start].rstrip()[-1:] in ".!?:"
        like_name = is_mixed(written) or (written[0].isupper() and not first)
        if like_name and low not in held.record.written and fold(low) not in held.record.all_words:
            yield Finding("name", 0.0, 0.8, start, end, f"{written!r}: not in the record")
