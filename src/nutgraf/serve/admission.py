"""Admission at the door of the server: the first two gates, before a body is read or JSON is parsed.

Answers count in points against an adaptive limit; what stops, withdraws or rates has room of its own; everything else
(pages, records, health) passes untouched. When the limit is reached, an answer without a model is offered before a
refusal: the request goes on with `scope["nutgraf.overloaded"] = True`.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nutgraf.decide.admission import Admission, AdmissionRules, Class, Refusal, Ticket
from nutgraf.decide.limiter import Limiter, LimitRules
from nutgraf.serve.door import TENANT
from nutgraf.serve.guard import Departed
from nutgraf.serve.problems import Problem

if TYPE_CHECKING:
    from nutgraf.serve.guard import AsgiScope, Message, Receive

OVERLOADED, TICKET = "nutgraf.overloaded", "nutgraf.ticket"
#: What an answer of each route counts, in points: all alike, as nothing of a request is known before its body is read.
ANSWERS = {
    "/v1/takeaways": 2.0, "/v1/ask": 2.0, "/v1/chat/completions": 2.0, "/v1/ui/chat": 2.0, "/v1/ag-ui": 2.0,
}  # fmt: skip
RATINGS = frozenset({"/v1/feedback"})
#: Lag of the loop above which answers are refused unseen (the first gate), in seconds.
SWAMPED_S = 0.25
#: An answer without a model is only offered while the processor is behind by less than this, in seconds.
ROOM_WHILE_BEHIND_S = 0.02
#: How often the lag of the loop is measured while anybody is inside, in seconds.
MEASURED_EVERY_S = 0.05
#: Turns of the loop in which no answer starts, behind each in which one does: a new connection takes several turns from
#: its arrival to its refusal, and would otherwise wait for as many answers.
FREE_TURNS = 2
MESSAGES = {
    "overloaded": "too many answers are being made right now; try again in {0} s",
    "over-share": "you have more answers under way than your share; try again in {0} s",
    "waited-too-long": "there was no room in time; try again in {0} s",
}


@dataclass(eq=False)
class Place:
    """One request inside: its ticket, and whether it may use a model."""

    ticket: Ticket
    gate: Gate
    spare: bool = False
    _said: bool = False

    def first_token(self, took_s: float) -> None:
        """Tell how long the model took to its first token; only the first word on it counts."""
        if not self._said and not self.spare:
            self._said = True
            self.gate.limiter.first_token(took_s)


@dataclass(eq=False)
class Gate:
    """The shell around the machines: futures, moments and the loop's lag. One for each application.

    `tenant_of` names the tenant of an admitted ASGI scope. `cheaper` offers answers without a model before a refusal.
    With `on` False everybody passes.
    """

    limits: LimitRules = field(default_factory=LimitRules)
    rules: AdmissionRules = field(default_factory=AdmissionRules)
    deadline_s: float = 5.0
    tenant_of: Callable[[AsgiScope], str] = lambda _: TENANT
    draw: Callable[[], float] = random.random
    cheaper: bool = True
    on: bool = True

    def __post_init__(self) -> None:
        """Make the machines: one for answers, one for answers without a model, which only the loop's lag holds back."""
        self.limiter = Limiter(self.limits)
        self.machine = Admission(self.limiter, self.draw, self.rules)
        spare = LimitRules(start=min(16.0, self.limits.start), at_most=min(64.0, self.limits.at_most))
        self._spare = Admission(Limiter(spare), self.draw, AdmissionRules(queue_within_s=0.0))
        self._woken: dict[Ticket, asyncio.Future[None]] = {}
        self._turns: deque[asyncio.Future[None]] = deque()
        self._taken = self._measuring = False
        self._waited_s = self._slice_s = self._started_at = 0.0
        self._free = 0

    async def enter(self, scope: AsgiScope, receive: Receive) -> tuple[Place | None, Receive]:
        """Let a request in, at once or after a wait, and give what to receive its messages with.

        None for what is not counted. Raises Problem 429 or 503 with Retry-After when there is no room, and Departed
        when the client goes while it waits.
        """
        of, points = self._kind(scope)
        if of is None or not self.on:
            return None, receive
        now = asyncio.get_running_loop().time()
        if of == "interactive" and self._swamped():
            raise _problem(Refusal(503, "overloaded", 1 + math.ceil(3 * self.draw())))
        ticket, changed = self.machine.ask(
            now, tenant=self.tenant_of(scope), of=of, points=points, deadline_at=now + self.deadline_s,
            attempt=_attempt(scope),
        )  # fmt: skip
        self._wake(changed)
        self._measure_on()
        if ticket.state == "waiting":
            receive = await self._wait(ticket, receive)
        place = Place(ticket, self) if ticket.state == "running" else self._without_model(now, ticket)
        scope[TICKET] = place
        if place.spare:
            scope[OVERLOADED] = True
        try:
            await self._turn()
        except BaseException:
            self.leave(place)
            raise
        return place, receive

    def leave(self, place: Place | None) -> None:
        """A request is served, or its client has gone."""
        if place is not None:
            machine = self._spare if place.spare else self.machine
            self._wake(machine.end(asyncio.get_running_loop().time(), place.ticket))

    def _kind(self, scope: AsgiScope) -> tuple[Class | None, float]:
        method, path = scope["method"], scope["path"]
        if method == "POST" and path in ANSWERS:
            return "interactive", ANSWERS[path]
        if path.startswith("/v1/") and (method == "DELETE" or path in RATINGS):
            return "control", 1.0
        return None, 0.0

    def _without_model(self, now: float, refused: Ticket) -> Place:
        """Room for an answer without a model, or the refusal as a Problem."""
        assert refused.refusal is not None
        if self.cheaper and refused.of == "interactive" and self._behind_s() <= ROOM_WHILE_BEHIND_S:
            ticket, _ = self._spare.ask(now, tenant=refused.tenant)
            if ticket.state == "running":
                return Place(ticket, self, spare=True)
        raise _problem(refused.refusal)

    async def _wait(self, ticket: Ticket, receive: Receive) -> Receive:
        """Wait until a ticket is let in or refused; a message of the client is taken early, to see whether it goes."""
        loop = asyncio.get_running_loop()
        woken = self._woken[ticket] = loop.create_future()
        early: deque[Message] = deque()
        listening: asyncio.Future[Message] = asyncio.ensure_future(receive())
        try:
            while not woken.done():
                both = (woken,) if listening.done() else (woken, listening)
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if listening.done() and not early:
                    early.append(listening.result())
                    if early[0]["type"] == "http.disconnect":
                        raise Departed
                    if not early[0].get("more_body", False):
                        listening = asyncio.ensure_future(receive())
                elif listening.done() and not early[0].get("more_body", False):
                    raise Departed  # behind a whole body there is nothing but the end
        except BaseException:
            self._wake(self.machine.end(loop.time(), ticket))
            raise
        finally:
            del self._woken[ticket]
            listening.cancel()
        return _after(early, receive)

    def _swamped(self) -> bool:
        """Whether those who are let in already wait for more than they may, or the loop is that far behind.

        Halfway there the limit is clipped to what is in use, so that shares and the queue decide before this does.
        """
        behind_s = self._behind_s()
        if behind_s > SWAMPED_S / 2:
            self.limiter.clip(self.machine.in_use)
        return behind_s > SWAMPED_S

    def _behind_s(self) -> float:
        """How long an answer that is let in now would wait for the processor, by what was measured and what waits."""
        return max(0.0 if self.machine.idle else self.limiter.lag_s, len(self._turns) * self._slice_s)

    async def _turn(self) -> None:
        """Start at most one answer in a turn of the loop, so that new connections are seen between any two."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        if not self._taken:
            self._taken, self._free, self._started_at = True, FREE_TURNS, began
            loop.call_soon(self._next_turn)
            return
        turn = loop.create_future()
        self._turns.append(turn)
        await turn
        self._waited_s = max(self._waited_s, loop.time() - began)

    def _next_turn(self) -> None:
        loop = asyncio.get_running_loop()
        while self._turns and self._turns[0].done():
            self._turns.popleft()
        if not self._turns:
            self._taken = False
            return
        loop.call_soon(self._next_turn)
        self._free -= 1
        if self._free < 0:
            now = loop.time()
            self._slice_s += 0.2 * (now - self._started_at - self._slice_s)
            self._free, self._started_at = FREE_TURNS, now
            self._turns.popleft().set_result(None)

    def _wake(self, changed: list[Ticket]) -> None:
        for ticket in changed:
            woken = self._woken.get(ticket)
            if woken is not None and not woken.done():
                woken.set_result(None)

    def _measure_on(self) -> None:
        if not self._measuring:
            self._measuring = True
            loop = asyncio.get_running_loop()
            loop.call_later(MEASURED_EVERY_S, self._measure, loop.time() + MEASURED_EVERY_S)

    def _measure(self, due: float) -> None:
        """Measure how late the loop is, or an admitted answer was; goes on while anybody is inside."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        lag, self._waited_s = max(now - due, self._waited_s), 0.0
        self.limiter.measured(now, lag, self.machine.in_use)
        self._spare.limiter.measured(now, lag, self._spare.in_use)
        self._wake(self.machine.tick(now))
        self._measuring = False
        if not (self.machine.idle and self._spare.idle):
            self._measure_on()
        else:
            self.limiter.lag_s = self._spare.limiter.lag_s = 0.0


def _after(early: deque[Message], receive: Receive) -> Receive:
    """A `receive` that gives first what was taken early."""
    if not early:
        return receive

    async def again() -> Message:
        return early.popleft() if early else await receive()

    return again


def _attempt(scope: AsgiScope) -> int:
    """Which try of a request this is, as the client declares it; 1 when it says nothing."""
    for name, value in scope["headers"]:
        if name == b"nutgraf-attempt":
            return int(value) if value.isdigit() and len(value) < 4 else 1
    return 1


def _problem(refusal: Refusal) -> Problem:
    message = MESSAGES[refusal.reason].format(refusal.retry_after_s)
    return Problem(refusal.status, refusal.reason, message, headers={"Retry-After": str(refusal.retry_after_s)})
