"""How often the whole judge stops a changed sentence, and how often it lets a faithful one through."""

from collections.abc import Sequence

import numpy as np
import pytest

from nutgraf.errors import MissingPart
from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.seams import Encoder
from nutgraf.trust.judge import Judge
from nutgraf.types import Draft, Evidence, Vectors, Verdict
from tests.trust.pairs import KINDS, Pair, pairs


class SameEncoder:
    """Finds all texts alike, so that only the other checks decide."""

    name, dims = "same", 1

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Equal rows."""
        return np.ones((len(texts), 1), dtype=np.float32)


PAIRS = list(pairs())
REFUSED_AT_LEAST, ACCEPTED_AT_LEAST = 0.95, 0.6


@pytest.fixture(scope="module", params=["onnx", "hashed"])
def judge(request: pytest.FixtureRequest) -> Judge:
    """The standard judge with either encoder."""
    encoder: Encoder = HashEncoder()
    if request.param == "onnx":
        try:
            encoder = OnnxEncoder.load()
        except MissingPart as exc:
            pytest.skip(f"no text encoder here: {exc}")
    return Judge.standard(encoder)


def verdict(judge: Judge, pair: Pair) -> Verdict:
    """What the judge says of one draft that cites its one source."""
    return judge.verdict(Draft(pair.draft, (1,)), [Evidence("e1", "item", "item", 0, len(pair.source), pair.source)])


def test_there_are_enough_pairs() -> None:
    """Sixty sources, each with a faithful form, and every kind of change."""
    assert len({pair.source for pair in PAIRS}) >= 60
    assert sum(pair.kind == "faithful" for pair in PAIRS) >= 60
    assert {pair.kind for pair in PAIRS} == {"faithful", *KINDS}
    assert all(sum(pair.kind == kind for pair in PAIRS) >= 15 for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_changed_sentences_are_refused(judge: Judge, kind: str) -> None:
    """One number, name, negation, hedge, quantity or role changed: the sentence is not said."""
    changed = [pair for pair in PAIRS if pair.kind == kind]
    passed = [pair.draft for pair in changed if verdict(judge, pair).verdict == "supported"]

    assert len(passed) <= (1 - REFUSED_AT_LEAST) * len(changed), passed


def test_no_changed_number_or_name_passes(judge: Judge) -> None:
    """For numbers and names there is no allowance."""
    changed = [pair for pair in PAIRS if pair.kind in ("number", "name")]

    assert [pair.draft for pair in changed if verdict(judge, pair).verdict == "supported"] == []


def test_faithful_sentences_are_accepted(judge: Judge) -> None:
    """The sentence itself, or one shortened at its clauses, is said."""
    if isinstance(judge.encoder, HashEncoder):
        judge = Judge(SameEncoder(), judge.checks)
    faithful = [pair for pair in PAIRS if pair.kind == "faithful"]
    refused = {pair.draft: said for pair in faithful if (said := verdict(judge, pair)).verdict != "supported"}

    assert len(refused) <= (1 - ACCEPTED_AT_LEAST) * len(faithful), refused


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.kind == "faithful"], ids=lambda pair: pair.source[:40])
def test_a_source_supports_itself(judge: Judge, pair: Pair) -> None:
    """Word for word, a source sentence always passes."""
    assert verdict(judge, Pair(pair.source, pair.source, "faithful")).verdict == "supported"
