"""The reader of event streams: any cut of the bytes gives the same events, and nothing grows without limit."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.errors import ModelCut
from nutgraf.model.sse_reader import ServerEvent, SseReader

CASES = {
    "one event": (b"data: a\n\n", [("message", "a")]),
    "no space after the colon": (b"data:a\n\n", [("message", "a")]),
    "only one space is taken off": (b"data:  a\n\n", [("message", " a")]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [("message", "a"), ("message", "b")]),
    "CR": (b"data: a\r\rdata: b\r\r", [("message", "a"), ("message", "b")]),
    "mixed line ends": (b"data: a\r\n\ndata: b\n\r", [("message", "a"), ("message", "b")]),
    "lines of data are joined": (b"data: a\ndata: b\ndata\n\n", [("message", "a\nb\n")]),
    "a type": (b"event: error\ndata: a\n\ndata: b\n\n", [("error", "a"), ("message", "b")]),
    "comments, ids and retries": (b": hi\nid: 7\nretry: 10\ndata: a\n\n", [("message", "a")]),
    "a type without data is no event": (b"event: ping\n\ndata: a\n\n", [("message", "a")]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [("message", "a")]),
    "other line separators do not end a line": (
        "data: a\u2028b\u0085c\x0bd\x0ce\n\n".encode(),
        [("message", "a\u2028b\u0085c\x0bd\x0ce")],
    ),
    "letters of several bytes": ("data: é漢🦊\n\n".encode(), [("message", "é漢🦊")]),
    "bytes that are not UTF-8": (b"data: a\xff\xfeb\n\n", [("message", "a\ufffd\ufffdb")]),
    "an event that is never closed": (b"data: a\n\ndata: b\n", [("message", "a")]),
}


def read(chunks: list[bytes]) -> list[ServerEvent]:
    """All events of a stream that arrives in these chunks."""
    reader = SseReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


@pytest.mark.parametrize(("raw", "expected"), CASES.values(), ids=CASES)
def test_events_however_they_are_cut(raw: bytes, expected: list[tuple[str, str]]) -> None:
    """Whole, byte by byte, and cut in two at every place: the events are those of the standard."""
    events = [ServerEvent(*pair) for pair in expected]

    assert read([raw]) == events
    assert read([raw[n : n + 1] for n in range(len(raw))]) == events
    assert all(read([raw[:n], b"", raw[n:]]) == events for n in range(len(raw) + 1))


PARTS = [b"data: ", b"data: a\n\n", b"event:", b"\n", b"\r", b"\r\n", b": x", "é🦊".encode(), b"\xf0\x9f", b"a"]


@given(raw=st.lists(st.sampled_from(PARTS)), cuts=st.lists(st.integers(0, 200)))
def test_any_chunking_gives_the_same_events(raw: list[bytes], cuts: list[int]) -> None:
    """Where the network cuts never changes what is read."""
    whole = b"".join(raw)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    chunks = [whole[a:b] for a, b in pairwise(places)]

    assert read(chunks) == read([whole])


@given(chunks=st.lists(st.binary(max_size=64)))
def test_any_bytes_are_harmless(chunks: list[bytes]) -> None:
    """Bytes of any kind give events of text, and never an exception of another kind."""
    assert all(isinstance(event.data, str) for event in read(chunks))


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("line", [b"data: " + b"x" * 2000, b"data: xxxx\n" * 200, b": hold the line\n" * 100])
def test_an_event_that_grows_for_ever_is_refused(line: bytes, size: int) -> None:
    """One line, many lines or many comments: the limit is met, however small the chunks are."""
    reader = SseReader(event_at_most_bytes=1000)
    chunks = (line[n : n + size] for n in range(0, len(line), size))

    with pytest.raises(ModelCut, match="1,000 bytes"):
        list(map(reader.feed, chunks))


def test_many_events_may_pass_the_limit_together() -> None:
    """The limit is for one event, not for the stream."""
    reader = SseReader(event_at_most_bytes=1000)

    assert len(reader.feed(b"data: xxxx\n\n" * 1000)) == 1000
