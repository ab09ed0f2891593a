"""The routes that tell of the process: its catalogue, and what its models were used for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter

from nutgraf.serve.catalogue import Catalogue, host_skills, whole
from nutgraf.serve.usage import UsageReport

if TYPE_CHECKING:
    from nutgraf.retrieve.skills.skill import Skill
    from nutgraf.serve.site import Site


def catalogue_router(site: Site) -> APIRouter:
    """What there is to ask of a site, and what that came to."""
    routes = APIRouter()

    @routes.get("/v1/catalogue", tags=["records"])
    async def catalogue() -> Catalogue:
        """The agents, skills, sources and models that answers draw on."""
        return await anyio.to_thread.run_sync(partial(catalogue_of, site))

    @routes.get("/v1/usage", tags=["health"])
    def usage() -> UsageReport:
        """What models were asked, used and paid for since the process began, all readers together."""
        return site.backend.usage()

    return routes


def catalogue_of(site: Site) -> Catalogue:
    """The catalogue of a site as it answers now. Blocks for as long as modules of skills take to import."""
    settings, rooms = site.backend.settings, site.backend.rooms
    return whole(settings, rooms.agents.values(), skills_of(site), rooms.sources.values())


def skills_of(site: Site) -> tuple[Skill, ...]:
    """Every skill of a site: the host's, and the tools of the servers that are connected. Blocks as `catalogue_of`."""
    servers = site.backend.servers
    return (*host_skills(site.backend.settings), *(servers.skills if servers else ()))
