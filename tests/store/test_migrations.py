"""Files of earlier versions come along whole; files of later ones are left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import apsw
import pytest
import sqlalchemy as sa

from nutgraf.conversation import Feedback, Turn
from nutgraf.errors import StoreError
from nutgraf.store import driver, schema
from nutgraf.store.codec import to_json
from nutgraf.store.driver import Setup
from nutgraf.store.embedded import FILE, EmbeddedStore, make
from nutgraf.store.migrations.upgrade import newest, upgrade
from nutgraf.store.seal import seal
from nutgraf.types import Item, Member
from tests.store.contract import opened
from tests.store.made import AT, NO_VECTOR, digest, item, member, remembered, scope, unit

ROOT = Path(__file__).parents[2]


def file_of_revision(folder: Path, revision: str) -> None:
    """A file as Nutgraf made it at that revision, with data in every table that there was."""
    folder.mkdir()
    engine = driver.engine(folder / FILE, Setup(), writes=True)
    with engine.begin() as sql:
        upgrade(sql, revision)
        sql.exec_driver_sql(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        sql.exec_driver_sql(f"PRAGMA user_version = {int(revision)}")
        for n in range(20):
            made = item(f"i{n}", title=f"Title {n}")
            sql.execute(
                sa.text("INSERT INTO items VALUES (:key, 'acme', :id, 'post', :hash, :payload)"),
                {"key": n + 1, "id": made.id, "hash": made.content_hash, "payload": to_json(Item, made)},
            )
            sql.execute(
                sa.text("INSERT INTO item_text(rowid, title, text, about) VALUES (:key, :title, :text, '')"),
                {"key": n + 1, "title": made.title, "text": made.text},
            )
        owner = ("acme", "ann")
        sql.execute(
            sa.text("INSERT INTO members VALUES ('acme', 'ann', :payload)"),
            {"payload": seal(owner, "member", to_json(Member, member()).encode())},
        )
        sql.execute(
            sa.text("INSERT INTO streams VALUES ('acme', 's1', 'ann', 1777627800000, 'done', :payload)"),
            {"payload": seal(owner, "stream", b'{"item":"i1","question":null}')},
        )
        sql.execute(
            sa.text("INSERT INTO events VALUES ('acme', 's1', 1, 'ann', 'closed', :payload)"),
            {"payload": seal(owner, "event", b"{}")},
        )
    engine.dispose()


def shape(sql: sa.Connection) -> dict[str, object]:
    """Columns and indexes of every table, and the text that made the virtual ones."""
    seen = sa.inspect(sql)
    tables = {
        name: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)),
            sorted(seen.get_pk_constraint(name)["constrained_columns"]),
            sorted((str(i["name"]), tuple(map(str, i["column_names"]))) for i in seen.get_indexes(name)),
            sorted((str(u["name"]), tuple(u["column_names"])) for u in seen.get_unique_constraints(name)),
        )
        for name in seen.get_table_names()
    }
    texts = sql.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'").scalars().all()
    options = [tuple(row) for row in sql.exec_driver_sql("SELECT * FROM item_text_config").all()]
    return {**tables, "virtual": sorted(map(str, texts)), "options": sorted(map(str, options))}


def test_a_new_file_is_what_the_revisions_make(tmp_path: Path) -> None:
    """Making all tables at once and upgrading step by step end in the same shape, at the newest revision."""
    shapes = []
    for name, step in (("made", make), ("upgraded", upgrade)):
        engine = driver.engine(tmp_path / name, Setup(), writes=True)
        with engine.begin() as sql:
            step(sql)
            shapes.append(shape(sql))
            assert sql.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == newest()
        engine.dispose()

    assert shapes[0] == shapes[1]
    assert newest() == f"{schema.REVISION:04d}"


def test_a_file_of_the_first_revision_comes_along_whole(tmp_path: Path) -> None:
    """Nothing of it is lost, and what it lacked can be used."""
    file_of_revision(tmp_path / "s", "0001")
    with EmbeddedStore.open(tmp_path / "s", tenant="acme") as store:
        assert store.items() == sorted((item(f"i{n}", title=f"Title {n}") for n in range(20)), key=lambda i: i.id)
        assert [hit.item.id for hit in store.search("title 7", NO_VECTOR, limit=1)] == ["i7"]
        assert store.member(scope(), "ann") == member()
        assert (store.stream(scope(), "s1").ending, store.events_after(scope(), "s1", 0)) == (
            "done", [(1, "closed", b"{}")],
        )  # fmt: skip
        store.add_turn(scope(), Turn("i1", "s1", "q", "a", AT))
        store.add_feedback(scope(), Feedback(stream="s1", rating="up"))
        store.put_digest(item("i7", title="Title 7"), digest(item("i7", title="Title 7")))
        store.remember(scope(), [remembered()])
        opened(store, scope(), "s2")
    with EmbeddedStore.open(tmp_path / "s", tenant="acme") as store:
        assert len(store.turns(scope(), "i1")) == len(store.feedback(scope())) == len(store.remembered(scope())) == 1
        assert store.search("", unit(2)[0])[0].item.id == "i7"


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    """A revision is one transaction: what stood in its way leaves the file as it was."""
    file_of_revision(tmp_path / "s", "0001")
    file = apsw.Connection(str(tmp_path / "s" / FILE))
    file.execute("CREATE TABLE feedback(in_the_way)")
    with pytest.raises(StoreError):
        EmbeddedStore.open(tmp_path / "s")

    assert file.pragma("user_version") == 1
    assert not file.table_exists(None, "turns")
    assert file.execute("SELECT version_num FROM alembic_version").get == "0001"
    file.execute("DROP TABLE feedback")
    file.close()
    EmbeddedStore.open(tmp_path / "s").close()


def test_a_file_of_a_newer_nutgraf_is_left_alone(tmp_path: Path) -> None:
    """It is refused with a word on what to do, and not changed."""
    EmbeddedStore.open(tmp_path).close()
    file = apsw.Connection(str(tmp_path / FILE))
    file.pragma("user_version", 99)
    with pytest.raises(StoreError, match=r"newer Nutgraf \(revision 99, this one knows 3\)"):
        EmbeddedStore.open(tmp_path)

    assert file.pragma("user_version") == 99
    file.close()


def test_a_revision_nobody_knows_is_refused(tmp_path: Path) -> None:
    """A file between revisions of ours, from a version that took another way, is refused in words."""
    file_of_revision(tmp_path / "s", "0001")
    file = apsw.Connection(str(tmp_path / "s" / FILE))
    file.execute("UPDATE alembic_version SET version_num = 'branch'")
    file.close()
    with pytest.raises(StoreError, match="cannot be upgraded"):
        EmbeddedStore.open(tmp_path / "s")


def test_alembic_is_loaded_only_for_an_upgrade(tmp_path: Path) -> None:
    """Making a file and opening one of the newest revision do without it."""
    program = (
        "import sys; from pathlib import Path; from nutgraf.store.embedded import EmbeddedStore\n"
        "for _ in range(2): EmbeddedStore.open(Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=False)

    assert done.returncode == 0
