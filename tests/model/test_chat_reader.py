"""A streamed answer as bytes: its text, its one ending, and that a cut answer is never a finished one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.errors import ModelBusy, ModelCut, ModelError, ModelRefused, ModelSilent
from nutgraf.model.chat_reader import ChatReader
from nutgraf.model.wire import EchoStripper
from nutgraf.testing.provider import event

DONE = b"data: [DONE]\n\n"


def usage() -> bytes:
    """The chunk without choices that some providers send last."""
    return b'data: {"object": "chat.completion.chunk", "choices": [], "usage": {"completion_tokens": 3}}\n\n'


def recorded(pieces: list[str], finish: str, line_end: bytes = b"\n", tail: bytes = DONE) -> tuple[bytes, int, str]:
    """(stream, the byte after its finish reason, its text)."""
    head = b": ok\n\n" + b"".join(event(piece) for piece in ["", *pieces]) + event(None, finish)
    head = head.replace(b"\n", line_end)
    done_at = len(head) - (line_end == b"\r\n")  # a CR ends the line already
    return head + tail.replace(b"\n", line_end), done_at, "".join(pieces)


STREAMS = {
    "plain": recorded(["Sales ", "rose [1]", "."], "stop"),
    "at the token limit": recorded(["Sales rose"], "length"),
    "CRLF": recorded(["Sales ", "rose."], "stop", b"\r\n"),
    "CR": recorded(["Sales ", "rose."], "stop", b"\r"),
    "letters of several bytes": recorded(["Zoë 漢字 ", "🦊", "."], "stop"),
    "text that looks like the end": recorded(['[DONE]\n\ndata: {"finish_reason": "stop"}', "\u2028"], "stop"),
    "usage after the end": recorded(["Sales."], "stop", tail=usage() + DONE),
    "no [DONE]": recorded(["Sales."], "stop", tail=b""),
    "nothing said": recorded([], "stop"),
    "an unknown finish reason": recorded(["Sales."], "eos_token"),
}


def read(*chunks: bytes, opening: str = "", max_tokens: int = 100) -> tuple[str, ChatReader]:
    """The text, and the reader after the stream has ended."""
    reader = ChatReader(opening, max_tokens)
    text = "".join(piece for chunk in chunks for piece in reader.feed(chunk))
    reader.close()
    return text, reader


@pytest.mark.parametrize(("raw", "end", "text"), STREAMS.values(), ids=STREAMS)
def test_cut_at_every_byte(raw: bytes, end: int, text: str) -> None:
    """A stream that was cut before its finish reason is a ModelCut, at every byte; its text is a beginning."""
    for n in range(len(raw) + 1):
        said, reader = read(raw[:n])

        assert text.startswith(said)
        assert reader.ended is (n >= end)
        assert (reader.failure is None) is reader.ended
        assert reader.ended or isinstance(reader.failure, ModelCut)


@pytest.mark.parametrize(("raw", "end", "text"), STREAMS.values(), ids=STREAMS)
def test_chunks_do_not_matter(raw: bytes, end: int, text: str) -> None:
    """The same text and ending whole, byte by byte and cut in two at every place."""
    for chunks in ([raw], [raw[n : n + 1] for n in range(len(raw))], *([raw[:n], raw[n:]] for n in range(len(raw)))):
        said, reader = read(*chunks)

        assert (said, reader.ended, reader.failure) == (text, True, None)


BAD = {
    "no finish reason": (event("a") + DONE, ModelCut),
    "not JSON": (event("a") + b"data: {oops\n\n", ModelCut),
    "a list": (b"data: []\n\n", ModelCut),
    "a number": (b"data: 3\n\n", ModelCut),
    "choices of another form": (b'data: {"choices": {}}\n\n', ModelCut),
    "a choice of another form": (b'data: {"choices": [3]}\n\n', ModelCut),
    "a delta of another form": (b'data: {"choices": [{"delta": 3}]}\n\n', ModelCut),
    "text of another form": (b'data: {"choices": [{"delta": {"content": [1]}}]}\n\n', ModelCut),
    "very deep JSON": (b'data: {"choices": ' + b"[" * 100_000 + b"\n\n", ModelCut),
    "filtered": (event("a") + event(None, "content_filter"), ModelRefused),
    "aborted": (event("a") + event(None, "abort"), ModelCut),
    "error event": (b'event: error\ndata: {"message": "no"}\n\n', ModelBusy),
    "overloaded": (event("a") + b'data: {"error": {"type": "overloaded_error", "message": "no"}}\n\n', ModelBusy),
    "error as text": (b'data: {"error": "model runner crashed"}\n\n', ModelBusy),
    "error with a status": (b'data: {"error": {"code": 400, "message": "no"}}\n\n', ModelRefused),
    "error object": (b'data: {"object": "error", "type": "invalid_request_error", "message": "no"}\n\n', ModelRefused),
    "timed out": (b'data: {"error": {"code": "timeout"}}\n\n', ModelSilent),
}


@pytest.mark.parametrize(("raw", "kind"), BAD.values(), ids=BAD)
def test_bad_streams_get_their_class(raw: bytes, kind: type[ModelError]) -> None:
    """An error inside a 200, and every kind of nonsense, is a failure of ours, and nothing is read after it."""
    said, reader = read(raw + event("more") + event(None, "stop") + DONE)

    assert type(reader.failure) is kind
    assert not reader.ended
    assert said in ("", "a")


def test_an_endless_answer_is_cut() -> None:
    """A provider that ignores max_tokens is stopped long before the text fills the memory."""
    reader = ChatReader("", max_tokens=10)
    chunks = 0
    while reader.failure is None:
        reader.feed(event("and so on " * 10))
        chunks += 1

    assert isinstance(reader.failure, ModelCut)
    assert chunks < 50


NAMES = st.sampled_from(["choices", "delta", "content", "finish_reason", "error", "code", "type", "object"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text()


@given(found=st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=12))
def test_any_json_is_harmless(found: Any) -> None:
    """JSON of any form is text, an ending or a failure of ours."""
    _, reader = read(b"data: " + json.dumps(found).encode() + b"\n\n")

    assert reader.ended or isinstance(reader.failure, ModelError)


@pytest.mark.parametrize(
    ("opening", "answer", "rest"),
    [
        ("", "The town", "The town"),
        ("The town", "The town grew.", " grew."),
        ("The town", " grew.", " grew."),
        ("The town", "\nThe town grew.", " grew."),
        ("The town", "The tower fell.", "The tower fell."),
        ("The town", "The", "The"),
        ("The town ", "The town grew.", " grew."),
        ("The town", "", ""),
    ],
)
def test_an_echo_of_the_opening_is_taken_off(opening: str, answer: str, rest: str) -> None:
    """Providers that repeat the opening and those that continue it read the same, however the text is cut."""
    for n in range(len(answer) + 1):
        echo = EchoStripper(opening)

        assert echo.feed(answer[:n]) + echo.feed(answer[n:]) + echo.close() == rest


def test_thinking_is_a_sign_of_life_but_not_text() -> None:
    """A provider that thinks is not silent, and its thoughts are not shown."""
    reader = ChatReader("", 10)

    assert reader.feed(b'data: {"choices": [{"delta": {"reasoning_content": "hm"}}]}\n\n') == []
    assert reader.alive
    assert reader.feed(event("")) == []
    assert not reader.alive
