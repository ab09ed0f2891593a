"""One Chromium and one canned server for all browser tests; a fresh document for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.mock_server import Site, serving

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A headless Chromium, or a skip that says what is missing."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("chromium or chromedriver is not installed (Debian: apt install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    recorder = (Path(__file__).parent / "recorder.js").read_text(encoding="utf-8")
    chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": recorder})
    yield chrome
    chrome.quit()


@pytest.fixture(scope="session")
def whole_site() -> Iterator[Site]:
    """The canned server."""
    with serving() as site:
        yield site


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    """The canned server, for a test that steers it; afterwards as it was."""
    whole_site.reset()
    yield whole_site
    whole_site.reset()


@pytest.fixture
def base_url(site: Site) -> str:
    """Where the pages are served. Override this to run the tests of test_page.py against another server of the API."""
    return site.base_url


@pytest.fixture
def page(chromium: object, base_url: str) -> object:
    """A wide, light, calm tab with nothing remembered."""
    from tests.web.page import Page

    page = Page(chromium, base_url)  # type: ignore[arg-type]
    page.driver.get("about:blank")
    page.driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": base_url, "storageTypes": "local_storage"})
    page.errors()
    page.media()
    page.size(1360)
    return page
