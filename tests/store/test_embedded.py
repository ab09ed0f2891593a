"""The embedded store: the contract, and what is its own: processes, groups of commits, foreign files."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from nutgraf.conversation import Feedback
from nutgraf.errors import NotFound, StoreError
from nutgraf.store.embedded import FILE, EmbeddedStore
from nutgraf.store.writer import Tx
from tests.store.contract import StoreContract, opened
from tests.store.made import digest, item, member, scope, unit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """A new store of the tenant acme."""
    with EmbeddedStore.open(tmp_path / "store", tenant="acme") as made:
        yield made


class TestEmbeddedStore(StoreContract):
    """The embedded store keeps the contract."""


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    """Closing twice does no harm, and a new start finds all of it."""
    with EmbeddedStore.open(tmp_path) as store:
        store.put_digest(item(), digest(item()))
        store.put_member(scope(), member())
        store.close()
    with EmbeddedStore.open(tmp_path) as store:
        assert store.item("roofs") == item()
        assert store.search("solar", unit(2)[0])[0].item.id == "roofs"
        assert store.member(scope(), "ann") == member()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Writing and reading after closing is a StoreError, not a hang."""
    store = EmbeddedStore.open(tmp_path)
    store.close()
    for call in (lambda: store.put_item(item()), lambda: store.item("roofs")):
        with pytest.raises(StoreError, match="closed"):
            call()


def test_work_that_waits_shares_a_transaction(store: EmbeddedStore) -> None:
    """Writes queued behind a slow one are committed together, and a failing one among them fails alone."""
    started, go_on = threading.Event(), threading.Event()
    commits: list[object] = []

    def slow(tx: Tx) -> None:
        started.set()
        assert go_on.wait(10)

    def quick(tx: Tx) -> None:
        commits.append(tx.sql.get_transaction())

    def fails(tx: Tx) -> None:
        tx.sql.exec_driver_sql("DELETE FROM items")
        raise NotFound("on purpose")

    store.put_item(item())
    futures = [store._writer.submit(slow)]
    assert started.wait(10)
    futures += [store._writer.submit(work) for work in (quick, fails, quick)]
    go_on.set()

    assert [type(future.exception(10)) for future in futures] == [type(None), type(None), NotFound, type(None)]
    assert len(commits) == 2
    assert commits[0] is commits[1]
    assert store.item("roofs") == item()


def test_two_processes_share_a_folder(tmp_path: Path) -> None:
    """What one process writes the other finds, by words and by vector, and neither ends the other's streams."""
    with EmbeddedStore.open(tmp_path) as ours:
        opened(ours, scope(), "ours")
        ours.put_digest(item("first"), digest(item("first"), title_vector=unit(50)[0]))
        assert ours.search("", unit(50)[0])[0].item.id == "first"
        with EmbeddedStore.open(tmp_path) as theirs:
            opened(theirs, scope(), "theirs")
            made = item("second", text="Rain barrels save water.")
            theirs.put_digest(made, digest(made, title_vector=unit(60)[0]))
            assert ours.search("barrels", unit(60)[0])[0].item.id == "second"
            ours.put_digest(item("third"), digest(item("third"), title_vector=unit(70)[0]))
            assert theirs.search("", unit(70)[0])[0].item.id == "third"
            theirs.delete_item("second")
            assert "second" not in [hit.item.id for hit in ours.search("barrels", unit(60)[0])]
            assert ours.close_interrupted() == 0
        assert ours.close_interrupted() == 1
        assert ours.stream(scope(), "theirs").ending == "failed"
        assert ours.stream(scope(), "ours").ending is None


def test_streams_of_a_crashed_process_end_as_interrupted(tmp_path: Path) -> None:
    """At the next start they are failed, with one closing event; one whose log has its ending keeps it."""
    program = (
        "import os, sys; from pathlib import Path; from nutgraf.store.embedded import EmbeddedStore\n"
        "from tests.store.made import AT, scope\n"
        "store = EmbeddedStore.open(Path(sys.argv[1]))\n"
        "for name in ('bare', 'cut', 'ended'): store.open_stream(scope(), name, 'roofs', None, AT)\n"
        "store.append_events(scope(), 'cut', [(1, 'opened', b'{}'), (2, 'used', b'{}')])\n"
        "store.append_events(scope(), 'ended', [(1, 'opened', b'{}'), (2, 'closed', b'{\"ending\":\"truncated\"}')])\n"
        "os._exit(9)"
    )
    left = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=False)
    with EmbeddedStore.open(tmp_path) as store:
        endings = {name: store.stream(scope(), name).ending for name in ("bare", "cut", "ended")}
        logs = {name: [kind for _, kind, _ in store.events_after(scope(), name, 0)] for name in endings}
        last = store.events_after(scope(), "cut", 2)

        assert left.returncode == 9
        assert endings == {"bare": "failed", "cut": "failed", "ended": "truncated"}
        assert logs == {"bare": ["closed"], "cut": ["opened", "used", "closed"], "ended": ["opened", "closed"]}
        assert last[0][0] == 3
        assert b'"interrupted"' in last[0][2]
        assert store.close_interrupted() == 0
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_file_that_is_not_a_store_is_left_alone(tmp_path: Path) -> None:
    """Text under our name, another program's database, and a folder that is a file: each is refused in words."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / FILE).write_text("not a database, and longer than a header would be. " * 30)
    (tmp_path / "theirs").mkdir()
    other = apsw.Connection(str(tmp_path / "theirs" / FILE))
    other.execute("CREATE TABLE notes(text); PRAGMA user_version = 2")
    other.close()
    (tmp_path / "file").write_text("")
    for folder, said in (("text", "not a store"), ("theirs", "not a store"), ("file", "cannot be used")):
        with pytest.raises(StoreError, match=said):
            EmbeddedStore.open(tmp_path / folder)
    other = apsw.Connection(str(tmp_path / "theirs" / FILE))
    assert [row[0] for row in other.execute("SELECT name FROM sqlite_schema")] == ["notes"]
    other.close()


def test_a_damaged_record_is_a_store_error(store: EmbeddedStore) -> None:
    """A payload that is no longer JSON is told as damage."""
    store.put_item(item())
    store._write(lambda tx: tx.sql.exec_driver_sql("UPDATE items SET payload = '{'"))
    with pytest.raises(StoreError, match="backup"):
        store.item("roofs")


def test_a_missing_file_is_a_store_error(tmp_path: Path) -> None:
    """When the file is taken away under a running store, reading says so in words."""
    with EmbeddedStore.open(tmp_path) as store:
        store._reader.dispose()
        (tmp_path / FILE).rename(tmp_path / "away")
        with pytest.raises(StoreError, match="cannot be opened"):
            store.item("roofs")


def test_fields_that_a_later_version_added_are_left_out(store: EmbeddedStore) -> None:
    """A record with a field we do not know, or without one that has a default, is read all the same."""
    store.put_item(item())
    store._write(
        lambda tx: tx.sql.exec_driver_sql(
            "UPDATE items SET payload = json_remove(json_set(payload, '$.mood', 'calm'), '$.topics')"
        )
    )

    assert store.item("roofs") == item()


def test_busy_processes_wait_for_each_other(tmp_path: Path) -> None:
    """Two stores on one file that read before they write never see a lock error."""
    refused: list[StoreError] = []
    with EmbeddedStore.open(tmp_path) as one, EmbeddedStore.open(tmp_path) as two:
        opened(one, scope())

        def write(store: EmbeddedStore) -> None:
            try:
                for n in range(20):
                    store.add_feedback(scope(), Feedback(stream="s1", block=f"b{n}", rating="up"))
            except StoreError as exc:
                refused.append(exc)

        threads = [threading.Thread(target=write, args=(store,)) for store in (one, two, one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert refused == []
        assert len(one.feedback(scope())) == 20
