"""A scanner for JSON as models write it: one pass over text that is still arriving, every malformation put right.

It tells a Handler what it meets: containers, keys, strings piece by piece, numbers. What a sign means is decided with a
look-ahead of at most LOOK_AHEAD_CHARS, so the work is linear in the text however it is cut. Nothing is read twice.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal, Protocol

from nutgraf.parse.keys import ROLES, name_of

LOOK_AHEAD_CHARS = 96
DEPTH_AT_MOST_LEVELS = 32
KEY_AT_MOST_CHARS = 1200
TOKEN_AT_MOST_CHARS = 64

#: A quotation mark that opens a string, and what may close it.
CLOSING = {'"': '"', "'": "'", "`": "`", "“": '”“"', "”": '”"', "„": '“”"', "‘": "’‘'", "’": "’'", "«": "»", "": '"'}
_QUOTES = "\"'`“”„‘’«"
_Q = "[\"'`“”„‘’«»\\\\]"
_ESCAPES = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": " ", '"': '"', "\\": "\\", "/": "/"}
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\s,:;=<>{}()\[\]\"'`“”„‘’«»/#\\]+")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_LITERALS = frozenset("true false null none undefined nan infinity nil n/a".split())
_KEY_AHEAD = re.compile(rf"({_Q}{{0,2}})(\w[\w -]{{0,40}}){_Q}{{0,2}}\s*[:=]")
_KEY_BEGUN = re.compile(rf"{_Q}{{0,2}}(?:\w[\w -]{{0,40}}{_Q}{{0,2}}\s*)?")
_MAY_BE_KEY = re.compile(r"[A-Za-z][A-Za-z_ -]{0,22}\d{0,3}")
_PLAIN = {
    mark: re.compile("[^" + re.escape(closing) + "\\\\,}\x00-\x1f\x7f" + ("\\]" if not mark else "") + "]+")
    for mark, closing in CLOSING.items()
}
_COMMENT_END = {"//": "\n", "/*": "*/", "#": "\n"}

Want = Literal["key", "colon", "value", "comma"]


class Handler(Protocol):
    """Who is told what the scanner meets, in the order of the text."""

    def opened(self, mark: str) -> None:
        """An object `{` or a list `[` begins."""

    def shut(self) -> None:
        """The innermost container ends."""

    def key(self, name: str) -> None:
        """The next value belongs to this key."""

    def string(self) -> None:
        """A string value begins."""

    def text(self, piece: str) -> None:
        """More of the string, escapes resolved."""

    def string_end(self) -> None:
        """The string is complete, or the text has ended within it."""

    def scalar(self, token: str) -> None:
        """A number or a word without quotation marks."""


@dataclass(slots=True)
class _Level:
    """An open container and what may come next in it."""

    is_object: bool
    want: Want
    fresh: bool = True


class Scanner:
    """Feed text from the first sign of a document on; `done` when its outermost container has closed."""

    def __init__(self, handler: Handler, repairs: Counter[str]) -> None:
        """`repairs` counts what is put right, by name."""
        self.done = False
        self._handler, self._repairs = handler, repairs
        self._held = ""
        self._last = False  # no more text will come
        self._step = self._outside
        self._levels: list[_Level] = []
        self._too_deep = 0
        self._mark = ""  # how the string at hand was opened
        self._key: list[str] | None = None  # what a string that may be a key has said
        self._key_chars = 0
        self._before = ""  # the last character of the string at hand
        self._comment = ""
        self._surrogate = ""

    def feed(self, text: str) -> str:
        """Read a piece of text; returns what stands after the end of the document."""
        data, at = (self._held + text if self._held else text), 0
        while at < len(data) and not self.done:
            to = self._step(data, at)
            if to < 0:
                break
            at = to
        self._held = "" if self.done else data[at:]
        return data[at:] if self.done else ""

    def close(self) -> None:
        """End the document where the text ends: strings and containers that are open count as closed there."""
        self._last = True
        rest, self._held = self._held, ""
        self.feed(rest)
        if self.done:
            return
        if self._step in (self._in_string, self._start_of_string):
            self._end_string(len(rest))
            self._repairs["cut-string"] += 1
        if self._levels:
            self._repairs["missing-bracket"] += 1
        while self._levels:
            self._pop()
        self.done = True

    # Between values.

    def _outside(self, data: str, at: int) -> int:
        space = _SPACE.match(data, at)
        if space and space.end() > at:
            return space.end()
        char = data[at]
        if char in "{[(":
            return self._open(char, at)
        if char in "}])":
            return self._shut(char, at)
        if char in ",;":
            return self._comma(char, at)
        if char in ":=":
            return self._colon(char, at)
        if char in "/#":
            return self._begin_comment(data, at)
        if char == "\\":
            return self._escape_outside(data, at)
        if char == "`" and self._fence(data, at):
            return at + 1 if data.startswith("```", at) else -1
        if char in _QUOTES:
            return self._begin_string(char, at)
        return self._word(data, at)

    def _open(self, char: str, at: int) -> int:
        top = self._levels[-1] if self._levels else None
        if top is not None and top.is_object:
            if char == "{" and top.want == "key" and top.fresh:
                self._repairs["doubled-brace"] += 1
            elif char == "{" and top.want in ("key", "comma") and len(self._levels) > 1:
                self._repairs["missing-bracket"] += 1
                self._pop()
            elif top.want == "colon":
                self._repairs["missing-colon"] += 1
        self._value()
        if len(self._levels) >= DEPTH_AT_MOST_LEVELS:
            self._too_deep += 1
            return at + 1
        if char == "(":
            self._repairs["python-literal"] += 1
        self._levels.append(_Level(char == "{", "key" if char == "{" else "value"))
        self._handler.opened("{" if char == "{" else "[")
        return at + 1

    def _shut(self, char: str, at: int) -> int:
        if self._too_deep:
            self._too_deep -= 1
            return at + 1
        is_object = char == "}"
        if not any(level.is_object is is_object for level in self._levels):
            self._repairs["stray-bracket"] += 1
            return at + 1
        while self._levels[-1].is_object is not is_object:
            self._repairs["missing-bracket"] += 1
            self._pop()
        if not self._levels[-1].fresh and self._levels[-1].want in ("key", "value"):
            self._repairs["trailing-comma"] += 1
        self._pop()
        self.done = not self._levels
        return at + 1

    def _pop(self) -> None:
        self._levels.pop()
        self._handler.shut()

    def _value(self) -> None:
        """A value begins in the innermost container."""
        if self._levels:
            top = self._levels[-1]
            if top.want == "comma":
                self._repairs["missing-comma"] += 1
            top.want, top.fresh = "comma", False

    def _comma(self, char: str, at: int) -> int:
        if self._levels:
            top = self._levels[-1]
            if top.want != "comma" or char == ";":
                self._repairs["stray-comma"] += 1
            top.want = "key" if top.is_object else "value"
        return at + 1

    def _colon(self, char: str, at: int) -> int:
        top = self._levels[-1] if self._levels else None
        if top is None or top.want != "colon" or char == "=":
            self._repairs["stray-colon"] += 1
        if top is not None and top.want == "colon":
            top.want = "value"
        return at + 1

    def _begin_comment(self, data: str, at: int) -> int:
        if data[at] == "#":
            self._comment = "#"
        elif at + 1 == len(data) and not self._last:
            return -1
        elif data[at : at + 2] not in _COMMENT_END:
            self._repairs["stray-character"] += 1
            return at + 1
        else:
            self._comment = data[at : at + 2]
        self._repairs["comment"] += 1
        self._step = self._in_comment
        return at + len(self._comment)

    def _in_comment(self, data: str, at: int) -> int:
        ending = _COMMENT_END[self._comment]
        end = data.find(ending, at)
        if end >= 0:
            self._step = self._outside
            return end + len(ending)
        return (
            len(data) - 1
            if ending == "*/" and data[-1] == "*" and len(data) - 1 > at
            else (len(data) if data[-1] != "*" or ending == "\n" or self._last else -1)
        )

    def _escape_outside(self, data: str, at: int) -> int:
        """Outside a string a backslash is one too many: before a sign it is dropped, with `n` or `t` it was white."""
        if at + 1 == len(data) and not self._last:
            return -1
        self._repairs["stray-escape"] += 1
        return at + 2 if data[at + 1 : at + 2] in ("n", "t", "r") else at + 1

    def _fence(self, data: str, at: int) -> bool:
        """Whether the backtick at `at` is one of a code fence, or may become one."""
        run = data[at : at + 3]
        return run == "```" or (len(run) < 3 and set(run) == {"`"} and not self._last)

    def _word(self, data: str, at: int) -> int:
        match = _WORD.match(data, at)
        if match is None:
            self._repairs["stray-character"] += 1
            return at + 1
        end = match.end()
        if end == len(data) and not self._last and end - at < TOKEN_AT_MOST_CHARS:
            return -1
        token = match[0][:TOKEN_AT_MOST_CHARS]
        top = self._levels[-1] if self._levels else None
        after = _SPACE.match(data, end)
        follow = after.end() if after else end
        if top is not None and top.is_object and top.want in ("key", "comma"):
            if follow == len(data) and not self._last:
                return -1 if follow - at < LOOK_AHEAD_CHARS else follow
            if data[follow : follow + 1] in (":", "=") and follow < len(data):
                self._repairs["unquoted-key"] += 1
                self._named(token)
            else:
                self._repairs["stray-character"] += 1
            return end
        if len(token) <= 2 and data[end : end + 1] in ('"', "'") and token.lower() in ("b", "f", "r", "u", "br", "fr"):
            self._repairs["python-literal"] += 1
            return end
        if _NUMBER.fullmatch(token) or token.lower() in _LITERALS:
            if token[0].isupper() or token.lower() in ("none", "undefined", "nil"):
                self._repairs["python-literal"] += 1
            self._value()
            self._handler.scalar(token)
            return end
        self._repairs["unquoted-string"] += 1
        return self._begin_string("", at)

    # Strings.

    def _begin_string(self, mark: str, at: int) -> int:
        top = self._levels[-1] if self._levels else None
        if mark == "'" or mark == "`":
            self._repairs["single-quotes"] += 1
        elif mark and mark != '"':
            self._repairs["smart-quotes"] += 1
        self._mark, self._before = mark, ""
        is_key = top is not None and top.is_object and top.want in ("key", "comma")
        self._key = [] if is_key or (top is not None and not top.is_object) else None
        self._key_chars = 0
        if top is not None and top.want == "colon":
            self._repairs["missing-colon"] += 1
        if self._key is None:
            self._value()
            self._handler.string()
        self._step = self._start_of_string
        return at + (1 if mark else 0)

    def _start_of_string(self, data: str, at: int) -> int:
        """Marks that were doubled at the start of a string, `""like this""`, are one mark."""
        self._step = self._in_string
        if self._mark and data[at] == self._mark:
            after = data[at + 1 : at + 2]
            if not after and not self._last:
                self._step = self._start_of_string
                return -1
            if after.isalnum() or after == self._mark:
                self._repairs["doubled-quote"] += 1
                self._step = self._start_of_string
                return at + 1
        return at

    def _in_string(self, data: str, at: int) -> int:
        run = _PLAIN[self._mark].match(data, at)
        if run:
            self._say(run[0])
            return run.end()
        char = data[at]
        if char == "\\":
            return self._escape(data, at)
        if char in CLOSING[self._mark]:
            return self._maybe_end(data, at)
        if char in ",}]":
            return self._maybe_unclosed(data, at)
        if char in "\n\r":
            return self._line_break(data, at)
        self._repairs["control-character"] += 1
        self._say(" ")
        return at + 1

    def _say(self, piece: str) -> None:
        if self._surrogate:
            self._surrogate = ""  # the other half never came
        self._before = piece[-1]
        if self._key is None:
            self._handler.text(piece)
            return
        self._key.append(piece)
        self._key_chars += len(piece)
        in_list = not self._levels[-1].is_object
        if self._key_chars > KEY_AT_MOST_CHARS or (in_list and not _MAY_BE_KEY.fullmatch("".join(self._key))):
            self._not_a_key()

    def _not_a_key(self) -> None:
        """What may have been a key is a value."""
        said, self._key = self._key or [], None
        if self._levels[-1].is_object:
            self._repairs["missing-key"] += 1
        self._value()
        self._handler.string()
        for piece in said:
            self._handler.text(piece)

    def _escape(self, data: str, at: int) -> int:
        char = data[at + 1 : at + 2]
        if not char:
            return len(data) if self._last else -1
        if char == "u":
            return self._unicode(data, at)
        if char == "\n":
            self._repairs["bad-escape"] += 1
            self._say(" ")
        elif char in _ESCAPES:
            self._say(_ESCAPES[char])
        else:
            self._repairs["bad-escape"] += 1
            if char not in CLOSING and char not in "[]{}()*_#-.!&$%'":
                self._say(f"\\{char}")
            else:
                self._say(char)
        return at + 2

    def _unicode(self, data: str, at: int) -> int:
        digits = data[at + 2 : at + 6]
        if len(digits) < 4:
            if not self._last:
                return -1
            return len(data)
        try:
            code = int(digits, 16) if digits.isalnum() else -1
        except ValueError:
            code = -1
        if code < 0:
            self._repairs["bad-escape"] += 1
            return at + 2
        if 0xD800 <= code < 0xDC00:
            self._surrogate = chr(code)
        elif 0xDC00 <= code < 0xE000:
            high, self._surrogate = self._surrogate, ""
            if high:
                self._say(chr(0x10000 + (ord(high) - 0xD800) * 0x400 + (code - 0xDC00)))
        else:
            self._say(chr(code))
        return at + 6

    def _maybe_end(self, data: str, at: int) -> int:
        end = self._ends_here(data, at)
        if end is None:
            return -1
        if end:
            self._end_string(at)
            while data.startswith(self._mark, at + 1) and self._mark:
                at += 1
            return at + 1
        self._repairs["unescaped-quote"] += 1
        self._say(data[at])
        return at + 1

    def _end_string(self, at: int) -> None:
        self._step = self._outside
        if self._key is None:
            self._handler.string_end()
            self.done = not self._levels
            return
        name = "".join(self._key)
        if self._colon_follows:
            self._key = None
            self._named(name)
        else:
            self._not_a_key()
            self._handler.string_end()

    _colon_follows = False

    def _named(self, name: str) -> None:
        """A key has been read; in a list it means that a bracket is missing."""
        top = self._levels[-1]
        if not top.is_object:
            self._repairs["missing-bracket"] += 1
            if any(level.is_object for level in self._levels):
                while not self._levels[-1].is_object:
                    self._pop()
            else:
                self._open("{", 0)
            top = self._levels[-1]
        elif top.want == "comma":
            self._repairs["missing-comma"] += 1
        top.want, top.fresh = "colon", False
        self._handler.key(name)

    def _ends_here(self, data: str, at: int) -> bool | None:
        """Whether the mark at `at` closes the string; None when more must be seen."""
        ahead = data[at + 1 : at + 1 + LOOK_AHEAD_CHARS]
        answer = self._closes(ahead)
        if answer is None and (self._last or len(ahead) == LOOK_AHEAD_CHARS):
            return True
        return answer

    def _closes(self, ahead: str) -> bool | None:
        self._colon_follows = False
        rest = ahead.lstrip(" \t\r\n" + (self._mark or '"'))
        if not rest:
            return None
        char, top = rest[0], (self._levels[-1] if self._levels else None)
        if top is None:
            return False
        if self._key is not None and char in ":=":
            self._colon_follows = True
            return True
        if self._key is not None and top.is_object:
            if char in "[{" or char in _QUOTES or char.isdigit():
                self._colon_follows = True  # the colon is missing
                return True
            return char in ",}]"
        if char in "}]":
            return True
        if char in ",;":
            return self._follows_comma(rest[1:].lstrip(), top)
        if char == "/":
            return None if len(rest) == 1 else rest[1] in "/*"
        if char in "#{":
            return True
        if char == "`":
            return rest.startswith("```") or (None if len(rest) < 3 else False)
        if char == "<":
            return None if len(rest) == 1 else rest[1] == "/"
        return self._next_value(rest, top)

    def _follows_comma(self, rest: str, top: _Level) -> bool | None:
        """Whether a comma and `rest` can come after a string value."""
        if not rest:
            return None
        if rest[0] in "}]{":
            return True
        if rest[0] in "/#":
            return None if len(rest) == 1 else rest[0] == "#" or rest[1] in "/*"
        if top.is_object:
            return _key_ahead(rest)
        return rest[0] in _QUOTES or rest[0] == "[" or rest[0].isdigit()

    def _next_value(self, rest: str, top: _Level) -> bool | None:
        """Whether the comma is missing and `rest` is the next value or key."""
        if rest[0] not in _QUOTES and not rest[0].isalpha():
            return False
        if top.is_object:
            return _key_ahead(rest)
        return rest[0] in _QUOTES and self._before in ".!?]"

    def _maybe_unclosed(self, data: str, at: int) -> int:
        """A comma or a bracket in a string: does it stand after a string whose closing mark is missing?"""
        ahead = data[at + 1 : at + 1 + LOOK_AHEAD_CHARS]
        rest = ahead.lstrip()
        ends: bool | None = False
        if not self._levels or (self._key is not None and self._levels[-1].is_object):
            ends = False
        elif not rest:
            ends = None
        elif data[at] == ",":
            ends = self._comma_unclosed(rest)
        else:
            if rest[0] == ",":
                more = rest[1:].lstrip()
                ends = None if not more else more[0] in "{]}" or more[0] in _QUOTES
            else:
                ends = rest[0] in "]}"
        if ends is None:
            if not self._last and len(ahead) < LOOK_AHEAD_CHARS:
                return -1
            ends = data[at] != "," or not self._mark
        if not ends:
            self._say(data[at])
            return at + 1
        if self._mark:
            self._repairs["missing-quote"] += 1
        self._end_string(at)
        return at

    def _comma_unclosed(self, rest: str) -> bool | None:
        if not self._levels[-1].is_object:
            return not self._mark and (rest[0] in _QUOTES or rest[0].isdigit())
        if rest[0] in _QUOTES:
            return _key_ahead(rest)
        return not self._mark and bool(_key_ahead(rest))

    def _line_break(self, data: str, at: int) -> int:
        """A line break in a string is a space, unless the string was never closed."""
        ahead = data[at : at + LOOK_AHEAD_CHARS]
        rest = ahead.lstrip()
        ends: bool | None = None
        if rest:
            ends = rest[0] in "}]"
            if not ends and rest[0] in _QUOTES and self._key is None and self._levels and self._levels[-1].is_object:
                ends = _key_ahead(rest)
            elif not self._mark:
                ends = True
        if ends is None and not self._last and len(ahead) < LOOK_AHEAD_CHARS:
            return -1
        if ends:
            self._repairs["missing-quote"] += 1
            self._end_string(at)
            return at
        self._repairs["raw-line-break"] += 1
        self._say(" ")
        return at + len(ahead) - len(rest) if rest else at + len(ahead)


def _key_ahead(rest: str) -> bool | None:
    """Whether `rest` begins with a key and its colon; None when it still may."""
    match = _KEY_AHEAD.match(rest)
    if match:
        return bool(match[1]) or name_of(match[2]) in ROLES
    return None if _KEY_BEGUN.fullmatch(rest) else False
