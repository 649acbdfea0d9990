"""Reading commands over snapshots in which every number is known."""

import json
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from cli import leaderboard, rejects, show, snapshots  # noqa: F401
from cli.app import app
from tests.published import achievement, board, ledger_row, progress_row, publish_by_hand

HOSTILE = "[red]:fire:\x1b[2J\u202eevil"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reading")
    earlier = datetime(2026, 10, 31)
    publish_by_hand(folder, "1-older", earlier, progress=[progress_row(1, "Ada", total_xp=5)])
    busy = progress_row(1, "Ada", total_xp=290, plays=740, play_xp=300, adjustment_xp=-10)
    publish_by_hand(
        folder,
        "2-newer",
        progress=[
            {**busy, "xp_to_next": 210, "progress_percent": 58, "earnings_cents": -1250},
            progress_row(2, "Twin"),
            progress_row(3, "Twin", status="suspended"),
            progress_row(4, HOSTILE),
            *(progress_row(n, f"Producer {n}") for n in range(5, 16)),
            progress_row(808, "7"),
        ],
        levels=[
            {"level": 1, "title": "Novice", "min_xp": 0},
            {"level": 2, "title": "Apprentice", "min_xp": 500},
        ],
        achievements=[
            achievement("first-upload", "uploads", "1"),
            achievement("plays-1", "plays", "1"),
            achievement("plays-1000", "plays", "1000"),
            achievement("level-2", "level", "2"),
            achievement("0-early", "joined_before", "2026-01-01"),
            achievement("hero", "granted", None),
        ],
        unlocks=[
            {
                "producer_id": 1,
                "achievement_id": "plays-1",
                "unlocked_at": datetime(2026, 10, 3, 4, 5, 6, 7),
                "xp": 100,
            }
        ],
        xp_ledger=[
            ledger_row(1, date(2026, 10, 24), "play", 99),
            ledger_row(1, date(2026, 10, 25), "play", 7),
            ledger_row(1, date(2026, 10, 31), "adjustment", -10),
            ledger_row(2, date(2026, 10, 31), "play", 55),
        ],
        leaderboard=[
            *board("plays", "all_time", 740, 500, 500, 400, *[300] * 8, 200, 100, 100),
            *board("earnings", "month", 12_345),
        ],
        rejects=[
            {
                "entity": "plays",
                "file": "2026/a.csv",
                "row": row,
                "reason": reason,
                "original": original,
            }
            for row, reason, original in (
                (1, "row:malformed", "=1+1"),
                (2, "row:malformed", "-5,\n+3"),
                (3, "played_at:type", '{"play_id": "@x", "title": "\\u001b[2J"}'),
                (4, "row:malformed", "\tx"),
            )
        ]
        + [
            {
                "entity": "tracks",
                "file": "b.csv",
                "row": None,
                "reason": "file:stamp",
                "original": None,
            }
        ],
        bad_cells=[
            {"entity": "plays", "file": "2026/a.csv", "column": "seconds_played", "cells": 3}
        ],
        files=[
            {
                "entity": entity,
                "file": file,
                "sha256": "0",
                "stamp": None,
                "rows_read": 9,
                "rejected": 4,
                "reason": reason,
                "detail": detail,
                "unknown_columns": None,
            }
            for entity, file, reason, detail in (
                ("plays", "2026/a.csv", None, None),
                ("tracks", "b.csv", "file:stamp", "Its path holds no date."),
            )
        ],
    )
    return folder


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(folder / "beatxp.toml"), *arguments])


def printed(folder: Path, *arguments: str) -> str:
    result = run(folder, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def parsed(folder: Path, *arguments: str) -> Any:
    output = printed(folder, *arguments, "--json")
    assert output.count("\n") == 1
    return json.loads(output)


# show


def test_a_producer_is_found_by_id_and_by_a_name_of_their_own(folder: Path) -> None:
    assert parsed(folder, "show", "1") == parsed(folder, "show", "Ada")
    # "7" is an id first; the producer of that name has the id 808.
    assert parsed(folder, "show", "7")["progress"]["producer_id"] == "7"


def test_a_shared_name_lists_whom_it_can_mean(folder: Path) -> None:
    result = run(folder, "show", "Twin")
    assert result.exit_code == 2
    assert "2, 3" in result.stderr


def test_a_wrong_name_says_which_are_similar(folder: Path) -> None:
    result = run(folder, "show", "ada")
    assert result.exit_code == 2
    assert "'Ada' (1)" in result.stderr


def test_an_id_beyond_all_ids_is_not_found(folder: Path) -> None:
    assert run(folder, "show", "9" * 19).exit_code == 2


def test_the_page_says_how_far_everything_is(folder: Path) -> None:
    page = printed(folder, "show", "1")
    assert "58%  210 XP to level 2, Apprentice" in page
    assert "740 of 1,000 plays" in page
    assert "290 of 500 XP" in page
    assert "-12.50" in page
    assert "2026-10-03 04:05:06" in page
    assert "1 of 15" in page
    assert "Counts data up to 2026-10-31 23:59:00" in page
    assert all(len(line) <= 80 for line in page.splitlines())


def test_only_what_can_grow_is_closest(folder: Path) -> None:
    locked = parsed(folder, "show", "1")["locked"]
    assert [row["achievement_id"] for row in locked] == [
        "plays-1000",
        "level-2",
        "first-upload",
        "0-early",
        "hero",
    ]
    assert [row["percent"] for row in locked] == [74, 58, 0, None, None]
    assert "Hero" not in printed(folder, "show", "1")


def test_seven_days_end_before_as_of(folder: Path) -> None:
    page = parsed(folder, "show", "1")
    assert page["last_days"] == [f"2026-10-{day}" for day in range(25, 32)]
    assert [row["xp"] for row in page["xp_ledger"]] == [7, -10]


def test_someone_with_nothing_is_told_what_to_do_first(folder: Path) -> None:
    page = printed(folder, "show", "2")
    assert "No progress yet" in page
    assert "Do first-upload." in page
    assert "Rank" not in page


def test_names_are_text_and_nothing_else(folder: Path) -> None:
    page = printed(folder, "show", "4")
    assert r"[red]:fire:\x1b[2J\u202eevil" in page


def test_an_older_snapshot_can_be_shown(folder: Path) -> None:
    assert parsed(folder, "show", "1", "--snapshot", "1-older")["progress"]["total_xp"] == 5


def test_one_row_in_one_file_is_said_so(folder: Path) -> None:
    lines = [line.split() for line in printed(folder, "current").splitlines()]
    assert ["unlocks", "1", "row", "in", "1", "file"] in lines


# leaderboard


def test_a_cut_through_a_tie_says_how_many_are_missing(folder: Path) -> None:
    assert "and 6 more on rank 5" in printed(folder, "leaderboard", "plays", "--top", "6")
    document = parsed(folder, "leaderboard", "plays", "--top", "2")
    assert [row["producer_id"] for row in document["rows"]] == ["1", "2"]
    assert (document["more_at_last_rank"], document["ranked"]) == (1, 15)
    assert "more on rank" not in printed(folder, "leaderboard", "plays", "--top", "4")


def test_around_says_what_is_ahead_and_behind(folder: Path) -> None:
    document = parsed(folder, "leaderboard", "plays", "--around", "12")
    assert document["place"] == {
        "producer_id": "12",
        "rank": 5,
        "score": 300,
        "tied_with": 7,
        "next_rank": 4,
        "to_pass": 101,
        "ahead_by": 100,
    }
    # Eleven rows at the end of the board, where less than five come after.
    assert [row["producer_id"] for row in document["rows"]] == [str(n) for n in range(5, 16)]
    first = printed(folder, "leaderboard", "plays", "--around", "1")
    assert "nobody is ahead; 240 plays ahead" in first
    assert "100 plays more" not in first
    last = printed(folder, "leaderboard", "plays", "--around", "15")
    assert "101 plays more to pass rank 13; nobody is behind" in last.replace("\n", " ")


@pytest.mark.parametrize(
    ("producer", "why"), [("Producer 5", "no score above 0"), ("3", "suspended")]
)
def test_who_is_not_ranked_gets_a_sentence_and_no_number(
    folder: Path, producer: str, why: str
) -> None:
    said = printed(folder, "leaderboard", "earnings", "--period", "month", "--around", producer)
    assert why in said
    document = parsed(folder, "leaderboard", "earnings", "--period", "month", "--around", producer)
    assert document["place"] is None
    assert document["rows"] == []


def test_an_empty_board_is_said_to_be_empty(folder: Path) -> None:
    assert "Nobody is ranked here yet" in printed(folder, "leaderboard", "uploads")


def test_money_is_written_as_money(folder: Path) -> None:
    assert "123.45" in printed(folder, "leaderboard", "earnings", "--period", "month")


# rejects


def test_rejects_are_counted_and_shown_with_their_values(folder: Path) -> None:
    output = printed(folder, "rejects")
    assert "3  row:malformed" in output
    assert "play_id=@x" in output
    assert r"title=\x1b[2J" in output
    assert "tracks/b.csv (file:stamp): Its path holds no date." in output
    assert "seconds_played" in output


def test_rejects_can_be_narrowed_down(folder: Path) -> None:
    typed = parsed(folder, "rejects", "--reason", "played_at:*")
    assert [row["row"] for row in typed["rows"]] == [3]
    assert typed["rejected_files"] == []
    for file in ("2026/a.csv", "plays/2026/a.csv", "plays/*"):
        document = parsed(folder, "rejects", "--file", file, "--limit", "2")
        assert (document["rejected_rows"], len(document["rows"])) == (4, 2)
    tracks = parsed(folder, "rejects", "--entity", "tracks")
    assert (tracks["rejected_rows"], len(tracks["rejected_files"])) == (0, 1)
    # None is no answer to a reason that is mistyped.
    assert "for the reason 'played_at'; without" in printed(
        folder, "rejects", "--reason", "played_at"
    )
    assert run(folder, "rejects", "--file", "c.csv").exit_code == 2
    assert run(folder, "rejects", "--entity", "songs").exit_code == 2


def test_exported_rejects_are_no_formulas(folder: Path, tmp_path: Path) -> None:
    csv, parquet = tmp_path / "out.csv", tmp_path / "out.parquet"
    printed(folder, "rejects", "--csv", str(csv), "--parquet", str(parquet))
    assert pl.read_csv(csv)["original"].to_list() == [
        "'=1+1",
        "'-5,\n+3",
        '{"play_id": "@x", "title": "\\u001b[2J"}',
        "'\tx",
        None,
    ]
    assert pl.read_parquet(parquet)["original"][0] == "=1+1"
    assert {path.name for path in tmp_path.iterdir()} == {"out.csv", "out.parquet"}
    assert run(folder, "rejects", "--csv", str(tmp_path / "no" / "out.csv")).exit_code == 2


# snapshots


def test_snapshots_say_which_is_current_and_what_they_share(folder: Path) -> None:
    older, newer = parsed(folder, "snapshots")["snapshots"]
    assert (older["snapshot_id"], older["current"], older["total_xp"]) == ("1-older", False, 5)
    assert (newer["snapshot_id"], newer["current"], newer["total_xp"]) == ("2-newer", True, 290)
    # Of the tables that are empty in the older one, `inputs` and `level_ups` still are.
    assert newer["files_shared"] == 2
    assert "newer  current" in printed(folder, "snapshots")


# all of them


def test_nothing_published_is_a_sentence(tmp_path: Path) -> None:
    publish_by_hand(tmp_path, "gone")
    (tmp_path / "store/current.json").unlink()
    shutil.rmtree(tmp_path / "store/snapshots")
    for command in (["show", "1"], ["leaderboard", "plays"], ["rejects"], ["snapshots"]):
        result = run(tmp_path, *command)
        assert result.exit_code == 1
        assert "beatxp refresh" in result.stderr


def test_reading_brings_no_engine_along() -> None:
    """Importing the engines took over a second, longer than any answer."""
    code = (
        "import sys; import cli.commands"
        "; print(sorted({'duckdb', 'pandera', 'dagster', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
