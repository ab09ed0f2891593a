"""The routes of a member's memory: shown to them, corrected, deleted, switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from nutgraf.conversation import Remembered
from nutgraf.members.memory import TEXT_AT_MOST_CHARS
from nutgraf.serve.memory import Memory, edited, forgotten, switched, told
from nutgraf.serve.schemas import Taken, errors

if TYPE_CHECKING:
    from nutgraf.serve.site import Site

MemberId = Annotated[str, Path(min_length=1, max_length=200)]
MemoryId = Annotated[str, Path(min_length=1, max_length=100)]


class MemoryBody(Taken):
    """Switch memory on or off."""

    on: bool


class MemoryText(Taken):
    """A member's own words in place of what was remembered."""

    text: Annotated[str, Field(min_length=1, max_length=4 * TEXT_AT_MOST_CHARS)]


class Forgotten(BaseModel):
    """How many facts were deleted."""

    forgotten: int


def memory_router(site: Site) -> APIRouter:
    """The routes of a member's memory, over one site."""
    routes = APIRouter(tags=["memory"])
    store, clear = site.backend.store, site.backend.clear_facts

    @routes.get("/v1/members/{member}/memory", responses=errors(404))
    def memory(member: MemberId) -> Memory:
        """What a member stated in earlier questions, with when and in which answer."""
        return told(store, member)

    @routes.put("/v1/members/{member}/memory", responses=errors(403, 404, 422))
    def switch(member: MemberId, body: MemoryBody) -> Memory:
        """Switch memory on or off. Off: nothing more is remembered, and what is remembered is not used."""
        switched(store, member, body.on)
        return told(store, member)

    @routes.put("/v1/members/{member}/memory/{memory}", responses=errors(400, 403, 404, 422))
    def edit(member: MemberId, memory: MemoryId, body: MemoryText) -> Remembered:
        """Put other words in place of a remembered fact."""
        return edited(store, member, memory, body.text, clear)

    @routes.delete("/v1/members/{member}/memory/{memory}", status_code=204, responses=errors(403, 404))
    def forget(member: MemberId, memory: MemoryId) -> None:
        """Delete a remembered fact and the traces that mention it, down to the bytes."""
        forgotten(store, member, memory, clear)

    @routes.delete("/v1/members/{member}/memory", responses=errors(403, 404))
    def forget_all(member: MemberId) -> Forgotten:
        """Delete everything remembered of a member, and the traces that mention any of it."""
        return Forgotten(forgotten=forgotten(store, member, None, clear))

    return routes
