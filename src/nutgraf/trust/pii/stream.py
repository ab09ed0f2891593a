"""Redaction of text that comes in pieces: nothing is shown while it could still become a match."""

from __future__ import annotations

import re

from nutgraf.trust.pii import structured
from nutgraf.trust.pii.masking import redact

#: How much of what was shown is read again as context, in characters.
_CONTEXT = 200
#: More than this is never held back, in characters.
HELD_AT_MOST = 4_000
_WORD = re.compile(r"\S+")
_LIVE = re.compile(
    r"\d|@|://|www\.|^[+([]|(?:at|dot)[\])]|^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[.,]?$|^of$",
    re.IGNORECASE,
)
#: How many plain words must follow a run before it is over: one may stand inside it, one may tell what it was.
_AFTER = 2


class StreamRedactor:
    """Shows a text with every personal datum of known form replaced by its kind, however the text was cut.

    What is shown is what `redact` makes of the whole text; the last word or two, and any run of numbers, wait.
    """

    def __init__(self) -> None:
        self._before, self._held = "", ""

    def feed(self, piece: str) -> str:
        """What may be shown once `piece` has come."""
        self._held += piece
        cut = _settled(self._held)
        if len(self._held) - cut > HELD_AT_MOST:
            cut = len(self._held)
        return self._show(cut)

    def close(self) -> str:
        """What was held back, when nothing more comes."""
        return self._show(len(self._held))

    def _show(self, cut: int) -> str:
        if not cut:
            return ""
        text, edge = self._before + self._held, len(self._before)
        found = structured.find(text)
        end = edge + cut
        if cut < len(self._held):
            end = min([end, *(mark.start for mark in found if mark.start < end < mark.end)])
        inside = [mark for mark in found if edge <= mark.start and mark.end <= end]
        shown = redact(text[:end], lambda _: inside)[edge:]
        self._before, self._held = text[:end][-_CONTEXT:], text[end:]
        return shown


def _settled(text: str) -> int:
    """How many characters can no longer be part of a match, or tell of one, whatever follows."""
    words = [match.span() for match in _WORD.finditer(text)]
    if not words:
        return 0
    whole = len(words) if text[-1].isspace() else len(words) - 1
    first = max(whole - 1, 0)
    plain = 0
    for at in range(whole - 1, -1, -1):
        if _LIVE.search(text[words[at][0] : words[at][1]]):
            first, plain = max(at - 1, 0), 0
        else:
            plain += 1
            if plain > _AFTER:
                break
    return words[first][0] if first < len(words) else len(text)
