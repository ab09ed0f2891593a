"""Our own JSON: items as their front matter with a `text`, and members."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from nutgraf.errors import InputError
from nutgraf.ingest.blocks import markdown_blocks
from nutgraf.ingest.dates import read_month
from nutgraf.ingest.fields import ID, item_fields
from nutgraf.ingest.guard import too_large, whole_lines
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.parts import Parts
from nutgraf.ingest.people import LIST_AT_MOST, PROSE_AT_MOST_CHARS, to_member, validated
from nutgraf.ingest.plain import check_length, plain_blocks
from nutgraf.types import CONSENT_FIELDS, Certificate, Consent, Member, Position, Study


def read_native_items(value: Any, *, name: str, limits: Limits) -> list[Parts]:
    """Items of one object, of a list of objects, or of `{"items": [...]}`.

    An item has the fields of Markdown front matter and its `text`, which is Markdown unless `format`
    is `plain`. Raises InputError naming the item and field that does not fit.
    """
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    values = value if isinstance(value, list) else [value]
    if len(values) > limits.items_at_most:
        raise too_large(name, f"there are {len(values):,} items", f"{limits.items_at_most:,} items")
    where = [f"{name}: items[{n}]" if len(values) > 1 else name for n in range(len(values))]
    return [_item(one, place, limits) for one, place in zip(values, where, strict=True)]


def _item(value: Any, where: str, limits: Limits) -> Parts:
    if not isinstance(value, dict):
        raise InputError(f"{where}: must be an object with a title and a text; write one")
    text, form = value.get("text"), value.get("format", "markdown")
    if not isinstance(text, str):
        raise InputError(f"{where}: text must be given, as text; add it")
    if form not in ("markdown", "plain"):
        raise InputError(f"{where}: format must be markdown or plain, got {str(form)[:40]!r}")
    text = whole_lines(text)
    check_length(text, where, limits)
    blocks, hidden = markdown_blocks(text) if form == "markdown" else (plain_blocks(text), ())
    return Parts(text=text, blocks=blocks, hidden=hidden, **item_fields(value, where))


def _month(text: str) -> str | None:
    if text.strip() and not read_month(text):
        raise ValueError("must be a month such as 2019-03 or a year")
    return read_month(text)


def _consented(fields: list[str]) -> list[str]:
    if unknown := [field for field in fields if field not in CONSENT_FIELDS]:
        raise ValueError(f"{unknown[0][:40]!r} is not a profile field; known are {', '.join(CONSENT_FIELDS)}")
    return fields


Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=PROSE_AT_MOST_CHARS)]
Month = Annotated[str, StringConstraints(max_length=40), AfterValidator(_month)]
Names = Annotated[list[Prose], Field(max_length=LIST_AT_MOST)]


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Consent(_Tolerant):
    version: Annotated[int, Field(strict=True, ge=1)] = 1
    fields: Annotated[list[str], Field(max_length=LIST_AT_MOST), AfterValidator(_consented)] = list(CONSENT_FIELDS)


class _Work(_Tolerant):
    title: Annotated[Prose, Field(min_length=1)]
    organisation: Prose | None = None
    start: Month | None = None
    end: Month | None = None
    summary: Prose | None = None
    highlights: Names = []


class _Education(_Tolerant):
    institution: Prose | None = None
    degree: Prose | None = None
    area: Prose | None = None
    start: Month | None = None
    end: Month | None = None


class _Certificate(_Tolerant):
    name: Annotated[Prose, Field(min_length=1)]
    issuer: Prose | None = None
    date: Month | None = None


class _Member(_Tolerant):
    id: Annotated[str, StringConstraints(pattern=rf"^{ID.pattern}$")] | None = None
    name: Annotated[Prose, Field(min_length=1)]
    headline: Prose | None = None
    summary: Prose | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    place: Prose | None = None
    plan: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")] = "free"
    consent: _Consent = _Consent()
    work: Annotated[list[_Work], Field(max_length=LIST_AT_MOST)] = []
    education: Annotated[list[_Education], Field(max_length=LIST_AT_MOST)] = []
    certificates: Annotated[list[_Certificate], Field(max_length=LIST_AT_MOST)] = []
    skills: Names = []
    languages: Names = []
    interests: Names = []
    goals: Names = []
    connections: Names = []


def read_native_member(value: Any, *, name: str) -> Member:
    """A member of ours. Raises InputError naming the field that does not fit; unknown fields are passed over."""
    found = validated(_Member, value, name)
    member = Member(
        id=found.id or "",
        name=found.name,
        headline=found.headline,
        summary=found.summary,
        country=found.country,
        locale=found.locale,
        place=found.place,
        plan=found.plan,
        consent=Consent(version=found.consent.version, fields=frozenset(found.consent.fields)),
        work=tuple(Position(**{**one.model_dump(), "highlights": tuple(one.highlights)}) for one in found.work),
        education=tuple(Study(**one.model_dump()) for one in found.education),
        certificates=tuple(Certificate(**one.model_dump()) for one in found.certificates),
        skills=tuple(found.skills),
        languages=tuple(found.languages),
        interests=tuple(found.interests),
        goals=tuple(found.goals),
        connections=tuple(found.connections),
    )
    return to_member(member, name=name)
