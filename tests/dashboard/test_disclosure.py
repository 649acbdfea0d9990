"""What boards do not tell everybody: others' earnings, and producers who are not listed."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from fastapi.testclient import TestClient

from dashboard.index.index import open_index
from dashboard.keys import KEY_PREFIX, hash_of
from pipelines.publication.manifest import current
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.settings import EarningsShown, Settings, load_settings
from tests.dashboard.conftest import Open, lay_out_all, look
from tests.dashboard.marketplace import RULES, with_login
from tests.dashboard.test_keys import keys_file
from tests.published import board, progress_row, publish_by_hand

API = "/api/v2/leaderboards"
EARNINGS = f"{API}/earnings/all_time"
PLAYS = f"{API}/plays/all_time"
EARLIER, CURRENT = "20261031T000500000000-earlier", "20261101T000500000000-current"
#: Amounts that no other number on a page looks like; the one between two of them, and a gap.
AMOUNTS = (876_543, 765_432, 654_321)
WRITTEN = ("876543", "8,765.43", "765432", "7,654.32", "654321", "6,543.21", "111112", "1,111.12")
NOBODY: dict[str, str] = {}


def producer(number: int) -> dict[str, str]:
    return {"authorization": f"Bearer {KEY_PREFIX}{number}"}


ANALYST = {"authorization": f"Bearer {KEY_PREFIX}analyst"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three who earn; the second asked to be hidden after the earlier snapshot."""
    folder = tmp_path_factory.mktemp("disclosure")
    for snapshot, day, listed in ((EARLIER, 31, True), (CURRENT, 32, False)):
        moment = datetime(2026, 10, 31) if day == 31 else datetime(2026, 11, 1)
        publish_by_hand(
            folder,
            snapshot,
            moment.replace(minute=5),
            moment,
            RULES.read_text(),
            progress=[
                progress_row(1, "Ada", earnings_cents=AMOUNTS[0]),
                progress_row(2, "Harry", earnings_cents=AMOUNTS[1], listed=listed),
                progress_row(3, "Cleo", earnings_cents=AMOUNTS[2]),
                progress_row(4, "Dora"),
            ],
            leaderboard=[
                *board("earnings", "all_time", *AMOUNTS),
                *board("plays", "all_time", 40, 30, 20),
            ],
        )
    found = load_settings(folder / "beatxp.toml")
    lay_out_all(found)
    producers = (
        {"name": str(n), "sha256": hash_of(f"{KEY_PREFIX}{n}"), "producer_id": n} for n in (1, 2, 3)
    )
    analyst = {"name": "a", "sha256": hash_of(f"{KEY_PREFIX}analyst"), "roles": ["analyst"]}
    return with_login(found, api_keys=keys_file(folder, analyst, *producers))


@pytest.fixture
def served(open_app: Open, settings: Settings) -> Any:
    def opened(earnings: EarningsShown) -> TestClient:
        dashboard = settings.dashboard.model_copy(update={"earnings": earnings})
        return open_app(settings.model_copy(update={"dashboard": dashboard}))

    return opened


def scores(client: TestClient, who: dict[str, str], address: str = EARNINGS) -> list[int | None]:
    answer = client.get(address, headers=who)
    assert answer.status_code == 200, answer.text
    return [row["score"] for row in answer.json()["rows"]]


def downloaded(client: TestClient, who: dict[str, str], address: str) -> list[dict[str, str]]:
    answer = client.get(f"{address}/rows.csv", headers=who)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def everything_said(client: TestClient, who: dict[str, str]) -> dict[str, str]:
    """What every address that has to do with boards answers."""
    addresses = [f"/leaderboards/{name}/all_time" for name in ("earnings", "plays", "overall")]
    addresses += [f"{addresses[0]}?around=true", f"{addresses[0]}?producer=2&around=true"]
    addresses += [f"/api/v2{address}" for address in addresses[:3]]
    addresses += [f"/api/v2{a}/rows.csv" for a in addresses[:3]]
    for number in (1, 2, 3, 4, 99):
        addresses += [f"{EARNINGS}/around/{number}", f"{PLAYS}/around/{number}"]
    plain = [address for address in addresses if "?" not in address]
    for snapshot in (EARLIER, "20200101T000000000000-gone"):
        addresses += [f"{address}?snapshot={snapshot}" for address in plain]
    addresses += ["/", "/producers", "/how-xp-works", "/metrics", "/api/v2/snapshot"]
    return {a: client.get(a, headers=who, follow_redirects=True).text for a in addresses}


def test_earnings_are_for_oneself_and_analysts(served: Any) -> None:
    client = served("ranks")
    first, second, third = AMOUNTS
    assert scores(client, NOBODY) == [None, None, None]
    assert scores(client, producer(3)) == [None, None, third]
    assert scores(client, ANALYST) == [first, second, third]
    assert [row["score"] for row in downloaded(client, producer(1), EARNINGS)] == [
        str(first),
        "",
        "",
    ]
    assert [row["score"] for row in downloaded(client, ANALYST, EARNINGS)] == [
        str(amount) for amount in AMOUNTS
    ]
    # How far apart two are tells one who knows their own amount the other's.
    mine = client.get(EARNINGS, headers=producer(1)).json()["place"]
    assert (mine["row"]["score"], mine["to_pass"], mine["ahead_by"]) == (first, None, None)
    other = client.get(f"{EARNINGS}/around/3", headers=producer(1)).json()["place"]
    assert (other["row"]["score"], other["next_rank"], other["to_pass"]) == (None, 2, None)
    all_of_it = client.get(f"{EARNINGS}/around/3", headers=ANALYST).json()["place"]
    assert (all_of_it["row"]["score"], all_of_it["to_pass"]) == (third, second - third + 1)


def test_nothing_that_anybody_can_ask_for_says_what_somebody_earns(served: Any) -> None:
    for address, text in everything_said(served("ranks"), NOBODY).items():
        assert not [amount for amount in WRITTEN if amount in text], address
    said = everything_said(served("ranks"), producer(3))
    others = [a for a in WRITTEN if a not in ("654321", "6,543.21")]
    for address, text in said.items():
        assert not [amount for amount in others if amount in text], address
    page = said["/leaderboards/earnings/all_time"]
    assert "6,543.21" in page
    assert "not shown" in page
    assert "What others earn is not shown." in page


def test_earnings_can_be_for_everybody(served: Any) -> None:
    client = served("amounts")
    assert scores(client, NOBODY) == list(AMOUNTS)
    assert client.get(EARNINGS, headers=producer(3)).json()["place"]["to_pass"] == 111_112


def test_earnings_boards_can_be_for_analysts_alone(served: Any) -> None:
    client = served("off")
    unknown = client.get(f"{API}/earnings/year")
    for who in (NOBODY, producer(1)):
        for address in (
            EARNINGS,
            f"{EARNINGS}/rows.csv",
            f"{EARNINGS}/around/1",
            "/leaderboards/earnings/all_time",
        ):
            assert client.get(address, headers=who).status_code == 404, address
        page = client.get("/leaderboards/plays/all_time", headers=who).text
        assert "/leaderboards/earnings" not in page
    assert unknown.status_code in (404, 422)
    mine = client.get("/producers/1", headers=producer(1)).text
    assert "8,765.43" in mine
    assert "/leaderboards/earnings" not in mine
    ranks = client.get("/api/v2/producers/1/progress", headers=producer(1)).json()["ranks"]
    assert "earnings" not in {rank["category"] for rank in ranks}
    assert scores(client, ANALYST) == list(AMOUNTS)
    page = client.get("/leaderboards/plays/all_time", headers=ANALYST).text
    assert "/leaderboards/earnings" in page


def test_who_is_not_listed_keeps_rank_and_score(served: Any) -> None:
    client = served("amounts")
    for who, is_hidden in ((NOBODY, True), (producer(1), True), (producer(2), False)):
        row = client.get(PLAYS, headers=who).json()["rows"][1]
        told = [row[name] for name in ("rank", "score", "hidden", "display_name")]
        assert told == [2, 30, is_hidden, None if is_hidden else "Harry"]
        assert (row["producer_id"] is None) == is_hidden
        line = downloaded(client, who, PLAYS)[1]
        assert line["display_name"] == ("" if is_hidden else "Harry")
        assert (line["rank"], line["score"]) == ("2", "30")
        assert (line["producer_id"] == "") == is_hidden
    assert client.get(PLAYS, headers=ANALYST).json()["rows"][1]["display_name"] == "Harry"
    assert client.get(f"{PLAYS}/around/2", headers=producer(2)).json()["place"]["row"]["rank"] == 2


def test_who_is_not_listed_is_looked_for_like_somebody_unknown(served: Any) -> None:
    client = served("amounts")
    for who in (NOBODY, producer(1)):
        hidden, unknown = (client.get(f"{PLAYS}/around/{n}", headers=who) for n in (2, 99))
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.json()["detail"].replace("2", "99") == unknown.json()["detail"]
        # Who is listed and not ranked is somebody.
        assert client.get(f"{PLAYS}/around/4", headers=who).status_code == 200


def test_who_is_not_listed_is_named_nowhere_else(served: Any, settings: Settings) -> None:
    pointer = settings.project.store / "current.json"
    pointer.write_text(f'{{"snapshot_id": "{EARLIER}"}}')
    client = served("amounts")
    assert "Harry" in client.get(PLAYS).text
    pointer.write_text(f'{{"snapshot_id": "{CURRENT}"}}')
    look(client)
    # Also not on the boards of an earlier snapshot, which still listed them.
    for who in (NOBODY, producer(1)):
        said = everything_said(client, who)
        assert not [address for address, text in said.items() if "Harry" in text]
        page = said["/leaderboards/plays/all_time"]
        assert page.count("<em>hidden</em>") == 2  # on the podium and in the list
        assert "/producers/2" not in page
        assert "/producers/None" not in page
        assert said[f"{PLAYS}?snapshot={EARLIER}"].count('"hidden":true') == 1
        assert page.count('class="me"') == (who is not NOBODY)
    for who in (producer(2), ANALYST):
        page = client.get("/leaderboards/plays/all_time", headers=who).text
        assert page.count('<a href="/producers/2"><bdi>Harry</bdi></a>') == 2


def test_a_snapshot_of_a_version_that_listed_everybody_is_read(tmp_path: Path) -> None:
    publish_by_hand(tmp_path, CURRENT, progress=[progress_row(1, "Ada"), progress_row(2, "Bea")])
    store = tmp_path / "store"
    snapshot = PublishedSnapshot(store, current(store))
    (path,) = snapshot.manifest.paths(store, "progress")
    # Its files had no checksums in their names either.
    early = path.with_name("all.parquet")
    pl.read_parquet(path).drop("listed").write_parquet(early)
    (part,) = snapshot.manifest.parts("progress")
    part = msgspec.structs.replace(part, file=str(early.relative_to(store)))
    tables = snapshot.manifest.tables | {"progress": [part]}
    manifest = msgspec.structs.replace(snapshot.manifest, tables=tables)
    snapshot = PublishedSnapshot(store, manifest)
    index = open_index(store, store / "dashboard", snapshot.manifest)
    assert index.unlisted == frozenset()
    row = index.progress(2)
    assert row is not None
    assert row["listed"] is True
    assert snapshot.scan("progress").collect()["listed"].to_list() == [None, None]
