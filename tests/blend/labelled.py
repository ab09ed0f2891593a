"""Questions about the sample network with what answers them, and the sources that look for it.

`labelled.json` was made by reading the items and the members: what a careful person would want to have in front of them
to answer. An entry of `relevant` is a phrase that a passage must hold, or with @ the id of a record it must be of.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nutgraf.blend.fuse import blend, tokens_of
from nutgraf.blend.nearness import nearness
from nutgraf.ingest.load import load_item, load_member
from nutgraf.members.snapshot import snapshot
from nutgraf.orchestration import BlendRules, Passage
from nutgraf.read.spans import readings
from nutgraf.serve.door import reader_scope
from nutgraf.serve.sample import network
from nutgraf.text.words import content_stems
from nutgraf.types import Fact, Item, Vectors

if TYPE_CHECKING:
    from nutgraf.seams import Encoder

BUDGET_TOKENS = 300
NOW = "2026-11-20"
PER_SOURCE, LEAD_CHARS = 12, 240
SOURCES = ("item", "meaning", "member", "words")
#: Searching the same records by words and by meaning is one search in two halves.
RULES = BlendRules(weights={"words": 0.5, "meaning": 0.5})


@dataclass(frozen=True)
class Question:
    """A question with the open item, the member who asks, and what is relevant."""

    item: str
    member: str
    question: str
    relevant: tuple[str, ...]


def questions() -> list[Question]:
    """All labelled questions."""
    rows = json.loads(Path(__file__).with_name("labelled.json").read_text("utf-8"))
    return [Question(**{**row, "relevant": tuple(row["relevant"])}) for row in rows]


class Network:
    """The sample network as four sources: the item's sentences, records by words or meaning, the member's record."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.items = {path.stem: load_item(path) for path in sorted((network() / "items").glob("*.md"))}
        self._members: dict[str, tuple[tuple[Fact, ...], Vectors]] = {}
        self._sentences: dict[str, list[Passage]] = {}

    def gather(self, asked: Question) -> tuple[list[Passage], list[float]]:
        """What the four sources find, and how near each passage is to the member."""
        vector = self._encoder.encode([asked.question])[0]
        facts, rows = self.member(asked.member)
        others = [passage for passage in self._records if passage.ref != asked.item]
        by_words = self._by_words(asked.question, others)
        found = [
            *_best("item", self.sentences(asked.item), lambda passage: float(passage.vector @ vector)),
            *_best("meaning", others, lambda passage: float(passage.vector @ vector)),
            *_best("words", [p for p in others if by_words[p.ref] > 0], lambda passage: by_words[passage.ref]),
            *_best(
                "member",
                [
                    Passage(source="", ref=fact.id, text=fact.text, origin="member", partition="member", vector=row)
                    for fact, row in zip(facts, rows, strict=True)
                ],
                lambda passage: float(passage.vector @ vector),
            ),
        ]
        return found, nearness(found, facts, rows)

    def member(self, name: str) -> tuple[tuple[Fact, ...], Vectors]:
        """A member's facts and their vectors."""
        if name not in self._members:
            member = load_member(network() / "members" / f"{name}.json")
            facts = snapshot(member, reader_scope(member), None).facts
            self._members[name] = facts, self._encoder.encode([fact.text for fact in facts])
        return self._members[name]

    def sentences(self, name: str) -> list[Passage]:
        """The sentences of an item with their vectors."""
        if name not in self._sentences:
            item = self.items[name]
            spans = [reading.span for reading in readings(item)]
            rows = self._encoder.encode([span.text for span in spans])
            self._sentences[name] = [
                replace(_of(item, span.text), start=span.start, end=span.end, vector=row)
                for span, row in zip(spans, rows, strict=True)
            ]
        return self._sentences[name]

    @cached_property
    def _records(self) -> list[Passage]:
        """Every record by its title and how it begins."""
        leads = [f"{item.title}. {item.shown(0, LEAD_CHARS)}".rsplit(" ", 1)[0] for item in self.items.values()]
        rows = self._encoder.encode(leads)
        return [
            replace(_of(item, lead), vector=row)
            for item, lead, row in zip(self.items.values(), leads, rows, strict=True)
        ]

    @cached_property
    def _stems(self) -> dict[str, Counter[str]]:
        return {name: Counter(content_stems(f"{item.title} {item.text}")) for name, item in self.items.items()}

    def _by_words(self, question: str, others: Sequence[Passage]) -> dict[str, float]:
        """Okapi BM25 of each record's whole text."""
        asked = set(content_stems(question))
        holding = {stem: sum(stem in stems for stems in self._stems.values()) for stem in asked}
        mean = sum(sum(stems.values()) for stems in self._stems.values()) / len(self._stems)
        scores: dict[str, float] = {}
        for passage in others:
            stems = self._stems[passage.ref]
            norm = 1.2 * (0.25 + 0.75 * sum(stems.values()) / mean)
            scores[passage.ref] = sum(
                math.log(1 + (len(self._stems) - n + 0.5) / (n + 0.5)) * stems[stem] * 2.2 / (stems[stem] + norm)
                for stem, n in holding.items()
            )
        return scores


def _of(item: Item, text: str) -> Passage:
    return Passage(
        source="", ref=item.id, text=text, title=item.title, kind=item.kind, origin="item", published=item.published
    )


def _best(source: str, found: Sequence[Passage], score: Callable[[Passage], float]) -> list[Passage]:
    scored = [replace(passage, source=source, score=score(passage)) for passage in found]
    return sorted(scored, key=lambda passage: -passage.score)[:PER_SOURCE]


def covered(asked: Question, kept: Sequence[Passage]) -> list[int]:
    """For each kept passage, how many relevant things it holds that none before it held."""
    open_now = list(asked.relevant)
    counts = []
    for passage in kept:
        hit = [one for one in open_now if _holds(passage, one)]
        open_now = [one for one in open_now if one not in hit]
        counts.append(len(hit))
    return counts


def _holds(passage: Passage, wanted: str) -> bool:
    return passage.ref == wanted[1:] if wanted.startswith("@") else wanted.casefold() in passage.text.casefold()


def recall(asked: Question, kept: Sequence[Passage]) -> float:
    """The share of what is relevant that the kept passages hold."""
    return sum(covered(asked, kept)) / len(asked.relevant)


def ndcg(asked: Question, kept: Sequence[Passage]) -> float:
    """Discounted gain of what is newly covered, of the best order there could be."""
    gained = sum(count / math.log2(2 + i) for i, count in enumerate(covered(asked, kept)))
    return gained / sum(1 / math.log2(2 + i) for i in range(len(asked.relevant)))


Way = Callable[[list[Passage], list[float]], Sequence[Passage]]


def within(passages: Sequence[Passage], budget: int = BUDGET_TOKENS) -> list[Passage]:
    """As many of the first passages as fit."""
    kept, left = [], budget
    for passage in passages:
        if tokens_of(passage.text) > left:
            break
        kept.append(passage)
        left -= tokens_of(passage.text)
    return kept


def single(source: str) -> Way:
    """One source alone."""
    return lambda found, near: within([passage for passage in found if passage.source == source])


def concatenated(found: list[Passage], near: list[float]) -> Sequence[Passage]:
    """All sources one behind the other, in the order of their names."""
    return within(sorted(found, key=lambda passage: passage.source))


def in_turn(found: list[Passage], near: list[float]) -> Sequence[Passage]:
    """The first of each source, then the second of each, and so on; the same words once."""
    places: Counter[str] = Counter()
    turns: dict[str, tuple[int, Passage]] = {}
    for passage in found:
        places[passage.source] += 1
        if passage.text not in turns or turns[passage.text][0] > places[passage.source]:
            turns[passage.text] = places[passage.source], passage
    return within([passage for _, passage in sorted(turns.values(), key=lambda turn: turn[0])])


def by_score(found: list[Passage], near: list[float]) -> Sequence[Passage]:
    """All passages by the scores their sources gave them, as if these could be compared."""
    return within(sorted(found, key=lambda passage: -passage.score))


def blended(rules: BlendRules) -> Way:
    """The blend."""
    rules = replace(rules, budget_tokens=BUDGET_TOKENS)
    return lambda found, near: blend(found, rules, near=near, now=NOW).kept


def ways(rules: BlendRules | None = None) -> dict[str, Way]:
    """The blend and all that it must beat."""
    return {
        "blend": blended(rules or RULES),
        **{f"{source} alone": single(source) for source in SOURCES},
        "concatenation": concatenated,
        "by raw score": by_score,
        "in turn": in_turn,
    }


def compared(world: Network, asked: Sequence[Question], using: Mapping[str, Way]) -> dict[str, tuple[float, float]]:
    """Mean recall and nDCG of each way at the same budget."""
    gathered = [world.gather(one) for one in asked]
    table = {}
    for name, way in using.items():
        kept = [way(found, near) for found, near in gathered]
        pairs = list(zip(asked, kept, strict=True))
        table[name] = (
            float(np.mean([recall(one, some) for one, some in pairs])),
            float(np.mean([ndcg(one, some) for one, some in pairs])),
        )
    return table
