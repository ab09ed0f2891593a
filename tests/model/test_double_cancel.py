"""A request that is cancelled twice, the second time while it is being closed, still gives everything back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from nutgraf.model.call import Call, Patience
from nutgraf.model.gate import Gate, Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.hedge import race
from nutgraf.model.ledger import Attempt
from nutgraf.testing import ScriptedModel
from nutgraf.types import Deadline, Message, Prompt, Scope

SCOPE = Scope(tenant="t", member="m", purposes=frozenset(), consent_version=1, rights=frozenset())
PROMPT = Prompt(name="test", version="1", messages=(Message("user", "What changed?"),), max_tokens=64)


class Slow:
    """A model that takes its time to close."""

    name = "slow"

    def __init__(self, *, opens: bool) -> None:
        """One that never `opens` is cancelled before its first piece."""
        self.opens, self.closing = opens, anyio.Event()

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """A request that says one thing, then nothing."""
        try:
            if not self.opens:
                await anyio.sleep_forever()
            yield self._say()
        finally:
            self.closing.set()
            await asyncio.sleep(0.01)

    async def _say(self) -> AsyncIterator[str]:
        yield "One "
        await anyio.sleep_forever()


@pytest.mark.parametrize("opens", [True, False])
async def test_the_place_and_the_quota_come_back(*, opens: bool) -> None:
    """Its place is free again, and what it used is in the ledger as for any other that was left."""
    model = Slow(opens=opens)
    door = Gateway([Target(name="slow", model=model, connections_at_most=1)])
    session = door.session(SCOPE, "r", Deadline(anyio.current_time() + 60.0))
    begun = asyncio.Event()

    async def read() -> None:
        begun.set()
        async with session.stream(PROMPT, session.deadline) as pieces:
            async for _ in pieces:
                begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    await asyncio.sleep(0.01)
    task.cancel()
    await model.closing.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert door.gates["slow"].open_calls == 0
    assert [attempt.result for attempt in session.attempts] == ["left"]


async def test_a_race_that_is_cancelled_while_its_loser_closes_keeps_no_place() -> None:
    """The second call has spoken and won, and is closed all the same, as nobody will ever read it."""
    far, slow, quick = Deadline(anyio.current_time() + 60.0), Slow(opens=True), ScriptedModel(["One "], "quick")
    slow._say = silence  # type: ignore[method-assign]
    gates = [Gate(Target(name=model.name, model=model)) for model in (slow, quick)]
    attempts = [Attempt(target=gate.target.name, step="write", because="first", began=0.0) for gate in gates]
    first, second = [Call(gate, PROMPT, far, one, Patience()) for gate, one in zip(gates, attempts, strict=True)]
    await first.open()

    async def lost(call: Call, error: Exception | None) -> None:
        await call.close("waste", error)

    task = asyncio.create_task(race(first, lambda: second, 0.001, lost))
    await slow.closing.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert [gate.open_calls for gate in gates] == [0, 0]


async def silence() -> AsyncIterator[str]:
    """A stream that never says anything."""
    await anyio.sleep_forever()
    yield ""
