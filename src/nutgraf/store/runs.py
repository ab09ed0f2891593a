"""Which processes are alive: each holds a lock on a file of its own, which the system lets go when it ends."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Runs:
    """The name of this run (`own`), and whether other runs on the same folder go on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "runs"
        self._folder.mkdir(exist_ok=True)
        self.own, self._handle = self._begin()

    def alive(self, run: str | None) -> bool:
        """Whether the process of that run still holds its lock; None is a run that nobody wrote down."""
        if run is None or run == self.own:
            return run is not None
        handle, lives = self._try(self._file(run))
        if handle is not None:
            os.close(handle)
        return lives

    def forget_dead(self) -> None:
        """Remove the files of runs that have ended."""
        for file in self._folder.glob("*.lock"):
            handle, _ = self._try(file) if file.stem != self.own else (None, True)
            if handle is not None:
                with suppress(OSError):  # Windows keeps a file that is open; the next start removes it
                    file.unlink()
                os.close(handle)

    def close(self) -> None:
        """Let the lock go."""
        with suppress(OSError):
            self._file(self.own).unlink()
        os.close(self._handle)

    def _begin(self) -> tuple[str, int]:
        """A new name and its locked file; again if another process tidied it away before it was locked."""
        while True:
            own = secrets.token_hex(8)
            file = self._file(own)
            handle = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
            with suppress(OSError):
                _lock(handle)
                if file.exists():
                    return own, handle
            os.close(handle)

    def _try(self, file: Path) -> tuple[int | None, bool]:
        """(the locked handle, False) of a run that has ended, (None, True) of one that lives, (None, False) of none."""
        try:
            handle = os.open(file, os.O_RDWR)
        except FileNotFoundError:
            return None, False
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            return None, True
        return handle, False

    def _file(self, run: str) -> Path:
        return self._folder / f"{Path(run).name}.lock"
