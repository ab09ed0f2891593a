"""The pages for people who hear them, use no mouse, see little, or are made ill by motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.mock_server import Site

if TYPE_CHECKING:
    from tests.web.page import Page

pytestmark = pytest.mark.browser

ARTICLE, AMARA = "article-night-handover", "amara-okafor"
ENTER, ESCAPE, SPACE = "\ue007", "\ue00c", " "
OPEN_EVERYTHING = (
    "P.querySelectorAll('details').forEach(d => (d.open = true));"
    "P.querySelectorAll('.cite.note, .thumb.down, .leave').forEach(b => b.click());"
)
GOOD = """<!doctype html><html lang="en"><head>
<title>Good</title><style>:focus { outline: 2px solid } input, button { height: 24px; min-width: 24px }</style></head>
<body style="background:#fff;color:#111">
<header><a href="#" style="display:inline-block;min-height:24px">Home of it all</a></header>
<main><h1>Title</h1><h2 id="part">Part</h2><ul><li>One</li></ul><nav aria-labelledby="part"></nav>
<label for="field">Name</label> <input id="field"> <button style="margin:0">Go</button>
<svg aria-hidden="true"></svg><div aria-live="polite"></div></main></body></html>"""
#: One page for each check: what is changed in the good page so that this check, and no other, finds something.
BAD = {
    "names of controls": (">Go<", "><"),
    "labels of fields": ('<label for="field">Name</label> <input id="field">', '<input placeholder="Name">'),
    "order of headings": ('<h2 id="part">Part</h2>', '<h2 id="part">Part</h2><h4>Jump</h4>'),
    "landmarks": ('<nav aria-labelledby="part">', "<nav>"),
    "contrast": ("<li>One", '<li style="color:#999">One'),
    "language": (' lang="en"', ""),
    "duplicate ids": ("<ul>", '<ul id="part">'),
    "visible focus": ('<button style="', '<button style="outline:none;'),
    "live region": ('aria-live="polite"', 'aria-live="assertive"'),
    "references": ('aria-labelledby="part"', 'aria-label="x" aria-describedby="nothing"'),
    "lists": ("<li>One</li>", "<p>One</p>"),
    "graphics": ('<svg aria-hidden="true">', "<svg>"),
    "order of focus": ("<button ", '<button tabindex="3" '),
    "size of targets": ('<button style="', '<button style="height:12px;font-size:8px;'),
}  # fmt: skip


def test_the_good_page_passes(page: Page, site: Site) -> None:
    """Control: a page with everything in order has no findings."""
    site.pages["good"] = GOOD
    page.open("_pages/good")

    assert page.wrong() == {}


@pytest.mark.parametrize("check", BAD)
def test_each_check_finds_its_fault(page: Page, site: Site, check: str) -> None:
    """Control: each check reports the page that breaks its rule."""
    old, new = BAD[check]
    assert old in GOOD
    site.pages["bad"] = GOOD.replace(old, new, 1)
    page.open("_pages/bad")
    found = page.wrong()

    assert found.pop(check)
    assert found.keys() <= ({"names of controls"} if check == "labels of fields" else set()), found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_the_feed_is_in_order(page: Page, scheme: str, width: int) -> None:
    """The feed passes every check, wide and narrow, light and dark."""
    page.media(scheme)
    page.size(width)
    page.open(f"#/?as={AMARA}")

    assert page.wrong() == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_an_item_with_everything_open_is_in_order(page: Page, scheme: str, width: int) -> None:
    """An item with its panel, all details, evidence and reasons open passes every check."""
    page.media(scheme)
    page.size(width)
    page.open(f"#/item/{ARTICLE}?as={AMARA}&takeaways")
    page.finished()
    page.js(OPEN_EVERYTHING)

    assert page.wrong() == {}
    assert page.get("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("place", ["post-thin", "job-informatics-nurse", "profile-ngozi-adeyemi", "article-opted-out"])
def test_other_items_are_in_order(page: Page, place: str) -> None:
    """Declined panels, facts, people and items without a panel pass every check."""
    page.item(place, AMARA, done=place != "article-opted-out")

    assert page.wrong() == {}


def test_dark_is_dark(page: Page) -> None:
    """The panel follows the colours of its page, which follow the reader's wish."""
    backgrounds = []
    for scheme in ("light", "dark"):
        page.media(scheme)
        page.item(ARTICLE, AMARA)
        backgrounds.append(page.get("getComputedStyle($('.panel')).backgroundColor"))

    assert backgrounds == ["rgb(255, 255, 255)", "rgb(23, 28, 26)"]


def test_calm_readers_see_no_motion(page: Page, site: Site) -> None:
    """With reduced motion nothing is animated, and without it the waiting line is."""
    moving = []
    for motion in ("reduce", "no-preference"):
        page.media(motion=motion)
        site.hold_until(6)
        page.item(ARTICLE, AMARA, done=False)
        page.until("$('.held')")
        moving.append(page.get("document.getAnimations().length + P.getAnimations().length") > 0)

    assert moving == [False, True]


def test_the_live_region_is_not_inside_what_is_busy(page: Page, site: Site) -> None:
    """While the panel is busy, the region that speaks is outside of it, so that nothing is held back."""
    site.hold_until(7)
    page.item(ARTICLE, AMARA, done=False)
    page.until("$('.sentence')")

    assert page.get("$('.main').getAttribute('aria-busy')") == "true"
    assert page.get("$('[aria-live]').closest('[aria-busy]')") is None
    assert page.heard() == page.committed()


def test_the_whole_way_without_a_mouse(page: Page, site: Site) -> None:
    """Feed, item, citation and back, a reason for a thumb down, a step, a question: all with the keyboard."""
    page.open(f"#/?as={AMARA}")
    page.tab_to("F.matches('.entry') && F.textContent.includes('Shift handover')")
    page.press(ENTER)
    page.finished()
    assert page.get("document.activeElement.tagName") == "H1"

    page.tab_to("F.matches('.cite.here')")
    page.press(ENTER)
    assert page.get("document.activeElement.tagName") == "MARK"
    page.tab_to("F.matches('.back-to')")
    page.press(ENTER)
    assert page.get("P.activeElement.className") == "cite here"

    page.tab_to("F.matches('.thumb.down')")
    page.press(SPACE)
    assert page.get("P.activeElement.className") == "chip"
    page.press(ENTER)
    page.wait(lambda: site.said("POST", "/v1/feedback"))
    assert page.get("P.activeElement.className") == "thumb down"

    page.tab_to("F.id === 'question'")
    page.js("window.__told.length = 0")
    page.press("What did it cost?", ENTER)
    page.finished()
    assert page.texts(".turn .question") == ["What did it cost?"]


def test_stop_gives_the_focus_back(page: Page, site: Site) -> None:
    """When the Stop button goes away under the focus, the focus goes to the panel's heading, not to nowhere."""
    site.hold_until(6)
    page.item(ARTICLE, AMARA, done=False)
    page.until("$('.held')")
    page.tab_to("F.matches('.stop')")
    page.press(ENTER)
    page.finished()

    assert page.get("P.activeElement.className") == "entry"


def test_the_drawer_opens_and_closes(page: Page) -> None:
    """The reader's own record opens as a dialog in order, and Escape closes it and gives the focus back."""
    page.open(f"#/?as={AMARA}")
    page.tab_to("F.ariaLabel === 'About you'")
    page.press(ENTER)
    page.until("document.querySelectorAll('.drawer .facts li').length === 5")

    assert page.get("document.querySelector('.drawer').contains(document.activeElement)")
    assert page.wrong() == {}
    page.press(ESCAPE)
    page.until("!document.querySelector('.drawer')")
    assert page.get("document.activeElement.ariaLabel") == "About you"


def test_one_can_skip_to_the_content(page: Page) -> None:
    """The first thing Tab reaches skips the bar."""
    page.open()
    page.tab_to("F.matches('.skip')")
    page.press(ENTER)

    assert page.get("document.activeElement.id") == "main"
