"""The pages in a real browser: every state, with and without scripts, by mouse and keyboard."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    Page,
    Route,
    ViewportSize,
    expect,
)

from pipelines.settings import Settings
from tests.dashboard.browser import launched, served
from tests.dashboard.conftest import Open
from tests.dashboard.text_producers import TEXTS

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 320, "height": 640}
ADDRESSES = (
    "/producers",
    "/producers?find=nobody",
    "/producers?find=producer",
    "/producers/1",
    "/producers/2",
    "/producers/3",
    "/producers/4",
    "/leaderboards/plays/all_time?producer=1",
    "/leaderboards/plays/all_time?around=true&producer=9",
    "/leaderboards/uploads/week",
    "/leaderboards/overall/all_time?producer=9",
    "/how-xp-works",
    "/nothing-here",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(marketplace: Settings) -> Iterator[str]:
    with served(marketplace.project.store.parent / "beatxp.toml") as found:
        yield found


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    """A page on a desktop; whatever its console complains of fails the test."""
    context = browser.new_context(base_url=address, viewport=DESKTOP, locale="en-GB")
    opened = context.new_page()
    opened.on(
        "console", lambda said: complaints.extend([said.text] if said.type == "error" else [])
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [said for said in complaints if "status of 404" not in said] == []


@pytest.fixture
def plain(browser: Browser, address: str) -> Iterator[Page]:
    """A page without scripts."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_progress_shows_level_ring_and_what_comes_next(page: Page) -> None:
    page.goto("/producers/1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Apprentice")
    expect(page.get_by_role("img", name="79 percent of the way")).to_contain_text("79%")
    expect(page.locator(".hero")).to_contain_text("1,290 total XP")
    expect(page.locator(".hero")).to_contain_text("210 XP to level 3, Rising")
    plays = page.locator(".tile").filter(has_text="Get a track played")
    expect(plays).to_contain_text("700 XP")
    expect(plays).to_contain_text("740 plays, +1 XP each now")
    expect(page.locator(".achievement").filter(has_text="Plays-1000")).to_contain_text(
        "740 of 1,000 plays"
    )
    expect(page.locator(".achievement").filter(has_text="Earned-2000")).to_contain_text(
        "1,234.56 of 2,000.00 earned"
    )
    expect(page.locator(".achievement").first).to_contain_text("20% have it")
    expect(page.locator(".days li").first).to_contain_text("-3")
    expect(page.locator("footer")).to_contain_text("20261101T000500000000-current")


def test_freshness_is_relative_and_absolute(page: Page) -> None:
    page.goto("/producers/1")
    updated = page.locator(".fresh time").first
    expect(updated).to_have_text(re.compile(r"ago$"))
    expect(updated).to_have_attribute("title", re.compile(r"2026"))
    expect(page.locator(".fresh")).to_contain_text("Counts what happened before")


def test_a_new_producer_is_told_what_to_do_first(page: Page) -> None:
    page.goto("/producers/2")
    expect(page.get_by_role("heading", name="No progress yet")).to_be_visible()
    expect(page.locator(".empty")).to_contain_text("Do first-upload.")
    expect(page.locator(".ring")).to_contain_text("0%")


def test_who_is_suspended_is_told_so(page: Page) -> None:
    page.goto("/producers/3")
    expect(page.locator(".hero")).to_contain_text("suspended: not ranked")


def test_achievements_are_filtered_by_state_and_rarity(page: Page) -> None:
    page.goto("/producers/1")
    cards = page.locator(".achievement")
    expect(cards).to_have_count(5)
    page.get_by_role("link", name="Locked", exact=True).click()
    expect(cards).to_have_count(4)
    page.get_by_role("link", name="Rare", exact=True).click()
    expect(cards).to_have_count(1)
    expect(page).to_have_url(re.compile("state=locked&rarity=rare"))
    page.get_by_role("link", name="Unlocked", exact=True).click()
    expect(page.get_by_text("No achievement is like that.")).to_be_visible()
    page.go_back()
    expect(cards).to_have_count(1)


def test_how_xp_works_opens_beside_the_page(page: Page) -> None:
    page.goto("/producers/1")
    page.get_by_role("link", name="How XP works").click()
    dialog = page.get_by_role("dialog", name="How XP works")
    expect(dialog).to_contain_text("BeatPass")
    expect(dialog.get_by_role("row", name="Get a track played")).to_contain_text("5,000")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_board_shows_the_rank_and_what_it_takes(page: Page) -> None:
    page.goto("/leaderboards/plays/all_time?producer=4")
    rank = page.locator(".rank")
    expect(rank).to_contain_text("#4 of 15")
    expect(rank).to_contain_text("101 plays to pass the next, 100 plays ahead of the one behind")
    expect(page.locator("tr.me")).to_contain_text("400")
    expect(page.locator(".podium li")).to_have_count(3)
    expect(page.locator("tbody tr").first.locator(".moved")).to_contain_text("1 up")


def test_who_is_not_ranked_sees_a_dash(page: Page) -> None:
    page.goto("/leaderboards/overall/all_time?producer=9")
    expect(page.locator(".rank .big")).to_have_text("–not ranked")
    expect(page.locator(".rank")).to_contain_text("Not ranked here yet")
    page.goto("/producers/9")
    overall = page.get_by_role("row", name="Overall not ranked")
    expect(overall.get_by_role("cell", name="not ranked").first).to_have_text("–not ranked")
    expect(page.locator("span[aria-label]")).to_have_count(0)


def test_a_board_without_anybody_says_so(page: Page) -> None:
    page.goto("/leaderboards/uploads/week")
    expect(page.get_by_text("Nobody is ranked here so far.")).to_be_visible()


def test_switching_the_board_keeps_the_old_rows_until_the_new_are_there(page: Page) -> None:
    held: list[Route] = []
    page.goto("/leaderboards/plays/all_time?producer=1")
    page.route("**/leaderboards/points/**", lambda route: held.append(route))
    with page.expect_request("**/leaderboards/points/**"):
        page.get_by_role("link", name="Points", exact=True).click()
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".list tbody tr")).to_have_count(15)
    held[0].continue_()
    expect(page.locator(".list tbody tr")).to_have_count(3)
    expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
    expect(page).to_have_title("Points leaderboard · BeatXP")
    expect(page.get_by_role("link", name="Points", exact=True)).to_be_focused()


def test_the_chosen_filter_keeps_the_focus(page: Page) -> None:
    """Enter on "Legendary" moved it to "All", whose address had become the same."""
    page.goto("/producers/1")
    for name in ("Legendary", "Locked", "Any rarity", "All"):
        link = page.get_by_role("link", name=name, exact=True)
        link.focus()
        page.keyboard.press("Enter")
        expect(link).to_have_attribute("aria-current", "true")
        expect(link).to_be_focused()


def test_what_is_replaced_has_names_by_which_it_is_found_again(plain: Page) -> None:
    for where in ("/producers/1", "/leaderboards/plays/all_time?producer=9&first=3"):
        plain.goto(where)
        ids = plain.locator("main a[data-swap]").evaluate_all("links => links.map(link => link.id)")
        assert len(ids) > 5
        assert all(ids)
        assert len(ids) == len(set(ids))


def test_the_second_link_to_somebody_keeps_the_focus_in_a_refresh(page: Page) -> None:
    page.goto("/leaderboards/plays/all_time")
    somebody_refreshes(page, ["published"])
    in_the_list = page.locator(".list a").filter(has_text="Ada")
    page.get_by_role("link", name="Plays", exact=True).click()
    expect(page.get_by_role("button", name="Refreshing…")).to_be_visible()
    in_the_list.focus()
    expect(page.get_by_role("button", name="Refresh", exact=True)).to_be_visible(timeout=20_000)
    expect(in_the_list).to_be_focused()


def test_around_somebody_leads_to_their_row(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto("/leaderboards/plays/all_time?producer=15")
    page.get_by_role("link", name="Around Producer 15").click()
    row = page.locator("tr.me")
    expect(row).to_be_focused()
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("Producer 15")


def test_one_zone_is_the_viewers_on_all_of_a_page(browser: Browser, address: str) -> None:
    """The tooltip of "Unlocked Nov 4" was "Nov 3, 9:00 PM"."""
    context = browser.new_context(
        base_url=address, locale="en-US", timezone_id="America/Los_Angeles"
    )
    page = context.new_page()
    page.goto("/producers/1")
    # 2026-09-03 04:05 UTC.
    unlocked = page.locator(".achievement").first
    expect(unlocked).to_contain_text("Unlocked Sep 2, 2026, ")
    expect(unlocked.locator("time[title]")).to_have_attribute("title", re.compile("Sep 2, 2026"))
    expect(page.locator("footer")).to_contain_text("Times are in your zone, America/Los_Angeles.")
    assert "UTC" not in page.locator(".status").inner_text()
    page.get_by_role("link", name="Legendary", exact=True).click()
    expect(page.locator(".achievement")).to_have_count(1)
    expect(page.locator("footer")).to_contain_text("Times are in your zone, America/Los_Angeles.")
    context.close()


def test_without_scripts_the_zone_is_utc_and_said(plain: Page) -> None:
    plain.goto("/producers/1")
    unlocked = plain.locator(".achievement").first
    expect(unlocked).to_contain_text("Unlocked Sep 3, 2026 UTC")
    expect(unlocked.locator("time[title]")).to_have_attribute("title", re.compile("Sep 3, .*UTC"))
    expect(plain.locator("footer")).to_contain_text("Times are UTC.")
    for section in ("Day by day", "Level-ups"):
        expect(
            plain.locator(".card").filter(has=plain.get_by_role("heading", name=section))
        ).to_contain_text("UTC days")


def test_a_page_that_is_loading_comes_again_by_itself(page: Page, complaints: list[str]) -> None:
    page.clock.install()
    answers = ["data-comes-again"]

    def load(route: Route) -> None:
        if answers:
            fetched = route.fetch()
            said = f'<h1 {answers.pop()}="2">'
            body = fetched.text().replace("<h1>", said)
            route.fulfill(response=fetched, status=503, body=body)
        else:
            route.continue_()

    page.route("**/leaderboards/points/**", load)
    page.goto("/leaderboards/points/all_time")
    expect(page.locator("h1")).to_have_attribute("data-comes-again", "2")
    page.clock.run_for(3_000)
    expect(page.locator("h1")).not_to_have_attribute("data-comes-again", "2")
    complaints.clear()


def test_another_page_of_a_board_begins_at_the_top_of_the_list(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto("/leaderboards/plays/all_time?first=5")
    page.get_by_role("link", name="Top", exact=True).click()
    title = page.locator("#list-title")
    expect(title).to_be_focused()
    expect(title).to_be_in_viewport()
    expect(page.locator(".list tbody tr")).to_have_count(15)
    expect(page.get_by_text("1–15 of 15 producers ranked.")).to_be_visible()


def test_an_analyst_finds_a_producer(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Id, or a part of the display name").fill("ada")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/producers/1$"))
    page.get_by_role("link", name="Producers").click()
    page.get_by_label("Id, or a part of the display name").fill(" PRODUCER 1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="6 producers found")).to_be_visible()
    expect(page.locator("table").first.locator("tbody th")).to_have_text(
        [f"Producer {n}" for n in range(10, 16)]
    )
    page.get_by_role("link", name="Producer 12").click()
    expect(page.locator(".hero")).to_contain_text("producer 12")


def test_everything_can_be_reached_by_keyboard(page: Page) -> None:
    page.goto("/producers/1")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="How XP works")).to_be_focused()
    page.keyboard.press("Enter")
    close = page.get_by_role("button", name="Close")
    expect(close).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="How XP works")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Refresh")).to_be_focused()


def test_without_scripts_links_and_forms_do_the_same(plain: Page) -> None:
    plain.goto("/producers/1")
    plain.get_by_role("link", name="Locked", exact=True).click()
    expect(plain.locator(".achievement")).to_have_count(4)
    plain.get_by_role("link", name="How XP works").click()
    expect(plain.get_by_role("heading", name="How XP works")).to_be_visible()
    plain.get_by_role("link", name="Leaderboards").click()
    plain.get_by_role("link", name="Plays", exact=True).click()
    expect(plain.locator(".list tbody tr")).to_have_count(15)
    plain.goto("/leaderboards/plays/all_time?producer=9")
    plain.get_by_role("link", name="Around Producer 9").click()
    expect(plain.locator(".list tbody tr.me")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_keeps_anybody_out(
    browser: Browser, address: str, scheme: str, size: ViewportSize
) -> None:
    """Automated accessibility checks, and no page wider than its window."""
    context = browser.new_context(
        base_url=address,
        viewport=size,
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page = context.new_page()
    found = []
    for where in ADDRESSES:
        page.goto(where)
        if where == "/producers/1":
            page.locator("details").first.click()
        found += _violations(page, where)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            found.append(f"{where} is {width} pixels wide")
        found += [f"{where}: {text}" for text in page.evaluate(STICKING_OUT)]
        lines = page.evaluate(MENU_LINES)
        if lines > 1:
            found.append(f"{where} has a menu of {lines} lines")
    page.goto("/producers/1")
    page.get_by_role("link", name="How XP works").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += _violations(page, "the dialog")
    context.close()
    assert found == []


#: The cards that hold more than fits into them.
STICKING_OUT = """[...document.querySelectorAll('.card')]
    .filter(card => card.scrollWidth > card.clientWidth).map(card => card.textContent)"""
MENU_LINES = "new Set([...document.querySelectorAll('.top nav a')].map(a => a.offsetTop)).size"
RUNNING = 'id="refresh-status" data-job="theirs" data-state="running"'


def somebody_refreshes(page: Page, answers: list[str]) -> None:
    """Let every page say that a refresh runs, until `answers` about it are used up.

    "" is no answer at all.
    """

    def tell(route: Route) -> None:
        answer = answers.pop(0)
        if answer:
            route.fulfill(json={"job_id": "theirs", "state": answer, "detail": ""})
        else:
            route.abort()

    def say_so(route: Route) -> None:
        fetched = route.fetch()
        runs = answers and "job=" not in route.request.url
        text = fetched.text()
        route.fulfill(
            response=fetched,
            body=text.replace('id="refresh-status"', RUNNING if runs else 'id="refresh-status"'),
        )

    page.route("**/api/v2/refreshes/theirs", tell)
    page.route("**/leaderboards/**", say_so)


def test_a_refresh_that_is_told_of_by_another_board_is_followed(
    page: Page, complaints: list[str]
) -> None:
    page.goto("/leaderboards/plays/all_time")
    answers = ["", "running", "published"]
    somebody_refreshes(page, answers)
    page.get_by_role("link", name="Points", exact=True).click()
    button = page.locator("form[data-refresh] button")
    expect(button).to_have_text("Refreshing…")
    expect(button).to_be_disabled()
    expect(button).to_have_text("Refresh", timeout=20_000)
    expect(button).to_be_enabled()
    assert answers == []
    expect(page).to_have_url(re.compile("/leaderboards/points/all_time$"))
    expect(page.get_by_role("link", name="Points", exact=True)).to_be_focused()
    assert [said for said in complaints if "ERR_FAILED" not in said] == []
    complaints.clear()


def test_a_refresh_that_nothing_is_heard_of_gives_the_button_back(
    page: Page, complaints: list[str]
) -> None:
    page.clock.install()
    somebody_refreshes(page, [""] * 100)
    page.goto("/leaderboards/plays/all_time")
    button = page.locator("form[data-refresh] button")
    expect(button).to_be_disabled()
    for _ in range(9):
        with page.expect_event("requestfailed"):
            page.clock.run_for(17_000)
    expect(page.get_by_role("alert")).to_have_text(re.compile("does not answer"))
    expect(page.get_by_role("status")).to_have_text("")
    expect(button).to_be_enabled()
    expect(button).to_have_text("Refresh")
    complaints.clear()


def test_what_is_read_out_stays_in_its_place(page: Page, complaints: list[str]) -> None:
    page.goto("/leaderboards/plays/all_time")
    status = page.get_by_role("status")
    status.evaluate("region => { region.marked = true }")
    assert status.evaluate("region => getComputedStyle(region).display") == "block"
    page.route(
        "**/api/v2/refreshes", lambda route: route.fulfill(status=429, json={"detail": "Soon."})
    )
    page.get_by_role("button", name="Refresh").click()
    expect(status).to_have_text("Soon.")
    assert [said for said in complaints if "status of 429" not in said] == []
    complaints.clear()
    page.get_by_role("link", name="Points", exact=True).click()
    expect(page.locator(".list tbody tr")).to_have_count(3)
    expect(status).to_have_text("")
    assert status.evaluate("region => region.marked")
    assert status.evaluate("region => region.closest('main')") is None


def test_a_dialog_that_has_nothing_to_show_is_a_page_instead(
    page: Page, complaints: list[str]
) -> None:
    page.goto("/producers/1")
    page.route(
        "**/how-xp-works*",
        lambda route: route.fulfill(status=503, content_type="text/html", body="<h1>Later</h1>"),
    )
    page.get_by_role("link", name="How XP works").click()
    expect(page.get_by_role("heading", name="Later")).to_be_visible()
    expect(page).to_have_url(re.compile("/how-xp-works"))
    complaints.clear()


def _violations(page: Page, where: str) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{where}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}"
        for one in violations
    ]


def test_numbers_and_times_are_written_in_the_viewers_language(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(base_url=address, locale="de-DE", timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto("/producers/1")
    expect(page.locator(".hero")).to_contain_text("1.290 total XP")
    # 2026-11-01 00:00 UTC is nine in the morning there.
    expect(page.locator("time[data-at]").first).to_have_text(re.compile(r"01\.11\.2026, 09:00$"))
    context.close()


def test_ids_that_are_texts_are_shown_and_linked(
    browser: Browser, open_app: Open, text_producers: Settings, complaints: list[str]
) -> None:
    """Whatever is in them, a browser comes to the page that a link means, also on a phone."""
    client = open_app(text_producers)

    def answer(route: Route) -> None:
        found = client.get(route.request.url)
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    context = browser.new_context(base_url="http://127.0.0.1", viewport=PHONE)
    context.route("**/*", answer)
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    for text in ("a/b", "%2F", "é" * 200, ".."):
        number = TEXTS.index(text)
        page.goto("/leaderboards/plays/all_time")
        rows = page.locator("table.list tbody tr")
        rows.nth(number).get_by_role("link").click()
        expect(page.locator(".name")).to_contain_text(f"producer {text}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.get_by_role("link", name="Leaderboards", exact=True).click()
        page.get_by_role("link", name="Plays", exact=True).click()
        expect(rows.nth(number)).to_have_class("me")
    page.goto("/producers?find=name")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()
    assert complaints == []
