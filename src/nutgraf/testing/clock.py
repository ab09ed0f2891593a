"""An event loop whose time jumps: scripted pauses cost nothing, and a schedule can be repeated from its seed."""

from __future__ import annotations

import asyncio
import math
import random
import selectors
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

import anyio
from anyio.to_thread import current_default_thread_limiter

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

THREAD_WITHIN_S = 30.0
STRAY_THREAD_WITHIN_S = 1.0
#: Timers this near are due. asyncio's own nanosecond is lost in a float after some days, and the timer with it.
RESOLUTION_S = 1e-6


class VirtualClockError(RuntimeError):
    """Something was asked of the virtual clock that it cannot give: real I/O, or an end that will never come."""


def run_virtual(function: Callable[[], Awaitable[T]], seed: int = 0) -> T:
    """Run an async function to its end on a loop that begins at 0.0 s and jumps to the next timer when it is idle.

    Worker threads take no time: the clock stands still while one is busy. Seed 0 keeps the order of asyncio; any
    other seed chooses among the tasks that are ready. Raises VirtualClockError for real I/O, and when every task
    waits and nothing is scheduled that could wake one.
    """

    async def main() -> T:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, _VirtualLoop)
        limiter = current_default_thread_limiter()
        loop.jumps.busy = lambda: limiter.borrowed_tokens > 0
        return await function()

    return anyio.run(main, backend="asyncio", backend_options={"loop_factory": lambda: _VirtualLoop(seed)})


class _Jumps(selectors.DefaultSelector):
    """A selector that moves a clock instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.sealed = False
        self.broken = False
        self.busy: Callable[[], bool] = bool

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self.sealed:
            raise VirtualClockError("real input or output on a virtual clock; use ScriptedModel, or a real event loop")
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        if self.busy():
            if not (found := super().select(THREAD_WITHIN_S)):
                raise VirtualClockError(f"a worker thread was busy for more than {THREAD_WITHIN_S:.0f} s")
            return found
        if timeout is None:
            if found := super().select(STRAY_THREAD_WITHIN_S):
                return found
            if self.broken:  # asyncio is cancelling what is left; do not hide the first error
                return []
            self.broken = True
            raise VirtualClockError("every task waits, and nothing is scheduled that could wake one")
        self.now += timeout
        return []


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, seed: int) -> None:
        self.jumps = _Jumps()
        self._choice = random.Random(seed) if seed else None
        super().__init__(self.jumps)
        self._clock_resolution = RESOLUTION_S
        self.jumps.sealed = True

    def time(self) -> float:
        return self.jumps.now

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        if when == math.inf:  # how anyio sleeps for ever: never due, so nothing to jump to
            return asyncio.TimerHandle(when, callback, args, self, context)
        return super().call_at(when, callback, *args, context=context)

    def _run_once(self) -> None:
        if self._choice is not None:
            self._shuffle_ready_tasks(self._choice)
        super()._run_once()  # type: ignore[misc]

    def _shuffle_ready_tasks(self, choice: random.Random) -> None:
        """Put the steps of ready tasks into another order; plain callbacks keep their places, as asyncio promises."""
        ready: Any = self._ready  # type: ignore[attr-defined]
        waiting = list(ready)  # at once: a worker thread may add to it meanwhile
        places = [n for n, handle in enumerate(waiting) if _is_task_step(handle)]
        handles = [waiting[n] for n in places]
        choice.shuffle(handles)
        for n, handle in zip(places, handles, strict=True):
            ready[n] = handle


def _is_task_step(handle: Any) -> bool:
    return isinstance(getattr(handle._callback, "__self__", None), asyncio.Task)
