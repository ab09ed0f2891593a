"""The server: the API, its documentation and the pages of the sample network, behind the guard."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import anyio
import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from nutgraf.decide.limiter import LimitRules
from nutgraf.serve.admission import Gate
from nutgraf.serve.api import router
from nutgraf.serve.api_skills import skills_router
from nutgraf.serve.chat import chat_router
from nutgraf.serve.guard import Guard
from nutgraf.serve.journal import StoreJournal
from nutgraf.serve.mcp_server import PATH, McpRoute
from nutgraf.serve.problems import Problem, invalid
from nutgraf.serve.reference import reference
from nutgraf.stream.hub import Hub

if TYPE_CHECKING:
    from nutgraf.serve.site import Site

log = logging.getLogger(__name__)

DAY_S = 86_400.0
KINDS = {404: "not-found", 405: "not-allowed"}
SUMMARY = "The few takeaways of an item that matter to this member, cited and checked sentence by sentence."


def make_app(site: Site) -> Guard:
    """The ASGI application of a site. Its hub lives as long as the application's lifespan."""
    mcp = McpRoute(site)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        settings = site.backend.settings
        journal = StoreJournal(site.backend.store)
        hub = Hub(journal, resume_grace_s=settings.resume_grace_s, replay_within_s=settings.replay_within_s)
        await site.backend.warm(site.note)
        async with site.backend.tools(site.note), hub, anyio.create_task_group() as tasks:
            tasks.start_soon(_forget_daily, site)
            site.hub, mcp.tasks = hub, tasks
            yield
            tasks.cancel_scope.cancel()
        site.hub = None
        await site.backend.close_models()

    api = FastAPI(
        title="Nutgraf", version=version("nutgraf"), summary=SUMMARY, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    api.include_router(router(site))
    api.include_router(chat_router(site))
    api.include_router(skills_router(site))
    api.router.routes.append(Route(PATH, mcp, include_in_schema=False))
    _pages(api)
    for kind, handler in ((RequestValidationError, _unfit), (HTTPException, _refused), (Exception, _pass_on)):
        api.add_exception_handler(kind, handler)
    settings = site.backend.settings
    gate = Gate(LimitRules(at_most=settings.work_at_most_points), deadline_s=settings.deadline_s)
    return Guard(api, site.door, gate, settings.body_at_most_bytes)


async def _forget_daily(site: Site) -> None:
    """Forget once a day; a day that fails is logged and made up for on the next."""
    while True:
        await anyio.sleep(DAY_S)
        try:
            await anyio.to_thread.run_sync(site.backend.forget)
        except Exception:
            log.exception("what is too old could not be deleted; the next try is in a day")


def _pages(api: FastAPI) -> None:
    @api.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return Response(reference(api.openapi()), media_type="text/html")

    mimetypes.add_type("text/javascript", ".js")
    folder = Path(str(resources.files("nutgraf") / "web"))
    if folder.is_dir():
        api.mount("/", Pages(directory=folder, html=True))


class Pages(StaticFiles):
    """The files of the web pages, looked at anew each time."""

    def file_response(self, *args: object, **more: object) -> Response:
        """As StaticFiles, with a cache that asks before it uses."""
        response = super().file_response(*args, **more)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


# The framework's own error pages are never shown: every error goes on to the guard.


async def _unfit(_: Request, exc: Exception) -> NoReturn:
    assert isinstance(exc, RequestValidationError)
    raise invalid(exc.errors())


async def _refused(_: Request, exc: Exception) -> NoReturn:
    assert isinstance(exc, HTTPException)
    raise Problem(exc.status_code, KINDS.get(exc.status_code, "invalid"), str(exc.detail), headers=exc.headers or {})


async def _pass_on(_: Request, exc: Exception) -> NoReturn:
    raise exc
