"""A scanner for JSON as models write it: one pass over text that is still arriving, every malformation put right.

It tells a Handler what it meets: containers, keys, strings piece by piece, numbers. What a sign means is decided with a
look-ahead of at most LOOK_AHEAD_CHARS, so the work is linear in the text however it is cut.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from nutgraf.parse.ahead import QUOTES, Place
from nutgraf.parse.handler import Handler
from nutgraf.parse.keys import ROLES, name_of
from nutgraf.parse.strings import LOOK_AHEAD_CHARS, StringReader, Unescaper

DEPTH_AT_MOST_LEVELS = 32
KEY_AT_MOST_CHARS = 1200
TOKEN_AT_MOST_CHARS = 64

_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\s,:;=<>{}()\[\]\"'`“”„‘’«»/#\\]+")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_LITERALS = frozenset("true false null none undefined nan infinity nil".split())
_PREFIXES = frozenset("b f r u br rb fr rf".split())
_MAY_BE_KEY = re.compile(r"[A-Za-z][A-Za-z_ -]{0,22}\d{0,3}")
_COMMENT_END = {"//": "\n", "/*": "*/", "#": "\n"}
_WAIT = -1


@dataclass(slots=True)
class _Level:
    """An open container and what may come next in it."""

    is_object: bool
    want: Literal["key", "colon", "value", "comma"]
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
        self._string = StringReader(repairs, self._say)
        self._key: list[str] | None = None  # what a string that may be a key has said
        self._key_chars = 0
        self._comment = ""
        self._quoted = False  # a string with marks has begun
        self.escapes: Unescaper | None = None  # the whole document is escaped once more
        self._found_escapes = False

    def feed(self, text: str) -> str:
        """Read a piece of text; returns what stands after the end of the document."""
        if self.escapes is not None:
            text = self.escapes.feed(text)
        data, at = (self._held + text if self._held else text), 0
        while at < len(data) and not self.done:
            to = self._step(data, at)
            if to == _WAIT:
                break
            at = to
            if self._found_escapes:  # read the rest as what it stands for
                self._found_escapes, self.escapes = False, Unescaper()
                data, at = self.escapes.feed(data[at:]), 0
        self._held = "" if self.done else data[at:]
        return data[at:] if self.done else ""

    def close(self) -> str:
        """End the document where the text ends: strings and containers that are open count as closed there.

        Returns what stands after the end of the document after all.
        """
        self._last = True
        rest, self._held = self._held, ""
        self.escapes = None
        rest = self.feed(rest)
        if self.done:
            return rest
        if not self._string.over:
            self._repairs["cut-string"] += 1
            if self._key is None or self._string.place != "key":
                self._end_string()
        if self._levels and self._step != self._after_root:
            self._repairs["missing-bracket"] += 1
        while self._levels:
            self._pop()
        self.done = True
        return ""

    # Between strings.

    def _outside(self, data: str, at: int) -> int:
        char = data[at]
        if char.isspace():
            space = _SPACE.match(data, at)
            at = space.end() if space else at + 1
            if at == len(data):
                return at
            char = data[at]
        if char in QUOTES and not (char == "`" and self._may_fence(data, at)):
            return self._begin_string(char, at)
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
            return self._backslash(data, at)
        if char == "`":
            return _WAIT if len(data) - at < 3 and not self._last else at + 3
        if char == "<":
            return self._tag(data, at)
        return self._word(data, at)

    def _open(self, char: str, at: int) -> int:
        top = self._levels[-1] if self._levels else None
        if top is not None and top.is_object and char == "{" and top.want in ("key", "comma"):
            if top.fresh:
                self._repairs["doubled-brace"] += 1
            elif len(self._levels) > 1:
                self._repairs["missing-bracket"] += 1
                self._pop()
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
        top = self._levels[-1]
        if len(self._levels) == 1:
            self._step = self._after_root
            return at + 1
        if not top.fresh and top.want in ("key", "value"):
            self._repairs["trailing-comma"] += 1
        self._pop()
        return at + 1

    def _after_root(self, data: str, at: int) -> int:
        """The outermost container has closed, unless a comma shows that it was closed too early."""
        char, root = data[at], self._levels[0]
        if char.isspace():
            return at + 1
        if char in "}])":
            self._repairs["stray-bracket"] += 1
            return at + 1
        if char == ",":
            rest = data[at + 1 : at + LOOK_AHEAD_CHARS].lstrip()
            if not rest and not self._last and len(data) - at < LOOK_AHEAD_CHARS:
                return _WAIT
            if rest and (rest[0] in QUOTES or (not root.is_object and rest[0] in "{[")):
                self._repairs["stray-bracket"] += 1
                self._step = self._outside
                root.want = "comma"
                return at
        if not root.fresh and root.want in ("key", "value"):
            self._repairs["trailing-comma"] += 1
        self._pop()
        self.done = True
        return at

    def _pop(self) -> None:
        self._levels.pop()
        self._handler.shut()

    def _value(self) -> None:
        """A value begins in the innermost container."""
        if self._levels:
            top = self._levels[-1]
            if top.want == "comma":
                self._repairs["missing-comma"] += 1
            elif top.want == "colon":
                self._repairs["missing-colon"] += 1
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
        if data[at] == "/" and at + 1 == len(data) and not self._last:
            return _WAIT
        opening = "#" if data[at] == "#" else data[at : at + 2]
        if opening not in _COMMENT_END:
            self._repairs["stray-character"] += 1
            return at + 1
        self._repairs["comment"] += 1
        self._comment, self._step = opening, self._in_comment
        return at + len(opening)

    def _in_comment(self, data: str, at: int) -> int:
        ending = _COMMENT_END[self._comment]
        end = data.find(ending, at)
        if end >= 0:
            self._step = self._outside
            return end + len(ending)
        if ending == "*/" and data[-1] == "*" and not self._last:
            return len(data) - 1 if len(data) - 1 > at else _WAIT
        return len(data)

    def _backslash(self, data: str, at: int) -> int:
        """Outside a string a backslash is one too many; before the first mark it tells of a document escaped twice."""
        if at + 1 == len(data) and not self._last:
            return _WAIT
        after = data[at + 1 : at + 2]
        first = not self._quoted or (self._levels and self._levels[-1].fresh)
        if self.escapes is None and first and after in ('"', "n"):
            self._repairs["escaped-document"] += 1
            self._found_escapes = True
            return at
        self._repairs["stray-escape"] += 1
        return at + 2 if after in ("n", "t", "r") else at + 1

    def _may_fence(self, data: str, at: int) -> bool:
        """Whether the backtick at `at` is one of a code fence, or may become one."""
        run = data[at : at + 3]
        return run == "```" or (len(run) < 3 and set(run) == {"`"} and not self._last)

    def _tag(self, data: str, at: int) -> int:
        """A tag or a sign of a chat format between values says nothing."""
        end = data.find(">", at, at + TOKEN_AT_MOST_CHARS)
        if end < 0 and not self._last and len(data) - at < TOKEN_AT_MOST_CHARS:
            return _WAIT
        self._repairs["stray-tag"] += 1
        return end + 1 if end >= 0 else at + 1

    def _word(self, data: str, at: int) -> int:
        """A key, number, literal or string without marks."""
        match = _WORD.match(data, at)
        if match is None:
            self._repairs["stray-character"] += 1
            return at + 1
        end = match.end()
        if end == len(data) and not self._last and end - at < TOKEN_AT_MOST_CHARS:
            return _WAIT
        token, top = match[0][:TOKEN_AT_MOST_CHARS], self._levels[-1] if self._levels else None
        if (
            top is not None
            and top.want in ("key", "comma" if top.is_object else "value")
            and self._may_name(token, top)
        ):
            to = self._bare_key(data, at, end)
            if to != at:
                return to
        if token.lower() in _PREFIXES and data[end : end + 1] in ('"', "'"):
            self._repairs["python-literal"] += 1
            return end
        if _NUMBER.fullmatch(token) or token.lower() in _LITERALS:
            if token[0].isupper() or token.lower() in ("none", "undefined", "nil"):
                self._repairs["python-literal"] += 1
            self._value()
            self._handler.scalar(token)
            return end
        if top is not None and top.want == "comma":
            self._repairs["stray-character"] += 1
            return end
        self._repairs["unquoted-string"] += 1
        return self._begin_string("", at)

    def _may_name(self, token: str, top: _Level) -> bool:
        return top.is_object or name_of(token) in ROLES

    def _bare_key(self, data: str, at: int, end: int) -> int:
        space = _SPACE.match(data, end)
        follow = space.end() if space else end
        if follow == len(data) and not self._last and follow - at < LOOK_AHEAD_CHARS:
            return _WAIT
        if data[follow : follow + 1] in (":", "="):
            self._repairs["unquoted-key"] += 1
            self._named(data[at:end])
        elif not self._levels[-1].is_object:
            return at
        else:
            self._repairs["stray-character"] += 1
        return end

    # Strings.

    def _begin_string(self, mark: str, at: int) -> int:
        top = self._levels[-1] if self._levels else None
        if mark in ("'", "`"):
            self._repairs["single-quotes"] += 1
        elif mark and mark != '"':
            self._repairs["smart-quotes"] += 1
        self._quoted = self._quoted or bool(mark)
        place: Place = "alone"
        if top is not None:
            place = "list" if not top.is_object else "key" if top.want in ("key", "comma") else "object"
        self._string.begin(mark, place)
        self._key, self._key_chars = ([] if place in ("key", "list") else None), 0
        if self._key is None:
            self._value()
            self._handler.string()
        self._step = self._in_string
        return at + (1 if mark else 0)

    def _in_string(self, data: str, at: int) -> int:
        to = self._string.read(data, at, last=self._last)
        if self._string.over:
            self._end_string()
        return to

    def _say(self, piece: str) -> None:
        if self._key is None:
            self._handler.text(piece)
            return
        self._key.append(piece)
        self._key_chars += len(piece)
        in_list = self._string.place == "list"
        if self._key_chars > KEY_AT_MOST_CHARS or (in_list and not _MAY_BE_KEY.fullmatch("".join(self._key))):
            self._not_a_key()

    def _not_a_key(self) -> None:
        """What might have been a key is a value."""
        said, self._key = self._key or [], None
        self._string.may_be_key = False
        if self._string.place == "key":
            self._repairs["missing-key"] += 1
            self._string.place = "object"
        self._value()
        self._handler.string()
        for piece in said:
            self._handler.text(piece)

    def _end_string(self) -> None:
        self._step = self._outside
        self._string.over = True
        if self._key is not None and self._string.is_key:
            name, self._key = "".join(self._key), None
            self._named(name)
            return
        if self._key is not None:
            self._not_a_key()
        self._handler.string_end()
        self.done = not self._levels

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
