"""The page of annotators on 127.0.0.1: static files, and five small answers in JSON. Nobody else gets in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nutgraf.errors import InputError
from nutgraf.evals.annotate.labels import LabelLog

PAGES = {"/": "page.html", "/page.css": "page.css", "/page.js": "page.js", "/lists.js": "lists.js"}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
BODY_AT_MOST_BYTES = 20_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAFE = {"content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
HERE = Path(__file__).parent
HOSTS = ("127.0.0.1", "localhost")


def serve(log: LabelLog, port: int = 0) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 that is not running yet; port 0 takes a free one. Raises InputError for a port in use."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, log))
    except (OSError, OverflowError) as exc:
        raise InputError(f"port: {port} cannot be used ({exc}); choose another, or 0 for any") from exc


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "nutgraf", ""
    timeout = 30

    def __init__(self, log: LabelLog, *args: Any) -> None:
        self._log = log
        super().__init__(*args)

    def do_GET(self) -> None:
        """A file of the page, or what it asks for."""
        place = urlsplit(self.path)
        if not self._from_here():
            return
        if place.path in PAGES:
            file = HERE / PAGES[place.path]
            self._send(200, file.read_bytes(), f"{TYPES[file.suffix]}; charset=utf-8")
            return
        who = " ".join(parse_qs(place.query).get("who", [""])[0].split())
        answers: dict[str, Callable[[], Any]] = {
            "/api/state": lambda: self._state(who), "/api/agreement": self._log.agreement,
        }  # fmt: skip
        if place.path == "/api/export":
            body = "".join(f"{line}\n" for line in self._log.export()).encode()
            self._send(200, body, "application/jsonl", {"content-disposition": 'attachment; filename="labels.jsonl"'})
        elif place.path in answers:
            self._json(200, answers[place.path]())
        else:
            self._json(404, {"message": "There is nothing here."})

    def do_POST(self) -> None:
        """Keep a label."""
        if not self._from_here():
            return
        if self.path != "/api/label" or self.headers.get_content_type() != "application/json":
            self._json(404, {"message": "There is nothing here."})
            return
        try:
            size = int(self.headers.get("content-length", ""))
            if not 0 < size <= BODY_AT_MOST_BYTES:
                raise ValueError
            row = json.loads(self.rfile.read(size))
            texts = {name: str(row.get(name) or "") for name in ("task", "who", "label", "note")}
            given = self._log.give(**texts, took_s=float(row.get("took_s") or 0.0))
        except InputError as exc:
            self._json(400, {"message": str(exc)})
        except (ValueError, TypeError, AttributeError):
            self.close_connection = True
            self._json(400, {"message": "This is no label."})
        else:
            self._json(200, {"given": asdict(given), "progress": self._log.progress(given.who)})

    def _state(self, who: str) -> dict[str, Any]:
        return {
            "rubric": self._log.rubric.told(), "progress": self._log.progress(who),
            "tasks": [asdict(task) for task in self._log.queue(who)] if who else [],
        }  # fmt: skip

    def _from_here(self) -> bool:
        """Whether a request is of the page itself: pages of other origins, and other names of this machine, are not."""
        host = (self.headers.get("host") or "").rsplit(":", 1)[0]
        origin = self.headers.get("origin")
        if host in HOSTS and (origin is None or urlsplit(origin).netloc == self.headers.get("host")):
            return True
        self.close_connection = True
        self._json(403, {"message": "Open the page at the address that the command prints."})
        return False

    def _json(self, status: int, value: Any) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        own = {"content-type": kind, "content-length": str(len(body)), "cache-control": "no-store"}
        for name, value in {**own, **SAFE, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (its name there)
        """Say nothing: what is labelled is nobody else's business."""
