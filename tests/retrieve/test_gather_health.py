"""What is remembered between answers: breakers that open and close, and second calls for slow sources."""

import itertools
import random
from collections.abc import Sequence

import anyio
import pytest

from nutgraf.errors import InputError, SourceError
from nutgraf.orchestration import Passage, Query, SourceReport
from nutgraf.retrieve import health as room
from nutgraf.retrieve.gather import gather
from nutgraf.retrieve.health import HEDGE_CALLS_AT_LEAST, HEDGED_AT_MOST_SHARE, Health
from nutgraf.seams import Source
from nutgraf.testing import run_virtual
from nutgraf.types import Deadline
from tests.retrieve.fakes import Custom, Told, passage, query_of


async def ask(source: Source, health: Health, within_s: float = 1.0) -> SourceReport:
    """What became of one source in one answer."""
    found = await gather([source], query_of(), Deadline(anyio.current_time() + within_s), health=health)
    return found.reports[0]


def test_a_breaker_opens_and_closes_again() -> None:
    """Five failures in a row open it; nothing is asked while it is open; a source that is well again is asked again."""
    health, source = Health(), Told("a", raises=SourceError("down"))

    async def main() -> None:
        assert [(await ask(source, health)).outcome for _ in range(7)] == ["failed"] * 5 + ["open"] * 2
        assert source.calls == 5
        source.raises = None
        await anyio.sleep(5.1)
        assert [(await ask(source, health)).outcome for _ in range(5)] == ["ok"] * 5
        assert health.of("a").breaker.closed

    run_virtual(main)


def test_a_source_that_always_hangs_soon_costs_nothing() -> None:
    """Being late is a failure too: after five answers only a probe now and then is late."""
    health, source = Health(), Told("a", (None,), idempotent=False)

    async def main() -> list[str]:
        return [(await ask(source, health)).outcome for _ in range(20)]

    assert run_virtual(main)[:7] == ["late"] * 5 + ["open"] * 2


def test_the_breaker_of_one_source_is_not_its_neighbours() -> None:
    """They are known by name."""
    health = Health()

    async def main() -> None:
        for _ in range(5):
            await ask(Told("a", raises=SourceError("down")), health)
        assert (await ask(Told("b"), health)).outcome == "ok"

    run_virtual(main)


def test_a_question_that_cannot_be_asked_says_nothing_about_the_source() -> None:
    """InputError is the question's fault."""
    health, source = Health(), Told("a", raises=InputError("question: too short"))

    async def main() -> set[str]:
        return {(await ask(source, health)).outcome for _ in range(30)}

    assert run_virtual(main) == {"failed"}


def test_a_slow_call_is_hedged_and_the_loser_is_cancelled() -> None:
    """Once it is known how long a source takes, a slow call gets a second one, and the quicker of both counts."""
    health, source = Health(), Told("a", [*[0.02] * 40, None, 0.02])

    async def main() -> SourceReport:
        for _ in range(40):
            assert not (await ask(source, health)).hedged
        return await ask(source, health)

    report = run_virtual(main)
    assert report.outcome == "ok"
    assert report.hedged
    assert report.took_ms == pytest.approx(45.0)
    assert (source.calls, source.cancelled, source.open_now) == (42, 1, 0)


@pytest.mark.parametrize("idempotent", [True, False])
def test_only_a_source_that_may_be_asked_twice_is(idempotent: bool) -> None:
    """A source with effects, or unknown ones, is never hedged."""
    health, source = Health(), Told("a", [*[0.02] * 40, None, 0.02], idempotent=idempotent)

    async def main() -> str:
        for _ in range(40):
            await ask(source, health)
        return (await ask(source, health)).outcome

    assert run_virtual(main) == ("ok" if idempotent else "late")
    assert source.calls == 41 + idempotent


def test_a_first_call_that_fails_after_the_hedge_does_not_end_it() -> None:
    """While the second one runs there is hope."""
    health, usual = Health(), Told("a", (0.02,))
    calls = itertools.count()

    async def first_fails(query: Query, deadline: Deadline) -> Sequence[Passage]:
        await anyio.sleep(0.03)
        if next(calls) == 0:
            raise SourceError("down")
        return [passage("a")]

    async def main() -> SourceReport:
        for _ in range(40):
            await ask(usual, health)
        return await ask(Custom("a", first_fails), health)

    report = run_virtual(main)
    assert report.outcome == "ok"
    assert report.took_ms == pytest.approx(55.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_few_calls_are_hedged_however_slow_the_source(seed: int) -> None:
    """Of any run of recent calls at most the allowed share got a second one."""
    health, choose = Health(), random.Random(seed)
    source = Told("a", [0.02 * choose.paretovariate(1.0) for _ in range(3_000)])

    async def main() -> list[bool]:
        return [(await ask(source, health, 3.0)).hedged for _ in range(1_000)]

    hedged = run_virtual(main, seed)
    assert source.calls == 1_000 + sum(hedged)
    assert 10 < sum(hedged) <= HEDGED_AT_MOST_SHARE * 1_000
    assert not any(hedged[:HEDGE_CALLS_AT_LEAST])


def test_the_sources_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one asked for longest ago is forgotten."""
    monkeypatch.setattr(room, "SOURCES_REMEMBERED_AT_MOST", 2)
    health = Health()
    first = health.of("a")
    health.of("b")

    assert health.of("a") is first
    health.of("c")
    assert health.of("a") is first
    assert len(health._known) == 2
