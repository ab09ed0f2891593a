"""Ctrl-C while the command line is still loading."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Runs `nutgraf agents`, with an interrupt when a module is about to be imported.
CODE = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
sys.argv = ["nutgraf", "agents"]
from nutgraf_start import main
main()
"""


@pytest.mark.parametrize("module", ["nutgraf", "anyio", "typer", "nutgraf.serve.cli_trace", "nutgraf.serve.catalogue"])
def test_an_interrupt_while_loading_is_one_line(tmp_path: Path, module: str) -> None:
    """Ctrl-C at the first import, in the middle and within the command: one line, status 130, no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)], capture_output=True, text=True, check=False,
        env={"NUTGRAF_DATA_DIR": str(tmp_path)},
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")


def test_without_an_interrupt_the_command_runs(tmp_path: Path) -> None:
    """Control: the same start, with nobody who interrupts it."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module="none")], capture_output=True, text=True, check=False,
        env={"NUTGRAF_DATA_DIR": str(tmp_path)},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert "general  (version" in done.stdout
