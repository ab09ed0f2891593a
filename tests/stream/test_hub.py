"""The hub: owners, readers, grace, shutdown, and what is written down when."""

import logging
from collections.abc import Sequence

import anyio
import orjson
import pytest

from nutgraf.errors import ModelBusy, NotFound
from nutgraf.stream.hub import ENDED_AT_MOST, LIVE_AT_MOST, Emit, Hub, Produce, new_stream_id
from nutgraf.stream.journal import JOURNAL_WITHIN_S, Keeper
from nutgraf.stream.live import LOOK_AGAIN_S, Feed, Reader
from nutgraf.stream.log import Entry
from nutgraf.types import Deadline, Scope
from tests.stream.said import MemoryJournal, closed, ending_of, opened, saying, scope, story, told
from tests.stream.virtual import inline, run


def hub_with(journal: MemoryJournal | None = None) -> Hub:
    """A hub with its store in memory."""
    return Hub(journal, keeper=Keeper(journal, inline))


def start(hub: Hub, produce: object, stream: str = "s1", **more: object) -> str:
    """Start a stream of amara's."""
    return hub.start(scope(), opened(stream), produce, accepted_at=anyio.current_time(), **more)  # type: ignore[arg-type]


async def rest(reader: Reader) -> list[Entry]:
    """Everything a reader gets until the end."""
    with reader:
        return [entry async for batch in reader for entry in batch]


async def all_of(hub: Hub, stream: str = "s1", after: int = 0, who: Scope | None = None) -> list[Entry]:
    """A stream from behind a number to its end."""
    return await rest(await hub.follow(who or scope(), stream, after))


def test_many_readers_read_the_same() -> None:
    """A quick reader, a dawdling one and one that comes late all get every entry in order."""

    async def scene() -> None:
        got: dict[float, list[Entry]] = {}
        async with hub_with() as hub, anyio.create_task_group() as tasks:
            start(hub, saying(story("One.", "Two.", "Three."), pause_s=0.1))

            async def read(late: float, slow: float) -> None:
                await anyio.sleep(late)
                with await hub.follow(scope(), "s1") as reader:
                    got[late] = []
                    async for batch in reader:
                        got[late] += batch
                        await anyio.sleep(slow)

            for late, slow in [(0, 0), (0.01, 5), (0.7, 0.3), (30, 0)]:
                tasks.start_soon(read, late, slow)
        assert {len(entries) for entries in got.values()} == {len(story("One.", "Two.", "Three."))}
        assert len({tuple(entries) for entries in got.values()}) == 1

    run(scene)


def test_a_flooding_producer_does_not_wait_for_a_dawdling_reader() -> None:
    """The producer never waits for a reader, a reader holds no queue, and leaving in the flood is clean."""

    async def scene() -> None:
        async with hub_with() as hub:
            start(hub, saying(story(*(f"Sentence {n}." for n in range(500)))))
            with await hub.follow(scope(), "s1") as reader:
                first = await anext(reader)
                await anyio.sleep(3)
                assert hub.running == 0
            assert len(first) < 10
            assert len(await all_of(hub)) == len(story(*(" " for _ in range(500))))

    run(scene)


@pytest.mark.parametrize("who", [scope("luis"), scope(None), scope("amara", "elsewhere")], ids=str)
@pytest.mark.parametrize("moment", ["live", "ended", "stored"])
def test_nobody_else_learns_that_it_exists(who: Scope, moment: str) -> None:
    """Somebody else's stream is exactly as unknown as none at all, to read and to stop, at any time."""

    async def scene() -> None:
        journal = MemoryJournal()
        async with hub_with(journal) as hub:
            start(hub, saying(story("One."), pause_s=1.0))
            if moment != "live":
                await all_of(hub)
            if moment == "stored":
                await anyio.sleep(1000)
            for stream in ("s1", "unknown"):
                with pytest.raises(NotFound, match=f"no stream '{stream}'"):
                    await hub.follow(who, stream)
                with pytest.raises(NotFound, match=f"no stream '{stream}'"):
                    await hub.stop(who, stream)

    run(scene)


@pytest.mark.parametrize(("resumable", "ends_after"), [(True, 10.0), (False, 0.0)])
def test_a_lost_reader_has_its_grace(resumable: bool, ends_after: float) -> None:
    """When the last reader is gone, a stream that can be resumed goes on for ten seconds, any other stops at once."""

    async def scene() -> None:
        cancelled_at: list[float] = []

        async def hang(emit: Emit) -> None:
            emit(opened())
            try:
                await anyio.sleep_forever()
            finally:
                cancelled_at.append(anyio.current_time())

        async with hub_with() as hub:
            start(hub, hang, resumable=resumable)
            with await hub.follow(scope(), "s1") as reader, await hub.follow(scope(), "s1"):
                await anext(reader)
                await anyio.sleep(60)
            left_at = anyio.current_time()
            await anyio.sleep(30)
            assert cancelled_at == [left_at + ends_after]
            assert ending_of(await all_of(hub)) == "stopped"

    run(scene)


def test_a_reader_that_comes_back_in_time_loses_nothing() -> None:
    """Leaving and coming back within the grace, again and again, neither stops the stream nor loses an entry."""

    async def scene() -> None:
        got: list[Entry] = []
        async with hub_with() as hub:
            start(hub, saying(story(*"abcdefgh"), pause_s=3.0))
            while not got or got[-1].kind != "closed":
                with await hub.follow(scope(), "s1", len(got)) as reader:
                    got += await anext(reader)
                await anyio.sleep(9)
        assert [entry.number for entry in got] == list(range(1, len(story(*"abcdefgh")) + 1))
        assert ending_of(got) == "done"

    run(scene)


def test_a_stream_nobody_reads_ends() -> None:
    """When its reader never comes, a stream stops after the grace."""

    async def scene() -> None:
        async with hub_with() as hub:
            start(hub, _hang)
            await anyio.sleep(9)
            assert hub.running == 1
            await anyio.sleep(2)
            assert hub.running == 0

    run(scene)


async def _hang(emit: Emit) -> None:
    await anyio.sleep_forever()


def test_the_ending_is_written_down_before_it_is_read() -> None:
    """Whoever has read the ending can rely on the store to have it; the rest of the log is there with it."""

    async def scene() -> None:
        journal = MemoryJournal()
        async with hub_with(journal) as hub:
            start(hub, saying(story("One.")))
            with await hub.follow(scope(), "s1") as reader:
                async for batch in reader:
                    if batch[-1].kind == "closed":
                        assert journal.endings == {"s1": ["done"]}
            assert journal.rows["s1"] == await all_of(hub)

    run(scene)


def test_first_words_are_written_down_early() -> None:
    """As soon as somebody can have read a sentence, a crash would leave it in the store."""

    async def scene() -> None:
        journal = MemoryJournal()
        async with hub_with(journal) as hub:
            start(hub, saying(story("One."), pause_s=1.0))
            with await hub.follow(scope(), "s1"):
                await anyio.sleep(5.5)
                assert journal.rows["s1"] == []
                await anyio.sleep(0.6)
                assert [entry.kind for entry in journal.rows["s1"]][-1] == "sentence-committed"

    run(scene)


def test_a_reader_that_hears_nothing_looks_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one notification the whole stream arrives all the same, and its end within two seconds."""
    monkeypatch.setattr(Feed, "ring", lambda feed: None)

    async def scene() -> None:
        async with hub_with() as hub:
            start(hub, saying(story("One."), pause_s=0.1))
            entries = await all_of(hub)
            assert entries[-1].kind == "closed"
            assert anyio.current_time() - hub._ended["s1"].ended_at <= LOOK_AGAIN_S

    run(scene)


def test_ended_streams_are_read_from_the_store_later() -> None:
    """Within its time a stream is replayed from memory, afterwards from the store, with the same bytes."""

    async def scene() -> None:
        journal = MemoryJournal()
        async with hub_with(journal) as hub:
            start(hub, saying(story("One.")))
            first = await all_of(hub)
            journal.rows, kept = {}, journal.rows
            assert await all_of(hub) == first
            await anyio.sleep(901)
            journal.rows = kept
            assert await all_of(hub) == first
            assert await all_of(hub, after=3) == first[3:]
            await hub.stop(scope(), "s1")

    run(scene)


def test_memory_keeps_so_many_and_no_more() -> None:
    """Ended streams beyond the limit leave memory, oldest first."""

    async def scene() -> None:
        async with hub_with() as hub:
            for number in range(ENDED_AT_MOST + 5):
                start(hub, saying(story("One.", stream=f"s{number}")), f"s{number}")
                await all_of(hub, f"s{number}")
            for number in range(5):
                with pytest.raises(NotFound):
                    await hub.follow(scope(), f"s{number}")
            assert await all_of(hub, "s5")

    run(scene)


@pytest.mark.parametrize("name", ["begin", "keep", "end"])
def test_a_store_that_fails_is_not_hidden(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """What could not be written down ends as failed, with a ticket that is also in the log and nothing of the fault."""

    async def scene() -> Sequence[Entry]:
        async with hub_with(MemoryJournal(trouble=lambda called: called == name)) as hub:
            start(hub, saying(story("One."), pause_s=0.1))
            return await all_of(hub)

    with caplog.at_level(logging.ERROR):
        last = orjson.loads(run(scene)[-1].data)
    assert last["ending"] == "failed"
    assert last["ticket"] in caplog.text
    assert "disk" not in last["reason"]


def test_a_store_that_hangs_does_not_hold_the_ending_back() -> None:
    """A store that never answers costs its time limit, not the stream."""

    async def scene() -> None:
        async def stuck(work: object) -> None:
            await anyio.sleep_forever()

        async with Hub(keeper=Keeper(MemoryJournal(), stuck)) as hub:
            start(hub, saying(story("One.")))
            assert ending_of(await all_of(hub)) == "failed"
            assert anyio.current_time() <= 2 * JOURNAL_WITHIN_S + 1

    run(scene)


def test_a_producer_far_past_its_deadline_is_ended() -> None:
    """A producer that forgets its deadline does not run for ever."""

    async def scene() -> None:
        async with hub_with() as hub:
            start(hub, saying([*story("One.")[:4], *told("zz")], pause_s=3.0), deadline=Deadline(5.0))
            assert ending_of(await all_of(hub)) == "failed"
            assert anyio.current_time() == 7.0

    run(scene)


def test_leaving_the_hub_ends_everything() -> None:
    """Streams that run when the server stops end as stopped, their readers learn it, and new ones are refused."""

    async def scene() -> None:
        async with hub_with() as hub:
            readers = []
            for number in range(20):
                start(hub, _hang, f"s{number}")
                readers.append(await hub.follow(scope(), f"s{number}"))
        assert {ending_of(await rest(reader)) for reader in readers} == {"stopped"}
        with pytest.raises(ModelBusy):
            start(hub, _hang)

    run(scene)


def test_an_error_leaves_the_hub_as_itself() -> None:
    """What is raised inside the block comes out of it as it was, not in a group."""

    async def scene() -> None:
        async with hub_with() as hub:
            start(hub, _hang)
            raise NotFound("mine")

    with pytest.raises(NotFound, match="mine"):
        run(scene)


def test_too_many_streams_are_refused() -> None:
    """The number of streams that run at a time has a limit, and it is said."""

    async def scene() -> None:
        async with hub_with() as hub:
            for number in range(LIVE_AT_MOST):
                start(hub, _hang, f"s{number}")
            with pytest.raises(ModelBusy, match=f"{LIVE_AT_MOST} streams"):
                start(hub, _hang, "one more")

    run(scene)


def test_a_producer_that_says_nothing_is_spoken_for() -> None:
    """A stream whose producer broke before its first word still opens and closes, however long its title."""

    async def silent(emit: Emit) -> None:
        raise ValueError("secret")

    async def scene() -> list[Entry]:
        async with hub_with() as hub:
            hub.start(scope(), opened(title="x" * 2_000_000), silent, accepted_at=0.0)
            return await all_of(hub)

    entries = run(scene)
    assert [entry.kind for entry in entries] == ["opened", "closed"]
    assert b"secret" not in entries[-1].data


def test_nothing_follows_the_ending() -> None:
    """A producer that goes on after its ending is stopped, and what it says is not heard."""

    async def scene() -> None:
        async def talkative(emit: Emit) -> None:
            for event in [*story("One."), closed("truncated"), *story("Two.")]:
                emit(event)

        produce: Produce = talkative
        async with hub_with() as hub:
            start(hub, produce)
            entries = await all_of(hub)
            assert [entry.kind for entry in entries].count("closed") == 1
            assert ending_of(entries) == "done"

    run(scene)


def test_ids_cannot_be_guessed() -> None:
    """Ids carry 128 random bits."""
    ids = {new_stream_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(len(made) == 22 for made in ids)
