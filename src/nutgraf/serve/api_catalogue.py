"""The route of the catalogue."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter

from nutgraf.serve.catalogue import Catalogue, host_skills, whole

if TYPE_CHECKING:
    from nutgraf.serve.site import Site


def catalogue_router(site: Site) -> APIRouter:
    """What there is to ask, of a site."""
    routes = APIRouter()

    @routes.get("/v1/catalogue", tags=["records"])
    async def catalogue() -> Catalogue:
        """The agents, skills, sources and models that answers draw on."""
        return await anyio.to_thread.run_sync(partial(catalogue_of, site))

    return routes


def catalogue_of(site: Site) -> Catalogue:
    """The catalogue of a site as it answers now. Blocks for as long as modules of skills take to import."""
    settings, rooms = site.backend.settings, site.backend.rooms
    servers = site.backend.servers
    skills = (*host_skills(settings), *(servers.skills if servers else ()))
    return whole(settings, rooms.agents.values(), skills, rooms.sources.values())
