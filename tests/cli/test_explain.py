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
from cli import explain  # noqa: F401
from cli.app import app
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
    project.deliver(EXPORTS)
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
    verdicts = {int(row["play_id"]): (row["row"], row["verdict"]) for row in told["plays"]}
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


def test_untrusted_texts_move_nothing(project: Project) -> None:
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


CORRECTED = {
    "producers/2026-10-01.csv": (
        "producer_id,display_name,joined_at,profile_completion,status,user_id\n"
        "1,Ada,2026-01-01,100,active,91\n2,Bo,2026-01-01,10,active,\n"
    ),
    "tracks/2026-10-01/a.csv": (
        "track_id,producer_id,title,status,published_at,updated_at\n"
        "7,1,Seven,published,2026-10-01T12:00:00,2026-10-01\n"
        "8,1,Eight,published,2026-10-01T12:00:00,2026-10-01\n"
        "9,1,Nine,published,2026-10-01T12:00:00,2026-10-01\n"
    ),
    "tracks/2026-10-01/b.csv": (
        "track_id,producer_id,title,status,published_at,updated_at\n"
        "8,2,Eight,published,2026-10-01T12:00:00,2026-10-01\n"
        "9,1,Nine,removed,2026-10-01T12:00:00,2026-10-01\n"
    ),
    "credits/2026-10-01/a.csv": "track_id,producer_id,credited_at\n7,2,2026-10-01\n",
    "credits/2026-10-01/b.csv": "track_id,producer_id,credited_at\n7,2,2026-10-03\n",
    # Seven plays of Ada's track 7, all of which a later file corrects.
    "plays/a.csv": (
        "play_id,track_id,played_at,listener_id,seconds_played\n"
        + "".join(f"{n},7,2026-10-02T00:00:0{n},50,30\n" for n in range(1, 8))
    ),
    "plays/b.csv": (
        "play_id,track_id,played_at,listener_id,seconds_played\n"
        "1,7,2026-10-02T00:00:01,50,31\n2,7,2026-10-02T00:00:02,50,31\n"
        "3,8,2026-10-02T00:00:03,50,30\n4,77,2026-10-02T00:00:04,50,30\n"
        "5,7,2026-10-02T00:00:05,91,30\n6,7,2026-10-02T00:00:06,50,3\n"
        "7,9,2026-10-02T00:00:07,50,30\n"
    ),
    "earnings/a.csv": (
        "earning_id,producer_id,amount_cents,earned_at\n"
        "1,1,100,2026-10-02\n2,1,200,2026-10-02\n3,1,300,2026-10-02\n"
    ),
    "earnings/b.csv": (
        "earning_id,producer_id,amount_cents,earned_at\n"
        "1,1,150,2026-10-02\n2,2,200,2026-10-02\n3,1,300,2026-11-02\n"
    ),
    "grants/a.csv": (
        "grant_id,producer_id,achievement_id,granted_at\n1,1,hero,2026-10-02\n2,1,hero,2026-10-03\n"
    ),
    "grants/b.csv": (
        "grant_id,producer_id,achievement_id,granted_at\n1,1,heroine,2026-10-02\n"
        "2,1,hero,2026-10-04\n"
    ),
    "adjustments/a.csv": (
        "adjustment_id,producer_id,xp,adjusted_at,reason\n1,1,5,2026-10-02,gift\n"
    ),
    "adjustments/b.csv": (
        "adjustment_id,producer_id,xp,adjusted_at,reason\n1,2,5,2026-10-02,gift\n"
    ),
}
GRANTED = """
[[achievements]]
id = "hero"
name = "Hero"
description = "Given"
rarity = "rare"
xp = 100
metric = "granted"
"""


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("corrected"))
    project.deliver(CORRECTED)
    rules = RULES.replace("min_seconds = 30", "min_seconds = 30\ncount_self_plays = false")
    project.rulebook.write_text(rules + GRANTED)
    project.refresh(datetime(2026, 10, 5))
    return project


def test_what_a_replacement_means_for_the_producer_is_said_of_each(corrected: Project) -> None:
    """Some replacements count as well, some are another producer's, some count for nobody."""
    told = parsed(corrected, "1")
    replaced = {
        (row["table"], row["replacement"]): row["rows"]
        for row in told["verdicts"]
        if row["verdict"] == "replaced"
    }
    assert replaced == {
        ("uploads", "another_producer"): 1,
        ("uploads", "removed"): 1,
        ("metadata", "another_producer"): 1,
        ("metadata", "removed"): 1,
        ("collaborations", "counted"): 1,
        ("plays", "counted"): 3,
        ("plays", "another_producer"): 1,
        ("plays", "unknown_track"): 1,
        ("plays", "self_play"): 1,
        ("plays", "too_short"): 1,
        ("earnings", "counted"): 1,
        ("earnings", "another_producer"): 1,
        ("earnings", "not_yet"): 1,
        ("grants", "counted"): 1,
        ("grants", "unknown_achievement"): 1,
        ("adjustments", "another_producer"): 1,
    }
    assert all(
        (row["verdict"] == "replaced") == bool(row["replacement"]) for row in told["verdicts"]
    )
    text = " ".join(printed(corrected, "1").split())
    assert "Plays 3 replaced by a later row that counts here" in text
    assert "Plays 1 replaced by a later row that is another producer's" in text
    assert "Plays 1 replaced by a later row that does not count: self play" in text


def test_a_replaced_row_names_its_replacement_and_whose_it_is(corrected: Project) -> None:
    plays = parsed(corrected, "1", "--source", "play")["plays"]
    assert {
        int(row["play_id"]): row["detail"] for row in plays if row["verdict"] == "replaced"
    } == {
        1: "replaced by plays/b.csv row 1, which counts",
        2: "replaced by plays/b.csv row 2, which counts",
        3: "replaced by plays/b.csv row 3, of track 8 of producer 2",
        4: "replaced by plays/b.csv row 4, of track 77: the dump in force has no such track",
        5: "replaced by plays/b.csv row 5, which does not count: listener 91 is producer 1, "
        "who worked on the track",
        6: "replaced by plays/b.csv row 6, which does not count: 3 s played, 30 s needed",
        7: "replaced by plays/b.csv row 7, which counts",
    }
    earnings = parsed(corrected, "1", "--source", "earning")["earnings"]
    assert [row["detail"] for row in earnings if row["verdict"] == "replaced"] == [
        "replaced by earnings/b.csv row 1, which counts",
        "replaced by earnings/b.csv row 2, of producer 2",
        "replaced by earnings/b.csv row 3, which does not count: "
        "dated at or after the snapshot's time, 2026-10-05 00:00:00",
    ]
    uploads = parsed(corrected, "1", "--source", "upload")["uploads"]
    assert [row["detail"] for row in uploads if row["verdict"] == "replaced"] == [
        "replaced by tracks/2026-10-01/b.csv row 1, of producer 2",
        "replaced by tracks/2026-10-01/b.csv row 2, which does not count: the track was removed",
    ]
    (day,) = parsed(corrected, "1", "--day", "2026-10-01")["collaborations"]
    assert day["detail"] == "replaced by credits/2026-10-01/b.csv row 1, which counts"
