"""The pages against any server of the API: what streams is what is shown and said; a citation leads to its place.

The tests ask the server what it has before they look for it, so that `base_url` may be another than the canned one.
"""

from __future__ import annotations

import json
import re
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.web.page import Page

pytestmark = pytest.mark.browser

ENTER, ESCAPE = "\ue007", "\ue00c"


def get(base_url: str, path: str) -> Any:
    """What the server says, as JSON."""
    with urllib.request.urlopen(f"{base_url}/{path}", timeout=10) as response:
        return json.load(response)


@pytest.fixture
def article(base_url: str) -> tuple[str, str, str]:
    """The id of the longest article that may have takeaways, and two members."""
    items = [
        item["id"] for item in get(base_url, "v1/items?limit=500")["items"] if item["kind"] == "article" and item["ai"]
    ]
    members = [member["id"] for member in get(base_url, "v1/members")["members"]]
    longest = max(items, key=lambda ident: len(get(base_url, f"v1/items/{ident}")["text"]))
    return longest, members[0], members[1]


def plain(text: str) -> str:
    """White space as single spaces."""
    return " ".join(text.split())


def cited(page: Page, evidence: dict[str, Any]) -> str:
    """What a reader sees of the cited range, worked out in Python: offsets are code points, markup is hidden."""
    item = get(page.base_url, f"v1/items/{evidence['ref']}")
    hidden = {at for begin, stop in item["hidden"] for at in range(begin, stop)}
    assert item["text"][evidence["start"] : evidence["end"]] == evidence["quote"]
    return plain("".join(item["text"][at] for at in range(evidence["start"], evidence["end"]) if at not in hidden))


@pytest.mark.parametrize("kind", ["post", "article", "job", "course", "company"])
def test_an_item_has_an_entry_point(page: Page, kind: str) -> None:
    """Opening an item of each kind shows the button for takeaways; nothing is asked before it is pressed."""
    page.size(390, 844)
    items = get(page.base_url, "v1/items?limit=500")["items"]
    ident = next(item["id"] for item in items if item["kind"] == kind and item["ai"] and len(item["snippet"]) > 100)
    page.open(f"#/item/{ident}")

    assert page.until("$('.entry')?.getAttribute('aria-expanded')") == "false"
    assert page.wire() == []
    page.click(".entry")
    page.finished()
    assert page.wire()[0]["item"] == ident


def test_what_is_committed_is_shown_once_and_stays(page: Page, article: tuple[str, str, str]) -> None:
    """Every committed sentence appears once, in order, and is never changed or taken back; nothing else appears."""
    page.item(*article[:2])

    assert page.committed()
    assert page.log("shown") == page.committed()
    assert page.log("taken back") == page.log("changed") == []
    held = [e["sentence"] for e in page.wire() if e["kind"] == "sentence-held"]
    assert page.log("held") == page.log("released") == held
    assert page.texts(".held") == []


def test_each_committed_sentence_is_said_once(page: Page, article: tuple[str, str, str]) -> None:
    """The polite live region says every committed sentence once, and the accessibility tree has it."""
    page.item(*article[:2])
    said = [re.sub("[“”]", "", text).strip() for text in page.log("announced")]

    assert said == page.committed()
    heard = [re.sub("[“”]", "", text).strip() for text in page.heard()]
    assert heard
    assert heard == said[-len(heard) :]


def test_a_citation_marks_exactly_its_range(page: Page, article: tuple[str, str, str]) -> None:
    """Every citation of the item marks the cited characters, no more and no fewer, and moves the focus there."""
    page.item(*article[:2])
    count = len(page.texts(".cite.here"))
    assert count
    for number in range(count):
        page.click(".cite.here", number)
        evidence = page.told("nutgraf-cite")[-1]
        marked = page.get("[...document.querySelectorAll('mark')].map(m => m.textContent).join(' ')")

        assert plain(marked) == cited(page, evidence)
        assert page.get("document.activeElement.tagName") == "MARK"
        page.until(
            "(() => { const { top, bottom } = document.querySelector('mark').getBoundingClientRect();"
            "return top >= 0 && bottom <= innerHeight })()"
        )
    page.press(ESCAPE)
    assert page.get("document.querySelector('mark')") is None
    assert page.get(f"P.activeElement === P.querySelectorAll('.cite.here')[{count - 1}]")


def test_every_takeaway_says_why_and_what_was_used(page: Page, article: tuple[str, str, str]) -> None:
    """The because of each takeaway is on the page, and the list of what was used is the list that was sent."""
    page.item(*article[:2])
    wire = page.wire()
    shown = page.texts(".blocks .because > summary, .blocks p.because")
    because = [e["because"]["text"] for e in wire if e["kind"] == "block-start" and e["because"]]

    assert [text.lower().removeprefix("because ") for text in shown] == [
        text.lower().removeprefix("because ") for text in because
    ]
    (used,) = [e["facts"] for e in wire if e["kind"] == "used"]
    assert page.texts(".used .facts li > span:nth-child(2)") == [plain(fact["text"]) for fact in used]
    assert len(page.texts(".used .guess")) == sum(fact["guess"] for fact in used)


def test_takeaways_say_that_they_are_by_ai(page: Page, article: tuple[str, str, str]) -> None:
    """The label that says AI, and how to report, stands above the first takeaway."""
    page.item(*article[:2])

    (label,) = page.texts(".label")
    assert "AI" in label
    assert "report" in label
    assert page.get("$('.label').compareDocumentPosition($('.block')) & Node.DOCUMENT_POSITION_FOLLOWING")


def test_another_member_gets_another_panel(page: Page, article: tuple[str, str, str]) -> None:
    """Choosing another reader draws a new panel; the choice is in the address and survives a reload."""
    ident, first, second = article
    page.item(ident, first)
    before = page.texts(".used .facts li")
    page.js("window.__told.length = 0; const s = document.getElementById('reader'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('change', { bubbles: true }))", second)  # fmt: skip
    page.finished()

    assert page.wire()[-1]["kind"] == "closed"
    assert [e["member"] for e in page.wire() if e["kind"] == "opened"] == [first, second]
    assert page.texts(".used .facts li") != before
    assert page.get("location.hash").endswith(f"as={second}")
    page.driver.refresh()
    page.until("document.querySelector('h1')")
    assert page.until("document.querySelector('nutgraf-panel')?.getAttribute('member')") == second


def test_a_reader_without_a_profile_is_told_so(page: Page, article: tuple[str, str, str]) -> None:
    """For nobody, nothing about anybody is used, and the panel says that."""
    page.item(article[0], "")

    assert page.wire()[0]["member"] is None
    assert page.texts(".used") == ["I used nothing about you."]


def test_a_question_is_answered_and_kept(page: Page, article: tuple[str, str, str]) -> None:
    """A question typed and sent with Enter is answered below the takeaways, and the turn is there after a reload."""
    page.item(*article[:2])
    page.js("window.__told.length = 0")
    page.inside("#question").send_keys("What changed?", ENTER)
    page.finished()

    assert page.texts(".turn .question") == ["What changed?"]
    assert page.log("shown") == page.committed()
    assert page.texts(".turn .sentence, .turn .quote")
    page.driver.refresh()
    page.until("$('.turn.earlier .question')")
    assert page.texts(".turn.earlier .question") == ["What changed?"]
    assert all(page.texts(".turn.earlier p"))


def test_the_way_back_leads_to_the_same_place(page: Page) -> None:
    """From the feed to an item and back: the feed, the filter and the place in it are as they were."""
    page.size(1360, 500)
    page.open("#/?kind=article")
    page.js("scrollTo(0, 90)")
    page.until("scrollY === 90")
    title = page.get("document.querySelector('.card .whole').textContent")
    page.js("document.querySelector('.card .whole').click()")
    page.until("document.querySelector('.item h1')")

    assert page.get("document.querySelector('h1').textContent") == title
    assert page.get("document.activeElement.tagName") == "H1"
    assert page.get("scrollY") == 0
    page.driver.back()
    page.until("document.querySelector('.feed h1') && scrollY === 90")
    assert page.get("document.querySelector('.feed h1').textContent") == "Articles"


def test_the_text_does_not_jump(page: Page, article: tuple[str, str, str]) -> None:
    """While takeaways stream in beside it, the article keeps its place: the measured layout shift stays small."""
    page.item(*article[:2])

    assert page.get("window.__shift()") < 0.1


def test_the_page_asks_no_other_machine(page: Page, article: tuple[str, str, str]) -> None:
    """Everything the page loads comes from its own server, and its own policy against foreign code is never broken."""
    page.item(*article[:2])
    addresses = page.get("performance.getEntriesByType('resource').map(e => new URL(e.name).origin)")

    assert set(addresses) == {page.base_url}
    assert page.errors() == []
