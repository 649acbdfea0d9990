"""What nothing is known of: unmatched rows and files that are not read, listed and exported."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from cli import at, explain, rejects  # noqa: F401
from cli.app import app
from tests.product import Project

HOSTILE = "=[red]\x1b[2J\u202eevil"
RULES = """
[rulebook]
name = "Small"
version = "1"
[metadata]
fields = ["tags"]
complete_at_percent = 100
[collaboration]
play_min_profile_completion = 80
[[xp.rates]]
from = 2000-01-01
play = 1
[[levels]]
level = 1
title = "Novice"
min_xp = 0
[[achievements]]
id = "hero"
name = "Hero"
description = "Given"
rarity = "rare"
xp = 100
metric = "granted"
[leaderboards.overall]
plays = 1
"""
PLAYS = "play_id,track_id,played_at\n"
EXPORTS = {
    "producers/2026-10-01.csv": (
        "producer_id,display_name,joined_at,profile_completion,status\n"
        "1,Ada,2026-01-01,100,active\n"
    ),
    "tracks/2026-10-01.csv": (
        "track_id,producer_id,title,status,published_at,updated_at\n"
        f'7,1,Seven,published,2026-10-01,2026-10-01\n8,5,"{HOSTILE}",draft,,2026-10-01\n'
    ),
    "credits/2026-10-01.csv": "track_id,producer_id,credited_at\n70,9,2026-10-01\n",
    "plays/a.csv": (
        PLAYS
        + "".join(f"{n},77,2026-10-02T00:00:{n:02}\n" for n in range(1, 60))
        + "100,7,2026-10-02\n101,77,2026-10-03\n102,77,2026-10-05\n"
    ),
    # What comes later names a track that is known.
    "plays/b.csv": PLAYS + "101,7,2026-10-03\n",
    "plays/c.csv.tmp": PLAYS + "200,7,2026-10-02\n",
    "plays/_SUCCESS": "",
    "earnings/a.csv": (
        "earning_id,producer_id,amount_cents,earned_at\n1,9,5,2026-10-02\n2,1,5,2026-10-02\n"
    ),
    "grants/a.csv": (
        "grant_id,producer_id,achievement_id,granted_at\n"
        f'1,9,"{HOSTILE}",2026-10-02\n2,1,hero,2026-10-02\n'
    ),
    "adjustments/a.csv": (
        "adjustment_id,producer_id,xp,adjusted_at,reason\n1,9,5,2026-10-02,gift\n"
    ),
    "songs/a.csv": "",
}
UNMATCHED = {
    ("tracks", "producer 5"): 1,
    ("credits", "track 70, producer 9"): 1,
    ("plays", "track 77"): 59,
    ("earnings", "producer 9"): 1,
    ("grants", f"producer 9, achievement {HOSTILE}"): 1,
    ("adjustments", "producer 9"): 1,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("unmatched"))
    project.deliver(EXPORTS)
    project.rulebook.write_text(RULES)
    project.refresh(datetime(2026, 10, 5))
    return project


def run(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(project.folder / "store.toml"), *arguments])


def printed(project: Project, *arguments: str) -> str:
    result = run(project, *arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def parsed(project: Project, *arguments: str) -> Any:
    result = run(project, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_unmatched_rows_are_counted_by_what_is_unknown(project: Project) -> None:
    told = parsed(project, "rejects", "--unmatched", "--limit", "3")
    counts = {(row["entity"], row["unknown"]): row["rows"] for row in told["counts"]}
    assert counts == UNMATCHED
    assert (told["unmatched_rows"], len(told["rows"])) == (64, 3)
    assert told["is_as_published"]
    text = printed(project, "rejects", "--unmatched", "--entity", "plays", "--limit", "1")
    assert "59 plays track 77" in text
    assert "The first 1 of 59 unmatched rows plays/a.csv row 1: track 77 play_id=1" in text


def test_unmatched_rows_are_exported_with_file_row_and_values(
    project: Project, tmp_path: Path
) -> None:
    csv, parquet = tmp_path / "u.csv", tmp_path / "u.parquet"
    printed(project, "rejects", "--unmatched", "--csv", str(csv), "--parquet", str(parquet))
    rows = pl.read_parquet(parquet)
    assert rows.columns == ["entity", "file", "row", "day", "unknown", "original"]
    assert rows.height == pl.read_csv(csv).height == 64
    places = rows.filter(pl.col("entity") == "plays").select("file", "row").rows()
    assert places == [("a.csv", n) for n in range(1, 60)]
    (track,) = rows.filter(pl.col("entity") == "tracks").to_dicts()
    assert json.loads(track["original"])["title"] == HOSTILE


def test_unmatched_rows_can_be_narrowed_down(project: Project) -> None:
    of_file = parsed(project, "rejects", "--unmatched", "--file", "grants/a.csv")
    assert of_file["unmatched_rows"] == 1
    nothing = printed(project, "rejects", "--unmatched", "--file", "plays/b.csv")
    assert "No unmatched rows." in nothing
    refused = run(project, "rejects", "--unmatched", "--reason", "x")
    assert refused.exit_code == 2
    hostile = printed(project, "rejects", "--unmatched", "--entity", "grants")
    assert "\x1b" not in hostile
    assert "\u202e" not in hostile


def test_unmatched_rows_of_another_moment(project: Project) -> None:
    """At first there is no dump, so that nothing is known."""
    told = parsed(project, "at", "2026-10-02T00:00:02", "rejects", "--unmatched")
    assert {row["entity"]: row["rows"] for row in told["counts"]}["plays"] == 1
    assert told["is_as_published"] is None
    later = parsed(project, "at", "2026-10-06", "rejects", "--unmatched", "--entity", "plays")
    assert later["unmatched_rows"] == 60


def test_what_is_not_read_is_told_beside_what_was_rejected(project: Project) -> None:
    told = parsed(project, "rejects")
    assert {row["entity"]: row["unmatched"] for row in told["unmatched"]} == {
        "tracks": 1,
        "credits": 1,
        "plays": 59,
        "earnings": 1,
        "grants": 1,
        "adjustments": 1,
    }
    unread = {(row["entity"], row["file"]): row["reason"] for row in told["unread_files"]}
    assert unread == {
        ("plays", "c.csv.tmp"): "unfinished",
        ("plays", "_SUCCESS"): "hidden",
        (None, "songs/"): "folder",
    }
    text = printed(project, "rejects")
    assert "Files that are not read: 3" in text
    why = 'It is not there yet: "c.csv.tmp" ends in ".tmp".'
    assert f"- plays/c.csv.tmp (unfinished): {why}" in text
    assert "64 rows that refer to something unknown" in text
    assert "--unmatched lists them." in text
    of_plays = parsed(project, "rejects", "--entity", "plays")
    assert [row["entity"] for row in of_plays["unmatched"]] == ["plays"]
    # Who asks for such a file hears why, and not that there is none.
    asked = run(project, "rejects", "--file", "plays/c.csv.tmp")
    assert asked.exit_code == 2
    assert 'plays/c.csv.tmp is not read: It is not there yet: "c.csv' in asked.stderr


def test_explain_says_what_could_have_been_meant_for_the_producer(project: Project) -> None:
    text = printed(project, "explain", "1")
    assert "Unmatched: 64 rows that refer to something unknown" in text
    assert "plays: 59" in text
    assert "`rejects --unmatched` lists them." in text
    assert 'plays/c.csv.tmp: It is not there yet: "c.csv.tmp" ends in ".tmp".' in text
    assert "_SUCCESS" not in text
    told = parsed(project, "explain", "1", "--day", "2026-10-02", "--source", "play")
    of_day = {row["entity"]: (row["rows"], row["rows_of_day"]) for row in told["unmatched"]}
    assert of_day == {"tracks": (1, None), "credits": (1, None), "plays": (59, 59)}
    assert [row["file"] for row in told["unread_files"]] == ["c.csv.tmp", "songs/"]
    other = printed(project, "explain", "1", "--day", "2026-10-03", "--source", "play")
    assert "plays: 59, 0 of them on 2026-10-03" in other
