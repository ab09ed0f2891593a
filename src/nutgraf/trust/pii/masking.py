"""Masking: personal data replaced before it leaves, restored in what comes back, redacted in logs and streams."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from nutgraf.detection import Marked
from nutgraf.trust.pii import structured

Finder = Callable[[str], Sequence[Marked]]

_PLACEHOLDER = re.compile(r"\[([A-Za-z]+(?:_[A-Za-z]+)*)[ _](\d{1,4})\]")
#: What may still become a placeholder: no placeholder is longer than this pattern allows.
_BEGUN = re.compile(r"\[(?:[A-Za-z_]{0,24}|[A-Za-z_]{1,24}[ _]\d{0,4})$")


class Masker:
    """Replaces personal data by placeholders such as `[PERSON_1]`, the same value always by the same one.

    Make one for every answer. What was masked once in it is masked wherever it stands later, found again or not.
    Text that looks like a placeholder is itself replaced, so that restoring gives back exactly what was masked.
    """

    def __init__(self, find: Finder, kinds: Collection[str]) -> None:
        """`find` is what finds; `kinds` are the labels to mask."""
        self._find, self._kinds = find, frozenset(kinds)
        self._known: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    @property
    def values(self) -> Mapping[str, str]:
        """What stands behind every placeholder, by its name in capitals, such as `PERSON_1`."""
        return {name: value for value, name in self._known.items()}

    def mask(self, text: str) -> str:
        """The text with its personal data replaced."""
        literal = [Marked(*match.span(), "text") for match in _PLACEHOLDER.finditer(text)]
        marks = [*literal, *(mark for mark in self._find(text) if mark.label in self._kinds)]
        for mark in _apart([*marks, *self._again(text)]):
            self._name(text[mark.start : mark.end], mark.label)
        out, at = "", 0
        for mark in _apart([*marks, *self._again(text)]):
            out += text[at : mark.start] + f"[{self._name(text[mark.start : mark.end], mark.label)}]"
            at = mark.end
        return out + text[at:]

    def _again(self, text: str) -> list[Marked]:
        """Where known values stand as whole words."""
        return [
            Marked(match.start(), match.end(), "known")
            for value in self._known
            if value in text
            for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text)
        ]

    def _name(self, value: str, kind: str) -> str:
        if value not in self._known:
            count = self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[value] = f"{kind.upper()}_{count}"
        return self._known[value]


def _apart(marks: Sequence[Marked]) -> list[Marked]:
    """In order, without overlaps: marks that overlap are made one, so that nothing of either is left standing."""
    found: list[Marked] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if found and mark.start < found[-1].end:
            found[-1] = replace(found[-1], end=max(found[-1].end, mark.end))
        else:
            found.append(mark)
    return found


class Unmasker:
    """Puts the values back while the text comes in; never shows half of a placeholder.

    A placeholder that a model wrote in another case or with a space is still read. One that stands for nothing stays.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` is what a Masker replaced, by name."""
        self._values, self._held = values, ""

    def feed(self, piece: str) -> str:
        """What may be shown once `piece` has come."""
        text = self._held + piece
        begun = _BEGUN.search(text)
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return restore(text[:cut], self._values)

    def close(self) -> str:
        """What was held back, when nothing more comes."""
        rest, self._held = self._held, ""
        return restore(rest, self._values)


def restore(text: str, values: Mapping[str, str]) -> str:
    """A whole text with the values put back, once: values that look like placeholders are not read again."""
    return _PLACEHOLDER.sub(lambda match: values.get(f"{match[1]}_{match[2]}".upper(), match[0]), text)


def redact(text: str, find: Finder = structured.find, kinds: Collection[str] | None = None) -> str:
    """A text with the kind in brackets where personal data stood, as for a line of a log: `[email]`."""
    out, at = "", 0
    for mark in find(text):
        if mark.label in kinds if kinds is not None else mark.label != "link":
            out += f"{text[at : mark.start]}[{mark.label}]"
            at = mark.end
    return out + text[at:]
