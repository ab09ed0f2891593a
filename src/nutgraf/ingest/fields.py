"""The fields that our own item documents may have, checked one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nutgraf.errors import InputError
from nutgraf.ingest.dates import read_date
from nutgraf.types import ITEM_KINDS

TEXTS_AT_MOST = 50
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TEXTS = ("title", "author", "organisation", "place")
_IDS = ("id", "author_id", "organisation_id")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def item_fields(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Values of the known fields, as `Parts` takes them; unknown names are passed over.

    Raises InputError naming the field when its value has the wrong type or form.
    """
    found: dict[str, Any] = {name: _text(values.get(name), name, where) for name in _TEXTS}
    for name in _IDS:
        found[name] = _formed(values, name, where, ID, "letters, digits, `.`, `_` and `-`, at most 120")
    language = _formed(values, "language", where, _LANGUAGE, "a language code such as en or en-GB")
    found["language"] = language
    found["url"] = _formed(values, "url", where, re.compile(r"https?://\S{1,2000}"), "an http or https address")
    found["kind"] = _formed(values, "kind", where, re.compile("|".join(ITEM_KINDS)), f"one of {', '.join(ITEM_KINDS)}")
    published = _text(values.get("published"), "published", where)
    found["published"] = read_date(published)
    if published and not found["published"]:
        raise InputError(f"{where}: published must be a date such as 2026-10-14, got {published[:40]!r}")
    found["ai"] = _truth(values.get("ai"), where)
    found["topics"] = _topics(values.get("topics"), where)
    found["details"] = _details(values.get("details"), where)
    return found


def _text(value: Any, name: str, where: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool | list | tuple | dict):
        raise InputError(f"{where}: {name} must be one text, got {_what(value)}")
    return str(value).strip() or None


def _formed(values: Mapping[str, Any], name: str, where: str, form: re.Pattern[str], says: str) -> str | None:
    value = _text(values.get(name), name, where)
    if value is not None and not form.fullmatch(value):
        raise InputError(f"{where}: {name} must be {says}; got {value[:60]!r}")
    return value


def _truth(value: Any, where: str) -> bool:
    if value is None or isinstance(value, bool):
        return value is not False
    if isinstance(value, str) and value.strip().lower() in _TRUTH:
        return _TRUTH[value.strip().lower()]
    raise InputError(f"{where}: ai must be true or false, got {str(value)[:40]!r}")


def _topics(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InputError(f"{where}: topics must be a list such as [nursing, patient flow], got {_what(value)}")
    if len(value) > TEXTS_AT_MOST:
        raise InputError(f"{where}: topics has {len(value)} entries; keep at most {TEXTS_AT_MOST}")
    return tuple(text for one in value if (text := _text(one, "each of topics", where)))


def _details(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise InputError(f"{where}: details must be a table of `name: text` lines, got {_what(value)}")
    if len(value) > TEXTS_AT_MOST:
        raise InputError(f"{where}: details has {len(value)} entries; keep at most {TEXTS_AT_MOST}")
    return tuple((str(k), text) for k, one in value.items() if (text := _text(one, f"details.{k}"[:60], where)))


def _what(value: Any) -> str:
    names = {bool: "true or false", list: "a list", tuple: "a list", dict: "a table", str: "text"}
    return names.get(type(value), f"a {type(value).__name__}")
