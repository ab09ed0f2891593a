"""What the member told us, in the panel: seen, corrected, forgotten, switched off; and facts left out of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.mock_server import Site

if TYPE_CHECKING:
    from tests.web.page import Page

pytestmark = pytest.mark.browser

ARTICLE, AMARA = "article-night-handover", "amara-okafor"
PLACE = f"/v1/members/{AMARA}/memory"
ENTER, ESCAPE, TAB, SPACE = "\ue007", "\ue00c", "\ue004", " "
OPEN = "$('.used').open = true"
FOCUS = "P.activeElement?.className"


def told(site: Site, *texts: str) -> None:
    """What is remembered of Amara."""
    facts = [
        {"id": f"m{n}", "kind": "constraint", "text": text, "at": "2026-05-01T09:30:00Z"}
        for n, text in enumerate(texts, 1)
    ]
    site.memory[AMARA] = {"on": True, "remembered": facts}


def opened(page: Page) -> None:
    """Her panel, with what is remembered in view."""
    page.open(f"#/item/{ARTICLE}?as={AMARA}&takeaways")
    page.finished()
    page.js(OPEN)
    page.until("$('.memory') && !$('.memory').hidden")


def test_what_was_told_is_shown_with_its_day(page: Page, site: Site) -> None:
    """Opening the section shows each fact, and asks for it no sooner."""
    told(site, "I can't work nights", "I want to lead a team")
    page.item(ARTICLE, AMARA)
    assert site.said("GET", PLACE) == []
    page.js(OPEN)
    page.until("$('[data-memory]')")

    texts = page.texts("[data-memory] .told")
    assert [text.startswith(said) for text, said in zip(texts, ["I can't", "I want"], strict=True)] == [True, True]
    assert all("2026" in text for text in texts)
    assert page.get("$('.memory-empty').hidden && $('.memory-on').checked")


def test_nothing_told_is_said_so(page: Page, site: Site) -> None:
    """Without facts there is a line that says how they come; nobody in particular has no such section."""
    opened(page)
    assert page.get("!$('.memory-empty').hidden && $('.forget-all').hidden")

    page.item(ARTICLE, "")
    assert page.get("$('.memory')") is None
    assert site.said("GET", "/v1/members/none") == []


def test_a_fact_is_corrected_with_the_keyboard(page: Page, site: Site) -> None:
    """Tab to the button, type, Enter; the focus comes back to the button, and the change is said."""
    told(site, "I can't work nights")
    opened(page)
    page.tab_to("F.matches('.edit')")
    page.press(ENTER)
    page.until("P.activeElement?.matches('.correct input')")
    page.js("P.activeElement.select()")
    page.press("I can work nights", ENTER)
    page.until("$('.edit')")

    assert site.said("PUT", f"{PLACE}/m1") == [{"text": "I can work nights"}]
    assert page.texts("[data-memory] .told")[0].startswith("I can work nights")
    assert page.get(FOCUS) == "chip edit"
    assert "Corrected." in page.log("announced")


def test_a_correction_can_be_left(page: Page, site: Site) -> None:
    """Escape, Cancel and words that are as they were change nothing; what is refused is told in place."""
    told(site, "I can't work nights")
    opened(page)
    form = "P.activeElement.form"
    for leave in (f"{form}.querySelectorAll('button')[1].click()", f"{form}.requestSubmit()", ""):
        page.click(".edit")
        page.until("P.activeElement?.matches('.correct input')")
        page.js(leave) if leave else page.press("more", ESCAPE)
        page.until("$('.edit')")
        assert page.get(FOCUS) == "chip edit"
    assert site.said("PUT", PLACE) == []

    page.click(".edit")
    page.until("P.activeElement?.matches('.correct input')")
    page.press(" and an illness", ENTER)
    page.until("!$('.memory-trouble').hidden")
    assert page.texts(".memory-trouble") == [
        "Not done: it states something sensitive (health), which is never remembered"
    ]
    assert page.get("P.activeElement.matches('.correct input')")


def test_facts_are_forgotten_one_by_one_and_all_at_once(page: Page, site: Site) -> None:
    """The focus goes to the next one, then to the switch; each time it is said."""
    told(site, "I can't work nights", "I want to lead", "I prefer remote work")
    opened(page)
    page.click(".forget")
    page.until("P.querySelectorAll('[data-memory]').length === 2")
    assert page.get(FOCUS) == "chip forget"
    assert page.get("P.activeElement.closest('[data-memory]').dataset.memory") == "m2"
    page.click(".forget-all")
    page.until("!$('.memory-empty').hidden")

    assert [path for method, path, _ in site.asked if method == "DELETE"] == [f"{PLACE}/m1", PLACE]
    assert page.get(FOCUS) == "memory-on"
    assert page.log("announced")[-2:] == ["Forgotten.", "Everything you told me is forgotten."]


def test_memory_is_switched_off(page: Page, site: Site) -> None:
    """The box says whether anything is remembered; it goes back when the server cannot be told."""
    opened(page)
    page.click(".memory-on")
    page.wait(lambda: site.said("PUT", PLACE) == [{"on": False}])
    page.until("$('.sr[data-live]').textContent.includes('nothing more')")

    page.js("window.fetch = () => Promise.reject(new TypeError())")
    page.click(".memory-on")
    page.until("!$('.memory-trouble').hidden")
    assert page.get("$('.memory-on').checked") is False


def test_a_used_fact_is_left_out_of_the_next_answer(page: Page, site: Site) -> None:
    """Pressed, it stays listed as left out, the takeaways can be written again without it, and questions go without."""
    page.item(ARTICLE, AMARA)
    assert "without" not in site.said("POST", "/v1/takeaways")[0]
    count = len(page.texts(".used .facts li"))
    page.js(OPEN)
    name = page.get("$('.used [data-fact]').dataset.fact")
    page.tab_to("F.matches('.leave')")
    page.press(SPACE)

    assert page.get(f"{FOCUS} === 'chip leave' && P.activeElement.getAttribute('aria-pressed')") == "true"
    assert page.texts(".used > summary") == [f"What I used about you ({count - 1})"]
    page.js("window.__told.length = 0")
    page.click(".used .again")
    page.finished()
    assert site.said("POST", "/v1/takeaways")[-1]["without"] == [name]
    assert page.get("$('.used .again').hidden && $('.used').open")
    page.js("window.__told.length = 0")
    page.inside("#question").send_keys("What changed?", ENTER)
    page.finished()
    assert site.said("POST", "/v1/ask")[-1]["without"] == [name]

    page.click(".leave[aria-pressed=true]")
    assert page.get("!$('.used .again').hidden && !$('.leave[aria-pressed=true]')")
    assert len(page.texts(".used .facts li")) == count


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_the_section_is_in_order(page: Page, site: Site, scheme: str, width: int) -> None:
    """With facts, a correction under way and a refusal, the page passes every check, whatever its width and colours."""
    told(site, "I can't work nights because the last bus leaves at nine in the evening", "I want to lead")
    page.media(scheme)
    page.size(width)
    opened(page)
    page.click(".leave")
    page.click(".edit")
    page.until("P.activeElement?.matches('.correct input')")
    page.press(" and an illness", ENTER)
    page.until("!$('.memory-trouble').hidden")

    assert page.wrong() == {}
    assert page.get("document.documentElement.scrollWidth <= innerWidth")
