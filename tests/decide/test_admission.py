"""Admission as a machine: classes, tenants, a short queue, an adaptive limit; and all of it on a virtual clock."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.decide.admission import CLASSES, Admission, AdmissionRules, Class, Ticket
from nutgraf.decide.limiter import FirstTokens, Limiter, LimitRules, feasible


def machine(limit: float = 4, **rules: object) -> Admission:
    """A machine with a limit that is not moved, and jitter in the middle. No room is kept back."""
    own = {"elbow_room": 0.0, "queue_within_s": 1.0, **rules}
    return Admission(Limiter(LimitRules(start=limit)), lambda: 0.5, AdmissionRules(**own))  # type: ignore[arg-type]


def ask(room: Admission, now: float = 0.0, tenant: str = "t", of: Class = "interactive", **more: float) -> Ticket:
    """One caller's ticket."""
    return room.ask(now, tenant=tenant, of=of, **more)[0]  # type: ignore[arg-type]


def test_room_then_queue_then_refusal() -> None:
    """The limit is let in, a short queue waits, and the next is told when to come back."""
    room = machine(limit=4)  # half a limit a second is expected before anything is known: a queue of 2
    states = [ask(room).state for _ in range(7)]
    refused = ask(room)

    assert states == ["running"] * 4 + ["waiting"] * 2 + ["refused"]
    assert refused.refusal is not None
    assert (refused.refusal.status, refused.refusal.reason) == (503, "overloaded")
    assert 1 <= refused.refusal.retry_after_s <= 10


def test_whoever_ends_makes_room_for_the_oldest() -> None:
    """A place that is given back goes to the caller who waited longest, and a caller who left is skipped."""
    room = machine(limit=2, queue_within_s=5)
    first, second, gone, heir = (ask(room, at / 10) for at in range(4))
    assert room.end(0.5, gone) == []
    assert room.end(0.6, first) == [heir]
    assert (heir.state, gone.state) == ("running", "ended")
    assert room.end(0.7, first) == []
    room.end(0.8, second)
    room.end(0.9, heir)
    assert room.idle
    assert room.in_use == 0


def test_the_newest_go_first_in_distress() -> None:
    """Once the oldest has waited half its patience, those go first who can still be served in time."""
    room = machine(limit=2, queue_within_s=5)
    a, _ = ask(room), ask(room)
    old, new = ask(room, 0.0), ask(room, 0.55)

    assert room.end(0.6, a) == [new]
    assert old.state == "waiting"
    assert room.tick(1.01) == [old]
    assert old.refusal is not None
    assert old.refusal.reason == "waited-too-long"


def test_first_tries_come_before_retries() -> None:
    """A declared retry waits behind callers who ask for the first time."""
    room = machine(limit=2, queue_within_s=5)
    a, _ = ask(room), ask(room)
    retry, fresh = ask(room, 0.1, attempt=2), ask(room, 0.2)

    assert room.end(0.3, a) == [fresh]
    assert retry.state == "waiting"


def test_control_always_has_room() -> None:
    """Stopping and withdrawing are let in while answers are refused, and wait for each other when they must."""
    room = machine(limit=4)
    while ask(room).state != "refused":
        pass
    tickets = [ask(room, of="control") for _ in range(50)]

    assert {ticket.state for ticket in tickets[:8]} == {"running"}
    assert "refused" not in {ticket.state for ticket in tickets}


def test_lower_classes_stand_back() -> None:
    """Precompute and refresh use a share of the limit, and let nobody wait who reads."""
    room = machine(limit=8, queue_within_s=5)
    low = [ask(room, of="precompute") for _ in range(4)]
    middle = [ask(room, of="refresh") for _ in range(6)]
    readers = [ask(room) for _ in range(3)]

    assert [ticket.state for ticket in low] == ["running"] * 2 + ["waiting"] * 2
    assert [ticket.state for ticket in middle] == ["running"] * 4 + ["waiting"] * 2
    assert [ticket.state for ticket in readers] == ["running"] * 2 + ["waiting"]
    assert room.end(0.1, low[0]) == [readers[2]]


def test_a_tenant_over_its_share_is_told_so() -> None:
    """When two share the limit, the greedy one gives way in the queue and gets 429; the other one is never refused."""
    room = machine(limit=8, queue_within_s=1.0)
    greedy = [ask(room, tenant="greedy") for _ in range(13)]
    assert [ticket.state for ticket in greedy] == ["running"] * 8 + ["waiting"] * 4 + ["refused"]
    assert greedy[-1].refusal is not None
    assert greedy[-1].refusal.status == 503  # nobody else is here

    modest, moved = room.ask(0.1, tenant="modest")
    again = ask(room, 0.1, tenant="greedy")

    assert modest.state == "waiting"
    assert moved == [greedy[11]]
    assert [t.refusal.status for t in (moved[0], again) if t.refusal] == [429, 429]
    assert room.end(0.2, greedy[0]) == [modest]


def test_weights_decide_the_share() -> None:
    """A tenant with three times the weight may have three times as much before it is over its share."""
    room = machine(limit=8, queue_within_s=0.0, tenant_weights={"large": 3.0})
    tickets = [ask(room, tenant=name) for name in ("small", *["large"] * 7)]
    reasons = [
        ticket.refusal.reason if ticket.refusal else ""
        for ticket in (ask(room, tenant="small"), ask(room, tenant="large"))
    ]

    assert {ticket.state for ticket in tickets} == {"running"}
    assert reasons == ["overloaded", "over-share"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("ask", "end", "tick")), st.integers(0, 50)), max_size=80))
def test_nothing_is_lost_and_no_limit_is_passed(steps: list[tuple[str, int]]) -> None:
    """Whatever happens: points add up, the limit holds, and whoever waits is known to be waiting."""
    room = machine(limit=6, queue_within_s=2.0)
    tickets: list[Ticket] = []
    for i, (step, number) in enumerate(steps):
        now = i * 0.05
        if step == "ask":
            of = CLASSES[number % 4]
            tickets.append(ask(room, now, tenant=f"t{number % 3}", of=of, points=1 + number % 2))
        elif step == "end" and tickets:
            room.end(now, tickets[number % len(tickets)])
        else:
            room.tick(now)
        running = [ticket for ticket in tickets if ticket.state == "running"]
        used = sum(ticket.points for ticket in running if ticket.of != "control")
        assert room.in_use == used <= 6
        assert all((ticket.refusal is not None) == (ticket.state == "refused") for ticket in tickets)
    for ticket in tickets:
        room.end(99.0, ticket)
    room.tick(200.0)
    assert room.idle


def test_the_limit_falls_with_lag_and_grows_with_use() -> None:
    """Lag cuts a fifth a second, more when it is worse; health and use add the square root; nothing happens unused."""
    mild, bad, well, unused = (Limiter(LimitRules(start=100)) for _ in range(4))
    for tick in range(21):
        now = tick * 0.05
        mild.measured(now, 0.0501, 90)
        bad.measured(now, 0.2, 90)
        well.measured(now, 0.001, 90)
        unused.measured(now, 0.2, 3)

    assert mild.limit == pytest.approx(80, abs=2)
    assert bad.limit < 35
    assert well.limit == pytest.approx(110, abs=2)
    assert unused.limit == 100


def test_a_backlog_clips_the_limit() -> None:
    """A backlog that is seen stops the limit where it is in use, never below two and never upwards."""
    limiter = Limiter(LimitRules(start=64))
    limits = []
    for in_use in (80, 20, 30, 0):
        limiter.clip(in_use)
        limits.append(limiter.limit)

    assert limits == [64, 20, 20, 2]


def test_slow_first_tokens_cut_the_limit() -> None:
    """A provider that answers three times as slowly as it used to is asked less, down to two at a time."""
    limiter = Limiter(LimitRules(start=64))
    for _ in range(50):
        limiter.first_token(0.3)
    for _ in range(10):
        limiter.first_token(1.0)
    for tick in range(600):
        limiter.measured(tick * 0.05, 0.0, limiter.limit)

    assert limiter.ratio > 2
    assert limiter.limit == 2


def test_feasibility() -> None:
    """A model that cannot speak in time is not asked."""
    recent = FirstTokens()
    for took in (0.2, 0.4, 3.0):
        recent.note(took)

    assert recent.expected_s == 0.4
    assert feasible(0.5, recent.expected_s)
    assert not feasible(0.5, recent.expected_s, queue_wait_s=0.2)
    assert not feasible(0.0, FirstTokens().expected_s)


@dataclass
class Simulated:
    """A processor that works on one caller at a time, 10 ms each, behind admission; moments are virtual seconds."""

    room: Admission | None
    deadline_s: float = 1.0
    good: int = 0
    late: int = 0
    refused: int = 0
    took: list[float] = field(default_factory=list)
    _free_at: float = 0.0
    _events: list[tuple[float, int, str, object]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def run(self, arrivals: list[float]) -> None:
        """Play arrivals to their end."""
        for at in arrivals:
            self._at(at, "arrives", None)
        self._at(0.0, "measures", arrivals[-1])
        while self._events:
            now, _, what, value = heapq.heappop(self._events)
            if what == "arrives":
                self._arrives(now)
            elif what == "served":
                self._served(now, value)  # type: ignore[arg-type]
            elif self.room is not None and now < float(value):  # type: ignore[arg-type]
                self.room.limiter.measured(now, max(0.0, self._free_at - now), self.room.in_use)
                self._begin(now, self.room.tick(now))
                self._at(now + 0.05, "measures", value)

    def _at(self, at: float, what: str, value: object) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), what, value))

    def _arrives(self, now: float) -> None:
        if self.room is None:
            self._begin(now, [Ticket("t", "interactive", 1.0, now, now, state="running")])
            return
        ticket, changed = self.room.ask(now, tenant="t")
        self._begin(now, [ticket, *changed])

    def _begin(self, now: float, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            if ticket.state == "running":
                self._free_at = max(now, self._free_at) + 0.01
                self._at(self._free_at, "served", ticket)
            elif ticket.state == "refused":
                self.refused += 1

    def _served(self, now: float, ticket: Ticket) -> None:
        took = now - ticket.asked_at
        self.took.append(took)
        self.good += took <= self.deadline_s
        self.late += took > self.deadline_s
        if self.room is not None:
            self._begin(now, self.room.end(now, ticket))


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """Moments of an open loop: independent callers at a mean rate a second."""
    draw = random.Random(seed)
    moments, now = [], 0.0
    while (now := now + draw.expovariate(rate)) < seconds:
        moments.append(now)
    return moments


@pytest.mark.parametrize("seed", range(3))
def test_goodput_holds_at_five_times_the_capacity(seed: int) -> None:
    """On a virtual clock 500 callers a second meet a processor for 100: it works on for those it let in, in time."""
    simulated = Simulated(Admission(Limiter(LimitRules()), random.Random(seed).random))
    simulated.run(arrivals(500, 30, seed))

    assert simulated.good >= 0.95 * 3_000
    assert simulated.late <= 0.01 * simulated.good
    assert sorted(simulated.took)[int(0.99 * len(simulated.took))] <= 1.0


def test_without_admission_goodput_is_gone() -> None:
    """Control: without a limit the queue grows without end, and nearly everybody is served too late."""
    simulated = Simulated(None)
    simulated.run(arrivals(500, 30, 1))

    assert simulated.good < 0.2 * 3_000


def test_below_capacity_nobody_is_refused() -> None:
    """At four fifths of the capacity nobody is turned away, also just after an overload."""
    room = Admission(Limiter(LimitRules()), random.Random(1).random)
    Simulated(room).run(arrivals(500, 10, 1))
    calm = Simulated(room)
    calm.run([20.0 + at for at in arrivals(80, 20, 2)])

    assert calm.refused <= 0.01 * calm.good
