"""What the parsers of model output say as they read: a field has started, grows, is final.

Every FieldStarted is followed by exactly one FieldFinal of the same field, block and index, with deltas between them.
However a text is cut, the events are the same but for where the deltas are cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from nutgraf.types import Draft

FieldName = Literal["sentence", "starter", "evidence"]
#: A piece of evidence as a model names it: its number, or an id that stands for no known number.
Label = int | str
#: Final values: a Draft of a sentence, the text of a starter, the labels of evidence.
FieldValue = Draft | str | tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class FieldStarted:
    """The first visible character of a field has come. `block` counts takeaways or answers, `index` fields in it."""

    field: FieldName
    block: int
    index: int


@dataclass(frozen=True, slots=True)
class FieldDelta:
    """More words of a field, as the model writes them: marks of layout (bullets, asterisks) are still in them."""

    field: FieldName
    block: int
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class FieldFinal:
    """A field is complete and will not change. Evidence that is known before its text is also in the drafts."""

    field: FieldName
    block: int
    index: int
    value: FieldValue


FieldEvent = FieldStarted | FieldDelta | FieldFinal


class FieldParser(Protocol):
    """Feed pieces of a model's text, get events; `close` once, when no more will come. `repairs` counts what was put
    right, by name.
    """

    repairs: Counter[str]

    def feed(self, text: str) -> Sequence[FieldEvent]:
        """The events that a piece of text brings about."""
        ...

    def close(self) -> Sequence[FieldEvent]:
        """The events of what was still held."""
        ...


def finals(events: Iterable[FieldEvent]) -> list[FieldFinal]:
    """Only what is final, in order."""
    return [event for event in events if type(event) is FieldFinal]


def drafts_of(events: Iterable[FieldEvent]) -> list[Draft]:
    """The finished sentences, in order."""
    return [event.value for event in events if type(event) is FieldFinal and type(event.value) is Draft]
