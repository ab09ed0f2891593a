"""How much may be under way at once, learned from two things we own: the event loop's lag and the first token's time.

Pure machines: moments and measurements in, limits out; no clock, no I/O. Work is counted in points, of which an
answer is worth two.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median


def feasible(deadline_left_s: float, expected_first_token_s: float, queue_wait_s: float = 0.0) -> bool:
    """Whether a provider that is asked now can say its first word before the deadline (the third gate)."""
    return queue_wait_s + expected_first_token_s <= deadline_left_s and deadline_left_s > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRules:
    """How a limit moves; points, seconds, and shares a second.

    Above `lag_high_s` the limit falls by `fall` a second, faster in proportion to the lag, at most by `fall_at_most`;
    the same when the first token takes `ratio_high` times as long as it used to. Below `ratio_healthy` it grows by its
    square root a second. It moves only while `used` of it is in use: what nobody uses explains nothing.
    """

    start: float = 128.0
    at_least: float = 2.0
    at_most: float = 512.0
    lag_high_s: float = 0.05
    fall: float = 0.2
    fall_at_most: float = 0.9
    ratio_healthy: float = 1.2
    ratio_high: float = 2.0
    used: float = 0.5


@dataclass(eq=False)
class Limiter:
    """One adaptive limit. Tell it lags and first tokens as they are measured; moments never go back."""

    rules: LimitRules = field(default_factory=LimitRules)
    limit: float = 0.0
    lag_s: float = 0.0
    _short_s: float = 0.0
    _long_s: float = 0.0
    _at: float | None = None

    def __post_init__(self) -> None:
        """Begin with the limit of the rules."""
        self.limit = self.limit or max(self.rules.at_least, min(self.rules.start, self.rules.at_most))

    @property
    def ratio(self) -> float:
        """How much longer first tokens take now than they used to; 1 before any was seen."""
        return self._short_s / self._long_s if self._long_s > 0 else 1.0

    def first_token(self, took_s: float) -> None:
        """Note how long a first token took. A bad day moves the long average a tenth as much as a good one."""
        if self._long_s == 0:
            self._short_s = self._long_s = took_s
            return
        self._short_s += 0.2 * (took_s - self._short_s)
        weight = 0.02 if self.ratio < self.rules.ratio_healthy else 0.002
        self._long_s += weight * (took_s - self._long_s)

    def measured(self, now: float, lag_s: float, in_use: float) -> None:
        """Note the lag of the loop and the points in use at `now`; the limit moves by the time since the last call."""
        rules = self.rules
        passed = 0.0 if self._at is None else min(0.25, max(0.0, now - self._at))
        self._at, self.lag_s = now, lag_s
        bad = max(lag_s / rules.lag_high_s, self.ratio / rules.ratio_high if self.ratio >= rules.ratio_high else 0.0)
        if in_use < rules.used * self.limit:
            return
        if bad > 1.0:
            self.limit *= (1.0 - min(rules.fall_at_most, rules.fall * bad)) ** passed
        elif self.ratio < rules.ratio_healthy:
            self.limit += math.sqrt(self.limit) * passed
        self.limit = min(rules.at_most, max(rules.at_least, self.limit))

    def clip(self, in_use: float) -> None:
        """Let nobody in beyond the points in use now; for a backlog that is seen before its lag can be measured."""
        self.limit = max(self.rules.at_least, min(self.limit, in_use))


@dataclass(eq=False)
class FirstTokens:
    """The times of recent first tokens of one model, in seconds; what the third gate expects of the next."""

    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=64))

    def note(self, took_s: float) -> None:
        """A first token came after this time."""
        self._recent.append(took_s)

    @property
    def expected_s(self) -> float:
        """The median of the recent ones; 0 before there is any."""
        return median(self._recent) if self._recent else 0.0
