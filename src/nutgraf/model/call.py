"""One request to one target: a place, a stream that is watched for silence, and an entry in the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from types import TracebackType

import anyio

from nutgraf.clock import loop_time
from nutgraf.errors import ModelBusy, ModelCut, ModelDenied, ModelError, ModelRefused, ModelSilent, NutgrafError
from nutgraf.model.gate import Gate
from nutgraf.model.ledger import Attempt, Result, input_tokens, output_tokens
from nutgraf.orchestration import Usage
from nutgraf.types import Deadline, Prompt

CLOSE_WITHIN_S = 0.25
#: A model that keeps to its deadline is given this much time to say so itself.
GRACE_S = 0.05
#: A model that was silent until the deadline has failed only if it had at least this much time.
SILENT_AT_LEAST_S = 0.5

_RESULTS: tuple[tuple[type[BaseException], Result], ...] = (
    (ModelBusy, "busy"),
    (ModelSilent, "silent"),
    (ModelCut, "cut"),
    (ModelDenied, "denied"),
    (ModelRefused, "refused"),
    (NutgrafError, "denied"),  # a part is missing, or the model cannot be loaded
)
#: What came of calls that are worth another try, at the same target or at another one.
PASSING: frozenset[Result] = frozenset({"busy", "silent", "cut", "broken"})
#: What came of calls that another target may take.
ELSEWHERE: frozenset[Result] = PASSING | {"denied"}
#: What came of calls that the provider does not charge for.
_FREE: frozenset[Result] = frozenset({"busy", "denied", "refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a model may be silent, in seconds: before its first piece of text, and between two."""

    first_token_s: float = 10.0
    between_tokens_s: float = 5.0


def result_of(error: BaseException) -> Result:
    """What a failure is in the ledger; anything that is not ours is `broken`."""
    return next((result for kind, result in _RESULTS if isinstance(error, kind)), "broken")


class Call:
    """A request to the target of `gate`. `open` it, take pieces with `piece`, and `close` it whatever happens.

    Used within one task at a time. A model that says `watches_silence = True` notices later silences than the first
    one itself.
    """

    def __init__(self, gate: Gate, prompt: Prompt, deadline: Deadline, attempt: Attempt, patience: Patience) -> None:
        self.gate, self.attempt = gate, attempt
        self._prompt, self._deadline, self._patience = prompt, deadline, patience
        self._placed_at = self._first_by = 0.0
        self._watched = not getattr(gate.target.model, "watches_silence", False)
        self._block: AbstractAsyncContextManager[AsyncIterator[str]] | None = None
        self._pieces: AsyncIterator[str] | None = None
        self._placed = self._booked = False

    async def open(self) -> None:
        """Wait for a place and send the request; raises what the model raises, or ModelSilent or ModelBusy."""
        await self.gate.turns.take(self._deadline)
        self._placed = True
        self._placed_at = loop_time()
        self._first_by = min(self._placed_at + self._patience.first_token_s, self._deadline.at + GRACE_S)
        self.attempt.phase = "sent"
        block = self.gate.target.model.stream(self._prompt, self._deadline)
        with anyio.CancelScope(deadline=self._first_by):
            self._pieces = aiter(await block.__aenter__())
            self._block = block
            return
        raise self._silent()

    async def piece(self) -> str:
        """The next piece of text; StopAsyncIteration at the end, or what the model raises."""
        assert self._pieces is not None
        attempt = self.attempt
        if attempt.pieces and not self._watched:
            piece = await anext(self._pieces)
        else:
            piece = await self._watched_piece()
        attempt.pieces += 1
        attempt.chars += len(piece)
        return piece

    async def _watched_piece(self) -> str:
        assert self._pieces is not None
        attempt = self.attempt
        until = self._first_by
        if attempt.pieces:
            until = min(loop_time() + self._patience.between_tokens_s, self._deadline.at + GRACE_S)
        with anyio.CancelScope(deadline=until):
            piece = await anext(self._pieces)
            if not attempt.pieces:
                attempt.phase = "first-token"
                attempt.first_token_s = loop_time() - self._placed_at
            return piece
        raise self._silent()

    async def close(
        self,
        result: Result,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
        *,
        visible: bool = False,
    ) -> None:
        """End the request within 250 ms, give its place back and book it; a second time does nothing."""
        if self._booked:
            return
        self._booked = True
        try:
            if self._block is not None:
                with anyio.move_on_after(CLOSE_WITHIN_S, shield=True), suppress(Exception):
                    await self._block.__aexit__(type(error) if error else None, error, trace)
        finally:  # a task that is cancelled again while it closes takes no place with it
            if self._placed:
                self.gate.turns.give_back()
            self._book(result, error, visible=visible)

    def _book(self, result: Result, error: BaseException | None, *, visible: bool) -> None:
        attempt, now = self.attempt, loop_time()
        attempt.result, attempt.ended = result, now
        attempt.failure = type(error).__name__ if error is not None and result not in ("left", "waste") else ""
        if visible and attempt.pieces:
            attempt.phase = "visible"
        attempt.usage = self.gate.target.price.of(self._usage(result))
        took, late = now - self._placed_at, now >= self._deadline.at
        if not self._placed:
            self.gate.breaker.forgotten()  # it was never asked
        elif result == "refused" or (attempt.pieces and (late or result in ("done", "left", "waste"))):
            self.gate.succeeded(now, took, attempt.first_token_s)  # it spoke for as long as it was listened to
        elif result == "done":
            self.gate.succeeded(now, took, None)
        elif late and took < SILENT_AT_LEAST_S:
            self.gate.left(took)
        elif late or result in ELSEWHERE:
            self.gate.failed(now, took, error)
        else:
            self.gate.left(took)
        self.gate.totals.add(attempt)

    def _usage(self, result: Result) -> Usage:
        """What the provider says that it used, else our own count, marked as such."""
        told = getattr(self._pieces, "usage", None)
        if isinstance(told, Usage):
            return told
        if self._block is None or (result in _FREE and not self.attempt.pieces):
            return Usage(estimated=False)
        written = output_tokens(self.attempt.pieces, self.attempt.chars)
        return Usage(input_tokens=input_tokens(self._prompt), output_tokens=written)

    @property
    def whole(self) -> bool:
        """Whether the model ended by itself, as far as it says, and not because it had no room left."""
        return getattr(self._pieces, "finish", "") != "length"

    def _silent(self) -> ModelError:
        name = self.gate.target.name
        if loop_time() < self._deadline.at:
            return ModelSilent(f"model {name}: silent for longer than its limit")
        if self.attempt.pieces:
            return ModelCut(f"model {name}: not done at the deadline")
        return ModelSilent(f"model {name}: said nothing before the deadline")
