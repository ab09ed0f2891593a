"""Turns: as many as there are slots, the nearest deadline first, and none is ever lost."""

import random

import anyio
import pytest

from nutgraf.errors import ModelBusy, ModelSilent
from nutgraf.model.turns import Turns
from nutgraf.testing import run_virtual
from nutgraf.types import Deadline


def test_the_nearest_deadline_goes_first() -> None:
    """Who must finish first is served first, whatever the order of arrival."""

    async def main() -> list[float]:
        turns, served = Turns(1), list[float]()
        await turns.take(Deadline(1.0))

        async def wait(at: float) -> None:
            await turns.take(Deadline(at))
            served.append(at)
            turns.give_back()

        async with anyio.create_task_group() as tasks:
            for at in (9.0, 5.0, 7.0, 3.0):
                tasks.start_soon(wait, at)
            await anyio.sleep(0.1)
            turns.give_back()
        return served

    assert run_virtual(main) == [3.0, 5.0, 7.0, 9.0]


def test_waiting_ends_at_the_deadline() -> None:
    """A request whose deadline comes while it waits gets an error at that moment, and leaves the line."""

    async def main() -> tuple[float, int, int]:
        turns = Turns(1)
        await turns.take(Deadline(1.0))
        with pytest.raises(ModelSilent):
            await turns.take(Deadline(2.0))
        at = anyio.current_time()
        turns.give_back()
        return at, turns.free, turns.waiting

    assert run_virtual(main) == (2.0, 1, 0)


def test_the_line_has_an_end() -> None:
    """Beyond the limit a request is refused at once, as one that may be tried again."""

    async def main() -> None:
        turns = Turns(1, waiting_at_most=2)
        await turns.take(Deadline(1.0))
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(turns.take, Deadline(9.0))
            await anyio.sleep(0.1)
            with pytest.raises(ModelBusy):
                await turns.take(Deadline(9.0))
            tasks.cancel_scope.cancel()

    run_virtual(main)


@pytest.mark.parametrize("seed", range(1, 41))
def test_no_turn_is_lost(seed: int) -> None:
    """However requests are cancelled, late or served, every turn is free again at the end."""

    async def main() -> tuple[int, int]:
        rng, turns, held = random.Random(seed), Turns(2), [0]

        async def ask() -> None:
            await anyio.sleep(rng.choice((0.0, 0.1, 0.2, 0.3)))
            with anyio.move_on_after(rng.choice((0.0, 0.1, 0.2, 9.0))):
                try:
                    await turns.take(Deadline(rng.choice((0.2, 0.3, 0.4, 9.0))))
                except ModelSilent:
                    return
                try:
                    held[0] += 1
                    assert held[0] <= 2
                    await anyio.sleep(rng.choice((0.0, 0.1, 0.2)))
                finally:
                    held[0] -= 1
                    turns.give_back()

        async with anyio.create_task_group() as tasks:
            for _ in range(30):
                tasks.start_soon(ask)
        return turns.free, turns.waiting

    assert run_virtual(main, seed) == (2, 0)
