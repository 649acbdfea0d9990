"""A report in a real browser: it opens offline, fits the screen, and can be read by all."""

import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

#: Screens on which reports are looked at.
SCREENS = [("light", 1280), ("dark", 390), ("light", 320)]
#: What a sheet of A4 holds between margins of a centimetre, in pixels.
SHEET = 718
#: The least contrast of texts and of what charts are drawn with (WCAG 2.2, 1.4.3 and 1.4.11).
TEXT, MARK = 4.5, 3.0


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
    _check_labels(page)
    _check_wide_tables(page)
    _check_contrast(page)
    _check_print(page)
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


def _check_labels(page: Page) -> None:
    """No text of a chart lies upon another, or so near that two numbers look like one."""
    upon = page.evaluate(
        """[...document.querySelectorAll('svg.chart')].flatMap(chart => {
            const texts = [...chart.querySelectorAll('text:not([opacity="0"])')].map(text => ({
                said: text.textContent, at: text.getBoundingClientRect(),
            })).filter(text => text.said && text.at.width);
            // A line of text is higher than its letters.
            const air = 4 * chart.clientWidth / chart.viewBox.baseVal.width;
            const apart = (one, other) =>
                one.at.right + 2 <= other.at.left || other.at.right + 2 <= one.at.left ||
                one.at.bottom - air <= other.at.top || other.at.bottom - air <= one.at.top;
            return texts.flatMap((one, number) => texts.slice(number + 1)
                .filter(other => !apart(one, other))
                .map(other => [chart.ariaLabel, one.said, other.said]));
        })"""
    )
    assert upon == []


def _check_wide_tables(page: Page) -> None:
    """A table that is wider than its place shows that, can be reached by keys, keeps its names."""
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    wide = page.evaluate(
        """[...document.querySelectorAll('.scroll')]
        .filter(place => place.scrollWidth > place.clientWidth)
        .map(place => {
            place.scrollLeft = place.scrollWidth;
            const style = getComputedStyle(place);
            const left = element => element.getBoundingClientRect().left;
            return {
                label: place.ariaLabel,
                reached: place.tabIndex,
                role: place.role,
                shades: style.backgroundAttachment,
                names: left(place.querySelector('tbody th')) - left(place),
            };
        })"""
    )
    for place in wide:
        assert place.pop("label")
        assert place == {"reached": 0, "role": "region", "shades": "local, scroll", "names": 0}


def _check_contrast(page: Page) -> None:
    """What axe does not look at: texts of tables, which lie on a shade, and of charts."""
    found = page.evaluate(
        """() => {
            const style = element => getComputedStyle(element);
            const all = (what, name) =>
                [...new Set([...document.querySelectorAll(what)].map(one => style(one)[name]))];
            const probe = document.body.appendChild(document.createElement('i'));
            const series = [1, 2, 3, 4, 5, 6, 7].map(number => {
                probe.style.color = `var(--series-${number})`;
                return style(probe).color;
            });
            probe.style.color = 'var(--shade)';
            const shade = style(probe).color;
            probe.remove();
            return {
                card: style(document.querySelector('section')).backgroundColor,
                shade,
                series,
                cells: all('.scroll caption, .scroll th, .scroll td', 'color'),
                labels: all('svg.chart text', 'fill'),
            };
        }"""
    )
    card = _channels(found["card"])
    *colour, part = _channels(found["shade"])
    shaded = [part * over + (1 - part) * under for over, under in zip(colour, card, strict=True)]
    for text in found["cells"]:
        assert _contrast(_channels(text), card) >= TEXT
        assert _contrast(_channels(text), shaded) >= TEXT
    for text in found["labels"]:
        assert _contrast(_channels(text), card) >= TEXT
    for mark in found["series"]:
        assert _contrast(_channels(mark), card) >= MARK


def _check_print(page: Page) -> None:
    """On paper everything is there, nothing is cut off, and it is dark on white."""
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = false")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": SHEET, "height": 1_000})
    assert page.evaluate("document.documentElement.scrollWidth") <= SHEET
    cut = """[...document.querySelectorAll('table')]
        .filter(table => !table.offsetHeight || table.offsetWidth > table.parentNode.clientWidth)
        .map(table => table.caption.textContent)"""
    assert page.evaluate(cut) == []
    colours = page.evaluate(
        """['color', 'backgroundColor'].map(name => getComputedStyle(document.body)[name])"""
    )
    assert _contrast(*map(_channels, colours)) >= TEXT
    assert colours[1] == "rgb(255, 255, 255)"


def _channels(colour: str) -> list[float]:
    """Red, green and blue of 255, and the opacity if there is one."""
    return [float(part) for part in re.findall(r"[0-9.]+", colour)]


def _contrast(one: list[float], other: list[float]) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: list[float]) -> float:
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
