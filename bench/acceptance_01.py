"""Has every answer one honest ending? `python bench/acceptance_01.py [--short] [--control [both|guard|eof]]`.

In three parts. 10,000 seeded streams on a virtual clock: panels, questions, job fit and plans, written at once or one
by one, by one model or two that fail, stall, babble, flood and cut; readers that stop, leave and come back; producers
that will not end. Then 20 answers of each wire form, and of a chat endpoint that is declared to send no finish reason,
cut at every byte and played to the real reader behind the gateway, 1,000 cuts of each also through the whole pipeline,
half of them with a second model that is well. Last, 500 streams over real sockets on the real server, from a provider
that misbehaves in each form.

The last line counts streams without an ending, with two, with events behind it, and cut answers that were called done.
Other broken promises (`tests/pipeline/promises.py`) are printed, and fail it too. `--short` is about a tenth.

`--control guard` takes the guard off the stream's log, `--control eof` lets a clean end of the connection count as the
end of an answer: each must fail. `--control` runs both, and exits 1 when both were found out.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import anyio
import orjson

from nutgraf.breaker import Breaker, BreakerRules
from nutgraf.errors import ModelError
from nutgraf.model.gateway import Gateway
from nutgraf.model.http_model import Endpoint, Limits
from nutgraf.model.wire import WireReader
from nutgraf.stream import hub
from nutgraf.testing import FakeProvider, Reply, run_virtual
from nutgraf.testing.provider import Received
from nutgraf.types import Deadline, Message, Prompt
from tests.model import forms
from tests.pipeline.promises import Json, faults
from tests.pipeline.recorded import FORMS, RECORDINGS, Answer, Cut, Player, Recording, played, record
from tests.pipeline.streams import Unguarded, World, behind_hub, every, in_process
from tests.pipeline.world import scope_of
from tests.serve.fakes import AMARA, ITEM
from tests.serve.test_socket import Connection, served
from tests.stream.readers import Chunks

COUNTED = {"none": "none", "twice": "twice", "after": "after", "cut as done": "cut_as_done"}
#: One stream in so many runs in this process instead of behind the hub.
IN_PROCESS = 5
PROMPT = Prompt(name="bench", version="1", messages=(Message("user", "What changed?"),), max_tokens=400)
QUESTION = "How long was the median wait at the front desk, case {0}?"
SAID = (
    "The median wait at the front desk fell from 41 minutes to 29 minutes within six weeks. [1]\n",
    "Nurses now update the board every ten minutes. [2]\n",
)
STALL_S, AT_ONCE = 0.3, 6
BUSY = "the server is busy"


@dataclass(frozen=True)
class Size:
    """How much is done: streams, every so-maniest byte for the reader, cuts through the pipeline, sockets."""

    streams: int
    every_byte: int
    cuts: int
    sockets: int


FULL, SHORT = Size(10_000, 1, 1_000, 501), Size(800, 33, 160, 99)
CONTROLS = {"guard": Size(400, 0, 0, 0), "eof": Size(0, 200, 40, 0)}


@dataclass
class Found:
    """What was run, and every broken promise."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)

    def note(self, part: str, name: str, broken: list[str]) -> None:
        """Count a stream and what it broke; the first of each kind is printed."""
        self.ran[part] += 1
        for fault in set(broken):
            self.faults[fault] += 1
            if self.faults[fault] == 1:
                print(f"{part}, {name}: {fault}")


def seeded(found: Found, count: int) -> None:
    """Streams on the virtual clock, behind a hub and in this process."""
    world, behind = World(), count - count // IN_PROCESS
    for way, seeds, rude in ((behind_hub, range(behind), True), (in_process, range(behind, count), False)):
        for told in every(way, range(seeds.start + found.seed, seeds.stop + found.seed), world, rude=rude):
            found.note("seeded", told.name, faults(told))


def read_cut(found: Found, every_byte: int) -> None:
    """Every recording cut at every byte, or every so-maniest, and read through the gateway."""
    for form in FORMS:
        for number in range(RECORDINGS):
            pieces = [f"{word} " for word in f"{SAID[number % 2]}{number} 🏥".split(" ")]
            recording = record(form, pieces)
            run_virtual(partial(_read_cut, found, recording, every_byte))


async def _read_cut(found: Found, recording: Recording, every_byte: int) -> None:
    scope = scope_of(None)
    for at in range(found.seed % every_byte, len(recording.body) + 1, every_byte):
        cut = Cut(at, closed=bool(at // every_byte % 2))
        model = played(recording.form, lambda _: recording, cut)
        session = Gateway.single(model).session(scope, "r", Deadline(anyio.current_time() + 60.0))
        done = True
        try:
            async with session.stream(PROMPT, session.deadline, shown=lambda: True) as said:
                async for _ in said:
                    pass
        except ModelError:
            done = False
        wrong = {(True, False): ["cut as done"], (False, True): ["whole, but cut"]}
        found.note(f"read, {recording.form}", f"byte {at}", wrong.get((done, cut.harmless(recording)), []))


def played_cut(found: Found, count: int) -> None:
    """Recordings cut anywhere, through the gateway and the whole pipeline."""
    player = Player()
    for form in FORMS:
        for number in range(RECORDINGS):
            rng = random.Random(f"{found.seed} {form} {number}")
            run_virtual(partial(_played_cut, found, player, Answer(form, number), count // RECORDINGS, rng))


async def _played_cut(found: Found, player: Player, answer: Answer, count: int, rng: random.Random) -> None:
    recording, _ = await player.recording(answer)
    for n in range(count):
        cut = Cut(rng.randrange(len(recording.body) + 1), closed=rng.random() < 0.5)
        one = await player.play(answer, cut, helped=n % 2 == 1)
        found.note(f"cut, {answer.form}", f"{one.told.name} at {cut.at}", one.faults())


def whole(pieces: int) -> Reply:
    """A reply without a fault."""
    return Reply(pieces=SAID[:pieces], used=(120, 40))


def bad_reply(form: str, rng: random.Random) -> tuple[Reply, str]:
    """A reply, and how its stream must end when the provider's word is true."""
    recording = record(form, SAID)
    at = rng.randrange(1, len(recording.body))
    cut = "truncated" if recording.first_word <= at < recording.whole else "done"
    missing = {"pieces": SAID, "used": (120, 40)}
    kinds: list[tuple[Reply, str]] = [
        (whole(2), "done"),
        (Reply(cut_at_byte=at, **missing), cut),
        (Reply(cut_at_byte=at, chunked=False, **missing), cut),
        (Reply(cut_at_byte=at, **missing), cut),
        (Reply(error={"type": "overloaded_error", "message": "no"}, finish=None, done=False, **missing), "truncated"),
        (Reply(raw=b"data: {nonsense\n\n", finish=None, done=False, **missing), "truncated"),
        (Reply(finish=None, **missing), "truncated"),
        (Reply(finish=None, done=False, chunked=False, **missing), "truncated"),
        (Reply(pieces=(SAID[0], SAID[1][:20], 60.0)), "truncated"),
        (Reply(status=429, body=b'{"error": {"message": "slow down"}}'), "done"),
        (Reply(status=500, body=b"oh"), "done"),
        (Reply(pieces=("and so on " * 40,), endless=True), "truncated"),
    ]
    return rng.choice(kinds)


async def sockets(found: Found, count: int) -> None:
    """Streams on the real server, over real connections, from a provider that misbehaves."""
    for form in forms.FORMS:
        rng = random.Random(f"{found.seed} {form}")
        cases = [bad_reply(form, rng) for _ in range(count // len(forms.FORMS))]

        def reply(received: Received, cases: list[tuple[Reply, str]] = cases) -> Reply:
            said = orjson.dumps(received.prompt).decode()
            return cases[int(said.rpartition("case ")[2].partition("?")[0])][0]

        limits = Limits(between_tokens_s=STALL_S)
        with tempfile.TemporaryDirectory() as folder:
            async with FakeProvider(reply) as provider:
                model = forms.FORMS[form]("m", Endpoint(base_url=provider.base_url, model="m"), limits)
                door = Gateway.single(model)
                door.gates["m"].breaker = Breaker(BreakerRules(failures_share=2.0, in_a_row=count * 9))
                async with served(Path(folder), door, writing="at-once", deadline_s=20.0) as (_, port):  # type: ignore[arg-type]
                    slots = anyio.CapacityLimiter(AT_ONCE)
                    async with anyio.create_task_group() as tasks:
                        for number, (_, ending) in enumerate(cases):
                            tasks.start_soon(_one, found, slots, port, form, number, ending)


async def _one(found: Found, slots: anyio.CapacityLimiter, port: int, form: str, number: int, ending: str) -> None:
    events: list[Json] = []
    async with slots:
        while not events or any(part["because"] == BUSY for part in events[-1].get("skipped", ())):
            events = await _events(port, number)
    kinds = [event["kind"] for event in events]
    broken = []
    if kinds.count("closed") != 1:
        broken.append("twice" if "closed" in kinds else "none")
    elif kinds[-1] != "closed":
        broken.append("after")
    elif (told := events[-1]["ending"]) != ending:
        broken.append("cut as done" if told == "done" else f"ended {told} in place of {ending}")
    found.note(f"sockets, {form}", f"case {number}", broken)


async def _events(port: int, number: int) -> list[Json]:
    """The events of one stream; none when the server was busy, as a loaded machine makes it."""
    body = orjson.dumps({"item": ITEM.id, "member": AMARA.id, "question": QUESTION.format(number)})
    call = await Connection.ask(port, "POST", "/v1/ask", body, "text/event-stream")
    got = await call.until(lambda got: got.endswith(b"0\r\n\r\n") or b" 503 " in got[:20])
    await call.close()
    if b" 503 " in got[:20]:
        await anyio.sleep(0.5)
        return []
    frames = Chunks().feed(got.partition(b"\r\n\r\n")[2]).split(b"\n\n")
    lines = [line for frame in frames for line in frame.split(b"\n") if line.startswith(b"data: ")]
    return [orjson.loads(line[6:]) for line in lines]


@contextmanager
def unguarded() -> Iterator[None]:
    """Without the guard of the log."""
    guarded = hub.Live
    hub.Live = Unguarded  # type: ignore[attr-defined]
    yield
    hub.Live = guarded  # type: ignore[attr-defined]


@contextmanager
def believing() -> Iterator[None]:
    """A clean end of the connection counts as the end of an answer."""
    readers = [WireReader, *WireReader.__subclasses__()]
    kept = [reader.close for reader in readers]

    def close(self: WireReader) -> None:
        self.ended = self.ended or self.failure is None

    for reader in readers:
        reader.close = close  # type: ignore[method-assign]
    yield
    for reader, before in zip(readers, kept, strict=True):
        reader.close = before  # type: ignore[method-assign]


def run(size: Size, seed: int) -> Found:
    """All parts of a size; prints a table and the figures."""
    found = Found(seed)
    parts: list[tuple[int, Callable[[], None]]] = [
        (size.streams, lambda: seeded(found, size.streams)),
        (size.every_byte, lambda: read_cut(found, size.every_byte)),
        (size.cuts, lambda: played_cut(found, size.cuts)),
        (size.sockets, lambda: anyio.run(sockets, found, size.sockets)),
    ]
    for count, part in parts:
        began, before = time.perf_counter(), found.ran.copy()
        if count:
            part()
            for name in found.ran - before:
                print(f"{name:20s} {found.ran[name]:7d}")
            print(f"{'':28s} {time.perf_counter() - began:6.1f} s")
    others = sum(number for fault, number in found.faults.items() if fault not in COUNTED)
    print(f"seed={seed} other_faults={others}")
    streams = sum(found.ran.values())
    print(f"streams={streams} " + " ".join(f"{name}={found.faults[fault]}" for fault, name in COUNTED.items()))
    return found


def main(options: argparse.Namespace) -> int:
    """Run what is asked for; 0 when every promise held."""
    logging.disable(logging.CRITICAL)  # producers and providers are broken on purpose
    if options.control is None:
        return 1 if run(SHORT if options.short else FULL, options.seed).faults else 0
    caught = []
    for name in CONTROLS if options.control == "both" else [options.control]:
        print(f"control {name}")
        with unguarded() if name == "guard" else believing():
            broken = run(CONTROLS[name], options.seed).faults
        caught.append(broken["twice"] if name == "guard" else broken["cut as done"])
    return 1 if all(caught) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="about a tenth, in less than a minute")
    parser.add_argument("--control", nargs="?", const="both", choices=["both", *CONTROLS], help="must exit 1")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    sys.exit(main(parser.parse_args()))
