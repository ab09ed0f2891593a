"""Thousands of seeded streams: whatever producers, readers and stores do, each has exactly one ending, at its end."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import pytest

from nutgraf.events import Event, SentenceCommitted
from nutgraf.stream.hub import Emit, Hub, Produce
from nutgraf.stream.journal import Keeper
from nutgraf.stream.live import Live
from nutgraf.stream.log import Entry
from nutgraf.types import Deadline
from tests.stream.said import MemoryJournal, closed, ending_of, opened, random_events, scope, sentence
from tests.stream.virtual import inline, run

SCHEDULES = 2_000
#: Virtual seconds that no schedule needs.
STUCK_AFTER_S = 3600.0


@dataclass
class Told:
    """What the readers of one stream saw, in order; `gaps` counts numbers that were skipped or repeated."""

    entries: list[Entry] = field(default_factory=list)
    gaps: int = 0
    finished: bool = False

    def fault(self) -> str | None:
        """What is wrong with this stream, if anything is."""
        endings = [entry for entry in self.entries if entry.kind == "closed"]
        if self.gaps:
            return "gap"
        if len(endings) != 1 or not self.finished:
            return "none" if not endings else "twice"
        return None if self.entries[-1] is endings[0] and self.entries[0].kind == "opened" else "after"


def producer(chance: random.Random, stream: str) -> Produce:
    """A producer that finishes, fails, hangs, breaks the rules, or will not let go."""
    events = random_events(chance, stream)
    habit = chance.choice(
        ["finish", "fail", "hang", "illegal", "shrug", "early", "late", "mute", "clings", "cleans up"]
    )
    at = chance.randrange(len(events))

    async def produce(emit: Emit) -> None:
        try:
            for number, event in enumerate(events):
                await anyio.sleep(chance.choice([0, 0, 0.1, 1.0]))
                if number == at:
                    await misbehave(habit, emit, chance)
                    if habit in ("early", "mute"):
                        return
                if habit != "mute":
                    emit(event)
            if habit == "late":
                emit(closed())
        finally:
            if habit == "cleans up":
                emit(SentenceCommitted(block="b0", sentence=sentence("b0-0", "A last word.")))

    return produce


async def misbehave(habit: str, emit: Emit, chance: random.Random) -> None:
    """Do what this producer does in the middle of its work."""
    illegal: Event = SentenceCommitted(block="zz", sentence=sentence("zz", "Never held."))
    if habit == "fail":
        raise chance.choice([ValueError("x"), ExceptionGroup("g", [KeyError("y")]), TimeoutError()])
    if habit == "hang":
        await anyio.sleep_forever()
    if habit == "illegal":
        emit(illegal)
    if habit == "shrug":
        try:
            emit(illegal)
        except Exception:
            await anyio.lowlevel.checkpoint()
    if habit == "clings":
        for _ in range(3):
            try:
                await anyio.sleep(0.3)
            except BaseException:
                await anyio.lowlevel.checkpoint_if_cancelled() if chance.random() < 0.5 else None


async def read(hub: Hub, stream: str, chance: random.Random, told: Told) -> None:
    """A reader that dawdles, leaves, comes back where it was, and at last stays to the end."""
    for stays in [*(False for _ in range(chance.randrange(3))), True]:
        with await hub.follow(scope(), stream, len(told.entries)) as reader:
            async for batch in reader:
                told.gaps += batch[0].number != len(told.entries) + 1
                told.entries += batch
                await anyio.sleep(chance.choice([0, 0, 0.5]))
                if not stays and chance.random() < 0.5:
                    break
        await anyio.sleep(0 if stays else chance.choice([0, 1, 20]))
    told.finished = True


async def schedule(seed: int, make: Callable[..., Hub]) -> list[Told]:
    """One hub with one to three streams, stopped, left and shut down at random."""
    chance = random.Random(seed)
    unlucky = chance.random() < 0.2
    journal = MemoryJournal(trouble=lambda name: unlucky and chance.random() < 0.3)
    everything = []
    async with anyio.create_task_group() as tasks:
        async with make(journal if chance.random() < 0.8 else None, keeper=Keeper(journal, inline)) as hub:
            for number in range(chance.randint(1, 3)):
                stream, told = f"s{number}", Told()
                everything.append(told)
                deadline = Deadline(anyio.current_time() + 5) if chance.random() < 0.5 else None
                hub.start(
                    scope(), opened(stream), producer(chance, stream), accepted_at=anyio.current_time(),
                    deadline=deadline, resumable=chance.random() < 0.7,
                )  # fmt: skip
                tasks.start_soon(read, hub, stream, chance, told)
                if chance.random() < 0.3:
                    await anyio.sleep(chance.choice([0, 0.05, 1]))
                    await hub.stop(scope(), stream)
            await anyio.sleep(chance.choice([0, 4, 30, 60]))
        assert hub.running == 0
    for stream, endings in journal.endings.items():
        assert len(endings) == 1, stream
        assert ending_of(journal.rows[stream]) == endings[0]
    return everything


async def in_time(seed: int, make: Callable[..., Hub]) -> list[Told]:
    """A schedule that may not take for ever: readers look again and again, so that nobody else would see it stuck."""
    with anyio.fail_after(STUCK_AFTER_S):
        return await schedule(seed, make)


def faults(make: Callable[..., Hub], schedules: int) -> dict[str, int]:
    """How many streams had which fault."""
    found: dict[str, int] = {}
    for seed in range(schedules):
        for told in run(lambda seed=seed: in_time(seed, make), seed):  # type: ignore[misc]
            if fault := told.fault():
                found[f"{fault} (seed {seed})" if not found else fault] = found.get(fault, 0) + 1
    return found


def test_every_stream_ends_exactly_once() -> None:
    """In 2,000 seeded schedules no stream ends twice, not at all, or before its end, and no reader misses a word."""
    assert faults(Hub, SCHEDULES) == {}


class Careless(Hub):
    """A hub that believes its producers."""

    def _end(self, live: Live, closed: object) -> None:
        live.work.cancel("the stream has ended")


def test_without_the_guard_endings_are_missing() -> None:
    """Control: when the hub does not see to the ending itself, the very same schedules get stuck."""
    with pytest.raises(BaseException, match="nothing can ever happen"):
        faults(Careless, 50)
