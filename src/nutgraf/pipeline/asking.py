"""Asking a configured model from a thread that waits, for whoever needs one whole answer and no stream."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as Late
from types import MappingProxyType

import anyio

from nutgraf.clock import loop_time
from nutgraf.errors import ModelError, ModelSilent
from nutgraf.model.catalogue import open_model
from nutgraf.model.gateway import Gateway
from nutgraf.settings import Settings
from nutgraf.types import Deadline, Prompt, Scope

#: Whose calls these are in the ledger: nobody's.
NOBODY = Scope(tenant="checks", member=None, purposes=frozenset(), consent_version=0, rights=frozenset())


class Models:
    """The models of the settings, each behind a gateway of its own, on one event loop in a thread."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] = MappingProxyType({})) -> None:
        self._settings, self._environ = settings, environ
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(self, name: str, within_s: float) -> Callable[[Prompt], str]:
        """What asks the model of this name, for at most so many seconds. Raises InputError for an unknown name."""
        model = open_model(name, self._settings, self._environ)
        gateway = Gateway.single(model) if model is not None else None

        def ask(prompt: Prompt) -> str:
            if gateway is None:
                raise ModelError("no model is configured")
            doing = asyncio.run_coroutine_threadsafe(_whole(gateway, prompt, within_s), self._running())
            try:
                return doing.result(within_s)
            except Late as exc:
                doing.cancel()
                raise ModelSilent(f"model {name}: not done in {within_s:g} s") from exc

        return ask

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop, in a thread that ends with the process."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="nutgraf-asking", daemon=True).start()
            return self._loop


async def _whole(gateway: Gateway, prompt: Prompt, within_s: float) -> str:
    limit = Deadline(loop_time() + within_s)
    said = ""
    with anyio.fail_after(within_s):
        async with gateway.session(NOBODY, "check", limit).stream(prompt, limit) as pieces:
            async for piece in pieces:
                said += piece
    return said
