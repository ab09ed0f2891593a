"""A second call when the first token of the first one is late; whoever speaks first is heard, the other is closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from nutgraf.model.call import Call


class _Race:
    def __init__(self) -> None:
        self.winner: Call | None = None
        self.piece: str | None = None
        self.errors: dict[Call, Exception] = {}
        self.ended = anyio.Event()  # one of them has spoken, ended or failed
        self.scope: anyio.CancelScope | None = None

    async def run(self, call: Call, *, opened: bool) -> None:
        """Take the first piece of a call; the one that has it, or ends without any, wins."""
        try:
            if not opened:
                await call.open()
            piece = await call.piece()
        except StopAsyncIteration:
            piece = None
        except Exception as error:
            self.errors[call] = error
            self.ended.set()
            return
        if self.winner is None:
            self.winner, self.piece = call, piece
            self.ended.set()
            assert self.scope is not None
            self.scope.cancel()


async def race(
    first: Call,
    second: Callable[[], Call | None],
    after_s: float,
    lost: Callable[[Call, Exception | None], Awaitable[None]],
) -> tuple[Call, str | None]:
    """(the call that spoke first, its first piece). `first` is open; `second` is asked for after `after_s` seconds.

    The piece is None when that call ended without a word. Raises the error of the first one when no other speaks.
    Losers are given to `lost` with their error, but for the first call when the race itself fails: that is raised.
    """
    race, other = _Race(), None
    try:
        async with anyio.create_task_group() as tasks:
            race.scope = tasks.cancel_scope
            tasks.start_soon(lambda: race.run(first, opened=True))
            with anyio.move_on_after(after_s):
                await race.ended.wait()
            if not race.ended.is_set() and (other := second()) is not None:
                tasks.start_soon(lambda call=other: race.run(call, opened=False))  # type: ignore[misc]
        if other is not None:
            loser = first if race.winner is other else other
            await lost(loser, race.errors.get(loser))
    except BaseException:  # cancelled, perhaps while the loser was being closed: nobody else knows the second call
        if other is not None:
            await lost(other, race.errors.get(other))
        raise
    if race.winner is None:
        raise race.errors[first]
    return race.winner, race.piece
