"""Child processes on one processor each, what the kernel says of them, and the records of the benchmark."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

RECORDS = 200
TICKS = os.sysconf("SC_CLK_TCK")
SOURCES = Path(__file__).resolve().parents[2] / "src"
TEXT = "The harbour council counted 2,310 deliveries over 11 weeks on four quays. Idle trucks fell by 18% on day {0}."
_LIBC = ctypes.CDLL(None)


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for first in range(20_011 + os.getpid() % 9_000 * 4, 65_000, count):
        with suppress(OSError):
            for port in range(first, first + count):
                socket.create_server(("127.0.0.1", port)).close()
            return first
    raise OSError("no port is free")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def make_records(path: Path) -> None:
    """The members and items of the benchmark, in tables `member` and `item`: an id and a JSON body."""
    with sqlite3.connect(path) as base:
        for table in ("member", "item"):
            base.execute(f"create table {table} (id text primary key, body blob)")
        for k in range(RECORDS):
            member = {"id": f"m{k}", "name": f"Reader {k}", "interests": ["logistics", "harbours"], "tone": "plain"}
            text = " ".join(TEXT.format(10 * k + part) for part in range(10))
            item = {"id": f"i{k}", "title": f"Shared cranes on quay {k}", "text": text}
            for table, body in (("member", member), ("item", item)):
                base.execute(f"insert into {table} values (?, ?)", (body["id"], json.dumps(body).encode()))
    base.close()


def _begin() -> None:
    _LIBC.prctl(1, signal.SIGKILL)  # ends with its parent


@contextmanager
def started(
    command: Sequence[object], cpu: str, folder: Path, env: Mapping[str, str] | None = None, *, pipes: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A Python process on one processor; ended with the block."""
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(SOURCES), **(env or {})}
    pin = ["taskset", "-c", cpu] if len(os.sched_getaffinity(0)) > 1 else []
    process = subprocess.Popen(
        [*pin, sys.executable, *map(str, command)], cwd=folder, env=environ, text=True,
        preexec_fn=_begin,  # noqa: PLW1509 - there are no threads
        stdin=subprocess.PIPE if pipes else subprocess.DEVNULL, stdout=subprocess.PIPE if pipes else None,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(8)
        process.kill()
        process.wait()


@contextmanager
def child(command: Sequence[object], cpu: str, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """As `started`; gives the process id."""
    with started(command, cpu, folder, env) as process:
        yield process.pid


def wait_for(port: int, within_s: float = 30.0) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.3):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on port {port}")


def _tree(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(entry.read_text().rsplit(")", 1)[1].split()[1]), []).append(int(entry.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def cpu_s(pid: int) -> float:
    """Seconds of processor time of a process and those below it, in the kernel and out of it."""
    total = 0.0
    for one in _tree(pid):
        with suppress(OSError):
            total += sum(map(int, Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
    return total / TICKS


def pss_mib(pid: int) -> float:
    """Memory of a process and those below it, shared pages counted by share."""
    total = 0
    for one in _tree(pid):
        with suppress(OSError):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
