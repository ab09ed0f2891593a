"""The routes that other front ends already speak: the Vercel AI SDK, AG-UI, and the OpenAI API."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from nutgraf.errors import NotFound
from nutgraf.serve.door import host_scope
from nutgraf.serve.guard import AsgiScope, Receive, Send
from nutgraf.serve.protocols import AUTO, AgUiBody, CompletionsBody, UiChatBody, Wish, agent_of
from nutgraf.serve.schemas import errors
from nutgraf.serve.site import beside
from nutgraf.serve.streams import Streaming, Wire, send_events, send_whole
from nutgraf.stream import ai_sdk, openai_chat
from nutgraf.stream.ag_ui import AgUiRun
from nutgraf.stream.frames import Encoder
from nutgraf.stream.live import Feed, Reader
from nutgraf.stream.log import Entry
from nutgraf.stream.sse import MEDIA_TYPE

if TYPE_CHECKING:
    from nutgraf.serve.site import Site

CHATS_AT_MOST = 10_000
FAILED = 502
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer as a stream.", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
    **errors(400, 403, 404, 413, 415, 422, 503),
}
AGAIN: dict[int | str, dict[str, Any]] = {
    200: EVENTS[200],
    204: {"description": "Nothing is being answered in this chat."},
    **errors(403, 422),
}
Chat = Annotated[str, Path(min_length=1, max_length=200)]
As = Annotated[str | None, Query(max_length=200, description="Id of the member who reads, `none` for nobody")]


class Chats:
    """Which stream answers in which chat, by the client's own names of them; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._streams: OrderedDict[tuple[str, str | None], str] = OrderedDict()

    def remember(self, chat: str, member: str | None, stream_id: str) -> None:
        """Note the newest stream of a chat."""
        for key in ((chat, member or "none"), (chat, None)):
            self._streams[key] = stream_id
            self._streams.move_to_end(key)
        while len(self._streams) > CHATS_AT_MOST:
            self._streams.popitem(last=False)

    def stream(self, chat: str, member: str | None) -> str | None:
        """The newest stream of a member's chat (`none`: nobody's); without a member, of whoever asked last in it."""
        return self._streams.get((chat, member))


class Encoded:
    """An encoder with the headers that its clients look for."""

    def __init__(self, encoder: Encoder, headers: Mapping[str, str] | None = None) -> None:
        self.headers = dict(headers or {})
        self.feed = encoder.feed


def chat_router(site: Site) -> APIRouter:
    """The routes of the other protocols over one site."""
    routes = APIRouter(tags=["other protocols"])
    _ui(routes, site, Chats())
    _ag_ui(routes, site)
    _openai(routes, site)
    return routes


def _ui(routes: APIRouter, site: Site, chats: Chats) -> None:
    def wire(_: str) -> Wire:
        return Encoded(ai_sdk.UiMessageStream(), ai_sdk.HEADERS)

    def note(wish: Wish, stream_id: str) -> None:
        chats.remember(wish.chat, wish.member, stream_id)

    @routes.post("/v1/ui/chat", responses=EVENTS, response_model=None)
    async def ui_chat(body: UiChatBody, request: Request) -> Response:
        """Answer the last message of a chat, as a UI message stream of the Vercel AI SDK."""
        return _streaming(site, body.wish(), request, wire, note)

    @routes.get("/v1/ui/chat/{chat}/stream", responses=AGAIN, response_model=None)
    async def ui_chat_again(chat: Chat, member: As = None) -> Response:
        """Follow the stream that still answers in a chat, from its beginning."""
        opening = partial(_running, site, chats, chat, member)
        return Streaming(partial(send_events, pace=site.pace, opening=opening, wire=wire))

    @routes.delete("/v1/ui/chat/{chat}/stream", status_code=204)
    async def ui_chat_stop(chat: Chat, member: As = None) -> None:
        """Stop the stream that still answers in a chat."""
        stream_id = chats.stream(chat, member)
        if stream_id is not None:
            await site.streams.stop(site.door.stream_scope(stream_id, member), stream_id)


def _ag_ui(routes: APIRouter, site: Site) -> None:
    @routes.post("/v1/ag-ui", responses=EVENTS, response_model=None)
    async def ag_ui(body: AgUiBody, request: Request) -> Response:
        """Answer the last message of a thread, as a run of AG-UI."""
        return _streaming(
            site, body.wish(), request, lambda _: Encoded(AgUiRun(body.thread_id, body.run_id, body.known_state))
        )


def _openai(routes: APIRouter, site: Site) -> None:
    @routes.post("/v1/chat/completions", responses=EVENTS, response_model=None)
    async def completions(body: CompletionsBody, request: Request) -> Response:
        """Answer the last message, as a chat completion of the OpenAI API: an agent is a model."""
        wish, link, created = body.wish(), _links(request), int(time.time())
        _known(site, body.model)

        def heading(stream_id: str) -> openai_chat.Heading:
            return openai_chat.Heading(
                id=f"chatcmpl-{stream_id}", model=body.model, created=created, usage=body.usage,
                prompt_chars=sum(len(said.text) for said in body.messages),
            )  # fmt: skip

        if body.stream:
            return _streaming(
                site, wish, request, lambda stream_id: Encoded(openai_chat.ChatChunks(heading(stream_id), link))
            )

        def whole(stream_id: str, entries: Sequence[Entry]) -> tuple[int, dict[str, Any]]:
            value = openai_chat.completion(entries, heading(stream_id), link)
            return (FAILED if "error" in value else 200), value

        async def answer(receive: Receive, send: Send) -> None:
            await send_whole(receive, send, site.pace, partial(_open, site, wish, request.scope), whole)

        return Streaming(answer)

    @routes.get("/v1/models")
    def models() -> dict[str, Any]:
        """The agents, as models of the OpenAI API; `nutgraf` is whichever of them fits the question."""
        names = [AUTO, *(f"{AUTO}/{name}" for name in agents(site))]
        return {"object": "list", "data": [_model(name) for name in names]}

    @routes.get("/v1/models/{name:path}")
    def model(name: str) -> dict[str, Any]:
        """One of them, as a model of the OpenAI API."""
        _known(site, name)
        return _model(name)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": AUTO}


def _known(site: Site, model: str) -> None:
    """Raise NotFound for a model id that names no agent of ours."""
    agent = agent_of(model)
    if agent is not None and agent not in agents(site):
        raise NotFound(f"model: {model!r} is not known here; GET /v1/models lists those that are")


def _streaming(
    site: Site, wish: Wish, request: Request, wire: Callable[[str], Wire],
    note: Callable[[Wish, str], None] = lambda wish, stream_id: None,
) -> Streaming:  # fmt: skip
    async def opening() -> tuple[str, Reader]:
        stream_id, reader = await _open(site, wish, request.scope)
        note(wish, stream_id)
        return stream_id, reader

    return Streaming(partial(send_events, pace=site.pace, opening=opening, wire=wire))


async def _open(site: Site, wish: Wish, came: AsgiScope) -> tuple[str, Reader]:
    """Start what was wished for. Raises InputError for what cannot be asked, NotFound for what is not here."""
    store = site.backend.store
    item = None if wish.item is None else await beside(partial(store.item, wish.item))
    member = None if wish.member is None else await beside(partial(store.member, host_scope(), wish.member))
    return await site.open(wish, (item, member), came, resumable=wish.resumable)


async def _running(site: Site, chats: Chats, chat: str, member: str | None) -> tuple[str, Reader]:
    """The stream that still answers in a chat; one with nothing in it when there is none for this reader."""
    stream_id = chats.stream(chat, member)
    if stream_id is not None:
        with suppress(NotFound):
            reader = await site.streams.follow(site.door.stream_scope(stream_id, member), stream_id)
            if not reader.ended:
                return stream_id, reader
            reader.close()
    return "", Reader(Feed.of(()), 0)


def agents(site: Site) -> tuple[str, ...]:
    """The names of the agents that may be asked for."""
    return tuple(sorted(site.backend.rooms.agents))


def _links(request: Request) -> Callable[[str], str | None]:
    """Where a cited record can be read: on the web when it is from there, else here."""
    base = str(request.base_url).rstrip("/")
    return lambda ref: ref if ref.startswith(("https://", "http://")) else f"{base}/v1/items/{ref}"
