"""The draft format: sentences of plain text, each followed by the numbers of its evidence, `[1]` or `[1, 2]`.

A new line ends a draft. Numbers may stand before or after the full stop, or open the line. Text that could be the
beginning of a citation waits until it is known, so any way of cutting the text gives the same drafts.
"""

from __future__ import annotations

import re

from nutgraf.text.clean import visible
from nutgraf.text.sentences import Splitter
from nutgraf.types import Draft

DRAFT_AT_MOST_CHARS = 1200
TEXT_AT_MOST_CHARS = 40_000

_BRACKET = re.compile(r"\[([\d,; \t]{1,40})\]")
_MAY_BECOME = re.compile(r"\[[\d,; \t]{0,40}$")
_CITATION = re.compile(r"\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])(.+?)(?<=[^\s*])\*{1,3}(?![\w*])")
_LEAD = re.compile(
    r"^(?:[-*•–>]\s+|\(?\d{1,2}[.)]\s+|#+\s+|(?:(?:key )?(?:takeaway|answer|sentence|point))\s*\d{0,3}\s*[:.]\s*)+",
    re.IGNORECASE,
)
_SPACE_BEFORE_STOP = re.compile(r"\s+([.,;:!?])(?=\s|$)")


class DraftParser:
    """Feed pieces of a model's text, get finished drafts. What passes the limits is cut off, never kept waiting."""

    def __init__(self, at_most_chars: int = TEXT_AT_MOST_CHARS) -> None:
        """`at_most_chars` bounds the whole text."""
        self._room = at_most_chars
        self._held = ""  # may become a citation
        self._plain, self._from = "", 0  # the text of the unfinished sentence, and the offset where it starts
        self._marks: list[tuple[int, str]] = []  # citations since the last finished sentence
        self._after_mark = False
        self._splitter = Splitter(DRAFT_AT_MOST_CHARS)

    def feed(self, text: str) -> list[Draft]:
        """The drafts that are now complete, in order."""
        text, self._room = text[: self._room], max(0, self._room - len(text))
        self._held += visible(text).replace("\r", "\n")
        keep = _MAY_BECOME.search(self._held)
        cut = keep.start() if keep else len(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._take(ready)

    def close(self) -> list[Draft]:
        """The rest, once the model has ended."""
        rest, self._held = self._held, ""
        return [*self._take(rest), *self._end_line()]

    def _take(self, ready: str) -> list[Draft]:
        found: list[Draft] = []
        at = 0
        for match in _BRACKET.finditer(ready):
            if _CITATION.fullmatch(match[1]):
                found += self._lines(ready[at : match.start()])
                self._marks.append((self._from + len(self._plain), match[1]))
                self._after_mark = True
                at = match.end()
        return found + self._lines(ready[at:])

    def _lines(self, text: str) -> list[Draft]:
        first, *others = text.split("\n")
        found = self._add(first)
        for line in others:
            found += self._end_line()
            found += self._add(line)
        return found

    def _add(self, text: str) -> list[Draft]:
        if not text:
            return []
        if self._after_mark and self._plain and text[0].isalnum():
            text = f" {text}"  # a citation parted the words
        self._after_mark = False
        self._plain += text
        return self._drafts(self._splitter.feed(text))

    def _end_line(self) -> list[Draft]:
        found = self._drafts(self._splitter.close())
        self._marks, self._after_mark = [], False
        return found

    def _drafts(self, sentences: list[tuple[int, int]]) -> list[Draft]:
        starts = [*(start for start, _ in sentences[1:]), self._splitter.begun]
        found = [self._draft(*sentence, before) for sentence, before in zip(sentences, starts, strict=False)]
        if (done := starts[-1] - self._from) > 0:
            self._plain, self._from = self._plain[done:], starts[-1]
        return [draft for draft in found if any(map(str.isalpha, draft.text))]

    def _draft(self, start: int, end: int, before: int) -> Draft:
        """The sentence from `start` to `end`, with the citations that stand before the next one starts."""
        cited = [int(n) for offset, numbers in self._marks if offset <= before for n in re.findall(r"\d+", numbers)]
        self._marks = [mark for mark in self._marks if mark[0] > before]
        text = " ".join(self._plain[start - self._from : end - self._from].split())
        text = _LEAD.sub("", _EMPHASIS.sub(r"\1", text).strip("*")).strip()
        return Draft(_SPACE_BEFORE_STOP.sub(r"\1", text), tuple(dict.fromkeys(cited)))


def parse(text: str) -> list[Draft]:
    """All drafts of a whole text."""
    parser = DraftParser()
    return parser.feed(text) + parser.close()
