"""Who is let in, who waits and who is refused: a pure machine over points, classes, tenants and a short queue.

Classes in order: control (stop, withdraw, erase, feedback: room of its own on top), interactive, refresh, precompute.
A caller over its share is refused with 429, everybody else with 503; each refusal says when to come back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from nutgraf.decide.limiter import Limiter

Class = Literal["control", "interactive", "refresh", "precompute"]
CLASSES: tuple[Class, ...] = ("control", "interactive", "refresh", "precompute")
State = Literal["waiting", "running", "refused", "ended"]
Reason = Literal["overloaded", "over-share", "waited-too-long"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRules:
    """Queues and shares; times in seconds. Shares are of the limit.

    A queue holds at most `queue_within_s` of expected work. A caller waits at most `patience_s`; once the oldest has
    waited half of that, the newest go first. A tenant over its share leaves `elbow_room` to the others.
    """

    queue_within_s: float = 0.25
    patience_s: float = 1.0
    control_share: float = 0.05
    control_at_least: float = 8.0
    control_waiting_at_most: int = 1_000
    refresh_share: float = 0.5
    precompute_share: float = 0.25
    elbow_room: float = 0.1
    tenant_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    retry_at_least_s: float = 1.0
    retry_at_most_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a caller is turned away: an HTTP status, a reason for machines, and seconds after which to try again."""

    status: int
    reason: Reason
    retry_after_s: int


@dataclass(eq=False, slots=True)
class Ticket:
    """One caller's place. `attempt` counts from 1; `leave_by` is the moment at which waiting is over."""

    tenant: str
    of: Class
    points: float
    asked_at: float
    leave_by: float
    attempt: int = 1
    state: State = "waiting"
    started_at: float = 0.0
    refusal: Refusal | None = None


@dataclass(eq=False)
class Admission:
    """The machine. Every call may change other tickets too: those are returned, to be woken by the caller.

    `draw` gives numbers in 0..1 for the jitter of Retry-After. Moments never go back.
    """

    limiter: Limiter
    draw: Callable[[], float]
    rules: AdmissionRules = field(default_factory=AdmissionRules)
    _waiting: dict[Class, list[Ticket]] = field(default_factory=lambda: {of: [] for of in CLASSES})
    _used: dict[Class, float] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0.0))
    _tenants: dict[str, float] = field(default_factory=dict)
    _service_s: float = 0.0
    _running: int = 0

    @property
    def in_use(self) -> float:
        """Points under way, control apart."""
        used = self._used
        return used["interactive"] + used["refresh"] + used["precompute"]

    @property
    def idle(self) -> bool:
        """Whether nobody is inside or waiting."""
        return self._running == 0 and not any(self._waiting.values())

    @property
    def points_a_second(self) -> float:
        """How much work goes through when the limit is used up (Little's law); half a limit before any was seen."""
        return self.limiter.limit / (self._service_s or 2.0)

    def ask(
        self, now: float, *, tenant: str, of: Class = "interactive", points: float = 1.0,
        deadline_at: float = math.inf, attempt: int = 1,
    ) -> tuple[Ticket, list[Ticket]]:  # fmt: skip
        """A new caller's ticket (running, waiting or refused), and the tickets that had to make room for it."""
        leave_by = min(deadline_at, now + self.rules.patience_s)
        ticket = Ticket(tenant, of, points, now, leave_by, attempt)
        if not any(self._waiting[ahead] for ahead in CLASSES[: CLASSES.index(of) + 1]) and self._fits(ticket):
            self._start(now, ticket)
            return ticket, []
        if self._queue_has_room(ticket):
            self._wait(ticket)
            return ticket, []
        other = self._greedier(ticket)
        if other is None:
            self._refuse(ticket)
            return ticket, []
        self._waiting[of].remove(other)
        self._count(other.tenant, -other.points)
        self._refuse(other, "over-share")
        self._wait(ticket)
        return ticket, [other]

    def end(self, now: float, ticket: Ticket) -> list[Ticket]:
        """A caller is served, or has gone; whoever gets in for it."""
        if ticket.state == "waiting":
            self._waiting[ticket.of].remove(ticket)
        elif ticket.state == "running":
            self._running -= 1
            self._used[ticket.of] = self._used[ticket.of] - ticket.points if self._running else 0.0
            took = now - ticket.started_at
            if ticket.of == "interactive":
                self._service_s += (0.1 if self._service_s else 1.0) * (took - self._service_s)
        else:
            return []
        ticket.state = "ended"
        self._count(ticket.tenant, -ticket.points)
        return self.tick(now)

    def tick(self, now: float) -> list[Ticket]:
        """Refuse whoever has waited too long, and let in whoever fits now. Call it when limits or time have moved."""
        changed = []
        for of in CLASSES:
            for late in [ticket for ticket in self._waiting[of] if ticket.leave_by <= now]:
                self._waiting[of].remove(late)
                self._count(late.tenant, -late.points)
                self._refuse(late, "waited-too-long")
                changed.append(late)
        for of in CLASSES:
            while (ticket := self._next(now, of)) is not None and self._fits(ticket):
                self._waiting[of].remove(ticket)
                self._count(ticket.tenant, -ticket.points)
                self._start(now, ticket)
                changed.append(ticket)
            if self._waiting[of] and of != "control":
                break  # a lower class never overtakes
        return changed

    def _fits(self, ticket: Ticket) -> bool:
        rules, limit, used = self.rules, self.limiter.limit, self._used
        if ticket.of == "control":
            return used["control"] + ticket.points <= max(rules.control_at_least, rules.control_share * limit)
        room = limit
        if ticket.of == "refresh":
            room = min(room, rules.refresh_share * limit - used["refresh"] + self.in_use)
        elif ticket.of == "precompute":
            room = min(room, rules.precompute_share * limit - used["precompute"] + self.in_use)
        elif self._over_share(ticket):
            room *= 1.0 - rules.elbow_room
        return self.in_use + ticket.points <= room or self.in_use < 1e-9  # one alone always fits

    def _queue_has_room(self, ticket: Ticket) -> bool:
        waiting = self._waiting[ticket.of]
        if ticket.of == "control":
            return len(waiting) < self.rules.control_waiting_at_most
        most = min(self.limiter.limit, self.points_a_second * self.rules.queue_within_s)
        return sum(other.points for other in waiting) + ticket.points <= most

    def _greedier(self, ticket: Ticket) -> Ticket | None:
        """The newest waiting ticket of the tenant that has most, when that is more than this one would have."""
        waiting = self._waiting[ticket.of]
        most = max(waiting, key=lambda other: self._has(other.tenant), default=None)
        if most is None or self._has(most.tenant) <= self._has(ticket.tenant, ticket.points):
            return None
        return next(other for other in reversed(waiting) if other.tenant == most.tenant)

    def _next(self, now: float, of: Class) -> Ticket | None:
        """First tries before retries, then the tenant that has least, then the oldest; the newest in distress."""
        waiting = self._waiting[of]
        if not waiting:
            return None
        oldest = waiting[0]
        distress = now - oldest.asked_at >= (oldest.leave_by - oldest.asked_at) / 2
        order = reversed(waiting) if distress else iter(waiting)
        if len(self._tenants) == 1:
            return min(order, key=lambda ticket: ticket.attempt > 1)
        return min(order, key=lambda ticket: (ticket.attempt > 1, self._has(ticket.tenant)))

    def _start(self, now: float, ticket: Ticket) -> None:
        ticket.state, ticket.started_at = "running", now
        self._running += 1
        self._used[ticket.of] += ticket.points
        self._count(ticket.tenant, ticket.points)

    def _wait(self, ticket: Ticket) -> None:
        self._waiting[ticket.of].append(ticket)
        self._count(ticket.tenant, ticket.points)

    def _refuse(self, ticket: Ticket, reason: Reason = "overloaded") -> None:
        if reason == "overloaded" and self._over_share(ticket):
            reason = "over-share"
        waiting = sum(ticket.points for tickets in self._waiting.values() for ticket in tickets)
        drain_s = (self.in_use + waiting) / max(0.1, self.points_a_second)
        after = min(self.rules.retry_at_most_s, max(self.rules.retry_at_least_s, drain_s * (0.5 + self.draw())))
        spread = math.ceil(after + 2.0 * self.draw()) if after < self.rules.retry_at_most_s else math.ceil(after)
        ticket.state = "refused"
        ticket.refusal = Refusal(
            429 if reason == "over-share" else 503, reason, min(int(self.rules.retry_at_most_s), spread)
        )

    def _weight(self, tenant: str) -> float:
        return max(1e-6, self.rules.tenant_weights.get(tenant, 1.0))

    def _has(self, tenant: str, more: float = 0.0) -> float:
        """What a tenant has inside and waiting, for its weight."""
        return (self._tenants.get(tenant, 0.0) + more) / self._weight(tenant)

    def _over_share(self, ticket: Ticket) -> bool:
        """Whether a tenant would have more than its share while others are here."""
        others = [tenant for tenant in self._tenants if tenant != ticket.tenant]
        if not others or ticket.of == "control":
            return False
        weight = self._weight(ticket.tenant)
        share = self.limiter.limit * weight / (weight + sum(self._weight(tenant) for tenant in others))
        return self._tenants.get(ticket.tenant, 0.0) + ticket.points > share

    def _count(self, tenant: str, points: float) -> None:
        left = self._tenants.get(tenant, 0.0) + points
        if left > 1e-9:
            self._tenants[tenant] = left
        else:
            self._tenants.pop(tenant, None)
