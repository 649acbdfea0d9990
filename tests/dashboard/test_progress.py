"""The Progress page's numbers: they are the snapshot's."""

from datetime import date
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from pipelines.settings import load_settings
from tests.dashboard.conftest import Open, lay_out_all
from tests.published import ledger_row, progress_row, publish_by_hand


def progress(client: TestClient, producer: int) -> dict[str, Any]:
    answer = client.get(f"/api/v2/producers/{producer}/progress")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_header_and_what_each_source_earned(client: TestClient) -> None:
    ada = progress(client, 1)
    assert (ada["level"], ada["level_title"], ada["total_xp"]) == (2, "Apprentice", 1_290)
    assert (ada["xp_to_next"], ada["next_level_title"], ada["progress_percent"]) == (
        210,
        "Rising",
        79,
    )
    assert {one["source"]: (one["quantity"], one["xp"]) for one in ada["sources"]} == {
        "upload": (5, 500),
        "play": (740, 700),
        "metadata": (0, 0),
        "collaboration": (0, 0),
        "achievement": (1, 100),
        "adjustment": (1, -10),
    }
    assert not ada["nothing_yet"]


def test_adjustments_are_those_of_the_ledger(open_app: Open, tmp_path: Path) -> None:
    """Also those that make up for each other, and of several months."""
    one = ledger_row(1, date(2026, 9, 30), "adjustment", 40) | {"quantity": 3}
    publish_by_hand(
        tmp_path,
        "20261101T000500000000-adjusted",
        progress=[progress_row(1, "Ada"), progress_row(2, "Bea", total_xp=7, adjustment_xp=7)],
        xp_ledger=[
            one,
            ledger_row(1, date(2026, 10, 1), "adjustment", -40),
            ledger_row(1, date(2026, 10, 1), "upload", 0),
            ledger_row(2, date(2026, 10, 2), "adjustment", 7),
        ],
    )
    settings = load_settings(tmp_path / "beatxp.toml")
    lay_out_all(settings)
    client = open_app(settings)
    for producer, quantity, xp in ((1, 4, 0), (2, 1, 7)):
        last = progress(client, producer)["sources"][-1]
        assert last == {"source": "adjustment", "quantity": quantity, "xp": xp}


def test_achievements_come_unlocked_first_then_the_closest(client: TestClient) -> None:
    found = progress(client, 1)["achievements"]
    assert [one["achievement_id"] for one in found] == [
        "first-upload",
        "level-3",
        "plays-1000",
        "earned-2000",
        "early",
    ]
    assert found[0]["unlocked_at"] == "2026-09-03T04:05:06.000007Z"
    assert (found[2]["done"], found[2]["needed"], found[2]["percent"]) == (740, 1_000, 74)
    assert (found[1]["done"], found[1]["needed"]) == (1_290, 1_500)
    assert found[4]["done"] is found[4]["needed"] is found[4]["percent"] is None


def test_xp_over_time_adds_up_to_the_ledger(client: TestClient) -> None:
    ada = progress(client, 1)
    assert [(one["month"], one["xp"], one["sum"]) for one in ada["months"]] == [
        ("2026-09", 600, 600),
        ("2026-10", 690, 1_290),
    ]
    days = ada["days"]
    assert len(days) == 14
    assert (days[0]["day"], days[0]["xp"]) == ("2026-10-31", -3)
    assert [one["source"] for one in days[0]["sources"]] == ["adjustment", "play"]
    assert days[11]["xp"] == 693
    assert days[1]["sources"] == []
    assert ada["level_ups"] == [
        {"level": 2, "title": "Apprentice", "reached_on": "2026-09-03", "sum": 600}
    ]


def test_ranks_are_null_where_there_is_none(client: TestClient) -> None:
    ranks = {(one["category"], one["period"]): one for one in progress(client, 1)["ranks"]}
    assert len(ranks) == 17
    assert ranks["plays", "all_time"]["rank"] == 1
    assert ranks["uploads", "week"] == {
        "category": "uploads",
        "period": "week",
        "rank": None,
        "score": None,
        "ranked": 0,
    }


def test_a_new_producer_has_nothing_yet(client: TestClient) -> None:
    bea = progress(client, 2)
    assert bea["nothing_yet"]
    assert bea["months"] == bea["level_ups"] == []
    assert all(day["xp"] == 0 for day in bea["days"])


def test_an_unknown_producer_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/v2/producers/4711/progress")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "No producer has the id 4711 in this snapshot."
