"""A sentence splitter for text that is still arriving.

It keeps a few offsets and the end of the last word, never the text. One pass: words between which no sentence can end
are taken in one step, and only what stands around a stop, a bracket or a line break is looked at piece by piece.
A boundary is given out only when what follows it has been seen, so any way of cutting the text into chunks gives the
same sentences, and nothing given out is ever taken back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

TERMINATORS = ".!?…؟۔।։።"
#: Stops of scripts that put no white space after a sentence.
WIDE_TERMINATORS = "。！？｡"
BRACKETS = "([「『（", ")]」』）"
CLOSERS = "\"'”’»)]*_」』）】†‡"
OPENERS = "\"'“‘«([*_#•$€£¥@"
BULLETS = "•◦▪‣●"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
#: How far an open bracket keeps a sentence together, in characters.
BRACKET_AT_MOST_CHARS = 400

#: Never the last word of a sentence.
_NEVER = frozenset("mr mrs ms mx dr prof messrs e.g i.e eg ie cf viz vs v".split())
#: Short for something only when a number follows.
_BEFORE_NUMBERS = frozenset(
    "no nos fig figs art arts sec secs vol vols p pp ch chap para op eq eqs approx ca c est ver tel ext "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
#: Last words only when an ordinary opening follows: "the U.S. The firm", but "the U.S. Army".
_BEFORE_NAMES = frozenset("dept inc ltd co corp bros jr sr al ph.d".split())
#: The same, when written with a capital.
_RANKS = frozenset("st mt ft gen sen rep gov lt col sgt capt cmdr maj adm hon rev pres".split())
#: Last words unless one of _AFTER_TIMES follows.
_TIMES = frozenset("a.m p.m am pm etc".split())
_AFTER_TIMES = frozenset(
    "eastern pacific central mountain atlantic local et pt ct mt est edt pst pdt cst cdt gmt utc cet cest bst "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december".split()
)
_OPENINGS = frozenset(
    """a all also although an and another any as at because before both but by during each even every few first for
    from he her here his how however i if in it its last many more most my no not nothing now of on once one only or
    other our she since so some such that the their then there these they this those though to today two under until we
    what when where which while who why with without you your""".split()
)
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_LIST_NUMBER = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})[)\]]?")
_PIECE = re.compile(rf"\s+|[^\W_{SUPERSCRIPTS}]+|[\W_{SUPERSCRIPTS}]")
#: Words and white space in which no sentence ends and no bracket opens or shuts.
_PLAIN = re.compile(f"[^{re.escape(TERMINATORS + WIDE_TERMINATORS + ''.join(BRACKETS))}\\n]+")
_IN_WORD = re.compile(r"[\s(\[\"'“‘]")
_RUN_CHARS = 24


@dataclass(slots=True)
class _Ahead:
    """A boundary that hangs on the next word: the sentence would end at `end`, the next one begin at `start`."""

    end: int
    start: int
    kind: Literal["names", "times", "bullet"]
    word: str = ""

    def splits(self, following: str) -> bool:
        """Whether it is a boundary, now that the word is known and `following` comes after it ("" at the end)."""
        if self.kind == "bullet":
            return following.isspace()
        if self.kind == "times":
            return self.word.lower() not in _AFTER_TIMES
        return self.word.lower() in _OPENINGS and following != "."


class Splitter:
    """Feed text, get sentences as (start, end) offsets into all the text fed so far.

    `at_most_chars` bounds a sentence: a longer one is cut at its last white space.
    """

    def __init__(self, at_most_chars: int = 1200) -> None:
        """Start at offset zero."""
        self._limit = at_most_chars
        self._at = 0  # offset of the next character
        self._begin: int | None = None  # where the unfinished sentence starts
        self._clear()

    def _clear(self) -> None:
        self._end = self._at  # after the last character that is no white space
        self._before = self._at  # the same, before the white space in front of the current run
        self._run, self._run_at = "", self._at  # the last characters since white space, and where they started
        self._newlines = -1  # of the white space just read; -1 when it was none
        self._depth, self._opened_at = 0, 0
        self._ahead: _Ahead | None = None
        self._drop_stops()

    def _drop_stops(self) -> None:
        self._stops, self._word, self._sealed, self._note = "", "", False, False

    @property
    def begun(self) -> int:
        """Where the unfinished sentence starts; the offset of the next character when there is none."""
        return self._at if self._begin is None else self._begin

    def feed(self, text: str) -> list[tuple[int, int]]:
        """The sentences that are now certain, in order."""
        found: list[tuple[int, int]] = []
        at = 0
        while at < len(text):
            room = self._room()
            words = _PLAIN.match(text, at, at + room) if room > 0 else None
            if words is not None:
                self._words(words[0])
                at = words.end()
            else:
                at = self._piece(text, at, found)
        return found

    def close(self) -> list[tuple[int, int]]:
        """The rest, once no more text will come; the next text fed begins a new sentence."""
        found: list[tuple[int, int]] = []
        self._settle("", found)
        if self._begin is not None:
            found.append((self._begin, self._end))
        self._begin = None
        self._clear()
        return found

    def _room(self) -> int:
        """How many characters may be taken in one step when they are plain."""
        if self._begin is None or self._stops or self._newlines > 0 or self._ahead is not None:
            return 0
        return self._begin + self._limit - self._at

    def _piece(self, text: str, at: int, found: list[tuple[int, int]]) -> int:
        """Look at the piece of `text` that begins at `at`; returns where it ends."""
        match = _PIECE.match(text, at)
        assert match is not None
        piece = match[0]
        start, self._at = self._at, self._at + len(piece)
        if piece.isspace():
            self._space(piece, found)
        else:
            self._visible(piece, start, found)
        return match.end()

    def _words(self, plain: str) -> None:
        """Go on over words that are surely of the unfinished sentence."""
        start, self._at = self._at, self._at + len(plain)
        *others, word = plain.rsplit(None, 1) or [""]
        if not word:
            self._newlines = 0
            return
        end = start + len(plain.rstrip())
        if others or self._newlines == 0 or plain[0].isspace():
            self._before = start + len(others[0]) if others else self._end
            self._run, self._run_at = word[-_RUN_CHARS:], end - len(word)
        else:
            self._run = (self._run + word)[-_RUN_CHARS:]
        self._end, self._newlines = end, 0 if end < self._at else -1

    def _space(self, piece: str, found: list[tuple[int, int]]) -> None:
        self._settle(piece, found)
        self._newlines = max(self._newlines, 0) + piece.count("\n")

    def _visible(self, piece: str, start: int, found: list[tuple[int, int]]) -> None:
        if self._ahead is not None:
            if self._ahead.kind != "bullet" and piece[0].isalnum():
                self._ahead.word = (self._ahead.word + piece)[:_RUN_CHARS]
            else:
                self._settle(piece[0], found)
        spaced, newlines, self._newlines = self._newlines >= 0, self._newlines, -1
        continues = False
        if self._begin is None:
            self._begin = start
        elif spaced:
            self._after_space(piece, start, newlines, found)
        elif self._stops:
            continues = self._continues(piece)
            if not continues:
                if self._stops[-1] in WIDE_TERMINATORS and not self._sealed and not self._depth:
                    self._split(self._end, start, found)
                self._drop_stops()
        if spaced or start == self._begin:
            self._before, self._run, self._run_at = self._end, "", start
        self._end = self._at
        if self._at - self._begin > self._limit:
            self._cut(found)
        if not continues:
            self._note_sign(piece, start)
        self._run = (self._run + piece)[-_RUN_CHARS:]

    def _note_sign(self, piece: str, start: int) -> None:
        """Brackets, and a stop that may end the sentence."""
        if piece in BRACKETS[0]:
            self._depth += 1
            self._opened_at = start
        elif piece in BRACKETS[1]:
            self._depth = max(0, self._depth - 1)
        elif piece in TERMINATORS or piece in WIDE_TERMINATORS:
            self._stops, self._word = piece, self._run

    def _continues(self, piece: str) -> bool:
        """Whether a piece belongs to the stop before it: more stops, closing marks, a footnote number."""
        if self._note:
            if piece == "]":
                self._note = False
            elif not piece.isdigit():
                self._depth += 1
                return False
        elif piece in TERMINATORS or piece in WIDE_TERMINATORS:
            if self._sealed:
                return False
            self._stops = (self._stops + piece)[:4]
        elif piece == "[":
            self._note = self._sealed = True
        elif piece in CLOSERS or piece in SUPERSCRIPTS:
            self._sealed = True
            if piece in BRACKETS[1]:
                self._depth = max(0, self._depth - 1)
        else:
            return False
        return True

    def _after_space(self, piece: str, start: int, newlines: int, found: list[tuple[int, int]]) -> None:
        char = piece[0]
        ends = self._ends(char, start) if self._stops else False
        self._drop_stops()
        if newlines >= 2 or (newlines == 1 and char in BULLETS) or ends is True:
            self._split(self._end, start, found)
        elif newlines == 1 and char in "-*–":
            self._ahead = _Ahead(self._end, start, "bullet")
        elif ends == "names" or ends == "times":
            self._ahead = _Ahead(self._end, start, ends, piece if piece.isalnum() else "")

    def _ends(self, char: str, start: int) -> bool | Literal["names", "times"]:
        """Whether a sentence ends before `char`; "names" or "times" when the whole next word decides."""
        if not _may_open(char) or (self._depth and start - self._opened_at < BRACKET_AT_MOST_CHARS):
            return False
        if self._stops != ".":
            return True
        word = _IN_WORD.split(self._word)[-1].lstrip("*_#-–—")
        if self._run_at == self._begin and _LIST_NUMBER.fullmatch(self._word):
            return False
        low = word.lower()
        if low in _NEVER or (low in _BEFORE_NUMBERS and char.isdigit()):
            return False
        if low in _TIMES:
            return "times"
        initial = len(word) == 1 and word.isupper() and word != "I"
        if initial or low in _BEFORE_NAMES or _DOTTED.fullmatch(word) or (low in _RANKS and word[0].isupper()):
            return "names"
        return True

    def _settle(self, following: str, found: list[tuple[int, int]]) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is None or self._begin is None or self._begin >= ahead.start:
            return
        if ahead.splits(following[:1]):
            self._split(ahead.end, ahead.start, found)

    def _split(self, end: int, start: int, found: list[tuple[int, int]]) -> None:
        assert self._begin is not None
        found.append((self._begin, end))
        self._begin, self._depth = start, 0

    def _cut(self, found: list[tuple[int, int]]) -> None:
        assert self._begin is not None
        if self._run_at > self._begin:
            self._split(self._before, self._run_at, found)
        while self._at - self._begin > self._limit:
            self._split(self._begin + self._limit, self._begin + self._limit, found)


def _may_open(char: str) -> bool:
    """Whether a sentence may begin with this character: anything but small letters and joining marks."""
    if char.isalnum():
        return not char.islower()
    return char in OPENERS or not (char.isascii() or char in "–—―")


def split(text: str, at_most_chars: int = 1200) -> list[tuple[int, int]]:
    """Offsets [start, end) of the sentences of a whole text, outer white space left out."""
    splitter = Splitter(at_most_chars)
    return splitter.feed(text) + splitter.close()
