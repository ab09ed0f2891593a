"""The head of a GGUF file: what it says, and that a broken one is an error of ours."""

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nutgraf.errors import InputError
from nutgraf.model.gguf import GgufHead, read_head


def text(value: str) -> bytes:
    """A string as it stands in the file."""
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def head(**changes: bytes) -> bytes:
    """The head of a small model."""
    fields = {
        "general.architecture": struct.pack("<I", 8) + text("llama"),
        "general.name": struct.pack("<I", 8) + text("Tiny"),
        "general.license": struct.pack("<I", 8) + text("apache-2.0"),
        "llama.context_length": struct.pack("<II", 4, 512),
        "tokenizer.ggml.tokens": struct.pack("<IIQ", 9, 8, 3) + text("<|end|>") + text("a") + text("\n"),
        "tokenizer.ggml.token_type": struct.pack("<IIQiii", 9, 5, 3, 3, 1, 3),
        **changes,
    }
    body = b"".join(text(name) + value for name, value in fields.items())
    return struct.pack("<IIQQ", 0x46554747, 3, 0, len(fields)) + body


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file of a test stands."""
    return tmp_path / "tiny.gguf"


def test_what_a_head_says(path: Path) -> None:
    """Name, licence, context and the texts that are commands."""
    path.write_bytes(head())

    assert read_head(path) == GgufHead("Tiny", "apache-2.0", 512, ("<|end|>",))


def test_a_cut_head_is_refused_at_every_byte(path: Path) -> None:
    """A file that ends too early is an InputError that names it."""
    whole = head()
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(InputError, match=r"tiny\.gguf"):
            read_head(path)


LIES = {
    "an unknown kind": struct.pack("<I", 99),
    "too many texts": struct.pack("<IIQ", 9, 8, 1 << 40),
    "an array of arrays": struct.pack("<IIQ", 9, 9, 1),
    "a text larger than the file": struct.pack("<IQ", 8, 1 << 60),
}


@pytest.mark.parametrize("value", LIES.values(), ids=LIES)
def test_sizes_that_cannot_be_are_refused(path: Path, value: bytes) -> None:
    """A size that lies costs no memory."""
    path.write_bytes(head(odd=value))

    with pytest.raises(InputError):
        read_head(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200), at=st.integers(0, 200))
def test_any_bytes_are_harmless(path: Path, raw: bytes, at: int) -> None:
    """Bytes written over a head are read or refused, never an error of another kind."""
    whole = head()
    path.write_bytes(whole[:at] + raw + whole[at + len(raw) :])
    with suppress(InputError):
        read_head(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The error names the path."""
    with pytest.raises(InputError, match=r"none\.gguf"):
        read_head(tmp_path / "none.gguf")
