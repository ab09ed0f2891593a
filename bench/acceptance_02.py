"""Does Stop mean stop, and does stopping leave the server whole? `python bench/acceptance_02.py [--short] [--control]`.

500 stops on a real server on the loopback, 100 in each phase: queued for a place at the provider, before the first
token, in mid-stream, in the call of a skill, and for an answer that is wanted as one JSON document. Readers send
DELETE from elsewhere, or their connection is lost, politely or not; then the grace for those who can resume is taken
off. The clock stops when the provider, or the skill's server, sees its connection closed; for those who queue, when
their place in the queue is gone, and their request must never arrive. The embedded model, where it is installed, is
left in three phases until llama.cpp itself says that it processes nothing.

Then 5,000 aborts, half of them cancelled twice, of calls at the gateway in three wire forms, of calls of a skill, and
of whole requests. Places, tasks and file descriptors must be what they were, and 50 of 50 requests must be answered.

`--control httpx` makes the calls through a pool of httpx with its defaults, `--control peek` has a handler that waits
for the first sentence before it answers and looks at nothing else: each must fail. `--control` runs both, and exits 1
when both were found out. `--short` is about a fifth.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import anyio
import anyio.lowlevel
from anyio.to_thread import run_sync

from nutgraf.errors import MissingPart
from nutgraf.model.embedded import EmbeddedModel
from nutgraf.serve import streams
from nutgraf.types import Deadline, Message, Prompt
from tests.serve.stopping import GRACE_S, Stand, opened

LIMIT_MS, GIVE_UP_S = 250.0, 1.0
PHASES = ("queued", "first token", "mid-stream", "skill call", "document")
STORY = "Tell a long story about a town, its river, its bridge and everyone who ever lived there."
REQUESTS = 50


@dataclass(frozen=True)
class Size:
    """How much is done: stops a phase, rounds at the embedded model, aborts of calls, of skills, of requests."""

    stops: int
    embedded: int
    calls: int
    skills: int
    requests: int


FULL, SHORT = Size(100, 30, 3_600, 400, 1_000), Size(16, 5, 720, 80, 200)
CONTROLS = {"httpx": Size(0, 0, 1_200, 0, 0), "peek": Size(6, 0, 0, 0, 0)}


@dataclass
class Found:
    """Times in ms by phase, and what was left over."""

    seed: int
    times: dict[str, list[float]] = field(default_factory=dict)
    arrived: int = 0
    early: int = 0
    left: dict[str, int] = field(default_factory=lambda: {"slots": 0, "tasks": 0, "fds": 0, "worked": REQUESTS})

    def note(self, phase: str, ms: float) -> None:
        """Keep a time."""
        self.times.setdefault(phase, []).append(ms)

    @property
    def worst(self) -> float:
        """The highest 99th percentile of all phases, in ms."""
        return max((percentile(times, 0.99) for times in self.times.values()), default=0.0)

    @property
    def holds(self) -> bool:
        """Whether every figure is what it must be."""
        tidy = self.left["slots"] == 0 and self.left["tasks"] <= 0 and self.left["fds"] <= 0
        return self.worst <= LIMIT_MS and not (self.arrived or self.early) and tidy and self.left["worked"] == REQUESTS


def percentile(times: list[float], share: float) -> float:
    """The smallest time that `share` of the times do not pass."""
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


async def stops(found: Found, count: int, phases: tuple[str, ...]) -> None:
    """Stop answers in each phase, each on a server of its own."""
    for phase in phases:
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder), places=1 if phase == "queued" else 64) as stand:
                for number in range(count):
                    await _stop(found, stand, phase, number)


async def _stop(found: Found, stand: Stand, phase: str, number: int) -> None:
    """One stop; keeps how long it took from the reader's word, or the end of its grace, to the provider's ear."""
    async with stand.waiting(phase, number) as place:
        deleted = phase != "document" and number % 2 == 0 and bool(place.stream)
        left = anyio.current_time()
        if deleted:
            await stand.delete(place)
        else:
            place.hang_up(politely=number % 4 < 2)
        grace_s = 0.0 if deleted or phase == "document" else GRACE_S
        with anyio.move_on_after(grace_s + GIVE_UP_S):
            await place.gone()
        took_s = (place.closed_at() or anyio.current_time()) - left
        found.early += took_s < grace_s - 0.02
        how = "DELETE" if deleted else "lost"
        found.note(f"{phase}, {how}", 1000.0 * (took_s - grace_s))
    found.arrived += phase == "queued" and stand.asked_after(place)


async def embedded(found: Found, rounds: int) -> None:
    """Leave the embedded model while it evaluates a prompt, in mid-stream, and in its queue."""
    model, rng = EmbeddedModel(), random.Random(found.seed)
    await model.load()
    far = Deadline(anyio.current_time() + 600.0)

    async def idle() -> None:
        while "requests_processing 0" not in await run_sync(model._server.handle_metrics):  # noqa: ASYNC110
            await anyio.sleep(0.002)

    async def timed(phase: str, until: Callable[[Any], Awaitable[object]], text: str) -> None:
        prompt = Prompt(name="bench", version="1", messages=(Message("user", text),), max_tokens=400)
        async with model.stream(prompt, far) as pieces:
            await until(pieces)
            left = anyio.current_time()
        with anyio.move_on_after(GIVE_UP_S):
            await idle()
        found.note(f"embedded, {phase}", 1000.0 * (anyio.current_time() - left))

    async def queued(_: Any) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(timed, "never", lambda _: anyio.lowlevel.checkpoint(), STORY)
            while not model._turns.waiting:
                await anyio.lowlevel.checkpoint()
            left = anyio.current_time()
            tasks.cancel_scope.cancel()
        assert not model._turns.waiting
        found.note("embedded, queued", 1000.0 * (anyio.current_time() - left))

    for _ in range(rounds):
        wait_s = rng.uniform(0.05, 1.0)
        unknown = " ".join(f"{rng.choice(('house', 'mill', 'boat'))} {rng.randint(1, 10**6)}" for _ in range(90))
        await timed("prompt evaluation", lambda _, s=wait_s: anyio.sleep(s), unknown)
        await timed("mid-stream", anext, STORY)
        await timed("mid-stream", queued, STORY)
    await model.aclose()


async def aborts(found: Found, size: Size, *, httpx: bool) -> None:
    """Abort calls, skills and requests, and look at what is left of them."""
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), places=10, httpx=httpx) as stand:
            rng = random.Random(found.seed)
            await stand.answered(10)
            before = await stand.counted()
            await stand.abort(stand.call, size.calls, rng)
            await stand.abort(stand.skill, size.skills, rng)
            await stand.abort(stand.request, size.requests, rng)
            found.left["slots"] = await stand.slots()
            found.left["worked"] = await stand.answered(REQUESTS)
            after = await stand.counted()
    found.left |= {name: after[name] - before[name] for name in before}


async def run(size: Size, seed: int, control: str = "") -> Found:
    """All parts of a size; prints a table and the figures."""
    found = Found(seed)
    await run_sync(os.getpid)  # the worker thread is there before anything is counted
    if size.stops:
        await stops(found, size.stops, ("first token",) if control == "peek" else PHASES)
    if size.embedded:
        try:
            await embedded(found, size.embedded)
        except MissingPart as missing:
            print(f"embedded model left out: {missing}")
    if size.calls:
        await aborts(found, size, httpx=control == "httpx")
    for phase, times in found.times.items():
        p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
        print(f"{phase:28s} n={len(times):4d} p50={p50:6.1f} ms p99={p99:6.1f} ms")
    stopped = sum(len(times) for phase, times in found.times.items() if not phase.startswith("embedded"))
    print(f"stops={stopped} aborts={size.calls + size.skills + size.requests} cut_off_in_their_grace={found.early}")
    print(f"seed={seed} load={os.getloadavg()[0]:.1f} cores={os.cpu_count()} arrived_after_stop={found.arrived}")
    left = " ".join(f"{name}={found.left[name]}" for name in ("slots", "tasks", "fds"))
    print(f"close_p99_ms={found.worst:.0f} {left} worked={found.left['worked']}/{REQUESTS}")
    return found


def peeking() -> Callable[[], None]:
    """Let handlers wait for the first sentence, and look at nothing else meanwhile; gives what undoes it."""
    opening = streams.send_events

    async def without_a_look(receive: Any) -> None:
        await anyio.sleep_forever()

    async def peek(receive: Any, send: Any, pace: Any, begin: Any, *more: Any) -> None:
        stream, reader = await begin()
        while not reader.ended and not any(e.kind == "sentence-committed" for e in reader._feed.entries):
            await reader._feed.bell.heard()

        async def again() -> Any:
            return stream, reader

        await opening(receive, send, pace, again, *more)

    return swap(streams, _gone=without_a_look, send_events=peek)


def swap(owner: Any, **new: Any) -> Callable[[], None]:
    """Put other things in their places in a module, and in those that took them from there; gives what undoes it."""
    taken = [
        (module, name, value)
        for name, value in new.items()
        for module in list(sys.modules.values())
        if module.__name__.startswith("nutgraf.") and getattr(module, name, None) is getattr(owner, name)
    ]
    before = [getattr(module, name) for module, name, _ in taken]
    for module, name, value in taken:
        setattr(module, name, value)

    def undo() -> None:
        for (module, name, _), value in zip(taken, before, strict=True):
            setattr(module, name, value)

    return undo


def main(options: argparse.Namespace) -> int:
    """Run what is asked for; 0 when every figure holds."""
    logging.disable(logging.CRITICAL)  # connections are cut on purpose
    if options.control is None:
        return 0 if anyio.run(run, SHORT if options.short else FULL, options.seed).holds else 1
    caught = []
    for name in CONTROLS if options.control == "both" else [options.control]:
        print(f"control {name}")
        undo = peeking() if name == "peek" else lambda: None
        found = anyio.run(run, CONTROLS[name], options.seed, name)
        undo()
        stuck = found.left["slots"] > 0 and found.left["worked"] < REQUESTS
        caught.append(found.worst > LIMIT_MS if name == "peek" else stuck)
    return 1 if all(caught) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="about a fifth, in less than a minute")
    parser.add_argument("--control", nargs="?", const="both", choices=["both", *CONTROLS], help="must exit 1")
    parser.add_argument("--seed", type=int, default=1, help="for the moments of aborts")
    sys.exit(main(parser.parse_args()))
