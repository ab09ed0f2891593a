"""Reading a document in another process: the side that asks."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Literal

from nutgraf.errors import InputError, MissingPart, NotFound, TooLarge
from nutgraf.ingest.child import LENGTH_BYTES, PATIENCE, REPLY_AT_MOST_BYTES, frame, readable
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.parts import Parts, parts_from_plain

HELPERS_AT_MOST = 2
#: Time a helper may take to start and load a parser, in seconds.
START_WITHIN_S = 20.0

Format = Literal["pdf", "html", "feed", "jsonld"]
_ERRORS = {"InputError": InputError, "TooLarge": TooLarge, "NotFound": NotFound}


def read_apart(form: Format, data: bytes, *, name: str, limits: Limits) -> list[Parts]:
    """What the reader of this format finds in a document, read in a process with little time and memory.

    Safe to call from several threads; it waits, so never call it on an event loop. Raises InputError as
    the reader does, TooLarge when time or memory ran out, MissingPart when no process can be started.
    """
    request = json.dumps({"format": form, "name": name, "limits": asdict(limits)}).encode()
    reply = json.loads(_HELPERS.ask(frame(request) + frame(data), name, limits))
    if "error" in reply:
        raise _ERRORS.get(reply["error"], InputError)(reply["message"])
    return [parts_from_plain(one) for one in reply["parts"]]


def close_helpers() -> None:
    """End the helper processes that are waiting for work; the next document starts one again."""
    _HELPERS.close()


class _Helpers:
    """A few processes that wait for documents; one document at a time each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places = threading.Semaphore(HELPERS_AT_MOST)
        self._idle: list[subprocess.Popen[bytes]] = []
        self._owner = os.getpid()

    def ask(self, request: bytes, name: str, limits: Limits) -> bytes:
        with self._places:
            helper, reply, status = self._take(), None, None
            try:
                reply = _exchange(helper, request, limits.parse_within_s * PATIENCE + START_WITHIN_S)
            finally:
                if reply is None:
                    with suppress(subprocess.TimeoutExpired):
                        status = helper.wait(0.5)
                    _end(helper)
            if status is not None:
                raise MissingPart(
                    f"the process that reads documents ended with status {status}; check the installation of Nutgraf"
                )
            if reply is None:
                raise TooLarge(f"{name}: reading it takes too long; split it, or give its text")
            with self._lock:
                self._idle.append(helper)
            return reply

    def _take(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._owner != os.getpid():  # helpers of the process that we were forked from
                self._idle, self._owner = [], os.getpid()
            while self._idle:
                helper = self._idle.pop()
                if helper.poll() is None:
                    return helper
                _end(helper)
        return _start()

    def close(self) -> None:
        with self._lock:
            helpers, self._idle = (self._idle, []) if self._owner == os.getpid() else ([], [])
        for helper in helpers:
            _end(helper)


def _start() -> subprocess.Popen[bytes]:
    # Nothing of our environment goes along: there may be keys in it.
    path = os.pathsep.join(entry for entry in sys.path if entry)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", "nutgraf.ingest.child"],
            env={"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as exc:
        raise MissingPart(f"no process could be started to read the document ({exc.strerror}); try again") from exc


def _end(helper: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(helper.pid, signal.SIGKILL)
    for pipe in (helper.stdin, helper.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()
    helper.wait()


def _exchange(helper: subprocess.Popen[bytes], request: bytes, within_s: float) -> bytes | None:
    """Send a request and read the reply; None when the helper broke or did not answer in time."""
    end = time.monotonic() + within_s
    if helper.stdin is None or helper.stdout is None:
        return None
    try:
        helper.stdin.write(request)
        helper.stdin.flush()
    except OSError:
        return None
    out, got, wanted = helper.stdout.fileno(), bytearray(), LENGTH_BYTES
    while len(got) < wanted:
        piece = os.read(out, 1 << 16) if readable(out, end) else b""
        if not piece:
            return None
        got += piece
        if len(got) >= LENGTH_BYTES:
            wanted = LENGTH_BYTES + int.from_bytes(got[:LENGTH_BYTES], "big")
            if wanted > LENGTH_BYTES + REPLY_AT_MOST_BYTES:
                return None
    return bytes(got[LENGTH_BYTES:])


_HELPERS = _Helpers()
atexit.register(close_helpers)
