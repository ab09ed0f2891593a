"""The public fakes do what they say; tests of everything else rest on them."""

import asyncio
import socket
from contextlib import suppress
from itertools import cycle
from random import Random

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from nutgraf.errors import ModelBusy, ModelCut, ModelSilent
from nutgraf.orchestration import Passage, Query
from nutgraf.testing import (
    SCRIPTS,
    FakeProvider,
    FixedSource,
    HashEncoder,
    Reply,
    ScriptedModel,
    VirtualClockError,
    fault_script,
    run_virtual,
)
from nutgraf.types import Deadline, Message, Prompt, Scope, Snapshot
from tests.model.contract import ModelContract

ASKED = Prompt(name="test", version="1", messages=(Message("user", "Hello?"),))
LATE = Deadline(1e9)


class TestScriptedContract(ModelContract):
    """The scripted model keeps the contract of every model."""

    @pytest.fixture
    def speaker(self) -> ScriptedModel:
        """Says a few words."""
        return ScriptedModel(["Hello", 0.001, " there."])

    @pytest.fixture
    def talker(self) -> ScriptedModel:
        """Says words for ever."""
        return ScriptedModel(lambda prompt: cycle(["and ", 0.005]))


def test_a_script_is_played_in_time() -> None:
    """Text, silence and failure come in the order and at the moments that were written."""

    async def main() -> list[tuple[str, float]]:
        model = ScriptedModel(["a", 1.5, "b", 60.0, "c", ModelBusy("later")])
        async with model.stream(ASKED, LATE) as pieces:
            heard = [(await anext(aiter(pieces)), anyio.current_time()) for _ in "abc"]
            with pytest.raises(ModelBusy):
                await anext(aiter(pieces))
        return heard

    assert run_virtual(main) == [("a", 0.0), ("b", 1.5), ("c", 61.5)]


@pytest.mark.parametrize(
    ("seconds", "ending", "closed_at", "said"),
    [(9.0, "done", 3.0, ["a", "b"]), (2.0, "cancelled", 2.0, ["a"])],
)
def test_how_a_request_closed_is_kept(seconds: float, ending: str, closed_at: float, said: list[str]) -> None:
    """A test can ask when a request was closed, how, and what had been said."""

    async def main() -> ScriptedModel:
        model = ScriptedModel([1.0, "a", 2.0, "b"])
        with anyio.move_on_after(seconds):
            async with model.stream(ASKED, LATE) as pieces:
                async for _ in pieces:
                    pass
        return model

    model = run_virtual(main)
    (call,) = model.calls

    assert (call.ending, call.closed_at, call.said, call.cancelled) == (ending, closed_at, said, ending == "cancelled")
    assert model.seen == [ASKED]
    assert model.open_calls == 0


def test_a_reader_that_leaves_is_told_from_one_that_is_cancelled() -> None:
    """Leaving the block early is `left`; a failure of the script is `failed`."""

    async def main() -> list[str | None]:
        model = ScriptedModel(["a", "b", ValueError("no")])
        async with model.stream(ASKED, LATE) as pieces:
            await anext(aiter(pieces))
        with suppress(ValueError):
            async with model.stream(ASKED, LATE) as pieces:
                async for _ in pieces:
                    pass
        return [call.ending for call in model.calls]

    assert run_virtual(main) == ["left", "failed"]


@pytest.mark.parametrize(("script", "kind"), [([60.0], ModelSilent), (["a", 60.0], ModelCut)])
def test_a_script_ends_at_the_deadline(script: list[str | float], kind: type[Exception]) -> None:
    """Like a real model, a script that is too slow raises at the deadline, not before and not after."""

    async def main() -> float:
        with suppress(kind):
            async with ScriptedModel(script).stream(ASKED, Deadline(5.0)) as pieces:
                async for _ in pieces:
                    pass
        return anyio.current_time()

    assert run_virtual(main) == 5.0


def test_a_fixed_source_finds_the_same_for_all() -> None:
    """A source gives what was fixed, after its time, or fails; what it was asked is kept."""
    scope = Scope(tenant="t", member=None, purposes=frozenset(), consent_version=0, rights=frozenset())
    query = Query(scope=scope, text="a question", item=None, snapshot=Snapshot(scope, None, ()))
    passage = Passage(source="jobs", ref="job-1", text="A job.")

    async def main() -> tuple[list[Passage], float, list[Query]]:
        source = FixedSource("jobs", found=[passage], after_s=0.3)
        found = await source.fetch(query, Deadline(1.0))
        with pytest.raises(ValueError, match="down"):
            await FixedSource("down", fails=ValueError("down")).fetch(query, Deadline(1.0))
        return found, anyio.current_time(), source.asked

    assert run_virtual(main) == ([passage], 0.3, [query])


def test_scripts_repeat_from_their_seed() -> None:
    """The same seed gives the same scripts, another one others, and every kind turns up."""
    first, again, other = ([repr(fault_script(Random(seed + n))) for n in range(300)] for seed in (0, 0, 1000))

    assert first == again
    assert first != other
    assert all(isinstance(piece, str | float | Exception) for kind in SCRIPTS.values() for piece in kind(Random(1)))


@pytest.mark.parametrize("kind", SCRIPTS)
def test_every_kind_of_script_can_be_played(kind: str) -> None:
    """Each kind runs through a scripted model to its ending or its failure within an hour of virtual time."""

    async def main() -> str | None:
        model = ScriptedModel(SCRIPTS[kind](Random(7)))
        with suppress(Exception):
            async with model.stream(ASKED, Deadline(7200.0)) as pieces:
                async for _ in pieces:
                    pass
        return model.calls[0].ending

    assert run_virtual(main) in ("done", "failed")


def test_the_hashed_encoder_is_at_hand() -> None:
    """Tests that need vectors get them without a model."""
    assert HashEncoder(dims=16).encode(["a", "b"]).shape == (2, 16)


def test_virtual_time_costs_nothing_and_is_exact() -> None:
    """A year of sleep is over at once, and deadlines of scopes fall on their moment."""

    async def main() -> list[float]:
        moments = [anyio.current_time()]
        await anyio.sleep(365 * 86400.0)
        moments.append(anyio.current_time())
        with anyio.move_on_after(0.5):
            await anyio.sleep_forever()
        moments.append(anyio.current_time())
        await asyncio.sleep(0.25)
        return [*moments, asyncio.get_running_loop().time()]

    assert run_virtual(main) == [0.0, 31536000.0, 31536000.5, 31536000.75]


def test_worker_threads_take_no_virtual_time() -> None:
    """The clock stands still while a thread works, and a thread can call back into the loop."""

    async def main() -> tuple[int, float]:
        async def tick() -> None:
            await anyio.sleep(10.0)

        def work() -> int:
            anyio.from_thread.run_sync(lambda: None)
            return sum(range(200_000))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tick)
            found = await anyio.to_thread.run_sync(work)
            at = anyio.current_time()
        return found, at

    assert run_virtual(main) == (19999900000, 0.0)


def test_an_end_that_never_comes_is_an_error() -> None:
    """When every task waits for another, the run fails with a clear error instead of hanging."""

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep_forever)
            await anyio.Event().wait()

    with pytest.raises(VirtualClockError, match="nothing is scheduled"):
        run_virtual(main)


def test_real_input_and_output_is_refused() -> None:
    """A connection on a virtual clock is an error, not a wait."""

    async def main() -> None:
        await asyncio.open_connection("127.0.0.1", 9)

    with pytest.raises(VirtualClockError, match="real input or output"):
        run_virtual(main)


def test_an_error_of_the_function_passes_through() -> None:
    """What the function raises is what the caller gets."""

    async def main() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        run_virtual(main)


def test_a_seed_chooses_among_ready_tasks() -> None:
    """Seed 0 keeps the order of asyncio, others change it, and each repeats itself."""

    def order(seed: int) -> list[int]:
        async def main() -> list[int]:
            done: list[int] = []

            async def work(number: int) -> None:
                await anyio.sleep(0.0)
                done.append(number)

            async with anyio.create_task_group() as tasks:
                for number in range(8):
                    tasks.start_soon(work, number)
            return done

        return run_virtual(main, seed)

    assert order(0) == sorted(order(0))
    assert order(5) == order(5)
    assert len({tuple(order(seed)) for seed in range(1, 20)}) > 10


async def test_the_provider_listens_on_the_loopback_only() -> None:
    """The fake provider can be reached from this machine alone, and is gone after its block."""
    async with FakeProvider() as provider:
        host, port = provider.base_url.removeprefix("http://").removesuffix("/v1").split(":")
        assert host == "127.0.0.1"
    with socket.socket() as out:
        assert out.connect_ex((host, int(port))) != 0


async def test_the_ledger_tells_the_truth() -> None:
    """Requests, tokens, order and endings are kept as they happened."""
    async with FakeProvider([Reply(pieces=("a", "b")), Reply(pieces=("c", 60.0))]) as provider:
        host, port = provider.base_url.removeprefix("http://").removesuffix("/v1").split(":")
        for until in (b"[DONE]\n\n", b'"c"'):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b'POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"n": 12}')
            await reader.readuntil(until)
            writer.close()
            await writer.wait_closed()
        for received in provider.ledger:
            await received.closed.wait()

    first, second = provider.ledger
    assert (first.prompt, first.tokens_sent, first.closed_by) == ({"n": 12}, 2, "done")
    assert (second.tokens_sent, second.closed_by) == (1, "client")
    assert provider.events == [
        ("opened", 1), ("token", 1), ("token", 1), ("done", 1), ("opened", 2), ("token", 2), ("client", 2),
    ]  # fmt: skip
