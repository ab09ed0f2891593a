"""How often a request may try, and a target be tried again: counters without clock or I/O."""

from __future__ import annotations

from dataclasses import dataclass

ATTEMPTS_AT_MOST = 3
HEDGES_SHARE = 0.05
HEDGES_OVER = 200


@dataclass(eq=False, slots=True)
class AttemptBudget:
    """The attempts of one request: each answer it asks for has a first one, and all of them share `extra` more.

    Retries, failovers, hedges and continuations are extra, so that one answer costs at most three calls.
    """

    extra: int = ATTEMPTS_AT_MOST - 1

    def again(self) -> bool:
        """Take one more attempt; False when none is left."""
        if self.extra < 1:
            return False
        self.extra -= 1
        return True


@dataclass(eq=False, slots=True)
class RetryTokens:
    """What one target has earned towards being asked again: a tenth for each success, one spent for each retry."""

    tokens: float = 10.0
    at_most: float = 10.0
    earned: float = 0.1

    def succeeded(self) -> None:
        """A call worked."""
        self.tokens = min(self.at_most, self.tokens + self.earned)

    def spend(self) -> bool:
        """Take a retry; False when there is none."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class HedgeShare:
    """Lets at most `share` of the last `over` requests be hedged; it begins with none allowed."""

    def __init__(self, share: float = HEDGES_SHARE, over: int = HEDGES_OVER) -> None:
        self._share, self._over = share, over
        self._requests = self._hedges = 0.0

    def asked(self) -> None:
        """A request was begun."""
        fade = 1.0 - 1.0 / self._over
        self._requests = self._requests * fade + 1.0
        self._hedges *= fade

    def take(self) -> bool:
        """Hedge one more; False when that would be too many."""
        if self._hedges + 1.0 > self._share * self._requests:
            return False
        self._hedges += 1.0
        return True


class Backoff:
    """Waits before a retry: the n-th is drawn from [0, first × 2ⁿ), so that retries do not come in waves."""

    def __init__(self, first_s: float = 0.2, at_most_s: float = 2.0) -> None:
        self._first_s, self._at_most_s = first_s, at_most_s

    def wait_s(self, number: int, chance: float) -> float:
        """Seconds to wait before retry `number` (from 0); `chance` is a random number in [0, 1)."""
        return float(chance * min(self._at_most_s, self._first_s * 2.0**number))
