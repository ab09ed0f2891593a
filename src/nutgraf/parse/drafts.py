"""The draft format: sentences of plain text, each followed by the numbers of its evidence, `[1]` or `[1, 2]`.

A new line ends a draft. Numbers may stand before or after the full stop, or open the line. Text that could be the
beginning of a citation waits until it is known, so any way of cutting the text gives the same drafts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from nutgraf.parse.fields import FieldDelta, FieldEvent, FieldFinal, FieldStarted
from nutgraf.parse.marks import split_marks
from nutgraf.text.clean import visible
from nutgraf.text.sentences import Splitter
from nutgraf.types import Draft

DRAFT_AT_MOST_CHARS = 1200
TEXT_AT_MOST_CHARS = 40_000
#: A sentence is said to have started when its first so many characters show a word that is no mark of layout.
LEAD_AT_MOST_CHARS = 80

_BRACKET = re.compile(r"\[([\d,; \t]{1,40})\]")
_ANY_BRACKET = re.compile(r"\[([^\[\]\n]{1,80})\]")  # where evidence has ids
_MAY_BECOME = re.compile(r"\[[\d,; \t]{0,40}\Z")
_ANY_MAY_BECOME = re.compile(r"\[[^\[\]\n]{0,80}\Z")
_CITATION = re.compile(r"\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])(.+?)(?<=[^\s*])\*{1,3}(?![\w*])")
_LEAD = re.compile(
    r"^(?:[-*•–>]\s+|\(?\d{1,2}[.)]\s+|#+\s+|(?:(?:key )?(?:takeaway|answer|sentence|point))\s*\d{0,3}\s*[:.]\s*)+",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^(?:evidence|source)\s*\[?(\d{1,3})\]?\s*[:.)–-]\s*(?=\S)", re.IGNORECASE)
_MAY_NAME = re.compile(r"^(?:evidence|source)\s*\[?\d{0,3}\]?\s*[:.)–-]?\s*", re.IGNORECASE)
_LEAD_WORDS = "evidence|source|key takeaway|key answer|key sentence|key point|takeaway|answer|sentence|point".split("|")
_MAY_LEAD = frozenset(word[:chars] for word in _LEAD_WORDS for chars in range(len(word) + 1))
_SPACE_BEFORE_STOP = re.compile(r" (?=[.,;:!?](?: |$))")


class LineParser:
    """Feed pieces of a model's text, get field events. What passes the limits is cut off, never kept waiting."""

    def __init__(
        self,
        at_most_chars: int = TEXT_AT_MOST_CHARS,
        *,
        block: int = 0,
        lines_are_blocks: bool = True,
        cited: tuple[int, ...] = (),
        labels: Mapping[str, int] | None = None,
    ) -> None:
        """`at_most_chars` bounds the whole text. `block` is the number of the first block; every line with a sentence
        in it is one, or with `lines_are_blocks` False all lines are. Each draft cites `cited` first. `labels` gives
        the numbers of evidence ids.
        """
        self.block, self._lines_are_blocks, self._cited = block, lines_are_blocks, cited
        self.repairs: Counter[str] = Counter()
        self._room = at_most_chars
        self._labels = labels
        self._bracket, self._may_become = (_ANY_BRACKET, _ANY_MAY_BECOME) if labels else (_BRACKET, _MAY_BECOME)
        self._mark = ""  # may become a tag
        self._held = ""  # may become a citation
        self._plain, self._from = "", 0  # the text of the unfinished sentence, and the offset where it starts
        self._marks: list[tuple[int, list[int]]] = []  # citations since the last finished sentence
        self._after_mark = False
        self._splitter = Splitter(DRAFT_AT_MOST_CHARS)
        self._index = 0  # sentences of this block so far
        self._started = False
        self._said = self._sure = 0  # offsets: of what was sent as deltas, and of what surely is in this sentence
        self._events: list[FieldEvent] = []

    def feed(self, text: str) -> list[FieldEvent]:
        """The events of a piece of text; a sentence is final once the next one has begun or its line has ended."""
        text, self._room = text[: self._room], max(0, self._room - len(text))
        self._read(text, last=False)
        return self._flush()

    def _read(self, text: str, *, last: bool) -> None:
        ready, self._mark = split_marks(self._mark + visible(text).replace("\r", "\n"), last=last)
        self._held += ready
        keep = self._may_become.search(self._held) if "[" in self._held and not last else None
        cut = keep.start() if keep else len(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        self._take(ready)

    def close(self) -> list[FieldEvent]:
        """The rest, once the model has ended."""
        self._read("", last=True)
        self._end_line()
        return self._flush()

    def _flush(self) -> list[FieldEvent]:
        if self._plain:
            self._grow()
        events, self._events = self._events, []
        return events

    def _take(self, ready: str) -> None:
        at = 0
        for match in self._bracket.finditer(ready) if "[" in ready else ():
            if (cited := self._numbers(match[1])) is not None:
                self._lines(ready[at : match.start()])
                self._marks.append((self._from + len(self._plain), cited))
                self._after_mark = True
                at = match.end()
        self._lines(ready[at:])

    def _numbers(self, inside: str) -> list[int] | None:
        """The evidence that a bracket cites, or None when it is no citation."""
        if _CITATION.fullmatch(inside):
            return [int(number) for number in re.findall(r"\d+", inside)]
        if self._labels:
            known = [self._labels.get(part) for part in re.split(r"\s*[,;]\s*", inside.strip())]
            numbers = [number for number in known if number is not None]
            return numbers if len(numbers) == len(known) else None
        return None

    def _lines(self, text: str) -> None:
        if "\n" not in text:
            self._add(text)
            return
        first, *others = text.split("\n")
        self._add(first)
        for line in others:
            self._end_line()
            self._add(line)

    def _add(self, text: str) -> None:
        if not text:
            return
        if self._after_mark and self._plain and text[0].isalnum():
            text = f" {text}"  # a citation parted the words
        self._after_mark = False
        before = self._from + len(self._plain)
        self._plain += text
        sentences = self._splitter.feed(text)
        if sentences or self._splitter.begun > self._from:
            self._final(sentences)
        word = "" if text[-1].isspace() else text.rsplit(None, 1)[-1]
        if len(word) < len(text):
            self._sure = before + len(text) - len(word) - 1

    def _end_line(self) -> None:
        self._final(self._splitter.close())
        self._marks, self._after_mark = [], False
        if self._lines_are_blocks and self._index:
            self.block, self._index = self.block + 1, 0

    def _grow(self) -> None:
        """Say that the unfinished sentence has started, and how it goes on up to its last whole word."""
        if not self._started:
            if not _has_begun(self._plain[:LEAD_AT_MOST_CHARS]):
                return
            self._events.append(FieldStarted("sentence", self.block, self._index))
            self._started = True
        if self._sure > self._said:
            self._delta(self._plain[self._said - self._from : self._sure - self._from])
            self._said = self._sure

    def _delta(self, text: str) -> None:
        if text.strip():
            self._events.append(FieldDelta("sentence", self.block, self._index, text))

    def _final(self, sentences: list[tuple[int, int]]) -> None:
        starts = [*(start for start, _ in sentences[1:]), self._splitter.begun]
        for (start, end), before in zip(sentences, starts, strict=False):
            draft = self._draft(start, end, before)
            if any(map(str.isalpha, draft.text)):
                if not self._started:
                    self._events.append(FieldStarted("sentence", self.block, self._index))
                self._delta(self._plain[max(self._said, start) - self._from : end - self._from])
                self._events.append(FieldFinal("sentence", self.block, self._index, draft))
                self._index += 1
            self._started = False
        if (done := starts[-1] - self._from) > 0:
            self._plain, self._from = self._plain[done:], starts[-1]
            self._said = max(self._said, self._from)

    def _draft(self, start: int, end: int, before: int) -> Draft:
        """The sentence from `start` to `end`, with the citations that stand before the next one starts."""
        cited = [number for offset, numbers in self._marks if offset <= before for number in numbers]
        self._marks = [mark for mark in self._marks if mark[0] > before]
        text = " ".join(self._plain[start - self._from : end - self._from].split())
        if "*" in text:
            text = _EMPHASIS.sub(r"\1", text).strip("*")
        text = _LEAD.sub("", text).lstrip("*").strip()
        if named := _NAMED.match(text):  # "Evidence 2: …"
            cited.append(int(named[1]))
            text = text[named.end() :]
        return Draft(_SPACE_BEFORE_STOP.sub("", text), tuple(dict.fromkeys((*self._cited, *cited))))


def _has_begun(text: str) -> bool:
    """Whether a sentence that opens with `text` surely has a word that is no mark of layout."""
    opening = _MAY_NAME.sub("", _LEAD.sub("", " ".join(text.replace("*", "").split())))
    if not any(map(str.isalpha, opening)):
        return False
    return opening.lower().rstrip("0123456789 ") not in _MAY_LEAD
