"""Starters: the questions that a model proposes to a reader, one field each."""

from __future__ import annotations

import re

from nutgraf.parse.fields import FieldDelta, FieldEvent, FieldFinal, FieldStarted
from nutgraf.text.clean import visible

STARTER_AT_MOST_CHARS = 400

_LEAD = re.compile(r"^(?:[-*•–>]\s+|\(?\d{1,2}[.)]\s+|#+\s+)+")
_CITATIONS = re.compile(r"\s*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]")


class StarterReader:
    """`begin`, `more` and `end` of one text after another; a new line in a text begins another starter."""

    def __init__(self, events: list[FieldEvent]) -> None:
        """Events are added to `events`."""
        self.events = events
        self.index = 0
        self._said: list[str] = []
        self._chars = 0
        self._started = False

    def begin(self) -> None:
        """A text begins."""
        self._said, self._chars, self._started = [], 0, False

    def more(self, piece: str) -> None:
        """More of the text; what is longer than a starter may be is cut off."""
        first, *others = visible(piece).split("\n")
        self._add(first)
        for line in others:
            self.end()
            self._add(line)

    def end(self) -> None:
        """The starter is complete."""
        if self._started:
            text = _LEAD.sub("", " ".join("".join(self._said).split()))
            if "[" in text:
                text = _CITATIONS.sub("", text)
            text = text.strip("* ")
            self.events.append(FieldFinal("starter", 0, self.index, text))
            self.index += 1
        self.begin()

    def _add(self, piece: str) -> None:
        piece = piece[: STARTER_AT_MOST_CHARS - self._chars]
        if not piece:
            return
        self._chars += len(piece)
        self._said.append(piece)
        if not self._started and any(map(str.isalpha, piece)):
            self._started = True
            self.events.append(FieldStarted("starter", 0, self.index))
            piece = "".join(self._said).lstrip()
        if self._started:
            self.events.append(FieldDelta("starter", 0, self.index, piece))
