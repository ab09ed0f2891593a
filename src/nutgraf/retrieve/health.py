"""What is remembered of each source between answers: its breaker, how long it takes, how often it was asked twice."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from nutgraf.breaker import Breaker, BreakerRules

#: So many recent calls of a source are remembered.
CALLS_REMEMBERED_AT_MOST = 200
#: A second call is sent when this share of the recent calls would have ended, and a little more time has gone, …
HEDGE_AFTER_SHARE, HEDGE_SLACK_S = 0.95, 0.005
#: … once so many calls are known, and while at most this share of them was hedged.
HEDGE_CALLS_AT_LEAST, HEDGED_AT_MOST_SHARE = 20, 0.05
#: Calls of one source that went on after they were cancelled; with so many it is not asked.
STRAYS_AT_MOST = 4
SOURCES_REMEMBERED_AT_MOST = 1_000


@dataclass(eq=False)
class SourceHealth:
    """One source: moments and durations in seconds. Ask `may_hedge` before a second call, tell `called` after each."""

    breaker: Breaker
    strays: set[asyncio.Task[Any]] = field(default_factory=set)
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=CALLS_REMEMBERED_AT_MOST))
    _asked: int = 0
    _hedges: deque[int] = field(default_factory=deque)
    _slow_s: float | None = None
    _stale: int = 0

    def asked(self) -> None:
        """A first call was sent."""
        self._asked += 1

    def hedged(self) -> None:
        """A second call was sent."""
        self._hedges.append(self._asked)

    def may_hedge(self) -> bool:
        """Whether one more second call stays within the share of the recent calls that is allowed."""
        while self._hedges and self._hedges[0] <= self._asked - CALLS_REMEMBERED_AT_MOST:
            self._hedges.popleft()
        calls = min(self._asked, CALLS_REMEMBERED_AT_MOST)
        return calls >= HEDGE_CALLS_AT_LEAST and len(self._hedges) + 1 <= HEDGED_AT_MOST_SHARE * calls

    def took(self, seconds: float) -> None:
        """A call ended with a result after so long."""
        self._times.append(seconds)
        self._stale += 1

    @property
    def slow_s(self) -> float | None:
        """The time within which 95 % of the recent calls ended; None while too few are known."""
        if len(self._times) < HEDGE_CALLS_AT_LEAST:
            return None
        if self._slow_s is None or self._stale >= HEDGE_CALLS_AT_LEAST:
            ordered = sorted(self._times)
            self._slow_s = ordered[min(len(ordered) - 1, math.ceil(HEDGE_AFTER_SHARE * len(ordered)) - 1)]
            self._stale = 0
        return self._slow_s


class Health:
    """What is known of every source. One lives in a process, used by one event loop."""

    def __init__(self, rules: BreakerRules = BreakerRules()) -> None:  # noqa: B008 - frozen
        """`rules` say when the breaker of a source opens, and for how long."""
        self._rules = rules
        self._known: dict[str, SourceHealth] = {}

    def of(self, name: str) -> SourceHealth:
        """What is known of a source, by name; of too many the one asked for longest ago is forgotten."""
        known = self._known.pop(name, None)
        if known is None:
            known = SourceHealth(Breaker(self._rules))
            while len(self._known) >= SOURCES_REMEMBERED_AT_MOST:
                del self._known[next(iter(self._known))]
        self._known[name] = known
        return known
