"""Streams and conversations, written down in the store as the hub asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from nutgraf.conversation import Remembered, Turn
from nutgraf.errors import NotFound
from nutgraf.members.memory import stated
from nutgraf.members.snapshot import PURPOSE
from nutgraf.stream.log import Entry
from nutgraf.types import Ending, Scope

if TYPE_CHECKING:
    from nutgraf.events import Opened
    from nutgraf.store.embedded import EmbeddedStore


class StoreJournal:
    """Keeps the `Journal` seam of streams. A question that was answered becomes a turn of the conversation.

    What the member stated of themselves in it is remembered, where they consented; all in one transaction.
    """

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
        facts = self._stated(scope, turn) if turn is not None else []
        self._store.close_stream(scope, stream_id, ending, [(e.number, e.kind, e.data) for e in entries], turn, facts)

    def read(self, scope: Scope, stream_id: str) -> Sequence[Entry]:
        """As `Journal.read`."""
        return [Entry(*row) for row in self._store.events_after(scope, stream_id, 0)]

    def _stated(self, scope: Scope, turn: Turn) -> list[Remembered]:
        """What a question states of its member, who may have switched memory off or be unknown here."""
        if PURPOSE not in scope.purposes or not (facts := stated(turn.question, turn.at, turn.stream)):
            return []
        try:
            allowed = self._store.member(scope, scope.member or "").consent.fields
        except NotFound:
            return []
        return facts if "memory" in allowed else []


def turn_of(entries: Sequence[Entry]) -> Turn | None:
    """The question of a stream with what was answered, None when it has none or nothing was."""
    events = [orjson.loads(entry.data) for entry in entries]
    opened = events[0] if events and events[0]["kind"] == "opened" else {}
    said = [event["sentence"]["text"] for event in events if event["kind"] == "sentence-committed"]
    if not opened.get("question") or not (said or events[-1]["ending"] == "done"):
        return None
    routed: dict[str, Any] = next((event for event in events if event["kind"] == "routed"), {})
    return Turn(
        item_id=opened["item"], stream=opened["stream"], question=opened["question"],
        answer=" ".join(said) or events[-1]["reason"] or "", at=datetime.now(UTC).isoformat(),
        agent=routed.get("agent") or "", standalone=routed.get("question") or "", listed=tuple(_listed(events)),
    )  # fmt: skip


def _listed(events: Sequence[dict[str, Any]]) -> dict[str, None]:
    """The ids of the records that an answer showed, in the order in which a reader met them."""
    found: list[str | None] = []
    for event in events:
        if event["kind"] == "sentence-committed":
            found += [piece["ref"] for piece in event["sentence"]["evidence"] if piece["source"] == "skill"]
        elif event["kind"] == "block-end":
            found.append((event.get("action") or {}).get("item"))
        elif event["kind"] == "extras":
            found += [card["item"] for card in event["cards"]]
    return dict.fromkeys(one for one in found if one)
