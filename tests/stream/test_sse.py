"""What travels is what was said, whatever characters are in it and wherever it is cut."""

import codecs
from itertools import pairwise

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.events import Stage
from nutgraf.stream.log import Entry, StreamLog, epoch_of, to_bytes
from nutgraf.stream.sse import COMMENT, encode, frame, is_foreign, number_after, reset
from tests.stream.said import NASTY, story

texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text()), min_size=1, max_size=4)


class Parser:
    """A reader of event streams that follows the standard, a character at a time."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line, self._after_cr = "", False
        self._data: list[str] = []
        self._kind = self.last_id = ""
        self.frames: list[tuple[str, str, str]] = []

    def feed(self, data: bytes) -> None:
        """Take bytes as they come."""
        for char in self._decoder.decode(data):
            if char == "\n" and self._after_cr:
                self._after_cr = False
                continue
            self._after_cr = char == "\r"
            if char in "\r\n":
                self._take(self._line)
                self._line = ""
            else:
                self._line += char

    def _take(self, line: str) -> None:
        if not line:
            if self._data:
                self.frames.append((self.last_id, self._kind, "\n".join(self._data)))
            self._data, self._kind = [], ""
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._kind = value
        elif name == "id":
            self.last_id = value


def entries_of(said: list[str]) -> list[Entry]:
    """The log of a stream that says these texts."""
    log = StreamLog()
    return [log.append(event) for event in story(*said)]


@settings(max_examples=200, deadline=None)
@given(said=texts, data=st.data())
def test_any_cut_gives_the_same_events(said: list[str], data: st.DataObject) -> None:
    """Split anywhere, also inside a character, the reader gets every event, byte for byte."""
    entries = entries_of(said)
    wire = COMMENT.join(encode("s1", entry) for entry in entries)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    parser = Parser()
    for start, end in pairwise([0, *cuts, len(wire)]):
        parser.feed(wire[start:end])

    assert [(kind, text.encode()) for _, kind, text in parser.frames] == [(e.kind, e.data) for e in entries]


@settings(max_examples=300, deadline=None)
@given(said=texts, data=st.data())
def test_any_resume_is_exact(said: list[str], data: st.DataObject) -> None:
    """Cut at any byte, any number of times, and resumed by the last id: the same bytes, no gap, no repeat."""
    entries = entries_of(said)
    got: list[tuple[str, str, str]] = []
    last_id: str | None = None
    while not got or got[-1][1] != "closed":
        after = number_after("s1", last_id)
        wire = b"".join(encode("s1", entry) for entry in entries[after:])
        parser = Parser()
        parser.feed(
            wire[: data.draw(st.integers(0, len(wire)))] if len(got) < 40 and data.draw(st.booleans()) else wire
        )
        got += parser.frames
        last_id = got[-1][0] if got else None

    assert [text.encode() for *_, text in got] == [entry.data for entry in entries]


def test_a_naive_reader_of_lines_survives() -> None:
    """No character inside an event makes Python's own notion of a line, which is wider than the standard's."""
    wire = b"".join(encode("s1", entry) for entry in entries_of(NASTY)).decode()

    assert wire.splitlines() == wire.split("\n")[:-1]


def test_a_frame_may_have_lines() -> None:
    """Data with line ends of all kinds becomes one data line each."""
    assert frame("e.1", "note", b"a\r\nb\rc\nd") == b"id: e.1\nevent: note\ndata: a\ndata: b\ndata: c\ndata: d\n\n"


@pytest.mark.parametrize(
    ("given_id", "number"),
    [
        (f"{epoch_of('s1')}.7", 7), (f" {epoch_of('s1')}.7 ", 7), (f"{epoch_of('s2')}.7", 0), (None, 0), ("", 0),
        ("7", 0),
        (f"{epoch_of('s1')}.-7", 0), (f"{epoch_of('s1')}.٣", 0), (f"{epoch_of('s1')}." + "9" * 5000, 0), ("\x00", 0),
    ],
)  # fmt: skip
def test_a_last_id_says_where_to_go_on(given_id: str | None, number: int) -> None:
    """An id of this stream is a place in it; anything else means the beginning."""
    assert number_after("s1", given_id) == number


@pytest.mark.parametrize(
    ("given_id", "foreign"),
    [(None, False), ("", False), (f"{epoch_of('s1')}.7", False), (f"{epoch_of('s2')}.7", True), ("7", True)],
)
def test_an_id_of_no_use_is_told(given_id: str | None, foreign: bool) -> None:
    """Whoever comes with the id of another stream is told to forget what it has, in a frame without an id."""
    assert is_foreign("s1", given_id) is foreign
    parser = Parser()
    parser.feed(reset("s1"))
    assert [(kind, orjson.loads(data)) for _, kind, data in parser.frames] == [
        ("reset", {"kind": "reset", "epoch": epoch_of("s1")})
    ]
    assert not parser.frames[0][0]


def test_the_json_is_one_line() -> None:
    """Line breaks inside an event are escapes."""
    data = to_bytes(Stage(name="a\nb\r\u2028", took_ms=1.0))

    assert data.splitlines() == [data]
    assert orjson.loads(data)["name"] == "a\nb\r\u2028"
