"""A reader who stops is heard by the model at once, in whatever phase the answer is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import repeat

import anyio
import pytest

from nutgraf.local import Local
from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.serve.answers import Asked, start
from nutgraf.stream.hub import Hub
from nutgraf.testing import Piece, ScriptedModel, run_virtual
from nutgraf.types import Prompt, Vectors
from tests.pipeline.world import ITEMS, NURSE, rooms_with, scope_of

LEFT_WITHIN_S = 0.25
PATIENT_S = 600.0
Script = Callable[[Prompt], Iterable[Piece]]
QUESTION = "How long was the median wait at the front desk?"


class Bell(HashEncoder):
    """An encoder that tells when it is asked about a draft, on the thread that judges."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = anyio.Event()
        self.draft = ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        if self.draft and self.draft in texts:
            anyio.from_thread.run_sync(self.asked.set)
        return super().encode(texts)

    def copied(self, prompt: Prompt) -> Sequence[Piece]:
        """What a model says that copies its first piece of evidence, and then falls silent."""
        line = next(line for line in prompt.messages[-1].content.split("\n") if line.startswith("[1] "))
        self.draft = line[4:]
        return 0.3, f"{self.draft} [1]\n", 3600.0


def silent(prompt: Prompt) -> Sequence[Piece]:
    """A model that has not said anything yet."""
    return (3600.0,)


def talking(prompt: Prompt) -> Iterator[Piece]:
    """A model that never comes to an end."""
    for _ in repeat(None):
        yield "and so on "
        yield 0.05


#: What the model says in each phase, and when the reader stops; None is when a draft is being judged.
PHASES: dict[str, tuple[Callable[[Bell], Script], float | None]] = {
    "before the first token": (lambda _: silent, 0.7),
    "mid-stream": (lambda _: talking, 1.03),
    "while judging": (lambda bell: bell.copied, None),
}


async def _behind_hub(rooms: Rooms, question: str | None, ready: Callable[[], Awaitable[None]], how: str) -> float:
    """Start an answer, wait until it is ready to be stopped, stop it, and give the moment of that."""
    async with Hub(resume_grace_s=10.0) as hub:
        asked = Asked(
            item=ITEMS[0], member=NURSE, scope=scope_of(NURSE), accepted_at=anyio.current_time(),
            deadline_s=PATIENT_S, question=question, resumable=how != "reader leaves",
        )  # fmt: skip
        stream = start(hub, rooms, asked)
        with await hub.follow(asked.scope, stream) as reader:
            await ready()
            stopped_at = anyio.current_time()
            if how == "stop":
                await hub.stop(asked.scope, stream)
            elif how == "server stops":
                hub.stop_all()
            else:
                reader.close()
            await anyio.sleep(LEFT_WITHIN_S)
            assert hub.running == 0
    return stopped_at


@asynccontextmanager
async def _in_process(rooms: Rooms, question: str | None) -> AsyncIterator[None]:
    async with Local(rooms).stream(ITEMS[0], NURSE, question=question, deadline_s=PATIENT_S):
        yield


@pytest.mark.parametrize("question", [None, QUESTION], ids=["panel", "question"])
@pytest.mark.parametrize("how", ["stop", "server stops", "reader leaves", "block is left", "task is cancelled"])
@pytest.mark.parametrize("phase", PHASES)
def test_stop_reaches_the_model(phase: str, how: str, question: str | None) -> None:
    """Between the moment a reader stops and the moment the model was left lie at most 250 ms."""

    async def main() -> tuple[float, ScriptedModel]:
        says, wait_s = PHASES[phase]
        bell = Bell()
        model = ScriptedModel(says(bell))
        rooms = rooms_with(model, encoder=bell, first_words_within_s=PATIENT_S)

        async def ready() -> None:
            await (bell.asked.wait() if wait_s is None else anyio.sleep(wait_s))
            assert model.open_calls == 1

        if how in ("block is left", "task is cancelled"):
            async with anyio.create_task_group() as tasks, _in_process(rooms, question):
                await ready()
                stopped_at = anyio.current_time()
                if how == "task is cancelled":
                    tasks.cancel_scope.cancel()
        else:
            stopped_at = await _behind_hub(rooms, question, ready, how)
        return stopped_at, model

    stopped_at, model = run_virtual(main)
    (call,) = model.calls

    assert model.open_calls == 0
    assert call.ending in ("left", "cancelled")
    assert call.closed_at is not None
    assert 0 <= call.closed_at - stopped_at <= LEFT_WITHIN_S


def test_a_model_that_is_not_stopped_goes_on() -> None:
    """Control: without Stop the same model is still open after the same time."""
    model = ScriptedModel(talking)

    async def main() -> int:
        async with _in_process(rooms_with(model, first_words_within_s=PATIENT_S), None):
            await anyio.sleep(1.03 + LEFT_WITHIN_S)
            return model.open_calls

    assert run_virtual(main) == 1
