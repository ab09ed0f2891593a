"""Rules of tone: words that show a fault, with the place and the reason; they name what the models only weigh."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'"})
_WORDS = re.compile(r"[a-z][a-z'-]*")
_QUOTED = re.compile(r"[“„\"«]([^”\"»]{2,80})[”\"»]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the label it speaks for, what it looks for in lower-case text, where it is silent, and why."""

    name: str
    label: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    because: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired at `start`..`end`, in characters of the text; `quoted` when the words stand in quotation."""

    rule: Rule
    start: int
    end: int
    quoted: bool


def _read() -> tuple[tuple[Rule, ...], dict[str, tuple[int, ...]]]:
    rows = tomllib.loads((Path(__file__).parent / "rules.toml").read_text(encoding="utf-8"))["rule"]
    rules: list[Rule] = []
    words: dict[str, tuple[int, ...]] = {}
    for number, row in enumerate(rows):
        unless = re.compile(row["unless"]) if "unless" in row else None
        rules.append(Rule(row["name"], row["label"], re.compile(row["pattern"]), unless, row["because"]))
        for word in row["words"]:
            words[word] = (*words.get(word, ()), number)
    return tuple(rules), words


RULES, _BY_WORD = _read()
FLAGS = tuple(rule.name for rule in RULES)


def hits(text: str) -> list[Hit]:
    """The rules that fire on `text`, in the order of the file; each once, at its first place."""
    plain = text.lower().translate(_QUOTES)
    if len(plain) != len(text):
        plain = "".join(c.lower() if len(c.lower()) == 1 else c for c in text).translate(_QUOTES)
    wanted = {number for word in set(_WORDS.findall(plain)) for number in _BY_WORD.get(word, ())}
    found = []
    for number in sorted(wanted):
        rule = RULES[number]
        match = rule.pattern.search(plain)
        if match and not (rule.unless and rule.unless.search(plain)):
            start = match.start() + len(match.group()) - len(match.group().lstrip(" ,!?"))
            quoted = any(q.start() < match.end() and match.start() < q.end() for q in _QUOTED.finditer(text))
            found.append(Hit(rule, start, match.end(), quoted))
    return found


def flags(found: Sequence[Hit]) -> list[float]:
    """One number a rule: 1 where it fired outside quotation, else 0."""
    up = {hit.rule.name for hit in found if not hit.quoted}
    return [float(name in up) for name in FLAGS]
