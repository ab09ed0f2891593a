"""What was worked out from texts, kept for one answer and no longer: nobody's words outlive it, or meet another's."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

KEPT_AT_MOST = 2_048


class Memo:
    """Results by function and argument, at most KEPT_AT_MOST of them. Make one for each answer."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Callable[..., Any], Hashable], Any] = {}

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let the functions of `memoised` look here, within this block and this thread or task."""
        token = _USED.set(self)
        try:
            yield
        finally:
            _USED.reset(token)


_USED: ContextVar[Memo | None] = ContextVar("memo", default=None)


def memoised(work: Callable[[K], T]) -> Callable[[K], T]:
    """A pure function that looks into the memo in use, if there is one. Nobody may change what it returns."""

    @wraps(work)
    def looked_up(argument: K) -> T:
        memo = _USED.get()
        if memo is None:
            return work(argument)
        key = (work, argument)
        found: T
        if (kept := memo.kept.get(key, memo)) is not memo:
            found = kept
            return found
        found = work(argument)
        if len(memo.kept) < KEPT_AT_MOST:
            memo.kept[key] = found
        return found

    return looked_up
