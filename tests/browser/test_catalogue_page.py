"""The page of the catalogue, in a real browser on the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.page import Page

pytestmark = pytest.mark.browser

SHOWN = "[...document.querySelectorAll('tbody tr:not([hidden]) th')].map(cell => cell.textContent)"


def opened(page: Page) -> Page:
    """The page once everything is on it."""
    page.open("catalogue/")
    page.until("document.querySelector('#kinds[aria-busy=false]')")
    return page


def test_everything_is_listed(page: Page) -> None:
    """Agents, skills, sources and models, each with its heading; nothing is refused by the policy of the page."""
    opened(page)
    titles = page.get("[...document.querySelectorAll('h2')].map(title => title.textContent)")
    names = page.get(SHOWN)

    assert titles == ["Agents", "Skills", "Sources", "Models"]
    assert {"takeaways", "general", "item", "member", "scripted"} <= set(names)
    assert page.get("document.querySelector('#count').textContent") == f"{len(names)} entries"
    assert page.errors() == []


def test_words_find_entries(page: Page) -> None:
    """Every word must be held; what finds nothing says so, and an empty field shows all again."""
    opened(page)
    every = page.get(SHOWN)
    page.tab_to("document.activeElement.id === 'look'")
    page.press(*"takeaways")
    found = page.get(SHOWN)
    page.press(*" xyzzy")
    nothing = page.get("document.querySelector('#count').textContent")
    page.js("const look = document.querySelector('#look'); look.value = ''; look.dispatchEvent(new Event('input'));")

    assert "takeaways" in found
    assert len(found) < len(every)
    assert nothing == "0 entries"
    assert page.get(SHOWN) == every


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_it_is_in_order(page: Page, scheme: str, width: int) -> None:
    """It passes every check for people who hear it, use no mouse or see little, wide and narrow, light and dark."""
    page.media(scheme)
    page.size(width)

    assert opened(page).wrong() == {}
    assert page.get("document.documentElement.scrollWidth <= innerWidth")
