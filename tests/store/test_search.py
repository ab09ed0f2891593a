"""Search: fused ranks, words and vectors, and any text at all as a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.errors import InputError
from nutgraf.store import fulltext
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.store.vectors import VectorIndex, fuse, item_vector, one
from nutgraf.types import Hit
from tests.store.made import NO_VECTOR, digest, item, unit


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """Four items with known words and vectors."""
    with EmbeddedStore.open(tmp_path_factory.mktemp("shelf")) as store:
        for seed, (name, kind, title, text) in enumerate(
            (
                ("bakery", "post", "A bakery grows", "Wholesale contracts changed our bakery. Pricing came first."),
                ("grants", "article", "Grant writing", "A grant narrative names its reader. Numbers persuade funders."),
                ("baker", "job", "Night baker", "Shape loaves from midnight. The bakery pays a night premium."),
                ("roofs", "post", "County solar roofs", "Roofs pay back in nine years. Grants cover a third."),
            )
        ):
            made = item(name, kind=kind, title=title, text=text, organisation="Rye & Co" if name == "baker" else None)
            store.put_digest(made, digest(made, seed=100 + seed, title_vector=unit(seed)[0]))
        yield store


def names(hits: list[Hit]) -> list[str]:
    """The ids found, best first."""
    return [hit.item.id for hit in hits]


def test_fusion_adds_reciprocal_ranks() -> None:
    """1/(60+rank) over the lists, ties by key, and each hit keeps its ranks."""
    assert fuse({"text": [7, 3], "vector": [3, 9]}) == [
        (3, 1 / 62 + 1 / 61, {"text": 2, "vector": 1}),
        (7, 1 / 61, {"text": 1}),
        (9, 1 / 62, {"vector": 2}),
    ]
    assert [key for key, *_ in fuse({"a": [5], "b": [4]})] == [4, 5]
    assert fuse({}) == []


def test_words_find_items_by_title_text_and_record(shelf: EmbeddedStore) -> None:
    """A word in the title weighs most; other forms of a word, accents and the organisation count too."""
    assert names(shelf.search("bakeries", NO_VECTOR)) == ["bakery", "baker"]
    assert names(shelf.search("roof payback", NO_VECTOR))[0] == "roofs"
    assert names(shelf.search("Gránts", NO_VECTOR)) == ["grants", "roofs"]
    assert names(shelf.search("rye", NO_VECTOR)) == ["baker"]
    assert names(shelf.search("zeppelin", NO_VECTOR)) == []


def test_vectors_find_items_nearest_first(shelf: EmbeddedStore) -> None:
    """The item whose own vector is asked for comes first, its length playing no part."""
    vector = shelf.digest(shelf.item("grants"), "reader-1")
    assert vector is not None
    for factor in (1.0, 40.0):
        hits = shelf.search("", item_vector(vector) * np.float32(factor))
        assert names(hits)[0] == "grants"
        assert hits[0].ranks == {"vector": 1}


def test_both_lists_together_win(shelf: EmbeddedStore) -> None:
    """What words and vector agree on stands before what only one of them found."""
    hits = shelf.search("bakery", item_vector(digest(shelf.item("baker"), 102, title_vector=unit(2)[0])))

    assert names(hits)[0] == "baker"
    assert hits[0].ranks["vector"] == 1
    assert hits[0].score == pytest.approx(sum(1 / (60 + rank) for rank in hits[0].ranks.values()))


def test_kinds_and_limit_are_kept(shelf: EmbeddedStore) -> None:
    """Only the kinds asked for, at most as many as asked for, and an unknown kind is refused."""
    for hits in (shelf.search("bakery", NO_VECTOR, ["job"]), shelf.search("", unit(2)[0], ["job", "course"])):
        assert names(hits) == ["baker"]
    assert shelf.search("bakery", unit(2)[0], ["course"]) == []
    assert len(shelf.search("bakery", unit(2)[0], limit=1)) == 1
    assert shelf.search("bakery", unit(2)[0], limit=0) == []
    with pytest.raises(InputError, match="kind"):
        shelf.search("bakery", NO_VECTOR, ["menu"])  # type: ignore[list-item]


def test_a_vector_of_another_width_finds_nothing(shelf: EmbeddedStore) -> None:
    """Another encoder's vector is not compared with ours; words still work."""
    assert names(shelf.search("wholesale", unit(1, dims=16)[0])) == ["bakery"]


def test_a_vector_that_is_none_is_refused() -> None:
    """Numbers that are not finite, and what is not numbers, are the caller's fault."""
    for wrong in ([np.inf, 0.0], ["a"], [[1.0], [1.0, 2.0]]):
        with pytest.raises(InputError, match="vector"):
            one("vector", wrong)
    assert one("vector", None).size == 0
    assert one("vector", [0.0, 0.0]).tolist() == [0.0, 0.0]


def test_an_items_vector_is_half_title_half_weighted_spans() -> None:
    """Salience decides among spans; without any, all count the same."""
    made = digest(item(), vectors=np.eye(4, dtype=np.float32)[:2], title_vector=np.eye(4, dtype=np.float32)[3])
    only_first = replace(made, spans=(made.spans[0], replace(made.spans[1], salience=0.0)))
    nothing = replace(made, spans=tuple(replace(span, salience=0.0) for span in made.spans))

    assert item_vector(only_first) == pytest.approx([0.5**0.5, 0, 0, 0.5**0.5])
    for even in (made, nothing):
        assert item_vector(even) == pytest.approx([0.5, 0.5, 0, 0.5**0.5])


def test_the_index_agrees_with_a_plain_sort(tmp_path: Path) -> None:
    """After many changes, the nearest of the index are those of sorting every cosine."""
    with EmbeddedStore.open(tmp_path) as store:
        kept = {}
        for n in range(150):
            made = item(f"i{n % 100}", text=f"Number {n} is here.")
            store.put_item(made)
            store.put_digest(made, digest(made, seed=n, title_vector=unit(1000 + n)[0]))
            kept[made.id] = item_vector(digest(made, seed=n, title_vector=unit(1000 + n)[0]))
            if n == 40:
                store.search("", unit(9)[0])
        for n in range(0, 100, 3):
            store.delete_item(f"i{n}")
            del kept[f"i{n}"]
        asked = unit(9)[0]
        sorted_ = sorted((name for name in kept if kept[name] @ asked > 0), key=lambda name: -(kept[name] @ asked))

        assert names(store.search("", asked, limit=10)) == sorted_[:10]
        fresh = VectorIndex("local")
        with store._read() as sql:
            assert fresh.nearest(sql, asked, (), 10) == store._vectors.nearest(sql, asked, (), 10)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet='"*^:()-+{}[]\\\0 ANDORNOTEAR', max_size=40))
def test_any_text_is_a_query(shelf: EmbeddedStore, text: str) -> None:
    """No text is a syntax error."""
    shelf.search(text, NO_VECTOR)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_kept(shelf: EmbeddedStore, title: str, text: str) -> None:
    """Whatever an item says, it is indexed, and comes back as it was."""
    made = item("fuzz", title=title, text=text)
    shelf.put_item(made)

    assert shelf.item("fuzz") == made
    shelf.delete_item("fuzz")


def test_words_that_say_nothing_are_used_only_when_alone() -> None:
    """Common words are left out of a query unless there are no others; very long queries are cut."""
    assert fulltext.query("What is the price of bread?") == '"price" OR "bread"'
    assert fulltext.query("to be or not to be") == '"to" OR "be" OR "or" OR "not"'
    assert fulltext.query("?!") is None
    assert (fulltext.query(" ".join(f"w{n}" for n in range(1000))) or "").count(" OR ") == fulltext.WORDS_AT_MOST - 1
