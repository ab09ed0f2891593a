"""What members stated is kept once, newest first, for themselves alone, and goes when they say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nutgraf.conversation import Turn
from nutgraf.errors import InputError, NotAllowed, NotFound, ProtocolBroken
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.store.memory import REMEMBERED_AT_MOST
from nutgraf.store.schema import turns
from nutgraf.store.seal import seal
from tests.store.contract import opened
from tests.store.made import AT, remembered, scope


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """An empty store."""
    with EmbeddedStore.open(tmp_path) as made:
        yield made


def test_the_newest_statement_stands(store: EmbeddedStore) -> None:
    """Of two with one id the newer stays, whichever is written last; goals come before constraints."""
    old, new = remembered(), remembered(text="I can't work Mondays", at="2026-05-02T09:30:00Z")
    goal = remembered("m2", kind="goal", topic="nurse", text="I want to be a nurse")
    for facts in ([old, goal], [new], [old]):
        store.remember(scope(), facts)

    assert store.remembered(scope()) == [goal, new]
    store.remember(scope(), [])


def test_few_facts_are_kept(store: EmbeddedStore) -> None:
    """Beyond the limit the oldest go."""
    store.remember(scope(), [remembered(f"m{n}", at=f"2026-05-01T09:{n:02}:00Z") for n in range(60)])
    kept = store.remembered(scope())

    assert len(kept) == REMEMBERED_AT_MOST
    assert (kept[0].id, kept[-1].id) == ("m59", "m10")


def test_only_its_member_sees_changes_and_deletes_a_fact(store: EmbeddedStore) -> None:
    """For every other scope it does not exist."""
    store.remember(scope(), [remembered()])
    for other in (scope("bob"), scope("ann", "rival"), scope(None)):
        assert store.remembered(other) == []
        assert store.forget_all(other) == 0
        with pytest.raises(NotFound):
            store.forget(other, "m1")
        with pytest.raises(NotFound):
            store.edit_remembered(other, "m1", "x", AT)
    with pytest.raises(NotAllowed):
        store.remember(scope(None), [remembered()])
    assert store.remembered(scope()) == [remembered()]


def test_a_member_corrects_and_deletes(store: EmbeddedStore) -> None:
    """New words replace the old ones; what is deleted is gone, one by one or all at once."""
    later = "2026-05-03T09:30:00Z"
    store.remember(scope(), [remembered(), remembered("m2"), remembered("m3")])

    edited = store.edit_remembered(scope(), "m1", "I can work nights", later)
    assert edited == replace(remembered(), text="I can work nights", quote="I can work nights", at=later)
    assert store.remembered(scope())[0] == edited
    store.forget(scope(), "m2")
    assert [fact.id for fact in store.remembered(scope())] == ["m1", "m3"]
    assert store.forget_all(scope()) == 2
    assert store.remembered(scope()) == []
    with pytest.raises(InputError, match=r"at: 'today'"):
        store.edit_remembered(scope(), "m1", "x", "today")


def test_a_stream_ends_with_what_was_stated_in_it(store: EmbeddedStore) -> None:
    """Ending, turn and facts are one write; what refuses one of them leaves nothing of the others."""
    stream = opened(store, scope())
    turn = Turn("roofs", stream, "q", "a", AT)
    store.append_events(scope(), stream, [(1, "opened", b"{}")])
    with pytest.raises(ProtocolBroken):
        store.close_stream(scope(), stream, "done", [(1, "closed", b"{}")], turn, [remembered()])
    with pytest.raises(InputError, match=r"remembered\.at"):
        store.close_stream(scope(), stream, "done", [(2, "closed", b"{}")], turn, [remembered(at="then")])
    assert store.remembered(scope()) == []
    assert store.turns(scope(), "roofs") == []

    store.close_stream(scope(), stream, "done", [(2, "closed", b"{}")], turn, [remembered()])
    assert store.remembered(scope()) == [remembered()]


def test_a_turn_keeps_who_answered_and_what_was_listed(store: EmbeddedStore) -> None:
    """The newer fields of a turn come back; a turn from before them reads as without."""
    stream = opened(store, scope())
    turn = Turn("roofs", stream, "the second?", "a", AT, agent="general", listed=("c1", "c2"), standalone="what is c2?")
    store.add_turn(scope(), turn)
    plain = {"item_id": "roofs", "stream": "old", "question": "q", "answer": "a", "at": AT}
    row = {
        "tenant": "acme", "member": "ann", "stream": "old", "item": "roofs", "at": 1,
        "payload": seal(("acme", "ann"), "turn", json.dumps(plain).encode()),
    }  # fmt: skip
    store._write(lambda tx: tx.sql.execute(turns.insert(), row))

    assert store.turns(scope(), "roofs") == [Turn("roofs", "old", "q", "a", AT), turn]
