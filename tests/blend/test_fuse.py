"""Blending keeps its promises for any passages and rules, and says why in words."""

from __future__ import annotations

from dataclasses import astuple, replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.blend.alike import Reading, nearly_same
from nutgraf.blend.fuse import blend, tokens_of
from nutgraf.errors import InputError
from nutgraf.orchestration import Blended, BlendRules, Passage

SOURCES = ("item", "related", "member", "web")
WORDS = ("grant", "budget", "nurse", "Python", "the", "not", "12", "night", "shift", "pays", "of", "training", "review")

texts = st.lists(st.sampled_from(WORDS), min_size=0, max_size=14).map(" ".join)
passages = st.builds(
    Passage,
    source=st.sampled_from(SOURCES),
    ref=st.sampled_from(("a", "b", "c")),
    text=texts | st.text(max_size=30),
    start=st.integers(0, 3),
    score=st.sampled_from((0.0, 0.5, 1.0, -2.0, float("nan"), float("inf"))),
    partition=st.sampled_from(("public", "member")),
    published=st.sampled_from((None, "", "2024", "2025-02", "2025-05-30T09:00:00Z", "soon", "2025-13-01")),
)
found = st.lists(st.tuples(passages, st.floats(0, 1)), max_size=14)
rules = st.builds(
    BlendRules,
    weights=st.dictionaries(st.sampled_from(SOURCES), st.sampled_from((0.0, 0.5, 1.0, 3.0)), max_size=4),
    quotas=st.dictionaries(st.sampled_from(SOURCES), st.integers(0, 3), max_size=4),
    budget_tokens=st.integers(0, 60),
    diversity=st.floats(0, 1),
    personal=st.floats(0, 2),
    recency=st.floats(0, 1),
    recency_half_life_days=st.sampled_from((0.0, 1.0, 180.0)),
    passages_at_most=st.integers(0, 8),
)
quick = settings(max_examples=150, deadline=None)


def blended(pairs: list[tuple[Passage, float]], given_rules: BlendRules) -> Blended:
    """Blend pairs of passage and nearness on a fixed day."""
    return blend([p for p, _ in pairs], given_rules, near=[near for _, near in pairs], now="2025-06-01T00:00:00Z")


def told(outcome: Blended) -> list[object]:
    """All that an outcome says, as values that can be compared."""
    return [(repr(astuple(fate.passage)), fate.kept, fate.because, fate.score, fate.tokens) for fate in outcome.fates]


@quick
@given(found, rules)
def test_every_passage_has_one_fate(pairs: list[tuple[Passage, float]], given_rules: BlendRules) -> None:
    """Nothing that was found goes missing or is told twice, and every fate has a reason."""
    outcome = blended(pairs, given_rules)

    assert sorted(id(fate.passage) for fate in outcome.fates) == sorted(id(p) for p, _ in pairs)
    assert [fate.passage for fate in outcome.fates if fate.kept] == list(outcome.kept)
    assert all(fate.because for fate in outcome.fates)


@quick
@given(found, rules, st.randoms(use_true_random=False))
def test_order_of_arrival_changes_nothing(
    pairs: list[tuple[Passage, float]], given_rules: BlendRules, random: object
) -> None:
    """Whoever answers first has no advantage."""
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert told(blended(shuffled, given_rules)) == told(blended(pairs, given_rules))


@quick
@given(found, rules)
def test_budget_quotas_and_places_hold(pairs: list[tuple[Passage, float]], given_rules: BlendRules) -> None:
    """No limit is ever passed, and a source of weight zero is gone."""
    outcome = blended(pairs, given_rules)
    sources = [passage.source for passage in outcome.kept]

    assert outcome.tokens == sum(tokens_of(p.text) for p in outcome.kept) <= given_rules.budget_tokens
    assert len(outcome.kept) <= given_rules.passages_at_most
    assert all(sources.count(name) <= quota for name, quota in given_rules.quotas.items())
    assert not [name for name, weight in given_rules.weights.items() if weight == 0 and name in sources]


@quick
@given(found, rules, st.integers(0, 60))
def test_more_budget_never_loses_a_piece(
    pairs: list[tuple[Passage, float]], given_rules: BlendRules, more: int
) -> None:
    """What a small budget keeps is the beginning of what a larger one keeps."""
    small = blended(pairs, given_rules).kept
    large = blended(pairs, replace(given_rules, budget_tokens=given_rules.budget_tokens + more)).kept

    assert [repr(astuple(p)) for p in large[: len(small)]] == [repr(astuple(p)) for p in small]


@quick
@given(found, rules)
def test_no_two_kept_say_the_same(pairs: list[tuple[Passage, float]], given_rules: BlendRules) -> None:
    """Of passages that say nearly the same, the better placed one stands alone."""
    kept = [Reading(passage) for passage in blended(pairs, given_rules).kept]

    assert not [1 for better, worse in combinations(kept, 2) if nearly_same(worse, better)]


def one(source: str, text: str, score: float = 1.0, ref: str = "r", **more: object) -> Passage:
    """A passage."""
    return Passage(source=source, ref=ref, text=text, score=score, **more)  # type: ignore[arg-type]


GRANT = "The county scored our grant application 58 points because the outcomes could not be measured at all"
NIGHT = "Night shifts pay a fifth more at the harbour warehouse"


def reason(outcome: Blended, ref: str) -> str:
    """The reason of the passage with this ref."""
    return next(fate.because for fate in outcome.fates if fate.passage.ref == ref)


def test_found_by_two_sources_comes_first() -> None:
    """The same words found by two searches outrank what one of them puts first."""
    outcome = blend(
        [one("words", NIGHT, 9, "n"), one("words", GRANT, 8, "g"), one("near", GRANT, 0.4, "g2")], BlendRules()
    )

    assert [p.ref for p in outcome.kept] == ["g2", "n"]
    assert reason(outcome, "g2") == "number 1 of near; also found by words"
    assert reason(outcome, "g") == "the same words as g2 of near"


@pytest.mark.parametrize(
    "text",
    [
        GRANT.upper() + "!",
        GRANT.replace("the outcomes", "its outcomes"),
        "Our grant application scored 58 points: the county could not measure the outcomes at all because",
        "the county scored our grant application 58 points because the outcomes could not be measured",
    ],
)
def test_near_duplicates_are_cut(text: str) -> None:
    """Case, a changed word, another order and a piece of the whole are all the same again."""
    outcome = blend([one("a", GRANT, 2, "better"), one("a", text, 1, "worse")], BlendRules())

    assert [p.ref for p in outcome.kept] == ["better"]
    assert reason(outcome, "worse") == "it says nearly the same as better of a"


@pytest.mark.parametrize(
    "text",
    [GRANT.replace("58", "85"), GRANT.replace("could not", "could"), "58 points"],
)
def test_another_figure_or_denial_is_not_the_same(text: str) -> None:
    """Passages that disagree are both kept, and so is a short one that happens to be made of another's words."""
    outcome = blend([one("a", GRANT, 2), one("a", text, 1, "other")], BlendRules())

    assert len(outcome.kept) == 2


def test_the_members_words_are_evidence_of_their_own() -> None:
    """A skill in the member's record is not dropped because the item names it too."""
    outcome = blend([one("item", "Python", 1, "i"), one("member", "Python", 1, "m", partition="member")], BlendRules())

    assert {p.ref for p in outcome.kept} == {"i", "m"}


def test_near_recent_and_weighted_come_first() -> None:
    """Nearness to the member, a fresh date and a source's weight each lift a passage, and are told."""
    a, b = one("a", NIGHT, ref="x"), one("b", GRANT, ref="y", published="2025-05-20")

    near = blend([a, b], BlendRules(), near=[0.1, 0.9])
    fresh = blend([replace(a, published="2019"), b], BlendRules(), now="2025-06-01")
    heavy = blend([a, b], BlendRules(weights={"b": 1.5}))

    assert [outcome.kept[0].ref for outcome in (near, fresh, heavy)] == ["y", "y", "y"]
    assert "near to the member (0.90)" in reason(near, "y")
    assert "recent" in reason(fresh, "y")


def test_diversity_prefers_what_is_new() -> None:
    """With diversity a passage unlike the first overtakes one that repeats half of it."""
    like = "The county scored our second proposal because our budget was late"
    pairs = [one("a", GRANT, 3, "first"), one("a", like, 2, "like"), one("a", NIGHT, 1, "new")]

    plain = blend(pairs, BlendRules(diversity=0))
    varied = blend(pairs, BlendRules(diversity=0.5))

    assert [p.ref for p in plain.kept] == ["first", "like", "new"]
    assert [p.ref for p in varied.kept] == ["first", "new", "like"]


def test_limits_are_told() -> None:
    """A full quota, filled places and a spent budget are given as reasons with their figures."""
    pairs = [one("a", f"{word} alone stands here", 9 - i, word) for i, word in enumerate(("one", "two", "three"))]

    quota = blend(pairs, BlendRules(quotas={"a": 1}, diversity=0))
    places = blend(pairs, BlendRules(passages_at_most=1, diversity=0))
    budget = blend(pairs, BlendRules(budget_tokens=8, diversity=0))

    assert reason(quota, "two") == "the quota of a (1) was full"
    assert reason(places, "three") == "better ones filled the places (1)"
    assert reason(budget, "two") == "it takes 6 tokens, and 2 of 8 were left"
    assert reason(budget, "three") == "the budget was full before it"


def test_a_long_page_does_not_push_the_rest_out() -> None:
    """A passage longer than the whole budget ranks behind its neighbours instead of closing the budget for them."""
    long = " ".join(f"word{i}" for i in range(900))
    outcome = blend([one("web", long, 9, "long"), one("web", GRANT, 1), one("web", NIGHT, 0)], BlendRules())

    assert len(outcome.kept) == 2
    assert "were left" in reason(outcome, "long")


@pytest.mark.parametrize(
    ("rules_given", "near", "named"),
    [
        (BlendRules(weights={"web": -1}), None, "weights.web"),
        (BlendRules(quotas={"web": -1}), None, "quotas.web"),
        (BlendRules(budget_tokens=-1), None, "budget_tokens"),
        (BlendRules(diversity=1.5), None, "diversity"),
        (BlendRules(recency=float("nan")), None, "recency"),
        (BlendRules(), [0.5], "near"),
    ],
)
def test_rules_that_cannot_hold_are_refused(rules_given: BlendRules, near: list[float] | None, named: str) -> None:
    """The message names the rule."""
    with pytest.raises(InputError, match=named):
        blend([], rules_given, near=near)


def test_tokens_of_other_scripts() -> None:
    """Text without spaces is not taken for a quarter of its length."""
    assert tokens_of("four") == 1
    assert tokens_of("会議の記録") == 4
