"""schema.org JSON-LD: job postings, articles, courses and organisations, by our own tolerant models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from nutgraf.errors import InputError
from nutgraf.ingest.dates import read_date
from nutgraf.ingest.markup import Piece, fragment_pieces
from nutgraf.ingest.parts import Parts, parts_from_pieces
from nutgraf.types import ItemKind

KINDS: dict[str, ItemKind] = {
    "JobPosting": "job", "Course": "course", "SocialMediaPosting": "post", "DiscussionForumPosting": "post",
    **dict.fromkeys(("Article", "NewsArticle", "BlogPosting", "TechArticle", "Report", "ScholarlyArticle",
                     "OpinionNewsArticle", "AnalysisNewsArticle"), "article"),
    **dict.fromkeys(("Organization", "Airline", "CollegeOrUniversity", "Consortium", "Cooperative", "Corporation",
                     "EducationalOrganization", "FinancialService", "GovernmentOrganization", "Hospital",
                     "LocalBusiness", "MedicalBusiness", "MedicalOrganization", "NGO", "NewsMediaOrganization",
                     "OnlineBusiness", "OnlineStore", "PerformingGroup", "ProfessionalService",
                     "ResearchOrganization", "Restaurant", "School", "SportsOrganization", "Store",
                     "WorkersUnion"), "company"),
}  # fmt: skip
NODES_AT_MOST = 5_000
LIST_AT_MOST = 200


def text_of(value: Any) -> str | None:
    """One text of what JSON-LD may write in many ways: text, number, list, or a node with a name or value."""
    for _ in range(8):
        if isinstance(value, list):
            value = next((one for one in value if one not in (None, "", [], {})), None)
        elif isinstance(value, dict):
            value = next(
                (value[key] for key in ("@value", "name", "legalName", "value", "url") if value.get(key)), None
            )
        else:
            break
    return str(value).strip() or None if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else re.split(r"[,;]", value) if isinstance(value, str) else [value]
    return [text for one in values[:LIST_AT_MOST] if (text := text_of(one))]


def _node(value: Any) -> dict[str, Any]:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else {}


def _nodes(value: Any) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values[:LIST_AT_MOST] if isinstance(one, dict)]


def _raw(value: Any) -> str | None:
    return (
        "\n\n".join(text for one in value[:LIST_AT_MOST] if (text := text_of(one)))
        if isinstance(value, list)
        else (text_of(value))
    )


Text = Annotated[str | None, BeforeValidator(text_of)]
Body = Annotated[str | None, BeforeValidator(_raw)]
Texts = Annotated[list[str], BeforeValidator(_texts)]
Node = Annotated[dict[str, Any], BeforeValidator(_node)]
Nodes = Annotated[list[dict[str, Any]], BeforeValidator(_nodes)]


class _Thing(BaseModel):
    """What the kinds have in common."""

    model_config = ConfigDict(extra="ignore")

    name: Text = Field(None, validation_alias=AliasChoices("headline", "title", "name"))
    description: Body = None
    url: Text = None
    language: Text = Field(None, validation_alias="inLanguage")
    keywords: Texts = []
    published: Text = Field(None, validation_alias=AliasChoices("datePosted", "datePublished", "dateCreated"))


class _Posting(_Thing):
    organisation: Text = Field(None, validation_alias="hiringOrganization")
    places: Nodes = Field([], validation_alias="jobLocation")
    remote: Text = Field(None, validation_alias="jobLocationType")
    employment: Texts = Field([], validation_alias="employmentType")
    salary: Any = Field(None, validation_alias=AliasChoices("baseSalary", "estimatedSalary"))
    closes: Text = Field(None, validation_alias="validThrough")
    experience: Any = Field(None, validation_alias="experienceRequirements")
    responsibilities: Body = None
    qualifications: Body = None
    skills: Body = None
    benefits: Body = Field(None, validation_alias=AliasChoices("jobBenefits", "incentiveCompensation"))


class _Article(_Thing):
    body: Body = Field(None, validation_alias=AliasChoices("articleBody", "text"))
    author: Text = None
    publisher: Text = None


class _Course(_Thing):
    provider: Text = None
    level: Text = Field(None, validation_alias="educationalLevel")
    duration: Text = Field(None, validation_alias=AliasChoices("timeRequired", "courseWorkload", "duration"))
    instances: Nodes = Field([], validation_alias="hasCourseInstance")
    offers: Node = {}
    teaches: Body = None
    prerequisites: Body = Field(None, validation_alias="coursePrerequisites")
    sections: Nodes = Field([], validation_alias=AliasChoices("syllabusSections", "hasPart"))


class _Organization(_Thing):
    address: Node = {}
    employees: Any = Field(None, validation_alias="numberOfEmployees")
    founded: Text = Field(None, validation_alias="foundingDate")
    sector: Text = Field(None, validation_alias=AliasChoices("industry", "knowsAbout"))
    slogan: Text = None


def nodes(value: Any) -> Iterator[tuple[ItemKind, dict[str, Any]]]:
    """(kind, node) of everything in a JSON-LD value that can be an item, in document order, also inside @graph."""
    waiting, seen = [value], 0
    while waiting and (seen := seen + 1) <= NODES_AT_MOST:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, dict):
            for name in _texts(one.get("@type")):
                if kind := KINDS.get(name.rpartition("/")[2].rpartition(":")[2]):
                    yield kind, one
                    break
            waiting += [one[key] for key in ("mainEntity", "mainEntityOfPage", "itemListElement", "item", "@graph")
                        if isinstance(one.get(key), dict | list)]  # fmt: skip


def read_jsonld(value: Any, *, name: str) -> list[Parts]:
    """The items of a JSON-LD document; organisations only when they are all there is.

    Raises InputError when it holds nothing that can be read.
    """
    found = list(nodes(value))
    if any(kind != "company" for kind, _ in found):
        found = [(kind, node) for kind, node in found if kind != "company"]
    items = [parts for kind, node in found if (parts := node_parts(kind, node)).text]
    if not items:
        raise InputError(
            f"{name}: the JSON-LD has no JobPosting, Article, Course or Organization with a description; add one"
        )
    return items


def node_parts(kind: ItemKind, node: dict[str, Any]) -> Parts:
    """What one node says; the text may be empty when it has no description."""
    made = {"job": _job, "course": _course, "company": _company}.get(kind, _article)
    thing, pieces, about = made(node)
    published = read_date(thing.published)
    address = thing.url if thing.url and re.fullmatch(r"https?://\S{1,2000}", thing.url) else None
    language = thing.language if thing.language and re.fullmatch(r"[A-Za-z-]{2,12}", thing.language) else None
    details = tuple((key, value) for key, value in about.pop("details", ()) if value)
    pieces = [*pieces, *_stated(pieces, [*details, ("place", about.get("place"))])]
    return parts_from_pieces(
        pieces, kind=kind, title=thing.name, published=published, url=address, language=language, details=details,
        topics=tuple(thing.keywords[:5]), **about,
    )  # fmt: skip


#: Fields become sentences, so that they can be quoted and asked for like the rest of the text.
_SENTENCES = {
    "salary": "The salary is {}.", "employment": "The employment is {}.", "closes": "Applications close on {}.",
    "experience": "The experience asked for is {}.", "duration": "The course takes {}.", "level": "The level is {}.",
    "price": "The price is {}.", "size": "The number of employees is {}.", "founded": "The year of founding is {}.",
    "place": "The place is {}.",
}  # fmt: skip


def _stated(pieces: list[Piece], fields: list[tuple[str, str | None]]) -> list[Piece]:
    """A sentence for each field that the text does not hold already; none without a text to add to."""
    said = " ".join(text for _, text, _ in pieces)
    made = [_SENTENCES[key].format(value) for key, value in fields if value and key in _SENTENCES and value not in said]
    return [("heading", "Details", 2), ("paragraph", " ".join(made), 0)] if said and made else []


_Made = tuple[_Thing, list[Piece], dict[str, Any]]


def _sections(body: str | None, sections: dict[str, str | None]) -> list[Piece]:
    pieces = fragment_pieces(body) if body else []
    flat = " ".join((body or "").split())
    for title, text in sections.items():
        if text and " ".join(text.split())[:80] not in flat:
            pieces += [("heading", title, 2), *fragment_pieces(text)]
    return pieces


def _job(node: dict[str, Any]) -> _Made:
    job = _Posting.model_validate(node)
    pieces = _sections(
        job.description,
        {"Responsibilities": job.responsibilities, "Qualifications": job.qualifications, "Skills": job.skills,
         "Benefits": job.benefits},
    )  # fmt: skip
    places = [place for one in job.places if (place := _place(_node(one.get("address")) or one))]
    if job.remote and "TELECOMMUTE" in job.remote.upper():
        places.append("Remote")
    experience = job.experience
    if isinstance(experience, dict) and (months := text_of(experience.get("monthsOfExperience"))):
        experience = f"{months} months"
    details = [
        ("salary", _salary(job.salary)),
        ("employment", ", ".join(word.replace("_", " ").lower() for word in job.employment)),
        ("closes", read_date(job.closes)),
        ("experience", text_of(experience)),
    ]
    return job, pieces, {"organisation": job.organisation, "place": "; ".join(places[:3]) or None, "details": details}


def _article(node: dict[str, Any]) -> _Made:
    article = _Article.model_validate(node)
    pieces = _sections(article.body or article.description, {})
    return article, pieces, {"author": article.author, "organisation": article.publisher}


def _course(node: dict[str, Any]) -> _Made:
    course = _Course.model_validate(node)
    pieces = _sections(
        course.description, {"What you will learn": course.teaches, "Prerequisites": course.prerequisites}
    )
    for section in course.sections:
        if title := text_of(section.get("name")):
            text = text_of(section.get("description"))
            pieces += (
                [("heading", " ".join(title.split()), 3), *fragment_pieces(text)]
                if text
                else ([("item", " ".join(title.split()), 1)])
            )
    duration = course.duration
    for instance in course.instances:
        duration = duration or text_of(instance.get("courseWorkload")) or text_of(instance.get("duration"))
    price, currency = text_of(course.offers.get("price")), text_of(course.offers.get("priceCurrency"))
    details = [
        ("duration", _duration(duration)),
        ("level", course.level),
        ("provider", course.provider),
        ("price", f"{currency or ''} {price}".strip() if price else text_of(course.offers.get("category"))),
    ]
    return course, pieces, {"organisation": course.provider, "details": details}


def _company(node: dict[str, Any]) -> _Made:
    company = _Organization.model_validate(node)
    pieces = _sections(company.description, {})
    if pieces and company.slogan:
        pieces.insert(0, ("paragraph", " ".join(company.slogan.split()), 0))
    size = company.employees
    if isinstance(size, dict) and size.get("minValue") and size.get("maxValue"):
        size = f"{text_of(size['minValue'])} to {text_of(size['maxValue'])}"
    details = [("size", text_of(size)), ("founded", company.founded), ("sector", company.sector)]
    return company, pieces, {"place": _place(company.address), "details": details}


def _place(address: dict[str, Any]) -> str | None:
    parts = [text_of(address.get(k)) for k in ("addressLocality", "addressRegion", "addressCountry")]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or text_of(address.get("name"))


def _salary(salary: Any) -> str | None:
    if isinstance(salary, list):
        salary = next(iter(salary), None)
    if not isinstance(salary, dict):
        return text_of(salary)
    value = salary.get("value", salary)
    value = value if isinstance(value, dict) else {"value": value}
    low, high, one = (_amount(value.get(key)) for key in ("minValue", "maxValue", "value"))
    amount = f"{low} to {high}" if low and high and low != high else one or low or high
    if not amount:
        return None
    currency = text_of(salary.get("currency")) or text_of(value.get("currency")) or ""
    unit = (text_of(value.get("unitText")) or text_of(salary.get("unitText")) or "").lower()
    return f"{currency} {amount}{f' a {unit}' if unit.isalpha() else ''}".strip()


def _amount(value: Any) -> str | None:
    text = text_of(value)
    try:
        return f"{float(text):,.2f}".removesuffix(".00") if text else None
    except ValueError:
        return text


def _duration(text: str | None) -> str | None:
    found = re.fullmatch(
        r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:\d+S)?)?", text or ""
    )
    if not found:
        return text
    units = ("year", "month", "week", "day", "hour", "minute")
    parts = [f"{n} {u}{'s' if int(n) != 1 else ''}" for n, u in zip(found.groups(), units, strict=True) if n and int(n)]
    return " ".join(parts) or None
