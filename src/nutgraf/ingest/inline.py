"""Which characters of a line of Markdown a reader does not see; CommonMark's rules, with positions.

Markdown parsers say what a text means but not where in it; this scanner says only where its marks are.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Container
from dataclasses import dataclass
from functools import cache

TARGET_AT_MOST_CHARS = 2_000

Range = tuple[int, int]

_SPECIAL = re.compile(r"[\\`<\[\]!*_~]")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_AUTOLINK = re.compile(
    r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\x00-\x20]{0,2000}|"
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250})>"
)
_TAG = re.compile(
    r"<(?:[A-Za-z][A-Za-z0-9-]{0,60}"
    r"(?:\s{1,60}[A-Za-z_:][\w.:-]{0,200}(?:\s{0,60}=\s{0,60}(?:[^\s\"'=<>`]{1,2000}|'[^']{0,2000}'|\"[^\"]{0,2000}\"))?)"
    r"{0,100}\s{0,60}/?|/[A-Za-z][A-Za-z0-9-]{0,60}\s{0,60})>"
)
_ENCLOSED = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))
_DECLARATION = re.compile(r"<![A-Za-z][^>]{0,2000}>")
_FOOTNOTE = re.compile(r"\[\^[^\]\s\[]{1,100}\]:?")
_REFERENCE = re.compile(r"\[((?:[^\[\]\\]|\\.){0,999})\]", re.DOTALL)
_TARGET_ANGLE = re.compile(r"<(?:[^<>\n\\]|\\.){0,2000}>")
_TITLES = {'"': '"', "'": "'", "(": ")"}


@dataclass(slots=True)
class _Bracket:
    at: int
    image: bool
    bottom: int
    active: bool = True


@dataclass(slots=True)
class _Run:
    """A run of emphasis marks: what is left of it is [start, end)."""

    mark: str
    start: int
    end: int
    length: int
    opens: bool
    closes: bool


def label(text: str) -> str:
    """How reference labels are compared: white space as one space, without regard to case."""
    return " ".join(text.split()).lower().upper()


def hidden_tags(content: str) -> list[Range]:
    """Ranges of HTML tags and comments only, for text inside an HTML block."""
    scan = _Scanner(content, ())
    at = 0
    while (at := content.find("<", at)) >= 0:
        at = scan.angle(at) or at + 1
    return scan.ranges()


def hidden_marks(content: str, labels: Container[str] = ()) -> list[Range]:
    """Sorted ranges of `content` (the inline text of one block) that are markup, not words.

    `labels` are the normalised names of the link references that the document defines.
    """
    scan = _Scanner(content, labels)
    scan.run()
    return scan.ranges()


class _Scanner:
    def __init__(self, content: str, labels: Container[str]) -> None:
        self._text, self._labels = content, labels
        self._hidden: list[Range] = []
        self._runs: list[_Run] = []
        self._brackets: list[_Bracket] = []
        self._ticks: dict[int, list[int]] | None = None
        self._lasts: dict[str, int] = {}

    def ranges(self) -> list[Range]:
        merged: list[Range] = []
        for start, end in sorted(self._hidden):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def run(self) -> None:
        text, at = self._text, 0
        while found := _SPECIAL.search(text, at):
            at, mark = found.start(), found[0]
            if mark == "\\":
                at = self._escape(at)
            elif mark == "`":
                at = self._code(at)
            elif mark == "<":
                at = self.angle(at) or at + 1
            elif mark == "!":
                at = self._open(at, image=True) if text.startswith("![", at) else at + 1
            elif mark == "[":
                footnote = _FOOTNOTE.match(text, at)
                at = self._hide(*footnote.span()) if footnote else self._open(at, image=False)
            elif mark == "]":
                at = self._close(at)
            else:
                at = self._emphasis(at)
        self._pair(0)

    def _hide(self, start: int, end: int) -> int:
        self._hidden.append((start, end))
        return end

    def _escape(self, at: int) -> int:
        after = self._text[at + 1 : at + 2]
        if after and (after in _PUNCTUATION or after == "\n"):
            self._hide(at, at + 1)
            return at + 2
        return at + 1

    def _code(self, at: int) -> int:
        if self._ticks is None:
            self._ticks = {}
            for run in re.finditer("`+", self._text):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        end = at
        while self._text.startswith("`", end):
            end += 1
        starts = self._ticks.get(end - at, [])
        after = bisect_right(starts, at)
        # A run that an escape cut short is none of those that were counted.
        if after == len(starts):
            return end
        close = starts[after]
        self._hide(at, end)
        return self._hide(close, close + end - at)

    def angle(self, at: int) -> int | None:
        """Hide the autolink, tag or comment at `at` and return where it ends; None when there is none."""
        text = self._text
        if link := _AUTOLINK.match(text, at):
            self._hide(at, at + 1)
            return self._hide(link.end() - 1, link.end())
        if tag := _TAG.match(text, at) or _DECLARATION.match(text, at):
            return self._hide(*tag.span())
        for short in ("<!-->", "<!--->"):
            if text.startswith(short, at):
                return self._hide(at, at + len(short))
        for opening, closing in _ENCLOSED:
            if text.startswith(opening, at) and (end := self._find(closing, at + len(opening))) >= 0:
                return self._hide(at, end + len(closing))
        return None

    def _find(self, closing: str, start: int) -> int:
        if closing not in self._lasts:
            self._lasts[closing] = self._text.rfind(closing)
        return -1 if start > self._lasts[closing] else self._text.find(closing, start)

    def _open(self, at: int, *, image: bool) -> int:
        self._brackets.append(_Bracket(at, image, len(self._runs)))
        return at + 1 + image

    def _close(self, at: int) -> int:
        if not self._brackets:
            return at + 1
        bracket = self._brackets.pop()
        if not bracket.active:
            return at + 1
        inside = bracket.at + 1 + bracket.image
        end = self._inline_target(at + 1) or self._reference(at + 1, self._text[inside:at][:1_000])
        if end is None:
            return at + 1
        if bracket.image:
            del self._runs[bracket.bottom :]
            return self._hide(bracket.at, end)
        self._pair(bracket.bottom)
        for other in self._brackets:
            other.active = other.active and other.image
        self._hide(bracket.at, inside)
        return self._hide(at, end)

    def _inline_target(self, at: int) -> int | None:
        text = self._text
        if not text.startswith("(", at):
            return None
        at = self._blank(at + 1)
        if angle := _TARGET_ANGLE.match(text, at):
            at = angle.end()
        elif text.startswith("<", at):
            return None
        else:
            depth, stop = 0, min(len(text), at + TARGET_AT_MOST_CHARS)
            while at < stop and (c := text[at]) > " " and c != "\x7f":
                if c == "\\" and text[at + 1 : at + 2] > " ":
                    at += 1
                elif c == "(" and (depth := depth + 1) > 32:
                    return None
                elif c == ")" and (depth := depth - 1) < 0:
                    break
                at += 1
            if depth > 0:
                return None
        after = self._blank(at)
        if after > at and (closing := _TITLES.get(text[after : after + 1])):
            after = self._title(after + 1, closing)
            if after < 0:
                return None
            after = self._blank(after)
        return after + 1 if text.startswith(")", after) else None

    def _title(self, at: int, closing: str) -> int:
        text, stop = self._text, min(len(self._text), at + TARGET_AT_MOST_CHARS)
        while at < stop:
            if text[at] == closing:
                return at + 1
            if closing == ")" and text[at] == "(":
                return -1
            at += 2 if text[at] == "\\" else 1
        return -1

    def _blank(self, at: int) -> int:
        while self._text[at : at + 1] in (" ", "\t", "\n"):
            at += 1
        return at

    def _reference(self, at: int, inside: str) -> int | None:
        if named := _REFERENCE.match(self._text, at):
            name = named[1] or inside
            return named.end() if label(name) in self._labels else self._shortcut(at, inside, named[1] == "")
        return self._shortcut(at, inside, True)

    def _shortcut(self, at: int, inside: str, allowed: bool) -> int | None:
        return at if allowed and inside.strip() and label(inside) in self._labels else None

    def _emphasis(self, at: int) -> int:
        text, mark, end = self._text, self._text[at], at
        while text.startswith(mark, end):
            end += 1
        before, after = _nature(text[at - 1 : at]), _nature(text[end : end + 1])
        left = after != "blank" and (after == "word" or before != "word")
        right = before != "blank" and (before == "word" or after != "word")
        if mark == "_":
            opens, closes = left and (not right or before == "mark"), right and (not left or after == "mark")
        else:
            opens, closes = left, right
        if mark != "~" or end - at == len("~~"):
            self._runs.append(_Run(mark, at, end, end - at, opens, closes))
        return end

    def _pair(self, bottom: int) -> None:
        """Match openers with closers among the runs from `bottom` on, hide what matched, drop the runs."""
        runs, stack = self._runs[bottom:], list[_Run]()
        del self._runs[bottom:]
        lowest: dict[tuple[str, int, bool], int] = {}
        for run in runs:
            while run.closes and run.start < run.end:
                key = (run.mark, run.length % 3, run.opens)
                depth = len(stack) - 1
                while depth >= lowest.get(key, 0) and not _matches(stack[depth], run):
                    depth -= 1
                if depth < lowest.get(key, 0):
                    lowest[key] = len(stack)
                    break
                self._match(stack, depth, run)
                lowest = {k: min(v, len(stack)) for k, v in lowest.items()}
            if run.opens and run.start < run.end:
                stack.append(run)

    def _match(self, stack: list[_Run], depth: int, run: _Run) -> None:
        opener = stack[depth]
        size = min(2, opener.end - opener.start, run.end - run.start)
        self._hide(opener.end - size, opener.end)
        self._hide(run.start, run.start + size)
        opener.end -= size
        run.start += size
        del stack[depth + (opener.start < opener.end) :]


def _matches(opener: _Run, closer: _Run) -> bool:
    if opener.mark != closer.mark:
        return False
    if opener.mark == "~" or not (opener.closes or closer.opens):
        return True
    return (opener.length + closer.length) % 3 != 0 or (opener.length % 3 == 0 and closer.length % 3 == 0)


@cache
def _nature(character: str) -> str:
    """What stands beside a mark: `blank` (also the edge of the text), `mark` (punctuation) or `word`."""
    if not character or character.isspace():
        return "blank"
    return "mark" if unicodedata.category(character)[0] in "PS" else "word"
