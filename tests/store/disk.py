"""A disk that can lose power or fail: an apsw VFS in memory that knows which writes were synced.

A power cut keeps what was synced and, of the rest, any subset: each write whole, torn at 512-byte
sectors, or gone. SQLite must be opened in exclusive locking mode on it, as it has no shared memory.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import apsw

SECTOR = 512
Image = dict[str, bytes]


@dataclass
class _File:
    now: bytearray = field(default_factory=bytearray)
    synced: bytearray | None = None
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, data) or (size, None)
    user: object = None

    def apply(self, target: bytearray, offset: int, data: bytes | None) -> None:
        if data is None:
            del target[offset:]
            return
        if len(target) < offset:
            target.extend(bytes(offset - len(target)))
        target[offset : offset + len(data)] = data

    def after_cut(self, rng: random.Random) -> bytes | None:
        """What the file holds after a cut; None when it was never synced and is gone."""
        if self.synced is None and rng.random() < 0.3:
            return None
        left = bytearray(self.synced or b"")
        for offset, data in self.pending:
            fate = rng.choice(("whole", "torn", "gone"))
            if fate == "whole":
                self.apply(left, offset, data)
            elif fate == "torn" and data is not None:
                for at in range(0, len(data), SECTOR):
                    if rng.random() < 0.5:
                        self.apply(left, offset + at, data[at : at + SECTOR])
        return bytes(left)


class SimulatedDisk(apsw.VFS):
    """Register with a name, open stores on it with that `vfs`, and cut or fail it.

    `on_operation` is called with the number of each write, truncation and sync before it happens; what it
    raises (apsw.FullError, apsw.IOError) is what the operation raises.
    """

    def __init__(self, name: str) -> None:
        self.files: dict[str, _File] = {}
        self.operations = 0
        self.on_operation: Callable[[int], None] = lambda number: None
        super().__init__(name, base="")

    def cut(self, rng: random.Random) -> Image:
        """One way the files could look if power failed now, by file name."""
        left = {Path(path).name: file.after_cut(rng) for path, file in self.files.items()}
        return {name: data for name, data in left.items() if data is not None}

    def now(self) -> Image:
        """The files as they are, as after an orderly stop."""
        return {Path(path).name: bytes(file.now) for path, file in self.files.items()}

    def tick(self) -> None:
        """Count an operation and let `on_operation` have its say."""
        self.operations += 1
        self.on_operation(self.operations)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _Handle:  # type: ignore[override]  # noqa: N802
        """Open or make a file."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or f"temporary-{self.operations}"
        if path not in self.files and not flags[0] & apsw.SQLITE_OPEN_CREATE:
            raise apsw.CantOpenError(path)
        flags[1] = flags[0]
        return _Handle(self, self.files.setdefault(path, _File()))

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Delete at once and for good."""
        if self.files.pop(filename, None) is None:
            missing = apsw.IOError(filename)
            setattr(missing, "extendedresult", apsw.SQLITE_IOERR_DELETE_NOENT)  # noqa: B010
            raise missing

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        """Whether the file is there."""
        return pathname in self.files


class _Handle:
    """An open file."""

    def __init__(self, disk: SimulatedDisk, file: _File) -> None:
        self.disk, self.file = disk, file

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Up to `amount` bytes."""
        return bytes(self.file.now[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Write without promise."""
        self.disk.tick()
        self.file.apply(self.file.now, offset, bytes(data))
        self.file.pending.append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Shorten without promise."""
        self.disk.tick()
        self.file.apply(self.file.now, newsize, None)
        self.file.pending.append((newsize, None))

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Promise everything so far."""
        self.disk.tick()
        self.file.synced = bytearray(self.file.now)
        self.file.pending = []

    def xFileSize(self) -> int:  # noqa: N802
        """Bytes."""
        return len(self.file.now)

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        """Nothing special is understood."""
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        """Bytes that are written together."""
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """What SQLite assumes of every disk: a torn write leaves its neighbours alone."""
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xLock(self, level: int) -> None:  # noqa: N802
        """One user at a time, whatever the level."""
        if self.file.user not in (None, self):
            raise apsw.BusyError("the simulated disk has one user")
        self.file.user = self

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """Let go when nothing is locked any more."""
        if level == apsw.SQLITE_LOCK_NONE and self.file.user is self:
            self.file.user = None

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        """Whether somebody else is there."""
        return self.file.user not in (None, self)

    def xClose(self) -> None:  # noqa: N802
        """Let go."""
        self.xUnlock(apsw.SQLITE_LOCK_NONE)
