"""The model calls of one request: who is asked, who is asked next, and what may still be spent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from random import Random
from types import TracebackType
from typing import NoReturn

import anyio

from nutgraf.clock import loop_time
from nutgraf.errors import ModelBusy, ModelSilent, QuotaSpent
from nutgraf.model.budget import ATTEMPTS_AT_MOST, AttemptBudget, Backoff, HedgeShare
from nutgraf.model.cache import AnswerCache, CacheKey, cache_key
from nutgraf.model.call import ELSEWHERE, PASSING, Call, Patience, result_of
from nutgraf.model.gate import Gate
from nutgraf.model.hedge import race
from nutgraf.model.ledger import Attempt, Because, Result, input_tokens, spent
from nutgraf.model.quota import Quota, Reservation
from nutgraf.orchestration import Step, Usage
from nutgraf.types import Deadline, Prompt, Scope

#: A target that is this full gets no second calls for others.
HEDGE_ROOM = 0.7
#: A first token is late when it takes this many times as long as 95 of 100 do.
HEDGE_AFTER = 1.1
#: With another target at hand, the first one may be silent for this share of the time that is left.
FIRST_SHARE = 0.5


@dataclass(eq=False, kw_only=True)
class Means:
    """What the sessions of one gateway share."""

    orders: Callable[[Step], list[Gate]]
    patience: Patience
    quota: Quota
    cache: AnswerCache | None
    random: Random
    backoff: Backoff = field(default_factory=Backoff)
    hedges: HedgeShare = field(default_factory=HedgeShare)


class Session:
    """The model calls of one request, for one event loop. `attempts` lists them as they are made."""

    def __init__(
        self, means: Means, scope: Scope, request_id: str, deadline: Deadline, *, locale: str = "", policy: str = ""
    ) -> None:
        self.means, self.scope, self.request_id, self.deadline = means, scope, request_id, deadline
        self.locale, self.policy = locale, policy
        self.attempts: list[Attempt] = []
        self.budget = AttemptBudget()
        #: Targets that failed for good in this request, and whether the next answer makes up for a failed one.
        self.failed: set[str] = set()
        self.owes = False

    @property
    def usage(self) -> Usage:
        """What the attempts that have ended cost, together."""
        return spent(self.attempts)

    def stream(
        self,
        prompt: Prompt,
        deadline: Deadline,
        *,
        step: Step = "write",
        restarted: Callable[[], None] | None = None,
        shown: Callable[[], bool] = bool,
    ) -> Answer:
        """Open a request; shaped like `Model.stream`.

        While `shown()` is False a failure goes on silently with the next target; when pieces were handed out already,
        `restarted()` is called just before the first piece of the new attempt. After something was shown the failure
        is raised; a further `stream` may then go on from what was shown, and passes over the target that failed.
        Raises a ModelError, from the block or its iterator.
        """
        return Answer(self, prompt, deadline.sooner(self.deadline.at), step, restarted, shown)


class Answer:
    """One answer, by as many attempts as it takes; an async context manager and the iterator of its pieces."""

    def __init__(
        self,
        session: Session,
        prompt: Prompt,
        deadline: Deadline,
        step: Step,
        restarted: Callable[[], None] | None,
        shown: Callable[[], bool],
    ) -> None:
        self._session, self._means = session, session.means
        self._prompt, self._deadline, self._step = prompt, deadline, step
        self._restarted, self._shown = restarted, shown
        self._order = self._means.orders(step)
        self._tried: dict[Gate, Result] = {}
        self._call: Call | None = None
        self._reservations: dict[Call, Reservation] = {}
        self._handed = self._stale = False
        #: Whether the model came to its own end; False once it was stopped by `max_tokens`.
        self.whole = True
        self._kept: list[str] = []
        self._key: CacheKey | None = None
        if self._means.cache is not None and not prompt.temperature:
            names = tuple(gate.target.name for gate in self._order)
            self._key = cache_key(session.scope, prompt, names, locale=session.locale, policy=session.policy)
        self._cached = self._means.cache.get(self._key) if self._means.cache and self._key else None

    async def __aenter__(self) -> AsyncIterator[str]:
        """Make the first attempt, and further ones if it fails at once."""
        if self._cached is not None:
            now = loop_time()
            self._session.attempts.append(
                Attempt(target="cache", step=self._step, because="cache", began=now, ended=now, result="done",
                        usage=Usage(estimated=False))
            )  # fmt: skip
            return self
        self._means.hedges.asked()
        try:
            self._call = await self._opened(*await self._first())
        except Exception as error:
            if self._call is None and not self._tried:
                raise
            await self._next(error)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is still open; what was generated until now is booked."""
        if self._call is not None:
            call, self._call = self._call, None
            await self._closed(call, "left", error, trace)

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        if self._cached is not None:
            text, self._cached = self._cached, None
            return text
        while (call := self._call) is not None:
            try:
                piece = await (call.piece() if call.attempt.pieces else self._first_piece(call))
            except StopAsyncIteration:
                await self._done()
                break
            except Exception as error:
                await self._failed(self._call or call, error)
                await self._next(error)
                continue
            if self._stale:
                self._restart()
            self._handed = True
            if self._key is not None:
                self._kept.append(piece)
            return piece
        raise StopAsyncIteration

    async def _done(self) -> None:
        """The model has ended by itself: book it, and keep the answer when it is whole."""
        call, self._call = self._call, None
        assert call is not None
        self.whole = call.whole
        await self._closed(call, "done")
        if self._stale:
            self._restart()
        if self._key is not None and self._means.cache is not None and call.whole and self._kept:
            self._means.cache.put(self._key, "".join(self._kept))

    def _restart(self) -> None:
        self._stale = False
        if self._restarted is not None:
            self._restarted()

    async def _failed(self, call: Call, error: Exception) -> None:
        self._call = None
        result = result_of(error)
        self._tried.pop(call.gate, None)
        self._tried[call.gate] = result  # the last one tried stands last
        self._stale = self._handed
        self._kept.clear()
        await self._closed(call, result, error, error.__traceback__)

    async def _next(self, error: Exception) -> None:
        """Open a further attempt after `error`; raises it when there is none to make."""
        while True:
            last = next(reversed(self._tried.values()))
            if last not in ELSEWHERE or self._shown():
                self._give_up(error)
            choice = self._other() or self._again()
            if choice is None or not self._session.budget.again():
                self._give_up(error)
            gate, because, wait_s = choice
            if wait_s:
                await anyio.sleep(wait_s)
            try:
                self._call = await self._opened(gate, because)
                return
            except QuotaSpent:
                self._give_up(error)
            except Exception as exc:
                error = exc

    def _give_up(self, error: Exception) -> NoReturn:
        self._session.failed.update(gate.target.name for gate in self._tried)
        self._session.owes = True
        raise error

    async def _first(self) -> tuple[Gate, Because]:
        """The target to ask first; ModelBusy, with the time to wait if it is known, when none may be asked."""
        session, now = self._session, loop_time()
        if session.owes:
            session.owes = False
            if not session.budget.again():
                raise ModelBusy(f"this request has made its {ATTEMPTS_AT_MOST} attempts at a model")
        if not self._deadline.left(now):
            raise ModelSilent("no time was left for a model")
        all_open = not any(gate.breaker.closed for gate in self._order)
        unhurt = [gate for gate in self._order if gate.target.name not in session.failed] or self._order
        hurt = {attempt.target for attempt in session.attempts if attempt.result in ELSEWHERE}
        unhurt = sorted(unhurt, key=lambda gate: gate.target.name in hurt)  # what failed before is asked last
        for gate in unhurt:
            if gate.room(self._deadline, now):
                how = gate.allows(now, all_open=all_open)
                if how is not None:
                    return gate, how
        for gate in unhurt:  # somebody asked us to wait, and there is time for that
            wait_s = (gate.not_before - now) * (1.0 + 0.5 * self._means.random.random())
            if gate.breaker.closed and wait_s > 0 and gate.fits(wait_s, self._deadline, now):
                await anyio.sleep(wait_s)
                return gate, "first"
        busy = ModelBusy("no model can be asked now: each is resting after failures, or full")
        soonest = min((gate.free_at(now) for gate in self._order), default=now)
        busy.retry_after_s = max(soonest - now, 0.0) or None
        raise busy

    def _other(self, beside: Gate | None = None) -> tuple[Gate, Because, float] | None:
        """A healthy target that this answer has not tried and is not asking now, with room of its own."""
        now = loop_time()
        for gate in self._order:
            fresh = gate is not beside and gate not in self._tried and gate.target.name not in self._session.failed
            if fresh and gate.breaker.closed and gate.room(self._deadline, now):
                return gate, "next", 0.0
        return None

    def _again(self) -> tuple[Gate, Because, float] | None:
        """A target that failed but has earned another try, and the seconds to wait before it."""
        now = loop_time()
        for gate, result in self._tried.items():
            if result in PASSING and gate.breaker.closed:
                wait_s = self._means.backoff.wait_s(len(self._tried) - 1, self._means.random.random())
                wait_s = max(wait_s, (gate.not_before - now) * (1.0 + 0.5 * self._means.random.random()))
                if gate.fits(wait_s, self._deadline, now) and gate.tokens.spend():
                    return gate, "again", wait_s
        return None

    async def _opened(self, gate: Gate, because: Because) -> Call:
        """A call that is open; what fails or is cancelled before that is closed and booked."""
        call = self._new_call(gate, because)
        try:
            await call.open()
        except Exception as error:
            await self._failed(call, error)
            raise
        except BaseException as error:
            await self._closed(call, "left", error)
            raise
        return call

    def _new_call(self, gate: Gate, because: Because) -> Call:
        """A call that is not open yet, its tokens reserved; QuotaSpent when there are too few."""
        now = loop_time()
        need = input_tokens(self._prompt) + self._prompt.max_tokens
        try:
            reservation = self._means.quota.reserve(self._session.scope, need, now)
        except QuotaSpent:
            gate.breaker.forgotten()
            raise
        patience = self._means.patience
        if self._session.budget.extra and any(g is not gate and g.breaker.closed for g in self._order):
            left = self._deadline.left(now)
            patience = replace(patience, first_token_s=min(patience.first_token_s, FIRST_SHARE * left))
        attempt = Attempt(target=gate.target.name, step=self._step, because=because, began=now)
        self._session.attempts.append(attempt)
        call = Call(gate, self._prompt, self._deadline, attempt, patience)
        self._reservations[call] = reservation
        return call

    async def _closed(
        self,
        call: Call,
        result: Result,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """End a call, book it, and settle what was reserved for it."""
        try:
            await call.close(result, error, trace, visible=self._shown())
        finally:
            usage = call.attempt.usage
            tokens = usage.input_tokens + usage.output_tokens
            self._means.quota.settle(self._reservations[call], tokens, loop_time())

    async def _first_piece(self, call: Call) -> str:
        """The first piece of a call, or of a second one at another target when the first is late and may be hedged."""
        after_s = HEDGE_AFTER * call.gate.first_token_s(0.95)
        if not (call.gate.target.hedge and after_s and self._session.budget.extra):
            return await call.piece()

        def second() -> Call | None:
            choice = self._other(call.gate)
            if choice is None or choice[0].open_calls >= HEDGE_ROOM * choice[0].limit:
                return None
            if not (self._means.hedges.take() and self._session.budget.again()):
                return None
            try:
                return self._new_call(choice[0], "hedge")
            except QuotaSpent:
                return None

        self._call, piece = await race(call, second, after_s, self._lost)
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def _lost(self, call: Call, error: Exception | None) -> None:
        """Close the loser of a hedge: one that failed by its failure, one that was only slower as waste."""
        if error is not None:
            self._tried[call.gate] = result_of(error)
        await self._closed(call, result_of(error) if error else "waste", error)
