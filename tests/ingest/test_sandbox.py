"""The helper process: what it may not do, and what happens when it dies."""

import os
import signal
import sys
from pathlib import Path

import pytest

from nutgraf.errors import MissingPart
from nutgraf.ingest import child, html, sandbox
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.load import item_from_bytes

PAGE = b"<html><body><p>We moved the board.</p></body></html>"


@pytest.fixture(autouse=True)
def _no_helpers_left() -> None:
    """Begin without helpers of an earlier test."""
    sandbox.close_helpers()


def helper() -> int:
    """The process id of the one helper that waits."""
    [waiting] = sandbox._HELPERS._idle
    return waiting.pid


def test_a_helper_serves_again() -> None:
    """One process is started, and it reads document after document."""
    item_from_bytes(PAGE, "a.html")
    first = helper()
    item_from_bytes(PAGE, "b.html")

    assert helper() == first


def test_a_dead_helper_is_replaced() -> None:
    """When the helper is gone, the next document starts another one."""
    item_from_bytes(PAGE, "a.html")
    gone = helper()
    os.kill(gone, signal.SIGKILL)
    os.waitid(os.P_PID, gone, os.WEXITED | os.WNOWAIT)

    assert item_from_bytes(PAGE, "a.html").text == "We moved the board."
    assert helper() != gone


def test_the_environment_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper sees where the code is and nothing else of our environment."""
    monkeypatch.setenv("SOME_API_KEY", "secret-value")
    item_from_bytes(PAGE, "a.html")
    seen = Path(f"/proc/{helper()}/environ")
    if not seen.exists():
        pytest.skip("this system does not show the environment of a process")

    assert b"secret-value" not in seen.read_bytes()
    assert seen.read_bytes().count(b"=") == 1


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", ()),
        ("socket.getaddrinfo", ()),
        ("subprocess.Popen", ()),
        ("os.system", ()),
        ("os.exec", ()),
        ("os.remove", ()),
        ("open", ("file", "w", os.O_WRONLY | os.O_CREAT)),
        ("open", ("file", None, os.O_RDWR)),
    ],
)
def test_a_reader_may_not_act(event: str, arguments: tuple[object, ...]) -> None:
    """Connecting, starting, writing and removing are refused while a document is read."""
    with pytest.raises(PermissionError):
        child._refuse(event, arguments)


def test_a_reader_may_read() -> None:
    """Control: parsers may import and open their own files for reading."""
    child._refuse("import", ("x", None, None, None, None))
    child._refuse("open", ("file", "rb", os.O_RDONLY | os.O_CLOEXEC))


def test_foreign_errors_become_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a parser raises, and running out of memory, is one line of ours."""

    def fails(exc: Exception) -> bytes:
        def reader(*_: object, **__: object) -> None:
            raise exc

        monkeypatch.setattr(html, "read_html", reader)
        return child._read("html", PAGE, "a.html", Limits())

    assert b"a.html: cannot be read (ZeroDivisionError)" in fails(ZeroDivisionError("x\ny"))
    assert b"TooLarge" in fails(MemoryError())
    assert b"TooLarge" in fails(RecursionError())


@pytest.mark.parametrize("program", ["/bin/false", "/bin/no-such-program"])
def test_an_installation_that_cannot_start_says_so(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper that ends at once, or never starts, is not taken for a hostile document."""
    monkeypatch.setattr(sys, "executable", program)

    with pytest.raises(MissingPart, match=r"check the installation|could be started"):
        item_from_bytes(PAGE, "a.html")
