"""Streams and conversations, written down in the store as the hub asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from nutgraf.conversation import Turn
from nutgraf.stream.log import Entry
from nutgraf.types import Ending, Scope

if TYPE_CHECKING:
    from nutgraf.events import Opened
    from nutgraf.store.embedded import EmbeddedStore


class StoreJournal:
    """Keeps the `Journal` seam of streams. A question that was answered becomes a turn of the conversation."""

    def __init__(self, store: EmbeddedStore) -> None:
        self._store = store

    def begin(self, scope: Scope, opening: Opened, at: datetime) -> None:
        """As `Journal.begin`."""
        self._store.open_stream(scope, opening.stream, opening.item, opening.question, at.isoformat())

    def keep(self, scope: Scope, stream_id: str, entries: Sequence[Entry]) -> None:
        """As `Journal.keep`."""
        self._store.append_events(scope, stream_id, [(e.number, e.kind, e.data) for e in entries])

    def end(self, scope: Scope, stream_id: str, ending: Ending, entries: Sequence[Entry]) -> None:
        """As `Journal.end`."""
        turn = turn_of(entries) if scope.member is not None else None
        self._store.close_stream(scope, stream_id, ending, [(e.number, e.kind, e.data) for e in entries], turn)

    def read(self, scope: Scope, stream_id: str) -> Sequence[Entry]:
        """As `Journal.read`."""
        return [Entry(*row) for row in self._store.events_after(scope, stream_id, 0)]


def turn_of(entries: Sequence[Entry]) -> Turn | None:
    """The question of a stream with what was answered, None when it has none or nothing was."""
    events = [orjson.loads(entry.data) for entry in entries]
    opened = events[0] if events and events[0]["kind"] == "opened" else {}
    said = [event["sentence"]["text"] for event in events if event["kind"] == "sentence-committed"]
    if not opened.get("question") or not (said or events[-1]["ending"] == "done"):
        return None
    return Turn(
        item_id=opened["item"], stream=opened["stream"], question=opened["question"],
        answer=" ".join(said) or events[-1]["reason"] or "", at=datetime.now(UTC).isoformat(),
    )  # fmt: skip
