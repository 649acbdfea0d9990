"""Pages of a snapshot with what is rare: names that cannot be seen, long ties, debts, busy days."""

import html
import re
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient

from pipelines.publication.manifest import current, write_manifest
from pipelines.settings import Settings, load_settings
from pipelines.vocabulary import is_visible
from tests.dashboard.conftest import Open, lay_out_all
from tests.dashboard.marketplace import RULES, publish_marketplace
from tests.dashboard.test_what_pages_say import text_of
from tests.published import board, ledger_row, progress_row, publish_by_hand

INVISIBLE = ("   ", "\u200b\u2060", "\u3164", "\u2800\u00a0", "\u00ad\u034f", "\ufe0f")
TIED = 25


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("odd")
    first = dict(enumerate(INVISIBLE, 1))
    publish_by_hand(
        folder,
        "one",
        rulebook=RULES.read_text(),
        progress=[
            progress_row(n, first.get(n, f"Producer {n}"), total_xp=500 + n, plays=1)
            for n in range(1, 41)
        ],
        levels=[{"level": n, "title": f"Title {n}", "min_xp": n} for n in range(1, 11)],
        level_ups=[
            *(
                {"producer_id": 7, "level": n, "reached_on": date(2026, 10, 20)}
                for n in range(2, 10)
            ),
            {"producer_id": 7, "level": 10, "reached_on": date(2026, 10, 21)},
        ],
        xp_ledger=[
            ledger_row(7, date(2026, 9, 3), "upload", 500),
            ledger_row(7, date(2026, 9, 20), "adjustment", -4_321),
            ledger_row(7, date(2026, 10, 20), "upload", 700),
        ],
        leaderboard=[
            *board("plays", "all_time", *[300] * TIED, *range(200, 186, -1)),
            *board("plays", "week", 9, 8, 8, 8, 5),
            *board("plays", "month", 9, 9, 8, 7),
            *board("uploads", "all_time", 3, 2),
            *board("points", "all_time", *range(100, 60, -1)),
        ],
    )
    settings = load_settings(folder / "beatxp.toml")
    lay_out_all(settings)
    return settings


@pytest.fixture
def client(open_app: Open, settings: Settings) -> TestClient:
    return open_app(settings)


@pytest.mark.parametrize("name", INVISIBLE)
def test_what_nobody_sees_is_told_from_what_they_do(name: str) -> None:
    assert not is_visible(name)
    assert is_visible(f"{name}a")
    assert is_visible(f"{name}🎹")
    assert is_visible(f"{name}.")


def test_a_name_that_cannot_be_seen_is_the_producers_id(client: TestClient) -> None:
    """It was a link that nobody could see."""
    lists = [client.get(one).text for one in ("/leaderboards/plays/all_time", "/producers")]
    for producer in range(1, len(INVISIBLE) + 1):
        page = client.get(f"/producers/{producer}").text
        assert f"<title>Producer {producer}: progress" in page
        shown = f"<bdi>Producer {producer}</bdi>"
        assert shown in page
        rank = client.get(f"/leaderboards/plays/all_time?producer={producer}").text
        assert f"Rank of {shown}" in rank
        assert all(f'<a href="/producers/{producer}">{shown}</a>' in page for page in lists)


def test_names_that_are_found_can_be_seen(client: TestClient) -> None:
    page = client.get("/producers", params={"find": "producer"}).text
    assert "<bdi>Producer 40</bdi>" in page
    assert not re.search(r"<bdi>\s*</bdi>", page)


def podium(client: TestClient, address: str) -> list[str]:
    page = client.get(address).text
    found = re.search(r'<ol class="podium">(.*?)</ol>', page, re.DOTALL)
    assert found is not None
    cards = found[1].split("<li")[1:]
    return [
        " ".join(html.unescape(re.sub(r"^[^>]*>|<[^>]*>", " ", card)).split()) for card in cards
    ]


def test_the_podium_does_not_choose_among_those_who_share_a_rank(client: TestClient) -> None:
    assert podium(client, "/leaderboards/plays/all_time") == [
        "1 Rank 1: 25 producers share this rank 300 plays"
    ]
    assert podium(client, "/leaderboards/plays/week") == [
        "1 Rank 1: Producer 1 9 plays",
        "2 Rank 2: 3 producers share this rank 8 plays",
    ]
    assert podium(client, "/leaderboards/plays/month") == [
        "1 Rank 1: Producer 1 9 plays",
        "1 Rank 1: Producer 2 9 plays",
        "3 Rank 3: Producer 3 8 plays",
    ]
    assert len(podium(client, "/leaderboards/uploads/all_time")) == 2


def test_level_ups_of_one_day_are_one_marker_that_names_them_all(client: TestClient) -> None:
    page = client.get("/producers/7").text
    chart = page[page.index('<svg class="chart"') : page.index("XP by month as a table")]
    assert re.findall("<title>(Level.*?)</title>", chart) == [
        "Levels 2 to 9: Oct 20, 2026",
        "Level 10, Title 10: Oct 21, 2026",
    ]
    assert ">2–9</text>" in chart


def test_months_show_what_was_gained_and_what_was_taken(client: TestClient) -> None:
    """-4,321 and +500 were one diagonal."""
    page = client.get("/producers/7").text
    chart = page[page.index('<svg class="chart"') : page.index("XP by month as a table")]
    assert chart.count('class="gained"') == 2
    assert chart.count('class="taken"') == 1
    assert "<title>Sep 2026: -3,821 XP (+500, -4,321)</title>" in chart
    assert 'class="zero"' in chart
    months = client.get("/api/v2/producers/7/progress").json()["months"]
    assert [(one["gained"], one["taken"], one["xp"]) for one in months] == [
        (500, -4_321, -3_821),
        (700, 0, 700),
    ]


def test_around_somebody_stands_on_their_row_and_says_whose_it_is(client: TestClient) -> None:
    page = client.get("/leaderboards/plays/all_time?producer=30").text
    link = '<a class="button quiet" id="around" href="?around=true&amp;producer=30#place"'
    assert link in page
    assert "Around me" not in page
    assert "Around <bdi>Producer 30</bdi></a>" in page
    page = client.get("/leaderboards/plays/all_time?around=true&producer=30").text
    row = '<tr class="me" id="place" tabindex="-1" aria-current="true">'
    assert page.count(row) == 1
    assert "Producer 30" in page[page.index(row) :].partition("</tr>")[0]


def test_a_week_is_its_days_in_the_viewers_language(client: TestClient) -> None:
    """It was "week 44 of 2026"."""
    address = "/leaderboards/plays/week"
    assert "Plays, Oct 26 – Nov 1, 2026" in text_of(client, address)
    german = client.get(address, headers={"accept-language": "de"}).text
    assert "26. Okt. – 1. Nov. 2026" in german.replace("\u2009", " ")
    assert "Plays, Oct 2026" in text_of(client, "/leaderboards/plays/month")
    assert "UTC" in text_of(client, address)


def test_what_achievements_give_is_one_of_the_rules(client: TestClient) -> None:
    text = text_of(client, "/how-xp-works")
    assert "Unlock achievements 100–10,000 no limit" in text
    rules = client.get("/api/v2/how-xp-works").json()
    assert (rules["achievement_xp_least"], rules["achievement_xp_most"]) == (100, 10_000)


def test_achievements_that_give_nothing_have_no_range(open_app: Open, tmp_path: Path) -> None:
    rules = re.sub(r"^xp = \d+$", "xp = 0", RULES.read_text(), flags=re.MULTILINE)
    publish_by_hand(tmp_path, "one", rulebook=rules, progress=[progress_row(1, "Ada")])
    settings = load_settings(tmp_path / "beatxp.toml")
    lay_out_all(settings)
    assert "Unlock achievements" not in text_of(open_app(settings), "/how-xp-works")


def test_what_is_long_ago_has_its_date(open_app: Open, tmp_path: Path) -> None:
    """It was "208 days ago", and the date only where a mouse is held still."""
    publish_by_hand(
        tmp_path, "one", published_at=datetime(2026, 4, 7, 1), progress=[progress_row(1, "Ada")]
    )
    settings = load_settings(tmp_path / "beatxp.toml")
    lay_out_all(settings)
    assert "Last updated 207 days ago ( Apr 7, 2026 UTC )" in text_of(
        open_app(settings), "/producers/1"
    )


def test_a_404_keeps_the_way_back(client: TestClient) -> None:
    """From a page of ours one comes back to it; it is not a link's to say where that is."""
    came_from = "/leaderboards/plays/week?producer=30"

    def back(referer: str, address: str = "/producers/999") -> list[str]:
        page = client.get(address, headers={"referer": referer}).text
        return re.findall(r'href="([^"]*)">Back to where you were', page)

    assert back(f"http://127.0.0.1{came_from}") == [came_from]
    for elsewhere in (
        "http://evil.example/x",
        "http://127.0.0.1:81/x",
        "http://127.0.0.1//evil.example",
        "http://127.0.0.1/producers/999",
        "http://[",
        "",
    ):
        assert back(elsewhere) == []
    # Whom an analyst looks at is not forgotten either.
    page = client.get("/leaderboards/plays/never?producer=30").text
    assert '<a href="/producers/30">Progress</a>' in page


def test_what_was_changed_by_an_erasure_says_so(open_app: Open, tmp_path: Path) -> None:
    """Numbers of a snapshot are others than those that somebody may have written down."""
    settings = publish_marketplace(tmp_path)
    store = settings.project.store
    lay_out_all(settings)
    assert "data was erased" not in text_of(open_app(settings), "/how-xp-works")
    changed = msgspec.structs.replace(current(store), changed_at=datetime(2026, 11, 2, 10))
    write_manifest(store, changed)
    client = open_app(settings)
    said = text_of(client, "/how-xp-works").replace("\u202f", " ")
    assert "changed Nov 2, 2026, 10:00 AM UTC , since somebody's data was erased" in said
    assert client.get("/api/v2/snapshot").json()["changed_at"] == "2026-11-02T10:00:00Z"
