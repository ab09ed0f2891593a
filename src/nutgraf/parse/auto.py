"""Reads what a model wrote in whatever form it chose: JSON or lines, told by the first characters.

What models say around an answer is left out: thoughts, "Sure! Here is …", code fences, headings, closing remarks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Literal

from nutgraf.parse.drafts import TEXT_AT_MOST_CHARS, LineParser
from nutgraf.parse.fields import FieldEvent
from nutgraf.parse.json_drafts import UTF8, JsonParser
from nutgraf.parse.marks import THOUGHT, THOUGHT_BEGUN
from nutgraf.parse.starters import StarterReader

#: So much prose may stand before JSON that was asked for.
PROSE_AT_MOST_CHARS = 400
LINE_START_AT_MOST_CHARS = 200

_JSON = re.compile(r"\{\s*[\"'“‘\\{\w}/#]|\{\s*\n|\[\s*[\[{\"'“‘]|\"\s*[{\[]|json\s*[\n{\[]", re.IGNORECASE)
_MAY_BE_JSON = re.compile(r"[{\[\"]\s*|j|js|jso|json\s*", re.IGNORECASE)
_FENCE = re.compile(r"```[A-Za-z]{0,12}(?![A-Za-z])\s*")
_MAY_FENCE = re.compile(r"`{1,3}[A-Za-z]{0,12}\s*")
_LISTED = re.compile(r"(?:[-*•–]\s+|\(?\d{1,2}[.)]\s+|#+\s+)\S|\[\d")
#: Openings of a line that is about the answer, and not the answer.
_POLITE = (
    "sure|certainly|of course|absolutely|okay|ok,|ok!|here is|here are|here's|here’s|below is|below are|the following|"
    "as requested|based on the evidence|i hope|let me know|please let me know|feel free|if you have any|note that i|"
    "json output|output:|response:|json:|in json|this json|the json|final answer"
).split("|")
#: Headings: what follows are starters, or is of no use, or goes on as before.
_HEADINGS: dict[str, Literal["starters", "drop", "text"]] = {
    **dict.fromkeys(
        "starters|starter|starter questions|follow-up questions|follow up questions|followup questions|follow-ups|"
        "suggested questions|questions|conversation starters|questions to ask|next questions".split("|"),
        "starters",
    ),
    **dict.fromkeys("sources|references|citations|evidence|evidence used|source".split("|"), "drop"),
    **dict.fromkeys("takeaways|key takeaways|key points|takeaway|answer|summary|answers|points".split("|"), "text"),
}
_OPENINGS = (*_POLITE, *_HEADINGS)
_MAY_LIST = re.compile(r"[-*•–#>]+\s*|\(?\d{0,2}[.)]?\s*")
_CITES = re.compile(r"\[\d{1,3}\]")
_NOT_WORDS = re.compile(r"[^\w\s'’,!:\-]+")

_DOCUMENT = re.compile(r"\{\s*(?:[\"'“‘]|\w{1,30}\s*:)|\[\s*\{")

_Section = Literal["starters", "drop", "text"]
_Line = Literal["undecided", "text", "starters", "drop", "prose"]


class AutoParser:
    """Feed pieces of a model's text in any form, get field events; never raises on any text."""

    def __init__(
        self,
        labels: Mapping[str, int] | None = None,
        *,
        expects: Literal["json", "lines"] = "lines",
        at_most_chars: int = TEXT_AT_MOST_CHARS,
    ) -> None:
        """`expects` is the form that was asked for: before JSON that was, prose waits whether it comes.

        `labels` gives the numbers of evidence ids, where a model cites ids; `at_most_chars` bounds all text.
        """
        self.repairs: Counter[str] = Counter()
        self._expects, self._labels, self._room = expects, labels, at_most_chars
        self._limit = at_most_chars
        self._decoder = UTF8("replace")
        self._thinking = False
        self._tag = ""  # may become the tag of a thought
        self._json: JsonParser | None = None
        self._lines = LineParser(at_most_chars, labels=labels)
        self._events: list[FieldEvent] = []
        self._starters = StarterReader(self._events)
        self._held = ""  # the start of a line, until it is known what the line is
        self._prose = ""  # whole lines that are the answer only if no JSON comes
        self._line: _Line = "undecided"
        self._section: _Section = "text"
        self._said = False  # a line of text has begun

    def feed(self, text: str | bytes) -> list[FieldEvent]:
        """The events that a piece of text (or of UTF-8, cut anywhere) brings about."""
        if isinstance(text, bytes):
            text = self._decoder.decode(text)
        text, self._room = text[: self._room], max(0, self._room - len(text))
        if self._json is not None:  # to the end
            return self._json.feed(text)
        self._read(text, last=False)
        return self._told()

    def close(self) -> list[FieldEvent]:
        """The rest, once the model has ended."""
        self._read(self._decoder.decode(b"", True)[: self._room], last=True)
        self._end_lines()
        self._events += self._lines.close() if self._json is None else self._json.close()
        return self._told()

    def _end_lines(self) -> None:
        """What was held of a last line is one, unless it turns out to be JSON."""
        if self._json is None:
            self._decide(last=True)
            self._flush_prose()
            self._end_line()

    def _told(self) -> list[FieldEvent]:
        events = self._events.copy()
        self._events.clear()
        return events

    def _read(self, text: str, *, last: bool) -> None:
        text, self._tag = self._tag + text, ""
        while (parser := self._json) is None:
            tag = THOUGHT.search(text)
            begun = None if tag or last else THOUGHT_BEGUN.search(text)
            end = tag.start() if tag else begun.start() if begun else len(text)
            before = "" if self._thinking else text[:end]
            *lines, rest = before.replace("\r", "\n").split("\n")
            for line in [*(f"{line}\n" for line in lines), rest]:
                self._piece(line)
            if self._json is not None:  # tags in JSON are its own
                text = text[end:]
            elif tag is None:
                self._tag = text[end:]
                return
            else:
                if tag[1]:
                    self._end_thought()
                self._thinking, text = not tag[1], text[tag.end() :]
        self._events += parser.feed(text)

    def _end_thought(self) -> None:
        """What was only held before the end of a thought was part of it."""
        self.repairs["thinking"] += 1
        if not self._said:
            self._held = self._prose = ""
            self._end_line()

    def _piece(self, piece: str) -> None:
        """A piece of one line, with its line break when it has one."""
        if self._json is not None:
            self._events += self._json.feed(piece)
        elif self._line == "undecided":
            self._held += piece
            self._decide(last=False)
        else:
            self._say(piece)
        if piece.endswith("\n") and self._json is None:
            self._end_line()

    def _decide(self, *, last: bool) -> None:
        """What the line that begins with `_held` is, if that can be known."""
        start = self._held.lstrip()
        if not start or self._line != "undecided":
            self._held = start
            return
        whole = last or "\n" in start or len(start) > LINE_START_AT_MOST_CHARS
        if _JSON.match(start):
            self._to_json(start)
        elif (fence := _FENCE.match(start)) and (fence.end() < len(start) or whole):
            self.repairs["code-fence"] += 1
            self._held = start[fence.end() :]
            self._decide(last=last)
        elif whole or not (_MAY_BE_JSON.fullmatch(start) or _MAY_FENCE.fullmatch(start) or _MAY_LIST.fullmatch(start)):
            self._decide_prose(start, whole=whole)

    def _decide_prose(self, start: str, *, whole: bool) -> None:
        head = start[:LINE_START_AT_MOST_CHARS]
        plain = " ".join(_NOT_WORDS.sub(" ", head.lower()).split())
        heading, _, rest = plain.partition(":")
        if whole and not rest.strip() and (section := _HEADINGS.get(heading.strip())):
            self._section = section
            self.repairs["heading"] += 1
            self._begin("drop", start)
        elif any(plain.startswith(words) for words in _POLITE):
            if whole:
                self._polite(start)
        elif whole or rest.strip() or not any(words.startswith((plain, heading.strip())) for words in _OPENINGS):
            waits = self._expects == "json" and not self._said and self._section == "text"
            self._begin("prose" if waits and not _LISTED.match(start) else self._section, start)

    def _polite(self, start: str) -> None:
        """A whole line that opens politely: JSON may stand in it; what cites evidence is an answer all the same."""
        self.repairs["prose"] += 1
        if opening := _DOCUMENT.search(start, 0, LINE_START_AT_MOST_CHARS):
            self._to_json(start[opening.start() :])
        elif _CITES.search(start, 0, LINE_START_AT_MOST_CHARS):
            _, colon, rest = start.partition(": ")
            self._begin(self._section, rest if colon and rest.strip() else start)
        else:
            self._begin("drop", start)

    def _begin(self, line: _Line, start: str) -> None:
        self._held, self._line = "", line
        self._say(start)

    def _to_json(self, start: str) -> None:
        self._events += self._lines.close()
        if self._prose:
            self.repairs["prose"] += 1
        self._held = self._prose = ""
        self._json = JsonParser(
            self._labels,
            at_most_chars=self._limit,
            first_block=self._lines.block,
            first_starter=self._starters.index,
            repairs=self.repairs,
        )
        self._events += self._json.feed(start)

    def _say(self, text: str) -> None:
        if self._line == "starters":
            self._flush_prose()
            self._starters.more(text)
        elif self._line == "text":
            self._flush_prose()
            self._said = True
            self._events += self._lines.feed(text)
        elif self._line == "prose":
            self._prose += text
            if opening := _DOCUMENT.search(self._prose, 0, PROSE_AT_MOST_CHARS):
                self._to_json(self._prose[opening.start() :])
            elif len(self._prose) > PROSE_AT_MOST_CHARS:
                self._line = "text"
                self._flush_prose()

    def _flush_prose(self) -> None:
        """No JSON came after the prose: it is the answer."""
        prose, self._prose = self._prose, ""
        if prose:
            self._said = True
            self._events += self._lines.feed(prose)

    def _end_line(self) -> None:
        if self._line == "starters":
            self._starters.end()
        self._line = "undecided"
