"""What pages say to those whose numbers need a word: debts, first days, bests, places, news."""

import html
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard.jobs import Job
from pipelines.settings import Settings, load_settings
from tests.dashboard.conftest import Open, lay_out_all
from tests.dashboard.marketplace import NOW, RULES
from tests.published import achievement, board, ledger_row, progress_row, publish_by_hand

DAY = date(2026, 10, 30)
BOOST = '[[xp.boosts]]\nsource = "upload"\nfrom = {}\nuntil = {}\npercent = 150\n'


def text_of(client: TestClient, address: str, status: int = 200) -> str:
    """A page's words, as a person reads them."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("words")
    rules = RULES.read_text().replace(
        "[[levels]]",
        BOOST.format("2026-10-01", "2026-10-03")
        + BOOST.format("2024-10-01", "2024-10-03")
        + "[[levels]]",
        1,
    )
    publish_by_hand(
        folder,
        "one",
        rulebook=rules,
        progress=[
            progress_row(
                1,
                "Ada",
                total_xp=850,
                uploads=8,
                upload_xp=850,
                plays=7,
                play_xp=0,
                partners=3,
                best_track_plays=6,
                best_day_plays=1,
                best_upload_streak=2,
                earnings_cents=123_456,
                level=2,
            ),
            progress_row(2, "Debtor", uploads=1, upload_xp=100, adjustment_xp=-493),
            progress_row(3, "Newest", achievements_unlocked=1),
            progress_row(4, "Gone", status="suspended", play_xp=9, plays=9, total_xp=9),
        ],
        levels=[
            {"level": 1, "title": "Novice", "min_xp": 0},
            {"level": 2, "title": "Apprentice", "min_xp": 500},
        ],
        achievements=[
            {**achievement("early", "joined_before", "2027-01-01"), "xp": 0},
            achievement("uploads-10", "uploads", "10"),
            achievement("uploads-20", "uploads", "20"),
            achievement("track-10", "track_plays", "10"),
            achievement("rich", "earnings", "10000000"),
            achievement("partners-4", "partners", "4"),
        ],
        unlocks=[
            {
                "producer_id": 3,
                "achievement_id": "early",
                "unlocked_at": datetime(2026, 10, 30, 7),
                "xp": 0,
            }
        ],
        xp_ledger=[
            ledger_row(1, DAY, "upload", 850),
            ledger_row(2, DAY, "upload", 100),
            ledger_row(2, DAY, "adjustment", -493),
            ledger_row(3, DAY, "achievement", 0),
        ],
        leaderboard=board("plays", "all_time", 740, *[300] * 60),
    )
    settings = load_settings(folder / "beatxp.toml")
    lay_out_all(settings)
    return settings


@pytest.fixture
def client(open_app: Open, settings: Settings) -> TestClient:
    return open_app(settings)


def test_who_owes_xp_is_told(client: TestClient) -> None:
    text = text_of(client, "/producers/2")
    assert "Adjustments took away 393 XP more than was earned." in text
    chart = text[text.index("XP over time") : text.index("XP by month")]
    assert "(+100, -493) -600 -400 -200 0 200 Oct 2026" in chart
    assert client.get("/api/v2/producers/2/progress").json()["ledger_xp"] == -393
    assert "took away" not in text_of(client, "/producers/1")


def test_an_achievement_that_came_with_joining_is_no_progress(client: TestClient) -> None:
    text = text_of(client, "/producers/3")
    assert "No progress yet" in text
    assert "Nothing has been earned so far." in text
    assert "Unlocked Oct 30, 2026" in text


def test_bests_and_what_is_closest_of_each_kind(client: TestClient) -> None:
    text = text_of(client, "/producers/1")
    assert "producer 1" in text
    assert (
        "Earnings 1,234.56 Best track 6 plays Best day 1 play Longest upload streak 2 weeks "
        "Partners 3"
    ) in text
    closest = text[text.index("Closest next") : text.index("All Unlocked")]
    assert re.findall(r"(\S+) \+100 XP", closest) == ["Uploads-10", "Partners-4", "Track-10"]
    found = client.get("/api/v2/producers/1/progress").json()
    assert (found["earnings_cents"], found["best_track_plays"], found["partners"]) == (
        123_456,
        6,
        3,
    )


def test_boosts_that_are_over_are_not_forgotten(client: TestClient) -> None:
    text = text_of(client, "/producers/1")
    assert "8 uploads, +100 XP each now, earlier boosts included" in text
    assert "7 plays, +1 XP each now, counted as rates and caps were" in text
    how = text_of(client, "/how-xp-works")
    past = how[how.index("Boosts of the last 12 months") : how.index("What counts")]
    assert "150% of its XP from Oct 1, 2026 until before Oct 3, 2026" in past
    assert "2024" not in past
    assert "A play counts however short it is. Own plays count too." in how


def test_who_is_suspended_is_told_why_there_is_no_rank(client: TestClient) -> None:
    text = text_of(client, "/leaderboards/plays/week?producer=4")
    assert "Suspended producers are not ranked." in text
    assert "a score above 0" in text_of(client, "/leaderboards/plays/week?producer=3")


@pytest.mark.parametrize(
    "address",
    [
        "/leaderboards/plays/week?producer=999999",
        "/leaderboards/plays/week?producer=999999&around=true",
        "/api/v2/leaderboards/plays/week/around/999999",
        "/producers/999999",
    ],
)
def test_a_producer_that_does_not_exist_is_said(client: TestClient, address: str) -> None:
    assert "No producer has the id 999999" in text_of(client, address, 404)


def test_a_board_says_where_in_the_list_it_is_and_no_arrows_without_a_day(
    client: TestClient,
) -> None:
    text = text_of(client, "/leaderboards/plays/all_time?first=62")
    assert "No rows there: 61 producers ranked." in text
    text = text_of(client, "/leaderboards/plays/all_time?first=41&producer=1")
    assert "41–61 of 61 producers ranked. 39 more above share rank 2." in text
    assert "Arrows" not in text
    assert "same place" not in text
    page = client.get("/leaderboards/plays/all_time").text
    assert 'href="/api/v2/leaderboards/plays/all_time/rows.csv"' in page


@pytest.mark.parametrize(("ago", "is_news"), [(1, True), (4, True), (6, False)])
def test_how_a_refresh_ended_is_news_for_some_minutes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, ago: int, is_news: bool
) -> None:
    """A bookmark with a job in it said for ever that the page had just been updated."""
    assert isinstance(client.app, FastAPI)
    ended = NOW - timedelta(minutes=ago)
    job = Job("a1", ended, "published", ended_at=ended)
    monkeypatch.setattr(client.app.state.parts.jobs, "get", {"a1": job}.get)
    assert ("this is the new snapshot" in text_of(client, "/producers/1?job=a1")) == is_news


def test_a_time_is_told_once_and_without_seconds(client: TestClient) -> None:
    text = text_of(client, "/producers/1").replace("\u202f", " ")
    assert "Counts what happened before Nov 1, 2026, 12:00 AM UTC How XP works" in text


def test_exports_that_end_early_are_said(open_app: Open, tmp_path: Path) -> None:
    publish_by_hand(tmp_path, "one", as_of=datetime(2026, 11, 3), progress=[progress_row(1, "Ada")])
    settings = load_settings(tmp_path / "beatxp.toml")
    lay_out_all(settings)
    text = text_of(open_app(settings), "/producers/1").replace("\u202f", " ")
    assert "the newest data is from Oct 31, 2026, 11:59 PM UTC" in text
