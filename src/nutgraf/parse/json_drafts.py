"""The JSON draft format, read while it is written.

`{"takeaways": [{"evidence": [1, 3], "text": "…"}], "starters": ["…"]}`

An answer is `{"answer": [{"evidence": [1], "text": "…"}]}` or a bare string. Evidence may stand before the text, and is
then in the drafts, or after it, and is then told as a field of its own. Usual malformations are put right and counted.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping

from nutgraf.parse.blocks import BlockReader
from nutgraf.parse.drafts import TEXT_AT_MOST_CHARS
from nutgraf.parse.fields import FieldEvent
from nutgraf.parse.marks import THOUGHT, THOUGHT_BEGUN
from nutgraf.parse.scan import Scanner
from nutgraf.parse.strings import LOOK_AHEAD_CHARS, Unescaper

UTF8 = codecs.getincrementaldecoder("utf-8")
_OPENING = re.compile(r"\{|\[(?=\s*[\[{\"'“‘])")
_MAY_OPEN = re.compile(r"\[\s*\Z")


class JsonParser:
    """Feed pieces of a model's text, get field events; never raises on any text."""

    def __init__(
        self,
        labels: Mapping[str, int] | None = None,
        *,
        at_most_chars: int = TEXT_AT_MOST_CHARS,
        first_block: int = 0,
        first_starter: int = 0,
        repairs: Counter[str] | None = None,
    ) -> None:
        """`labels` gives the numbers of evidence ids, where a model cites ids; `at_most_chars` bounds all text.

        Blocks are counted from `first_block`, starters from `first_starter`; `repairs` counts what is put right.
        """
        self.repairs: Counter[str] = Counter() if repairs is None else repairs
        self._room = at_most_chars
        self._decoder = UTF8("replace")
        self._reader = BlockReader(labels, at_most_chars, self.repairs)
        self._reader.blocks, self._reader.starters.index = first_block, first_starter
        self._scanner: Scanner | None = None
        self._escapes: Unescaper | None = None
        self._begun = self._between = False  # something visible has come; prose has, since the last document
        self._held = ""
        self._thinking = False

    def feed(self, text: str | bytes) -> list[FieldEvent]:
        """The events that a piece of text (or of UTF-8, cut anywhere) brings about."""
        if isinstance(text, bytes):
            text = self._decoder.decode(text)
        text, self._room = text[: self._room], max(0, self._room - len(text))
        if self._escapes is not None:
            text = self._escapes.feed(text)
        self._read(text, last=False)
        return self._events()

    def close(self) -> list[FieldEvent]:
        """The rest, once the model has ended: what was left open is closed."""
        self._read(self._decoder.decode(b"", True)[: self._room], last=True)
        while self._scanner is not None:
            rest = self._scanner.close()
            self._scanner = None
            self._read(rest, last=True)
        return self._events()

    def _events(self) -> list[FieldEvent]:
        events = self._reader.events.copy()
        self._reader.events.clear()
        return events

    def _read(self, text: str, *, last: bool) -> None:
        while True:
            if self._scanner is None:
                text = self._skip(text, last=last)
                if self._scanner is None:
                    return
            text = self._scanner.feed(text)
            if self._scanner.escapes is not None:  # found: from here on all text is
                self._escapes, self._scanner.escapes = self._scanner.escapes, None
            if not self._scanner.done:
                return
            self._scanner = None

    def _skip(self, text: str, *, last: bool) -> str:
        """Look for the start of a document in text between documents; returns the text from there on."""
        text, self._held = self._held + text, ""
        at = 0
        while thought := THOUGHT.search(text, at):
            if not self._thinking and (opening := self._opening(text, at, thought.start())) >= 0:
                return text[opening:]
            self._thinking, at = not thought[1], thought.end()
            self.repairs["thinking"] += not self._thinking
        start = max(at, len(text) - LOOK_AHEAD_CHARS)
        tail = None if last else THOUGHT_BEGUN.search(text, start) or _MAY_OPEN.search(text, start)
        end = tail.start() if tail else len(text)
        if not self._thinking and (opening := self._opening(text, at, end)) >= 0:
            return text[opening:]
        self._held = text[end:]
        return ""

    def _opening(self, text: str, at: int, end: int) -> int:
        """Where a document begins between `at` and `end`, or -1; there is a scanner for it then."""
        opening = _OPENING.search(text, at)
        start = opening.start() if opening and opening.start() < end else -1
        if not self._begun and (visible := text[at:end].lstrip()):
            self._begun = True
            if visible[0] in '"“':  # a bare string
                start = end - len(visible)
        before = text[at : start if start >= 0 else end]
        if not self._between and before.strip():
            self._between = True
            self.repairs["prose"] += 1
        if start >= 0:
            self._between = False
            self._scanner = Scanner(self._reader, self.repairs)
        return start
