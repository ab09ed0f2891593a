"""The pages on the real server with the sample network: the contract tests of the pages, and what only it can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import Real
from tests.web.test_access import OPEN_EVERYTHING
from tests.web.test_page import (
    article,
    test_a_citation_marks_exactly_its_range,
    test_a_question_is_answered_and_kept,
    test_a_reader_without_a_profile_is_told_so,
    test_an_item_has_an_entry_point,
    test_another_member_gets_another_panel,
    test_each_committed_sentence_is_said_once,
    test_every_takeaway_says_why_and_what_was_used,
    test_takeaways_say_that_they_are_by_ai,
    test_the_page_asks_no_other_machine,
    test_the_text_does_not_jump,
    test_the_way_back_leads_to_the_same_place,
    test_what_is_committed_is_shown_once_and_stays,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.web.page import Page

__all__ = [
    "article",
    "test_a_citation_marks_exactly_its_range",
    "test_a_question_is_answered_and_kept",
    "test_a_reader_without_a_profile_is_told_so",
    "test_an_item_has_an_entry_point",
    "test_another_member_gets_another_panel",
    "test_each_committed_sentence_is_said_once",
    "test_every_takeaway_says_why_and_what_was_used",
    "test_takeaways_say_that_they_are_by_ai",
    "test_the_page_asks_no_other_machine",
    "test_the_text_does_not_jump",
    "test_the_way_back_leads_to_the_same_place",
    "test_what_is_committed_is_shown_once_and_stays",
]
pytestmark = pytest.mark.browser

SHIFT, AMARA, LUIS = "article-shift-handover", "amara-okafor", "luis-herrera"
ENTER = "\ue007"


def evidence(page: Page) -> set[tuple[int, int]]:
    """The passages of the item that the panel tells."""
    said = [event["sentence"] for event in page.wire() if event["kind"] == "sentence-committed"]
    return {(piece["start"], piece["end"]) for sentence in said for piece in sentence["evidence"]}


def writing(page: Page, real: Real) -> None:
    """Open the article and wait until the model writes the first sentence."""
    page.item(SHIFT, AMARA, done=False)
    page.until("$('.block')")
    page.wait(lambda: real.model.open_calls == 1, "the model writes")


def test_sentences_stream_in(page: Page, real: Real) -> None:
    """A takeaway begins while the model still writes its sentence, which is not shown before it was checked."""
    real.holds.set()
    writing(page, real)

    assert page.get("$('[aria-busy=true]') !== null")
    assert page.texts(".blocks .sentence, .blocks .quote") == []
    assert page.texts(".blocks .because")


def test_stop_stops_the_model(page: Page, real: Real) -> None:
    """The Stop button ends the stream as stopped, says so, and leaves no request to the model open."""
    real.holds.set()
    writing(page, real)
    page.click(".stop")
    page.finished()
    page.wait(lambda: real.model.open_calls == 0, "the model was left")

    assert page.told("nutgraf-closed")[-1]["ending"] == "stopped"
    assert page.texts(".held") == []
    assert page.get("$('.stop:not([hidden])')?.offsetParent ?? null") is None


def test_leaving_the_page_stops_the_model(page: Page, real: Real) -> None:
    """When the reader goes to another item, the request for this one does not go on."""
    real.holds.set()
    writing(page, real)
    real.holds.clear()
    page.item("article-payments-outage", AMARA)
    page.wait(lambda: real.model.open_calls == 0, "the model was left")

    assert page.told("nutgraf-closed")[-1]["ending"] == "done"


def test_another_trade_is_told_other_points(page: Page) -> None:
    """Choosing another reader in the bar changes which passages are told, and why."""
    page.item(SHIFT, AMARA)
    nurse, because = evidence(page), page.texts(".blocks .because > summary, .blocks p.because")
    page.js("window.__told.length = 0; const s = document.getElementById('reader'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('change', { bubbles: true }))", LUIS)  # fmt: skip
    page.finished()

    assert nurse
    assert evidence(page) - nurse
    assert page.texts(".blocks .because > summary, .blocks p.because") != because


def test_a_step_opens_a_real_record(page: Page) -> None:
    """A next step of the panel is a link to a record of the network, which opens with its heading."""
    page.item(SHIFT, AMARA)
    steps: list[dict[str, Any]] = [e["action"] for e in page.wire() if e["kind"] == "block-end" and e["action"]]
    opens = [step for step in steps if step["question"] is None]
    assert opens
    page.open(f"#/item/{opens[0]['item']}?as={AMARA}")

    assert page.get("document.querySelector('h1').textContent") == opens[0]["title"]


def test_a_starter_is_answered(page: Page) -> None:
    """Pressing a starter question asks it, and the answer appears below with its source."""
    page.item(SHIFT, AMARA)
    (extras,) = [event for event in page.wire() if event["kind"] == "extras"]
    page.js("window.__told.length = 0")
    page.click(".starter")
    page.finished()

    assert page.texts(".turn .question") == [extras["starters"][0]]
    assert page.texts(".turn .cite.here")


def test_an_author_who_opted_out_is_left_alone(page: Page, real: Real) -> None:
    """An item whose author does not want AI takeaways has no entry point."""
    page.open(f"#/item/post-hired-at-fifty-seven?as={AMARA}")

    assert page.get("$('.entry')?.offsetParent ?? null") is None
    assert page.wire() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_the_real_pages_are_in_order(page: Page, scheme: str, width: int) -> None:
    """The feed, and an article with everything of its panel open, pass every accessibility check."""
    page.media(scheme)
    page.size(width)
    page.open(f"#/?as={AMARA}")
    assert page.wrong() == {}

    page.open(f"#/item/{SHIFT}?as={AMARA}&takeaways")
    page.finished()
    page.js(OPEN_EVERYTHING)
    assert page.wrong() == {}
    assert page.get("document.documentElement.scrollWidth <= innerWidth")
