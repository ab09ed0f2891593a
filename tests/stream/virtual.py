"""An event loop whose clock is moved by hand: waiting costs nothing, and the order of things can be replayed."""

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import anyio.lowlevel

T = TypeVar("T")


class _Jump(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Never waits: what would have been a wait moves the clock instead."""

    clock = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Whatever is ready now; the clock jumps over the wait."""
        if timeout is None:
            raise RuntimeError("every task waits for another: nothing can ever happen")
        self.clock += max(0.0, timeout)
        found: list[Any] = super().select(0)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on a clock of its own. `shuffle` runs tasks that are ready together in a seeded order."""

    def __init__(self, shuffle: random.Random | None = None) -> None:
        self._jump = _Jump()
        self._shuffle = shuffle
        super().__init__(self._jump)

    def time(self) -> float:
        """Seconds on the loop's own clock."""
        return self._jump.clock

    def _run_once(self) -> None:
        if self._shuffle is not None:
            ready: Any = self._ready  # type: ignore[attr-defined]
            order = list(ready)
            self._shuffle.shuffle(order)
            ready.clear()
            ready.extend(order)
        super()._run_once()  # type: ignore[misc]


def run(work: Callable[[], Awaitable[T]], seed: int | None = None) -> T:
    """Run `work` to its end on a virtual clock; with a seed, ready tasks run in the order that the seed gives."""
    shuffle = None if seed is None else random.Random(seed)
    return anyio.run(work, backend="asyncio", backend_options={"loop_factory": lambda: VirtualLoop(shuffle)})


async def inline(work: Callable[[], T]) -> T:
    """Blocking work in place of a thread's, so that no real time passes."""
    await anyio.lowlevel.checkpoint()
    return work()
