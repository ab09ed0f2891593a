"""Models and sources that do exactly what a test wrote, pauses and failures included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio
import anyio.lowlevel

from nutgraf.errors import ModelCut, ModelSilent
from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.types import Deadline, Prompt

#: Text to say, seconds of silence, or a failure to raise.
Piece: TypeAlias = str | float | Exception


@dataclass(eq=False)
class Call:
    """One request a scripted model got. Moments are seconds on the clock of the event loop.

    `ending` is None while it is open, then `done` (every piece was read), `failed` (it raised), `left` (the block
    was left early) or `cancelled` (the block was left because its task was cancelled).
    """

    prompt: Prompt
    deadline: Deadline
    opened_at: float
    closed_at: float | None = None
    ending: str | None = None
    said: list[str] = field(default_factory=list)

    @property
    def cancelled(self) -> bool:
        """Whether its task was cancelled before the script was over."""
        return self.ending == "cancelled"


@dataclass
class ScriptedModel:
    """Says what the test wrote. `pieces` may also be a function of the prompt that returns them, even endlessly.

    Keeps to the contract of every model: at the deadline it raises ModelSilent, or ModelCut once it has spoken.
    """

    pieces: Sequence[Piece] | Callable[[Prompt], Iterable[Piece]]
    name: str = "scripted"
    calls: list[Call] = field(default_factory=list)

    @property
    def seen(self) -> list[Prompt]:
        """The prompts it was given, in order."""
        return [call.prompt for call in self.calls]

    @property
    def open_calls(self) -> int:
        """How many requests are open now; 0 when nothing leaked."""
        return sum(call.closed_at is None for call in self.calls)

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """Open a request; how it closed is in `calls` afterwards."""
        call = Call(prompt, deadline, anyio.current_time())
        self.calls.append(call)
        script = iter(self.pieces(prompt) if callable(self.pieces) else self.pieces)
        try:
            yield _Script(script, call)
        except anyio.get_cancelled_exc_class():
            call.ending = call.ending or "cancelled"
            raise
        finally:
            call.closed_at = anyio.current_time()
            call.ending = call.ending or "left"


class _Script:
    def __init__(self, script: Iterator[Piece], call: Call) -> None:
        self._script, self._call = script, call

    def __aiter__(self) -> _Script:
        return self

    async def __anext__(self) -> str:
        call = self._call
        with anyio.CancelScope(deadline=call.deadline.at) as scope:
            await anyio.lowlevel.checkpoint()
            for piece in self._script:
                if isinstance(piece, Exception):
                    call.ending = "failed"
                    raise piece
                if isinstance(piece, str):
                    call.said.append(piece)
                    return piece
                await anyio.sleep(piece)
        if scope.cancelled_caught:
            call.ending = "failed"
            late = "not done at the deadline" if call.said else "said nothing before the deadline"
            raise (ModelCut if call.said else ModelSilent)(f"scripted: {late}")
        call.ending = call.ending or "done"
        raise StopAsyncIteration


@dataclass
class FixedSource:
    """A source of evidence that finds the same for every query, after `after_s` seconds, or fails.

    `asked` holds the queries, `cancelled` counts how often it was cancelled while it worked.
    """

    name: str
    found: Sequence[Passage] = ()
    after_s: float = 0.0
    fails: Exception | None = None
    partition: Partition = "public"
    idempotent: bool = True
    asked: list[Query] = field(default_factory=list)
    cancelled: int = 0

    async def fetch(self, query: Query, deadline: Deadline) -> list[Passage]:
        """What was fixed; raises `fails` instead when that is set."""
        self.asked.append(query)
        try:
            await anyio.sleep(self.after_s)
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        if self.fails is not None:
            raise self.fails
        return list(self.found)
