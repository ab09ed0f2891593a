"""JSON Resume: its published fields by our own tolerant models; contact data is never read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from nutgraf.errors import InputError
from nutgraf.ingest.dates import read_month
from nutgraf.ingest.people import LIST_AT_MOST, to_member, validated
from nutgraf.types import Certificate, Member, Position, Study

#: Names of skill groups that say nothing by themselves.
GROUPS = {
    "skills", "core skills", "soft skills", "hard skills", "technical skills", "knowledge", "technology",
    "technologies", "tools", "languages", "programming languages", "frameworks", "libraries", "software", "other",
    "misc", "general",
}  # fmt: skip


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError("must be text")


def _listed(value: Any) -> Any:
    return [] if value is None else [value] if isinstance(value, str) else value


def _some(value: Any) -> Any:
    return (
        [one for one in value if one not in (None, "", {})]
        if isinstance(value, list)
        else []
        if value is None
        else value
    )


def _object(value: Any) -> Any:
    return {} if value is None or value == [] else value


Text = Annotated[str | None, BeforeValidator(_text)]
Date = Annotated[str | None, BeforeValidator(lambda value: read_month(_text(value)))]
Texts = Annotated[list[Text], BeforeValidator(_listed), Field(max_length=LIST_AT_MOST)]


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Location(_Tolerant):
    city: Text = None
    region: Text = None
    country: Text = Field(default=None, validation_alias="countryCode")


class _Basics(_Tolerant):
    name: Text = None
    label: Text = None
    summary: Text = None
    location: Annotated[_Location, BeforeValidator(_object)] = _Location()


class _Work(_Tolerant):
    name: Text = None
    organization: Text = None
    company: Text = None
    position: Text = None
    start: Date = Field(default=None, validation_alias="startDate")
    end: Date = Field(default=None, validation_alias="endDate")
    summary: Text = None
    description: Text = None
    highlights: Texts = []


class _Education(_Tolerant):
    institution: Text = None
    area: Text = None
    degree: Text = Field(default=None, validation_alias="studyType")
    start: Date = Field(default=None, validation_alias="startDate")
    end: Date = Field(default=None, validation_alias="endDate")


class _Certificate(_Tolerant):
    name: Text = None
    issuer: Text = None
    date: Date = None


class _Named(_Tolerant):
    name: Text = None
    keywords: Texts = []


class _Language(_Tolerant):
    language: Text = None


class _Resume(_Tolerant):
    basics: Annotated[_Basics, BeforeValidator(_object)] = _Basics()
    work: Annotated[list[_Work], BeforeValidator(_some), Field(max_length=LIST_AT_MOST)] = []
    volunteer: Annotated[list[_Work], BeforeValidator(_some), Field(max_length=LIST_AT_MOST)] = []
    education: Annotated[list[_Education], BeforeValidator(_some), Field(max_length=LIST_AT_MOST)] = []
    certificates: Annotated[list[_Certificate], BeforeValidator(_some), Field(max_length=LIST_AT_MOST)] = []
    skills: Annotated[list[_Named | str], BeforeValidator(_some), Field(max_length=LIST_AT_MOST)] = []
    interests: Annotated[list[_Named | str], BeforeValidator(_some), Field(max_length=LIST_AT_MOST)] = []
    languages: Annotated[list[_Language | str], BeforeValidator(_some), Field(max_length=LIST_AT_MOST)] = []


def read_jsonresume(value: Any, *, name: str) -> Member:
    """A member with every profile field consented to. Raises InputError naming the field that does not fit."""
    resume = validated(_Resume, value, name)
    basics = resume.basics
    if not (basics.name or "").strip():
        raise InputError(f"{name}: basics.name is missing; add the person's name")
    country = (basics.location.country or "").strip().upper()
    place = ", ".join(part.strip() for part in (basics.location.city, basics.location.region) if part and part.strip())
    member = Member(
        id="",
        name=basics.name or "",
        headline=basics.label,
        summary=basics.summary,
        country=country if len(country) == 2 and country.isalpha() else None,
        place=place or None,
        work=tuple(
            position
            for listed, fallback in ((resume.work, None), (resume.volunteer, "Volunteer"))
            for one in listed
            if (position := _position(one, fallback))
        ),
        education=tuple(Study(**one.model_dump()) for one in resume.education),
        certificates=tuple(
            Certificate(name=one.name, issuer=one.issuer, date=one.date) for one in resume.certificates if one.name
        ),
        skills=tuple(_words(resume.skills)),
        languages=tuple(text for one in resume.languages if (text := one if isinstance(one, str) else one.language)),
        interests=tuple(_words(resume.interests)),
    )
    return to_member(member, name=name)


def _position(work: _Work, fallback: str | None) -> Position | None:
    organisation = work.name or work.organization or work.company
    title = work.position or fallback or organisation
    if not title:
        return None
    return Position(
        title=title,
        organisation=organisation if organisation != title else None,
        start=work.start,
        end=work.end,
        summary=work.summary or work.description,
        highlights=tuple(text for text in work.highlights if text),
    )


def _words(named: list[_Named | str]) -> list[str]:
    """The names and their keywords, without names that only group the keywords under them."""
    words: list[str | None] = []
    for one in named:
        if isinstance(one, str):
            words.append(one)
        else:
            groups = bool(one.keywords) and (one.name or "").strip().casefold() in GROUPS
            words += one.keywords if groups else [one.name, *one.keywords]
    return [word for word in words if word]
