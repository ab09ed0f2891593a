"""How soon has a model really stopped when its reader leaves? `python bench/stop.py [--short] [--control]`.

Streams are opened on the embedded model and on a provider on the loopback and left in each phase. The clock stops when
llama.cpp itself says that it processes nothing, or when the provider sees its connection closed. Turns, tasks and file
descriptors must be what they were before. `--control` leaves without closing, and must fail.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import anyio
import anyio.lowlevel
from anyio.to_thread import run_sync

from nutgraf.errors import MissingPart
from nutgraf.model.embedded import EmbeddedModel
from nutgraf.model.openai_http import OpenAIModel
from nutgraf.seams import Model
from nutgraf.testing import FakeProvider, Reply
from nutgraf.types import Deadline, Message, Prompt

LIMIT_MS = 250.0
GIVE_UP_S = 1.0
STORY = "Tell a long story about a town, its river, its bridge and everyone who ever lived there."
Stream = AbstractAsyncContextManager[AsyncIterator[str]]


def asked(text: str) -> Prompt:
    """A prompt for a long answer."""
    return Prompt(name="bench", version="1", messages=(Message("user", text),), max_tokens=400)


def long_text(rng: random.Random) -> str:
    """About 700 tokens that are in no cache."""
    return " ".join(f"{rng.choice(('house', 'mill', 'boat'))} {rng.randint(1, 10**6)}" for _ in range(90))


class Leaver:
    """Opens streams and leaves them; as a control it forgets to close them until the end."""

    def __init__(self, *, closes: bool) -> None:
        self.closes = closes
        self.forgotten: list[Stream] = []
        self.times: dict[str, list[float]] = {}

    async def leave(self, phase: str, stream: Stream, at: Callable[[AsyncIterator[str]], Awaitable[object]],
                    stopped: Callable[[], Awaitable[object]]) -> None:  # fmt: skip
        """Open, wait until `at` is done, leave, and note the time until `stopped` is done."""
        pieces = await stream.__aenter__()
        await at(pieces)
        left = anyio.current_time()
        if self.closes:
            await stream.__aexit__(None, None, None)
        else:
            self.forgotten.append(stream)
        with anyio.move_on_after(GIVE_UP_S):
            await stopped()
        self.note(phase, left)
        await self.close()

    def note(self, phase: str, left: float) -> None:
        """Keep the time since `left`."""
        self.times.setdefault(phase, []).append((anyio.current_time() - left) * 1000.0)

    async def close(self) -> None:
        """Close what was forgotten."""
        while self.forgotten:
            await self.forgotten.pop().__aexit__(None, None, None)


async def first(pieces: AsyncIterator[str]) -> str:
    """Wait for the first piece."""
    return await anext(pieces)


def pause(seconds: float) -> Callable[[AsyncIterator[str]], Awaitable[object]]:
    """Wait a while without reading."""
    return lambda _: anyio.sleep(seconds)


async def idle(model: EmbeddedModel) -> None:
    """Wait until llama.cpp processes nothing."""
    while "requests_processing 0" not in await run_sync(model._server.handle_metrics):  # noqa: ASYNC110
        await anyio.sleep(0.002)


async def embedded(leaver: Leaver, rounds: int, rng: random.Random) -> int:
    """Leave the embedded model in each phase; how many turns were lost."""
    model = EmbeddedModel()
    await model.load()
    far = Deadline(anyio.current_time() + 600.0)
    for _ in range(rounds):
        prompt = asked(long_text(rng))
        wait = rng.uniform(0.05, 1.0)
        await leaver.leave("embedded, prompt evaluation", model.stream(prompt, far), pause(wait), partial(idle, model))
        await leaver.leave("embedded, mid-stream", model.stream(asked(STORY), far), first, partial(idle, model))
        if leaver.closes:
            await _queued(leaver, model, far)
    await idle(model)
    lost = 1 - model._turns.free + model._turns.waiting
    await model.aclose()
    return lost


async def _queued(leaver: Leaver, model: EmbeddedModel, far: Deadline) -> None:
    """Leave the queue while another request has the only turn."""

    async def wait() -> None:
        async with model.stream(asked(STORY), far):
            raise AssertionError("there was only one turn")

    async with model.stream(asked(STORY), far):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            while model._turns.waiting == 0:
                await anyio.lowlevel.checkpoint()
            left = anyio.current_time()
            tasks.cancel_scope.cancel()
        assert model._turns.waiting == 0
        leaver.note("embedded, queued", left)


async def provider(leaver: Leaver, rounds: int) -> int:
    """Leave a provider before its first token and in mid-stream; how many requests stayed open."""
    replies = (Reply(pieces=(60.0,)), Reply(pieces=("and ", 0.002), endless=True))
    async with FakeProvider(lambda received: replies[(received.number - 1) % 2]) as server:
        model: Model = OpenAIModel("bench", base_url=server.base_url, model="m")
        far = Deadline(anyio.current_time() + 600.0)
        for number in range(1, 2 * rounds + 1):
            phase, at = (("first token", pause(0.005)), ("mid-stream", first))[(number - 1) % 2]

            async def closed(number: int = number) -> None:
                await (await server.arrived(number)).closed.wait()

            await leaver.leave(f"provider, {phase}", model.stream(asked(STORY), far), at, closed)
        await model.aclose()  # type: ignore[attr-defined]
        await asyncio.gather(*(received.closed.wait() for received in server.ledger))
        return server.open_requests


def descriptors() -> int:
    """Open file descriptors of this process; 0 where they cannot be counted."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def percentile(times: list[float], share: float) -> float:
    """The smallest time that `share` of the times do not pass."""
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


async def main(options: argparse.Namespace) -> int:
    """Run every phase and print the figures; 0 when all hold."""
    leaver = Leaver(closes=not options.control)
    rounds = 4 if options.control else 12 if options.short else 60
    await run_sync(descriptors)  # the worker thread is there before anything is counted
    tasks, fds = len(asyncio.all_tasks()), descriptors()
    slots = await provider(leaver, rounds * 5)
    try:
        slots += await embedded(leaver, rounds, random.Random(options.seed))
    except MissingPart as missing:
        print(f"embedded model left out: {missing}")
    await asyncio.sleep(0.05)
    for phase, times in leaver.times.items():
        print(
            f"{phase:28s} n={len(times):4d} p50={percentile(times, 0.5):6.1f} ms p99={percentile(times, 0.99):6.1f} ms"
        )
    worst = max(percentile(times, 0.99) for times in leaver.times.values())
    tasks, fds = len(asyncio.all_tasks()) - tasks, descriptors() - fds
    print(f"seed={options.seed} load={os.getloadavg()[0]:.1f} cores={os.cpu_count()}")
    print(f"close_p99_ms={worst:.0f} slots={slots} tasks={tasks} fds={fds}")
    return 0 if worst <= LIMIT_MS and slots == 0 and tasks <= 0 and fds <= 0 else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer rounds: about 20 s")
    parser.add_argument("--control", action="store_true", help="leave without closing; must fail")
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(anyio.run(main, parser.parse_args()))
