"""The process in which large parsers read foreign documents: `python -m nutgraf.ingest.child`.

It loads a parser once and then forks for every document, so that each is read by a fresh process
which may use little memory and time, may neither connect, write nor start anything, and is gone
afterwards. Frames on stdin and stdout are a length of eight bytes and that many bytes.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from nutgraf.errors import InputError, TooLarge
from nutgraf.ingest.guard import too_large
from nutgraf.ingest.jsontext import read_json
from nutgraf.ingest.limits import Limits

LENGTH_BYTES = 8
REPLY_AT_MOST_BYTES = 32_000_000
#: How much longer than its CPU time a document may take on the clock: other work may share the processor.
PATIENCE = 4

_READERS = {"pdf": "read_pdf", "html": "read_html", "feed": "read_feed", "jsonld": "read_jsonld"}
#: What a parser has no business doing: every audit event of Python that begins with one of these is refused.
_FORBIDDEN = (
    "socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.kill", "os.remove", "os.rename",
    "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.truncate", "os.chmod", "ctypes.", "shutil.", "urllib.",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Answer requests until stdin ends."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    while (header := read_frame(requests)) is not None:
        data = read_frame(requests)
        if data is None:
            return
        replies.write(frame(_answer(json.loads(header), data)))
        replies.flush()


def frame(content: bytes) -> bytes:
    """Content with its length before it."""
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, None at the end of the stream."""
    size = stream.read(LENGTH_BYTES)
    if len(size) < LENGTH_BYTES:
        return None
    content = stream.read(int.from_bytes(size, "big"))
    return content if len(content) == int.from_bytes(size, "big") else None


def readable(handle: int, end: float) -> bool:
    """Wait until a pipe can be read or was closed; False when `end`, in seconds of monotonic time, comes first."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(max(0.0, end - time.monotonic()) * 1_000))


def _answer(request: dict[str, Any], data: bytes) -> bytes:
    """Fork, let the fork read the document, and pass on what it says."""
    limits, name, form = Limits(**request["limits"]), request["name"], request["format"]
    importlib.import_module(f"nutgraf.ingest.{form}")
    gc.freeze()
    inner, outer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(inner)
        _read_and_leave(form, data, name, limits, outer)
    os.close(outer)
    reply, in_time = _collect(inner, limits.parse_within_s * PATIENCE)
    os.close(inner)
    if not in_time:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if status == 0 and reply:
        return reply
    out_of_time = not in_time or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL))
    return _failure(_exhausted(name, limits, "time" if out_of_time else "memory"))


def _collect(pipe: int, within_s: float) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    size, end = 0, time.monotonic() + within_s
    while size <= REPLY_AT_MOST_BYTES:
        if not readable(pipe, end):
            return b"", False
        piece = os.read(pipe, 1 << 16)
        if not piece:
            return b"".join(pieces), True
        pieces.append(piece)
        size += len(piece)
    return b"", False


def _read_and_leave(form: str, data: bytes, name: str, limits: Limits, pipe: int) -> None:
    """Read the document inside the limits, write the reply to the pipe, and end the process."""
    try:
        _lock_in(limits)
        reply = _read(form, data, name, limits)
        view = memoryview(reply)
        while view:
            view = view[os.write(pipe, view) :]
        os._exit(0)
    finally:
        os._exit(1)


def _read(form: str, data: bytes, name: str, limits: Limits) -> bytes:
    try:
        reader = getattr(importlib.import_module(f"nutgraf.ingest.{form}"), _READERS[form])
        if form == "pdf":
            found = reader(data, name=name, limits=limits)
        elif form == "jsonld":
            found = reader(read_json(data.decode(), name=name, limits=limits), name=name)
        else:
            found = reader(data.decode(), name=name, limits=limits)
        reply = json.dumps({"parts": [asdict(parts) for parts in found]}).encode()
        if len(reply) > REPLY_AT_MOST_BYTES:
            raise too_large(name, "the document has too much text", f"{REPLY_AT_MOST_BYTES:,} bytes of text")
    except InputError as exc:
        return _failure(exc)
    except (MemoryError, RecursionError):
        return _failure(_exhausted(name, limits, "memory"))
    except Exception as exc:
        return _failure(InputError(f"{name}: cannot be read ({type(exc).__name__}); save it again or give its text"))
    return reply


def _failure(exc: InputError) -> bytes:
    return json.dumps({"error": type(exc).__name__, "message": str(exc)}).encode()


def _exhausted(name: str, limits: Limits, what: str) -> InputError:
    limit = (
        f"{limits.parse_within_s:g} s of work"
        if what == "time"
        else f"{limits.parse_in_at_most_bytes:,} bytes of memory"
    )
    return TooLarge(f"{name}: reading it takes more than {limit}; split it, or give its text")


def _lock_in(limits: Limits) -> None:
    cpu = max(1, round(limits.parse_within_s))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    statm = Path("/proc/self/statm")
    if statm.exists():
        now = int(statm.read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + limits.parse_in_at_most_bytes,) * 2)
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a document reader may not use {event}")
    if event == "open" and isinstance(flags := arguments[2], int) and flags & _WRITING:
        raise PermissionError("a document reader may not write files")


if __name__ == "__main__":
    main()
