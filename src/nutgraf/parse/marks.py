"""Marks that a model puts around its words and that no reader should see: tags, code fences, signs of chat formats."""

from __future__ import annotations

import re

_BREAKS = "br p ul ol li div h1 h2 h3 takeaway takeaways answer sentence point item output response result json".split()
_INLINE = "b i u s em strong mark span sup sub cite q".split()
_ATTRIBUTES = r"(?:\s[^<>\n]{0,80})?\s?/?"
_MARK = re.compile(
    rf"</?(?:(?P<block>{'|'.join(_BREAKS)})|{'|'.join(_INLINE)})(?P<attributes>{_ATTRIBUTES})>"
    r"|<\|[A-Za-z_]{1,20}\|>|(?<!`)(?P<fence>`{3,60}(?:(?:json|text|txt|markdown|md|plaintext|yaml|xml|html)(?![A-Za-z]))?)",
    re.IGNORECASE,
)
#: The end of a text may be the first half of a mark.
_BEGUN = re.compile(
    r"(?:<(?:/?[A-Za-z][^<>\n]{0,90}|/|\|[A-Za-z_]{0,20}\|?)?|(?<!`)(?:`{1,2}|`{3,60}[A-Za-z]{0,12}))\Z"
)
#: What a model thinks aloud before it answers, and what may become its tag.
THOUGHT = re.compile(r"<(/?)(?:think|thinking|thought|reasoning|scratchpad|reflection)>", re.IGNORECASE)
THOUGHT_BEGUN = re.compile(r"<(?:/?[A-Za-z]{0,10})?\Z")
_CITES = re.compile(r"\b(?:evidence|source|sources|ref|refs|cite|citation|citations)\s*=\s*[\"']?\s*([\d,; ]+)")


def split_marks(text: str, *, last: bool) -> tuple[str, str]:
    """The text without marks, and its end where that may become one. Evidence that a tag names becomes a citation."""
    begun = None if last or ("<" not in text and "`" not in text) else _BEGUN.search(text)
    ready, held = (text[: begun.start()], text[begun.start() :]) if begun else (text, "")
    if "<" in ready or "```" in ready:
        ready = _MARK.sub(_replaced, ready)
    return ready, held


def _replaced(match: re.Match[str]) -> str:
    if match["fence"]:
        return "\n"
    if not match["block"]:
        return ""
    cited = _CITES.search(match["attributes"] or "")
    return f"\n[{cited[1]}] " if cited else "\n"
