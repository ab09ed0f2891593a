"""Erasure reaches the bytes: a canary is looked for in every file of the store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from nutgraf.conversation import Feedback, Turn
from nutgraf.errors import StoreError
from nutgraf.store import driver
from nutgraf.store.embedded import FILE, EmbeddedStore
from nutgraf.store.schema import MEMBER_TABLES
from tests.store.contract import opened
from tests.store.made import AT, digest, item, member, remembered, scope

ROOT = Path(__file__).parents[2]
CANARY = "xylocanaryphone"
STEM = "xylocanary"  # what an index that cuts endings would still hold


def bytes_left(folder: Path, word: str = STEM) -> int:
    """How often the word stands in any file of the store."""
    return sum(file.read_bytes().count(word.encode()) for file in folder.rglob("*") if file.is_file())


def fill(store: EmbeddedStore) -> None:
    """A member whose every record has the canary, among others who have not."""
    for name, word in (("bob", "nothing"), ("ann", CANARY), ("eve", "nothing")):
        for version in range(3):
            store.put_member(scope(name), member(name, summary=f"{word} {version} " * 300))
        for n in range(5):
            stream = opened(store, scope(name), f"{name}{n}")
            store.append_events(scope(name), stream, [(1, "opened", f'"{word}"'.encode() * 200)])
            store.add_turn(scope(name), Turn("roofs", stream, f"{word}?", f"{word}! " * 400, AT))
            store.add_feedback(scope(name), Feedback(stream=stream, rating="up", comment=word))
            store.close_stream(scope(name), stream, "done", facts=[remembered(f"m{n}", text=f"{word} " * 200)])


def fill_items(store: EmbeddedStore) -> None:
    """An item that has the canary, among others."""
    for n in range(30):
        made = item(f"i{n}", text=f"Roofs number {n} pay back. Grants cover a third.")
        store.put_digest(made, digest(made, seed=n))
    made = item("card", kind="profile", title=CANARY, text=f"A card of {CANARY}. It says {CANARY}.")
    store.put_digest(made, digest(made))


def test_an_erased_member_leaves_no_bytes(tmp_path: Path) -> None:
    """While the store is open, and after it is closed, no file holds the word; the others are whole."""
    with EmbeddedStore.open(tmp_path) as store:
        fill(store)
        assert bytes_left(tmp_path) > 0
        store.erase_member(scope("ann"))
        assert bytes_left(tmp_path) == 0
        assert len(store.turns(scope("bob"), "roofs")) == len(store.turns(scope("eve"), "roofs")) == 5
    assert bytes_left(tmp_path) == 0


def test_a_plain_delete_leaves_them(tmp_path: Path) -> None:
    """Control: DELETE alone, as SQLite does it by default, leaves the words in the files."""
    with EmbeddedStore.open(tmp_path) as store:
        fill(store)
    file = apsw.Connection(str(tmp_path / FILE))
    file.pragma("secure_delete", False)
    for table in MEMBER_TABLES:
        file.execute(f"DELETE FROM {table.name} WHERE member = 'ann'")
    file.close()

    assert bytes_left(tmp_path) > 0


def test_changed_and_forgotten_records_leave_no_bytes(tmp_path: Path) -> None:
    """A word taken out of a profile, an old conversation and a memory that was edited or deleted are gone."""
    with EmbeddedStore.open(tmp_path) as store:
        fill(store)
        store.put_member(scope("ann"), member("ann", summary="calm"))
        assert store.forget_before("2027-01-01T00:00:00Z") > 0
        assert bytes_left(tmp_path) > 0
        store.edit_remembered(scope("ann"), "m0", "calm", AT)
        store.forget(scope("ann"), "m1")
        assert store.forget_all(scope("ann")) == 4
        assert bytes_left(tmp_path) == 0


def test_a_deleted_item_leaves_no_words_in_the_index(tmp_path: Path) -> None:
    """The full text of items forgets a deleted item's words at once."""
    with EmbeddedStore.open(tmp_path) as store:
        fill_items(store)
        assert bytes_left(tmp_path) > 0
        store.delete_item("card")
        assert bytes_left(tmp_path) == 0


def test_an_index_without_secure_delete_keeps_them(tmp_path: Path) -> None:
    """Control: the same deletion with the index's own option switched off keeps the item's words."""
    with EmbeddedStore.open(tmp_path) as store:
        store._write(
            lambda tx: tx.sql.exec_driver_sql("INSERT INTO item_text(item_text, rank) VALUES ('secure-delete', 0)")
        )
        fill_items(store)
        store.delete_item("card")
        assert bytes_left(tmp_path) > 0


def test_a_reader_that_stays_keeps_erasure_from_being_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody reads old pages the call says that it is not done; repeated afterwards, it is."""
    monkeypatch.setattr(driver, "PATIENCE_S", 0.05)
    with EmbeddedStore.open(tmp_path) as store:
        fill(store)
        with store._read() as sql:
            sql.exec_driver_sql("SELECT count(*) FROM turns").all()
            with pytest.raises(StoreError, match="do it again"):
                store.erase_member(scope("ann"))
        assert store.erase_member(scope("ann")) == 0
        assert bytes_left(tmp_path) == 0


def test_an_erasure_that_was_killed_is_completed_at_the_next_start(tmp_path: Path) -> None:
    """Killed after its commit and before the log was cut, the words are gone once the store opens again."""
    program = (
        "import os, sys; from pathlib import Path; from nutgraf.store.embedded import EmbeddedStore\n"
        "from nutgraf.store.writer import Writer; from tests.store.made import scope\n"
        "from tests.store.test_erasure import fill\n"
        "store = EmbeddedStore.open(Path(sys.argv[1])); fill(store)\n"
        "Writer.checkpoint = lambda self: os._exit(9)\n"
        "store.erase_member(scope('ann'))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert bytes_left(tmp_path) > 0
    with EmbeddedStore.open(tmp_path) as store:
        assert store.turns(scope("ann"), "roofs") == []
        assert bytes_left(tmp_path) == 0
