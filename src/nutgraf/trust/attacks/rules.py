"""Named patterns of orders to a model. A hit is a reason a person can read and a feature the trained model weighs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ABOUT = re.compile(
    r"\b(?:prompt[- ]injections?|jailbreak(?:s|ing)?|attack(?:s|ers?)?|course|article|lesson|module|workshop|"
    r"training|webinar|talk|paper|research\w*|explain\w*|what (?:is|are|does)|learn\w*|example|such as|"
    r"phrases? like|known as|called|detect\w*|prevent\w*|defen[cd]\w*|red[- ]team\w*|owasp|phishing|"
    r"awareness|guardrails?|report\w*|tested|tried|classic|vulnerab\w*|filters? out|blocks?|flag(?:s|ged)?)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«][^\"”»\n]{6,200}[\"”»]|‘[^’\n]{6,200}’|`[^`\n]{6,200}`|(?<!\w)'[^'\n]{8,200}'(?!\w)")


@dataclass(frozen=True, slots=True)
class Rule:
    """A named pattern: the label it speaks for, why in words, whether it decides without the model, the words of which
    a text must hold one (in small letters) before the pattern is worth trying, and whether the model weighs it.
    """

    name: str
    label: str
    because: str
    pattern: re.Pattern[str]
    alone: bool
    needs: tuple[str, ...]
    weighed: bool = True


def _read() -> dict[str, Rule]:
    table = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    return {
        name: Rule(
            name,
            row["label"],
            row["because"],
            re.compile("|".join(row["patterns"]), re.IGNORECASE),
            row["alone"],
            tuple(row["needs"]),
            row.get("weighed", True),
        )
        for name, row in table.items()
    }


RULES = _read()
_WEIGHED = tuple(name for name, rule in RULES.items() if rule.weighed)
FLAGS = (*_WEIGHED, "about", "all-in-quotes", "decoded", "hidden-marks")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired on characters `start`..`end`; `quoted` when they stand inside quotation marks."""

    rule: Rule
    start: int
    end: int
    quoted: bool = False


def hits(text: str) -> list[Hit]:
    """Every rule's first place in `text`, outside quotation marks when there is one, in the order of the file."""
    quotes: list[tuple[int, int]] | None = None
    found = []
    small = text.lower()
    for rule in RULES.values():
        if not any(word in small for word in rule.needs):
            continue
        best: Hit | None = None
        for match in rule.pattern.finditer(text):
            quotes = [m.span() for m in _QUOTED.finditer(text)] if quotes is None else quotes
            inside = any(a <= match.start() and match.end() <= b for a, b in quotes)
            best = best if best is not None and inside else Hit(rule, *match.span(), quoted=inside)
            if not inside:
                break
        if best is not None:
            found.append(best)
    return found


def about(text: str) -> bool:
    """Whether the text has words of somebody who speaks about attacks: a course, an article, a report."""
    return _ABOUT.search(text) is not None


def flags(text: str, found: Sequence[Hit], *, decoded: bool = False, marks: bool = False) -> list[float]:
    """The 0/1 vector in the order of FLAGS for a text and its hits."""
    found = [hit for hit in found if hit.rule.weighed]
    names = {hit.rule.name for hit in found}
    quoted = bool(found) and all(hit.quoted for hit in found)
    rest = [bool(found) and about(text), quoted, decoded, marks]
    return [float(name in names) for name in _WEIGHED] + [float(up) for up in rest]
