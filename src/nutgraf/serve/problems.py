"""Errors as the API gives them: a status, a kind, a sentence, and a ticket where only the log may say more."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nutgraf.errors import (
    InputError,
    MissingPart,
    ModelBusy,
    NotAllowed,
    NotFound,
    NutgrafError,
    StoreError,
    TooLarge,
)  # fmt: skip
from nutgraf.stream.log import root_cause, to_json
from nutgraf.stream.openai_chat import error as openai_error

log = logging.getLogger(__name__)

#: The first class that fits decides.
STATUS: tuple[tuple[type[NutgrafError], int, str], ...] = (
    (TooLarge, 413, "too-large"),
    (NotFound, 404, "not-found"),
    (InputError, 400, "invalid"),
    (NotAllowed, 403, "not-allowed"),
    (MissingPart, 503, "missing-part"),
    (ModelBusy, 503, "busy"),
    (StoreError, 503, "store"),
    (NutgrafError, 500, "failed"),
)
MESSAGE_AT_MOST_CHARS = 600
JSON = "application/json"
SERVERS = 500
OPENAI_TYPES = {403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


@dataclass(eq=False)
class Problem(Exception):
    """An answer that is an error, raised anywhere behind the guard."""

    status: int
    kind: str
    message: str
    ticket: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """The JSON of the answer."""
        error = {"kind": self.kind, "message": self.message[:MESSAGE_AT_MOST_CHARS]}
        return to_json({"error": error | ({"ticket": self.ticket} if self.ticket else {}) | dict(self.more)})


def spoken(path: str, problem: Problem) -> tuple[str, bytes]:
    """The media type and the body of an error, as the clients that call this path understand it."""
    message = problem.message[:MESSAGE_AT_MOST_CHARS]
    ticket = f" (ticket {problem.ticket})" if problem.ticket else ""
    if path.startswith("/v1/ui/"):
        return "text/plain; charset=utf-8", f"{message}{ticket}".encode("utf-8", "replace")
    if path.startswith(("/v1/chat/", "/v1/models")):
        kind = OPENAI_TYPES.get(problem.status, "invalid_request_error" if problem.status < SERVERS else "server_error")
        return JSON, to_json({"error": openai_error(message + ticket, kind, problem.kind)})
    return JSON, problem.body()


def problem_of(exc: BaseException) -> Problem:
    """The answer for an exception. The caller's own mistakes are told in full; the rest is logged with a ticket."""
    exc = root_cause(exc)
    if isinstance(exc, Problem):
        return exc
    if not isinstance(exc, NutgrafError):
        return _logged(500, "failed", NutgrafError.public, exc)
    status, kind = next((status, kind) for cls, status, kind in STATUS if isinstance(exc, cls))
    if isinstance(exc, (InputError, NotAllowed)):
        return Problem(status, kind, str(exc))
    if isinstance(exc, ModelBusy):
        return Problem(status, kind, exc.public, headers={"Retry-After": str(2 + secrets.randbelow(4))})
    return _logged(status, kind, exc.public, exc)


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The answer for what pydantic found wrong with a request: each field with its fault."""
    told = []
    for error in errors[:5]:
        where = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path")) or "body"
        fault = "is not known; leave it out" if error["type"] == "extra_forbidden" else str(error["msg"])
        told.append(f"{where}: {fault}")
    return Problem(422, "invalid", "; ".join(told))


def _logged(status: int, kind: str, message: str, exc: BaseException) -> Problem:
    ticket = secrets.token_hex(6)
    log.error("request failed, ticket %s", ticket, exc_info=exc)
    return Problem(status, kind, message, ticket)
