"""Does a provider's bad day stay the provider's? `python bench/acceptance_08.py [--short] [--control]`.

On a virtual clock, with scripted models behind the gateway: one provider in trouble, both in trouble, a total outage,
streams cut before and after a reader has seen something. On real sockets, in three wire forms: providers that drip,
hang or never stop, and the table of faults. The last lines hold the figures. `--control` puts a second layer of retries
under the gateway, as an HTTP client that retries by itself would: it must fail.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import anyio

from nutgraf.errors import ModelBusy, ModelCut, ModelError, ModelSilent
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.http_model import Limits
from nutgraf.model.session import Session
from nutgraf.testing import FakeProvider, Piece, Reply, ScriptedModel, run_virtual
from nutgraf.types import Deadline, Message, Prompt, Scope
from tests.model.forms import FORMS, opened
from tests.model.test_wires import rows

SCOPE = Scope(tenant="t", member="m", purposes=frozenset(), consent_version=1, rights=frozenset())
PROMPT = Prompt(name="bench", version="1", messages=(Message("user", "What changed?"),), max_tokens=64)
SENTENCES = [f"Sentence {n} says what changed in year {n}. " for n in range(6)]
TEXT = "".join(SENTENCES)
DEADLINE_S = 5.0
SLACK_MS = 250.0


class Retrying:
    """The control: a client that tries again by itself, as many HTTP clients and SDKs do, also in mid-stream."""

    def __init__(self, model: ScriptedModel) -> None:
        self.name, self._model = model.name, model

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """Open a request that begins anew up to twice."""

        async def pieces() -> AsyncIterator[str]:
            for attempt in range(3):
                try:
                    async with self._model.stream(prompt, deadline) as inner:
                        async for piece in inner:
                            yield piece
                    return
                except ModelError:
                    if attempt == 2:
                        raise

        yield pieces()


@dataclass
class World:
    """Two providers behind a gateway; `bad` is each one's share of failing calls, `down` fails all of them."""

    rng: random.Random
    control: bool
    bad: tuple[float, float] = (0.0, 0.0)
    down: bool = False
    when: str = "before"
    models: list[ScriptedModel] = field(default_factory=list)

    def gateway(self) -> Gateway:
        """A fresh gateway over fresh models."""
        self.models = [ScriptedModel(lambda p, n=n: self.script(n, p), f"provider-{n}") for n in range(2)]  # type: ignore[misc]
        targets = [Target(name=m.name, model=Retrying(m) if self.control else m) for m in self.models]
        return Gateway(targets, seed=self.rng.randrange(1 << 30))

    def script(self, number: int, prompt: Prompt) -> Iterable[Piece]:
        """What a provider does with one call."""
        rng = self.rng
        if self.down:
            return [rng.uniform(0.005, 0.03), ModelBusy("status 503")]
        skip = int(prompt.opening or 0)
        words = [word + " " for word in "".join(SENTENCES[skip:]).split(" ")[:-1]]
        good: list[Piece] = [part for word in words for part in (0.01, word)]
        good[:1] = [rng.uniform(0.1, 0.4)]
        if rng.random() >= self.bad[number]:
            return good
        if self.when == "after":
            return [*good[: rng.randrange(1, max(2, len(good) - 1))], ModelCut("the line broke")]
        kind = rng.randrange(5)
        if kind == 0:
            return [0.01, ModelBusy("status 429")]
        if kind == 1:
            return [ModelSilent("cannot be reached")]
        if kind == 2:
            return [rng.uniform(0.1, 0.3), ModelCut("cut before the first token")]
        if kind == 3:
            return [*good[: rng.randrange(2, 12)], ModelBusy("overloaded, inside a 200 stream")]
        return [3600.0]  # hangs

    @property
    def calls(self) -> int:
        """How many calls the providers saw."""
        return sum(len(model.calls) for model in self.models)


@dataclass
class Told:
    """What became of one request."""

    at: float
    took_s: float
    text: str
    ok: bool
    session: Session


async def ask(door: Gateway, told: list[Told]) -> None:
    """One request, read to its end before anything of it is shown."""
    began = anyio.current_time()
    session = door.session(SCOPE, "r", Deadline(began + DEADLINE_S))
    said: list[str] = []
    ok = True
    try:
        async with session.stream(PROMPT, session.deadline, restarted=said.clear) as pieces:
            async for piece in pieces:
                said.append(piece)  # noqa: PERF401 - it is cleared meanwhile
    except ModelError:
        ok = False
    told.append(Told(began, anyio.current_time() - began, "".join(said), ok, session))


async def load(door: Gateway, rng: random.Random, count: int, per_s: float, told: list[Told]) -> None:
    """`count` requests at random moments, `per_s` a second on average."""
    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(ask, door, told)
            await anyio.sleep(rng.expovariate(per_s))


def unlisted(world: World, told: list[Told]) -> int:
    """Calls that the providers saw and the ledgers do not list, or the other way round."""
    return abs(world.calls - sum(attempt.phase != "unsent" for t in told for attempt in t.session.attempts))


def doubled(text: str) -> int:
    """Sentences that stand in a text more than once."""
    return sum(count - 1 for count in Counter(s for s in text.split(". ") if s.strip()).values())


def troubled(world: World, count: int) -> dict[str, float]:
    """Requests while calls fail at random before anything is shown."""
    told: list[Told] = []

    async def run() -> None:
        await load(world.gateway(), world.rng, count, 20.0, told)

    run_virtual(run, seed=world.rng.randrange(1, 1 << 30))
    return {
        "success": sum(t.ok and t.text == TEXT for t in told) / count,
        "calls": world.calls / count,
        "primary_extra": len(world.models[0].calls) / count - 1.0,
        "doubled": sum(doubled(t.text) for t in told),
        "unlisted": unlisted(world, told),
    }


def outage(world: World, count: int) -> dict[str, float]:
    """Everything fails for a while: calls and waits once it is known, and how soon after it things work again."""
    told: list[Told] = []
    moments: dict[str, float] = {}

    async def run() -> None:
        door = world.gateway()
        await load(door, world.rng, count // 5, 20.0, [])
        world.down = True
        while any(gate.breaker.closed for gate in door.gates.values()):
            await ask(door, [])
        moments["opened"], before = anyio.current_time(), world.calls
        await load(door, world.rng, count, 20.0, told)
        moments["calls"] = (world.calls - before) / count
        world.down = False
        moments["back"] = anyio.current_time()
        await load(door, world.rng, 20 * 30, 20.0, told)

    run_virtual(run, seed=world.rng.randrange(1, 1 << 30))
    during = [t for t in told if t.at < moments["back"]]
    late = [t.at for t in told if t.at >= moments["back"] and not t.ok]
    return {
        "calls": moments["calls"],
        "fast_fail_ms": 1000.0 * max(t.took_s for t in during if not t.ok),
        "back_s": max(late, default=moments["back"]) - moments["back"],
    }


def cut(world: World, count: int) -> dict[str, float]:
    """Streams that break anywhere, read by one who shows whole sentences, half of whom go on elsewhere."""
    texts: list[tuple[list[str], bool]] = []

    async def read(door: Gateway, goes_on: bool) -> None:
        session = door.session(SCOPE, "r", Deadline(anyio.current_time() + 60.0))
        shown: list[str] = []
        held = ""

        def anew() -> None:
            nonlocal held
            held = ""

        prompt, whole = PROMPT, False
        for _ in range(2 if goes_on else 1):
            held = ""
            try:
                async with session.stream(
                    prompt, session.deadline, restarted=anew, shown=lambda: bool(shown)
                ) as pieces:
                    async for piece in pieces:
                        held += piece
                        if held.endswith(". "):
                            shown.append(held)
                            held = ""
                whole = True
                break
            except ModelError:
                prompt = Prompt(name="bench", version="1", messages=PROMPT.messages, opening=str(len(shown)))
        texts.append((shown, whole))

    async def run() -> None:
        door = world.gateway()
        for number in range(count):
            await read(door, number % 2 == 0)

    run_virtual(run, seed=world.rng.randrange(1, 1 << 30))
    return {
        "doubled": sum(doubled("".join(shown)) for shown, _ in texts),
        "wrong": sum("".join(shown) != "".join(SENTENCES[: len(shown)]) for shown, _ in texts),
        "cut_as_done": sum(whole and len(shown) != len(SENTENCES) for shown, whole in texts),
        "truncated": sum(not whole for _, whole in texts) / count,
    }


DRIPS: dict[str, tuple[Limits, Reply, float]] = {
    "no head": (Limits(first_token_s=0.4), Reply(head_after_s=60.0), 0.4),
    "no first token": (Limits(first_token_s=0.4), Reply(pieces=(60.0,)), 0.4),
    "a stall": (Limits(between_tokens_s=0.4), Reply(pieces=("a", 60.0)), 0.4),
    "a drip for ever": (Limits(total_s=0.8), Reply(pieces=("a", 0.05), endless=True), 0.8),
    "a flood": (Limits(), Reply(pieces=("and so on " * 50,), endless=True), 0.0),
}


async def slots(form: str) -> float:
    """The longest time, in ms, beyond a limit until place and connection are free, over all drips."""
    worst = 0.0
    for limits, reply, limit_s in DRIPS.values():
        async with FakeProvider([reply]) as provider, opened(form, provider, limits) as model:
            door = Gateway([Target(name="a", model=model)])
            began = anyio.current_time()
            session = door.session(SCOPE, "r", Deadline(began + 30.0))
            try:
                async with session.stream(PROMPT, session.deadline, shown=lambda: True) as pieces:
                    async for _ in pieces:
                        pass
            except ModelError:
                pass
            await (await provider.arrived(1)).closed.wait()
            assert door.gates["a"].open_calls == 0
            worst = max(worst, 1000.0 * (anyio.current_time() - began - limit_s))
    return worst


async def classes(form: str) -> tuple[int, int]:
    """(rows of the table of faults with exactly their class, calls beyond one that a final fault caused)."""
    mine = [row for row in rows() if row[0] == form]
    right = extra = 0
    async with FakeProvider([row[2] for row in mine]) as provider, opened(form, provider) as model:
        for _, _, _, kind in mine:
            try:
                async with model.stream(PROMPT, Deadline(anyio.current_time() + 10.0)) as pieces:
                    async for _ in pieces:
                        pass
            except ModelError as exc:
                right += type(exc) is kind
    final = [row for row in mine if not row[3].retryable and row[2].status != 200]
    async with FakeProvider(lambda _: final[0][2]) as provider, opened(form, provider) as model:
        while final:
            before = len(provider.ledger)
            door = Gateway([Target(name="a", model=model)])
            session = door.session(SCOPE, "r", Deadline(anyio.current_time() + 10.0))
            try:
                async with session.stream(PROMPT, session.deadline):
                    pass
            except ModelError:
                extra += len(provider.ledger) - before - 1
            final.pop(0)
    return right, extra


def main(options: argparse.Namespace) -> int:
    """Run every part and print the figures; 0 when all hold."""
    count = 2_000 if options.short or options.control else 5_000
    rng = random.Random(options.seed)
    one = troubled(World(rng, options.control, bad=(0.2, 0.0)), count)
    both = troubled(World(rng, options.control, bad=(0.2, 0.2)), count)
    out = outage(World(rng, options.control), count)
    broken = cut(World(rng, options.control, bad=(0.3, 0.3), when="after"), 1_000)
    over_ms = max(asyncio.run(slots(form)) for form in FORMS)
    found = [asyncio.run(classes(form)) for form in FORMS]
    right, extra, total = sum(f[0] for f in found), sum(f[1] for f in found), len(rows())
    for name, figures in (("one in trouble", one), ("both in trouble", both), ("outage", out), ("cut", broken)):
        print(f"{name:16s} " + " ".join(f"{key}={value:.4g}" for key, value in figures.items()))
    print(f"seed={options.seed} requests={count} rows={total}")
    print(f"classes_right={right}/{total} repeated_refusals={extra} slot_over_ms={over_ms:.0f}")
    kept = one["unlisted"] + both["unlisted"]
    twice = one["doubled"] + both["doubled"] + broken["doubled"] + broken["wrong"] + broken["cut_as_done"]
    print(
        f"success={one['success']:.4f} calls={one['calls']:.3f} primary_extra={one['primary_extra']:.3f} "
        f"success_both={both['success']:.4f} calls_both={both['calls']:.3f} outage_calls={out['calls']:.3f} "
        f"fast_fail_ms={out['fast_fail_ms']:.0f} back_s={out['back_s']:.1f} doubled={twice:.0f} unlisted={kept:.0f}"
    )
    holds = (
        one["success"] >= 0.995 and one["calls"] <= 1.25 and one["primary_extra"] <= 0.10
        and both["success"] >= 0.98 and both["calls"] <= 1.35
        and out["calls"] <= 1.10 and out["fast_fail_ms"] <= 50 and out["back_s"] <= 10
        and twice == 0 and kept == 0 and over_ms <= SLACK_MS and right == total >= 60 and extra == 0
    )  # fmt: skip
    return 0 if holds else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer requests: about 40 s")
    parser.add_argument("--control", action="store_true", help="retries in two layers; must exit 1")
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(main(parser.parse_args()))
