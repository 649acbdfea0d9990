"""Refresh, as viewers use it: new export files, nothing new, and a refresh that fails."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from cli.demo_exports import write_demo_exports
from pipelines.refresh import refresh
from pipelines.settings import Settings, load_settings
from tests.dashboard.browser import served
from tests.dashboard.test_pages import browser as browser_fixture

browser = browser_fixture
RULES = Path(__file__).parents[2] / "rules/beatpass.toml"


def small_demo(folder: Path) -> Path:
    """Write a small demo's exports and settings file, whose path is returned."""
    config = folder / "beatxp.toml"
    (folder / "exports").mkdir()
    config.write_text(
        f'[project]\nexports = "exports"\nstore = "store"\nrulebook = "{RULES}"\n'
        "[dashboard]\nviewer_cooldown_seconds = 0\ncooldown_seconds = 0\n"
    )
    write_demo_exports(folder / "exports", seed=3, producers=40, plays=2_000, months=1)
    return config


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings file of a small demo that is published."""
    config = small_demo(tmp_path_factory.mktemp("refreshing"))
    refresh(load_settings(config))
    return config


@pytest.fixture(scope="module")
def address(project: Path) -> Iterator[str]:
    with served(project) as found:
        yield found


def a_track(settings: Settings) -> tuple[int, int]:
    """A published track and its uploader."""
    import polars as pl

    paths = sorted((settings.project.exports / "tracks").rglob("*.parquet"))
    tracks = pl.read_parquet(paths[-1]).filter(pl.col("status") == "published")
    return tracks.select("track_id", "producer_id").row(0)


def more_plays(project: Path, name: str, track: object, count: int, play: int) -> None:
    """Write an export file of plays; it appears whole."""
    lines = [
        json.dumps({"play_id": play + n, "track_id": track, "played_at": "2026-11-05T10:00:00Z"})
        for n in range(count)
    ]
    folder = project.parent / "exports/plays"
    temporary = folder / f"{name}.ndjson.tmp"
    temporary.write_text("\n".join(lines))
    temporary.rename(folder / f"{name}.ndjson")


def plays_on(page: Page) -> int:
    text = page.locator(".tile").filter(has_text="Get a track played").inner_text()
    found = re.search(r"([\d,]+) plays?,", text)
    assert found is not None
    return int(found[1].replace(",", ""))


def test_a_refresh_shows_what_is_new_and_then_that_nothing_is(
    browser: Browser, address: str, project: Path
) -> None:
    track, producer = a_track(load_settings(project))
    page = browser.new_page(base_url=address)
    page.goto(f"/producers/{producer}")
    before, snapshot = plays_on(page), page.locator("footer code").inner_text()
    status = page.get_by_role("status")
    more_plays(project, "more-1", track, 7, 10**9)
    page.get_by_role("button", name="Refresh").click()
    expect(status).to_have_text(re.compile("A refresh is running"))
    expect(page.get_by_role("button", name="Refreshing…")).to_be_disabled()
    assert plays_on(page) == before
    expect(status).to_have_text(re.compile("Updated: this is the new snapshot"), timeout=60_000)
    assert plays_on(page) == before + 7
    expect(page.locator("footer code")).not_to_have_text(snapshot)
    expect(page.get_by_role("button", name="Refresh")).to_be_enabled()

    page.get_by_role("button", name="Refresh").click()
    expect(status).to_have_text(re.compile("Already up to date"), timeout=60_000)
    page.close()


def test_a_refresh_that_fails_keeps_the_snapshot_and_says_so(
    browser: Browser, address: str, project: Path
) -> None:
    page = browser.new_page(base_url=address)
    page.goto("/leaderboards/plays/all_time")
    snapshot = page.locator("footer code").inner_text()
    more_plays(project, "broken", "no track", 50, 2 * 10**9)
    page.get_by_role("button", name="Refresh").click()
    alert = page.get_by_role("alert")
    expect(alert).to_have_text(
        re.compile("The refresh failed, and the last snapshot stays"), timeout=60_000
    )
    expect(alert).to_contain_text("50 of 50 new rows of plays were rejected")
    expect(alert).not_to_contain_text("broken.ndjson")
    expect(page.get_by_role("status")).to_have_text("")
    expect(page.locator(".dot.failed")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    expect(page.locator("footer code")).to_have_text(snapshot)
    (project.parent / "exports/plays/broken.ndjson").unlink()
    page.close()


def test_without_scripts_the_page_comes_again_until_it_is_done(
    browser: Browser, address: str, project: Path
) -> None:
    track, producer = a_track(load_settings(project))
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/producers/{producer}")
    before = plays_on(page)
    more_plays(project, "more-2", track, 5, 3 * 10**9)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("Updated"), timeout=60_000)
    assert plays_on(page) == before + 5
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_first_refresh_is_asked_for_where_nothing_is_published(
    browser: Browser, tmp_path: Path, scripts: bool
) -> None:
    with served(small_demo(tmp_path), ready="/healthz") as address:
        context = browser.new_context(base_url=address, java_script_enabled=scripts)
        page = context.new_page()
        page.goto("/")
        expect(page.get_by_role("heading", name="Nothing published yet")).to_be_visible()
        if scripts:
            assert Axe().run(page).response["violations"] == []
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_role("status")).to_have_text(re.compile("A refresh is running"))
        expect(page.get_by_role("status")).to_have_text(re.compile("Updated"), timeout=60_000)
        expect(page.get_by_role("heading", name="Most XP")).to_be_visible()
        expect(page.get_by_role("button", name="Refresh")).to_be_enabled()
        context.close()
