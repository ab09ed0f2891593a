"""The real server of the sample network on a loopback port, and the browser of the page tests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.seams import ItemStore
from nutgraf.serve import sample
from nutgraf.serve.backend import open_backend
from nutgraf.serve.server import Server, address, listen
from nutgraf.serve.site import Site
from nutgraf.settings import Settings
from nutgraf.testing import Piece, ScriptedModel
from nutgraf.types import Prompt
from nutgraf.vocabulary.match import load
from tests.web.conftest import chromium, page

__all__ = ["chromium", "page"]

STARTED_WITHIN_S, STOPPED_WITHIN_S = 30.0, 15.0


@dataclass
class Real:
    """The server as a test sees it. While `holds` is set the model falls silent after its first words."""

    base_url: str = ""
    holds: threading.Event = field(default_factory=threading.Event)
    model: ScriptedModel = field(init=False)

    def __post_init__(self) -> None:
        """The model says the first piece of its evidence, word by word."""
        self.model = ScriptedModel(self._says)

    def _says(self, prompt: Prompt) -> Iterable[Piece]:
        line = next(line for line in prompt.messages[-1].content.split("\n") if line.startswith("[1] "))
        for word in f"{line[4:]} [1]".split(" "):
            yield 0.005
            yield f"{word} "
            if self.holds.is_set():
                yield 3600.0
        yield "\n"

    def rooms(self, settings: Settings, items: ItemStore | None) -> Rooms:
        """Rooms with this model."""
        return Rooms(settings=settings, encoder=HashEncoder(), vocabulary=load(), model=self.model, items=items)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """The server with the sample network in it, until the end of the tests."""
    real, folder = Real(), tmp_path_factory.mktemp("network")
    settings = Settings(
        data_dir=folder, model="scripted", deadline_s=60.0, first_words_within_s=50.0, writing="one-by-one"
    )
    with open_backend(settings, folder, real.rooms) as backend, listen("127.0.0.1", 0) as listener:
        sample.load(backend.store, folder)
        sample.prepare_sample(backend, folder)
        ready = threading.Event()
        server = Server(Site(backend=backend), ready.set)
        thread = threading.Thread(target=server.run, args=([listener],), name="server")
        thread.start()
        assert ready.wait(STARTED_WITHIN_S)
        real.base_url = address(listener).rstrip("/")
        yield real
        server.should_exit = True
        thread.join(STOPPED_WITHIN_S)
        assert not thread.is_alive()


@pytest.fixture
def base_url(real: Real) -> Iterator[str]:
    """Where the pages are, in place of the canned server."""
    yield real.base_url
    real.holds.clear()
