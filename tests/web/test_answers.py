"""Answers of every form in the panel: who answers, requirements, steps, drafts, sources, ways to other records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.agents import DOUBTED, DRAFT, FIT, FOLLOW_UP, NOBODY, PLAN, STATED_ELSEWHERE, UNDERSTOOD
from tests.web.canned import item_by_id, visible
from tests.web.mock_server import Site

if TYPE_CHECKING:
    from tests.web.page import Page

pytestmark = pytest.mark.browser

ARTICLE, AMARA, NGOZI = "article-night-handover", "amara-okafor", "profile-ngozi-adeyemi"
ENTER = "\ue007"


def asked(page: Page, *questions: str) -> None:
    """Opens the article and asks, one question after the other."""
    page.item(ARTICLE, AMARA)
    for question in questions:
        page.js("window.__told.length = 0")
        page.inside("#question").send_keys(question, ENTER)
        page.finished()


def test_it_is_said_who_answers_and_why(page: Page) -> None:
    """The agent stands under the question, with its reason for the mouse, for the ear, and in the folded list."""
    asked(page, FIT)
    (line,) = page.texts(".turn .routed")

    assert page.texts(".turn .routed strong") == ["Job fit"]
    assert page.get("$('.routed').title") == "your question fits the rule “asks a question”"
    assert line == "Answered by Job fit: your question fits the rule “asks a question”"
    assert page.texts(".turn .asked .why") == ["Job fit answers because your question fits the rule “asks a question”."]


def test_a_doubtful_sentence_is_marked(page: Page) -> None:
    """It says in words and with an icon to check the source; the mark tells why to the mouse, the ear and the keys."""
    why = (
        "The check of its source has a reservation: the words are close, the figures are not. "
        "Written by AI and checked: 44 % sure it is in the source."
    )
    asked(page, DOUBTED)

    assert page.texts(".doubtful .said") == ["It may say this as well."]
    assert page.texts(".doubt") == ["check the source"]
    assert page.get("$('.doubt .icon') !== null")
    assert page.get("$('.doubt').title") == why
    assert page.get("$('.doubt').getAttribute('aria-label')") == f"Check the source. {why}"
    assert page.get("$('.turn .sentence:not(.doubtful) .said').title") == (
        "Written by AI and checked: 97 % sure it is in the source"
    )
    page.inside(".doubt").send_keys(ENTER)
    assert page.texts(".turn .evidence") == [f"Why this is marked: {why}"]
    assert page.get("$('.doubt').getAttribute('aria-expanded')") == "true"
    page.inside(".doubt").send_keys(ENTER)
    assert page.texts(".turn .evidence") == []
    assert page.wrong() == {}


def test_how_a_sentence_was_checked_is_for_everybody(page: Page) -> None:
    """Beside a sentence without a reservation stands a button that tells the ear and the keys how it was checked."""
    how = "Written by AI and checked: 97 % sure it is in the source. No check has a reservation."
    asked(page, DOUBTED)

    assert page.get("$('.turn .sentence:not(.doubtful) .checked').getAttribute('aria-label')") == (
        f"How this was checked: {how}"
    )
    assert page.get("$('.turn .sentence.doubtful .checked') === null")
    page.inside(".turn .checked").send_keys(ENTER)
    assert page.texts(".turn .evidence") == [f"How this was checked: {how}"]
    assert page.get("$('.turn .checked').getAttribute('aria-expanded')") == "true"
    page.inside(".turn .checked").send_keys(ENTER)
    assert page.texts(".turn .evidence") == []
    assert page.wrong() == {}


def test_a_question_understood_otherwise_is_shown(page: Page) -> None:
    """The question as it was understood stands there when it is not the one that was typed, and only then."""
    asked(page, FIT.upper().rstrip("?"), FOLLOW_UP)

    assert page.texts(".turn .understood") == [f"Understood as: {UNDERSTOOD}"]
    assert page.get("$('.understood').closest('.turn').querySelector('.question').textContent") == FOLLOW_UP


def test_a_page_may_ask_a_certain_agent(page: Page, site: Site) -> None:
    """`ask` takes the agent that is to answer; it is asked again after a cut. Otherwise none is named."""
    site.ending = "truncated"
    page.item(ARTICLE, AMARA)
    for script in ("document.querySelector('nutgraf-panel').ask('Mine?', 'voice')", "$('.turn-notice .again').click()"):
        page.js(f"window.__told.length = 0; {script}")
        page.finished()
    page.js("window.__told.length = 0; document.querySelector('nutgraf-panel').ask('Yours?')")
    page.finished()

    assert [body.get("agent") for body in site.said("POST", "/v1/ask")] == ["voice", "voice", None]


def test_nobody_answers(page: Page) -> None:
    """Without an agent there is no line about one, and the reason is told."""
    asked(page, NOBODY)

    assert page.texts(".routed") == []
    assert page.texts(".turn-notice p") == ["No answer: No agent here can answer that."]
    assert page.texts(".coming, .turn .again") == []


def test_requirements_say_how_far_they_are_shown(page: Page) -> None:
    """Each has its heading with the status in words and an icon, both sides quoted, and a step for what is missing."""
    asked(page, FIT)

    assert page.texts(".requirement h4 > span:first-child") == ["Asked for", "Asked for", "Welcome"]
    statuses = ["Shown in your profile", "Partly shown in your profile", "Not shown in your profile"]
    assert page.texts("h4 > .status") == statuses
    assert page.get("[...P.querySelectorAll('.status')].map(s => s.firstChild.classList[1])") == [
        "icon-shown", "icon-partly", "icon-not-shown"]  # fmt: skip
    assert len(page.texts(".requirement .quote")) == 5
    assert page.texts(".requirement .because") == []
    assert page.texts(".requirement .action-label") == ["Take the course: Mapping work"]
    assert page.texts(".turn .card-title") == ["Ngozi Adeyemi"]
    assert page.log("announced")[-5:] == page.committed()[-5:]


def test_steps_have_headings(page: Page) -> None:
    """Every step of a plan is a heading below the question, with its reason and what to do."""
    asked(page, PLAN)

    assert page.texts(".turn .block.step h4") == ["What carries over", "A role to look at"]
    assert page.texts(".turn .block.step p.because, .turn .block.step summary") == ["Because you wrote it down."]
    page.click(".turn .action")
    page.until("document.querySelector('h1').textContent.includes('nformatics')")
    assert page.told("nutgraf-open")[0]["item"] == "job-informatics-nurse"


def test_a_draft_is_copied(page: Page) -> None:
    """The draft stands in a frame that says what it is; copying takes its words, quotations marked, without numbers."""
    asked(page, DRAFT)
    assert page.texts(".frame-label") == ["Draft – check it before you post"]
    assert page.texts(".draft h4") == ["Draft of a comment, in your manner"]
    assert page.texts(".draft .action") == []
    assert page.texts(".draft .step-because") == ["This is a draft and nothing was sent."]

    page.js(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (t) => { window.copy = t; } } })"
    )
    page.click(".copy")
    page.until("$('.copy').textContent === 'Copied'")
    first, second = page.get("window.copy").split("\n\n")
    assert first == "I led a change to our triage board."
    assert second == page.texts(".draft blockquote")[0]
    assert page.log("announced")[-1] == "Copied"


def test_a_draft_that_cannot_be_copied_is_selected(page: Page) -> None:
    """When the browser refuses, the words are selected and the button says so."""
    asked(page, DRAFT)
    page.js(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error()) } })"
    )
    page.click(".copy")
    page.until("$('.copy').textContent.startsWith('Not copied')")

    assert page.log("announced")[-1].startswith("Not copied")


def test_sources_are_listed_and_late_ones_marked(page: Page) -> None:
    """Folded, with how many did not come in time; unfolded, each with its outcome in words and its counts."""
    asked(page, FIT)
    assert page.get("$('.turn .asked').open") is False
    assert page.texts(".turn .asked summary") == ["What was asked (3, 1 not in time)"]
    page.click(".turn .asked summary")

    assert page.texts(".turn .asked strong") == ["Item", "Related", "Web search"]
    assert page.texts(".turn .asked .outcome") == ["in time", "too late", "switched off"]
    assert page.texts(".turn .asked .trouble") == ["too late"]
    assert page.texts(".turn .asked .count") == ["found 6, kept 3"]


def test_an_answer_that_was_cut_off_is_written_anew(page: Page, site: Site) -> None:
    """Takeaways and answers that were cut off offer to be written anew; what had come stays."""
    site.ending = "truncated"
    asked(page, "What changed?")
    assert page.texts(".notice .again") == ["Write it anew", "Write it anew"]
    site.ending = None
    page.js("window.__told.length = 0")
    page.click(".turn-notice .again")
    page.finished()

    assert [body["question"] for body in site.said("POST", "/v1/ask")] == ["What changed?"] * 2
    assert page.get("[...P.querySelectorAll('.turn')].map(t => t.querySelectorAll('.sentence, .quote').length)") == [
        1,
        2,
    ]


def test_a_citation_of_another_record_marks_its_place(page: Page) -> None:
    """It opens the record at the quoted words, and the way back leads to the citation in the whole conversation."""
    asked(page, STATED_ELSEWHERE, DRAFT)
    before = page.texts(".turn")
    page.click(".cite.away")
    page.until("document.querySelector('mark')")

    (told,) = page.told("nutgraf-open")
    record = item_by_id(NGOZI)
    assert record
    assert told["item"] == NGOZI
    marked = page.get("[...document.querySelectorAll('mark')].map(m => m.textContent).join(' ')")
    assert " ".join(marked.split()) == visible(record["text"], record["hidden"], told["start"], told["end"])
    assert page.get("document.activeElement.tagName") == "MARK"
    assert page.get(f"location.hash.includes('at={told['start']}-{told['end']}')")

    page.js("document.querySelector('.back-to').click()")
    page.until("document.querySelector('h1').textContent.includes('handover')")
    page.until("P.activeElement?.className === 'cite away'")
    assert page.texts(".turn") == before


def test_a_link_marks_its_place(page: Page) -> None:
    """An address with a range marks it, also when opened first, then without a way back; nonsense marks nothing."""
    page.open(f"#/item/{NGOZI}?as={AMARA}&at=0-12")
    assert page.until("document.querySelector('mark')?.textContent")
    assert page.get("document.querySelector('.back-to').hidden")

    for at in ("12-0", "x", "999999-9999999"):
        page.open(f"#/item/{NGOZI}?as={AMARA}&at={at}")
        assert page.get("document.querySelector('mark')") is None


def test_an_earlier_answer_is_shown_whole(page: Page, site: Site) -> None:
    """After a reload an earlier turn is words; its button brings back the blocks, silently, while they are kept."""
    asked(page, FIT, DRAFT)
    page.driver.refresh()
    page.until("P && P.querySelectorAll('.turn.earlier').length === 2 && $('[aria-busy=false]')")
    said = page.log("announced")
    page.click(".whole")
    page.until("P.querySelectorAll('.requirement').length === 3 && $('[aria-busy=false]')")

    assert page.texts(".turn .question") == [FIT, DRAFT]
    assert page.get("P.activeElement.textContent") == FIT
    assert page.log("announced") == said
    site.forget = True
    page.click(".whole")
    page.until("$('.gone')")
    assert page.texts(".turn.earlier .question") == [DRAFT]
    assert page.get("P.activeElement.className") == "gone"


def test_writing_the_takeaways_again_leaves_the_conversation(page: Page, site: Site) -> None:
    """An answer that is coming goes on when the takeaways are asked for again."""
    page.item(ARTICLE, AMARA)
    site.hold_until(5)
    page.inside("#question").send_keys(FIT, ENTER)
    page.until("$('.turn .requirement, .turn .coming')")
    page.js("window.__told.length = 0; document.querySelector('nutgraf-panel').load()")
    site.release()
    page.until("window.__told.filter(t => t.name === 'nutgraf-closed').length === 2")

    assert len(page.texts(".turn .requirement")) == 3
    assert site.said("DELETE", "/v1/streams/") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_every_form_is_in_order(page: Page, site: Site, scheme: str, width: int) -> None:
    """All forms, one answer cut off, everything unfolded: every check of access passes, and nothing is too wide."""
    page.media(scheme)
    page.size(width)
    page.open(f"#/item/{ARTICLE}?as={AMARA}&takeaways")
    page.finished()
    for question in (FIT, PLAN, DRAFT, STATED_ELSEWHERE, FOLLOW_UP):
        page.js("window.__told.length = 0")
        site.ending = "truncated" if question == FOLLOW_UP else None
        page.inside("#question").send_keys(question, ENTER)
        page.finished()
    page.click(".cite.note")
    page.js("P.querySelectorAll('details').forEach(d => (d.open = true))")

    assert page.wrong() == {}
    assert page.get("document.documentElement.scrollWidth <= innerWidth")
    assert page.errors() == []
