"""Traces lie in files of their day, belong to their members, and go when they are told to or are old."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

from nutgraf.conversation import Remembered
from nutgraf.errors import NotAllowed, NotFound, StoreError
from nutgraf.trace.files import TraceFiles
from nutgraf.trace.record import Recording
from nutgraf.trace.tracing import Tracing
from nutgraf.types import Fact
from tests.trace.made import AT, HOST, SECRET, Clock, recorded, scope

ROOT = Path(__file__).parents[2]


def bytes_left(folder: Path) -> int:
    """How often the secret stands in any file."""
    return sum(file.read_bytes().count(SECRET.encode()) for file in folder.rglob("*") if file.is_file())


def test_a_trace_is_found_by_its_owner_and_the_host(tmp_path: Path) -> None:
    """Everybody else learns nothing, not even that it exists."""
    files = TraceFiles(tmp_path / "traces")
    for stream, member in (("s1", "ann"), ("s2", "bob"), ("s3", None)):
        files.write(recorded(stream, member))

    assert files.find(scope("ann"), "s1")["notes"][0]["item"] == "post-1"
    assert files.find(HOST, "s2")["member"] == "bob"
    for other in (scope("bob"), scope(None), scope("ann", "rival"), scope(None, "rival", "members:read-any")):
        with pytest.raises(NotFound, match="no trace"):
            files.find(other, "s1")
    assert [trace["stream"] for trace in files.newest(HOST)] == ["s3", "s2", "s1"]
    assert [trace["stream"] for trace in files.newest(scope("ann"))] == ["s1"]
    assert [trace["stream"] for trace in files.newest(HOST, 1)] == ["s3"]


def test_only_their_owner_may_read_the_files(tmp_path: Path) -> None:
    """The folder and its files are closed to other users of the machine."""
    files = TraceFiles(tmp_path / "traces")
    files.write(recorded())

    paths = [tmp_path / "traces", *(tmp_path / "traces").iterdir()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o700, 0o600, 0o600]


def test_an_erased_member_leaves_no_bytes(tmp_path: Path) -> None:
    """Every line of theirs goes from every day; the others stay whole."""
    files = TraceFiles(tmp_path)
    for day in (1, 2):
        for member in ("ann", "bob"):
            files.write(recorded(f"{member}{day}", member, at=f"2026-05-0{day}T09:30:00.000+00:00"))
    before = bytes_left(tmp_path)

    assert files.erase_member(scope("ann")) == 2
    assert files.erase_member(scope("bob", "rival")) == 0
    assert bytes_left(tmp_path) == before // 2
    assert [trace["stream"] for trace in files.newest(HOST)] == ["bob2", "bob1"]
    assert files.erase_member(scope("bob")) == 2
    assert bytes_left(tmp_path) == 0
    with pytest.raises(NotAllowed):
        files.erase_member(HOST)


def test_old_days_are_deleted(tmp_path: Path) -> None:
    """Files from before a day go whole; what is not a file of traces is left alone."""
    files = TraceFiles(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    for day in (1, 2, 3):
        files.write(recorded(f"s{day}", at=f"2026-05-0{day}T09:30:00.000+00:00"))

    assert files.forget_before(date(2026, 5, 3)) == 2
    assert [trace["stream"] for trace in files.newest(HOST)] == ["s3"]
    assert files.forget(30) in (0, 1)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_line_that_a_crash_cut_off_is_passed_over(tmp_path: Path) -> None:
    """What was written whole before and after it can be read."""
    files = TraceFiles(tmp_path)
    files.write(recorded("s1"))
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("ab") as out:
        out.write(b'{"stream":"s2","tenant"')
    files.write(recorded("s3"))

    assert [trace["stream"] for trace in files.newest(HOST)] == ["s3", "s1"]
    assert files.erase_member(scope("ann")) == 3  # nobody can tell whose the broken one was
    assert file.read_bytes() == b""


def test_several_processes_write_whole_lines(tmp_path: Path) -> None:
    """Nothing is mixed or lost while others write, and while a member is erased."""
    program = (
        "import sys; from pathlib import Path; from nutgraf.trace.files import TraceFiles\n"
        "from tests.trace.made import recorded\n"
        "for n in range(40): TraceFiles(Path(sys.argv[1])).write(recorded(f'{sys.argv[2]}-{n}', sys.argv[2]))"
    )
    works = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name], cwd=ROOT) for name in ("ann", "bob")
    ]
    files = TraceFiles(tmp_path)
    while any(work.poll() is None for work in works):
        files.erase_member(scope("eve"))
        files.write(recorded("mine", "eve"))

    assert [work.returncode for work in works] == [0, 0]
    streams = [trace["stream"] for trace in files.newest(HOST, 10_000)]
    assert sum(stream.startswith(("ann-", "bob-")) for stream in streams) == 80


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A file in the way is a StoreError that says where."""
    (tmp_path / "traces").write_text("in the way")
    with pytest.raises(StoreError, match="traces"):
        TraceFiles(tmp_path / "traces").write(recorded())
    assert TraceFiles(tmp_path / "nowhere").newest(HOST) == []


class Slow:
    """A sink that waits for its bell, and fails where it is told to."""

    def __init__(self, fails: bool = False) -> None:
        self.bell, self.entered, self.seen, self.fails = threading.Event(), threading.Event(), list[str](), fails

    def write(self, recording: Recording) -> None:
        """Take one recording, once the bell has rung."""
        self.entered.set()
        assert self.bell.wait(20)
        if self.fails:
            raise OSError("the disk is full")
        self.seen.append(recording.stream)


def test_answers_never_wait_for_their_traces(caplog: pytest.LogCaptureFixture) -> None:
    """A writer that hangs fills its queue, then traces are dropped and counted; what waits is written at the end."""
    slow, broken = Slow(), Slow(fails=True)
    broken.bell.set()
    tracing = Tracing([broken, slow], waiting_at_most=2)
    for number in range(5):
        tracing.begin(scope(), f"s{number}", 100.0, Clock()).close()
        if number == 0:
            assert slow.entered.wait(20)
    assert tracing.dropped == 2
    slow.bell.set()
    with caplog.at_level(logging.ERROR):
        tracing.close()
        tracing.close()

    assert slow.seen == ["s0", "s1", "s2"]
    assert "the disk is full" in caplog.text
    tracing.begin(scope(), "late", 100.0, Clock()).close()
    tracing.settle()
    assert tracing.dropped == 3


def test_a_recording_begins_with_its_owner_and_moment(tmp_path: Path) -> None:
    """What the tracing gives out lands in the file of today."""
    tracing = Tracing([files := TraceFiles(tmp_path)])
    recording = tracing.begin(scope(), "s9", 99.0, Clock())
    recording.note("ending", ending="done")
    recording.close()
    tracing.settle()

    trace = files.find(scope(), "s9")
    assert trace["at"][:4].isdigit()
    assert trace["notes"] == [{"ms": 1000.0, "kind": "ending", "ending": "done"}]


def told(recording: Recording, *facts: Remembered, used: bool = True) -> Recording:
    """An answer that had these facts of its member at hand, and perhaps used them."""
    recording.note("request", remembered=tuple(fact.id for fact in facts))
    if used:
        recording.note("used", facts=tuple(Fact(f"memory.{fact.id}", "memory", fact.text) for fact in facts))
    return recording


def test_a_forgotten_fact_leaves_no_bytes(tmp_path: Path) -> None:
    """By its id, in its words, or as the answer in which it was stated; the other traces stay whole."""
    fact = Remembered(
        id="m1", kind="goal", topic="t", text="I want to lead", quote="I  want to lead", at=AT, stream="s4"
    )
    other = Remembered(id="m2", kind="plan", topic="t", text="I will move", quote="I will move", at=AT)
    files = TraceFiles(tmp_path)
    files.write(told(recorded("s1"), fact))
    files.write(told(recorded("s2"), fact, used=False))
    said = recorded("s3")
    said.note("request", question="As I want\nto LEAD: what now?")
    for one in (said, recorded("s4"), told(recorded("s5"), other), recorded("s6"), told(recorded("s7", "bob"), fact)):
        files.write(one)
    assert sum(file.read_bytes().count(b"I want to lead") for file in tmp_path.iterdir()) == 2  # control: bob's as well

    assert files.forget_facts(scope("ann"), [fact]) == 4
    assert files.forget_facts(scope("ann"), [fact]) == 0
    assert [trace["stream"] for trace in files.newest(HOST)] == ["s7", "s6", "s5"]
    assert files.forget_facts(scope("ann"), [], all_remembered=True) == 1
    assert [trace["stream"] for trace in files.newest(HOST)] == ["s7", "s6"]
    assert files.forget_facts(scope("bob"), [fact]) == 1
    assert sum(file.read_bytes().count(b"I want to lead") for file in tmp_path.iterdir()) == 0
    with pytest.raises(NotAllowed, match="without a member"):
        files.forget_facts(HOST, [fact])


def test_an_answer_under_way_is_not_written_once_its_member_is_forgotten(tmp_path: Path) -> None:
    """It may tell of what is gone; those of other members are written."""
    tracing = Tracing([files := TraceFiles(tmp_path)])
    under_way = [tracing.begin(scope(member), f"of-{member}", 99.0, Clock()) for member in ("ann", "bob")]
    tracing.forget(scope("ann"))
    for recording in under_way:
        recording.close()
    tracing.close()

    assert [trace["stream"] for trace in files.newest(HOST)] == ["of-bob"]
