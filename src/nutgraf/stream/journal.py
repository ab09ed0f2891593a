"""Where streams are written down, as the hub sees it: one small seam, called on worker threads and never for long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import anyio
import anyio.to_thread

from nutgraf.errors import NotFound, StoreError
from nutgraf.events import Opened
from nutgraf.stream.log import Entry
from nutgraf.types import Ending, Scope

T = TypeVar("T")
Worker = Callable[[Callable[[], Any]], Awaitable[Any]]
JOURNAL_WITHIN_S = 10.0


class Journal(Protocol):
    """Keeps streams for their owners. What a call has written is durable when it returns."""

    def begin(self, scope: Scope, opening: Opened, at: datetime) -> None:
        """A stream begins."""
        ...

    def keep(self, scope: Scope, stream_id: str, entries: Sequence[Entry]) -> None:
        """What a stream has said so far, kept early so that a crash leaves more than its name."""
        ...

    def end(self, scope: Scope, stream_id: str, ending: Ending, entries: Sequence[Entry]) -> None:
        """The stream has ended: everything it said, its ending last. Entries kept before come again."""
        ...

    def read(self, scope: Scope, stream_id: str) -> Sequence[Entry]:
        """All entries of a stream; NotFound when there is none, or it is not the scope's."""
        ...


async def on_a_thread(work: Callable[[], T]) -> T:
    """Run blocking work beside the event loop; a caller that is cancelled does not wait for it."""
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)


class Keeper:
    """A journal for the event loop; None keeps nothing. StoreError when it takes longer than JOURNAL_WITHIN_S."""

    def __init__(self, journal: Journal | None, worker: Worker = on_a_thread) -> None:
        self._journal, self._worker = journal, worker

    @property
    def keeps(self) -> bool:
        """Whether anything is written down at all."""
        return self._journal is not None

    async def begin(self, scope: Scope, opening: Opened, at: datetime) -> None:
        """As `Journal.begin`."""
        if (journal := self._journal) is not None:
            await self._call(lambda: journal.begin(scope, opening, at))

    async def keep(self, scope: Scope, stream_id: str, entries: Sequence[Entry]) -> None:
        """As `Journal.keep`."""
        if (journal := self._journal) is not None:
            await self._call(lambda: journal.keep(scope, stream_id, entries))

    async def end(self, scope: Scope, stream_id: str, ending: Ending, entries: Sequence[Entry]) -> None:
        """As `Journal.end`."""
        if (journal := self._journal) is not None:
            await self._call(lambda: journal.end(scope, stream_id, ending, entries))

    async def read(self, scope: Scope, stream_id: str, after: int) -> list[Entry]:
        """The entries of an ended stream behind number `after`.

        Raises NotFound when there is no such stream, it is not the scope's, or another process still runs it.
        """
        missing = NotFound(f"no stream {stream_id!r}, or it is not this reader's")
        if (journal := self._journal) is None:
            raise missing
        entries: Sequence[Entry] = await self._call(lambda: journal.read(scope, stream_id))
        if not entries or entries[-1].kind != "closed":
            raise missing
        return [entry for entry in entries if entry.number > after]

    async def _call(self, work: Callable[[], Any]) -> Any:
        try:
            with anyio.fail_after(JOURNAL_WITHIN_S):
                return await self._worker(work)
        except TimeoutError as exc:
            raise StoreError(f"the store did not answer within {JOURNAL_WITHIN_S:.0f} s") from exc
