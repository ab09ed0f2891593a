"""Strings of JSON as models write them: escapes, raw line breaks, marks that do not close or are missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from nutgraf.parse.ahead import CLOSING, HOLDS_JSON, QUOTES, Place, closes, line_ends, unclosed

LOOK_AHEAD_CHARS = 96

_ESCAPES = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": " ", '"': '"', "\\": "\\", "/": "/"}
#: Characters that need no thought in a string; in one with marks that is also a comma before an ordinary word.
_PLAIN = {
    mark: re.compile(rf"(?:[^{re.escape(closing)}\\,}}\x00-\x1f\x7f]+|,(?= ?[^\s}}\]{re.escape(QUOTES)}]))+")
    for mark, closing in CLOSING.items()
}
_PLAIN[""] = re.compile(rf"[^{CLOSING['']}\\,}}\]\x00-\x1f\x7f]+")
OPENING_CHARS = 40
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ONCE = {"n": "\n", "r": "\n", "t": " ", "u": "\\u"}
_WAIT = -1


class Unescaper:
    """Takes one layer of escapes off a text that arrives in pieces, but for those with hexadecimal digits."""

    def __init__(self) -> None:
        """Nothing is held."""
        self._half = ""  # a backslash whose other half is to come

    def feed(self, text: str) -> str:
        """The text as what it stands for."""
        text, self._half = self._half + text, ""
        if (len(text) - len(text.rstrip("\\"))) % 2:
            text, self._half = text[:-1], "\\"
        return _ESCAPED.sub(lambda match: _ONCE.get(match[1], match[1]), text)


class StringReader:
    """Reads one string after another: `begin`, then `read` until `over`. Pieces of text go to `say`."""

    def __init__(self, repairs: Counter[str], say: Callable[[str], None]) -> None:
        """`repairs` counts what is put right."""
        self.over = True
        self.place: Place = "alone"
        self.may_be_key = False  # in a list: a colon after it would make it a key
        self.is_key = False  # set at the end
        self._repairs, self._say = repairs, say
        self._mark = self._before = self._high = self._said = ""
        self._fresh = False
        self._sealed = False  # marks of its own are escaped, so that a plain one closes it

    def begin(self, mark: str, place: Place) -> None:
        """A string that was opened by `mark` begins; "" means that it has no marks."""
        self._mark, self.place, self.may_be_key = mark, place, place == "list"
        self._before, self._high, self._said, self._fresh = "", "", "", True
        self._sealed = False
        self.over = self.is_key = False

    def read(self, data: str, at: int, *, last: bool) -> int:
        """Read on at `at`; returns where to go on, or -1 when more text is needed, which it never is when `last`."""
        if self._fresh and (to := self._opening(data, at, last=last)) != at:
            return to
        run = _PLAIN[self._mark].match(data, at)
        if run:
            self._tell(run[0])
            return run.end()
        char = data[at]
        if char == "\\":
            return self._escape(data, at, last=last)
        if char in CLOSING[self._mark]:
            return self._maybe_end(data, at, last=last)
        if char in ",}]":
            return self._maybe_unclosed(data, at, last=last)
        if char in "\n\r":
            return self._line_break(data, at, last=last)
        self._repairs["control-character"] += 1
        self._tell(" ")
        return at + 1

    def _tell(self, piece: str) -> None:
        self._high = ""  # the other half of a pair never came
        self._before = piece[-1]
        if len(self._said) < OPENING_CHARS:
            self._said = (self._said + piece)[:OPENING_CHARS]
        self._say(piece)

    def _opening(self, data: str, at: int, *, last: bool) -> int:
        """Marks that were doubled at the start, `""like this""`, are one mark."""
        if self._mark and data[at] == self._mark:
            after = data[at + 1 : at + 2]
            if not after and not last:
                return _WAIT
            if after.isalnum() or after == self._mark:
                self._repairs["doubled-quote"] += 1
                return at + 1
        self._fresh = False
        return at

    def _escape(self, data: str, at: int, *, last: bool) -> int:
        char = data[at + 1 : at + 2]
        if not char:
            return len(data) if last else _WAIT
        if char == "u":
            return self._unicode(data, at, last=last)
        if char in _ESCAPES:
            if char == self._mark and len(self._said) < OPENING_CHARS and HOLDS_JSON.match(self._said + char):
                self._sealed = True
            self._tell(_ESCAPES[char])
            return at + 2
        self._repairs["bad-escape"] += 1
        if char in "\n\r":
            self._tell(" ")
        else:
            self._tell(char)
        return at + 2

    def _unicode(self, data: str, at: int, *, last: bool) -> int:
        digits = data[at + 2 : at + 6]
        if not re.fullmatch("[0-9a-fA-F]{4}", digits):
            if re.fullmatch("[0-9a-fA-F]{0,3}", digits):
                if not last and len(data) < at + 6:
                    return _WAIT
                if last and at + 2 + len(digits) == len(data):
                    return len(data)
            self._repairs["bad-escape"] += 1
            return at + 2
        code = int(digits, 16)
        if 0xD800 <= code < 0xDC00:
            self._high = chr(code)
        elif 0xDC00 <= code < 0xE000:
            if self._high:
                self._tell(chr(0x10000 + (ord(self._high) - 0xD800) * 0x400 + code - 0xDC00))
        else:
            self._tell(chr(code))
        return at + 6

    def _maybe_end(self, data: str, at: int, *, last: bool) -> int:
        ahead = data[at + 1 : at + 1 + LOOK_AHEAD_CHARS]
        rest = ahead.lstrip(self._mark or '"').lstrip()
        self.is_key = self.place == "key" or (self.may_be_key and rest[:1] in (":", "="))
        ends = (
            True if self._sealed or (self.is_key and rest[:1] in (":", "=")) else closes(rest, self.place, self._before)
        )
        if ends is None:
            if not last and len(ahead) < LOOK_AHEAD_CHARS:
                return _WAIT
            ends = True
        if not ends:
            self._repairs["unescaped-quote"] += 1
            self._tell(data[at])
            return at + 1
        self.is_key = self.is_key and rest[:1] not in (",", "}", "]")
        self.over = True
        at += 1
        while self._mark and data.startswith(self._mark, at):
            at += 1
        return at

    def _maybe_unclosed(self, data: str, at: int, *, last: bool) -> int:
        if self._mark and HOLDS_JSON.match(self._said):
            self._tell(data[at])
            return at + 1
        ahead = data[at + 1 : at + 1 + LOOK_AHEAD_CHARS]
        ends = unclosed(data[at], ahead.lstrip(), self.place, self._mark)
        if ends is None:
            if not last and len(ahead) < LOOK_AHEAD_CHARS:
                return _WAIT
            ends = data[at] == "}" or not self._mark
        if not ends:
            self._tell(data[at])
            return at + 1
        return self._end_unclosed(at)

    def _end_unclosed(self, at: int) -> int:
        if self._mark:
            self._repairs["missing-quote"] += 1
        self.over, self.is_key = True, False
        return at

    def _line_break(self, data: str, at: int, *, last: bool) -> int:
        """A line break in a string is a space, unless the string was never closed."""
        ahead = data[at : at + LOOK_AHEAD_CHARS]
        rest = ahead.lstrip()
        ends = line_ends(rest, self.place, self._mark)
        if ends is None and not last and len(ahead) < LOOK_AHEAD_CHARS:
            return _WAIT
        if ends:
            return self._end_unclosed(at)
        self._repairs["raw-line-break"] += 1
        if self._before not in ("", " "):
            self._tell(" ")
        return at + len(ahead) - len(rest)
