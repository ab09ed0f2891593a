"""The routes of the API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from nutgraf.blend.actions import snippet
from nutgraf.conversation import Feedback
from nutgraf.members.snapshot import snapshot
from nutgraf.serve import schemas
from nutgraf.serve.api_catalogue import catalogue_router
from nutgraf.serve.api_memory import memory_router
from nutgraf.serve.door import host_scope, reader_scope
from nutgraf.serve.guard import Receive, Send
from nutgraf.serve.schemas import errors
from nutgraf.serve.streams import OwnEvents, Streaming, send_document, send_events
from nutgraf.stream.sse import MEDIA_TYPE, is_foreign, number_after
from nutgraf.types import Item, ItemKind, Member

if TYPE_CHECKING:
    from nutgraf.serve.site import Site
    from nutgraf.stream.live import Reader

ITEMS_AT_MOST = 1_000
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "model": schemas.DocumentOut,
        "description": "The events of the answer with `Accept: text/event-stream`, else one document at its end.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    },
    **errors(400, 403, 404, 413, 415, 422, 503),
}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The events, to the end of the stream.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    },
    204: {"description": "The stream has ended, and nothing lies behind that event."},
    **errors(403, 404, 410),
}
As = Annotated[str | None, Query(max_length=200, description="Id of the member who reads, `none` for nobody")]
StreamId = Annotated[str, Path(min_length=1, max_length=100)]
ItemId = Annotated[str, Path(min_length=1, max_length=200)]


def router(site: Site) -> APIRouter:
    """All routes over one site."""
    routes = APIRouter()
    _answers(routes, site)
    _streams(routes, site)
    _items(routes, site)
    _members(routes, site)
    routes.include_router(memory_router(site))
    routes.include_router(catalogue_router(site))
    _health(routes, site)
    return routes


def _answers(routes: APIRouter, site: Site) -> None:
    def answered(body: schemas.TakeawaysBody, request: Request) -> Streaming:
        streamed = MEDIA_TYPE in request.headers.get("accept", "")

        async def answer(receive: Receive, send: Send) -> None:
            about = await site.about(body)
            opening = partial(site.open, body, about, request.scope, resumable=streamed)
            if streamed:
                await send_events(receive, send, site.pace, opening)
            else:
                await send_document(receive, send, site.pace, opening, about)

        return Streaming(answer)

    @routes.post("/v1/takeaways", responses=STREAM, response_model=None, tags=["answers"])
    async def takeaways(body: schemas.TakeawaysBody, request: Request) -> Response:
        """The takeaways of an item that matter to a member."""
        return answered(body, request)

    @routes.post("/v1/ask", responses=STREAM, response_model=None, tags=["answers"])
    async def ask(body: schemas.AskBody, request: Request) -> Response:
        """The answer to a question about an item."""
        return answered(body, request)


def _streams(routes: APIRouter, site: Site) -> None:
    @routes.get("/v1/streams/{stream}", responses=EVENTS, response_model=None, tags=["streams"])
    async def follow(
        stream: StreamId, after: Annotated[str | None, Query(max_length=40)] = None,
        last_event_id: Annotated[str | None, Header(max_length=40)] = None, member: As = None,
    ) -> Response:  # fmt: skip
        """Follow a stream, from its beginning or from behind an event that was read."""
        scope = site.door.stream_scope(stream, member)
        number = number_after(stream, last_event_id or after)

        async def opening() -> tuple[str, Reader]:
            return stream, await site.follow(scope, stream, number)

        wire = partial(OwnEvents, forget=is_foreign(stream, last_event_id or after))
        return Streaming(partial(send_events, pace=site.pace, opening=opening, wire=wire))

    @routes.delete("/v1/streams/{stream}", status_code=204, responses=errors(403, 404), tags=["streams"])
    async def stop(stream: StreamId, member: As = None) -> None:
        """Stop a stream now."""
        await site.streams.stop(site.door.stream_scope(stream, member), stream)

    @routes.post("/v1/feedback", status_code=201, responses=errors(403, 404, 422), tags=["conversation"])
    def feedback(body: schemas.FeedbackBody) -> schemas.Kept:
        """Say what was good or bad; the newest word on the same sentence stands."""
        scope = site.door.stream_scope(body.stream, body.member)
        given = Feedback(**body.model_dump(exclude={"member"}))
        site.backend.store.add_feedback(scope, given)
        return schemas.Kept()

    @routes.get("/v1/conversations", tags=["conversation"])
    def conversations(item: Annotated[str, Query(max_length=200)], member: As = None) -> schemas.Turns:
        """What a member has asked about an item."""
        return schemas.Turns(turns=site.backend.store.turns(site.door.member_scope(member), item))


def _items(routes: APIRouter, site: Site) -> None:
    @routes.get("/v1/items", tags=["records"])
    def items(
        kind: ItemKind | None = None, limit: Annotated[int, Query(ge=1, le=ITEMS_AT_MOST)] = 100
    ) -> schemas.Items:
        """The items kept here."""
        found = site.backend.store.items(kind, limit)
        return schemas.Items(items=[schemas.Listed(**_listed(item)) for item in found])

    @routes.get("/v1/items/{item}", responses=errors(404), tags=["records"])
    def one_item(item: ItemId) -> schemas.Whole:
        """One item whole."""
        found = site.backend.store.item(item)
        return schemas.Whole(
            **_listed(found), text=found.text, blocks=found.blocks, hidden=found.hidden, author_id=found.author_id,
            organisation_id=found.organisation_id, url=found.url,
        )  # fmt: skip


def _members(routes: APIRouter, site: Site) -> None:
    @routes.get("/v1/members", tags=["records"])
    def members() -> schemas.Members:
        """The members one may read as, in local mode."""
        found = site.backend.store.members(host_scope())
        return schemas.Members(members=[schemas.MemberCard(**_card(member)) for member in found])

    @routes.get("/v1/members/{member}", responses=errors(404), tags=["records"])
    def one_member(member: ItemId) -> schemas.MemberWhole:
        """A member, and the facts that may be used: of the record, and what they stated."""
        found = site.backend.store.member(host_scope(), member)
        scope = reader_scope(found)
        known = snapshot(found, scope, site.backend.rooms.vocabulary, site.backend.store.remembered(scope))
        return schemas.MemberWhole(**_card(found), facts=known.facts)

    @routes.delete("/v1/members/{member}", responses=errors(403, 404, 503), tags=["records"])
    async def erase(member: ItemId) -> schemas.Erased:
        """Delete everything kept of a member, down to the bytes; their answers are stopped."""
        return schemas.Erased(erased=await site.erase(member))


def _health(routes: APIRouter, site: Site) -> None:
    @routes.get("/healthz", response_model_exclude_none=True, tags=["health"])
    def healthz() -> schemas.Health:
        """The process lives."""
        return schemas.Health()

    @routes.get("/readyz", responses=errors(503), tags=["health"])
    def readyz() -> schemas.Health:
        """The store answers and streams can be started."""
        site.streams.check_open()
        site.backend.store.items(limit=1)
        return schemas.Health(running=site.streams.running)


def _listed(item: Item) -> dict[str, Any]:
    return {
        "id": item.id, "kind": item.kind, "title": item.title, "author": item.author,
        "organisation": item.organisation, "published": item.published, "place": item.place, "topics": item.topics,
        "details": dict(item.details), "snippet": snippet(item), "ai": item.ai,
    }  # fmt: skip


def _card(member: Member) -> dict[str, Any]:
    return {
        "id": member.id, "name": member.name, "headline": member.headline, "place": member.place, "plan": member.plan,
    }  # fmt: skip
