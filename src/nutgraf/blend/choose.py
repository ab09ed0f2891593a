"""Choose the spans of a panel: salient, near to this member, and different from each other.

Greedy maximal marginal relevance (Carbonell and Goldstein, 1998): each step takes the span with the best
`salience + pull·nearness − sameness·likeness to what is chosen`. Salience and nearness are both taken in standard
deviations inside the item, so that no item and no member needs its own threshold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nutgraf.text.words import content_stems, words
from nutgraf.types import Digest, Fact, Snapshot, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nutgraf.types import Vectors

#: How much nearness to the member counts against salience.
PULL = 1.15
#: What likeness to an already chosen span costs, and above which cosine it starts.
SAMENESS, SAME_ABOVE = 3.0, 0.2
#: What naming the same member fact again costs.
FACT_AGAIN = 0.8
#: What being specific adds (numbers, names), in standard deviations at specificity 1: for a member, for nobody.
SPECIFIC, SPECIFIC_FOR_NOBODY = 0.9, 0.2
#: What a sentence of fewer words than this, without a figure, costs: out of its place it seldom says enough.
BARE_WORDS, BARE = 9, 0.8
#: How far behind the best a fact may be that is named in its place because the best one was named already.
OTHER_FACT_WITHIN = 0.12
#: Cosine of span and fact above which the link is called close, and below which it is not claimed.
CLOSE, LOOSE = 0.42, 0.27
#: How much a fact of each kind says about what its owner cares for now.
KIND_WEIGHTS = {
    "goal": 1.15, "memory": 1.12, "interest": 1.08, "headline": 1.1, "position": 1.0, "skill": 1.05, "highlight": 0.92,
    "certificate": 0.9, "education": 0.75, "guessed-skill": 0.85, "language": 0.3, "summary": 0.6,
}  # fmt: skip
#: Words that many texts share by chance; sharing them says nothing of a member.
_CHANCE = frozenset(
    content_stems(
        "day week month year hour minute people person percent team work worked working time company business number"
        " new good first last start open help change need plan number cost price make part place help need want january"
        " february march april may june july august september october november december monday friday experience manage"
    )
)
_ACTIONABLE = re.compile(
    r"\b(?:should|must|need to|have to|can (?:\w+ )?(?:start|try|use|apply|ask|join|learn)|try|start (?:with|by)"
    r"|ask|apply|use"
    r"|recommend\w*|consider|avoid|make sure|plan|deadline|closes?|due|lesson|next time|would (?:do|have)|we now"
    r"|by (?:january|february|march|april|may|june|july|august|september|october|november|december)|you will|you'll"
    r"|register|course|check|first step|before you|costs?|requires?|required)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """How a span and a member belong together: the fact, and how near it is (a cosine, raised by shared words)."""

    fact: Fact
    near: float

    @property
    def close(self) -> bool:
        """Whether the link may be claimed outright."""
        return self.near >= CLOSE


@dataclass(frozen=True, slots=True)
class Point:
    """One chosen takeaway: its span, its row in the digest, and the fact it was chosen for (None without one)."""

    span: Span
    row: int
    link: Link | None
    score: float


def choose(digest: Digest, snapshot: Snapshot, fact_vectors: Vectors, count: int = 3) -> list[Point]:
    """Up to `count` points in the order they should be read; none when nothing in the item can be quoted.

    `fact_vectors` has one row a fact of the snapshot, shape [facts, dims].
    """
    rows = [i for i, span in enumerate(digest.spans) if span.quotable]
    if not rows:
        return []
    contrast = _contrast(digest, snapshot, fact_vectors)
    near, best = _nearest(contrast, len(digest.spans))
    base = _standard(np.array([_logit(digest.spans[i].salience) for i in rows]))
    specific = SPECIFIC if snapshot.facts else SPECIFIC_FOR_NOBODY
    base += specific * np.array([digest.spans[i].specificity for i in rows])
    base -= (BARE if snapshot.facts else 0.0) * np.array([_bare(digest.spans[i].text) for i in rows], dtype=np.float32)
    pull = _pull(near[rows]) if snapshot.facts else np.zeros(len(rows), dtype=np.float32)
    chosen: list[int] = []
    used: set[str] = set()
    scores: dict[int, float] = {}
    for _ in range(min(count, len(rows))):
        gain = base + pull - _penalty(digest, rows, chosen, best, snapshot, used)
        gain[[rows.index(row) for row in chosen]] = -np.inf
        pick = int(gain.argmax())
        row = rows[pick]
        chosen.append(row)
        scores[row] = float(gain[pick])
        if snapshot.facts:
            used.add(snapshot.facts[best[row]].id)
    named = _named(contrast, chosen, snapshot)
    links = {row: link(digest, snapshot, fact_vectors, row, fact) for row, fact in named.items()}
    return [Point(digest.spans[row], row, links.get(row), scores[row]) for row in _reading_order(digest, chosen)]


def _named(contrast: NDArray[np.float32], chosen: list[int], snapshot: Snapshot) -> dict[int, int]:
    """Which fact to name for each chosen span: its nearest, or one nearly as near that was not named yet."""
    named: dict[int, int] = {}
    for row in chosen if snapshot.facts else ():
        order = np.argsort(-contrast[row], kind="stable")
        fresh = [int(fact) for fact in order[:5] if int(fact) not in named.values()]
        best = int(order[0])
        near = [fact for fact in fresh if contrast[row, best] - contrast[row, fact] <= OTHER_FACT_WITHIN]
        named[row] = near[0] if near else best
    return named


def _pull(near: NDArray[np.float32]) -> NDArray[np.float32]:
    """Nearness in standard deviations, weaker for a member to whom nothing in the item is close."""
    strength = min(1.0, max(0.7, (float(near.max()) - 0.1) / 0.3))
    return np.asarray(PULL * strength * _standard(near), dtype=np.float32)


def _bare(text: str) -> bool:
    return len(words(text)) < BARE_WORDS and not any(map(str.isdigit, text))


def actionable(text: str) -> bool:
    """Whether a sentence tells what to do, by when, or at what cost."""
    return bool(_ACTIONABLE.search(text))


def _nearest(contrast: NDArray[np.float32], spans: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    if not contrast.size:
        return np.zeros(spans, dtype=np.float32), np.zeros(spans, dtype=np.int64)
    return contrast.max(axis=1), contrast.argmax(axis=1)


def _contrast(digest: Digest, snapshot: Snapshot, fact_vectors: Vectors) -> NDArray[np.float32]:
    """Nearness of every span to every fact, shape [spans, facts].

    A fact that is near to everything in the item says little about one span, so half of its mean over the item
    is taken off before facts compete.
    """
    if not snapshot.facts or not len(digest.vectors):
        return np.zeros((len(digest.spans), 0), dtype=np.float32)
    weights = np.array([KIND_WEIGHTS[fact.kind] for fact in snapshot.facts], dtype=np.float32)
    cosines = digest.vectors @ fact_vectors.T
    cosines += _shared_words(digest.spans, snapshot.facts) * np.clip(cosines / LOOSE, 0.0, 1.0)
    return np.asarray((cosines - 0.5 * cosines.mean(axis=0)) * weights, dtype=np.float32)


def link(digest: Digest, snapshot: Snapshot, fact_vectors: Vectors, row: int, fact: int) -> Link:
    """The link of one span and one fact, by plain cosine and shared words."""
    cosine = float(digest.vectors[row] @ fact_vectors[fact])
    shared = float(_shared_words([digest.spans[row]], [snapshot.facts[fact]])[0, 0])
    return Link(snapshot.facts[fact], cosine + shared * min(1.0, max(0.0, cosine / LOOSE)))


def _shared_words(spans: Sequence[Span], facts: Sequence[Fact]) -> NDArray[np.float32]:
    """A bonus of 0.06 for each telling word that span and fact share, 0.18 at most; 0.25 for a whole longer skill."""
    stems = [_telling(span.text) for span in spans]
    wanted = [_telling(fact.text) for fact in facts]
    bonus = np.zeros((len(spans), len(facts)), dtype=np.float32)
    for j, want in enumerate(wanted):
        if not want:
            continue
        for i, have in enumerate(stems):
            if both := len(have & want):
                whole = both == len(want) > 1 and facts[j].kind == "skill"
                bonus[i, j] = 0.25 if whole else min(0.18, 0.06 * both)
    return bonus


def _telling(text: str) -> set[str]:
    return {stem for stem in content_stems(text) if stem not in _CHANCE and not stem[0].isdigit()}


def _penalty(
    digest: Digest, rows: list[int], chosen: list[int], best: NDArray[np.int64], snapshot: Snapshot, used: set[str]
) -> NDArray[np.float32]:
    cost = np.zeros(len(rows), dtype=np.float32)
    if chosen:
        like = (digest.vectors[rows] @ digest.vectors[chosen].T).max(axis=1)
        cost += SAMENESS * np.maximum(0.0, like - SAME_ABOVE)
    if used:
        cost += FACT_AGAIN * np.array([snapshot.facts[best[row]].id in used for row in rows], dtype=np.float32)
    return cost


def _reading_order(digest: Digest, chosen: list[int]) -> list[int]:
    """The strongest point first, the others as they stand in the item, one that can be acted on last."""
    rest = sorted(chosen[1:])
    rest.sort(key=lambda row: actionable(digest.spans[row].text))
    return [*chosen[:1], *rest]


def _logit(share: float) -> float:
    share = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(share / (1 - share)))


def _standard(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((values - values.mean()) / max(1e-6, float(values.std())), dtype=np.float32)
