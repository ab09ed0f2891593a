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
from nutgraf.parse.scan import Scanner
from nutgraf.parse.strings import LOOK_AHEAD_CHARS

_OPENING = re.compile(r"\{|\[(?=\s*[\[{\"'“‘])|(?<!\S)[\"“](?=\S)")
_MAY_OPEN = re.compile(r"\[\s*$|[\"“]$")
_THOUGHT = re.compile(r"<(/?)(?:think|thinking|thought|reasoning|scratchpad)>", re.IGNORECASE)
_MAY_BE_TAG = re.compile(r"</?[a-z]{0,10}$", re.IGNORECASE)


class JsonParser:
    """Feed pieces of a model's text, get field events; never raises on any text."""

    def __init__(
        self,
        labels: Mapping[str, int] | None = None,
        *,
        at_most_chars: int = TEXT_AT_MOST_CHARS,
        first_block: int = 0,
        repairs: Counter[str] | None = None,
    ) -> None:
        """`labels` gives the numbers of evidence ids, where a model cites ids; `at_most_chars` bounds all text.

        Blocks are counted from `first_block`; what is put right is counted in `repairs`.
        """
        self.repairs: Counter[str] = Counter() if repairs is None else repairs
        self._room = at_most_chars
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._reader = BlockReader(labels, at_most_chars, self.repairs)
        self._reader.blocks = first_block
        self._scanner: Scanner | None = None
        self._documents = 0
        self._held = ""
        self._thinking = False

    def feed(self, text: str | bytes) -> list[FieldEvent]:
        """The events that a piece of text (or of UTF-8, cut anywhere) brings about."""
        if isinstance(text, bytes):
            text = self._decoder.decode(text)
        text, self._room = text[: self._room], max(0, self._room - len(text))
        self._read(text, last=False)
        return self._events()

    def close(self) -> list[FieldEvent]:
        """The rest, once the model has ended: what was left open is closed."""
        self._read(self._decoder.decode(b"", True)[: self._room], last=True)
        if self._scanner is not None:
            self._scanner.close()
            self._scanner = None
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
            if not self._scanner.done:
                return
            self._scanner = None

    def _skip(self, text: str, *, last: bool) -> str:
        """Look for the start of a document in text between documents; returns the text from there on."""
        text, self._held = self._held + text, ""
        at = 0
        while True:
            thought = _THOUGHT.search(text, at)
            opening = None if self._thinking else _OPENING.search(text, at)
            if thought and (opening is None or thought.start() < opening.start()):
                self._thinking = not thought[1]
                self.repairs["thinking"] += 1
                at = thought.end()
                continue
            break
        if opening is None:
            tail = _MAY_BE_TAG.search(text, max(at, len(text) - 12)) or _MAY_OPEN.search(
                text, max(at, len(text) - LOOK_AHEAD_CHARS)
            )
            self._held = "" if last or tail is None else text[tail.start() :]
            if text[at:].strip() and not self._thinking:
                self.repairs["prose"] += 1
            return ""
        if text[at : opening.start()].strip():
            self.repairs["prose"] += 1
        self._documents += 1
        self._scanner = Scanner(self._reader, self.repairs)
        return text[opening.start() :]
