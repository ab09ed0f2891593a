"""Bounded reading: files, compressed data, character encodings, and XML without entities."""

from __future__ import annotations

import os
import re
import stat
import zlib
from pathlib import Path

from nutgraf.errors import InputError, NotFound, TooLarge

PIECE_BYTES = 65_536

#: Encodings a document may declare, by the names used for them, and the codec each is read with.
_CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-16": "utf-16", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
    "shift_jis": "cp932", "shift-jis": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp",
    "euc-kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
    "koi8-r": "koi8_r", "koi8-u": "koi8_u", "macintosh": "mac_roman",
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"windows-{n}": f"cp{n}" for n in (874, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
}  # fmt: skip
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)|<meta[^>]{0,500}?charset\s*=\s*["']?\s*([\w.:-]+)""",
    re.IGNORECASE,
)
_PROLOG = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)


def read_file(path: Path, *, at_most_bytes: int, name: str | None = None) -> bytes:
    """The bytes of an ordinary file; devices, pipes and folders are refused, and nothing is waited for.

    Raises NotFound when there is no such file, TooLarge above `at_most_bytes`, InputError otherwise.
    """
    name = name or str(path)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError as exc:
        raise NotFound(f"{name}: there is no such file") from exc
    except (OSError, ValueError) as exc:
        raise InputError(f"{name}: cannot be opened ({getattr(exc, 'strerror', None) or exc})") from exc
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{name}: is a folder; give a file, or keep all of it with `nutgraf ingest`")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name}: is not an ordinary file; give a file with a document in it")
        if status.st_size > at_most_bytes:
            raise too_large(name, f"the file has {status.st_size:,} bytes", f"{at_most_bytes:,} bytes")
        pieces, left = [], at_most_bytes + 1
        while left > 0 and (piece := os.read(handle, min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
    except OSError as exc:
        raise InputError(f"{name}: cannot be read ({exc.strerror}); check the disk and the rights") from exc
    finally:
        os.close(handle)
    if left <= 0:
        raise too_large(name, "the file grew while it was read", f"{at_most_bytes:,} bytes")
    return b"".join(pieces)


def too_large(name: str, what: str, limit: str) -> TooLarge:
    """The error for passing a limit: which document, what of it, and the limit with its unit."""
    return TooLarge(f"{name}: {what}; at most {limit} are read, so split it or take a part of it")


def inflate(packed: bytes, *, at_most_bytes: int, name: str, wbits: int = -zlib.MAX_WBITS) -> bytes:
    """Unpack a deflate stream under our own cap; what an archive declares about its size plays no part.

    `wbits` as in zlib. Raises TooLarge above the cap, InputError for a broken or unfinished stream.
    """
    engine, out = zlib.decompressobj(wbits), bytearray()
    try:
        for at in range(0, len(packed), PIECE_BYTES):
            rest = packed[at : at + PIECE_BYTES]
            while rest and not engine.eof:
                out += engine.decompress(rest, PIECE_BYTES)
                rest = engine.unconsumed_tail
                if len(out) > at_most_bytes:
                    raise too_large(name, "unpacks to more than we accept", f"{at_most_bytes:,} unpacked bytes")
            if engine.eof:
                break
        while not engine.eof and (more := engine.decompress(b"", PIECE_BYTES)):
            out += more
            if len(out) > at_most_bytes:
                raise too_large(name, "unpacks to more than we accept", f"{at_most_bytes:,} unpacked bytes")
    except zlib.error as exc:
        raise InputError(f"{name}: its compressed data is broken; save or download it again") from exc
    if not engine.eof:
        raise InputError(f"{name}: its compressed data stops in the middle; save or download it again")
    return bytes(out)


def decode(data: bytes, name: str, *, declared: str | None = None, markup: bool = False) -> str:
    """The characters of a document, without byte order mark; NUL characters are refused.

    UTF-8 and UTF-16 with a byte order mark are recognised, a `declared` encoding is obeyed, and with
    `markup` the declaration inside HTML or XML is looked for. Everything else must be UTF-8.
    """
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise InputError(f"{name}: is encoded as UTF-32; save it as UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        data, codec = data[3:], "utf-8"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    else:
        codec = _codec(data, name, declared, markup)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as exc:
        said = "says that it is" if codec != "utf-8" else "is read as"
        raise InputError(f"{name}: {said} {codec.upper()}, but byte {exc.start:,} is not; save it as UTF-8") from exc
    if "\0" in text:
        raise InputError(f"{name}: has NUL characters, so it is not text; save it as UTF-8 text")
    return text


def _codec(data: bytes, name: str, declared: str | None, markup: bool) -> str:
    if declared is None and markup and (found := _DECLARED.search(data[:2_048])):
        declared = (found[1] or found[2]).decode("ascii")
    if declared is None:
        return "utf-8"
    codec = _CODECS.get(declared.strip().lower())
    if codec is None:
        raise InputError(f"{name}: declares the encoding {declared[:40]!r}, which is not read; save it as UTF-8")
    # A declaration that could be read byte by byte cannot itself stand in UTF-16.
    return "utf-8" if codec == "utf-16" else codec


def whole_lines(text: str) -> str:
    """The text with every line ending as one LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def refuse_entities(xml: str, name: str) -> None:
    """Raise InputError when an XML document has a DOCTYPE or declares entities before its root element."""
    prolog = _PROLOG.match(xml)
    if prolog and xml.startswith("<!", prolog.end()):
        raise InputError(f"{name}: XML with a DOCTYPE or entities is not read; remove the declaration")


def check_text(text: str, name: str, field: str = "text") -> None:
    """Raise InputError when text cannot be stored as UTF-8 (half a surrogate pair) or has a NUL character."""
    if "\0" in text:
        raise InputError(f"{name}: {field} has NUL characters; remove them")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise InputError(f"{name}: {field} has half a character at position {exc.start:,}; remove it") from exc
