"""The load side: open-loop requests over plain sockets, and what came of each, as one line of JSON.

Arrivals are a seeded Poisson process fixed beforehand; every time counts from the moment a request was due, so that
nobody's slowness hides waiting. `--form ours` reads our events, `--form byhand` those of the entrants written by hand.
`--side` is the folder of the mock services, whose delays and answers are known beforehand.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import random
import re
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import uvloop

RECORDS = 200
#: First thing that tells a reader of a sentence, a whole answer, and anything that is none.
FIRST = {"ours": b"event: sentence-held\n", "byhand": b"event: delta\n"}
DONE = {"ours": b'"ending":"done"', "byhand": b"event: done\n"}
SETTLED = re.compile(rb"event: sentence-(?:committed|dropped)\n")
ENDING = re.compile(rb'"ending":"([a-z]+)"')
GAVE_UP_S = 20.0


def fetch(url: str, value: object = None) -> dict:
    """Ask a mock service with GET, or POST a value."""
    data = None if value is None else json.dumps(value).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=20) as response:
        return json.loads(response.read())


class Stream(asyncio.Protocol):
    """One request and its moments, in seconds on the loop's clock."""

    def __init__(self, form: str, request: bytes, due: float) -> None:
        self.form, self.request, self.due = form, request, due
        self.first: float | None = None
        self.ended: float | None = None
        self.settled: list[float] = []
        self.got = bytearray()
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Note what came when."""
        now, seen = asyncio.get_running_loop().time(), max(0, len(self.got) - 40)
        self.got += data
        if self.first is None and self.got.find(FIRST[self.form], seen) >= 0:
            self.first = now
        for _ in range(len(SETTLED.findall(self.got)) - len(self.settled)) if b"event: sentence-" in data else ():
            self.settled.append(now)
        if self.got.endswith(b"\r\n0\r\n\r\n"):
            self.transport.close()
            self.finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.finish()

    def finish(self) -> None:
        """Note the end, once."""
        if self.ended is None:
            self.ended = asyncio.get_running_loop().time()
            self.over.set_result(None)

    @property
    def kind(self) -> str:
        """How it ended, as a client can tell."""
        if self.got[9:12] != b"200":
            return "http-" + self.got[9:12].decode() if self.got else "refused"
        if DONE[self.form] in self.got:
            return "done"
        found = ENDING.search(self.got)
        return found[1].decode() if found else "error" if b"event: error" in self.got else "torn"


def request_of(url: str, form: str, member: str, item: str) -> bytes:
    """A request as bytes."""
    names = ("member", "item") if form == "ours" else ("member_id", "item_id")
    body = json.dumps(dict(zip(names, (member, item), strict=True))).encode()
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
        f"accept: text/event-stream\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


async def opened(options: argparse.Namespace, member: str, item: str, due: float) -> Stream:
    """A stream whose request was sent."""
    parts, loop = urlsplit(options.url), asyncio.get_running_loop()
    stream = Stream(options.form, request_of(options.url, options.form, member, item), due)
    try:
        await loop.create_connection(lambda: stream, parts.hostname, parts.port)
    except OSError:
        stream.finish()
    return stream


def quantiles(values: list[float]) -> dict[str, float] | None:
    """Quantiles in milliseconds of values in seconds."""
    ranked = sorted(values)
    at = {q: min(len(ranked) - 1, len(ranked) * q // 100) for q in (50, 95, 99)}
    return {f"p{q}": round(1000 * ranked[place], 2) for q, place in at.items()} if ranked else None


class Ideal:
    """What nobody could make faster for a given request, in seconds."""

    def __init__(self, options: argparse.Namespace, config: dict) -> None:
        sys.path.insert(0, options.side)
        self.skills, self.options, self.config = importlib.import_module("skills"), options, config
        text, tokens = importlib.import_module("answer").answer(int(config["tokens"]))
        self.first_word = self._token(tokens, re.search(r'"text": "\S', text).end())
        sentence_end = re.compile(r'[.!?]["”]?(?= [A-Z]|", "source)').search(text)
        self.first_sentence = self._token(tokens, sentence_end.end())

    def _token(self, tokens: tuple[str, ...], chars: int) -> float:
        """Seconds from the first token to the one that brings so many characters."""
        said = 0
        for number, token in enumerate(tokens):
            said += len(token)
            if said >= chars:
                return number / self.config["tps"] if self.config["tps"] else 0.0
        raise ValueError("the answer is shorter")

    def start(self, member: str, item: str) -> float:
        """From the request to the first token: the slowest service or the deadline, then the model."""
        set_ = json.loads(self.options.skills)
        waits = [
            float("inf") if name in set_.get("hang", ()) else
            self.skills.delay_ms(name, member, item) if set_.get("delay", "dist") == "dist" else 0.0
            for name in self.skills.NAMES
        ]  # fmt: skip
        return (min(max(waits), self.options.deadline_ms) + self.config["ttft_ms"]) / 1000


async def run(options: argparse.Namespace) -> dict:
    """Requests at a rate; what was added to what nobody can avoid."""
    ideal = Ideal(options, fetch(options.upstream + "/config", {}))
    loop, rng = asyncio.get_running_loop(), random.Random(options.seed)
    plan, at = [], 0.0
    while (at := at + rng.expovariate(options.rate)) < options.seconds:
        plan.append((at, f"m{rng.randrange(RECORDS)}", f"i{rng.randrange(RECORDS)}"))
    if options.every:  # every record once, at an even pace
        plan = [(n * options.seconds / RECORDS, f"m{n}", f"i{n}") for n in range(RECORDS)]
    begun, mine = loop.time() + 0.1, time.process_time()

    async def one(at: float, member: str, item: str) -> tuple[Stream, float]:
        stream = await opened(options, member, item, begun + at)
        try:
            await asyncio.wait_for(asyncio.shield(stream.over), GAVE_UP_S)
        except TimeoutError:
            stream.transport.abort()
        return stream, begun + at + ideal.start(member, item)

    tasks, lag = [], []
    for at, member, item in plan:
        await asyncio.sleep(max(0.0, begun + at - loop.time()))
        lag.append(loop.time() - begun - at)
        tasks.append(asyncio.create_task(one(at, member, item)))
    told = await asyncio.gather(*tasks)
    late = [(stream, start) for stream, start in told if stream.due - begun >= options.skip]
    kinds: dict[str, int] = {}
    for stream, _ in told:
        kinds[stream.kind] = kinds.get(stream.kind, 0) + 1
    return {
        "streams": len(told), "kinds": kinds, "wall_s": round(loop.time() - begun, 2),
        "added_first": quantiles([s.first - start - ideal.first_word for s, start in late if s.first]),
        "added_settled": quantiles([s.settled[0] - start - ideal.first_sentence for s, start in late if s.settled]),
        "complete": quantiles([s.ended - s.due for s, _ in late if s.ended]),
        "bytes": sum(len(s.got) for s, _ in told) // max(1, len(told)), "send_lag": quantiles(lag),
        "load_cpu": round((time.process_time() - mine) / max(0.1, loop.time() - begun), 2),
        "model": fetch(options.upstream + "/stats"),
    }  # fmt: skip


async def hold(options: argparse.Namespace) -> dict:
    """Open many streams, say when they all talk, and hold them until a line comes on standard input."""
    loop, rng = asyncio.get_running_loop(), random.Random(options.seed)
    streams = []
    for _ in range(options.count):
        streams.append(await opened(options, f"m{rng.randrange(RECORDS)}", f"i{rng.randrange(RECORDS)}", loop.time()))
        await asyncio.sleep(1 / options.rate)
    limit = loop.time() + 20
    while loop.time() < limit and any(stream.first is None for stream in streams):  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    print(json.dumps({"open": sum(s.first is not None and s.ended is None for s in streams)}), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    for stream in streams:
        stream.transport.abort()
    return {}


async def leave(options: argparse.Namespace) -> dict:
    """Leave in one stage, time and again; how long until the service or the model saw its connection closed."""
    loop, rng, closed, never = asyncio.get_running_loop(), random.Random(options.seed), [], 0
    where = options.skills_url if options.stage == "sources" else options.upstream

    async def stats() -> dict:
        return await loop.run_in_executor(None, fetch, where + "/stats")

    for _ in range(options.count):
        before = await stats()
        stream = await opened(options, f"m{rng.randrange(RECORDS)}", f"i{rng.randrange(RECORDS)}", loop.time())
        until = loop.time() + 5
        while loop.time() < until and not (  # noqa: ASYNC110 - another process is watched
            stream.first is not None if options.stage == "stream"
            else (await stats())["requests"] > before["requests"]
        ):  # fmt: skip
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        before, gone = await stats(), time.monotonic()
        stream.transport.abort()
        until, now = loop.time() + 2, before
        while loop.time() < until and now["aborted"] == before["aborted"]:
            await asyncio.sleep(0.02)
            now = await stats()
        if now["aborted"] > before["aborted"]:
            closed.append(now["last_abort"] - gone)
        else:
            never += 1
    return {"closed": len(closed), "never": never, "closed_ms": round(1000 * max(closed, default=0.0), 1)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("run", "hold", "leave"))
    for name in ("url", "upstream", "side", "skills-url"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--form", choices=sorted(FIRST), default="ours")
    parser.add_argument("--skills", default="{}")
    parser.add_argument("--stage", choices=("sources", "waiting", "stream"), default="stream")
    for name, value in (("rate", 4.0), ("seconds", 5.0), ("skip", 0.0), ("deadline-ms", 250.0), ("every", 0.0)):
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    print(json.dumps(uvloop.run({"run": run, "hold": hold, "leave": leave}[chosen.what](chosen))))
