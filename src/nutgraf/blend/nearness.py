"""How near each passage is to a member: the cosine to the nearest fact of the record, or the words they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nutgraf.blend.alike import Reading
from nutgraf.orchestration import Passage
from nutgraf.types import Fact

if TYPE_CHECKING:
    from nutgraf.types import Vectors


def nearness(passages: Sequence[Passage], facts: Sequence[Fact], fact_vectors: Vectors | None = None) -> list[float]:
    """One value in 0..1 a passage, in their order; 0 without facts.

    All of a record is as near to its owner: its passages get the mean of the others, which moves them neither way.
    `fact_vectors` has a row a fact, of length one, shape [facts, dims]. Where it or a passage's vector is missing, the
    content words that the passage shares with its nearest fact are counted, as a cosine of sets.
    """
    if not facts:
        return [0.0] * len(passages)
    rows = fact_vectors if fact_vectors is not None and len(fact_vectors) else None
    wordy = _Words(facts)
    found = []
    for passage in passages:
        if passage.partition == "member":
            found.append(-1.0)
        elif rows is not None and passage.vector is not None:
            found.append(min(1.0, max(0.0, float((rows @ passage.vector).max()))))
        else:
            found.append(wordy.near(passage))
    others = [near for near in found if near >= 0.0]
    mean = sum(others) / len(others) if others else 0.0
    return [near if near >= 0.0 else mean for near in found]


class _Words:
    """The content words of facts, by word."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        contents = [Reading(Passage(source="", ref=fact.id, text=fact.text)).content for fact in facts]
        self._sizes = [len(content) for content in contents]
        self._having: dict[str, list[int]] = {}
        for i, content in enumerate(contents):
            for word in content:
                self._having.setdefault(word, []).append(i)

    def near(self, passage: Passage) -> float:
        """The cosine of a passage's set of content words to that of the nearest fact."""
        content = Reading(passage).content
        hits: dict[int, int] = {}
        for word in content & self._having.keys():
            for i in self._having[word]:
                hits[i] = hits.get(i, 0) + 1
        return float(max((n / (self._sizes[i] * len(content)) ** 0.5 for i, n in hits.items()), default=0.0))
