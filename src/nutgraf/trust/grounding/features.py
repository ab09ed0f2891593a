"""The figures by which a sentence is compared with its evidence; nothing of its place, form or source is among them."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from nutgraf.errors import MissingPart
from nutgraf.trust.grounding import meaning
from nutgraf.trust.grounding.compare import KINDS, Compared
from nutgraf.trust.grounding.compare_words import OPPOSITES, small_words
from nutgraf.trust.grounding.index import EvidenceIndex, Ranked
from nutgraf.trust.grounding.lexical import Words

_FIGURES = (
    "unknown", "unknown-rare", "unknown-many", "unknown-rarest", "unknown-strange",
    "risk-most", "risk-any", "risk-mean",
    "pairs-known", "triples-known", "letters-known", "best", "second", "third", "covered-best", "covered-two",
    "covered-three", "covered-five", "in-order", "in-order-content", "longest-run", "weakest-part", "apart",
    "anchor-worst", "anchor-mean", "numbers-absent", "names-absent", "numbers", "names", "denies", "denied-only-there",
    "hedges-new", "hedges-lost", "amounts-new", "amounts-lost", "opposites", "content", "small-words-new",
)  # fmt: skip
_BESIDE = ("answer-unknown", "answer-covered", "order-turned", "line-words", "line-longer")
NAMES: tuple[str, ...] = (*_FIGURES, *KINDS, *_BESIDE, *meaning.FIGURES)
_NUMBERS = frozenset(KINDS[:9])
_PART_ENDS = frozenset(("and", "but", "which", "who", "while", "because", "although", "with", "where"))
_WINDOW = 6
_ROWS_AT_MOST = 12
_RAREST = 9.0


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of stems: `rarity`, an inverse document frequency in nats, and `risk` (0..1), how often a stem that
    its evidence did not hold was made up (`usual` for a stem never seen); and `vectors`, what stems mean.
    """

    rarity: dict[str, float] = field(default_factory=dict)
    risk: dict[str, float] = field(default_factory=dict)
    usual: float = 0.1
    vectors: meaning.Vectors | None = None

    def rare(self, stem: str) -> float:
        """The rarity of a stem; the highest for one never seen."""
        return self.rarity.get(stem, _RAREST)


def load_lexicon(path: Path) -> Lexicon:
    """The lexicon of a JSON file. Raises MissingPart when it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Lexicon(found["rarity"], found["risk"], float(found["usual"]))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise MissingPart(f"lexicon {path.name}: cannot be read ({type(exc).__name__}); install Nutgraf again") from exc


def features(
    said: Words,
    index: EvidenceIndex,
    ranked: Ranked,
    compared: Compared,
    lexicon: Lexicon,
    meanings: meaning.Meanings | None = None,
) -> list[float]:
    """The figures of a sentence, in the order of `NAMES`."""
    weights = [lexicon.rare(said.stems[i]) for i in said.content]
    counts = Counter(found.label for found in compared.findings)
    return [
        *_unknown(said, index, weights, lexicon),
        *_runs(said, index, ranked),
        *_lines(said, index, ranked, weights),
        *_order(said, index, ranked, compared, lexicon),
        *_small_words(said, index, ranked, compared, counts),
        *(float(counts[kind]) for kind in KINDS),
        *_answer(said, index, ranked, weights),
        *_beside(said, index, compared),
        *(meanings.figures(said, ranked, weights) if meanings else meaning.NOTHING),
    ]


def _unknown(said: Words, index: EvidenceIndex, weights: list[float], lexicon: Lexicon) -> list[float]:
    total = max(len(said.content), 1)
    missing = [k for k, i in enumerate(said.content) if said.stems[i] not in index.stems]
    strange = [k for k in missing if said.stems[said.content[k]][:5] not in index.openings]
    risks = [lexicon.risk.get(said.stems[said.content[k]], lexicon.usual) for k in missing]
    return [
        len(missing) / total,
        sum(weights[k] for k in missing) / max(sum(weights), 1e-9),
        math.log1p(len(missing)),
        max((weights[k] for k in missing), default=0.0),
        sum(weights[k] for k in strange) / max(sum(weights), 1e-9),
        max(risks, default=0.0),
        1.0 - math.prod(1.0 - risk for risk in risks),
        sum(risks) / max(len(risks), 1),
    ]


def _runs(said: Words, index: EvidenceIndex, ranked: Ranked) -> list[float]:
    stems = said.stems
    pairs = list(pairwise(stems))
    triples = list(zip(stems, stems[1:], stems[2:], strict=False))
    return [
        sum(pair in index.bigrams for pair in pairs) / max(len(pairs), 1),
        sum(triple in index.trigrams for triple in triples) / max(len(triples), 1),
        ranked.known_letters,
    ]


def _lines(said: Words, index: EvidenceIndex, ranked: Ranked, weights: list[float]) -> list[float]:
    top = ranked.order[:5]
    scores = [float(ranked.scores[row]) for row in top[:3]] + [0.0] * 3
    total = max(sum(weights), 1e-9)
    covered: list[float] = []
    known: set[str] = set()
    for row in top:
        known |= index.sets[row]
        covered.append(sum(w for w, i in zip(weights, said.content, strict=True) if said.stems[i] in known) / total)
    covered += [covered[-1] if covered else 0.0] * 5
    return [*scores[:3], covered[0], covered[1], covered[2], covered[4]]


def _order(said: Words, index: EvidenceIndex, ranked: Ranked, compared: Compared, lexicon: Lexicon) -> list[float]:
    laid = compared.laid
    size = max(len(said.stems), 1)
    if laid is None:
        return [0.0, 0.0, 0.0, 0.0, 1.0, *_anchored(said, index, compared, lexicon)]
    starts = [0, *(gap.i1 for gap in laid.gaps)]
    ends = [*(gap.i0 for gap in laid.gaps), len(said.stems)]
    longest = max(end - start for start, end in zip(starts, ends, strict=True))
    known = [said.stems[i] for i in said.content if said.stems[i] in index.rows_of]
    neighbours = list(pairwise(known))
    apart = sum(not set(index.rows_of[a]) & set(index.rows_of[b]) for a, b in neighbours) / max(len(neighbours), 1)
    return [
        laid.covered,
        laid.covered_content,
        longest / size,
        _weakest(said, index, ranked, lexicon),
        apart,
        *_anchored(said, index, compared, lexicon),
    ]


def _weakest(said: Words, index: EvidenceIndex, ranked: Ranked, lexicon: Lexicon) -> float:
    """How well the part of the sentence that is covered least is covered by one line."""
    parts: list[list[str]] = [[]]
    content = set(said.content)
    for i, root in enumerate(said.stems):
        between = said.text[said.spans[i - 1][1] : said.spans[i][0]] if i else ""
        if "," in between or ";" in between or ":" in between or said.lowered[i] in _PART_ENDS:
            parts.append([])
        if i in content:
            parts[-1].append(root)
    worst = 1.0
    near = [index.sets[row] for row in ranked.order[:6]]
    for part in parts:
        if len(part) < 2:
            continue
        heavy = [(lexicon.rare(root), root) for root in part]
        best = max((sum([w for w, root in heavy if root in roots]) for roots in near), default=0.0)
        worst = min(worst, best / sum([w for w, _ in heavy]))
    return worst


def _anchored(said: Words, index: EvidenceIndex, compared: Compared, lexicon: Lexicon) -> list[float]:
    """How well the words around each number and name stand in the lines that hold it: the worst and the mean."""
    found: list[float] = []
    for first, last, rows in compared.anchors:
        near = [
            said.stems[i]
            for i in said.content
            if first - _WINDOW <= i < last + _WINDOW and not first <= i < last
        ]  # fmt: skip
        weights = [lexicon.rare(root) for root in near]
        if not near:
            continue
        best = 0.0
        for row in rows[:_ROWS_AT_MOST]:
            roots = index.sets[row]
            best = max(best, sum(w for w, root in zip(weights, near, strict=True) if root in roots))
        found.append(best / sum(weights))
    return [min(found, default=1.0), sum(found) / len(found) if found else 1.0]


def _small_words(
    said: Words, index: EvidenceIndex, ranked: Ranked, compared: Compared, absent: Counter[str]
) -> list[float]:
    denies, hedges, amounts = small_words(said.lowered)
    top = ranked.order[:3]
    near = [index.small[row] for row in top]
    denied = any(one[0] for one in near[:2])
    hedged = frozenset[str]().union(*(one[1] for one in near))
    amounted = frozenset[str]().union(*(one[2] for one in near))
    best = index.sets[top[0]] if top else frozenset()
    against = [OPPOSITES[root] for root in said.stems if root in OPPOSITES and root not in best]
    content = set(said.content)
    return [
        float(sum(absent[kind] for kind in _NUMBERS)),
        float(absent["name"] + absent["name-part"]) / max(compared.names, 1),
        float(compared.quantities),
        float(compared.names),
        float(denies),
        float(denied and not denies) - float(denies and not denied),
        float(len(hedges - hedged)),
        float(len(hedged - hedges)),
        float(len(amounts - amounted)),
        float(len(amounted - amounts)),
        float(sum(not best.isdisjoint(one) for one in against)),
        math.log1p(len(said.content)),
        sum(root not in index.stems for i, root in enumerate(said.stems) if i not in content)
        / max(len(said.written), 1),
    ]


def _answer(said: Words, index: EvidenceIndex, ranked: Ranked, weights: list[float]) -> list[float]:
    """What follows a question, or the whole sentence: its share that is unknown, and that the two best lines hold."""
    opens = said.text.rfind("?", 0, len(said.text) - 2) + 1
    own = [(w, said.stems[i]) for w, i in zip(weights, said.content, strict=True) if said.spans[i][0] >= opens]
    total = max(sum(w for w, _ in own), 1e-9)
    best = frozenset[str]().union(*(index.sets[row] for row in ranked.order[:2]))
    return [
        sum(w for w, root in own if root not in index.stems) / total,
        sum(w for w, root in own if root in best) / total,
    ]


def _beside(said: Words, index: EvidenceIndex, compared: Compared) -> list[float]:
    """Against the nearest line: neighbours that stand the other way round, its words, how much longer it is."""
    if compared.laid is None:
        return [0.0, 0.0, 0.0]
    places = index.places[compared.laid.row]
    at = [places[said.stems[i]] for i in said.content if said.stems[i] in places]
    turned = sum(one > other for one, other in pairwise(at)) / max(len(at) - 1, 1)
    size = math.log1p(len(index.words[compared.laid.row].stems))
    return [turned, size, size - math.log1p(len(said.stems))]
