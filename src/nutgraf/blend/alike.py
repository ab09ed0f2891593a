"""Whether two passages say the same, and how like they are; plain sets of words, or vectors where both have one."""

from __future__ import annotations

import re
from functools import cached_property

from nutgraf.orchestration import Passage
from nutgraf.text.words import STOPWORDS

#: Words two passages share, of all their words, above which they say nearly the same.
SAME_SHARE = 0.8
#: Share of a passage's words that stand in another one, from which it adds nothing, when it has at least so many words.
INSIDE_SHARE, INSIDE_WORDS = 0.9, 6
_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d+")
_NOT = frozenset("no not never none nobody nothing nor neither without cannot t".split())


def plain(text: str) -> str:
    """A text as it is compared: single spaces, no case."""
    return " ".join(text.split()).casefold()


class Reading:
    """A passage as it is compared with others; its words are looked at only when they are asked for."""

    def __init__(self, plain_text: str, passage: Passage) -> None:
        self.plain, self.passage = plain_text, passage

    @cached_property
    def words(self) -> frozenset[str]:
        """All words, no case."""
        return frozenset(_WORD.findall(self.plain))

    @cached_property
    def content(self) -> frozenset[str]:
        """The words that carry meaning; all of them where none does."""
        return self.words - STOPWORDS or self.words

    @cached_property
    def claims(self) -> tuple[list[str], frozenset[str]]:
        """Its figures in order, and its words of denial: passages that differ in these are never the same."""
        return _DIGIT.findall(self.plain), self.words & _NOT


def nearly_same(one: Reading, kept: Reading) -> bool:
    """Whether `one` adds nothing to `kept`: it lies inside it, or has nearly the same words, figures and denials."""
    a, b = one.passage, kept.passage
    if a.partition != b.partition:
        return False  # the member's own words beside an item's are two pieces of evidence
    if a.ref == b.ref and a.source == b.source and b.start <= a.start < a.end <= b.end:
        return True
    shared = len(one.words & kept.words)
    inside = len(one.words) >= INSIDE_WORDS and shared >= INSIDE_SHARE * len(one.words)
    if not inside and shared < SAME_SHARE * (len(one.words) + len(kept.words) - shared):
        return False
    if one.claims == kept.claims:
        return shared > 0
    return one.plain in kept.plain and len(one.words) >= INSIDE_WORDS


def alike(one: Reading, other: Reading) -> float:
    """Likeness in 0..1: the cosine of the vectors where both have one, else of the sets of content words."""
    a, b = one.passage.vector, other.passage.vector
    if a is not None and b is not None and len(a) == len(b):
        return min(1.0, max(0.0, float(a @ b)))
    shared = len(one.content & other.content)
    return shared / (len(one.content) * len(other.content)) ** 0.5 if shared else 0.0
