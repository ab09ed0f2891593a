"""Takes out what a model thinks aloud, `<think>…</think>`, before it answers."""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning|scratchpad|reflection)>", re.IGNORECASE)
_BEGUN = re.compile(r"<(?:/?[A-Za-z]{0,10})?$")


class Thoughts:
    """Feed text, get what is no thought. A thought that never ends swallows the rest."""

    def __init__(self) -> None:
        """Outside of a thought."""
        self.thinking = False
        self.dropped = False  # a thought ended just now; it may have begun before the text
        self._held = ""

    def feed(self, text: str, *, last: bool = False) -> str:
        """The text that is no thought; the end waits while it may become a tag.

        A closing tag that nothing opened ends a thought that began before the text: what stands before it is dropped.
        """
        text, self._held = self._held + text, ""
        if "<" not in text:
            return "" if self.thinking else text
        kept: list[str] = []
        at = 0
        for tag in _TAG.finditer(text):
            if not self.thinking and not tag[1]:
                kept.append(text[at : tag.start()])
            elif tag[1] and not self.thinking:
                kept.clear()
            self.dropped = self.dropped or bool(tag[1])
            self.thinking, at = not tag[1], tag.end()
        begun = None if last else _BEGUN.search(text, at)
        end = begun.start() if begun else len(text)
        self._held = text[end:]
        if not self.thinking:
            kept.append(text[at:end])
        return "".join(kept)
