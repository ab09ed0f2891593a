"""The pages as a test sees them: one Chromium, its address bar, the panel's inside, and what was written down."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

Json = dict[str, Any]
HERE = Path(__file__).parent
CHECKS = (HERE / "checks.js").read_text(encoding="utf-8")
WAIT_S = 15
TABS_AT_MOST = 80
#: In scripts, `P` is the panel's inside and `$` asks it.
PANEL = "const P = document.querySelector('nutgraf-panel')?.shadowRoot; const $ = (s) => P?.querySelector(s) ?? null; "


class Page:
    """A tab of the browser on one site; `base_url` may be any server of the API."""

    def __init__(self, driver: Chrome, base_url: str) -> None:
        self.driver, self.base_url = driver, base_url

    def media(self, scheme: str = "light", motion: str = "reduce") -> None:
        """The colours and the motion that the reader prefers."""
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": motion}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def size(self, width: int, height: int = 900) -> None:
        """The size of the window in CSS pixels."""
        shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)

    def open(self, place: str = "#/") -> None:
        """A fresh document at this place (`#/…` of the app, or a path), shown with its heading."""
        if self.driver.current_url != "about:blank":
            self.driver.get("about:blank")
        self.driver.get(f"{self.base_url}/{place}")
        self.until("document.querySelector('h1')")

    def item(self, ident: str, member: str = "", *, done: bool = True) -> None:
        """Opens an item; waits for its panel to have finished unless told otherwise."""
        self.open(f"#/item/{ident}?as={member}")
        if done:
            self.finished()

    def finished(self) -> None:
        """Waits until nothing streams any more."""
        self.until("P && window.__told.some(t => t.name === 'nutgraf-closed') && $('[aria-busy=false]')")

    def js(self, script: str, *args: Any) -> Any:
        """What a script returns; it may be asynchronous."""
        return self.driver.execute_script(PANEL + script, *args)

    def get(self, expression: str) -> Any:
        """The value of an expression."""
        return self.js(f"return {expression}")

    def until(self, expression: str) -> Any:
        """Waits until the expression is true, and gives its value."""
        return self.wait(lambda: self.get(expression), expression)

    def wait(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Waits until the condition gives something true, and gives that."""
        return WebDriverWait(self.driver, WAIT_S, poll_frequency=0.03).until(lambda _: condition(), what)

    def texts(self, selector: str) -> list[str]:
        """The texts of the panel's elements that match."""
        found: list[str] = self.js(
            "return [...P.querySelectorAll(arguments[0])].map(n => n.textContent.trim())", selector
        )
        return found

    def inside(self, selector: str, number: int = 0) -> WebElement:
        """An element of the panel."""
        found: WebElement = self.js("return P.querySelectorAll(arguments[0])[arguments[1]]", selector, number)
        return found

    def click(self, selector: str, number: int = 0) -> None:
        """Clicks an element of the panel with the mouse."""
        target = self.inside(selector, number)
        self.js("arguments[0].scrollIntoView({ block: 'center' })", target)
        target.click()

    def log(self, what: str) -> list[Any]:
        """What was written down of one sort: `announced` and `shown` give texts, the others ids."""
        entries = self.get("window.__log")
        return [e.get("text", e.get("id")) for e in entries if e["what"] == what]

    def told(self, name: str) -> list[Json]:
        """The details of the panel's events of this name."""
        return [t["detail"] for t in self.get("window.__told") if t["name"] == name]

    def wire(self) -> list[Json]:
        """The events that came over the wire, each once, in order."""
        seen: dict[tuple[str, str], Json] = {}
        for connection in self.get("window.__wire"):
            for frame in re.split(r"\r\n\r\n|\n\n|\r\r", connection["text"]):
                lines = [line for line in re.split(r"\r\n|\n|\r", frame) if line.startswith(("id: ", "data: "))]
                fields = dict(line.split(": ", 1) for line in lines)
                if len(fields) == 2:
                    seen.setdefault((connection["stream"], fields["id"]), json.loads(fields["data"]))
        return list(seen.values())

    def committed(self) -> list[str]:
        """The sentences that the wire committed, without quotation marks."""
        sentences = [e["sentence"]["text"] for e in self.wire() if e["kind"] == "sentence-committed"]
        return [re.sub("[“”]", "", text).strip() for text in sentences]

    def press(self, *keys: str) -> None:
        """Presses keys where the focus is."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def tab_to(self, condition: str) -> None:
        """Presses Tab until the focused element (`F`, also inside the panel) fulfils the condition."""
        focused = (
            "let F = document.activeElement; while (F?.shadowRoot?.activeElement) F = F.shadowRoot.activeElement; "
        )
        for _ in range(TABS_AT_MOST):
            self.press(Keys.TAB)
            if self.js(f"{focused} return Boolean({condition})"):
                return
        raise AssertionError(f"{TABS_AT_MOST} presses of Tab did not reach {condition}")

    def wrong(self) -> dict[str, list[str]]:
        """What the checks of checks.js find on this page."""
        found: dict[str, list[str]] = self.driver.execute_script(CHECKS)
        return found

    def errors(self) -> list[str]:
        """What the browser complained about since the last call."""
        entries: list[Json] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def heard(self) -> list[str]:
        """The lines of the polite live region, as the browser's accessibility tree has them."""
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}

        def below(node: Json) -> list[Json]:
            return [
                node,
                *(deeper for child in node.get("childIds", []) if child in by_id for deeper in below(by_id[child])),
            ]

        regions = [
            n
            for n in nodes
            if {"name": "live", "value": {"type": "token", "value": "polite"}} in n.get("properties", [])
        ]
        roots = [n for n in regions if n.get("role", {}).get("value") != "StaticText"]
        lines = [n for root in roots for n in below(root) if n.get("role", {}).get("value") == "StaticText"]
        return list({n["nodeId"]: n["name"]["value"] for n in lines}.values())
