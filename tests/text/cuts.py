"""Ways in which the same text can arrive, and a count of the work done on it."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


def every_cut(text: str) -> Iterator[list[str]]:
    """The same text as a hurried, a stuttering and a pausing model would send it."""
    yield [text]
    yield list(text)
    yield from ([text[:i], text[i:]] for i in range(1, len(text)))


def calls(work: Callable[[], object]) -> int:
    """How many calls of Python and C functions `work` made."""
    count = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
