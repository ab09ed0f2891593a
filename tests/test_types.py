"""The nouns: offsets, hashes, moments, frozen values."""

import importlib.util
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf import types
from nutgraf.types import CONSENT_FIELDS, ITEM_KINDS, Consent, Deadline, Fact, Item, ItemKind, Member, Scope, Snapshot

ITEM = Item(id="i", kind="article", title="Title", text="Waits **fell** in [May](x).", details=(("pay", "5"),))


@st.composite
def texts_with_hidden_ranges(draw: st.DrawFn) -> tuple[str, tuple[tuple[int, int], ...], int, int]:
    """A text, ranges of it in order that are hidden, and a stretch of it."""
    text = draw(st.text("ab *\n", max_size=30))
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    hidden = tuple(zip(edges[::2], edges[1::2], strict=False))
    start, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    return text, hidden, start, end


@settings(deadline=None, max_examples=300)
@given(texts_with_hidden_ranges())
def test_what_is_hidden_is_not_shown(case: tuple[str, tuple[tuple[int, int], ...], int, int]) -> None:
    """A stretch of an item reads without its markup, white space as single spaces, and nothing else changes."""
    text, hidden, start, end = case
    seen = [c for i, c in enumerate(text[start:end], start) if not any(a <= i < b for a, b in hidden)]

    assert replace(ITEM, text=text, hidden=hidden).shown(start, end) == " ".join("".join(seen).split())


def test_shown_reads_markdown() -> None:
    """Bold marks and link targets are left out."""
    hidden = ((6, 8), (12, 14), (18, 19), (22, 26))

    assert replace(ITEM, hidden=hidden).shown(0, len(ITEM.text)) == "Waits fell in May."
    assert replace(ITEM, hidden=hidden).shown(7, 13) == "fell"


@pytest.mark.parametrize(
    "changes",
    [{"kind": "post"}, {"title": "Other"}, {"text": "Other"}, {"details": (("pay", "6"),)}, {"details": ()}],
    ids=str,
)
def test_other_content_has_another_hash(changes: dict[str, Any]) -> None:
    """What a reader can read decides the hash."""
    assert replace(ITEM, **changes).content_hash != ITEM.content_hash


@pytest.mark.parametrize(
    "changes", [{"id": "j"}, {"published": "2024"}, {"url": "u"}, {"ai": False}, {"author_id": "a"}]
)
def test_the_same_content_has_the_same_hash(changes: dict[str, Any]) -> None:
    """Who keeps it where does not change what it says."""
    assert replace(ITEM, **changes).content_hash == ITEM.content_hash


def test_a_hash_takes_any_text() -> None:
    """Half a pair of surrogates does not stop a hash."""
    assert len(replace(ITEM, text="\ud83d").content_hash) == 64


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_time_left_is_never_below_zero(at: float, now: float) -> None:
    """A deadline that has passed has nothing left; the sooner of two moments counts."""
    deadline = Deadline(at)

    assert deadline.left(now) == max(0.0, at - now)
    assert deadline.sooner(now).at == min(at, now)
    assert deadline.sooner(at) == deadline


def test_a_scope_has_no_default() -> None:
    """Forgetting any part of who asks is an error, not a guess."""
    with pytest.raises(TypeError):
        Scope()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Scope(tenant="t", member=None, purposes=frozenset(), consent_version=1)  # type: ignore[call-arg]


def test_public_items_have_no_personal_field() -> None:
    """The public partition cannot hold what only a member has."""
    personal = {"consent", "skills", "goals", "interests", "work", "education", "connections", "plan", "country"}

    assert personal <= {field.name for field in fields(Member)}
    assert personal & {field.name for field in fields(Item)} == set()


def test_kinds_are_listed() -> None:
    """The list of item kinds is the type; a consent covers fields there are, and what is remembered."""
    assert get_args(ItemKind) == ITEM_KINDS
    assert Consent().fields == frozenset(CONSENT_FIELDS)
    assert set(CONSENT_FIELDS) - {"memory"} <= {field.name for field in fields(Member)}


def test_a_snapshot_finds_its_facts() -> None:
    """By id, or not at all."""
    fact = Fact("skill.0", "skill", "x")
    scope = Scope(tenant="t", member="m", purposes=frozenset(), consent_version=1, rights=frozenset())

    assert Snapshot(scope, "n", (fact,)).fact("skill.0") is fact
    assert Snapshot(scope, "n", (fact,)).fact("skill.1") is None


@pytest.mark.parametrize(
    "noun", [noun for noun in vars(types).values() if is_dataclass(noun) and noun.__module__ == types.__name__]
)
def test_nouns_are_frozen(noun: Any) -> None:
    """No value can be changed once it is made."""
    assert noun.__dataclass_params__.frozen


def test_a_noun_refuses_a_change() -> None:
    """Control: assigning to a field raises."""
    with pytest.raises(FrozenInstanceError):
        ITEM.title = "Other"  # type: ignore[misc]


def test_the_nouns_import_no_third_party() -> None:
    """Floor 0 is light: numpy is not imported for the sake of a name."""
    assert importlib.util.find_spec("numpy")
    code = "import sys, nutgraf.types, nutgraf.events, nutgraf.errors; print('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "False\n"
