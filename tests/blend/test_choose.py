"""Choosing spans: salient, near, varied, and never dependent on the order of the facts."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.blend.choose import choose, link
from nutgraf.types import Digest, Fact, Scope, Snapshot, Span

SCOPE = Scope(tenant="t", member="m", purposes=frozenset({"personalise"}), consent_version=1, rights=frozenset())
DIMS = 16


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), dtype=np.float32)


def _digest(seed: int, n: int, quotable: list[bool] | None = None) -> Digest:
    random = np.random.default_rng(seed)
    spans = tuple(
        Span(f"s{i}", 10 * i, 10 * i + 9, f"sentence {i}", i, float(random.uniform(0.05, 0.95)), 0.2,
             quotable[i] if quotable else True)
        for i in range(n)
    )  # fmt: skip
    vectors = _unit(random.normal(size=(n, DIMS)))
    return Digest("x", "h", "v", spans, vectors, vectors[0], (), 1.0)


def _snapshot(seed: int, n: int) -> tuple[Snapshot, np.ndarray]:
    facts = tuple(Fact(f"skill.{i}", "skill", f"fact {chr(97 + i)}") for i in range(n))
    return Snapshot(SCOPE, "M", facts), _unit(np.random.default_rng(seed).normal(size=(n, DIMS)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(0, 8), st.integers(1, 5))
def test_choice_is_distinct_quotable_and_bounded(seed: int, spans: int, facts: int, count: int) -> None:
    """Never more than asked, never twice the same, only what can be quoted, always as much as there is."""
    mask = [bool((seed >> (i % 13)) & 1) for i in range(spans)]
    read = _digest(seed, spans, mask)
    known, vectors = _snapshot(seed, facts)
    rows = [point.row for point in choose(read, known, vectors.reshape(facts, DIMS), count)]
    assert len(set(rows)) == len(rows) == min(count, sum(mask))
    assert all(read.spans[row].quotable for row in rows)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_order_of_facts_changes_nothing(seed: int) -> None:
    """A profile read backwards gives the same panel."""
    read = _digest(seed, 15)
    known, vectors = _snapshot(seed, 6)
    turned = Snapshot(SCOPE, "M", known.facts[::-1])
    first = [(p.row, p.link.fact.id if p.link else "") for p in choose(read, known, vectors, 3)]
    again = [(p.row, p.link.fact.id if p.link else "") for p in choose(read, turned, vectors[::-1].copy(), 3)]
    assert first == again


def test_a_span_close_to_the_member_is_pulled_in() -> None:
    """A fact that says what a span says brings that span into the panel; without the fact it stays out."""
    read = _digest(3, 20)
    nobody = Snapshot(SCOPE, None, ())
    without = {p.row for p in choose(read, nobody, np.zeros((0, DIMS), np.float32), 3)}
    worst = min((row for row in range(20) if row not in without), key=lambda row: abs(read.spans[row].salience - 0.5))
    known = Snapshot(SCOPE, "M", (Fact("goal.0", "goal", "goal"),))
    points = choose(read, known, read.vectors[[worst]], 3)
    assert worst in {p.row for p in points}
    assert next(p.link for p in points if p.row == worst).close  # type: ignore[union-attr]


def test_two_spans_that_say_the_same_are_not_both_chosen() -> None:
    """The second of two equal spans costs more than it brings."""
    read = _digest(5, 12)
    read.vectors[1] = read.vectors[0]
    spans = [*read.spans]
    for i in (0, 1):
        spans[i] = Span(f"s{i}", 10 * i, 10 * i + 9, "same", i, 0.99, 0.2)
    same = Digest("x", "h", "v", tuple(spans), read.vectors, read.title_vector, (), 1.0)
    rows = [p.row for p in choose(same, Snapshot(SCOPE, None, ()), np.zeros((0, DIMS), np.float32), 3)]
    assert len({0, 1} & set(rows)) == 1


def test_shared_words_raise_a_link_only_where_the_meaning_is_near() -> None:
    """The same word in an unrelated sentence is a coincidence."""
    vectors = _unit(np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32))
    spans = (Span("s0", 0, 9, "The scheduling board moved.", 0), Span("s1", 10, 19, "The scheduling board moved.", 1))
    read = Digest("x", "h", "v", spans, vectors, vectors[0], (), 1.0)
    known = Snapshot(SCOPE, "M", (Fact("skill.0", "skill", "scheduling"),))
    fact = _unit(np.array([[1.0, 0.0]], dtype=np.float32))
    assert link(read, known, fact, 0, 0).near > 1.05
    assert link(read, known, fact, 1, 0).near == 0.0
