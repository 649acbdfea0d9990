"""Paging through one board while others are published: it goes on, or says that it cannot."""

import asyncio
import html
import re
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.snapshots import Served
from pipelines.publication.manifest import Manifest, kept, point_to
from pipelines.settings import Settings, load_settings
from tests.dashboard.conftest import Open, lay_out_all
from tests.published import board, progress_row, publish_by_hand

PLAYS = "/leaderboards/plays/all_time"
#: In each snapshot there is one producer more.
RANKED = (101, 102, 103, 104, 105, 106, 107)
GONE = "The board that you were reading is no longer kept."


def name(number: int) -> str:
    return f"202611{number + 1:02}T000500000000-{number}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Snapshots of seven days, laid out."""
    for number, ranked in enumerate(RANKED):
        as_of = datetime(2026, 11, 1) + timedelta(days=number)
        publish_by_hand(
            tmp_path,
            name(number),
            as_of + timedelta(minutes=5),
            as_of,
            progress=[progress_row(n, f"Producer {n}") for n in range(1, ranked + 1)],
            leaderboard=board("plays", "all_time", *range(1_000, 1_000 - ranked, -1)),
        )
    settings = load_settings(tmp_path / "beatxp.toml")
    lay_out_all(settings)
    return settings


def follow(client: TestClient, page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    assert found is not None
    answer = client.get(PLAYS + html.unescape(found[1]))
    assert answer.status_code == 200
    return answer.text


def test_a_kept_board_is_read_on_after_the_server_was_started_again(
    open_app: Open, settings: Settings
) -> None:
    """There was a 404, whose button led to another board."""
    store = settings.project.store
    point_to(store, kept(store, name(1)))
    first = open_app(settings).get(PLAYS).text
    assert f"<code>{name(1)}</code>" in first
    point_to(store, kept(store, name(6)))
    lay_out_all(settings)
    client = open_app(settings)
    assert client.get("/api/v2/snapshot").json()["snapshot_id"] == name(6)
    second = follow(client, first, "next")
    third = follow(client, second, "next")
    before = follow(client, third, "prev")
    for page, says in (
        (second, "51–100 of 102 producers"),
        (third, "101–102 of 102 producers"),
        (before, "51–100 of 102 producers"),
    ):
        assert says in page
        assert f"<code>{name(1)}</code>" in page
        # Movement goes on to be counted from the same day, too.
        assert "Arrows show places gained or lost since" in page
        assert GONE not in page
    pinned: dict[str, str | int] = {"snapshot": name(1), "first": 101}
    rows = client.get(f"/api/v2{PLAYS}", params=pinned).json()
    assert (rows["snapshot"]["snapshot_id"], rows["snapshot_gone"]) == (name(1), False)
    around = client.get(f"/api/v2{PLAYS}/around/102", params={"snapshot": name(1)}).json()
    assert (around["ranked"], around["compared_with"]) == (102, name(0))
    assert client.get(f"/api/v2{PLAYS}/rows.csv", params=pinned).text.count("\n") == 3


@pytest.mark.parametrize(
    "snapshot",
    [name(1), "20200101T0-gone", "../snapshots/" + name(2), "..", "", "\x00", "a" * 9_000],
)
def test_a_board_that_is_gone_is_followed_by_the_same_place_in_the_newest(
    open_app: Open, settings: Settings, snapshot: str
) -> None:
    shutil.rmtree(settings.project.store / "snapshots" / name(1))
    client = open_app(settings)
    pinned: dict[str, str | int] = {"snapshot": snapshot, "first": 51}
    page = client.get(PLAYS, params=pinned)
    assert page.status_code == 200
    assert GONE in page.text
    assert "51–100 of 107 producers" in page.text
    onward = follow(client, page.text, "next")
    assert "101–107 of 107 producers" in onward
    assert GONE not in onward
    rows = client.get(f"/api/v2{PLAYS}", params=pinned).json()
    assert (rows["snapshot"]["snapshot_id"], rows["snapshot_gone"]) == (name(6), True)
    assert rows["first"] == 51
    around = client.get(f"/api/v2{PLAYS}/around/9", params={"snapshot": snapshot}).json()
    assert around["snapshot_gone"]
    newest = client.get(f"/api/v2{PLAYS}", params={"snapshot": name(6)}).json()
    assert not newest["snapshot_gone"]


@pytest.fixture
def served(settings: Settings) -> Served:
    store = settings.project.store
    return Served(store, store / "dashboard")


def test_who_asks_for_a_board_that_is_being_opened_waits_for_it(
    settings: Settings, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    lay_out = served._lay_out
    at_once = 0

    async def counted(manifest: Manifest, tables: Sequence[str], is_awaited: bool) -> None:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        assert is_awaited
        assert tables in (("progress", "text_ids", "leaderboard"), ("leaderboard",))
        opened.append(manifest.snapshot.snapshot_id)
        await asyncio.sleep(0)
        await lay_out(manifest, tables, is_awaited)
        at_once -= 1

    async def scene() -> None:
        await served.look()
        lay_out_all(settings)
        monkeypatch.setattr(served, "_lay_out", counted)
        asked = [asyncio.create_task(served.boards_of(name(3))) for _ in range(4)]
        other = asyncio.create_task(served.boards_of(name(1)))
        await asyncio.sleep(0)
        asked[0].cancel()  # whoever goes away does not take it from the others
        found = await asyncio.gather(*asked[1:])
        assert {id(one) for one in found} == {id(found[0])}
        assert found[0] is not None
        assert found[0].page("plays", "all_time", 0, 1).ranked == 104
        assert await other is not None

    asyncio.run(scene())
    # Each once, with the day that it is compared with; which of the two comes first is open.
    assert sorted(opened) == [name(0), name(1), name(2), name(3)]


def test_few_are_open_at_a_time_and_none_is_in_the_way_of_another(
    settings: Settings, served: Served
) -> None:
    cache = settings.project.store / "dashboard"

    async def scene() -> None:
        await served.look()
        lay_out_all(settings)
        for _ in range(2):
            for number in (1, 2, 3, 4, 5):
                boards = await served.boards_of(name(number))
                assert boards is not None
                assert boards.page("plays", "all_time", 0, 1).ranked == RANKED[number]
                assert len(served._reopened) <= 4
                folders = {path.name for path in cache.iterdir()}
                assert folders >= served.current.shards.keys() | boards.shards.keys()
                # The newest and four, each with the one that it is compared with.
                if number == 5:
                    assert len([one for one in folders if one.startswith("leaderboard")]) <= 7
                lay_out_all(settings)

    asyncio.run(scene())


def test_what_is_being_opened_is_not_removed_meanwhile(
    settings: Settings, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out = served._lay_out

    async def overtaken(manifest: Manifest, tables: Sequence[str], is_awaited: bool) -> None:
        await lay_out(manifest, tables, is_awaited)
        await served._remove_others()

    async def scene() -> None:
        await served.look()
        lay_out_all(settings)
        monkeypatch.setattr(served, "_lay_out", overtaken)
        monkeypatch.setattr("dashboard.index.index.lay_out", lambda *_: 0)
        boards = await served.boards_of(name(2))
        assert boards is not None
        assert boards.page("plays", "all_time", 0, 1).ranked == 103

    asyncio.run(scene())


def test_a_board_that_cannot_be_opened_is_followed_by_the_newest(
    settings: Settings, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    store = settings.project.store
    manifest = store / "snapshots" / name(2) / "manifest.json"
    whole = manifest.read_bytes()

    async def scene() -> None:
        await served.look()
        lay_out_all(settings)
        manifest.write_bytes(b"{}")
        assert await served.boards_of(name(2)) is None
        manifest.write_bytes(whole)
        assert await served.boards_of(name(2)) is not None

    asyncio.run(scene())
    (said,) = [record.message for record in caplog.records if "cannot be opened" in record.message]
    assert name(2) in said
