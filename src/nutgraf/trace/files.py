"""Traces as files: one line of JSON an answer, one file a day, only ever added to. They belong to their members."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from nutgraf.conversation import Remembered
from nutgraf.errors import NotAllowed, NotFound, StoreError
from nutgraf.trace.lines import from_bytes, line
from nutgraf.trace.mentions import mentions, remembers
from nutgraf.trace.record import Recording
from nutgraf.types import Scope

FOLDER = "traces"
READ_ANY = "members:read-any"
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.jsonl")


class TraceFiles:
    """The traces in `folder`. Files are readable by their owner alone; several processes may write to them.

    Without `texts`, what people wrote is replaced by short hashes.
    """

    def __init__(self, folder: Path, *, texts: bool = True) -> None:
        self._folder, self._texts = folder, texts

    def write(self, recording: Recording) -> None:
        """Add one trace. Raises StoreError when the folder cannot be written to."""
        day = (recording.at or datetime.now(UTC).isoformat())[:10]
        data = line(recording, texts=self._texts) + b"\n"
        with self._alone():
            self._append(self._folder / f"{day}.jsonl", data)

    def find(self, scope: Scope, stream: str) -> dict[str, Any]:
        """The trace of one answer; NotFound when there is none, or the scope may not see it."""
        start = b'{"stream":' + orjson.dumps(stream) + b","
        for file in reversed(self._files()):
            for row in _rows(file):
                if row.startswith(start) and (trace := from_bytes(row)) and _visible(scope, trace):
                    return trace
        raise NotFound(f"no trace of an answer {stream!r}; `nutgraf trace list` gives those that there are")

    def newest(self, scope: Scope, limit: int = 20) -> list[dict[str, Any]]:
        """The newest traces that the scope may see, newest first."""
        found: list[dict[str, Any]] = []
        for file in reversed(self._files()):
            for row in reversed(list(_rows(file))):
                if len(found) >= limit:
                    return found
                if (trace := from_bytes(row)) and _visible(scope, trace):
                    found.append(trace)
        return found

    def erase_member(self, scope: Scope) -> int:
        """Take every trace of the scope's member out of the files, bytes included; how many they were.

        Raises NotAllowed for a scope without a member.
        """
        return self._erase(scope, lambda trace: True)

    def forget_facts(self, scope: Scope, facts: Sequence[Remembered], *, all_remembered: bool = False) -> int:
        """Take the traces of the scope's member that mention a fact out of the files, bytes included; how many.

        `all_remembered` takes those with whatever was remembered. Raises NotAllowed for a scope without a member.
        """
        return self._erase(scope, lambda trace: mentions(trace, facts) or (all_remembered and remembers(trace)))

    def _erase(self, scope: Scope, gone: Callable[[dict[str, Any]], bool]) -> int:
        """Take out the member's traces that are `gone`, and lines of which nobody can tell whose they were."""
        if scope.member is None:
            raise NotAllowed("a scope without a member has nothing to erase")

        def theirs(row: bytes) -> bool:
            trace = from_bytes(row)
            return trace is None or ((trace["tenant"], trace["member"]) == (scope.tenant, scope.member) and gone(trace))

        if not self._files():
            return 0
        with self._alone():
            return sum(_without(file, theirs) for file in self._files())

    def forget_before(self, day: date) -> int:
        """Delete the files of days before `day`; how many they were."""
        if not self._files():
            return 0
        with self._alone():
            old = [file for file in self._files() if date.fromisoformat(file.stem) < day]
            for file in old:
                _blank(file)
                file.unlink()
            return len(old)

    def forget(self, days: int) -> int:
        """Delete the files that are more than `days` days old; how many they were."""
        return self.forget_before(datetime.now(UTC).date() - timedelta(days=days))

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(file for file in self._folder.iterdir() if _NAME.fullmatch(file.name))

    def _append(self, file: Path, data: bytes) -> None:
        try:
            handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":  # a crash cut the last line off
                    data = b"\n" + data
                while data:
                    data = data[os.write(handle, data) :]
            finally:
                os.close(handle)
        except OSError as exc:
            raise StoreError(f"the trace {file} cannot be written ({exc.strerror})") from exc

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers, of this process or another, out of the folder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise StoreError(f"the folder {self._folder} cannot be used for traces ({exc.strerror})") from exc
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _rows(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as lines:
            yield from lines
    except FileNotFoundError:
        return


def _visible(scope: Scope, trace: dict[str, Any]) -> bool:
    return trace["tenant"] == scope.tenant and (trace["member"] == scope.member or READ_ANY in scope.rights)


def _without(file: Path, gone: Callable[[bytes], bool]) -> int:
    """Write a file anew without some of its lines, and blank the old one; how many lines went."""
    rows = list(_rows(file))
    kept = [row for row in rows if not gone(row)]
    if len(kept) == len(rows):
        return 0
    fresh = file.with_suffix(".new")
    with fresh.open("wb") as out:
        fresh.chmod(0o600)
        out.writelines(kept)
        out.flush()
        os.fsync(out.fileno())
    old = file.with_suffix(".old")
    file.rename(old)
    fresh.rename(file)
    _blank(old)
    old.unlink()
    return len(rows) - len(kept)


def _blank(file: Path) -> None:
    """Write zeros over a file, so that its words do not stay on the disk."""
    with file.open("r+b") as out:
        left = file.stat().st_size
        while left > 0:
            left -= out.write(b"\0" * min(left, 1 << 16))
        out.flush()
        os.fsync(out.fileno())
