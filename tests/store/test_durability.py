"""What was acknowledged outlives kills, power cuts and failing disks."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from nutgraf.errors import StoreError
from nutgraf.store import driver
from nutgraf.store.driver import Setup
from nutgraf.store.embedded import EmbeddedStore
from tests.store.disk import Image, SimulatedDisk
from tests.store.load import Ack, check, work_together
from tests.store.made import item

ROOT = Path(__file__).parents[2]
NAMES = (f"disk{number}" for number in itertools.count())


def write_out(image: Image, folder: Path) -> Path:
    """The files of a simulated disk as real ones."""
    folder.mkdir()
    for name, data in image.items():
        (folder / name).write_bytes(data)
    return folder


def cut_one_session(folder: Path, seed: int, cuts: int, synchronous: str = "FULL") -> list[tuple[Image, list[Ack]]]:
    """Write on a simulated disk, and take images of power cuts at random moments with what was acknowledged by then."""
    name, rng = next(NAMES), random.Random(seed)
    acked: list[Ack] = []
    disk = SimulatedDisk(name)
    moments = set(rng.sample(range(40, 400), cuts))
    taken: list[tuple[Image, list[Ack]]] = []

    def look(number: int) -> None:
        if number in moments:
            taken.append((disk.cut(rng), list(acked)))

    disk.on_operation = look
    setup = Setup(synchronous=synchronous, vfs=name, exclusive=True)
    with EmbeddedStore.open(folder, tenant="acme", setup=setup) as store:
        work_together(store, 3, range(6), acked.append)
        taken.append((disk.cut(rng), list(acked)))
    return taken


def test_power_cuts_lose_nothing_acknowledged(tmp_path: Path) -> None:
    """Whatever the disk made of unsynced writes, every acknowledged write is there and whole."""
    for number, (image, acked) in enumerate(cut_one_session(tmp_path / "s", seed=7, cuts=20)):
        assert check(write_out(image, tmp_path / str(number)), acked) == ([], []), f"cut {number} of seed 7"


def test_power_cuts_would_show_a_log_that_is_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: with synchronous NORMAL the same cuts lose what was acknowledged."""
    monkeypatch.setattr(driver, "check", lambda raw: None)
    taken = cut_one_session(tmp_path / "s", seed=7, cuts=20, synchronous="NORMAL")
    monkeypatch.undo()
    losses = [check(write_out(image, tmp_path / str(n)), acked)[0] for n, (image, acked) in enumerate(taken)]

    assert any(losses)


def test_a_store_that_could_lose_writes_does_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings below FULL and a SQLite with the WAL-reset fault are refused at the start."""
    with pytest.raises(StoreError, match="below FULL"):
        EmbeddedStore.open(tmp_path, setup=Setup(synchronous="NORMAL"))
    monkeypatch.setattr(driver, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(StoreError, match="install apsw"):
        EmbeddedStore.open(tmp_path)


@pytest.mark.parametrize("failure", [apsw.FullError, apsw.IOError])
def test_a_failing_disk_gets_no_acknowledgement(tmp_path: Path, failure: type[apsw.Error]) -> None:
    """Each nth operation fails once: what was acknowledged is there, and the store goes on afterwards."""
    for nth in range(1, 160, 7):
        name = next(NAMES)
        acked: list[Ack] = []
        disk = SimulatedDisk(name)

        def fail(number: int, nth: int = nth) -> None:
            if number == nth:
                raise failure("simulated")

        disk.on_operation = fail
        setup, folder = Setup(vfs=name, exclusive=True), tmp_path / f"s{nth}"
        try:
            store = EmbeddedStore.open(folder, tenant="acme", setup=setup)
        except StoreError:
            store = EmbeddedStore.open(folder, tenant="acme", setup=setup)
        with store:
            refused = work_together(store, 1, range(4), acked.append)
            assert all("the disk" in said for said in refused), refused
            store.put_item(item("afterwards"))
        assert check(write_out(disk.now(), tmp_path / str(nth)), acked) == ([], []), f"operation {nth}"


def test_a_real_disk_limit_is_a_calm_error(tmp_path: Path) -> None:
    """A file that may not grow refuses the write in plain words, and takes writes again when it may."""
    with EmbeddedStore.open(tmp_path) as store:
        limit = "PRAGMA max_page_count = {}"
        store._write(lambda tx: tx.sql.exec_driver_sql(limit.format(1)))  # never below what the file has
        with pytest.raises(StoreError, match="disk is full"):
            store.put_items([item(f"big{n}", text="word " * 20_000) for n in range(20)])
        assert store.items() == []
        store._write(lambda tx: tx.sql.exec_driver_sql(limit.format(1_000_000)))
        store.put_item(item())

        assert [found.id for found in store.items()] == ["roofs"]


def test_kills_lose_nothing_acknowledged(tmp_path: Path) -> None:
    """A writing process is killed thrice after a random number of acknowledgements; all of them are kept."""
    rng, acked = random.Random(3), []
    for round_ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.store.load", str(tmp_path / "s"), "3", str(1000 * round_)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        with child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(rng.randint(1, 60))]
            child.kill()
            lines += child.stdout.readlines()
        acked += [tuple(json.loads(line)) for line in lines if line.endswith("\n")]
        assert child.returncode != 0

    assert check(tmp_path / "s", acked) == ([], [])
    assert len(acked) >= 3
