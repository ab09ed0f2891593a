"""Many sources, one moment: what comes, what is late, what fails, and what none of that changes."""

import itertools
import logging
import threading
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from nutgraf.errors import InputError, NotAllowed, SourceError
from nutgraf.orchestration import Gathered, Passage, Query
from nutgraf.retrieve import gather as room
from nutgraf.retrieve.gather import GRACE_S, PASSAGE_AT_MOST_CHARS, PASSAGES_PER_SOURCE_AT_MOST, gather
from nutgraf.retrieve.health import STRAYS_AT_MOST, Health
from nutgraf.retrieve.sources import on_thread
from nutgraf.seams import Source
from nutgraf.testing import run_virtual
from nutgraf.types import Deadline, Snapshot
from tests.retrieve.fakes import Custom, Told, item_of, passage, query_of, scope_of


def gathered(
    sources: Sequence[Source], within_s: float = 0.8, seed: int = 0, query: Query | None = None,
    health: Health | None = None,
) -> tuple[Gathered, float]:  # fmt: skip
    """What one gathering brought on a virtual clock, and the moment at which it was over."""

    async def main() -> tuple[Gathered, float]:
        found = await gather(sources, query or query_of(), Deadline(within_s), health=health or Health())
        return found, anyio.current_time()

    return run_virtual(main, seed)


def outcomes(found: Gathered) -> dict[str, str]:
    """The outcome of each source."""
    return {report.source: report.outcome for report in found.reports}


def test_all_are_asked_at_once_and_it_ends_when_all_are_in() -> None:
    """Four sources take as long as the slowest of them."""
    found, ended = gathered([Told(name, (0.1 * n,)) for n, name in enumerate("dcba", 1)])

    assert ended == pytest.approx(0.4)
    assert [report.source for report in found.reports] == list("abcd")
    assert [report.took_ms for report in found.reports] == [400.0, 300.0, 200.0, 100.0]


@pytest.mark.parametrize("order", list(itertools.permutations((0.1, 0.2, 0.3))))
@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_arrival_changes_nothing(order: tuple[float, ...], seed: int) -> None:
    """However the sources hurry, and whichever task runs first, the passages are the same."""
    sources = [Told(name, (takes,)) for name, takes in zip("bca", order, strict=True)]

    found, _ = gathered(sources, seed=seed)

    assert [one.source for one in found.passages] == ["a", "b", "c"]


@pytest.mark.parametrize("seed", range(20))
def test_sources_that_are_ready_together_are_all_taken(seed: int) -> None:
    """At the very moment of the deadline no schedule loses one that had come before it."""
    found, ended = gathered([Told(name, (0.79,)) for name in "abcdef"] + [Told("z", (None,))], seed=seed)

    assert [one.source for one in found.passages] == list("abcdef")
    assert ended == pytest.approx(0.8)


def test_a_source_that_breaks_before_it_is_asked_fails_alone() -> None:
    """A `why_not` of a host that raises costs its own source, and nothing of the others."""

    class Broken(Told):
        def why_not(self, query: Query) -> str | None:
            """What a host may get wrong."""
            raise KeyError("shoe_size")

    broken = Broken("broken")

    found, _ = gathered([broken, Told("fine")])

    assert outcomes(found) == {"broken": "failed", "fine": "ok"}
    assert (found.reports[0].because, broken.calls) == ("KeyError", 0)


def test_a_late_source_is_cancelled_and_listed() -> None:
    """It is not abandoned: its call has ended when the answer goes on, and costs nothing beyond the slice."""
    slow = Told("slow", (None,))

    found, ended = gathered([Told("quick", (0.02,)), slow])

    assert outcomes(found) == {"quick": "ok", "slow": "late"}
    assert (slow.cancelled, slow.open_now) == (1, 0)
    assert found.reports[1].took_ms == 800.0
    assert ended == pytest.approx(0.8)


def test_a_deadline_that_has_passed_asks_and_waits_for_nothing() -> None:
    """Everything is late at once; no source is blamed for it."""
    health = Health()
    for _ in range(10):
        found, ended = gathered([Told("a", (0.1,))], within_s=0.0, health=health)

    assert (outcomes(found), ended) == ({"a": "late"}, 0.0)
    assert health.of("a").breaker.closed


@pytest.mark.parametrize("raises", [SourceError("Amara's record"), ValueError("Amara"), RuntimeError(), KeyError("x")])
def test_a_failure_is_reported_by_its_class_alone(raises: Exception) -> None:
    """One source's trouble is not its neighbour's, and its text may be personal."""
    found, _ = gathered([Told("bad", raises=raises), Told("good", (0.1,))])

    assert outcomes(found) == {"bad": "failed", "good": "ok"}
    assert found.reports[0].because == type(raises).__name__


@pytest.mark.parametrize(
    ("gives", "because"),
    [
        ("text", "a str instead of a list"),
        (iter(()), "instead of a list"),
        ([{"text": "x"}], "a dict instead of a passage"),
        ([passage("odd", "  ")], "without text"),
        ([passage("odd", ref="")], "without its place"),
        ([passage("odd", score=float("nan"))], "a score"),
        ([passage("odd", score="1")], "a score"),
        ([passage("good")], "another source's name"),
        ([passage("odd", partition="member")], "from a public source"),
        ([passage("odd", origin="member")], "from a public source"),
        ([passage("odd", origin="item", ref="article-2")], "another item"),
    ],
)
def test_garbage_is_a_failure_and_no_crash(gives: Any, because: str) -> None:
    """What is not a passage of the source's own is refused whole, and the report says why."""
    query = query_of(item=item_of("The wait fell."))

    found, _ = gathered([Told("odd", gives=gives), Told("good")], query=query)

    assert outcomes(found) == {"good": "ok", "odd": "failed"}
    assert because in found.reports[1].because
    assert [one.source for one in found.passages] == ["good"]


def test_a_members_passages_never_reach_a_reader_who_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """They are dropped with an alarm in the log."""
    source = Told("member", gives=[passage("member", partition="member")], partition="member")

    with caplog.at_level(logging.ERROR, logger=room.__name__):
        found, _ = gathered([source], query=query_of(member=None))

    assert (outcomes(found), found.passages) == ({"member": "failed"}, ())
    assert "alarm: source member" in caplog.text


def test_a_query_with_somebody_elses_record_is_refused() -> None:
    """No source is asked at all."""
    source, query = Told("a"), query_of(snapshot=Snapshot(scope_of("baker"), "Jonas", ()))

    with pytest.raises(NotAllowed, match=r"'nurse'.*'baker'"):
        gathered([source], query=query)
    assert source.calls == 0


def test_two_sources_of_one_name_are_refused() -> None:
    """Their reports could not be told apart."""
    with pytest.raises(InputError, match="two are named 'a'"):
        gathered([Told("a"), Told("a")])


def test_limits_cut_what_is_too_much() -> None:
    """So many passages a source, so many characters a passage; the place of a cut passage still fits its text."""
    long = passage("a", "wait " * 1_000, title="t" * 999)

    found, _ = gathered([Told("a", gives=[long, *(passage("a") for _ in range(99))])])

    assert len(found.passages) == found.reports[0].found == PASSAGES_PER_SOURCE_AT_MOST
    cut = found.passages[0]
    assert PASSAGE_AT_MOST_CHARS - 10 < len(cut.text) <= PASSAGE_AT_MOST_CHARS
    assert cut.end - cut.start == len(cut.text)
    assert len(cut.title) == room.TITLE_AT_MOST_CHARS


def test_a_source_that_cancels_itself_has_failed() -> None:
    """Its own cancellation is not ours, and ends nothing else."""

    async def give_up(query: Query, deadline: Deadline) -> Sequence[Passage]:
        raise anyio.get_cancelled_exc_class()

    found, _ = gathered([Custom("odd", give_up), Told("good", (0.1,))])

    assert outcomes(found) == {"good": "ok", "odd": "failed"}


def test_cleaning_up_may_take_a_moment() -> None:
    """A cancelled source that says goodbye within the grace has ended before the answer goes on."""
    ended = []

    async def polite(query: Query, deadline: Deadline) -> Sequence[Passage]:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(GRACE_S / 2)
                ended.append("goodbye")
        return ()

    _, at = gathered([Custom("polite", polite)])

    assert ended == ["goodbye"]
    assert at == pytest.approx(0.8 + GRACE_S / 2)


def test_one_that_swallows_its_cancellation_is_left_behind() -> None:
    """The answer waits for the grace and no longer; with a few such calls about, the source is asked no more."""
    health = Health()

    async def stubborn(query: Query, deadline: Deadline) -> Sequence[Passage]:
        for _ in range(200):
            try:
                await anyio.sleep(0.1)
            except anyio.get_cancelled_exc_class():
                pass
        return ()

    async def main() -> list[tuple[str, float]]:
        found = []
        for _ in range(STRAYS_AT_MOST + 1):
            began = anyio.current_time()
            result = await gather([Custom("stubborn", stubborn)], query_of(), Deadline(began + 0.2), health=health)
            found.append((result.reports[0].outcome, round(anyio.current_time() - began, 6)))
        left = len(health.of("stubborn").strays)
        await anyio.sleep(60)
        return [*found, ("left", left), ("later", len(health.of("stubborn").strays))]

    late, rest = ("late", 0.2 + GRACE_S), [("open", 0.0), ("left", STRAYS_AT_MOST), ("later", 0)]
    assert run_virtual(main) == [*[late] * STRAYS_AT_MOST, *rest]


def test_a_thread_that_blocks_delays_nothing() -> None:
    """Blocking work is left on its thread when its time is up."""
    release = threading.Event()

    async def blocks(query: Query, deadline: Deadline) -> Sequence[Passage]:
        await on_thread(release.wait)
        return ()

    async def main() -> Gathered:
        try:
            return await gather(
                [Custom("blocks", blocks)], query_of(), Deadline(anyio.current_time() + 0.01), health=Health()
            )
        finally:
            release.set()

    assert outcomes(anyio.run(main)) == {"blocks": "late"}


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.3])
def test_a_reader_who_leaves_cancels_every_source(after_s: float) -> None:
    """Stop ends every call at once, and blames no source for it."""
    health, sources = Health(), [Told(name, (None,)) for name in "abc"]

    async def main() -> float:
        with anyio.move_on_after(after_s):
            await gather(sources, query_of(), Deadline(5.0), health=health)
        return anyio.current_time()

    assert run_virtual(main) == after_s
    assert [source.open_now for source in sources] == [0, 0, 0]
    assert not any(health.of(name).breaker._calls for name in "abc")
