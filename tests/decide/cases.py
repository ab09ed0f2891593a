"""Follow-up cases on the sample network: a conversation so far, a follow-up, and what it must come to.

`points` says what the follow-up refers to by its place: "listed:2", "listed:last", "listed:all", "listed:others",
"listed:kind:course", "item", "author", "organisation" or "none"; `refers_to` are the ids this is in the given history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nutgraf.conversation import Turn
from nutgraf.decide.followup import Resolved, resolve
from nutgraf.ingest.load import load_items
from nutgraf.types import Item

FILE = Path(__file__).parent / "followups.jsonl"
NETWORK = Path(__file__).parents[2] / "src/nutgraf/usecases/premium/network/items"


@dataclass(frozen=True)
class Case:
    """One follow-up with its conversation and what is expected of it."""

    name: str
    kind: str
    item: str
    member: str
    turns: tuple[dict[str, Any], ...]
    question: str
    agent: str | None
    points: str
    refers_to: tuple[str, ...]
    words: tuple[str, ...]
    changed_topic: bool

    def history(self) -> list[Turn]:
        """The turns as a pipeline keeps them, each understood with the ones before it."""
        turns: list[Turn] = []
        for number, turn in enumerate(self.turns, 1):
            understood = resolve(turn["question"], turns, network()[self.item], titles=titles())
            turns.append(
                Turn(
                    item_id=self.item,
                    stream=f"stream-{number}",
                    question=turn["question"],
                    answer=turn["answer"],
                    at=f"2026-11-24T10:0{number}:00Z",
                    agent=turn["agent"],
                    listed=tuple(turn["listed"]),
                    standalone=understood.text,
                )
            )
        return turns

    def resolved(self) -> Resolved:
        """The follow-up as it stands alone."""
        return resolve(self.question, self.history(), network()[self.item], titles=titles())


def cases() -> list[Case]:
    """All cases of the file."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    lists = ("turns", "refers_to", "words")
    return [Case(**(row | {key: tuple(row[key]) for key in lists})) for row in rows]


@cache
def network() -> dict[str, Item]:
    """The items of the sample network by id."""
    return {item.id: item for item in load_items(NETWORK)}


@cache
def titles() -> dict[str, str]:
    """Their titles by id."""
    return {item.id: item.title for item in network().values()}
