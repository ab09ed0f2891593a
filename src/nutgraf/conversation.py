"""The nouns of a conversation: what was asked and answered, what is remembered, what was said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What a remembered fact is about, in the order in which it matters for choosing.
MemoryKind = Literal["goal", "constraint", "preference", "background", "plan"]
MEMORY_KINDS: tuple[MemoryKind, ...] = ("goal", "constraint", "preference", "background", "plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a member said of an answer, or of one block or sentence of it."""

    stream: str
    block: str | None = None
    sentence: str | None = None
    rating: Literal["up", "down"]
    reason: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer in a conversation about an item.

    `agent` answered it; `listed` holds the ids of the records that the answer showed, in their order, so that a later
    "the second one" finds its way; `standalone` is the question as it was understood.
    """

    item_id: str
    stream: str
    question: str
    answer: str
    at: str
    agent: str = ""
    listed: tuple[str, ...] = ()
    standalone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One fact a member stated in a conversation: typed, dated, with its source. The member partition.

    `topic` names what it is about (a few stems); of two with the same kind and topic the newest wins. `stream` is the
    answer in which it was said, `quote` the member's own words, `text` how it reads ("You told me: …").
    """

    id: str
    kind: MemoryKind
    topic: str
    text: str
    quote: str
    at: str
    stream: str = ""
