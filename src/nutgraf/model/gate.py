"""The way in to one target: its places, its breaker, its retry tokens, and how long it has taken lately."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from nutgraf.breaker import Breaker, BreakerRules
from nutgraf.errors import ModelBusy
from nutgraf.model.budget import RetryTokens
from nutgraf.model.ledger import Price, Totals
from nutgraf.model.turns import Turns
from nutgraf.seams import Model
from nutgraf.types import Deadline

#: A target whose breaker is open, like those of all others, is asked again this often.
PROBE_EVERY_S = 1.0
#: Longest wait that a provider's Retry-After makes everybody keep.
RETRY_AFTER_AT_MOST_S = 60.0
FIRST_TOKENS_KEPT = 64
FIRST_TOKENS_AT_LEAST = 8
#: How much a new observation counts in the mean time that a call takes.
FRESH = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class Target:
    """One model that a gateway may call: `hedge` lets a second one be asked when its first token is late."""

    name: str
    model: Model
    connections_at_most: int = 64
    price: Price = field(default_factory=Price)
    hedge: bool = False


class Gate:
    """The state of one target, for one event loop. Every place that was taken is given back exactly once.

    Moments are seconds on the clock of the event loop.
    """

    def __init__(self, target: Target, rules: BreakerRules | None = None) -> None:
        self.target = target
        self.limit = target.connections_at_most
        self.turns = Turns(self.limit, waiting_at_most=2 * self.limit)
        self.totals = Totals()
        self.breaker = Breaker(rules or BreakerRules())
        self.tokens = RetryTokens()
        self.not_before = 0.0
        self._probed = -PROBE_EVERY_S
        self._call_s = 0.0
        self._first_s: deque[float] = deque()
        self._ordered_s: list[float] = []

    @property
    def open_calls(self) -> int:
        """Places that are taken now."""
        return self.limit - self.turns.free

    def room(self, deadline: Deadline, now: float) -> bool:
        """Whether a place, and a first token in it, can be expected before the deadline."""
        return self.wait_s() + self.first_token_s(0.5) <= deadline.left(now) and self.not_before <= now

    def fits(self, wait_s: float, deadline: Deadline, now: float) -> bool:
        """Whether a call that begins after `wait_s` seconds can be expected to speak before the deadline."""
        return wait_s + self.wait_s() + self.first_token_s(0.5) < deadline.left(now)

    def free_at(self, now: float) -> float:
        """The moment from which a call may be possible again."""
        return max(self.breaker.retry_at(now), self.not_before, now + self.wait_s())

    def wait_s(self) -> float:
        """How long a newcomer would wait for a place, in seconds, as calls have gone lately."""
        return 0.0 if self.turns.free else (self.turns.waiting + 1) * self._call_s / self.limit

    def first_token_s(self, share: float) -> float:
        """The time to the first token that this share of recent calls did not pass; 0.0 while there are too few."""
        count = len(self._ordered_s)
        return self._ordered_s[min(count - 1, int(share * count))] if count >= FIRST_TOKENS_AT_LEAST else 0.0

    def allows(self, now: float, *, all_open: bool) -> Literal["first", "probe"] | None:
        """How a call may be made now: as any `first` one, or as a `probe`; None when it may not.

        With the breakers of all targets open each of them may still be probed once a second.
        """
        if self.breaker.closed:
            return "first"
        if self.breaker.allows(now) or (all_open and now >= self._probed + PROBE_EVERY_S):
            self._probed = now
            return "probe"
        return None

    def succeeded(self, now: float, took_s: float, first_token_s: float | None) -> None:
        """A call was answered as it should be."""
        self.breaker.succeeded(now)
        self.tokens.succeeded()
        self._took(took_s, first_token_s)

    def failed(self, now: float, took_s: float, error: BaseException | None) -> None:
        """A call failed, and it was the target's fault."""
        self.breaker.failed(now)
        if isinstance(error, ModelBusy) and error.retry_after_s is not None:
            self.not_before = max(self.not_before, now + min(error.retry_after_s, RETRY_AFTER_AT_MOST_S))
        self._took(took_s, None)

    def left(self, took_s: float) -> None:
        """A call was given up before it had said anything; that says nothing about the target."""
        self.breaker.forgotten()
        self._took(took_s, None)

    def _took(self, took_s: float, first_token_s: float | None) -> None:
        self._call_s = took_s if not self._call_s else (1.0 - FRESH) * self._call_s + FRESH * took_s
        if first_token_s is not None:
            self._first_s.append(first_token_s)
            insort(self._ordered_s, first_token_s)
            if len(self._first_s) > FIRST_TOKENS_KEPT:
                del self._ordered_s[bisect_left(self._ordered_s, self._first_s.popleft())]
