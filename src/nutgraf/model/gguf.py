"""What the head of a GGUF file says about a model, without loading it."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nutgraf.errors import InputError

_MAGIC = 0x46554747
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_COMMAND_KINDS = (3, 4)  # control, user defined
_LENGTH = struct.Struct("<Q")
_ENTRIES_AT_MOST = 4096
_ELEMENTS_AT_MOST = 4_000_000


@dataclass(frozen=True, slots=True)
class GgufHead:
    """Name, licence and trained context of a model, and the texts its tokenizer takes as commands."""

    name: str
    licence: str
    context_tokens: int
    control_texts: tuple[str, ...]


def read_head(path: Path) -> GgufHead:
    """Read the head of a file; InputError names what is wrong with it. Takes about 0.1 s: use a worker thread."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            fields = _Cursor(raw).fields()
    except OSError as exc:
        raise InputError(f"model file {path}: cannot be read ({exc.strerror})") from exc
    except (struct.error, KeyError, ValueError) as exc:
        raise InputError(f"model file {path}: not a GGUF file of version 2 or 3 ({exc})") from exc
    architecture = str(fields.get("general.architecture", ""))
    tokens, kinds = fields.get("tokenizer.ggml.tokens") or [], fields.get("tokenizer.ggml.token_type") or []
    commands = [text for text, kind in zip(tokens, kinds, strict=False) if kind in _COMMAND_KINDS]
    return GgufHead(
        name=str(fields.get("general.name", path.stem)),
        licence=str(fields.get("general.license", "unknown")),
        context_tokens=int(fields.get(f"{architecture}.context_length", 0)),
        control_texts=tuple(text for text in commands if len(text) > 1 and not text.isspace()),
    )


class _Cursor:
    """Reads one value after the other; a file that is cut raises struct.error or ValueError."""

    def __init__(self, raw: mmap.mmap) -> None:
        self._raw, self._at, self._size = raw, 0, len(raw)

    def fields(self) -> dict[str, Any]:
        """The key-value part of the head."""
        magic, version, _tensors, count = self._take("<IIQQ")
        if magic != _MAGIC or version not in (2, 3) or count > _ENTRIES_AT_MOST:
            raise ValueError("unknown beginning")
        return {self._text(): self._value(self._take("<I")[0]) for _ in range(count)}

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            return self._take(f"<{_SCALARS[kind]}")[0]
        element, count = self._take("<IQ")
        if count > _ELEMENTS_AT_MOST or element == _ARRAY:
            raise ValueError("an array that is too large")
        if element == _STRING:
            return [self._text() for _ in range(count)]
        return self._take(f"<{count}{_SCALARS[element]}")

    def _text(self) -> str:
        (size,) = _LENGTH.unpack_from(self._raw, self._at)
        start = self._at + 8
        self._at = start + size
        if self._at > self._size:
            raise ValueError("the file is cut")
        return self._raw[start : self._at].decode("utf-8", "replace")

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self._raw, self._at)
        self._at += struct.calcsize(form)
        return values
