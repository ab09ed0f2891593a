"""The page of annotators in a real browser: keys, notes, taking back, a server that is away, light and dark."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nutgraf.evals.annotate.labels import LabelLog
from nutgraf.evals.annotate.server import serve
from nutgraf.evals.annotate.tasks import read_rubric
from tests.evals.annotate.test_annotate import TASKS

if TYPE_CHECKING:
    from tests.web.page import Page

pytestmark = pytest.mark.browser
KEPT = "document.querySelector('#saved').textContent === 'all kept'"
SENTENCE = "document.querySelector('#sentence').textContent"


@pytest.fixture
def log(tmp_path: Path) -> LabelLog:
    """A log of twenty sentences, all of them for everybody."""
    return LabelLog(tmp_path / "labels.jsonl", read_rubric(), TASKS, shared=1.0)


@pytest.fixture
def page(chromium: object, log: LabelLog) -> Iterator[Page]:
    """The page, begun as Ada."""
    from tests.web.page import Page

    with serve(log) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = Page(chromium, f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[arg-type]
        page.errors()
        page.media()
        page.size(1360)
        page.driver.get("about:blank")
        page.driver.get(page.base_url)
        page.until("document.querySelector('#who')")
        page.js("localStorage.clear(); document.querySelector('#who').value = 'Ada'")
        page.js("document.querySelector('#person').requestSubmit()")
        page.until(f"{SENTENCE}.length > 0 && document.querySelectorAll('#labels button').length === 5")
        yield page
        server.shutdown()


def test_keys_label_note_and_take_back(page: Page, log: LabelLog) -> None:
    """A digit labels and goes on, `n` writes a note, `u` takes the last one back with its note."""
    first = page.get(SENTENCE)
    page.press("n")
    page.press(*"hm", "\ue007")
    page.press("3")
    second = page.get(SENTENCE)
    page.until(KEPT)
    (given,) = log.current()
    page.press("u")
    page.until(KEPT)

    assert first != second
    assert (given.label, given.note, given.who) == ("unsupported", "hm", "Ada")
    assert log.current() == []
    assert (page.get(SENTENCE), page.get("document.querySelector('#note').value")) == (first, "hm")


def test_what_cannot_be_kept_waits(page: Page, log: LabelLog) -> None:
    """While the server does not answer labels wait in the browser, and are kept as soon as it does."""
    page.js("window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('away'))")
    page.press("1", "2", "4")
    page.until("document.querySelector('#saved').textContent === '3 not kept yet'")
    before = log.current()
    page.js("window.fetch = window.real")
    page.until(KEPT)

    assert before == []
    assert sorted(given.label for given in log.current()) == ["contradicted", "partly", "supported"]


def test_disagreements_are_listed(page: Page, log: LabelLog) -> None:
    """The view of agreement has kappa for two people and the sentence on which they differ."""
    for task in ("t1", "t2", "t3"):
        log.give(task, "Bo", "supported")
        log.give(task, "Cy", "partly" if task == "t2" else "supported")
    page.js("document.querySelector('#to-agreement').click()")
    page.until("document.querySelector('#agreement table')")

    assert page.get("document.querySelectorAll('.case').length") == 1
    assert "It takes 2 weeks." in page.get("document.querySelector('.case').textContent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_it_is_in_order(page: Page, scheme: str, width: int) -> None:
    """It passes the checks for people who hear it, use no mouse or see little, wide and narrow, light and dark."""
    page.media(scheme)
    page.size(width)

    assert page.wrong() == {}
    assert page.get("document.documentElement.scrollWidth <= innerWidth")
    assert page.errors() == []
