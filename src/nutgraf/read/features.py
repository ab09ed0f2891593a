"""What can be measured of a sentence inside its item: place, centrality, specificity, turns of the story."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from nutgraf.read.marks import marks
from nutgraf.read.spans import Reading
from nutgraf.text.words import content_stems, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

NAMES = (
    "opening", "depth", "tail", "first_in_block", "block_rank", "central", "neighbour", "title", "heading", "frequent",
    "title_words", "words", "short", "long", "numbers", "names", "rare", "turn", "lesson", "advice", "purpose", "first_person",
    "you", "quote", "item", "fit", "leans", "colon", "lead_similar",
)  # fmt: skip

_TURN = re.compile(
    r"\b(?:but|however|instead|yet|although|though|despite|until|turned out|surpris\w+|unexpected\w*|rather than|not because"
    r"|no longer|for the first time|only (?:when|after)|the problem|the catch|mistake|failed|wrong)\b",
    re.IGNORECASE,
)
_LESSON = re.compile(
    r"\b(?:we (?:learned|found|discovered|realized|realised|concluded)|lesson|as a result|therefore|which means|means that"
    r"|the key|key (?:to|is)|most important\w*|in short|ultimately|the goal|result(?:s|ed)?|led to|because|so that|reduc\w+"
    r"|increas\w+|improv\w+|saved|cut|dropped|rose|grew)\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:should|must|need to|have to|be sure to|make sure|consider|avoid|start by|start with|remember|ask|recommend\w*"
    r"|best practice|tip|required|requires?|will be responsible|you will)\b",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"\b(?:is (?:a|an|the)|are (?:a|an|the)|allows?|helps?|enables?|provides?|is used|aims? to|designed to|launch\w*"
    r"|announc\w*|introduc\w*|releas\w*|explains?|covers?|describes?)\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:I|my|me|we|our|us)\b")
_YOU = re.compile(r"\b(?:you|your)\b", re.IGNORECASE)
_COMMON_SHARE = 0.35


def specificity(text: str) -> float:
    """How specific a sentence is, 0..1: numbers, names and long words against its length."""
    count = max(1, len(words(text)))
    found = marks(text)
    longish = sum(len(word) >= 8 for word in words(text)) / count
    return float(min(1.0, 0.22 * (1.5 * found.numbers + found.names) + 0.8 * longish))


def features(
    title: str, found: list[Reading], vectors: Matrix, title_vector: Matrix, heading_vectors: Matrix
) -> Matrix:
    """One row a sentence, one column a name of NAMES; similarities are cosines of the encoder's vectors.

    `heading_vectors` has one row a sentence (zeros where it stands under no heading).
    """
    n = len(found)
    stems = [content_stems(reading.span.text) for reading in found]
    counts = Counter(stem for row in stems for stem in set(row))
    title_stems = set(content_stems(title))
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, 0.0)
    central = similar.sum(axis=1) / max(1, n - 1)
    near = np.array([similar[i, max(0, i - 3) : i + 4].sum() / 6.0 for i in range(n)])
    lead = vectors[:3].mean(axis=0) if n else title_vector
    to_title, to_lead = vectors @ title_vector, vectors @ lead
    to_heading = (vectors * heading_vectors).sum(axis=1)
    blocks = sorted({reading.span.block for reading in found})
    order = {block: i for i, block in enumerate(blocks)}
    rows = np.zeros((n, len(NAMES)), dtype=np.float32)
    for i, reading in enumerate(found):
        text, row = reading.span.text, stems[i]
        count = len(words(text))
        rare = [stem for stem in set(row) if counts[stem] <= max(1, _COMMON_SHARE * 0.1 * n)]
        rows[i] = (
            1.0 / (1.0 + i), i / max(1, n - 1), float(i >= 0.92 * n and n > 8), float(reading.first_in_block),
            1.0 / (1.0 + order[reading.span.block]), central[i], near[i], to_title[i], to_heading[i],
            sum(counts[stem] for stem in set(row)) / (max(1, len(set(row))) * max(1, n) ** 0.5),
            len(title_stems & set(row)) / max(1, len(title_stems)), min(count, 50) / 25.0, float(count < 9),
            float(count > 32), min(4, marks(text).numbers) / 2.0, min(5, marks(text).names) / 3.0,
            len(rare) / max(1, len(set(row))), float(bool(_TURN.search(text))), float(bool(_LESSON.search(text))),
            float(bool(_ADVICE.search(text))), float(bool(_PURPOSE.search(text))), float(bool(_FIRST.search(text))),
            float(bool(_YOU.search(text))), float(any(mark in text for mark in '"“”')), float(reading.block_kind == "item"),
            reading.fit, float(reading.fit < 0.5), float(text.endswith(":")), to_lead[i],
        )  # fmt: skip
    return rows
