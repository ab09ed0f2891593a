"""Sensitive attributes never leave the member's record: a fact that states one is not taken into a snapshot.

Words of a trade ("mental health nurse", "church organist restorer") are not attributes of the person; what is
looked for is a statement about the member: an illness they have, a faith they hold, their age, origin, status.
"""

from __future__ import annotations

import re

_PATTERNS: dict[str, str] = {
    "health": r"\bI (?:have|had|live with|suffer(?:ed)? from|was diagnosed with|am recovering from)\b[^.]{0,40}\b(?:cancer|diabetes"
    r"|depression|anxiety|adhd|autism|epilepsy|hiv|asthma|ptsd|dyslexia|illness|disease|disorder|disability)\b"
    r"|\b(?:my|own) (?:illness|disability|diagnosis|pregnancy|medical condition|mental health)\b"
    r"|\bI am (?:disabled|autistic|pregnant|deaf|blind|bipolar)\b|\bas a (?:disabled|deaf|blind|neurodivergent|autistic)\b"
    r"|\bcancer survivor\b|\bin recovery\b|\bon (?:sick|medical|maternity|parental) leave\b",
    "religion": r"\bas an? (?:\w+ )?(?:christian|muslim|jew|jewish|hindu|buddhist|sikh|catholic|atheist|mormon)\b"
    r"|\bI am an? (?:\w+ )?(?:christian|muslim|jew|hindu|buddhist|sikh|catholic|atheist|mormon)\b"
    r"|\bI am (?:christian|muslim|jewish|hindu|buddhist|sikh|catholic)\b|\bmy (?:faith|religion)\b",
    "ethnicity": r"\b(?:as an?|I am an?|I am) (?:\w+ )?(?:black|white|asian|latin[oax]|hispanic|arab|roma|indigenous|native american"
    r"|african american)\b|\bmy (?:race|ethnicity|skin colou?r)\b|\bof (?:african|asian|arab|jewish|latin) (?:descent|origin)\b",
    "sexuality": r"\b(?:I am|as an?|openly) (?:\w+ )?(?:gay|lesbian|bisexual|queer|transgender|trans|non-binary|asexual)\b"
    r"|\bmy (?:sexuality|sexual orientation|gender identity|husband and I|wife and I)\b",
    "union": r"\b(?:union (?:member|steward|rep(?:resentative)?|organi[sz]er)|member of (?:the )?(?:\w+ ){0,3}(?:trade )?union)\b",
    "immigration": r"\b(?:h-?1b|green card|visa (?:status|holder|sponsorship)|asylum seeker|refugee status|undocumented"
    r"|work permit|immigration status|daca)\b",
    "age": r"\b(?:I am|aged?|at) \d{2}(?: years old)?(?=[,.;]|$)|\b\d{2}[- ]year[- ]old\b|\b(?:born|date of birth)\b[^.]{0,12}\d{4}",
}
_COMPILED = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PATTERNS.items()}


def sensitive(text: str) -> str | None:
    """The kind of sensitive attribute a text states of the person who wrote it, or None."""
    return next((name for name, pattern in _COMPILED.items() if pattern.search(text)), None)


def without_sensitive(text: str) -> str:
    """The text without the sentences that state a sensitive attribute."""
    if sensitive(text) is None:
        return text
    kept = [part for part in re.split(r"(?<=[.!?])\s+", text) if sensitive(part) is None]
    return " ".join(kept)
