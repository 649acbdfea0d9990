"""`beatxp explain` over a marketplace in which every row is known."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from analysis.explain import answer
from pipelines.cli import explain  # noqa: F401
from pipelines.cli.app import app
from tests.product import Project

HOSTILE = "[red]:fire:\x1b[2J\u202eevil"
RULES = """
[rulebook]
name = "Small"
version = "1"
[metadata]
fields = ["artwork", "tags"]
complete_at_percent = 100
[collaboration]
play_min_profile_completion = 80
[plays]
min_seconds = 30
[[xp.rates]]
from = 2000-01-01
upload = 100
play = 3
[[xp.boosts]]
source = "play"
from = 2026-10-02
until = 2026-10-03
percent = 150
[xp.daily_caps]
play = 10
[[levels]]
level = 1
title = "Novice"
min_xp = 0
[[achievements]]
id = "plays-4"
name = "Four"
description = "Four plays"
rarity = "common"
xp = 100
metric = "plays"
threshold = 4
[[achievements]]
id = "plays-10"
name = "Ten"
description = "Ten plays"
rarity = "common"
xp = 100
metric = "plays"
threshold = 10
[leaderboards.overall]
plays = 1
"""
EXPORTS = {
    "producers/2026-10-01.csv": (
        "producer_id,display_name,joined_at,profile_completion,status\n"
        f'1,"{HOSTILE}",2026-01-01,100,active\n2,Bo,2026-01-01,10,active\n'
    ),
    "tracks/2026-10-01.csv": (
        "track_id,producer_id,title,status,published_at,updated_at,artwork\n"
        f'7,1,"=1+1 {HOSTILE}",published,2026-10-01T12:00:00,2026-10-01,a.png\n'
    ),
    "credits/2026-10-01.csv": "track_id,producer_id,credited_at\n7,2,2026-10-01\n",
    "plays/a.csv": (
        "play_id,track_id,played_at,listener_id,seconds_played\n"
        + "".join(f"{n},7,2026-10-02T00:00:0{n},9,30\n" for n in range(1, 5))
        + "5,7,2026-10-02T10:00:00,9,29\n6,7,2026-10-02T11:00:00,9,\nx,7,2026-10-02,9,30\n"
        + "8,7,2026-10-03T10:00:00,9,30\n"
    ),
    "adjustments/a.csv": (
        "adjustment_id,producer_id,xp,adjusted_at,reason,adjusted_by\n"
        f'1,1,-500,2026-10-04,"{HOSTILE}","=cmd()"\n'
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("explained"))
    for name, text in EXPORTS.items():
        path = project.exports / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    project.rulebook.write_text(RULES)
    project.refresh(datetime(2026, 10, 5))
    return project


def run(project: Project, *arguments: str) -> Result:
    config = str(project.folder / "store.toml")
    return CliRunner().invoke(app, ["--config", config, "explain", *arguments])


def printed(project: Project, *arguments: str) -> str:
    result = run(project, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def parsed(project: Project, *arguments: str) -> Any:
    output = printed(project, *arguments, "--json")
    assert output.count("\n") == 1
    return json.loads(output)


def test_the_arithmetic_of_every_ledger_row_is_in_words(project: Project) -> None:
    told = parsed(project, "1")
    assert {
        (row["day"], row["source"]): (row["xp"], row["arithmetic"]) for row in told["ledger"]
    } == {
        ("2026-10-01", "upload"): (100, "1 upload x 100 XP = 100"),
        ("2026-10-01", "collaboration"): (0, "1 collaboration x 0 XP = 0"),
        ("2026-10-02", "achievement"): (100, "1 achievement = 100"),
        ("2026-10-02", "play"): (
            10,
            "4 plays x 4 XP (3 x 150 %, rounded down) = 16, cut by the cap of 10",
        ),
        ("2026-10-03", "play"): (3, "1 play x 3 XP = 3"),
        ("2026-10-04", "adjustment"): (-500, "1 adjustment = -500"),
    }
    assert told["total"][0]["ledger_xp"] == -287
    text = printed(project, "1")
    assert "0 XP: the sum of 6 ledger rows is -287, and a total is never below 0." in text


def test_a_day_lists_the_rows_that_count_and_those_that_do_not(project: Project) -> None:
    told = parsed(project, "1", "--day", "2026-10-02")
    verdicts = {row["play_id"]: (row["row"], row["verdict"]) for row in told["plays"]}
    counted = {n: (n, "counted") for n in range(1, 5)}
    assert verdicts == {**counted, 5: (5, "too_short"), 6: (6, "too_short")}
    assert [(row["file"], row["row"]) for row in told["rejects"]] == [("a.csv", 7)]
    text = printed(project, "1", "--day", "2026-10-02")
    assert "29 s played, 30 s needed" in text
    assert "plays/a.csv row 7: play_id:type (track 7)" in text


def test_why_a_collaborator_earns_nothing(project: Project) -> None:
    text = printed(project, "Bo", "--source", "play")
    assert "profile 10 % complete by the dump of 2026-10-01T00-00, 80 % needed" in text
    assert "1 of 2 fields filled in, 100 % needed; missing: tags" in printed(
        project, "1", "--source", "metadata"
    )


def test_what_unlocked_an_achievement_or_what_is_missing(project: Project) -> None:
    (four,) = parsed(project, "1", "--achievement", "plays-4")["achievements"]
    assert (four["entity"], four["file"], four["row"]) == ("plays", "a.csv", 4)
    assert four["event_at"] == four["unlocked_at"] == "2026-10-02T00:00:04Z"
    # Other commands show names, not ids.
    assert "5 of 10 plays; 5 to go" in printed(project, "1", "--achievement", "Ten")


def test_too_many_plays_are_only_looked_at_day_by_day(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "MOST_PLAYS", 4)
    assert "Their tracks have 5 plays, too many to look at each." in printed(project, "1")
    told = parsed(project, "1")
    assert told["plays_left_out"] == 5
    assert "plays" not in {row["table"] for row in told["verdicts"]}
    assert len(parsed(project, "1", "--day", "2026-10-02")["plays"]) == 6


def test_texts_of_strangers_move_nothing(project: Project) -> None:
    for question in ((), ("--source", "upload"), ("--source", "adjustment")):
        text = printed(project, "1", *question)
        assert "[red]:fire:\\x1b[2J\\u202eevil" in " ".join(text.split())
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_tables_are_written_as_files(project: Project, tmp_path: Path) -> None:
    csv, parquet = tmp_path / "new/csv", tmp_path / "parquet"
    said = printed(
        project, "1", "--day", "2026-10-04", "--csv", str(csv), "--parquet", str(parquet)
    )
    assert f"Written: {csv}" in said
    assert f"Written: {parquet}" in said
    names = {path.stem for path in csv.iterdir()}
    assert names == {path.stem for path in parquet.iterdir()}
    assert {"ledger", "plays", "adjustments", "achievements", "rejects"} <= names
    # A spreadsheet would run what begins with "=".
    assert ",'=cmd()," in (csv / "adjustments.csv").read_text()
    assert pl.read_parquet(parquet / "adjustments.parquet")["adjusted_by"].to_list() == ["=cmd()"]
    file = tmp_path / "file"
    file.touch()
    refused = run(project, "1", "--csv", str(file))
    assert refused.exit_code == 2
    assert "is a file" in " ".join(refused.stderr.split())


@pytest.mark.parametrize(
    ("day", "said"),
    [
        # The last day that the snapshot counts, and the first that it does not.
        ("2026-10-04", None),
        ("2026-10-05", "ends before 2026-10-05: it counts what is before 2026-10-05 00:00:00"),
        ("2026-01-01", None),
        ("2025-12-31", "before they joined: that was on 2026-01-01."),
    ],
)
def test_a_day_of_which_nothing_can_be_is_said_to_be_one(
    project: Project, day: str, said: str | None
) -> None:
    sentences = " ".join(printed(project, "2", "--day", day).split())
    assert "No ledger rows." in sentences
    if said is None:
        assert "ends before" not in sentences
        assert "joined" not in sentences
    else:
        assert said in sentences
    earnings = " ".join(printed(project, "2", "--source", "earning", "--day", day).split())
    assert (said or "producer 2") in earnings


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("99",), 2, "No producer has the id"),
        (("1", "--achievement", "none"), 2, "possible here: plays-10, plays-4."),
        (("1", "--achievement", "play-4"), 2, 'did you mean "plays-4"?'),
        (("1", "--day", "today"), 2, "is not a day"),
        (("1", "--source", "plays"), 2, "There is no source"),
        (("1", "--achievement", "plays-4", "--day", "2026-10-02"), 2, "without --source and"),
    ],
)
def test_mistakes_are_told_in_sentences(
    project: Project, arguments: tuple[str, ...], status: int, message: str
) -> None:
    result = run(project, *arguments)
    assert result.exit_code == status
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_exports_that_are_gone_are_told_in_a_sentence(project: Project, tmp_path: Path) -> None:
    copy = Project(tmp_path / "copy")
    shutil.copytree(project.folder, copy.folder, dirs_exist_ok=True)
    shutil.rmtree(copy.folder / "store/work")
    (copy.exports / "plays/a.csv").unlink()
    result = run(copy, "1")
    assert result.exit_code == 1
    assert "cannot be computed again" in " ".join(result.stderr.split())
