"""A tree of names: finds the longest known name that starts at a token."""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from nutgraf.vocabulary.tokens import Token, joined, singular, tokens, words

T = TypeVar("T")
_WORDS_AT_MOST = 16


class _Node(Generic[T]):
    __slots__ = ("exact", "next", "value")

    def __init__(self) -> None:
        self.next: dict[str, _Node[T]] = {}
        self.value: T | None = None
        self.exact: dict[str, T] | None = None


class Names(Generic[T]):
    """Names to values; the first value of a name stays. A name that starts with `=` is found as written only.

    Others are found in any case, with a plain plural, and with or without their hyphens.
    """

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, name: str, value: T, read: tuple[str, ...] | None = None) -> None:
        """Make the name known; `read` are its words where the caller has them already."""
        exact = name.startswith("=")
        name = name.removeprefix("=")
        read = words(name) if read is None else read
        if not 0 < len(read) <= _WORDS_AT_MOST:
            return
        if exact:
            node = self._node(read)
            node.exact = node.exact or {}
            node.exact.setdefault(_written(name, tokens(name)), value)
            return
        for spelling in spellings(name, read):
            node = self._node(spelling)
            if node.value is None:
                node.value = value

    def _node(self, spelling: Sequence[str]) -> _Node[T]:
        node = self._root
        for word in spelling:
            following = node.next.get(word)
            if following is None:
                following = node.next[word] = _Node()
            node = following
        return node

    def longest(self, text: str, read: Sequence[Token], first: int, any_case: bool = False) -> tuple[T, int] | None:
        """The value of the longest name starting at token `first`, and the index after its last token."""
        best: tuple[T, int] | None = None
        open_ends = [(self._root, first)]
        while open_ends:
            node, index = open_ends.pop()
            if index > first and (best is None or index > best[1]):
                value = _value(node, text, read[first:index], any_case)
                if value is not None:
                    best = (value, index)
            if node.next and index < len(read) and (index == first or read[index - 1].reads_on):
                open_ends.extend(_onwards(node, read, index))
        return best

    def whole(self, name: str) -> T | None:
        """The value of a name that is known from its first to its last word, in any case of letters."""
        read = tokens(name)
        found = self.longest(name, read, 0, any_case=True) if read else None
        return found[0] if found and found[1] == len(read) else None


def _value(node: _Node[T], text: str, read: Sequence[Token], any_case: bool) -> T | None:
    if node.exact is None:
        return node.value
    written = node.exact.get(_written(text, read))
    if written is not None:
        return written
    if node.value is None and any_case:
        return next(iter(node.exact.values()))
    return node.value


def _onwards(node: _Node[T], read: Sequence[Token], index: int) -> Iterator[tuple[_Node[T], int]]:
    token = read[index]
    steps = [(token.word, index + 1)]
    if token.joins and index + 1 < len(read):
        steps.append((token.word + read[index + 1].word, index + 2))
    for word, after in steps:
        plain = singular(word)
        if word in node.next:
            yield node.next[word], after
        if plain != word and plain in node.next:
            yield node.next[plain], after


def spellings(name: str, read: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The words of a name; with the last one singular; with what a hyphen or dot joins made one word, if not short."""
    found = {read}
    if not name.isascii() or not name.replace(" ", "").isalnum():
        one = joined(name)
        if len(one) > 1 or len(one[0]) > 3:
            found.add(one)
    return found | {(*form[:-1], singular(form[-1])) for form in found if len(form) > 1}


def _written(text: str, read: Sequence[Token]) -> str:
    return " ".join(text[token.start : token.end] for token in read)
