"""Busy means a quick refusal, not a hang. `python bench/acceptance_07.py [--short] [--control] [--seed N]`.

A server with the shipped event loop and the shipped admission runs in a process of its own; an answer costs 10 ms of
processor time. Its capacity is measured first, by callers who wait for each other. Then callers who do not, each on a
new connection, ask five times as often (open loop). Then everybody who is refused tries three times again, as told by
Retry-After, and at last calm returns. A caller gives up after its deadline. `server_cpu` is the share of a core that
the server had; where that is less than `capacity_cpu`, somebody else took it, and `goodput_by_cpu` shows what the
server made of what it had. `--control` leaves admission out, and must fail.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

WORK_S, DEADLINE_S = 0.010, 1.0
GOODPUT_AT_LEAST, SHED_P99_AT_MOST_MS, DEAD_AT_MOST, RECOVERED_AT_MOST_S = 0.90, 100.0, 0.01, 10.0
TRIES, WINDOW_S = 4, 2.0
BODY = b'{"item":"i","question":"q"}'
REQUEST = (
    b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Nutgraf-Attempt: %d\r\nX-Began: %.6f\r\nContent-Length: %d\r\n\r\n%s"
)


def serve(fd: int, *, on: bool) -> None:
    """The server: the guard of the product over an answer that only costs processor time."""
    import uvicorn

    from nutgraf.serve.admission import Gate
    from nutgraf.serve.door import LocalDoor
    from nutgraf.serve.guard import AsgiScope, Guard, Receive, Send
    from nutgraf.serve.wire import OneWrite

    told = {"started": 0, "dead": 0}

    async def answer(scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            body = json.dumps({**told, "cpu_s": time.process_time(), "limit": gate.limiter.limit}).encode()
        else:
            told["started"] += 1
            began = next(float(value) for name, value in scope["headers"] if name == b"x-began")
            told["dead"] += time.monotonic() - began > DEADLINE_S
            until = time.thread_time() + WORK_S
            while time.thread_time() < until:
                pass
            body = b'{"answer":"yes"}'
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    gate = Gate(deadline_s=DEADLINE_S, on=on)
    guard = Guard(answer, LocalDoor(), gate, 10_000)
    config = uvicorn.Config(
        guard, loop="asyncio", http=OneWrite, lifespan="off", log_config=None, access_log=False, server_header=False,
        proxy_headers=False,
    )  # fmt: skip
    uvicorn.Server(config).run([socket.socket(fileno=fd)])


@dataclass(frozen=True, slots=True)
class Told:
    """One try of a caller: when it began (in the phase), how long it took, and the status; 0 when it gave up."""

    at: float
    took_s: float
    status: int
    retry_after_s: float = 0.0


class Call(asyncio.Protocol):
    """One request on one connection, read to its end."""

    def __init__(self, attempt: int, began: float) -> None:
        """Say which try this is, and when its caller began to wait (on the clock of the whole machine)."""
        self.attempt, self.began, self.got = attempt, began, bytearray()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(REQUEST % (self.attempt, self.began, len(BODY), BODY))

    def data_received(self, data: bytes) -> None:
        """Keep what comes."""
        self.got += data

    def connection_lost(self, exc: Exception | None) -> None:
        """The answer is whole, or the connection is lost."""
        if not self.ended.done():
            self.ended.set_result(None)


class Callers:
    """All callers of one server."""

    def __init__(self, port: int, seed: int) -> None:
        """`port` of the server."""
        self.port, self.draw = port, random.Random(seed)

    async def once(self, began: float, attempt: int = 1) -> Told:
        """One try, given up at its deadline."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        transport = None
        try:
            async with asyncio.timeout(DEADLINE_S):
                transport, call = await loop.create_connection(lambda: Call(attempt, start), "127.0.0.1", self.port)
                await call.ended
            status = int(call.got[9:12] or 0)
            found = re.search(rb"\r\nretry-after: (\d+)", call.got[:600], re.IGNORECASE)
            after = float(found.group(1)) if found else 0.0
        except (TimeoutError, OSError):
            status, after = 0, 0.0
        finally:
            if transport is not None:
                transport.abort()
        return Told(start - began, loop.time() - start, status, after)

    async def patient(self, began: float) -> list[Told]:
        """Up to four tries, each as long after the last one as it was told."""
        tries: list[Told] = []
        while len(tries) < TRIES:
            tries.append(await self.once(began, len(tries) + 1))
            if tries[-1].status == 200:
                break
            await asyncio.sleep(tries[-1].retry_after_s or 1.0)
        return tries

    async def closed_loop(self, seconds: float, callers: int = 12) -> float:
        """Answers a second when `callers` ask again as soon as they are answered; the first second does not count."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        good = 0

        async def caller() -> None:
            nonlocal good
            while loop.time() < began + 1.0 + seconds:
                told = await self.once(began)
                good += told.status == 200 and told.at >= 1.0
                if told.status != 200:
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(caller() for _ in range(callers)))
        return good / seconds

    async def open_loop(
        self, rate: float, seconds: float, call: Callable[[float], Awaitable[list[Told]]]
    ) -> list[Told]:
        """Callers who come at a mean `rate` a second, whatever becomes of the others."""
        loop = asyncio.get_running_loop()
        began, due = loop.time(), 0.0
        calls: list[asyncio.Task[list[Told]]] = []
        while (due := due + self.draw.expovariate(rate)) < seconds:
            if (wait := began + due - loop.time()) > 0:
                await asyncio.sleep(wait)
            calls.append(asyncio.ensure_future(call(began)))
        return [told for tries in await asyncio.gather(*calls) for told in tries]

    async def single(self, began: float) -> list[Told]:
        """One try."""
        return [await self.once(began)]

    async def figures(self) -> dict[str, float]:
        """What the server counts."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET /figures HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        found: dict[str, float] = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        return found


def p99_ms(times: list[float]) -> float:
    """The 99th percentile of seconds, in milliseconds; 0 of nothing."""
    return 1000.0 * sorted(times)[min(len(times) - 1, int(0.99 * len(times)))] if times else 0.0


def recovered_s(calm: list[Told], before_ms: float) -> float:
    """Seconds until the answers of a window are as quick as before the storm, within a fifth, and none is refused."""
    at = 0.0
    while at <= RECOVERED_AT_MOST_S:
        window = [told for told in calm if at <= told.at < at + WINDOW_S]
        good = [told.took_s for told in window if told.status == 200]
        if window and len(good) >= 0.99 * len(window) and p99_ms(good) <= 1.2 * before_ms:
            return at
        at += 0.25
    return 99.0


async def measure(port: int, seed: int, overload_s: float) -> dict[str, float]:
    """All phases, and their figures."""
    callers = Callers(port, seed)
    first, began = await callers.figures(), time.monotonic()
    capacity = await callers.closed_loop(4.0)
    alone = ((await callers.figures())["cpu_s"] - first["cpu_s"]) / (time.monotonic() - began)
    before = await callers.open_loop(0.8 * capacity, 5.0, callers.single)
    start = await callers.figures()
    began = time.monotonic()
    flood = await callers.open_loop(5.0 * capacity, overload_s, callers.single)
    passed = time.monotonic() - began
    end = await callers.figures()
    storm = asyncio.ensure_future(callers.open_loop(2.0 * capacity, 5.0, callers.patient))
    await asyncio.sleep(5.0)
    calm = await callers.open_loop(0.8 * capacity, RECOVERED_AT_MOST_S + WINDOW_S, callers.single)
    await storm
    admitted = [told.took_s for told in flood if told.status == 200]
    shed = [told.took_s for told in flood if told.status in (429, 503)]
    started = end["started"] - start["started"]
    share = (end["cpu_s"] - start["cpu_s"]) / passed
    goodput = len(admitted) / overload_s / capacity
    return {
        "capacity": capacity, "capacity_cpu": alone, "offered": len(flood) / overload_s / capacity,
        "goodput": goodput, "server_cpu": share, "goodput_by_cpu": goodput * alone / share,
        "admitted_p99_ms": p99_ms(admitted), "shed_p99_ms": p99_ms(shed), "shed": len(shed),
        "typed": sum(1 for told in flood if told.status in (429, 503) and told.retry_after_s >= 1.0),
        "gave_up": sum(told.status == 0 for told in flood),
        "dead_work": (end["dead"] - start["dead"]) / max(1.0, started),
        "limit": end["limit"],
        "before_p99_ms": p99_ms([told.took_s for told in before if told.status == 200]),
        "recovered_s": recovered_s(calm, p99_ms([told.took_s for told in before if told.status == 200])),
    }  # fmt: skip


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="12 seconds of overload instead of 30")
    parser.add_argument("--control", action="store_true", help="without admission; must fail")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve is not None:
        serve(args.serve, on=not args.control)
        return 0
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    fd = listener.fileno()
    command = [sys.executable, __file__, "--serve", str(fd), *(["--control"] if args.control else [])]
    server = subprocess.Popen(command, pass_fds=[fd], env={**os.environ, "PYTHONHASHSEED": "0"})
    try:
        figures = asyncio.run(measure(listener.getsockname()[1], args.seed, 12.0 if args.short else 30.0))
    finally:
        server.kill()  # without admission it would go on working for callers who left long ago
        server.wait(20)
        listener.close()
    print(f"seed {args.seed}; asyncio's loop; {WORK_S * 1000:.0f} ms of processor an answer; deadline {DEADLINE_S:g} s")
    for name, value in figures.items():
        print(f"  {name:16} {value:10.2f}")
    held = (
        figures["goodput"] >= GOODPUT_AT_LEAST
        and figures["admitted_p99_ms"] <= DEADLINE_S * 1000
        and figures["shed_p99_ms"] <= SHED_P99_AT_MOST_MS
        and figures["typed"] == figures["shed"]
        and figures["dead_work"] <= DEAD_AT_MOST
        and figures["recovered_s"] <= RECOVERED_AT_MOST_S
    )
    names = ("goodput", "admitted_p99_ms", "shed_p99_ms", "dead_work", "recovered_s")
    print(" ".join(f"{name}={figures[name]:.3f}" for name in names))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
