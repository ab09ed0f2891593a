"""Whether two passages say the same, and how like they are: plain sets of words, or vectors where both have one."""

from __future__ import annotations

from string import punctuation

from nutgraf.orchestration import Passage
from nutgraf.text.memo import memoised
from nutgraf.text.words import STOPWORDS

#: Share of the words of two passages that both have, from which they say nearly the same.
SAME_SHARE = 0.8
#: Share of a passage's words that stand in another one, from which it adds nothing, when it has at least so many words.
INSIDE_SHARE, INSIDE_WORDS = 0.9, 6
_BLANKS = str.maketrans(dict.fromkeys(punctuation + "’‘“”„«»…–—·•¿¡、。，！？：；（）「」", " "))
_NOT = frozenset("no not never none nobody nothing nor neither without cannot t".split())


class Reading:
    """A passage as it is compared with others: its words, without case."""

    __slots__ = ("_claims", "content", "order", "passage", "words")

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        #: `content` are the words that carry meaning; all of them where none does.
        self.order, self.words, self.content = _parted(passage.text)
        self._claims: tuple[list[str], frozenset[str]] | None = None

    @property
    def claims(self) -> tuple[list[str], frozenset[str]]:
        """Its figures in order, and its words of denial: passages that differ in these are never the same."""
        if self._claims is None:
            self._claims = [word for word in self.order if not word.isalpha()], self.words & _NOT
        return self._claims


@memoised
def _parted(text: str) -> tuple[list[str], frozenset[str], frozenset[str]]:
    order = text.lower().translate(_BLANKS).split()
    words = frozenset(order)
    return order, words, words - STOPWORDS or words


def nearly_same(one: Reading, kept: Reading) -> bool:
    """Whether `one` adds nothing to `kept`: it lies inside it, or has nearly the same words, figures and denials."""
    a, b = one.passage, kept.passage
    if a.ref == b.ref and a.source == b.source and b.start <= a.start < a.end <= b.end:
        return True
    if a.partition != b.partition:
        return False  # the member's own words beside an item's are two pieces of evidence
    size, shared = len(one.words), len(one.words & kept.words)
    inside = shared >= INSIDE_SHARE * size and size >= INSIDE_WORDS
    if not (inside or shared >= SAME_SHARE * (size + len(kept.words) - shared)) or not shared:
        return False
    if one.claims == kept.claims:
        return True
    return inside and f" {' '.join(one.order)} " in f" {' '.join(kept.order)} "


def alike(one: Reading, other: Reading) -> float:
    """Likeness in 0..1: the cosine of the vectors where both have one, else of the sets of content words."""
    a, b = one.passage.vector, other.passage.vector
    if a is not None and b is not None and len(a) == len(b):
        return min(1.0, max(0.0, float(a @ b)))
    mine, its = one.content, other.content
    shared = len(mine & its)
    return float(shared / (len(mine) * len(its)) ** 0.5) if shared else 0.0
