"""The first tier: comparison figures, boosted trees and the comparator; below a millisecond a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nutgraf import weights
from nutgraf.trust.grounding.compare import Comparator, Compared, moved
from nutgraf.trust.grounding.compare_quantities import Quantity
from nutgraf.trust.grounding.features import Lexicon, features, load_lexicon
from nutgraf.trust.grounding.index import EvidenceIndex, Ranked
from nutgraf.trust.grounding.lexical import words_of
from nutgraf.trust.grounding.meaning import Meanings, load_vectors
from nutgraf.trust.grounding.notation import Rewritten
from nutgraf.trust.grounding.trees import Trees, load, probability

WEIGHTS = Path(__file__).parent / "weights" / "t0"
VECTORS = "words.npz"


class Held:
    """One evidence, indexed and ready to be compared with; built once when the evidence arrives."""

    def __init__(self, lines: Sequence[str], lexicon: Lexicon | None = None) -> None:
        """`lines` as `flatten` gives them; the `lexicon` tells what words mean."""
        self.index = EvidenceIndex(lines)
        self.comparator = Comparator(self.index)
        self.comparator.read()
        self.meanings = Meanings(self.index, lexicon.vectors) if lexicon and lexicon.vectors else None
        if self.meanings:
            self.meanings.read()


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What the first tier says of a sentence: `margin` (log-odds of the trees, before any veto), the `probability` that
    it is not borne out (after the veto), what the comparator found, how the lines rank, and the text that was read: the
    question and the sentence in the notation of the evidence.
    """

    margin: float
    probability: float
    compared: Compared
    ranked: Ranked
    text: Rewritten


class FirstTier:
    """Scores sentences by their figures. Safe to share between threads."""

    def __init__(self, trees: Trees, lexicon: Lexicon, version: str = "") -> None:
        """`trees` over the figures of `features.NAMES`; `version` is the id of the weights."""
        self._trees, self._lexicon, self.version = trees, lexicon, version

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> FirstTier:
        """The tier with the weights of a folder. Raises MissingPart when they are not what their manifest says."""
        manifest = weights.load(folder)
        lexicon = load_lexicon(folder / "lexicon.json")
        if VECTORS in manifest.files:
            lexicon = replace(lexicon, vectors=load_vectors(folder / VECTORS))
        return cls(load(folder / "trees.npz"), lexicon, manifest.id)

    def held(self, lines: Sequence[str]) -> Held:
        """Evidence read for this tier; `lines` as `flatten` gives them."""
        return Held(lines, self._lexicon)

    def judge(self, sentence: str, held: Held, before: str = "") -> Judged:
        """What the trees and the comparator say of a sentence; `before` is the question it answers."""
        whole = f"{before} {sentence}" if before else sentence
        text, counted = held.comparator.rewritten(whole)
        figures, compared, ranked = read(text.text, held, self._lexicon, counted)
        if before or text.pieces:
            compared = moved(compared, text, len(before) + 1 if before else 0)
        margin = float(self._trees.margins(np.array([figures]))[0])
        score = probability(margin)
        veto = compared.veto
        return Judged(margin, max(score, veto.score) if veto else score, compared, ranked, text)


def read(
    sentence: str, held: Held, lexicon: Lexicon, counted: list[Quantity] | None = None
) -> tuple[list[float], Compared, Ranked]:
    """The figures of a sentence, with what the comparator found and how the lines rank.

    `counted` are its quantities, where they are known.
    """
    said = words_of(sentence)
    ranked = held.index.rank(said)
    compared = held.comparator.compare(said, ranked, counted)
    return features(said, held.index, ranked, compared, lexicon, held.meanings), compared, ranked
