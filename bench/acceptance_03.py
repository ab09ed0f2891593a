"""Are streams resumed without loss, and by their owners only? `python bench/acceptance_03.py [--short] [--control]`.

A real server on the loopback, real connections. Readers are cut off behind an event or at any byte, come back with the
id of the last event they have, and must end up with the log, byte for byte. Others who name a stream find nothing.
One notification in ten is dropped and producers break, fall silent or return without an ending: every follower must
still learn the end within five seconds. 500 readers that take nothing may hold 64 KiB each in the server, and are
dropped after the time for one write, here two seconds in place of thirty.

`--control` lets followers learn the end by notification alone: some never do, and it must fail.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nutgraf.errors import ModelBusy
from nutgraf.events import Event, Used
from nutgraf.serve.door import reader_scope
from nutgraf.serve.server import Server
from nutgraf.stream import hub as hub_file
from nutgraf.stream import live as live_file
from nutgraf.stream.hub import Hub, new_stream_id
from nutgraf.stream.log import Entry
from nutgraf.stream.sse import encode
from nutgraf.types import Deadline
from tests.serve.fakes import AMARA, Scripted
from tests.serve.test_socket import served
from tests.stream.readers import Feed, Frames, Stalled, ask_kept, follow
from tests.stream.said import NASTY, opened, story, told

SCOPE = reader_scope(AMARA)
LEARN_WITHIN_S, WRITE_WITHIN_S, STUCK_AFTER_S = 5.0, 2.0, 30.0
QUEUED_AT_MOST_BYTES = 65_536
AT_ONCE, STREAMS_AT_ONCE, FOLLOWERS = 16, 60, 3
PRINTED = (
    "equal", "gaps", "repeats", "stuck", "foreign_404", "foreign_stopped", "learned", "late", "queued_bytes",
    "not_evicted",
)  # fmt: skip
KNOBS = {"resume_grace_s": 60.0, "write_within_s": WRITE_WITHIN_S}


@dataclass(frozen=True)
class Size:
    """How much is done."""

    cuts: int
    foreign: int
    followed: int
    stalled: int


FULL, SHORT, CONTROL = Size(1_000, 10_000, 300, 500), Size(1_000, 10_000, 120, 500), Size(0, 0, 120, 0)


class World:
    """A running server, its hub, and what is counted."""

    def __init__(self, server: Server, port: int, seed: int) -> None:
        self.server, self.port, self.chance = server, port, random.Random(seed)
        self.found: Counter[str] = Counter()

    @property
    def hub(self) -> Hub:
        """The server's hub."""
        assert self.server._site.hub is not None
        return self.server._site.hub

    def start(self, produce: Callable[[Callable[[Event], None]], Awaitable[None]], within_s: float = 60.0) -> str:
        """Start a stream of the member's."""
        stream, now = new_stream_id(), anyio.current_time()
        self.hub.start(SCOPE, opened(stream), produce, accepted_at=now, deadline=Deadline(now + within_s))
        return stream

    def log(self, stream: str) -> list[Entry]:
        """The log of a stream that is still in memory."""
        live = self.hub._live.get(stream) or self.hub._ended[stream]
        return list(live.log.entries)


def saying(stream_events: list[Event], chance: random.Random) -> Callable[[Callable[[Event], None]], Awaitable[None]]:
    """A producer with short pauses."""

    async def produce(emit: Callable[[Event], None]) -> None:
        for event in stream_events:
            await anyio.sleep(chance.choice([0, 0, 0.001, 0.004]))
            emit(event)

    return produce


async def cuts(world: World, count: int) -> None:
    """Cut readers off and let them come back; half of them behind an event, half at any byte."""
    slots = anyio.CapacityLimiter(AT_ONCE)

    async def one(number: int) -> None:
        async with slots:
            chance = random.Random(world.chance.random())
            texts = [chance.choice(NASTY) * chance.randint(1, 40) for _ in range(chance.randint(1, 5))]
            stream = world.start(saying(story(*texts), chance))
            frames, cut = Frames(), 1 + number % 8
            with anyio.move_on_after(STUCK_AFTER_S) as scope:
                if number % 2:
                    await follow(world.port, stream, frames, until=lambda: len(frames.ids) >= cut)
                else:
                    await follow(world.port, stream, frames, at_byte=chance.randint(0, 3_000))
                while not frames.ended:
                    frames.forget_the_torn()
                    await follow(world.port, stream, frames)
            judge(world, stream, frames, stuck=scope.cancelled_caught)

    async with anyio.create_task_group() as tasks:
        for number in range(count):
            tasks.start_soon(one, number)


def judge(world: World, stream: str, frames: Frames, *, stuck: bool) -> None:
    """Hold what a reader has against the log."""
    log = [encode(stream, entry) for entry in world.log(stream)]
    numbers = [int(event_id.partition(".")[2]) for event_id in frames.ids]
    world.found["equal"] += frames.whole == log
    world.found["stuck"] += stuck
    world.found["repeats"] += len(numbers) - len(set(numbers))
    world.found["gaps"] += sum(b - a > 1 for a, b in zip([0, *numbers], numbers, strict=False))


async def foreign(world: World, count: int) -> None:
    """Name streams of the member's as somebody else, running and ended ones, to read and to stop them."""
    held = anyio.Event()

    async def silent(emit: Callable[[Event], None]) -> None:
        for event in story("One.")[:3]:
            emit(event)
        await held.wait()

    running = [world.start(silent) for _ in range(5)]
    ended = [world.start(saying(story("One."), world.chance)) for _ in range(5)]
    share = count // 10

    async def few() -> None:
        for status in await ask_kept(world.port, requests(world.chance, running + ended, share)):
            world.found[f"foreign_{status}"] += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(few)
    world.found["foreign_stopped"] = sum(stream not in world.hub._live for stream in running)
    for stream in running:
        await world.hub.stop(SCOPE, stream)


def requests(chance: random.Random, streams: list[str], count: int) -> list[tuple[str, str]]:
    """Attaches, with and without a place to go on from, and stops, as another member, as nobody, as one unknown."""
    found = []
    for _ in range(count):
        stream, who = chance.choice(streams), chance.choice(["luis-herrera", "none", "nobody-here"])
        after = chance.choice(["", "&after=00000000.3"])
        found.append((chance.choice(["GET", "GET", "GET", "DELETE"]), f"/v1/streams/{stream}?member={who}{after}"))
    return found


def broken(events: list[Event], chance: random.Random) -> Callable[[Callable[[Event], None]], Awaitable[None]]:
    """A producer that stops somewhere: breaks, returns, or falls silent; one in four does as it should."""
    how = chance.choice(["well", "breaks", "returns", "silent"])
    last = len(events) if how == "well" else chance.randrange(len(events) - 1)

    async def produce(emit: Callable[[Event], None]) -> None:
        for event in events[:last]:
            await anyio.sleep(chance.random() * 0.05)
            emit(event)
        if how == "breaks":
            raise OSError("killed")
        if how == "silent":
            await anyio.sleep_forever()

    return produce


async def learning(world: World, count: int) -> None:
    """Drop notifications, break producers, and time how long after the end each follower learns of it."""
    ring, dice = Feed.ring, random.Random(world.chance.random())

    def perhaps(feed: Feed) -> None:
        if dice.random() >= 0.1:
            ring(feed)

    Feed.ring = perhaps  # type: ignore[method-assign]
    slots, late_at = anyio.CapacityLimiter(STREAMS_AT_ONCE), LEARN_WITHIN_S

    async def one() -> None:
        async with slots, anyio.create_task_group() as tasks:
            produce = broken(story("One.", "Two."), random.Random(dice.random()))
            stream = world.start(produce, within_s=1.0)
            for _ in range(FOLLOWERS):
                tasks.start_soon(follower, stream)

    async def follower(stream: str) -> None:
        frames = Frames()
        with anyio.move_on_after(1.0 + hub_file.OVERRUN_S + late_at + 2.0):
            await follow(world.port, stream, frames)
        after = anyio.current_time() - world.hub._ended[stream].ended_at if frames.ended else float("inf")
        world.found["learned"] += after <= late_at
        world.found["late"] += after > late_at

    try:
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(one)
    finally:
        Feed.ring = ring  # type: ignore[method-assign]


async def stalled(world: World, count: int) -> None:
    """Let readers take nothing of a long stream, beside one that reads on, and count what the server keeps for them."""
    text = "x" * 1_500
    events = [opened(), Used(facts=()), *(event for n in range(400) for event in told(f"b{n}", text))]
    stream = world.start(saying([*events, *story("One.")[-2:]], random.Random(0)))
    Stalled.narrow(world.server)
    readers = [await Stalled.attach(world.port, stream) for _ in range(count)]
    frames, most, began = Frames(), 0, anyio.current_time()

    async def healthy() -> None:
        await follow(world.port, stream, frames)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(healthy)
        while (left := Stalled.queued(world.server)) and anyio.current_time() - began < STUCK_AFTER_S:
            most = max([most, *left])
            await anyio.sleep(0.05)
    took_s = anyio.current_time() - began
    print(f"stalled readers: all gone {took_s:.1f} s after the last came; limit of a write {WRITE_WITHIN_S:g} s")
    world.found["queued_bytes"] = most
    world.found["not_evicted"] = len(Stalled.queued(world.server))
    world.found["healthy"] = int(frames.whole == [encode(stream, entry) for entry in world.log(stream)])
    for reader in readers:
        reader.close()


async def everything(size: Size, seed: int) -> Counter[str]:
    """All parts, one after the other, each on a server of its own."""
    found: Counter[str] = Counter()
    parts = ((cuts, size.cuts), (foreign, size.foreign), (learning, size.followed), (stalled, size.stalled))
    for part, count in parts:
        if not count:
            continue
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            async with served(Path(folder), Scripted(), **KNOBS) as (server, port):
                world = World(server, port, seed)
                try:
                    await part(world, count)
                except ModelBusy as exc:
                    print(f"{part.__name__}: {exc}")
                    world.found["busy"] += 1
                found += world.found
        print(f"{part.__name__:10} {count:6} in {time.perf_counter() - began:5.1f} s")
    return found


def holds(found: Counter[str], size: Size) -> bool:
    """Whether every figure is what it must be."""
    wrong = ("gaps", "repeats", "stuck", "foreign_stopped", "late", "not_evicted", "busy")
    return (
        found["equal"] == size.cuts
        and found["foreign_404"] == size.foreign
        and found["learned"] == size.followed * FOLLOWERS
        and not any(found[name] for name in wrong)
        and bool(size.stalled) <= found["queued_bytes"] <= QUEUED_AT_MOST_BYTES
        and (found["healthy"] == 1 or not size.stalled)
    )


def main(options: argparse.Namespace) -> int:
    """Run and print; 0 when everything held."""
    logging.disable(logging.CRITICAL)  # producers are broken on purpose
    size = CONTROL if options.control else SHORT if options.short else FULL
    if options.control:
        live_file.LOOK_AGAIN_S = float("inf")
    found = anyio.run(everything, size, options.seed)
    print(f"seed={options.seed}")
    print(" ".join(f"{name}={found[name]}" for name in PRINTED))
    return 0 if holds(found, size) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer followers")
    parser.add_argument("--control", action="store_true", help="the end by notification alone; must exit 1")
    parser.add_argument("--seed", type=int, default=0, help="the seed")
    sys.exit(main(parser.parse_args()))
