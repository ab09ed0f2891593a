"""What every model must do, whatever is behind it. A subclass says how to get one that speaks and one that goes on."""

import anyio
import pytest

from nutgraf.errors import ModelCut, ModelError, ModelSilent
from nutgraf.seams import Model
from nutgraf.types import Deadline, Message, Prompt


def prompt(text: str = "Say hello.", opening: str = "", max_tokens: int = 24) -> Prompt:
    """A small prompt."""
    messages = (Message("system", "You are brief."), Message("user", text))
    return Prompt(name="test", version="1", messages=messages, opening=opening, max_tokens=max_tokens)


def within(seconds: float = 60.0) -> Deadline:
    """A moment from now."""
    return Deadline(anyio.current_time() + seconds)


async def answer(model: Model, asked: Prompt | None = None, deadline: Deadline | None = None) -> list[str]:
    """All pieces of an answer."""
    async with model.stream(asked or prompt(), deadline or within()) as pieces:
        return [piece async for piece in pieces]


class Trouble(Exception):
    """Something that goes wrong in the reader of a stream."""


class ModelContract:
    """The fixtures `speaker` and `talker` are a model that ends, and one that goes on for long."""

    #: A prompt that keeps the talker busy.
    long_prompt = prompt(
        "Tell a long story about a town, its river, its bridge and everyone who lived there.", max_tokens=600
    )

    async def test_it_speaks_and_ends(self, speaker: Model) -> None:
        """An answer is a few pieces of text and an end, and the end lasts."""
        async with speaker.stream(prompt(), within()) as pieces:
            said = [piece async for piece in pieces]
            more = [piece async for piece in pieces]

        assert "".join(said).strip()
        assert all(isinstance(piece, str) for piece in said)
        assert more == []
        assert speaker.name

    async def test_the_opening_is_not_repeated(self, speaker: Model) -> None:
        """The stream yields only what follows the opening."""
        said = "".join(await answer(speaker, prompt("Name the town.", opening="The town is called Elm")))

        assert not said.lstrip().startswith("The town is called")

    async def test_leaving_early_leaves_the_model_usable(self, talker: Model) -> None:
        """A reader may go after the first piece, and the next request is answered as ever."""
        for _ in range(3):
            async with talker.stream(self.long_prompt, within()) as pieces:
                first = await anext(aiter(pieces))
                assert isinstance(first, str)

    async def test_leaving_before_the_first_piece(self, talker: Model) -> None:
        """A reader may go before anything was said."""
        async with talker.stream(self.long_prompt, within()):
            pass

        async with talker.stream(self.long_prompt, within()) as pieces:
            assert await anext(aiter(pieces))

    async def test_a_cancelled_reader_leaves_the_model_usable(self, talker: Model) -> None:
        """Cancelling the task of a reader ends its request; the next one is served."""
        heard = anyio.Event()

        async def read() -> None:
            async with talker.stream(self.long_prompt, within()) as pieces:
                async for _ in pieces:
                    heard.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await heard.wait()
            tasks.cancel_scope.cancel()

        async with talker.stream(self.long_prompt, within()) as pieces:
            assert await anext(aiter(pieces))

    async def test_the_deadline_ends_a_long_answer(self, talker: Model) -> None:
        """An answer that is not done at the deadline is an error, whether it had begun or not."""
        with pytest.raises((ModelCut, ModelSilent)):
            await answer(talker, self.long_prompt, within(0.2))

    async def test_a_deadline_in_the_past_says_nothing(self, talker: Model) -> None:
        """A request that comes too late gets an error and not a word."""
        said: list[str] = []
        with pytest.raises(ModelSilent):
            said += await answer(talker, self.long_prompt, within(-1.0))

        assert said == []

    async def test_an_error_of_the_reader_passes_through(self, talker: Model) -> None:
        """What goes wrong in the block is not wrapped, hidden or blamed on the model."""

        async def read() -> None:
            async with talker.stream(self.long_prompt, within()) as pieces:
                await anext(aiter(pieces))
                raise Trouble

        with pytest.raises(Trouble):
            await read()

        async with talker.stream(self.long_prompt, within()) as pieces:
            assert await anext(aiter(pieces))

    async def test_requests_side_by_side(self, speaker: Model) -> None:
        """Several requests at a time are all answered, each with its own text."""
        said: dict[int, str] = {}

        async def ask(number: int) -> None:
            said[number] = "".join(await answer(speaker))

        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(ask, number)

        assert len(said) == 3
        assert all(said.values())

    async def test_only_our_errors(self, talker: Model) -> None:
        """Whatever the deadline hits, the error is one of ours."""
        for seconds in (0.0, 0.01, 0.05, 0.1):
            with pytest.raises(ModelError):
                await answer(talker, self.long_prompt, within(seconds))
