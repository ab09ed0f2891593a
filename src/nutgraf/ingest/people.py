"""What the readers of profiles share: forgiving texts, strict checks, and the Member made at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from nutgraf.errors import InputError
from nutgraf.ingest.guard import check_text
from nutgraf.ingest.parts import clean, short_hash, slug
from nutgraf.types import Certificate, Member, Position, Study

NAME_AT_MOST_CHARS = 200
PROSE_AT_MOST_CHARS = 5_000
LIST_AT_MOST = 500

Model = TypeVar("Model", bound=BaseModel)
Record = TypeVar("Record", Position, Study, Certificate, Member)


def validated(model: type[Model], value: Any, name: str) -> Model:
    """The value as this model. Raises InputError naming the first field that does not fit, and how."""
    try:
        return model.model_validate(value)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"]).lstrip(".")
        got = "" if first["type"] == "missing" else f", got {str(first['input'])[:40]!r}"
        said = " ".join(first["msg"].removeprefix("Value error, ").removeprefix("Input ").split())
        raise InputError(f"{name}: {place or 'the document'}: {said[:200].lower()}{got}; correct it") from exc


def texts(values: Iterable[str | None], at_most_chars: int = NAME_AT_MOST_CHARS) -> tuple[str, ...]:
    """Cleaned texts without empty ones and repetitions, the first LIST_AT_MOST of them."""
    first: dict[str, str] = {}
    for value in values:
        if text := clean(value, at_most_chars):
            first.setdefault(text.casefold(), text)
    return tuple(first.values())[:LIST_AT_MOST]


def to_member(member: Member, *, name: str) -> Member:
    """The member with every text in one clean line, and an id made of name and content when it has none.

    Raises InputError when the name is missing or a text cannot be stored.
    """
    member = _cleaned(member)
    if not member.name:
        raise InputError(f"{name}: the profile has no name; add one")
    try:
        content = json.dumps(asdict(member), default=sorted, ensure_ascii=False)
    except RecursionError as exc:
        raise InputError(f"{name}: the profile is nested too deeply; keep it flat") from exc
    check_text(content, name, "a text of the profile")
    return member if member.id else replace(member, id=f"{slug(member.name) or 'member'}-{short_hash(content)}")


def _cleaned(record: Record) -> Record:
    changed: dict[str, Any] = {}
    for field in record.__dataclass_fields__:
        value = getattr(record, field)
        if isinstance(value, str):
            changed[field] = clean(
                value, PROSE_AT_MOST_CHARS if field in ("summary", "headline") else NAME_AT_MOST_CHARS
            )
        elif isinstance(value, tuple) and value and not isinstance(value[0], str):
            changed[field] = tuple(_cleaned(one) for one in value[:LIST_AT_MOST])
        elif isinstance(value, tuple):
            changed[field] = texts(value, PROSE_AT_MOST_CHARS)
    for field in ("id", "name", "title", "locale", "plan"):
        if field in changed:
            changed[field] = changed[field] or ""
    return replace(record, **changed)
