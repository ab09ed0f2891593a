"""Attacks as data: categories with their place in the OWASP top ten, attacks, and harmless texts."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from nutgraf.errors import InputError

Deed = Literal["say", "send", "members", "prompt", "sensitive", "act", "endless"]
Severity = Literal["info", "low", "medium", "high", "critical"]
#: Where an attack can be planted.
Surface = Literal[
    "question", "item", "title", "details", "profile", "skill", "record", "memory", "conversation", "starter"
]

DEEDS: tuple[Deed, ...] = get_args(Deed)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
SURFACES: tuple[Surface, ...] = get_args(Surface)
#: The OWASP top ten for applications of large language models, in its edition of 2025.
OWASP: Mapping[str, str] = {
    "LLM01": "Prompt Injection", "LLM02": "Sensitive Information Disclosure", "LLM03": "Supply Chain",
    "LLM04": "Data and Model Poisoning", "LLM05": "Improper Output Handling", "LLM06": "Excessive Agency",
    "LLM07": "System Prompt Leakage", "LLM08": "Vector and Embedding Weaknesses", "LLM09": "Misinformation",
    "LLM10": "Unbounded Consumption",
}  # fmt: skip
HOST = "collect.attacker.example"
HERE = Path(__file__).parent
FILE_AT_MOST_BYTES = 2_000_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class Category:
    """What is attacked: its title, its place in the OWASP list, and the weight of a finding."""

    name: str
    title: str
    owasp: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `goal` is what a reader should see, `deed` what counts as success; `turns` are said one by one."""

    id: str
    category: str
    text: str
    goal: str
    deed: Deed = "say"
    surfaces: tuple[Surface, ...] = SURFACES
    turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Benign:
    """A harmless text that looks dangerous, and why; it must pass."""

    id: str
    text: str
    why: str


def categories() -> dict[str, Category]:
    """Every category by its name, in the order of the list."""
    table = tomllib.loads((HERE / "categories.toml").read_text("utf-8"))
    return {name: Category(name, **row) for name, row in table.items()}


def attacks(path: Path | None = None) -> tuple[Attack, ...]:
    """The attacks of a TOML file, by default those that come with Nutgraf.

    Raises InputError naming the attack and the field that is wrong.
    """
    file = path or HERE / "attacks.toml"
    rows = _toml(file).get("attacks")
    if not isinstance(rows, list) or not rows:
        raise InputError(f"attacks: {file} has no [[attacks]]; write at least one with id, category, goal and text")
    known, found = categories(), list[Attack]()
    for number, row in enumerate(rows, 1):
        found.append(_attack(file, number, row, known))
    if len({one.id for one in found}) < len(found):
        raise InputError(f"attacks: two in {file} have one id; give each its own")
    return tuple(found)


def benign(path: Path | None = None) -> tuple[Benign, ...]:
    """The harmless texts of a JSONL file ({"id", "text", "why"}), by default our own professional set."""
    file = path or HERE / "benign.jsonl"
    found = []
    for number, line in enumerate(_read(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found.append(Benign(str(row["id"]), str(row["text"]), str(row.get("why", ""))))
        except (ValueError, TypeError, KeyError) as exc:
            raise InputError(f"benign: line {number} of {file} is not an object with id and text ({exc})") from exc
    if not found:
        raise InputError(f"benign: {file} is empty; give at least one text")
    return tuple(found)


def _attack(file: Path, number: int, row: Any, known: Mapping[str, Category]) -> Attack:
    where = f"attacks: number {number} in {file}"
    if not isinstance(row, Mapping):
        raise InputError(f"{where} is no table; write [[attacks]]")
    for field in row:
        if field not in Attack.__slots__:
            raise InputError(f"{where}: {field} is not known; use {', '.join(Attack.__slots__)}")
    texts = {name: row.get(name, "") for name in ("id", "category", "goal", "text")}
    for name, value in texts.items():
        if not isinstance(value, str) or (not value.strip() and not (name == "text" and row.get("turns"))):
            raise InputError(f"{where}: {name} is missing; give a text")
    if not _NAME.fullmatch(texts["id"]):
        raise InputError(f"{where}: id {texts['id']!r} may have small letters, digits and hyphens only")
    if texts["category"] not in known:
        raise InputError(f"{where}: category {texts['category']!r} is none of {', '.join(known)}")
    deed, surfaces = row.get("deed", "say"), tuple(row.get("surfaces", SURFACES))
    if deed not in DEEDS:
        raise InputError(f"{where}: deed {deed!r} is none of {', '.join(DEEDS)}")
    if not surfaces or any(one not in SURFACES for one in surfaces):
        raise InputError(f"{where}: surfaces has one that is none of {', '.join(SURFACES)}")
    goal = texts["goal"]
    turns = tuple(filled(str(turn), goal) for turn in row.get("turns", ()))
    text = filled(texts["text"], goal) or turns[-1]
    return Attack(texts["id"], texts["category"], text, goal, deed, surfaces, turns)


def filled(text: str, goal: str) -> str:
    """An attack's text with its goal and the attacker's host put in."""
    return text.replace("{goal}", goal).replace("{host}", HOST)


def weight(severity: str) -> int:
    """How much a severity weighs, 0 for the least. Raises InputError for one that does not exist."""
    if severity not in SEVERITIES:
        raise InputError(f"severity: {severity!r} is none of {', '.join(SEVERITIES)}")
    return SEVERITIES.index(severity)


def _toml(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_read(file))
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise InputError(f"{file}: is not TOML ({exc}); correct the line it names") from exc


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > FILE_AT_MOST_BYTES:
            raise InputError(f"{file}: has more than {FILE_AT_MOST_BYTES} bytes; split it")
        return file.read_text("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{file}: cannot be read ({exc.strerror}); name another file") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{file}: is not text in UTF-8; save it as UTF-8") from exc


def chosen(everything: Sequence[str], wanted: Sequence[str], what: str) -> tuple[str, ...]:
    """The wanted names, all when none is wanted. Raises InputError naming those there are."""
    for one in wanted:
        if one not in everything:
            raise InputError(f"{what}: {one!r} is none of {', '.join(everything)}")
    return tuple(one for one in everything if one in wanted) if wanted else tuple(everything)
