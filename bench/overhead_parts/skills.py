"""Four mock services on four ports: `GET /?member=…&item=…` gives notes after a delay that everybody can work out.

The delay is a pure function of service, member and item: log-normal, 20 ms at the median and 300 ms at the 99th
percentile; one in a hundred never answers. `POST /config` on the first port sets `delay` (`dist` or `none`) and `hang`
(names of services that never answer), `GET /stats` counts.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import statistics
import time
from urllib.parse import parse_qs, urlsplit

import uvloop

NAMES = ("profile", "history", "related", "facts")
MEDIAN_MS, P99_MS, NEVER = 20.0, 300.0, 0.01
_NORMAL = statistics.NormalDist()
_SIGMA = math.log(P99_MS / MEDIAN_MS) / _NORMAL.inv_cdf(0.99)
SET = {"delay": "dist", "hang": []}
COUNTS = {"requests": 0, "aborted": 0, "last_abort": None}


def delay_ms(name: str, member: str, item: str) -> float:
    """Milliseconds until a service answers; infinity when it never does."""
    digest = hashlib.sha256(f"{name}/{member}/{item}".encode()).digest()
    first, second = (int.from_bytes(digest[k : k + 8], "big") / 2**64 for k in (0, 8))
    if second < NEVER:
        return math.inf
    return MEDIAN_MS * math.exp(_SIGMA * _NORMAL.inv_cdf(min(max(first, 1e-9), 1 - 1e-9)))


def notes(name: str, member: str, item: str) -> bytes:
    """What a service answers."""
    found = [
        {"id": f"{name}-{k}", "score": 0.9 - 0.1 * k,
         "text": f"Note {k} of {name}: deliveries, shared cranes, harbour planning and a cost of 4.{k}5 each."}
        for k in range(4)
    ]  # fmt: skip
    return json.dumps({"skill": name, "member": member, "item": item, "notes": found}).encode()


class Service(asyncio.Protocol):
    """One connection to one service."""

    def __init__(self, name: str) -> None:
        self.name, self.got = name, b""
        self.timer: asyncio.TimerHandle | None = None
        self.waits = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waits:
            COUNTS["aborted"] += 1
            COUNTS["last_abort"] = time.monotonic()
        if self.timer is not None:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, ended, body = self.got.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        if not ended or len(body) < length:
            return
        self.got = b""
        target = urlsplit(head.split(b" ", 2)[1].decode())
        if target.path == "/config":
            SET.update(json.loads(body))
            self.reply(json.dumps(SET).encode())
        elif target.path == "/stats":
            self.reply(json.dumps(COUNTS).encode())
        else:
            query = parse_qs(target.query)
            self.work(query.get("member", [""])[0], query.get("item", [""])[0])

    def work(self, member: str, item: str) -> None:
        COUNTS["requests"] += 1
        ms = delay_ms(self.name, member, item) if SET["delay"] == "dist" else 0
        ms = math.inf if self.name in SET["hang"] else ms
        self.waits = True
        if ms == 0:
            self.reply(notes(self.name, member, item))
        elif ms < math.inf:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_later(ms / 1000, self.reply, notes(self.name, member, item))

    def reply(self, body: bytes) -> None:
        self.waits, self.timer = False, None
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)


async def main(first: int) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    for k, name in enumerate(NAMES):
        await loop.create_server(lambda name=name: Service(name), "127.0.0.1", first + k, backlog=1024)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(main(parser.parse_args().port))
