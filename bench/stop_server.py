"""How soon is the model left when a reader of the server stops? `python bench/stop_server.py [--short] [--control]`.

A real server on the loopback answers real connections. A reader sends DELETE for its stream, or hangs up, before the
first word and in mid-stream. With a scripted model the clock stops when its request is closed, with the embedded model
when llama.cpp itself says that it processes nothing. `--control` reads on instead, and must fail.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nutgraf.errors import MissingPart
from nutgraf.model.embedded import EmbeddedModel
from tests.serve.fakes import Scripted
from tests.serve.test_socket import BODY, Connection, served

LIMIT_MS, GIVE_UP_S = 250.0, 1.0
EVENTS, DOCUMENT = "text/event-stream", "application/json"
#: How readers leave: a name, what they accept, and whether they say so or hang up.
WAYS = (("DELETE", EVENTS, True), ("hangs up on events", EVENTS, False), ("hangs up on a document", DOCUMENT, False))
#: A reader who hangs up is given no time to come back; the answer itself has all the time it wants.
KNOBS = {"resume_grace_s": 0.0, "deadline_s": 600.0, "first_words_within_s": 500.0}
Until = Callable[[], Awaitable[object]]


class Endless(Sequence[str | float]):
    """A model that talks without an end."""

    def __iter__(self) -> Iterator[str | float]:
        """Words and pauses."""
        while True:
            yield from ("and so on ", 0.005)

    def __len__(self) -> int:
        """Longer than anybody waits."""
        return sys.maxsize

    def __getitem__(self, index: object) -> str:
        """A word."""
        return "and so on "


class Leaver:
    """Opens streams, leaves them, and keeps the times until the model was left."""

    def __init__(self, port: int, *, control: bool) -> None:
        """`port` of the server; as a control the reader only waits."""
        self.port, self.control = port, control
        self.times: dict[str, list[float]] = {}

    async def leave(self, name: str, way: tuple[str, str, bool], begun: Until, ended: Until) -> None:
        """Ask for takeaways, wait until `begun`, leave, and note the time until `ended`."""
        how, accept, says_so = way
        call = await Connection.ask(self.port, "POST", "/v1/takeaways", BODY, accept)
        stream = ""
        if accept == EVENTS:
            head = await call.until(lambda got: b"nutgraf-stream: " in got and b"\r\n\r\n" in got)
            stream = head.split(b"nutgraf-stream: ")[1].split(b"\r\n")[0].decode()
        await begun()
        left, stop = anyio.current_time(), None
        if says_so and not self.control:
            stop = await Connection.ask(self.port, "DELETE", f"/v1/streams/{stream}")
        elif not self.control:
            call.writer.close()
        with anyio.move_on_after(GIVE_UP_S):
            await ended()
        self.times.setdefault(f"{name}, {how}", []).append((anyio.current_time() - left) * 1000.0)
        for connection in (call, stop):
            if connection is not None:
                connection.writer.close()
        with anyio.move_on_after(GIVE_UP_S):
            await ended()


async def scripted(leaver_of: Callable[[int], Leaver], folder: Path, rounds: int) -> list[Leaver]:
    """Leave a scripted model that is silent, and one that talks."""
    leavers = []
    for phase, pieces in (("before the first word", (None,)), ("in mid-stream", Endless())):
        model = Scripted(pieces)
        async with served(folder / phase, model, **KNOBS) as (_, port):
            leaver = leaver_of(port)
            leavers.append(leaver)

            async def begun(model: Scripted = model) -> None:
                await model.until(lambda: model.open_now > 0)
                await anyio.sleep(0.02)

            async def ended(model: Scripted = model) -> None:
                await model.until(lambda: not model.open_now)

            for number in range(rounds):
                await leaver.leave(f"scripted {phase}", WAYS[number % len(WAYS)], begun, ended)
    return leavers


async def embedded(leaver_of: Callable[[int], Leaver], folder: Path, rounds: int, rng: random.Random) -> list[Leaver]:
    """Leave the embedded model at a random moment of its work."""
    model = EmbeddedModel()
    await model.load()

    async def busy() -> bool:
        return "requests_processing 0" not in await run_sync(model._server.handle_metrics)

    async def begun() -> None:
        while not await busy():  # noqa: ASYNC110 - llama.cpp rings no bell
            await anyio.sleep(0.002)
        await anyio.sleep(rng.uniform(0.0, 0.4))

    async def ended() -> None:
        while await busy():  # noqa: ASYNC110
            await anyio.sleep(0.002)

    async with served(folder / "embedded", model, **KNOBS) as (_, port):  # type: ignore[arg-type]
        leaver = leaver_of(port)
        for number in range(rounds):
            await leaver.leave("embedded", WAYS[number % len(WAYS)], begun, ended)
    return [leaver]


def percentile(times: list[float], share: float) -> float:
    """The smallest time that `share` of the times do not pass."""
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


async def main(options: argparse.Namespace) -> int:
    """Leave in every way and print the figures; 0 when all hold."""

    def leaver_of(port: int) -> Leaver:
        return Leaver(port, control=options.control)

    rounds = 3 if options.control else 30 if options.short else 300
    with tempfile.TemporaryDirectory() as name:
        leavers = await scripted(leaver_of, Path(name), rounds)
        try:
            leavers += await embedded(leaver_of, Path(name), rounds, random.Random(options.seed))
        except MissingPart as missing:
            print(f"embedded model left out: {missing}")
    worst = 0.0
    for leaver in leavers:
        for way, times in leaver.times.items():
            p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
            worst = max(worst, p99)
            print(f"{way:56s} n={len(times):4d} p50={p50:6.1f} ms p99={p99:6.1f} ms")
    print(f"seed={options.seed} load={os.getloadavg()[0]:.1f} cores={os.cpu_count()}")
    print(f"stop_p99_ms={worst:.0f}")
    return 0 if worst <= LIMIT_MS else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="30 streams of each kind")
    parser.add_argument("--control", action="store_true", help="read on instead of leaving; must exit 1")
    parser.add_argument("--seed", type=int, default=1, help="for the moments at which the embedded model is left")
    sys.exit(anyio.run(main, parser.parse_args()))
