"""The draft format: sentences of plain text, each followed by the numbers of its evidence, `[1]` or `[1, 2]`.

A new line ends a draft. Numbers may stand before or after the full stop. Text that could be the beginning of
a citation waits until it is known, so any way of cutting the text gives the same drafts.
"""

from __future__ import annotations

import re

from nutgraf.text.sentences import Splitter
from nutgraf.types import Draft

DRAFT_AT_MOST_CHARS = 1200
TEXT_AT_MOST_CHARS = 40_000

_CITATION = re.compile(r"[ \t]*\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]")
_MAY_BECOME = re.compile(r"[ \t]+$|[ \t]*\[\s*(?:\d{1,3}(?:\s*[,;]\s*\d{0,3})*\s*)?$")
_LEAD = re.compile(
    r"^(?:[-*•–]\s+|\(?\d{1,2}[.)]\s+|#+\s+|(?:takeaway|answer|sentence)\s*\d*\s*[:.]\s*)+", re.IGNORECASE
)
_SPACE_BEFORE_STOP = re.compile(r"\s+([.,;:!?])")


class DraftParser:
    """Feed pieces of a model's text, get finished drafts. What passes the limits is cut off, never kept waiting."""

    def __init__(self, at_most_chars: int = TEXT_AT_MOST_CHARS) -> None:
        """`at_most_chars` bounds the whole text."""
        self._room = at_most_chars
        self._held = ""
        self._plain = ""
        self._marks: list[tuple[int, tuple[int, ...]]] = []
        self._splitter = Splitter(DRAFT_AT_MOST_CHARS)
        self._waiting: tuple[int, int] | None = None

    def feed(self, text: str) -> list[Draft]:
        """The drafts that are now complete, in order."""
        text, self._room = text[: self._room], max(0, self._room - len(text))
        self._held += text.replace("\r", "")
        keep = _MAY_BECOME.search(self._held)
        cut = keep.start() if keep else len(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._take(ready)

    def close(self) -> list[Draft]:
        """The rest, once the model has ended."""
        found = self._take(self._held)
        self._held = ""
        found += self._queue(self._splitter.close())
        if self._waiting:
            found += self._emit(self._waiting, len(self._plain) + 1)
            self._waiting = None
        return found

    def _take(self, ready: str) -> list[Draft]:
        found: list[Draft] = []
        at = 0
        for match in _CITATION.finditer(ready):
            found += self._plain_text(ready[at : match.start()])
            self._marks.append((len(self._plain), tuple(int(n) for n in re.findall(r"\d+", match[1]))))
            at = match.end()
        return found + self._plain_text(ready[at:])

    def _plain_text(self, text: str) -> list[Draft]:
        text = text.replace("\n", "\n\n")
        self._plain += text
        return self._queue(self._splitter.feed(text))

    def _queue(self, sentences: list[tuple[int, int]]) -> list[Draft]:
        found: list[Draft] = []
        for sentence in sentences:
            if self._waiting:
                found += self._emit(self._waiting, sentence[0])
            self._waiting = sentence
        return found

    def _emit(self, sentence: tuple[int, int], before: int) -> list[Draft]:
        start, end = sentence
        cited = [n for offset, numbers in self._marks if start < offset <= before for n in numbers]
        self._marks = [mark for mark in self._marks if mark[0] > before]
        text = _LEAD.sub("", " ".join(self._plain[start:end].split())).strip()
        text = _SPACE_BEFORE_STOP.sub(r"\1", text)
        return [Draft(text, tuple(dict.fromkeys(cited)))] if any(map(str.isalpha, text)) else []


def parse(text: str) -> list[Draft]:
    """All drafts of a whole text."""
    parser = DraftParser()
    return parser.feed(text) + parser.close()
