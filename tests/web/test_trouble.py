"""The panel while things go wrong: stops, cuts, refusals, endings and hostile text, on the canned server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.agents import NOT_STATED, STATED_ELSEWHERE
from tests.web.canned import item
from tests.web.mock_server import Site

if TYPE_CHECKING:
    from tests.web.page import Page

pytestmark = pytest.mark.browser

ARTICLE, AMARA = "article-night-handover", "amara-okafor"
ENTER, ESCAPE = "\ue007", "\ue00c"
#: Numbers of events in the script: the first sentence is held at 5 and committed at 6, the second held at 7.
FIRST_HELD, FIRST_SHOWN, SECOND_HELD = 6, 7, 8


def opened_until(page: Page, site: Site, number: int) -> None:
    """Opens the article with the stream waiting before this event."""
    site.hold_until(number)
    page.item(ARTICLE, AMARA, done=False)


def test_sentences_come_one_by_one(page: Page, site: Site) -> None:
    """A held sentence shows a quiet line, its words come when it is committed, and a dropped one leaves nothing."""
    opened_until(page, site, FIRST_HELD)
    page.until("$('.held')")
    assert page.texts(".held") == ["writing and checking…"]
    assert page.texts(".sentence") == []
    assert page.get("$('.main').getAttribute('aria-busy')") == "true"

    site.hold_until(FIRST_SHOWN)
    page.until("$('.sentence')")
    first = page.texts(".sentence")
    assert page.texts(".held") == []

    site.hold_until(SECOND_HELD)
    page.until("$('.held')")
    site.hold_until(SECOND_HELD + 1)
    page.until("!$('.held')")
    assert page.texts(".sentence, .quote") == first

    site.release()
    page.finished()
    assert page.texts(".sentence")[:1] == first
    assert page.texts(".quote blockquote") == ["“A warning that covers 60 percent of a unit warns nobody.”"]
    assert "From the item" in page.texts(".quote figcaption")[0]


@pytest.mark.parametrize("way", ["button", "escape"])
def test_stop_stops(page: Page, site: Site, way: str) -> None:
    """Stop tells the server, keeps what was committed, takes the waiting line away and offers to go on."""
    opened_until(page, site, SECOND_HELD)
    page.until("$('.sentence') && $('.held')")
    kept = page.texts(".sentence")
    if way == "button":
        page.click(".stop")
    else:
        page.js("$('.entry').focus()")
        page.press(ESCAPE)
    page.finished()

    page.wait(lambda: site.said("DELETE", "/v1/streams/"))
    assert page.texts(".sentence") == kept
    assert page.texts(".held") == []
    assert page.texts(".notice p") == ["Stopped."]
    assert page.get("$('.stop').hidden")
    site.release()
    page.js("window.__told.length = 0")
    page.click(".again")
    page.finished()
    assert page.texts(".notice p") == []
    assert len(page.texts(".block")) == 3


def test_removing_the_panel_stops_it(page: Page, site: Site) -> None:
    """Leaving the item ends its stream on the server."""
    opened_until(page, site, SECOND_HELD)
    page.until("$('.held')")
    page.js("location.hash = '#/'")
    page.until("document.querySelector('.feed')")

    page.wait(lambda: site.said("DELETE", "/v1/streams/"))


def test_switching_the_member_stops_the_old_stream(page: Page, site: Site) -> None:
    """A stream for one member ends on the server when another member reads, and none of its words arrive later."""
    opened_until(page, site, SECOND_HELD)
    page.until("$('.held')")
    page.js("document.querySelector('nutgraf-panel').setAttribute('member', 'luis-herrera')")
    page.wait(lambda: site.said("DELETE", "/v1/streams/"))
    site.release()
    page.finished()

    assert "solar" in page.texts(".because")[0]
    assert len(page.texts(".block")) == 1


def test_a_conversation_stays_with_its_member(page: Page, site: Site) -> None:
    """When another member reads, the turns of the one before go, and turns that arrive late are not shown."""
    site.turns[ARTICLE, AMARA] = [{"question": "Mine?", "answer": "Yours.", "at": "2026-10-20", "stream": "s"}]
    page.item(ARTICLE, AMARA)
    page.until("$('.turn.earlier')")
    site.silent_about = AMARA
    for member in ("luis-herrera", AMARA, "luis-herrera"):
        page.js("document.querySelector('nutgraf-panel').setAttribute('member', arguments[0])", member)
        page.until("$('.turns').childElementCount === 0")
        page.finished()
    site.release()
    page.js("return fetch('v1/conversations?item=x&member=y')")

    assert page.texts(".turn") == []


def test_a_stream_that_begins_again_is_not_repeated(page: Page, site: Site) -> None:
    """When a server sends everything anew after a cut, the panel shows and says only what it has not had."""
    site.cut_at, site.repeats = 7, True
    opened_until(page, site, 7)
    page.until("$('.sentence')")
    site.release()
    page.finished()

    assert page.log("shown") == page.log("announced") == page.committed()
    assert len(page.texts(".block")) == 3


@pytest.mark.parametrize(("frames", "refusals"), [(1, 0), (6, 0), (7, 1)])
def test_a_cut_connection_is_taken_up_again(page: Page, site: Site, frames: int, refusals: int) -> None:
    """After a cut in the middle of a frame the stream goes on from the last whole one, without loss or repetition."""
    site.cut_at, site.refusals = frames, refusals
    opened_until(page, site, frames)
    page.wait(lambda: len(page.wire()) == frames)
    site.release()
    page.finished()

    (resumed,) = site.said("RESUME", "/v1/streams/")
    assert resumed == {"last": f"1.{frames - 1}"}
    assert page.log("shown") == page.log("announced") == page.committed()
    assert len(page.committed()) == 5
    assert page.texts(".notice") == []


def test_a_stream_that_cannot_be_resumed_ends_honestly(page: Page, site: Site) -> None:
    """When the server has forgotten the stream, what was committed stays and a new try is offered."""
    site.cut_at, site.forget = FIRST_SHOWN, True
    opened_until(page, site, FIRST_SHOWN)
    page.until("$('.sentence')")
    site.release()
    page.finished()

    assert len(page.texts(".sentence")) == 1
    assert page.texts(".notice p") == ["This is as far as it got: The connection was lost."]
    assert page.texts(".notice .again") == ["Try again"]
    assert page.texts(".held") == []


@pytest.mark.parametrize(
    ("ending", "sentences", "said"),
    [
        ("failed", 0, "That did not work: the writer is taking a break."),
        ("truncated", 1, "This is as far as it got: the model stopped answering."),
    ],
)
def test_an_early_ending_keeps_what_was_committed(
    page: Page, site: Site, ending: str, sentences: int, said: str
) -> None:
    """A failed or truncated stream says so with its reference, once aloud, and can be tried again."""
    site.ending = ending
    page.item(ARTICLE, AMARA)

    assert len(page.texts(".sentence")) == sentences
    assert page.texts(".notice p") == [said, "Reference T-4711"]
    assert page.log("announced")[-1] == said
    assert len(page.texts(".thumbs")) == sentences
    site.ending = None
    page.js("window.__told.length = 0")
    page.click(".again")
    page.finished()
    assert len(page.texts(".block")) == 3


def test_a_thin_item_has_no_takeaways(page: Page) -> None:
    """A declined stream says why, and offers nothing to press in vain."""
    page.item("post-thin", AMARA)

    assert page.texts(".notice p") == ["No takeaways: this post says too little to take anything from it."]
    assert page.texts(".block, .notice .again") == []


def test_an_author_may_opt_out(page: Page) -> None:
    """An item whose author opted out has no panel, and the page says that."""
    page.open("#/item/article-opted-out")

    assert page.get("document.querySelector('nutgraf-panel')") is None
    assert "no AI takeaways" in page.get("document.querySelector('.beside').textContent")


def test_an_unknown_item_is_an_error_in_words(page: Page) -> None:
    """The server's own sentence is shown, with a way out."""
    page.open("#/item/article-nowhere")

    assert "no item of this id" in page.get("document.querySelector('main').textContent")
    assert page.get("document.querySelector('main a').hash") == "#/"


def test_a_thumb_down_asks_for_the_reason(page: Page, site: Site) -> None:
    """Nothing is sent before a reason is chosen; then block, rating and reason are; a thumb up goes at once."""
    page.item(ARTICLE, AMARA)
    page.click(".thumb.down")
    assert site.said("POST", "/v1/feedback") == []
    page.click(".reasons .chip", 3)
    page.wait(lambda: site.said("POST", "/v1/feedback"))
    page.click(".thumb.up", 1)
    page.wait(lambda: len(site.said("POST", "/v1/feedback")) == 2)

    down, up = site.said("POST", "/v1/feedback")
    stream = page.told("nutgraf-closed")[0]["stream"]
    assert down == {"stream": stream, "block": "b1", "rating": "down", "reason": "bias"}
    assert up == {"stream": stream, "block": "b2", "rating": "up"}
    assert page.until("$('.feedback-note').textContent") == "Thank you, noted"


def test_actions_lead_somewhere(page: Page, site: Site) -> None:
    """A step that is a question asks it; a step that is a record opens it."""
    page.item(ARTICLE, AMARA)
    page.js("window.__told.length = 0")
    page.click(".action.converse")
    page.finished()
    assert site.said("POST", "/v1/ask")[0]["question"] == "Which numbers should I collect before I start?"

    page.click(".action.connect")
    page.until("document.querySelector('h1').textContent === 'Ngozi Adeyemi'")
    (opened,) = page.told("nutgraf-open")
    place = {"start": None, "end": None}
    assert opened == {"item": "profile-ngozi-adeyemi", "block": "b3", "action": "connect", **place}


def ask(page: Page, question: str) -> None:
    """Opens the article, asks, and waits for the end."""
    page.item(ARTICLE, AMARA)
    page.js("window.__told.length = 0")
    page.inside("#question").send_keys(question, ENTER)
    page.finished()


def test_the_reason_is_the_answer_when_there_is_no_sentence(page: Page) -> None:
    """An answer that is done without a sentence keeps its question, shows and says the reason, and can be rated."""
    ask(page, NOT_STATED)

    assert page.texts(".turn .question") == [NOT_STATED]
    assert page.texts(".turn .words") == ["The item does not say."]
    assert page.texts(".notice") == []
    assert page.log("announced")[-1] == "The item does not say."
    assert len(page.texts(".turn .thumbs")) == 1


def test_takeaways_that_are_done_may_have_a_reason(page: Page, site: Site) -> None:
    """The reason of finished takeaways is shown below them and said once, and stays when a question is answered."""
    site.ending = "done"
    page.item(ARTICLE, AMARA)
    reason = "Only the first part of the item was read."

    assert len(page.texts(".block")) == 3
    assert page.texts(".notice p") == [reason]
    assert page.texts(".notice .again") == []
    assert page.log("announced").count(reason) == 1
    site.ending = None
    page.js("window.__told.length = 0")
    page.inside("#question").send_keys("What changed?", ENTER)
    page.finished()
    assert page.texts(".notice p") == [reason]


def test_an_answer_with_sentences_may_have_a_reason(page: Page, site: Site) -> None:
    """The reason of an answer that has sentences is shown below them."""
    site.ending = "done"
    ask(page, "What changed?")

    assert page.texts(".turn .sentence")
    assert page.texts(".turn-notice p") == ["Only the first part of the item was read."]


@pytest.mark.parametrize("way", [".quote .link", ".quote .cite"])
def test_a_quotation_of_another_record_says_so(page: Page, way: str) -> None:
    """The caption names another record, and both its link and its citation open that record."""
    ask(page, STATED_ELSEWHERE)
    assert page.texts(".turn blockquote")[0].startswith("“Ngozi meets two nurses a month")
    (caption,) = page.texts(".turn figcaption")
    assert caption.startswith("From another record")

    page.click(f".turn {way}")
    page.until("document.querySelector('h1').textContent === 'Ngozi Adeyemi'")
    (opened,) = page.told("nutgraf-open")
    assert opened["item"] == "profile-ngozi-adeyemi"


def test_a_fact_that_is_cited_is_shown(page: Page) -> None:
    """Evidence from the member's own record opens the list of what was used at that fact, with a way back."""
    page.item(ARTICLE, AMARA)
    page.click(".cite.note")
    assert page.get("$('.used').open && P.activeElement.dataset.fact") == "f3"
    assert "46 nurses now use" in page.texts(".cited")[0]
    page.click(".back-to-words")
    assert page.get("P.activeElement.className") == "cite note"
    assert page.texts(".cited") == page.texts(".back-to-words") == []


def test_what_was_left_out_is_listed(page: Page) -> None:
    """Late or missing parts are named in a small list."""
    page.item(ARTICLE, AMARA)

    assert page.texts(".skipped li") == ["related people: the search was late and was left out"]


def test_symbols_outside_the_basic_plane_do_not_shift_a_citation(page: Page) -> None:
    """Offsets are code points: behind emoji and hidden markup the marked text is still exactly the quoted one."""
    page.item("post-outage", AMARA)
    page.click(".cite.here", 1)

    marked = page.get("[...document.querySelectorAll('mark')].map(m => m.textContent)")
    assert marked == ["The fix was eleven lines 🔧. Finding it took two engineers"]


def test_hostile_text_stays_text(page: Page, site: Site) -> None:
    """Markup in titles, texts, sentences and links is shown as written and never becomes part of the page."""
    bad = "<img src=x onerror=hit=1><script>hit=1</script>"
    text = [f"{bad} Long enough to say something at all."]
    words = {"title": bad, "text": text, "author": bad, "topics": [bad], "details": {bad: bad}}
    site.items.append(item({"id": "post-hostile", "kind": "post", "url": "javascript:hit=1", **words}))
    page.open("")
    assert bad in page.get("document.querySelector('.list').textContent")
    page.item("post-hostile", AMARA)

    assert bad in page.texts(".quote blockquote")[0]
    assert page.get("window.hit ?? null") is None
    assert (
        page.get("[...document.querySelectorAll('main img, main script'), ...P.querySelectorAll('img, script')].length")
        == 0
    )
    assert page.get("[...document.links].every(a => ['http:', 'https:'].includes(a.protocol))")
