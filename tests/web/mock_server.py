"""A canned server for the web pages: the API with pacing, Stop, resumption and scripted trouble.

For people: `python -m tests.web.mock_server --port 8601 --pace-ms 250`, then open the address it prints.
For tests: `with serving() as site:`; `site` says what was asked and steers what is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.web import agents, scripts
from tests.web.canned import ITEMS, MEMBERS, Json, member_by_id

WEB = Path(__file__).parents[2] / "src/nutgraf/web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LISTED = ("id", "kind", "title", "author", "organisation", "published", "place", "topics", "details", "snippet", "ai")
CUT_PIECE_BYTES = 11


class ConnectionCutError(Exception):
    """Raised inside a response to cut its connection without an ending."""


@dataclass
class Stream:
    """An append-only log of frames with a producer that does not know its readers."""

    id: str
    events: list[Json]
    log: list[Json] = field(default_factory=list)
    stopped: bool = False
    connections: int = 0

    @property
    def closed(self) -> bool:
        """Whether the ending is in the log."""
        return bool(self.log) and self.log[-1]["kind"] == "closed"


@dataclass
class Site:
    """What was asked, and what shall happen. Everything set here counts for the streams opened afterwards.

    `hold_at`: streams wait before the event of this number (from 0) until `release`. `cut_at`: the first connection
    of each stream breaks in the frame of this number. `refusals`: so many attempts to resume get a 503. `ending`: how
    streams end, before their time. `forget`: a stream cannot be resumed. `repeats`: a resumed stream
    begins again. `silent_about`: the conversations of this member wait until `release`. `items`: what there is to read.
    `memory`: what is remembered of each member, and whether that is on.
    """

    base_url: str = ""
    pace_ms: int = 0
    hold_at: int | None = None
    cut_at: int | None = None
    refusals: int = 0
    ending: str | None = None
    forget: bool = False
    repeats: bool = False
    silent_about: str | None = None
    items: list[Json] = field(default_factory=lambda: list(ITEMS))
    asked: list[tuple[str, str, Json]] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)
    turns: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    memory: dict[str, Json] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop | None = None
    changed: asyncio.Condition | None = None

    def reset(self) -> None:
        """As it was when the server started; open streams are let go."""
        self.release()
        self.cut_at, self.refusals, self.ending, self.forget, self.repeats = None, 0, None, False, False
        self.items[:] = ITEMS
        self.asked.clear()
        self.turns.clear()
        self.memory.clear()

    def release(self) -> None:
        """Lets everything that waits go on."""
        self.silent_about = None
        self.hold_until(None)

    def hold_until(self, number: int | None) -> None:
        """Moves the event at which streams wait."""
        self.hold_at = number
        if self.loop:
            asyncio.run_coroutine_threadsafe(self._notify(), self.loop).result(5)

    def item(self, ident: str) -> Json | None:
        """The item with this id."""
        return next((it for it in self.items if it["id"] == ident), None)

    def said(self, method: str, path: str) -> list[Json]:
        """The bodies of all requests of this method whose path begins so."""
        return [body for m, p, body in list(self.asked) if m == method and p.startswith(path)]

    async def _notify(self) -> None:
        if self.changed:
            async with self.changed:
                self.changed.notify_all()

    async def produce(self, stream: Stream, done: Callable[[], None]) -> None:
        """Appends the events one by one, at the pace and as far as it is allowed."""
        assert self.changed
        for number, planned in enumerate(stream.events):
            await asyncio.sleep(self.pace_ms / 1000)
            async with self.changed:
                while not stream.stopped and self.hold_at is not None and number >= self.hold_at:
                    await self.changed.wait()
                event = stopped() if stream.stopped else planned
                stream.log.append({**event, "stream": stream.id} if event["kind"] == "opened" else event)
                self.changed.notify_all()
                if stream.stopped:
                    return
        done()

    async def read(self, stream: Stream, after: int) -> AsyncIterator[bytes]:
        """Frames from the one behind `after`, shredded into small pieces; cut once where the test wants it."""
        assert self.changed
        stream.connections += 1
        cut = self.cut_at if stream.connections == 1 else None
        yield b": hello\r\n\r\n"
        for number in range(after + 1, 10_000):
            async with self.changed:
                while len(stream.log) <= number and not stream.closed:
                    await self.changed.wait()
            if number == cut:
                yield b"id: 1.9999\r\nevent: sentence-com"
                raise ConnectionCutError
            if number >= len(stream.log):
                return
            event = stream.log[number]
            end = ("\r\n", "\n", "\r")[number % 3]
            data = json.dumps(event, ensure_ascii=False)
            frame = end.join([f"id: 1.{number}", f"event: {event['kind']}", f"data: {data}", "", ""]).encode()
            for at in range(0, len(frame), CUT_PIECE_BYTES):
                yield frame[at : at + CUT_PIECE_BYTES]
            if event["kind"] == "closed":
                return


def stopped() -> Json:
    """The ending of a stream that was stopped."""
    times = {"first_useful_ms": None, "complete_ms": 100.0}
    return {"kind": "closed", "ending": "stopped", "reason": None, "ticket": None, "skipped": [], **times}


def problem(status: int, kind: str, message: str) -> JSONResponse:
    """An error as the API gives it."""
    return JSONResponse({"error": {"kind": kind, "message": message}}, status)


def shortened(events: list[Json], ending: str | None) -> list[Json]:
    """The events with another ending: `failed` before the first block, `truncated` after the first sentence.

    With `done` everything comes, and the ending has a reason.
    """
    if ending is None:
        return events
    if ending == "done":
        return [*events[:-1], {**events[-1], "reason": "Only the first part of the item was read."}]
    kept = {"failed": "block-start", "truncated": "sentence-committed"}[ending]
    at = next((n for n, e in enumerate(events) if e["kind"] == kept), 0) + (ending == "truncated")
    reason = "the writer is taking a break" if ending == "failed" else "the model stopped answering"
    again = {"ticket": "T-4711", "regenerate": ending == "truncated"}
    return [*events[:at], {**stopped(), "ending": ending, "reason": reason, **again}]


def streams(site: Site) -> list[Route]:
    """The addresses that stream."""
    tasks: set[asyncio.Task[None]] = set()

    async def start(request: Request) -> Response:
        body = await request.json()
        item, member = site.item(body["item"]), member_by_id(body.get("member"))
        if item is None:
            return problem(404, "not-found", "item: there is no item of this id. Open one from the feed.")
        asked = body.get("question")
        events = agents.answer(item, member, asked) if asked else scripts.takeaways(item, member)
        stream = Stream(f"stream-{len(site.streams) + 1}", shortened(events, site.ending))
        site.streams[stream.id] = stream

        def keep() -> None:
            said = " ".join(e["sentence"]["text"] for e in stream.events if e["kind"] == "sentence-committed")
            if asked and body.get("member"):
                turn = {
                    "question": asked,
                    "answer": said or stream.events[-1]["reason"],
                    "at": "2026-10-20T09:00:00Z",
                    "stream": stream.id,
                }
                site.turns.setdefault((body["item"], body["member"]), []).append(turn)

        task = asyncio.create_task(site.produce(stream, keep))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        headers = {"Nutgraf-Stream": stream.id, "Cache-Control": "no-store"}
        return StreamingResponse(site.read(stream, -1), media_type="text/event-stream", headers=headers)

    async def resume(request: Request) -> Response:
        stream = site.streams.get(request.path_params["id"])
        if stream is None or (site.forget and request.method == "GET"):
            return problem(404, "not-found", "stream: it is over and forgotten. Ask again.")
        if request.method == "DELETE":
            stream.stopped = True
            await site._notify()
            return Response(status_code=204)
        if site.refusals > 0:
            site.refusals -= 1
            return problem(503, "busy", "Please try again.")
        last = request.headers.get("last-event-id") or request.query_params.get("after")
        site.asked.append(("RESUME", request.url.path, {"last": last}))
        after = int(last.split(".")[1]) if last and not site.repeats else -1
        return StreamingResponse(site.read(stream, after), media_type="text/event-stream")

    return [
        Route("/v1/takeaways", start, methods=["POST"]),
        Route("/v1/ask", start, methods=["POST"]),
        Route("/v1/streams/{id}", resume, methods=["GET", "DELETE"]),
    ]


def memories(site: Site) -> list[Route]:
    """The addresses of what is remembered of a member."""

    async def memory(request: Request) -> Response:
        kept = site.memory.setdefault(request.path_params["id"], {"on": True, "remembered": []})
        if request.method == "PUT":
            kept["on"] = (await request.json())["on"]
        if request.method == "DELETE":
            kept["remembered"] = []
        return JSONResponse(kept)

    async def one_memory(request: Request) -> Response:
        kept, wanted = site.memory[request.path_params["id"]]["remembered"], request.path_params["memory"]
        found = next((fact for fact in kept if fact["id"] == wanted), None)
        if found is None:
            return problem(404, "not-found", "nothing remembered has this id")
        if request.method == "DELETE":
            kept.remove(found)
            return Response(status_code=204)
        text = (await request.json())["text"]
        if "illness" in text:
            return problem(400, "invalid", "text: states something sensitive (health), which is never remembered")
        found["text"] = text
        return JSONResponse(found)

    return [
        Route("/v1/members/{id}/memory", memory, methods=["GET", "PUT", "DELETE"]),
        Route("/v1/members/{id}/memory/{memory}", one_memory, methods=["PUT", "DELETE"]),
    ]


def records(site: Site) -> list[Route]:
    """The addresses that give or take records, and the files of the pages."""

    async def items(request: Request) -> Response:
        kind = request.query_params.get("kind")
        return JSONResponse(
            {"items": [{k: it[k] for k in LISTED} for it in site.items if not kind or it["kind"] == kind]}
        )

    async def one_item(request: Request) -> Response:
        item = site.item(request.path_params["id"])
        return JSONResponse(item) if item else problem(404, "not-found", "There is no item of this id.")

    async def members(_: Request) -> Response:
        return JSONResponse({"members": [{k: v for k, v in m.items() if k != "facts"} for m in MEMBERS]})

    async def one_member(request: Request) -> Response:
        member = member_by_id(request.path_params["id"])
        return JSONResponse(member) if member else problem(404, "not-found", "There is no member of this id.")

    async def feedback(request: Request) -> Response:
        await request.json()
        return JSONResponse({"ok": True}, 201)

    async def conversations(request: Request) -> Response:
        key = (request.query_params.get("item", ""), request.query_params.get("member", ""))
        assert site.changed
        async with site.changed:
            while site.silent_about == key[1]:
                await site.changed.wait()
        return JSONResponse({"turns": site.turns.get(key, [])})

    async def page(request: Request) -> Response:
        return HTMLResponse(site.pages[request.path_params["name"]])

    async def file(request: Request) -> Response:
        path = (WEB / (request.path_params["path"] or "index.html")).resolve()
        if not path.is_file() or WEB not in path.parents:
            return problem(404, "not-found", "There is no such file.")
        return FileResponse(path, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})

    return [
        Route("/v1/items", items),
        Route("/v1/items/{id}", one_item),
        Route("/v1/members", members),
        Route("/v1/members/{id}", one_member),
        Route("/v1/feedback", feedback, methods=["POST"]),
        Route("/v1/conversations", conversations),
        Route("/_pages/{name}", page),
        Route("/{path:path}", file),
    ]


def application(site: Site) -> Any:
    """The ASGI application; it writes down every request that is not for a file."""
    app = Starlette(routes=[*streams(site), *memories(site), *records(site)])

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await app(scope, receive, send)
            return
        body: Json = {}

        async def listen() -> Any:
            message = await receive()
            if message.get("body"):
                body.update(json.loads(message["body"]))
            return message

        site.asked.append((scope["method"], scope["path"], body))
        try:
            await app(scope, listen, send)
        except ConnectionCutError:
            raise RuntimeError("cut on purpose") from None

    return noted


@contextmanager
def serving(port: int = 0, pace_ms: int = 0) -> Iterator[Site]:
    """The server on 127.0.0.1 in a thread of its own, until the block ends. Port 0 takes a free one."""
    site = Site(pace_ms=pace_ms)
    config = uvicorn.Config(application(site), log_level=60, lifespan="off", timeout_graceful_shutdown=1, ws="none")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", port))
    site.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ready = threading.Event()

    async def run() -> None:
        site.loop, site.changed = asyncio.get_running_loop(), asyncio.Condition()
        ready.set()
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield site
    finally:
        site.release()
        server.should_exit = True
        thread.join(10)
        listener.close()


def main() -> None:
    """Serves until interrupted."""
    options = argparse.ArgumentParser(description="The web pages on a canned network.")
    options.add_argument("--port", type=int, default=8601)
    options.add_argument("--pace-ms", type=int, default=250)
    given = options.parse_args()
    with serving(given.port, given.pace_ms) as site:
        print(f"open {site.base_url}")
        threading.Event().wait()


if __name__ == "__main__":
    main()
