"""Which snapshot is shown, when the cache or the snapshots beside it are damaged."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest

from dashboard.index.shards import DamagedShard
from dashboard.snapshots import Served
from pipelines.publication.manifest import (
    Current,
    find_current,
    kept,
    point_to,
    write_manifest,
)
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.settings import Settings
from tests.dashboard.conftest import lay_out_all
from tests.dashboard.marketplace import publish_marketplace

EARLIER, CURRENT = "20261031T000500000000-earlier", "20261101T000500000000-current"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Both snapshots, laid out, for a test that damages something."""
    settings = publish_marketplace(tmp_path)
    lay_out_all(settings)
    return settings


def looked(settings: Settings) -> Served:
    store = settings.project.store
    served = Served(store, store / "dashboard")
    asyncio.run(served.look())
    return served


def total_xp(served: Served) -> int:
    row = served.current.index.progress(1)
    assert row is not None
    total: int = row["total_xp"]
    return total


def test_everything_is_shown(settings: Settings) -> None:
    served = looked(settings)
    assert (served.snapshot_id, total_xp(served)) == (CURRENT, 1_290)
    page = served.current.page("plays", "all_time", 0, 1)
    assert (page.compared_with, page.rows[0].moved) == (EARLIER, 1)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "total_xp.npy").unlink(),
        lambda folder: (folder / "total_xp.npy").write_bytes(b""),
        lambda folder: (folder / "display_name.text.npy").write_bytes(b"\x93NUMPY"),
        lambda folder: (folder / "shard.json").unlink(),
        lambda folder: (folder / "shard.json").write_bytes(b""),
        lambda folder: (folder / "shard.json").write_bytes(b"[]"),
    ],
    ids=["gone", "empty", "cut", "no description", "empty description", "another description"],
)
def test_a_damaged_shard_is_made_anew(settings: Settings, damage: Callable[[Path], object]) -> None:
    """It was opened, or failed to be, for ever."""
    (folder,) = (settings.project.store / "dashboard").glob("progress-*")
    damage(folder)
    assert total_xp(looked(settings)) == 1_290


def test_a_shard_that_cannot_be_mapped_is_made_anew_the_next_time(settings: Settings) -> None:
    (column,) = (settings.project.store / "dashboard").glob("progress-*/total_xp.npy")
    column.write_bytes(bytes(column.stat().st_size))
    with pytest.raises(DamagedShard, match="made anew"):
        looked(settings)
    assert total_xp(looked(settings)) == 1_290


def test_without_the_last_days_files_the_current_snapshot_is_shown_all_the_same(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    store = settings.project.store
    mine = {part.file for part in kept(store, CURRENT).tables["leaderboard"]}
    for part in kept(store, EARLIER).tables["leaderboard"]:
        if part.file not in mine:
            (store / part.file).unlink()
    for folder in (store / "dashboard").glob("leaderboard-*"):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    served = looked(settings)
    page = served.current.page("plays", "all_time", 0, 1)
    assert (page.snapshot.snapshot_id, page.compared_with) == (CURRENT, None)
    assert (page.rows[0].moved, page.rows[0].is_new) == (None, False)
    asyncio.run(served.look())
    (said,) = (record.message for record in caplog.records if record.name == "dashboard")
    assert "The last day's boards cannot be opened" in said


def test_a_snapshot_that_was_changed_under_its_id_is_opened_again(settings: Settings) -> None:
    """After an erasure: what was open shows whose data was erased."""
    store = settings.project.store
    served = Served(store, store / "dashboard")

    async def change_and_look() -> bool:
        await served.look()
        assert await served.boards_of(EARLIER) is not None
        old, new = kept(store, EARLIER), kept(store, CURRENT)
        tables = new.tables | {"progress": old.tables["progress"]}
        changed = msgspec.structs.replace(new, tables=tables, erased="a list")
        before = served.current, await served.boards_of(EARLIER)
        point_to(store, write_manifest(store, changed))
        is_another = await served.look()
        after = served.current, await served.boards_of(EARLIER)
        assert before[0] is not after[0]
        assert before[1] is not after[1]
        return is_another

    assert asyncio.run(change_and_look())
    assert served.snapshot_id == CURRENT
    assert total_xp(served) == total_xp_of(EARLIER, settings)


def total_xp_of(snapshot_id: str, settings: Settings) -> int:
    rows = PublishedSnapshot(settings.project.store, kept(settings.project.store, snapshot_id))
    mine = rows.scan("progress").filter(pl.col("producer_id") == 1).collect()
    return int(mine["total_xp"][0])


def test_who_cannot_open_a_snapshot_looks_less_and_less_often(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = settings.project.store
    served = Served(store, store / "dashboard")
    waits: list[float] = []

    def find(root: Path) -> Current:
        if len(waits) < 8:
            raise OSError(5, "Input/output error")
        return find_current(root)

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 10:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", wait)
    monkeypatch.setattr("dashboard.snapshots.find_current", find)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(served.follow(1.0))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 1, 1]
    assert served.snapshot_id == CURRENT
