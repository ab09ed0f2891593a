"""Questions near an agent's examples are on topic, strange ones are off, doubtful ones are asked back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nutgraf.errors import InputError
from nutgraf.trust.topic.topic import OffTopic, Topic, follows

WORDS = "pay leave holiday insurance tax meeting song weather pizza football".split()


def encode(texts: Sequence[str]) -> Any:
    """A bag of ten words as a vector of length one."""
    rows = np.array([[text.lower().count(word) + 0.05 for word in WORDS] for text in texts], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


EXAMPLES = [f"{a} and {b}" for a in WORDS[:6] for b in WORDS[:6]]
AGENT = OffTopic(EXAMPLES, encode)


@pytest.mark.parametrize("text", ["how much leave and pay do I get this year", "my tax and insurance papers please"])
def test_what_is_near_is_on_topic(text: str) -> None:
    """A question in the words of the examples passes."""
    assert AGENT.detect(text).check == "topic-on"
    assert AGENT.detect(text).score < 0.5


@pytest.mark.parametrize(
    "text", ["which pizza goes with football on television", "the weather song of the whole summer"]
)
def test_what_is_far_is_off_topic(text: str) -> None:
    """A question in other words is refused, with a reason."""
    assert AGENT.detect(text).check == "topic-off"
    assert AGENT.detect(text).score > 0.9
    assert "nearness" in AGENT.detect(text).because


def test_the_band_between_asks_back() -> None:
    """Between both limits a question is neither refused nor passed, and its probability lies between."""
    topic = Topic(encode(EXAMPLES), 0.4, 0.6)

    assert [topic.side(value) for value in (0.39, 0.5, 0.61)] == ["off", "ask", "on"]
    assert topic.chance(0.4) == pytest.approx(0.9)
    assert topic.chance(0.6) == pytest.approx(0.5)


def test_a_follow_up_is_judged_with_the_turn_before() -> None:
    """“And the second one?” is as much on topic as what it follows; a whole new question is judged by itself."""
    assert AGENT.detect("And the second one?", "How much leave and holiday do I get").check == "topic-on"
    assert AGENT.detect("And the second one?", "Which pizza and song").check == "topic-off"
    assert (
        AGENT.detect("Which pizza goes best with a long football match on television", "leave and pay").check
        == "topic-off"
    )


def test_what_leans_on_the_turn_before_is_known() -> None:
    """Short and pointing questions lean, whole ones do not."""
    assert all(
        follows(text) for text in ("why?", "and for part-time staff?", "what about it", "tell me more about that")
    )
    assert not follows("please recommend a restaurant near the river for tonight")


def test_too_few_examples_are_refused() -> None:
    """An agent without examples cannot tell its topic."""
    with pytest.raises(InputError, match="at least 6"):
        OffTopic(["pay", "leave"], encode)


def test_about_two_in_a_hundred_examples_would_be_refused() -> None:
    """The limit is set so that the agent's own examples pass."""
    vectors = np.random.default_rng(1).normal(1.0, 1.0, (500, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    topic = Topic.of(vectors)
    near = vectors @ vectors.T
    np.fill_diagonal(near, -1)
    scores = np.sort(near, axis=1)[:, -3:].mean(axis=1)

    assert 0.01 <= (scores < topic.off_below).mean() <= 0.03
