"""A circuit breaker as a pure machine: outcomes and moments in, permission out; no clock, no I/O.

States as in the usual pattern (Nygard, Release It!): closed; open after too many failures in a window; half open, when
1, 2, 4 … probes are admitted until they succeed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When a breaker opens and for how long; times in seconds."""

    window_s: float = 30.0
    failures_share: float = 0.5
    calls_at_least: int = 20
    in_a_row: int = 5
    open_s: float = 5.0
    open_at_most_s: float = 8.0


@dataclass(eq=False)
class Breaker:
    """One target's breaker. Ask `allows` before a call, then tell `succeeded` or `failed`; moments never go back."""

    rules: BreakerRules = field(default_factory=BreakerRules)
    _calls: deque[tuple[float, bool]] = field(default_factory=deque)
    _row: int = 0
    _opened_at: float | None = None
    _wait_s: float = 0.0
    _probes: int = 0
    _probes_at_most: int = 1

    @property
    def closed(self) -> bool:
        """Whether calls pass freely."""
        return self._opened_at is None

    def allows(self, now: float) -> bool:
        """Whether a call may be made now; a probe that is allowed counts until its outcome is told."""
        if self._opened_at is None:
            return True
        if now < self._opened_at + self._wait_s or self._probes >= self._probes_at_most:
            return False
        self._probes += 1
        return True

    def retry_at(self, now: float) -> float:
        """The moment from which a call may be allowed."""
        return now if self._opened_at is None else max(now, self._opened_at + self._wait_s)

    def succeeded(self, now: float) -> None:
        """A call worked. Half open, it lets twice as many probes in; three good ones in a row close it."""
        self._note(now, good=True)
        self._row = 0
        if self._opened_at is not None:
            self._probes = max(0, self._probes - 1)
            self._probes_at_most *= 2
            if self._probes_at_most > 4:
                self._close()

    def failed(self, now: float) -> None:
        """A call failed. It opens when the window or the row says so; half open, it opens again for longer."""
        self._note(now, good=False)
        self._row += 1
        if self._opened_at is not None:
            self._open(now, min(self._wait_s * 1.5, self.rules.open_at_most_s))
        elif self._row >= self.rules.in_a_row or self._too_many():
            self._open(now, self.rules.open_s)

    def forgotten(self) -> None:
        """A call that was allowed was given up (cancelled): it says nothing about the target."""
        self._probes = max(0, self._probes - 1)

    def _note(self, now: float, *, good: bool) -> None:
        self._calls.append((now, good))
        while self._calls and self._calls[0][0] <= now - self.rules.window_s:
            self._calls.popleft()

    def _too_many(self) -> bool:
        bad = sum(not good for _, good in self._calls)
        return len(self._calls) >= self.rules.calls_at_least and bad >= self.rules.failures_share * len(self._calls)

    def _open(self, now: float, wait_s: float) -> None:
        self._opened_at, self._wait_s = now, wait_s
        self._probes, self._probes_at_most = 0, 1

    def _close(self) -> None:
        self._opened_at = None
        self._calls.clear()
        self._row = self._probes = 0
        self._probes_at_most = 1
