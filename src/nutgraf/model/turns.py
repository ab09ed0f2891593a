"""A few turns at a time; of those who wait, the one whose deadline comes first goes first."""

from __future__ import annotations

import heapq
from itertools import count

import anyio

from nutgraf.errors import ModelBusy, ModelSilent
from nutgraf.types import Deadline

WAITING_AT_MOST = 64


class Turns:
    """`slots` turns; for one event loop. A turn that was taken is given back exactly once."""

    def __init__(self, slots: int, waiting_at_most: int = WAITING_AT_MOST) -> None:
        self.free = slots
        self._waiting_at_most = waiting_at_most
        self._waiting: list[tuple[float, int, anyio.Event]] = []
        self._numbers = count()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def take(self, deadline: Deadline) -> None:
        """Wait for a turn. ModelBusy when too many wait already, ModelSilent when the deadline comes first."""
        if self.free:
            self.free -= 1
            return
        if len(self._waiting) >= self._waiting_at_most:
            raise ModelBusy(f"{self._waiting_at_most} requests are waiting for this model already")
        turn = anyio.Event()
        entry = (deadline.at, next(self._numbers), turn)
        heapq.heappush(self._waiting, entry)
        try:
            with anyio.CancelScope(deadline=deadline.at):
                await turn.wait()
        except BaseException:
            self._leave(entry)
            raise
        if not turn.is_set():
            self._leave(entry)
            raise ModelSilent("the model was busy with other requests until the deadline")

    def give_back(self) -> None:
        """The turn is over: the next in line has it, or it is free."""
        if self._waiting:
            heapq.heappop(self._waiting)[2].set()
        else:
            self.free += 1

    def _leave(self, entry: tuple[float, int, anyio.Event]) -> None:
        """Stop waiting; a turn that came in the same moment goes to the next."""
        if entry[2].is_set():
            self.give_back()
        else:
            self._waiting.remove(entry)
            heapq.heapify(self._waiting)
