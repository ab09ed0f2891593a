"""A stored value knows its owner: rows that got into the wrong hands are a miss and an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.conversation import Feedback, Turn
from nutgraf.errors import NotFound
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.store.schema import MEMBER_TABLES, metadata
from nutgraf.store.seal import Owner, WrongOwner, seal, unseal
from tests.store.contract import opened
from tests.store.made import AT, member, remembered, scope

OWNERS = st.tuples(st.text(min_size=1), st.none() | st.text(min_size=1))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """Ann and Bob, each with one of everything."""
    with EmbeddedStore.open(tmp_path) as made:
        for name in ("ann", "bob"):
            made.put_member(scope(name), member(name, summary=f"canary-{name}"))
            opened(made, scope(name), f"stream-{name}")
            made.append_events(scope(name), f"stream-{name}", [(1, "opened", f'"canary-{name}"'.encode())])
            made.add_turn(scope(name), Turn("roofs", f"stream-{name}", f"canary-{name}", "a", AT))
            made.add_feedback(scope(name), Feedback(stream=f"stream-{name}", rating="up", comment=f"canary-{name}"))
            made.remember(scope(name), [remembered(text=f"canary-{name}")])
        yield made


def swap_payloads(store: EmbeddedStore, table: str) -> None:
    """Put Bob's sealed values under Ann's keys, as a fault below us would."""
    store._write(
        lambda tx: tx.sql.exec_driver_sql(
            f"UPDATE {table} SET payload = (SELECT payload FROM {table} WHERE member = 'bob') WHERE member = 'ann'"
        )
    )


@given(OWNERS, OWNERS, st.binary())
def test_a_seal_opens_for_its_owner_only(mine: Owner, other: Owner, value: bytes) -> None:
    """What went in comes out for the same owner and kind, and never for another."""
    sealed = seal(mine, "turn", value)

    assert unseal(mine, "turn", sealed) == value
    for owner, kind in ((other, "turn"), (mine, "event")):
        if (owner, kind) != (mine, "turn"):
            with pytest.raises(WrongOwner):
                unseal(owner, kind, sealed)


def test_a_member_record_in_the_wrong_place_is_a_miss(store: EmbeddedStore) -> None:
    """Ann never reads Bob's record, though it lies under her key; the alarm counts it."""
    swap_payloads(store, "members")
    with pytest.raises(NotFound):
        store.member(scope("ann"), "ann")
    listed = store.members(scope(None, rights=["members:list"]))

    assert [found.id for found in listed] == ["bob"]
    assert store.alarms == 2


def test_every_kind_of_row_in_the_wrong_place_is_a_miss(store: EmbeddedStore) -> None:
    """Turns, feedback and memory vanish, streams and their events are not found, and each time an alarm counts."""
    for table in ("turns", "feedback", "memory", "events"):
        swap_payloads(store, table)
    assert store.turns(scope("ann"), "roofs") == []
    assert store.feedback(scope("ann")) == []
    assert store.remembered(scope("ann")) == []
    with pytest.raises(NotFound):
        store.events_after(scope("ann"), "stream-ann", 0)
    assert store.alarms == 4
    swap_payloads(store, "streams")
    with pytest.raises(NotFound):
        store.stream(scope("ann"), "stream-ann")
    assert store.alarms == 5


def test_the_swapped_rows_would_have_been_read(store: EmbeddedStore) -> None:
    """Control: without the seal the same query hands Ann what is Bob's."""
    swap_payloads(store, "turns")
    with store._read() as sql:
        found = sql.exec_driver_sql("SELECT payload FROM turns WHERE member = 'ann'").scalar()

    assert b"canary-bob" in (found or b"")


def test_a_thousand_planted_mismatches_are_a_thousand_alarms(store: EmbeddedStore) -> None:
    """All of them are noticed, whichever part of the owner is wrong."""
    wrong = [(f"t{n}", "ann") if n % 2 else ("acme", f"m{n}") for n in range(1000)]
    planted = [
        {
            "tenant": "acme", "member": "ann", "stream": f"p{n}", "item": "planted", "at": n,
            "payload": seal(owner, "turn", b"{}"),
        } for n, owner in enumerate(wrong)
    ]  # fmt: skip
    store._write(lambda tx: tx.sql.execute(metadata.tables["turns"].insert(), planted))

    assert store.turns(scope("ann"), "planted", 2000) == []
    assert store.alarms == 1000


def test_every_table_knows_its_tenant_and_partition() -> None:
    """Each table has a tenant; a table either has member and sealed payload, or is known to be public."""
    assert [table.name for table in metadata.sorted_tables if "tenant" not in table.c] == []
    assert {table.name for table in metadata.sorted_tables} - {table.name for table in MEMBER_TABLES} == {
        "items", "digests", "vectors", "counters",
    }  # fmt: skip
    assert [table.name for table in MEMBER_TABLES if "payload" not in table.c] == []
