"""A report in a real browser: it opens offline, fits the screen, and can be read by all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.dashboard.browser import ARGUMENTS, chromium

#: Screens on which reports are looked at.
SCREENS = [("light", 1280), ("dark", 390)]


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


def check_looks(file: Path, browser: Browser, scheme: Any, width: int) -> None:
    """Open it offline: no request, no complaint, nothing too wide; and nothing axe finds."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert said == []
    # Nothing is wider than the screen: tables scroll by themselves.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    charts = page.locator("svg.chart")
    shown = [n for n in range(charts.count()) if charts.nth(n).is_visible()]
    assert len(shown) * 2 == charts.count()
    assert all(charts.nth(n).get_attribute("aria-label") for n in shown)
    # Its scripts are the page's own while it looks; the page forbids them to itself.
    context.close()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations] == []
    context.close()
