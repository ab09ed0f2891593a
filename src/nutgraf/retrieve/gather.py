"""Evidence from many sources at once, until one moment: what came, and what became of every source."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import anyio

from nutgraf.clock import loop_time
from nutgraf.errors import InputError, NotAllowed
from nutgraf.orchestration import Gathered, Outcome, Passage, Query, SourceReport
from nutgraf.retrieve.health import HEDGE_SLACK_S, STRAYS_AT_MOST, Health, SourceHealth
from nutgraf.seams import Source
from nutgraf.types import Deadline

log = logging.getLogger(__name__)

#: Time a cancelled source has for cleaning up, in seconds; one that takes longer is left behind and watched.
GRACE_S = 0.05
#: A source that had less time than this, and less than it usually takes, is not blamed for being late.
BLAMED_AFTER_S = 0.1
PASSAGES_PER_SOURCE_AT_MOST = 32
PASSAGE_AT_MOST_CHARS = 2_000
TITLE_AT_MOST_CHARS = 200


class _Garbage(Exception):
    """A source gave something that is no passage of its own; its text says what, never with the text itself."""


@dataclass(eq=False, slots=True)
class _Asked:
    """One source in one answer: its calls, and what became of them."""

    source: Source
    health: SourceHealth
    hedge_at: float = math.inf
    calls: list[asyncio.Task[Sequence[Passage]]] = field(default_factory=list)
    outcome: Outcome | None = None
    took_s: float = 0.0
    passages: tuple[Passage, ...] = ()
    because: str = ""

    def report(self) -> SourceReport:
        """What the answer tells of it."""
        return SourceReport(
            source=self.source.name, outcome=self.outcome or "failed", took_ms=round(self.took_s * 1000.0, 1),
            found=len(self.passages), hedged=len(self.calls) > 1, because=self.because,
        )  # fmt: skip


async def gather(sources: Sequence[Source], query: Query, deadline: Deadline, *, health: Health) -> Gathered:
    """Ask all sources at once and return when all are in, at the latest GRACE_S behind the deadline.

    The result does not depend on the order of arrival. A source that is late is cancelled and reported, one that
    fails or gives garbage is reported; neither raises. Raises InputError when two sources share a name, NotAllowed
    when the query holds somebody else's record. Being cancelled cancels every source first.
    """
    owner = query.snapshot.scope
    if (owner.tenant, owner.member) != (query.scope.tenant, query.scope.member):
        raise NotAllowed(f"a scope of {query.scope.member!r} may not ask with the record of {owner.member!r}")
    ordered = sorted(sources, key=lambda source: source.name)
    for left, right in pairwise(ordered):
        if left.name == right.name:
            raise InputError(f"sources: two are named {left.name!r}; give each a name of its own")
    began = loop_time()
    asked = [_Asked(source, health.of(source.name)) for source in ordered]
    gathering = _Gathering(asked, query, deadline, began)
    try:
        for one in asked:
            if _may_ask(one, query, began):
                gathering.call(one)
        await gathering.settled()
    finally:
        await _end(asked, deadline, began)
    return Gathered(tuple(passage for one in asked for passage in one.passages), tuple(one.report() for one in asked))


class _Gathering:
    """The calls of one answer while they are waited for: whoever waits is woken when the last source is settled."""

    def __init__(self, asked: Sequence[_Asked], query: Query, deadline: Deadline, began: float) -> None:
        self._asked, self._query, self._deadline, self._began = asked, query, deadline, began
        self._bell: asyncio.Future[None] | None = None

    def call(self, asked: _Asked) -> None:
        """Send a call to a source."""
        fetching = _fetch(asked.source, self._query, self._deadline)
        call = asyncio.create_task(fetching, name=f"source {asked.source.name}")
        call.add_done_callback(partial(self._ended, asked))
        asked.calls.append(call)

    async def settled(self) -> None:
        """Wait until every source is settled or the moment has come; sends the second calls that are due meanwhile."""
        loop = asyncio.get_running_loop()
        while waiting := [one for one in self._asked if one.outcome is None]:
            now = loop.time()
            if now >= self._deadline.at:
                return
            for one in waiting:
                if now >= one.hedge_at:
                    one.hedge_at = math.inf
                    if one.health.may_hedge():
                        one.health.hedged()
                        self.call(one)
            self._bell = loop.create_future()
            due = loop.call_at(min(self._deadline.at, *(one.hedge_at for one in waiting), math.inf), self._ring)
            try:
                await self._bell
            finally:
                due.cancel()
            for one in waiting:
                if one.outcome is None:
                    _settle(one, self._query, self._began)  # what came in the very moment of the deadline is in time

    def _ended(self, asked: _Asked, call: asyncio.Task[Sequence[Passage]]) -> None:
        """A call has ended; that it failed is looked at in any case, so that nobody reports it as forgotten."""
        if not call.cancelled():
            call.exception()
        _settle(asked, self._query, self._began)
        if all(one.outcome is not None for one in self._asked):
            self._ring()

    def _ring(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)


def _may_ask(asked: _Asked, query: Query, now: float) -> bool:
    """Whether a source is asked; one that is known to be in trouble is settled instead."""
    health, source = asked.health, asked.source
    why_not: Callable[[Query], str | None] = getattr(source, "why_not", lambda _: None)
    try:
        reason = why_not(query)
    except Exception as exc:  # foreign code
        asked.outcome, asked.because = "failed", type(exc).__name__
        log.warning("source %s failed before it was asked: %s", source.name, asked.because)
        return False
    if reason is not None:
        asked.outcome, asked.because = "not-needed", reason
    elif len(health.strays) >= STRAYS_AT_MOST:
        asked.outcome, asked.because = "open", "its cancelled calls have not ended"
    elif not health.breaker.allows(now):
        asked.outcome, asked.because = "open", "it failed too often of late"
    else:
        if source.idempotent and (slow := health.slow_s) is not None:
            asked.hedge_at = now + slow + HEDGE_SLACK_S
        health.asked()
        return True
    return False


async def _fetch(source: Source, query: Query, deadline: Deadline) -> Sequence[Passage]:
    return await source.fetch(query, deadline)


def _settle(asked: _Asked, query: Query, began: float) -> None:
    """Note what became of a source, once one of its calls brought something or all of them failed."""
    if asked.outcome is not None:
        return
    ended = [call for call in asked.calls if call.done()]
    good = next((call for call in ended if not call.cancelled() and call.exception() is None), None)
    if good is None and len(ended) < len(asked.calls):
        return
    now = loop_time()
    asked.took_s = now - began
    if good is not None:
        try:
            asked.passages = _checked(asked.source, good.result(), query)
        except _Garbage as exc:
            _failed(asked, now, f"garbage: {exc}")
        else:
            asked.outcome = "ok"
            asked.health.took(asked.took_s)
            asked.health.breaker.succeeded(now)
        for call in asked.calls:
            call.cancel()  # the slower one of two
    else:
        trouble = None if ended[0].cancelled() else ended[0].exception()
        because = type(trouble).__name__ if trouble else "it cancelled itself"
        _failed(asked, now, because, blamed=not isinstance(trouble, InputError))


def _failed(asked: _Asked, now: float, because: str, *, blamed: bool = True) -> None:
    """Note a failure; one that is the question's fault says nothing about the source."""
    asked.outcome, asked.because = "failed", because
    log.warning("source %s failed: %s", asked.source.name, because)
    if blamed:
        asked.health.breaker.failed(now)
    else:
        asked.health.breaker.forgotten()


async def _end(asked: Sequence[_Asked], deadline: Deadline, began: float) -> None:
    """Cancel every call that still runs, and see it end; one that will not is left behind, watched."""
    now = loop_time()
    for one in asked:
        if one.outcome is None:
            _late(one, now, began, deadline)
    running = {call: one for one in asked for call in one.calls if not call.done()}
    if not running:
        return
    for call in running:
        call.cancel()
    try:
        with anyio.CancelScope(shield=True):
            await asyncio.wait(running, timeout=GRACE_S)
    finally:
        for call, one in running.items():
            if not call.done():
                log.warning("source %s goes on after it was cancelled", one.source.name)
                one.health.strays.add(call)
                call.add_done_callback(one.health.strays.discard)
                call.cancel()


def _late(asked: _Asked, now: float, began: float, deadline: Deadline) -> None:
    asked.outcome, asked.took_s, asked.because = "late", now - began, "cancelled at the deadline"
    fair = min(BLAMED_AFTER_S, asked.health.slow_s or BLAMED_AFTER_S)
    if now >= deadline.at and asked.took_s >= fair:
        asked.health.breaker.failed(now)
    else:  # the reader left, or there was hardly any time
        asked.health.breaker.forgotten()


def _checked(source: Source, found: object, query: Query) -> tuple[Passage, ...]:
    """The passages of a source in their order, cut to the limits. Raises _Garbage naming the first thing wrong."""
    if not isinstance(found, (list, tuple)):
        raise _Garbage(f"a {type(found).__name__} instead of a list of passages")
    if found and source.partition == "member" and query.scope.member is None:
        log.error("alarm: source %s gave a member's passages to a reader who is none", source.name)
        raise _Garbage("a member's passages for a reader who is none")
    kept = found[:PASSAGES_PER_SOURCE_AT_MOST]
    return tuple(_fitted(passage, source, query) for passage in kept)


def _fitted(passage: object, source: Source, query: Query) -> Passage:
    if not isinstance(passage, Passage):
        raise _Garbage(f"a {type(passage).__name__} instead of a passage")
    texts: tuple[object, ...] = (passage.ref, passage.text, passage.title, passage.kind)  # foreign code made them
    if not all(isinstance(text, str) for text in texts) or not passage.ref or not passage.text.strip():
        raise _Garbage("a passage without text or without its place")
    score: object = passage.score
    if not isinstance(score, (int, float)) or not math.isfinite(score):
        raise _Garbage("a score that is no number")
    if passage.source != source.name:
        raise _Garbage("a passage under another source's name")
    personal = passage.partition != "public" or passage.origin == "member"
    if personal and source.partition != "member":
        log.error("alarm: source %s is public and gave a member's passage", source.name)
        raise _Garbage("a member's passage from a public source")
    record = passage.ref.partition("#")[0]  # behind it stands the field of a record
    if passage.origin == "item" and (query.item is None or query.item.id not in (record, passage.ref)):
        raise _Garbage("a passage of another item in the name of this one")
    return _cut(passage, query)


def _cut(passage: Passage, query: Query) -> Passage:
    """The passage within the limits, without a vector that no other can be compared to."""
    wanted = getattr(query.vector, "shape", None)
    if passage.vector is not None and (wanted is None or getattr(passage.vector, "shape", None) != wanted):
        passage = replace(passage, vector=None)
    if len(passage.text) > PASSAGE_AT_MOST_CHARS:
        text = passage.text[:PASSAGE_AT_MOST_CHARS]
        text = text[: text.rfind(" ")] if " " in text else text
        end = passage.start + len(text) if passage.end - passage.start == len(passage.text) else passage.end
        passage = replace(passage, text=text, end=end)
    if len(passage.title) > TITLE_AT_MOST_CHARS:
        passage = replace(passage, title=passage.title[:TITLE_AT_MOST_CHARS])
    return passage
