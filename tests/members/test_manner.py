"""The manner of a member's posts: counted, the same every time, and told in words."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from nutgraf.ingest.load import load_item
from nutgraf.members.manner import NEUTRAL, Manner, described, manner
from nutgraf.serve.sample import network

SHORT = (
    "Four in the morning. I was tired. I wrote it down anyway.",
    "Monday, six o'clock. I had no slides. It went well.",
)
ORDER = (
    "Every screen has an order in which the keyboard moves through it, and in most products nobody has ever chosen it. "
)
LONG = (
    ORDER
    + "Which of the components that your team maintains today has an answer to that question, and who wrote it down?",
)
FIGURES = ("12 files came every month. I joined them by hand.", "$40 was the price. I paid it twice.")
LOUD = (
    "We sold out again! We were proud of it! #bakery #detroit",
    "We baked more \U0001f35e this week! What would you do? #bakery",
)
WRITERS = ("amara", "jonas", "priya", "mei", "fatima")


def posts_of(name: str) -> list[str]:
    """The posts of a member of the sample network, as they read."""
    items = [load_item(path) for path in sorted((network() / "items").glob(f"post-{name}-*.md"))]
    return [" ".join(item.shown(block.start, block.end) for block in item.blocks) for item in items]


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        (SHORT, {"length": "short", "begins_with": "scene", "ends_with_question": 0.0, "questions": 0.0}),
        (LONG, {"length": "long", "begins_with": "statement", "asks_at_the_end": True, "questions": 0.5}),
        (FIGURES, {"begins_with": "figure", "first_person": 0.5}),
        (LOUD, {"begins_with": "first-person", "hashtags": 1.0, "emoji": 0.5, "exclamations": 0.75}),
    ],
    ids=["short", "long", "figures", "loud"],
)
def test_habits_are_counted(posts: tuple[str, ...], expected: dict[str, object]) -> None:
    """Lengths, openings, questions and signs of a few posts come out as a reader would count them."""
    found = manner(posts)

    assert found.posts == len(posts)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        (SHORT, "short sentences, begins with a scene, first person, ends with a statement; from 2 posts of yours"),
        (LONG, "long sentences, hardly ever in the first person, ends with a question; from 1 post of yours"),
        (LOUD[1:], "with exclamation marks, with emoji and hashtags; from 1 post of yours"),
        ((), "plain and neutral, as there are no posts of yours to learn from"),
    ],
    ids=["short", "long", "loud", "none"],
)
def test_a_manner_is_told_in_words(posts: tuple[str, ...], words: str) -> None:
    """The description names each habit, and from how many posts it was learned."""
    assert described(manner(posts)).endswith(words)


@pytest.mark.parametrize(
    "posts", [(), ("",), ("   \n", "…", "#only #tags", "\U0001f35e")], ids=["none", "empty", "no words"]
)
def test_without_a_sentence_the_manner_is_neutral(posts: tuple[str, ...]) -> None:
    """Nothing to learn from gives the neutral manner, and nothing is made up."""
    assert manner(posts) == NEUTRAL == Manner()


def test_openings_that_come_again_are_kept() -> None:
    """The first words that begin more than one sentence are kept, the most frequent first."""
    assert manner(("I had a plan. I had a map. It was late. It was cold. I had time.",)).openings == ("i had", "it was")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_posts_does_not_matter(seed: int) -> None:
    """The same posts in any order give the same manner."""
    rng = random.Random(seed)
    posts = [*SHORT, *LONG, *FIGURES, *LOUD]
    mixed = rng.sample(posts, len(posts))

    assert manner(mixed) == manner(posts)


@pytest.mark.parametrize("seed", range(20))
def test_any_text_has_a_manner(seed: int) -> None:
    """Random characters give shares within 0..1 and a description of one line."""
    rng = random.Random(seed)
    found = manner(["".join(rng.choice("aI we.?!#1 \n\u202e\U0001f469é漢“”") for _ in range(200)) for _ in range(4)])

    shares = (found.questions, found.first_person, found.exclamations, found.ends_with_question, found.emoji)
    assert all(0.0 <= share <= 1.0 for share in (*shares, found.hashtags))
    assert "\n" not in described(found)


def test_members_of_the_sample_network_differ() -> None:
    """Each of five members has three posts, and no two of them are described alike."""
    manners = {name: manner(posts_of(name)) for name in WRITERS}

    assert {found.posts for found in manners.values()} == {3}
    assert all(described(manners[one]) != described(manners[other]) for one, other in combinations(WRITERS, 2))
