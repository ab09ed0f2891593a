"""The routes of skills that change something: shown to a person, then run once with what they confirmed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from nutgraf.serve.api_catalogue import skills_of
from nutgraf.serve.door import host_scope, reader_scope
from nutgraf.serve.problems import Problem
from nutgraf.serve.schemas import Taken, errors
from nutgraf.serve.site import beside
from nutgraf.serve.skill_runs import Offer, SkillRuns

if TYPE_CHECKING:
    from nutgraf.retrieve.skills.skill import Skill
    from nutgraf.serve.site import Site
    from nutgraf.types import Scope

SkillName = Annotated[str, Path(min_length=1, max_length=64)]


class OfferBody(Taken):
    """A call that a member may be asked to confirm."""

    member: Annotated[str, Field(min_length=1, max_length=200)]
    arguments: Annotated[dict[str, Any], Field(default_factory=dict)]


class RunBody(OfferBody):
    """The same call, with the token that the member agreed to. A repeat of this request carries the same key."""

    token: Annotated[str, Field(min_length=1, max_length=200)]
    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)]


class FoundOut(BaseModel):
    """One thing that a skill told: untrusted text."""

    ref: str
    text: str
    url: str | None


class RunOut(BaseModel):
    """How a call ended."""

    skill: str
    found: list[FoundOut]


def skills_router(site: Site) -> APIRouter:
    """The routes of skills with side effects, over one site."""
    routes = APIRouter(tags=["skills"])
    runs = SkillRuns()

    @routes.post("/v1/skills/{name}/offer", responses=errors(400, 403, 404, 422))
    async def offer(name: SkillName, body: OfferBody) -> Offer:
        """What to show to a member before a skill changes something, and the token for exactly these arguments."""
        scope, skill = await _about(site, name, body.member)
        reviewer = site.backend.rooms.reviewer
        orders = (lambda text: bool(reviewer.hostile(text))) if reviewer is not None else (lambda text: False)
        return await beside(partial(runs.offer, skill, body.arguments, scope, orders))

    @routes.post("/v1/skills/{name}/run", responses=errors(400, 403, 404, 409, 422, 502))
    async def run(name: SkillName, body: RunBody) -> RunOut:
        """Run a call that the member confirmed: once, however often it is asked for."""
        scope, skill = await _about(site, name, body.member)
        found = await runs.run(skill, body.arguments, scope, token=body.token, key=body.idempotency_key)
        return RunOut(skill=name, found=[FoundOut(ref=one.ref, text=one.text, url=one.url) for one in found])

    return routes


async def _about(site: Site, name: str, member: str) -> tuple[Scope, Skill]:
    """Who asks, and the skill of a name; NotFound for a member, Problem 404 for a skill that is not here."""
    reader = await beside(partial(site.backend.store.member, host_scope(), member))
    known = await beside(partial(skills_of, site))
    skill = next((one for one in known if one.spec.name == name), None)
    if skill is None:
        raise Problem(404, "not-found", f"no skill is called {name!r}; GET /v1/catalogue lists them")
    return reader_scope(reader), skill
