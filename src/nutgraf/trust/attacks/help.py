"""What a member reads instead of an answer when a message asks for harm or speaks of self-harm."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("help.toml")


def answer(label: Literal["harmful", "self-harm"], locale: str = "en", country: str | None = None) -> str:
    """The text for a label in the language of `locale` (English when there is none), with the crisis line and the
    emergency number of `country` (two letters) or else of the region in `locale`; without numbers where neither is
    known.
    """
    table = _table()
    language, _, region = locale.replace("_", "-").partition("-")
    language = language.lower() if language.lower() in table[label] else "en"
    place = (country or region).upper()
    known = table["country"].get(place, {})
    union = table["european-union"]
    number = known.get("emergency") or (union["emergency"] if place in union["countries"] else None)
    line = table["listen"][language].format(**known) if known else table["line"][language]
    emergency = _called(language, number) if number else table["emergency"][language]
    return str(table[label][language].replace("{line}", line).replace("{emergency}", emergency))


def _called(language: str, number: str) -> str:
    return {"fr": f"le {number}", "es": f"al {number}", "de": f"die {number}"}.get(language, number)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
