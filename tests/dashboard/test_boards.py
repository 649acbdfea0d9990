"""Leaderboards: places, ties, paging and movement, from one snapshot."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.conftest import Open, lay_out_all, look
from tests.dashboard.marketplace import SCORES, publish_marketplace

PLAYS = "/api/v1/leaderboards/plays/all_time"


def get(client: TestClient, address: str, **query: Any) -> dict[str, Any]:
    answer = client.get(address, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_page_has_the_rows_in_order_and_the_period_in_words(client: TestClient) -> None:
    page = get(client, PLAYS, rows=3)
    assert [(row["rank"], row["producer_id"], row["score"]) for row in page["rows"]] == [
        (1, 1, 740),
        (2, 2, 500),
        (2, 3, 500),
    ]
    assert (page["ranked"], page["first"], page["next"]) == (len(SCORES), 1, 4)
    assert (page["previous"], page["period_name"]) == (None, "all time")
    month = get(client, "/api/v1/leaderboards/earnings/month")
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
        seen += [row["producer_id"] for row in page["rows"]]
        first = page["next"]
    assert seen == list(range(1, len(SCORES) + 1))
    for start in starts[1:]:
        before = get(client, PLAYS, first=start, rows=rows)["previous"]
        assert get(client, PLAYS, first=before, rows=rows)["more_above"] == 0


def test_a_long_tie_says_how_many_more_there_are(client: TestClient) -> None:
    page = get(client, PLAYS, first=7, rows=2)
    assert page["more_above"] == 2
    assert page["rows"][-1]["producer_id"] == 12


def test_a_place_says_what_it_takes_and_what_is_behind(client: TestClient) -> None:
    page = get(client, f"{PLAYS}/around/4", rows=5)
    place = page["place"]
    assert place["row"]["rank"] == 4
    assert (place["tied_with"], place["next_rank"]) == (0, 2)
    assert (place["to_pass"], place["ahead_by"]) == (101, 100)
    assert [row["producer_id"] for row in page["rows"]][:3] == [2, 3, 4]


def test_the_first_and_the_last_have_nobody_beyond_them(client: TestClient) -> None:
    first = get(client, f"{PLAYS}/around/1")["place"]
    assert (first["next_rank"], first["to_pass"], first["ahead_by"]) == (None, None, 240)
    last = get(client, f"{PLAYS}/around/15")["place"]
    assert (last["to_pass"], last["ahead_by"], last["tied_with"]) == (101, None, 1)


def test_who_is_not_ranked_has_no_place_and_no_number(client: TestClient) -> None:
    page = get(client, "/api/v1/leaderboards/points/all_time/around/9")
    assert page["place"] is None
    assert page["first"] == 1
    empty = get(client, "/api/v1/leaderboards/uploads/week")
    assert (empty["rows"], empty["ranked"], empty["first"]) == ([], 0, 0)


def test_movement_is_counted_from_the_last_days_snapshot(client: TestClient) -> None:
    page = get(client, PLAYS, rows=50)
    moved = {row["producer_id"]: (row["moved"], row["is_new"]) for row in page["rows"]}
    assert moved[1] == (1, False)
    assert moved[2] == (-1, False)
    assert moved[4] == (0, False)
    assert moved[15] == (None, True)
    assert page["compared_with"] == "20261031T000500000000-earlier"


def test_a_month_that_has_just_begun_is_not_compared(client: TestClient) -> None:
    # Both days are of October: the month's board did not exist the day before, so all are new.
    (row,) = get(client, "/api/v1/leaderboards/earnings/month")["rows"]
    assert (row["moved"], row["is_new"]) == (None, True)


def test_it_says_with_which_day_a_board_is_compared(client: TestClient) -> None:
    page = get(client, PLAYS)
    assert page["compared_day"] == "2026-10-30"
    rank = client.get("/leaderboards/plays/all_time?producer=4").text
    assert 'The same place as on <span lang="en">Oct 30, 2026</span>' in rank
    moved = client.get("/leaderboards/plays/all_time?producer=1").text
    assert 'Moved since <span lang="en">Oct 30, 2026</span>' in moved


def test_the_first_snapshot_of_a_period_is_compared_with_nothing(
    open_app: Open, tmp_path: Path
) -> None:
    settings = publish_marketplace(tmp_path, as_of=datetime(2026, 11, 1, 6))
    lay_out_all(settings)
    client = open_app(settings)
    assert get(client, PLAYS)["compared_day"] == "2026-10-30"
    page = get(client, "/api/v1/leaderboards/earnings/month")
    assert (page["compared_with"], page["compared_day"]) == (None, None)
    assert page["rows"][0]["is_new"] is False
    assert "Moved" not in client.get("/leaderboards/earnings/month").text


@pytest.mark.parametrize("first", [16, 1_000, 2**31])
def test_beyond_the_end_there_are_no_rows(client: TestClient, first: int) -> None:
    page = get(client, PLAYS, first=first)
    assert page["rows"] == []
    assert page["next"] is None


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
        assert client.get(PLAYS, params={"snapshot": snapshot}).headers["etag"] == f'"{snapshot}"'
