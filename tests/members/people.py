"""Invented members for the tests of this room."""

from typing import Any

from nutgraf.types import Certificate, Consent, Member, Position, Scope, Study


def scope(member: str | None = "ana", *purposes: str) -> Scope:
    """A scope of one member, by default for personalising."""
    return Scope(
        tenant="t",
        member=member,
        purposes=frozenset(purposes or ("personalise",)),
        consent_version=1,
        rights=frozenset(),
    )


def ana(fields: frozenset[str] | None = None, **changes: Any) -> Member:
    """A member whose every field says which field it is."""
    values: dict[str, Any] = {
        "id": "ana",
        "name": "Ana Ruiz",
        "headline": "Registered nurse, the headline",
        "summary": "The summary builds wards.",
        "work": (
            Position(
                title="Data analyst",
                organisation="work Clinic",
                summary="hidden",
                highlights=("Cut work waits.", "Led the work audit."),
            ),
        ),
        "education": (Study(institution="education College", degree="BSc", area="Nursing"),),
        "certificates": (Certificate(name="certificates of triage", issuer="hidden"),),
        "skills": ("skills of wound care",),
        "languages": ("languages: French",),
        "interests": ("interests in bread",),
        "goals": ("goals to lead a ward",),
        "connections": ("hidden",),
    }
    if fields is not None:
        values["consent"] = Consent(fields=fields)
    return Member(**(values | changes))
