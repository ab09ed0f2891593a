"""Claims held against lines of a record that say yes, no or nothing: "attributes WiFi: not stated"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nutgraf.text.words import STOPWORDS
from nutgraf.trust.grounding.compare_lines import Turned
from nutgraf.trust.grounding.compare_words import NEGATIONS
from nutgraf.trust.grounding.flatten import NOT_STATED
from nutgraf.trust.grounding.lexical import Words, words_of

_SAYS = {NOT_STATED: "unstated", "no": "no", "none": "no", "yes": "yes", "free": "yes"}
_NEAR = 7


@dataclass(frozen=True, slots=True)
class _Entry:
    row: int
    says: str
    key: tuple[str, ...]
    line: str


class KnownRecords:
    """The yes, no and not-stated lines of the evidence, read once."""

    def __init__(self, lines: Sequence[str], words: Sequence[Words]) -> None:
        """`lines`, one fact each, as `flatten` writes them, with their `words`."""
        split = [(row, *line.rpartition(": ")[::2], line) for row, line in enumerate(lines) if ": " in line]
        wanted = [(row, key, _SAYS[value], line) for row, key, value, line in split if value in _SAYS]
        keys = [words_of(key).stems for _, key, _, _ in wanted]
        common = Counter(root for key in keys for root in set(key))
        often = max(2, len(keys) // 3)
        self._entries = [
            _Entry(row, says, tuple(kept), line)
            for (row, _, says, line), key in zip(wanted, keys, strict=True)
            if (kept := [root for root in key if common[root] <= often and root not in STOPWORDS] or key[-1:])
        ]
        rows = {one.row for one in self._entries}
        self._whole = {root for row, one in enumerate(words) if rows and row not in rows for root in one.stems}

    def turned(self, said: Words) -> list[Turned]:
        """Where a sentence claims or denies what the record denies, claims or does not state."""
        if not self._entries:
            return []
        places: dict[str, int] = {}
        for i, root in enumerate(said.stems):
            places.setdefault(root, i)
        found: list[Turned] = []
        for entry in self._entries:
            at = [places[root] for root in entry.key if root in places]
            if not at or entry.key[-1] not in places or len(at) * 2 < len(entry.key):
                continue
            found += self._held(said, entry, min(at), max(at))
        return found

    def _held(self, said: Words, entry: _Entry, first: int, last: int) -> list[Turned]:
        near = said.written[max(0, first - _NEAR) : last + 3]
        denied = any(word.lower().replace("’", "'") in NEGATIONS for word in near)
        if entry.says == "unstated" and not set(entry.key) & self._whole:
            return [Turned("record-unstated", first, last + 1, f"the record says {entry.line!r}")]
        if entry.says == "no" and not denied and not set(entry.key) <= self._whole:
            return [Turned("record-no", first, last + 1, f"the record says {entry.line!r}")]
        if entry.says == "yes" and denied:
            return [Turned("record-yes", first, last + 1, f"the record says {entry.line!r}")]
        return []
