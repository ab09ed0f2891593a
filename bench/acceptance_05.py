"""What was accepted is kept: kills, power cuts, failing disks and busy neighbours against the embedded store.

    python bench/acceptance_05.py [--short] [--seed N] [--control normal|deferred]

The last line gives the figures; the exit status is 0 only if they hold. With `--control` a protection is
switched off (synchronous NORMAL instead of FULL; a deferred BEGIN instead of an immediate one), and the
run must fail. POSIX only: it forks.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no threads before the forks
sys.path.insert(0, str(Path(__file__).parents[1]))

import apsw

from nutgraf.conversation import Feedback
from nutgraf.errors import StoreError
from nutgraf.store import driver
from nutgraf.store.driver import Setup
from nutgraf.store.embedded import EmbeddedStore
from tests.store import load
from tests.store.disk import Image, SimulatedDisk
from tests.store.load import Ack
from tests.store.made import AT, item, scope

NAMES = (f"disk{number}" for number in itertools.count())
POINTS = ("any moment", "any moment", "while writing", "before the commit", "after the commit")


@dataclass
class Figures:
    """What the run found."""

    kills: int = 0
    cuts: int = 0
    faults: int = 0
    acked: int = 0
    lost_acked: int = 0
    half: int = 0
    busy: int = 0
    effects: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, found: tuple[list[str], list[str]], acked: int) -> None:
        """Count what one check found."""
        lost, half = found
        self.acked += acked
        self.lost_acked += len(lost)
        self.half += len(half)
        self.examples += (lost + half)[:2]

    def hold(self) -> bool:
        """Whether nothing was lost, halved or refused, and a repeated post had one effect."""
        return (self.lost_acked, self.half, self.busy, self.effects) == (0, 0, 0, 1)

    def __str__(self) -> str:
        return (
            f"kills={self.kills} cuts={self.cuts} faults={self.faults} acked={self.acked} "
            f"lost_acked={self.lost_acked} half={self.half} busy={self.busy} effects={self.effects}"
        )


def in_child(task: Callable[[Callable[[Any], None]], None]) -> tuple[int, int]:
    """Run `task(say)` in a fork; (its process id, the pipe that what it says arrives on, one JSON text a line)."""
    reads, writes = os.pipe()
    child = os.fork()
    if child:
        os.close(writes)
        return child, reads
    try:
        os.close(reads)
        task(lambda value: os.write(writes, json.dumps(value).encode() + b"\n") and None)
    except BaseException as exc:
        os.write(2, f"{type(exc).__name__}: {exc}\n".encode())
        os._exit(1)
    os._exit(0)


def heard(child: int, reads: int) -> tuple[list[Any], int]:
    """Everything a child said until it ended, whole lines only, and its exit status."""
    with os.fdopen(reads, "rb") as pipe:
        lines = pipe.read().split(b"\n")[:-1]
    return [json.loads(line) for line in lines], os.waitpid(child, 0)[1]


def die_at(point: str, countdown: int) -> None:
    """Have the connections opened from now on kill this process at the nth such point."""
    left = itertools.count(countdown, -1)

    def step(*_: object) -> int:
        if next(left) <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def watch(connection: apsw.Connection) -> None:
        if point == "while writing":
            connection.set_update_hook(step)
        elif point == "before the commit":
            connection.set_commit_hook(lambda: bool(step()))
        else:
            connection.set_wal_hook(step)

    apsw.connection_hooks.append(watch)


def kills(figures: Figures, count: int, room: Path, rng: random.Random) -> None:
    """Kill a writing process `count` times, looking at what it left after every fifth kill."""
    for batch in range(0, count, 5):
        folder, acked = room / f"kills{batch}", []
        for number in range(batch, min(batch + 5, count)):
            acked += one_kill(folder, number * 1000, rng)
            figures.kills += 1

        def look(say: Callable[[Any], None], folder: Path = folder, acked: list[Ack] = acked) -> None:
            for text in load.check(folder, acked):
                say(text)

        (lost, half), status = heard(*in_child(look))
        assert status == 0, "the check did not end well"
        figures.add((lost, half), len(acked))
        shutil.rmtree(folder)


def one_kill(folder: Path, first: int, rng: random.Random) -> list[Ack]:
    """Have a process write and be killed; what it acknowledged."""
    point, countdown, delay = rng.choice(POINTS), rng.randint(4, 60), rng.uniform(0, 0.03)

    def write(say: Callable[[Any], None]) -> None:
        if point != "any moment":
            die_at(point, countdown)
        store = EmbeddedStore.open(folder, tenant="acme")
        load.work_together(store, 3, range(first, first + 1000), say)

    child, reads = in_child(write)
    begun = os.read(reads, 1)
    if point == "any moment" and begun:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reads, "rb") as pipe:
        lines = (begun + pipe.read()).split(b"\n")[:-1]
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), f"the child ended by itself with status {status}"
    return [tuple(json.loads(line)) for line in lines]


def busy(figures: Figures, room: Path, setup: Setup) -> None:
    """Four processes with two writers each read and write one file; then fifty posts of one feedback."""
    folder = room / "busy"

    def first(say: Callable[[Any], None]) -> None:
        with EmbeddedStore.open(folder, tenant="acme") as store:
            store.open_stream(scope(), "shared", "roofs", None, AT)
            store.close_stream(scope(), "shared", "done")

    def write(say: Callable[[Any], None], who: int = 0) -> None:
        with EmbeddedStore.open(folder, tenant="acme", setup=setup) as store:

            def many(thread: int) -> None:
                for n in range(40):
                    try:
                        given = Feedback(stream="shared", block=f"{who}-{thread}-{n}", rating="up")
                        store.add_feedback(scope(), given)
                    except StoreError as exc:
                        say(str(exc))

            run_all([lambda thread=thread: many(thread) for thread in range(2)])

    def same_key(say: Callable[[Any], None]) -> None:
        with EmbeddedStore.open(folder, tenant="acme") as store:
            given = Feedback(stream="shared", rating="down")
            run_all([lambda: store.add_feedback(scope(), given) for _ in range(50)])
            say(sum(found.block is None for found in store.feedback(scope())))

    assert heard(*in_child(first))[1] == 0
    children = [in_child(lambda say, who=who: write(say, who)) for who in range(4)]
    for child in children:
        refused, status = heard(*child)
        assert status == 0, "a busy writer did not end well"
        figures.busy += len(refused)
        figures.examples += refused[:1]
    (figures.effects,), _ = heard(*in_child(same_key))


def run_all(tasks: list[Callable[[], object]]) -> None:
    """All of them at once, each on a thread."""
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def cuts(figures: Figures, count: int, room: Path, rng: random.Random, synchronous: str) -> None:
    """Take images of power cuts from sessions on a simulated disk until there are `count`, and look at each."""
    while figures.cuts < count:
        taken = session(room / f"session{figures.cuts}", rng, synchronous, min(25, count - figures.cuts))
        for image, acked in taken:
            figures.add(load.check(written(image, room / "image"), acked), len(acked))
            figures.cuts += 1
            shutil.rmtree(room / "image")


def session(folder: Path, rng: random.Random, synchronous: str, count: int) -> list[tuple[Image, list[Ack]]]:
    """One store's life on a simulated disk: images of cuts at random operations, with what was acknowledged by then."""
    name, acked = next(NAMES), []
    disk, taken = SimulatedDisk(name), []
    moments = set(rng.sample(range(1, 400), count))

    def look(number: int) -> None:
        if number in moments:
            taken.append((disk.cut(rng), list(acked)))

    disk.on_operation = look
    with EmbeddedStore.open(folder, tenant="acme", setup=Setup(synchronous, vfs=name, exclusive=True)) as store:
        load.work_together(store, 3, range(5), acked.append)
    shutil.rmtree(folder)
    return taken


def faults(figures: Figures, step: int, room: Path) -> None:
    """Fail every `step`th operation once, with a full disk and with an error: nothing of it may be acknowledged."""
    for failure in (apsw.FullError, apsw.IOError):
        for nth in range(1, 300, step):
            name, acked = next(NAMES), []
            disk = SimulatedDisk(name)

            def fail(number: int, nth: int = nth, failure: type[apsw.Error] = failure) -> None:
                if number == nth:
                    raise failure("simulated")

            disk.on_operation = fail
            setup = Setup(vfs=name, exclusive=True)
            try:
                store = EmbeddedStore.open(room / name, tenant="acme", setup=setup)
            except StoreError:
                store = EmbeddedStore.open(room / name, tenant="acme", setup=setup)
            with store:
                load.work_together(store, 2, range(3), acked.append)
                store.put_item(item("afterwards"))
            figures.add(load.check(written(disk.now(), room / "image"), acked), len(acked))
            figures.faults += 1
            shutil.rmtree(room / "image")


def written(image: Image, folder: Path) -> Path:
    """The files of a simulated disk as real ones."""
    folder.mkdir()
    for name, data in image.items():
        (folder / name).write_bytes(data)
    return folder


def main() -> int:
    """Run it all and print the figures."""
    ask = argparse.ArgumentParser(description="What was accepted is kept.")
    ask.add_argument("--short", action="store_true", help="under a minute")
    ask.add_argument("--seed", type=int, default=5)
    ask.add_argument("--control", choices=["normal", "deferred"], help="switch a protection off; the run must fail")
    asked = ask.parse_args()
    rng, figures = random.Random(asked.seed), Figures()
    rounds, step = ((150, 300), 15) if asked.short else ((1000, 1000), 1)
    if asked.control:
        rounds, step = (30, 30), 60
        driver.check = lambda raw: None
    setup = Setup(begin="BEGIN" if asked.control == "deferred" else Setup().begin)
    synchronous = "NORMAL" if asked.control == "normal" else Setup().synchronous
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory() as disk, tempfile.TemporaryDirectory(dir=memory) as quick:
        for what, part in (
            ("kills", lambda: kills(figures, rounds[0], Path(disk), rng)),
            ("busy", lambda: busy(figures, Path(disk), setup)),
            ("cuts", lambda: cuts(figures, rounds[1], Path(quick), rng, synchronous)),
            ("faults", lambda: faults(figures, step, Path(quick))),
        ):
            begun = time.monotonic()
            part()
            print(f"{what}: {time.monotonic() - begun:.1f} s, seed {asked.seed}", flush=True)
    for example in figures.examples[:10]:
        print(f"  {example}")
    print(figures)
    return 0 if figures.hold() else 1


if __name__ == "__main__":
    sys.exit(main())
