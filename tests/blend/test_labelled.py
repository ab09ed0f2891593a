"""Blending beats every source alone and all of them one behind the other, on questions whose answers were marked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nutgraf.orchestration import BlendRules
from nutgraf.text.words import content_stems
from nutgraf.types import Vectors
from tests.blend.labelled import Network, compared, questions, ways


class Stems:
    """A small encoder without a model: hashed stems, so that texts with the same words are near."""

    name, dims = "stems", 512

    def encode(self, texts: list[str]) -> Vectors:
        """One row a text, of length one."""
        rows = np.zeros((len(texts), self.dims), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for stem, n in Counter(content_stems(text)).items():
                row[sum(ord(char) * 31**i for i, char in enumerate(stem)) % self.dims] += n**0.5
        rows[:, 0] += 1e-3
        made: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return made


@pytest.fixture(scope="module")
def world() -> Network:
    """The sample network."""
    return Network(Stems())  # type: ignore[arg-type]


def test_every_label_can_be_found(world: Network) -> None:
    """What is marked as relevant stands in the item, in the member's record, or is another record."""
    assert len(questions()) >= 40
    for asked in questions():
        texts = [p.text for p in world.sentences(asked.item)] + [f.text for f in world.member(asked.member)[0]]
        for wanted in asked.relevant:
            if wanted.startswith("@"):
                assert wanted[1:] in world.items.keys() - {asked.item}, wanted
            else:
                assert any(wanted.casefold() in text.casefold() for text in texts), wanted


def test_blending_beats_each_source_and_concatenation(world: Network) -> None:
    """At the same budget more of what is relevant is kept, and it stands further ahead."""
    using = {**ways(), "without weights": ways(BlendRules())["blend"]}
    table = compared(world, questions(), using)
    blend, plain = table.pop("blend"), table.pop("without weights")

    turn = table.pop("in turn")
    for name, (recall, ndcg) in table.items():
        assert blend[0] > recall, name
        assert blend[1] > ndcg, name
    assert plain[0] > table["concatenation"][0]
    assert blend[0] > turn[0]
