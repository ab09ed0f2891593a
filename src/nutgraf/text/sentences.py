"""A sentence splitter for text that is still arriving.

One pass, constant work a character. A boundary is given out only when the first character after it has
been seen, so any way of cutting the text into chunks gives the same sentences, the pieces joined give the
text back, and nothing given out is ever taken back.
"""

from __future__ import annotations

import re

TERMINATORS = ".!?…"
CLOSERS = "\"'”’)]»*_"
OPENERS = "\"'“‘([«*_-–—•#"
#: Abbreviations that a capital letter may follow inside one sentence.
ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st mt no nos vs fig figs e.g i.e eg ie cf u.s u.k u.n e.u gen sen rep gov lt col sgt capt "
    "approx dept est messrs hon rev pp art sec vol ed eds al ca jan feb mar apr jun jul aug sept sep oct nov dec".split()
)
_LAST_TOKEN = re.compile(r"[^\s(\[\"'“‘]+$")
_ONLY_NUMBER = re.compile(r"\s*[\(\[]?(\d{1,3}|[a-zA-Z])[.)]\s*$")


class Splitter:
    """Feed text, get sentences as (start, end) offsets into all the text fed so far.

    `at_most_chars` bounds a sentence: a longer one is cut at its last white space.
    """

    def __init__(self, at_most_chars: int = 1200) -> None:
        """Start at offset zero."""
        self._limit = at_most_chars
        self._text = ""  # what was fed from _base on
        self._base = 0  # offset of _text[0]
        self._at = 0  # scanned up to here, relative to _text
        self._depth = 0

    def feed(self, text: str) -> list[tuple[int, int]]:
        """The sentences that are now certain, in order."""
        self._text += text
        return self._scan(last=False)

    def close(self) -> list[tuple[int, int]]:
        """The rest, once no more text will come."""
        found = self._scan(last=True)
        if self._text.strip():
            found.append(self._span(len(self._text)))
        self._base += len(self._text)
        self._text, self._at, self._depth = "", 0, 0
        return found

    def _scan(self, last: bool) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            cut = self._boundary(char, last)
            if cut is None:
                break
            if cut == 0 and self._at >= self._limit:
                cut = self._text.rfind(" ", 1, self._at) + 1 or self._at
            if cut:
                if self._text[:cut].strip():
                    found.append(self._span(cut))
                self._base += cut
                self._text, self._at, self._depth = self._text[cut:], 0, 0
                continue
            self._depth += (char in "([") - (char in ")]" and self._depth > 0)
            self._at += 1
        return found

    def _boundary(self, char: str, last: bool) -> int | None:
        """Where a sentence ends if it ends at the current character; 0 if not; None when it is too early to say."""
        text, at = self._text, self._at
        if char not in TERMINATORS and char != "\n":
            return 0
        end = at + 1
        if char == "\n":
            after = _skip(text, end, " \t\r")
            if after >= len(text):
                return 0 if last else None
            return after if text[after] == "\n" else 0
        while end < len(text) and text[end] in TERMINATORS:
            end += 1
        while end < len(text) and text[end] in CLOSERS:
            end += 1
        after = _skip(text, end, " \t\r\n")
        if after >= len(text):
            return 0 if last else None
        if after == end:
            return 0
        blank_line = text.count("\n", end, after) > 1
        return after if blank_line or self._ends(at, text[after]) else 0

    def _ends(self, at: int, following: str) -> bool:
        if not (following.isupper() or following.isdigit() or following in OPENERS or not following.isascii()):
            return False
        if self._depth > 0 and at < 400:
            return False
        if self._text[at] != ".":
            return True
        if _ONLY_NUMBER.fullmatch(self._text[: at + 1]):
            return False
        token = _LAST_TOKEN.search(self._text[max(0, at - 20) : at])
        word = token.group() if token else ""
        if word.lower() in ABBREVIATIONS:
            return word.lower() == "no" and following.isupper()
        return not (len(word) == 1 and word.isupper() and word != "I")

    def _span(self, cut: int) -> tuple[int, int]:
        piece = self._text[:cut]
        lead = len(piece) - len(piece.lstrip())
        return self._base + lead, self._base + len(piece.rstrip())


def _skip(text: str, at: int, chars: str) -> int:
    while at < len(text) and text[at] in chars:
        at += 1
    return at


def split(text: str, at_most_chars: int = 1200) -> list[tuple[int, int]]:
    """Offsets [start, end) of the sentences of a whole text, outer white space left out."""
    splitter = Splitter(at_most_chars)
    return splitter.feed(text) + splitter.close()
