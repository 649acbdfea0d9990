"""Leaderboards: places, ties, paging and movement, from one snapshot."""

import html
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dashboard.boards import Boards
from dashboard.index.index import open_index
from pipelines.publication.manifest import current
from pipelines.settings import load_settings
from tests.dashboard.conftest import Open, lay_out_all, look
from tests.dashboard.marketplace import SCORES, publish_marketplace
from tests.published import board, progress_row, publish_by_hand

PLAYS = "/api/v2/leaderboards/plays/all_time"


def get(client: TestClient, address: str, **query: Any) -> dict[str, Any]:
    answer = client.get(address, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_page_has_the_rows_in_order_and_the_period_in_words(client: TestClient) -> None:
    page = get(client, PLAYS, rows=3)
    assert [(row["rank"], row["producer_id"], row["score"]) for row in page["rows"]] == [
        (1, "1", 740),
        (2, "2", 500),
        (2, "3", 500),
    ]
    assert (page["ranked"], page["first"], page["next"]) == (len(SCORES), 1, 4)
    assert (page["previous"], page["period_name"]) == (None, "all time")
    month = get(client, "/api/v2/leaderboards/earnings/month")
    assert month["period_name"] == "October 2026"


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 7, 200])
def test_paging_shows_every_row_once_and_never_breaks_ties_apart(
    client: TestClient, rows: int
) -> None:
    seen: list[int] = []
    starts = []
    first: int | None = 1
    while first is not None:
        page = get(client, PLAYS, first=first, rows=rows)
        assert page["more_above"] == page["more_below"] == 0
        assert page["first"] == first
        starts.append(first)
        seen += [int(row["producer_id"]) for row in page["rows"]]
        first = page["next"]
    assert seen == list(range(1, len(SCORES) + 1))
    for start in starts[1:]:
        before = get(client, PLAYS, first=start, rows=rows)["previous"]
        page = get(client, PLAYS, first=before, rows=rows, until=start)
        assert (page["first"], page["next"], page["more_above"]) == (before, start, 0)


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Boards:
    """Boards with short, long and very long ties."""
    folder = tmp_path_factory.mktemp("tied")
    shapes = {
        "plays": [*range(200, 190, -1), *[150] * 50, *range(140, 0, -1)],
        "points": [9, 8, *[5] * 260, *range(4, 0, -1)],
        "uploads": [100 - n // 3 for n in range(120)],
        "earnings": [7] * 130,
        "collaboration": [*[9] * 70, *[8] * 70, *[7] * 5],
    }
    publish_by_hand(
        folder,
        "20261101T000500000000-tied",
        progress=[progress_row(n, f"Producer {n}") for n in range(1, 267)],
        leaderboard=[row for name in shapes for row in board(name, "all_time", *shapes[name])],
    )
    store = folder / "store"
    return Boards(open_index(store, store / "dashboard", current(store)), None)


@pytest.mark.parametrize("rows", [1, 7, 50])
@pytest.mark.parametrize("category", ["plays", "points", "uploads", "earnings", "collaboration"])
def test_going_back_skips_nothing_and_repeats_nothing_from_anywhere(
    tied: Boards, category: str, rows: int
) -> None:
    ranked = tied.page(category, "all_time", 0, 1).ranked
    for start in range(2, ranked + 1):
        before = tied.page(category, "all_time", start - 1, rows).previous
        assert before is not None
        assert before < start
        page = tied.page(category, "all_time", before - 1, rows, until=start - 1)
        assert (page.first, page.next) == (before, start)
        assert [row.producer_id for row in page.rows] == list(range(before, start))
        assert page.more_above == 0 or page.rows[0].rank == page.rows[-1].rank
        longer = tied.page(category, "all_time", before - 1, rows)
        assert longer.next is None or longer.next >= start


def test_a_board_is_paged_backwards_past_a_long_tie(tied: Boards) -> None:
    """From place 101, places 61 to 100 were never shown."""
    first, spans = 101, []
    while before := tied.page("plays", "all_time", first - 1, 50).previous:
        spans.append((before, first - 1))
        first = before
    assert spans == [(61, 100), (11, 60), (1, 10)]


def test_a_long_tie_says_how_many_more_there_are(client: TestClient) -> None:
    page = get(client, PLAYS, first=7, rows=2)
    assert page["more_above"] == 2
    assert page["rows"][-1]["producer_id"] == "12"


def test_a_place_says_what_it_takes_and_what_is_behind(client: TestClient) -> None:
    page = get(client, f"{PLAYS}/around/4", rows=5)
    place = page["place"]
    assert place["row"]["rank"] == 4
    assert (place["tied_with"], place["next_rank"]) == (0, 2)
    assert (place["to_pass"], place["ahead_by"]) == (101, 100)
    assert [row["producer_id"] for row in page["rows"]][:3] == ["2", "3", "4"]


def test_the_first_and_the_last_have_nobody_beyond_them(client: TestClient) -> None:
    first = get(client, f"{PLAYS}/around/1")["place"]
    assert (first["next_rank"], first["to_pass"], first["ahead_by"]) == (None, None, 240)
    last = get(client, f"{PLAYS}/around/15")["place"]
    assert (last["to_pass"], last["ahead_by"], last["tied_with"]) == (101, None, 1)


def test_who_is_not_ranked_has_no_place_and_no_number(client: TestClient) -> None:
    page = get(client, "/api/v2/leaderboards/points/all_time/around/9")
    assert page["place"] is None
    assert page["first"] == 1
    empty = get(client, "/api/v2/leaderboards/uploads/week")
    assert (empty["rows"], empty["ranked"], empty["first"]) == ([], 0, 0)


def test_movement_is_counted_from_the_last_days_snapshot(client: TestClient) -> None:
    page = get(client, PLAYS, rows=50)
    moved = {row["producer_id"]: (row["moved"], row["is_new"]) for row in page["rows"]}
    assert moved["1"] == (1, False)
    assert moved["2"] == (-1, False)
    assert moved["4"] == (0, False)
    assert moved["15"] == (None, True)
    assert page["compared_with"] == "20261031T000500000000-earlier"


def test_a_month_that_has_just_begun_is_not_compared(client: TestClient) -> None:
    # Both days are of October: the month's board did not exist the day before, so all are new.
    (row,) = get(client, "/api/v2/leaderboards/earnings/month")["rows"]
    assert (row["moved"], row["is_new"]) == (None, True)


def test_it_says_with_which_day_a_board_is_compared(client: TestClient) -> None:
    page = get(client, PLAYS)
    assert page["compared_day"] == "2026-10-30"
    rank = client.get("/leaderboards/plays/all_time?producer=4").text
    assert 'The same place as on <span lang="en">Oct 30, 2026</span>' in rank
    moved = client.get("/leaderboards/plays/all_time?producer=1").text
    assert 'Moved since <span lang="en">Oct 30, 2026</span>' in moved


@pytest.mark.parametrize(
    ("period", "compares"), [("all_time", True), ("month", False), ("week", True)]
)
def test_a_new_month_is_compared_with_nothing(
    open_app: Open, tmp_path: Path, period: str, compares: bool
) -> None:
    """There was an empty column of movement, under a sentence that explained its arrows."""
    days = [
        (date(2026, 10, 31), "20261101T000500000000-last"),
        (date(2026, 11, 1), "20261102T0-now"),
    ]
    for day, name in days:
        as_of = datetime(day.year, day.month, day.day) + timedelta(days=1)
        publish_by_hand(
            tmp_path,
            name,
            as_of + timedelta(minutes=5),
            as_of,
            progress=[progress_row(1, "Ada"), progress_row(2, "Bea")],
            leaderboard=board("plays", period, 9, 5),
        )
    settings = load_settings(tmp_path / "beatxp.toml")
    lay_out_all(settings)
    client = open_app(settings)
    page = get(client, f"/api/v2/leaderboards/plays/{period}")
    assert page["compared_with"] == (days[0][1] if compares else None)
    assert [row["moved"] for row in page["rows"]] == [0 if compares else None] * 2
    text = client.get(f"/leaderboards/plays/{period}").text
    assert ("Arrows show" in text, ">Moved</th>" in text) == (compares, compares)


@pytest.mark.parametrize("first", [16, 1_000, 2**31])
def test_beyond_the_end_there_are_no_rows(client: TestClient, first: int) -> None:
    page = get(client, PLAYS, first=first)
    assert page["rows"] == []
    assert page["next"] is None
    text = client.get(f"/leaderboards/plays/all_time?first={first}").text
    assert "No rows there: 15 producers ranked." in text
    assert 'id="page-top" href="/leaderboards/plays/all_time" data-swap>Top</a>' in text


def test_going_back_from_a_page_leads_to_the_rows_before_it(client: TestClient) -> None:
    text = client.get("/leaderboards/plays/all_time?first=13").text
    found = re.search(r'rel="prev" href="([^"]+)"', text)
    assert found is not None
    before = client.get(f"/leaderboards/plays/all_time{html.unescape(found[1])}").text
    assert "Producer 12" in before
    assert "Producer 13" not in before


def test_a_page_of_a_snapshot_that_was_says_so_everywhere(open_app: Open, tmp_path: Path) -> None:
    settings = publish_marketplace(tmp_path)
    lay_out_all(settings)
    earlier, later = "20261031T000500000000-earlier", "20261101T000500000000-current"
    pointer = settings.project.store / "current.json"
    pointer.write_text(f'{{"snapshot_id": "{earlier}"}}')
    client = open_app(settings)
    pointer.write_text(f'{{"snapshot_id": "{later}"}}')
    look(client)
    for snapshot, other in ((earlier, later), (later, earlier)):
        text = client.get(f"/leaderboards/plays/all_time?snapshot={snapshot}").text
        assert f"<code>{snapshot}</code>" in text
        assert other not in text
        tag = client.get(PLAYS, params={"snapshot": snapshot}).headers["etag"]
        assert tag.startswith(f'W/"{snapshot}.')
