"""A small reader of ZIP archives that trusts nothing an archive says about itself."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nutgraf.errors import InputError
from nutgraf.ingest.guard import inflate, too_large
from nutgraf.ingest.limits import Limits

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _UTF8 = 0x1, 0x800
_STORED, _DEFLATED = 0, 8
_COMMENT_AT_MOST = 65_535


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    flags: int
    method: int
    crc: int
    packed_bytes: int
    offset: int


def read_zip(data: bytes, *, wanted: Callable[[str], bool], name: str, limits: Limits) -> dict[str, bytes]:
    """The unpacked files whose path in the archive is `wanted`, by path; nothing is written anywhere.

    Raises TooLarge when there are too many files or the wanted ones unpack to more than is read,
    InputError when the archive is broken, encrypted, or names a file outside itself.
    """
    found: dict[str, bytes] = {}
    left = limits.archive_inflates_to_at_most_bytes
    for entry in list(_entries(data, name, limits)):
        path = entry.name.replace("\\", "/")
        if path.startswith("/") or ":" in path[:2] or ".." in path.split("/"):
            raise InputError(f"{name}: the archive names a file outside itself ({path[:60]!r}); make it anew")
        if not wanted(path):
            continue
        if path in found:
            raise InputError(f"{name}: the archive holds {path[:60]!r} twice; make it anew")
        found[path] = _unpacked(data, entry, f"{name}: {path[:60]}", left)
        left -= len(found[path])
    return found


def _entries(data: bytes, name: str, limits: Limits) -> Iterator[_Entry]:
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _END.size - _COMMENT_AT_MOST))
    if at < 0 or at + _END.size > len(data):
        raise InputError(f"{name}: the ZIP archive is cut short; save or download it again")
    _, _, _, _, count, size, start, _ = _END.unpack_from(data, at)
    if count > limits.archive_at_most_files:
        raise too_large(name, f"the archive has {count:,} files or more", f"{limits.archive_at_most_files:,} files")
    if start + size > at:
        raise InputError(f"{name}: the list of files in the ZIP archive is broken; save or download it again")
    place, seen = start, 0
    while place + _ENTRY.size <= start + size:
        _, _, _, flags, method, _, _, crc, packed, _, n, x, c, _, _, _, offset = _entry_at(data, place, name)
        seen += 1
        if seen > limits.archive_at_most_files:
            raise too_large(name, "the archive has too many files", f"{limits.archive_at_most_files:,} files")
        raw = data[place + _ENTRY.size : place + _ENTRY.size + n]
        yield _Entry(raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace"), flags, method, crc, packed, offset)
        place += _ENTRY.size + n + x + c


def _entry_at(data: bytes, place: int, name: str) -> tuple[int, ...]:
    found = _ENTRY.unpack_from(data, place)
    if found[0] != b"PK\x01\x02":
        raise InputError(f"{name}: the list of files in the ZIP archive is broken; save or download it again")
    return found


def _unpacked(data: bytes, entry: _Entry, name: str, at_most_bytes: int) -> bytes:
    if entry.flags & _ENCRYPTED:
        raise InputError(f"{name}: is encrypted; unpack it and give the folder")
    if entry.method not in (_STORED, _DEFLATED):
        raise InputError(f"{name}: is packed in a way that is not read; pack it again as an ordinary ZIP")
    if entry.offset + _LOCAL.size > len(data) or data[entry.offset : entry.offset + 4] != b"PK\x03\x04":
        raise InputError(f"{name}: is not where the archive says; save or download it again")
    *_, n, x = _LOCAL.unpack_from(data, entry.offset)
    start = entry.offset + _LOCAL.size + n + x
    packed = data[start : start + entry.packed_bytes]
    if len(packed) < entry.packed_bytes:
        raise InputError(f"{name}: is cut short; save or download the archive again")
    if entry.method == _DEFLATED:
        content = inflate(packed, at_most_bytes=at_most_bytes, name=name)
    elif len(packed) > at_most_bytes:
        raise too_large(name, "unpacks to more than we accept", f"{at_most_bytes:,} unpacked bytes")
    else:
        content = packed
    if zlib.crc32(content) != entry.crc:
        raise InputError(f"{name}: its checksum is wrong; save or download the archive again")
    return content
