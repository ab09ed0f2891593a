"""How near the words of a sentence come in meaning to those of its evidence, by small vectors of single words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nutgraf.errors import MissingPart
from nutgraf.trust.grounding.index import EvidenceIndex, Ranked
from nutgraf.trust.grounding.lexical import Floats, Words

Singles: TypeAlias = NDArray[np.float32]
FIGURES = (
    "far", "far-most", "far-line", "far-two", "far-two-most", "far-five", "far-line-most", "near-unknown",
)  # fmt: skip
NOTHING = (0.0,) * (len(FIGURES) - 1) + (1.0,)


class Vectors:
    """A vector of length one for each of many stems; any other stem is near to itself alone."""

    def __init__(self, stems: Sequence[str], vectors: Singles) -> None:
        """`vectors` has shape (stems, dimensions)."""
        self.places = {stem: place for place, stem in enumerate(stems)}
        sizes = np.linalg.norm(vectors, axis=1, keepdims=True)
        self.table: Singles = (vectors / np.maximum(sizes, 1e-6)).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write the stems and the vectors, one byte a number, as one compressed .npz file."""
        words = np.frombuffer("\n".join(self.places).encode(), np.uint8)
        np.savez_compressed(path, words=words, vectors=np.round(self.table * 127).astype(np.int8))


def load_vectors(path: Path) -> Vectors:
    """The vectors of a file written by `Vectors.save`. Raises MissingPart when it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as found:
            stems = found["words"].tobytes().decode().split("\n")
            return Vectors(stems, found["vectors"].astype(np.float32))
    except (OSError, ValueError, KeyError) as exc:
        raise MissingPart(f"vectors {path.name}: cannot be read ({type(exc).__name__}); install Nutgraf again") from exc


class Meanings:
    """The meanings of one evidence, read once: a vector a stem, and which of them stand in which line."""

    def __init__(self, index: EvidenceIndex, vectors: Vectors) -> None:
        """The meanings of the evidence of `index`."""
        self._index, self._vectors = index, vectors
        known = sorted({words.stems[i] for words in index.words for i in words.content} & vectors.places.keys())
        self._columns = {stem: column for column, stem in enumerate(known)}
        self._known: Singles = vectors.table[[vectors.places[stem] for stem in known]].T

    @cached_property
    def _lines(self) -> tuple[NDArray[np.intp], ...]:
        columns = self._columns
        return tuple(
            np.array([columns[stem] for stem in stems if stem in columns], np.intp) for stems in self._index.sets
        )

    def read(self) -> None:
        """Read the lines now rather than when the first sentence arrives."""
        _ = self._lines

    def figures(self, said: Words, ranked: Ranked, weights: Sequence[float]) -> Sequence[float]:
        """The figures of a sentence, in the order of `FIGURES`; `weights` are those of its content words."""
        stems = said.content_stems
        if not stems:
            return NOTHING
        heavy = np.array(weights)
        total = max(float(heavy.sum()), 1e-9)
        near = self._near(stems)
        known = np.array([stem in self._index.stems for stem in stems])
        anywhere = np.where(known, 0.0, 1.0 - near.max(axis=1, initial=0.0))
        rows, best = ranked.order[:5], np.zeros(len(stems))
        gaps: list[Floats] = []
        for part in (rows[:1], rows[1:2], rows[2:]):
            if part:
                best = np.maximum(best, self._held(stems, near, part))
            gaps.append(1.0 - best)
        one, two, five = gaps
        return (
            float(heavy @ anywhere) / total,
            float((heavy * anywhere).max()),
            float(heavy @ one) / total,
            float(heavy @ two) / total,
            float((heavy * two).max()),
            float(heavy @ five) / total,
            float((heavy * one).max()),
            1.0 if known.all() else 1.0 - float(anywhere[~known].mean()),
        )

    def _near(self, stems: Sequence[str]) -> Singles:
        """The cosine of each stem with each of the evidence; 0 for one without a vector."""
        places = np.array([self._vectors.places.get(stem, -1) for stem in stems])
        near: Singles = self._vectors.table.take(places, axis=0, mode="clip") @ self._known
        near[places < 0] = 0.0
        return np.clip(near, 0.0, 1.0, out=near)

    def _held(self, stems: Sequence[str], near: Singles, rows: Sequence[int]) -> Floats:
        """The cosine of each stem with the nearest one in these lines, 0..1; one where the same stem stands there."""
        columns = self._lines[rows[0]] if len(rows) == 1 else np.concatenate([self._lines[row] for row in rows])
        sets = [self._index.sets[row] for row in rows]
        same = np.array([any(stem in one for one in sets) for stem in stems])
        return np.where(same, 1.0, near.take(columns, axis=1).max(axis=1, initial=0.0))
