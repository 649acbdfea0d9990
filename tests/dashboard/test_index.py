"""What is looked up by producer is what the published tables say, in random worlds."""

import os
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dashboard.index import shards
from dashboard.index.index import Index, open_index
from dashboard.index.shards import is_whole, open_shard, remove_shards, write_shard
from pipelines.publication.manifest import current
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.published.standings import BOARDS
from tests.product import Project
from tests.worlds import World


@pytest.fixture(scope="module", params=[3, 11])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[PublishedSnapshot, Index]:
    folder = tmp_path_factory.mktemp("world")
    project = Project(folder)
    for step in World(request.param, foreign=0.0).steps:
        step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    project.refresh(step.as_of)
    store = folder / "store"
    return open_snapshot(store), open_index(store, folder / "cache", current(store))


def test_progress_is_the_same_row(opened: tuple[PublishedSnapshot, Index]) -> None:
    snapshot, index = opened
    rows = snapshot.scan("progress").collect().to_dicts()
    assert rows
    for row in rows:
        assert index.progress(row["producer_id"]) == row
        assert index.name(row["producer_id"]) == row["display_name"]
    unknown = max(row["producer_id"] for row in rows) + 1
    for producer in (unknown, 2**63 - 1, 2**31, 0):
        if producer not in {row["producer_id"] for row in rows}:
            assert index.progress(producer) is None


def test_ledger_unlocks_and_level_ups_are_the_same_rows(
    opened: tuple[PublishedSnapshot, Index],
) -> None:
    snapshot, index = opened
    tables = {name: snapshot.scan(name).collect() for name in ("xp_ledger", "unlocks", "level_ups")}
    assert all(table.height for table in tables.values())
    for producer in snapshot.scan("progress").collect()["producer_id"]:
        mine = {
            name: table.filter(pl.col("producer_id") == producer).drop("producer_id")
            for name, table in tables.items()
        }
        ledger = mine["xp_ledger"].sort("day", "source").rows()
        assert [tuple(row) for row in index.ledger(producer)] == ledger
        by_month = sum(one.gained + one.taken for one in index.by_month(producer))
        assert by_month == sum(row[3] for row in ledger)
        for day in {row[0] for row in ledger}:
            until = [row[3] for row in ledger if day.replace(day=1) <= row[0] <= day]
            assert index.xp_of_month_until(producer, day) == sum(until)
        unlocks = mine["unlocks"].sort("unlocked_at", "achievement_id").rows()
        assert [tuple(row) for row in index.unlocks(producer)] == unlocks
        assert index.level_ups(producer) == mine["level_ups"].sort("level").rows()


def test_the_ledger_from_a_day_on_begins_no_later(opened: tuple[PublishedSnapshot, Index]) -> None:
    snapshot, index = opened
    ledger = snapshot.scan("xp_ledger").collect()
    first: date = ledger["day"].to_list()[0] + timedelta(days=7)
    for producer in ledger["producer_id"].unique():
        found = [row for row in index.ledger(producer, first) if row.day >= first]
        assert found == [row for row in index.ledger(producer) if row.day >= first]


def test_boards_are_the_same_rows_and_know_every_place(
    opened: tuple[PublishedSnapshot, Index],
) -> None:
    snapshot, index = opened
    for category, periods in BOARDS.items():
        for period in periods:
            rows = snapshot.scan("leaderboard", [f"{category}-{period}"]).collect()
            board = index.board(category, period)
            assert board.ranked == rows.height
            for at, (rank, producer, score) in enumerate(
                rows.select("rank", "producer_id", "score").iter_rows()
            ):
                assert board.row(at) == board.row_of(producer) == (at, rank, producer, score)
                assert board.of_rank(rank).start <= at < board.of_rank(rank).stop


def test_a_shard_holds_any_text_and_any_number(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "id": [1, 2, 2**62],
            "text": ["", "Ünïcödé \u202e\n", "x" * 300],
            "few": ["b", "a", "b"],
            "number": [None, -(2**62), 2**62],
            "small": [None, -5, 7],
            "at": [datetime(2000, 1, 1), datetime(2026, 1, 1, 1, 1, 1, 1), datetime(2099, 12, 31)],
        }
    )
    write_shard(frame, tmp_path / "shard", few=("few",), order=("id",))
    shard = open_shard(tmp_path / "shard")
    assert [shard.text("text", row) for row in range(3)] == frame["text"].to_list()
    assert [shard.text("few", row) for row in range(3)] == ["b", "a", "b"]
    assert [shard.value("number", row) for row in range(3)] == [-(2**63), -(2**62), 2**62]
    assert [shard.value("small", row) for row in range(3)] == [-(2**63), -5, 7]
    assert shard.find("id", 2**62) == slice(2, 3)
    assert shard.find("id", 3).start == shard.find("id", 3).stop


def test_a_shard_appears_whole_and_one_in_use_can_be_removed(tmp_path: Path) -> None:
    frame = pl.DataFrame({"producer_id": [1, 5]})
    for _ in range(2):  # the second time it is there already
        write_shard(frame, tmp_path / "shard")
    shard = open_shard(tmp_path / "shard")
    assert remove_shards(tmp_path, keep=[]) == 1
    assert shard.value("producer_id", 1) == 5
    assert remove_shards(tmp_path / "none", keep=[]) == 0


def test_a_shard_of_an_earlier_start_of_the_machine_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shard"
    write_shard(pl.DataFrame({"id": [1]}), folder)
    assert is_whole(folder)
    monkeypatch.setattr(shards, "boot", lambda: "another start")
    assert not is_whole(folder)
    write_shard(pl.DataFrame({"id": [1]}), folder)
    assert open_shard(folder).rows == 1


def test_what_could_not_be_finished_does_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _: object) -> None:
        path.write_bytes(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        write_shard(pl.DataFrame({"id": [1]}), tmp_path / "shard")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_has_left_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as killed:
        killed.wait()
    left = tmp_path / f".progress-abc.{killed.pid}"
    at_work = tmp_path / f".progress-abc.{os.getpid()}"
    for folder in (left, at_work):
        folder.mkdir()
        (folder / "id.npy").touch()
    assert remove_shards(tmp_path, keep=[]) == 0
    assert list(tmp_path.iterdir()) == [at_work]
