"""Commands over exports whose ids are texts: they show the texts, and take them."""

import csv
import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from analysis.database import connect
from cli.commands import app
from pipelines.exports.text_ids import id_of
from pipelines.publication.manifest import current
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.published.text_ids import id_of_text, told, with_texts
from tests.cli.test_explain import RULES
from tests.product import LENIENT, Project
from tests.published import board, progress_row, publish_by_hand

ADA, BO, CLEO = (f"{name}0b1f7c3-2b1a-4d9e-8a53-0c8f2d1e4a77" for name in "abc")
TRACK, OTHER, GONE = "t/1", "t-ä", "t-gone"
#: Ids of producers, tracks and listeners are texts, in CSV, NDJSON and Parquet files.
DIALECTS = (
    '[exports.producers]\ntext_ids = ["producer_id", "user_id"]\n'
    '[exports.tracks]\ntext_ids = ["track_id", "producer_id"]\n'
    '[exports.credits]\ntext_ids = ["track_id", "producer_id"]\n'
    '[exports.plays]\ntext_ids = ["track_id", "listener_id"]\ncolumns = { track_id = "song" }\n'
    '[exports.adjustments]\ntext_ids = ["producer_id"]\n'
)
PRODUCERS = (
    "producer_id,display_name,joined_at,profile_completion,status,user_id\n"
    f"{ADA},Ada,2026-01-01,100,active,\n{BO},Same,2026-01-01,100,active,l-2\n"
    f"{CLEO},Same,2026-01-01,10,active,\n"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("texts"), LENIENT + DIALECTS)
    tracks = [
        {"track_id": TRACK, "producer_id": ADA, "title": "One"},
        {"track_id": OTHER, "producer_id": CLEO, "title": "Two"},
    ]
    more = {"status": "published", "published_at": "2026-10-01", "updated_at": "2026-10-01"}
    header = "adjustment_id,producer_id,xp,adjusted_at,reason\n"
    project.deliver(
        {
            "producers/2026-10-01.csv": PRODUCERS,
            "tracks/2026-10-01.json": "\n".join(json.dumps(one | more) for one in tracks),
            "credits/2026-10-01.csv": (
                "track_id,producer_id,credited_at\n"
                f"{TRACK},{BO},2026-10-01\n{TRACK},nobody,2026-10-01\n{GONE},{BO},2026-10-01\n"
            ),
            "plays/b.json": "\n".join(
                json.dumps({"play_id": "x", "song": song, "played_at": "2026-10-02"})
                for song in (TRACK, OTHER)
            ),
            "adjustments/a.csv": f"{header}1,{ADA},5,2026-10-03,a\n",
            "adjustments/b.csv": f"{header}1,{BO},5,2026-10-03,b\nx,{BO},5,2026-10-03,c\n",
        }
    )
    pl.DataFrame(
        {
            "play_id": range(1, 6),
            "song": [TRACK] * 4 + [OTHER],
            "played_at": [datetime(2026, 10, 2, hour) for hour in range(5)],
            "listener_id": ["l-1", "l-1", "l-1", "l-2", None],
            "seconds_played": 30,
        }
    ).write_parquet(project.exports / "plays/a.parquet")
    rules = RULES.replace("[plays]\n", "[plays]\ncount_self_plays = false\n")
    project.rulebook.write_text(rules.replace("threshold = 4", "threshold = 3"))
    project.refresh(datetime(2026, 10, 2))
    project.refresh(datetime(2026, 10, 5))
    return project


def printed(project: Project, *arguments: str, status: int = 0) -> str:
    config = str(project.folder / "store.toml")
    runner = CliRunner(env={"COLUMNS": "160"})
    result = runner.invoke(app, ["--config", config, *arguments])
    assert result.exit_code == status, result.output
    return result.output


def parsed(project: Project, *arguments: str) -> Any:
    return json.loads(printed(project, *arguments, "--json"))


def test_show_has_the_text(project: Project) -> None:
    assert f"Ada  producer {ADA}" in printed(project, "show", ADA)
    progress = parsed(project, "show", ADA)["progress"]
    assert list(progress)[:2] == ["producer_id", "producer_text_id"]
    assert (progress["producer_id"], progress["producer_text_id"]) == (str(id_of(ADA)), ADA)
    assert printed(project, "show", str(id_of(ADA))) == printed(project, "show", ADA)
    refused = printed(project, "show", "Same", status=2)
    assert all(text in refused for text in (BO, CLEO))
    assert f"'Ada' ({ADA})" in printed(project, "show", "Adda", status=2)


def test_leaderboards_have_the_texts(project: Project) -> None:
    rows = parsed(project, "leaderboard", "plays", "--around", BO)["rows"]
    assert [row["producer_text_id"] for row in rows] == sorted(
        (row["producer_text_id"] for row in rows), key=id_of
    )
    assert BO in printed(project, "leaderboard", "plays")


def test_explanations_have_the_texts(project: Project, tmp_path: Path) -> None:
    said = printed(project, "explain", ADA, "--day", "2026-10-02", "--parquet", str(tmp_path))
    assert f"Ada  producer {ADA}" in said
    assert f"play 1 of track {TRACK}" in said
    listener = id_of("l-2")
    assert f"listener {listener} is producer {BO}, who worked on the track" in said
    assert f"plays/b.json row 1: play_id:type (track {TRACK})" in said
    plays = pl.read_parquet(tmp_path / "plays.parquet")
    assert set(plays["track_text_id"]) == {TRACK}
    assert set(plays["listener_is_producer_text_id"]) == {None, BO}
    told_of = parsed(project, "explain", ADA, "--source", "collaboration")
    assert told_of["producer"]["producer_text_id"] == ADA
    shared = told_of["collaborations"]
    assert {(row["uploader_text_id"], row["collaborator_text_id"]) for row in shared} == {
        (ADA, BO),
        (ADA, None),
    }
    said = printed(project, "explain", ADA, "--source", "collaboration")
    assert f"track {TRACK} of producer {ADA} with {BO}" in said
    replaced = parsed(project, "explain", ADA, "--source", "adjustment")["adjustments"]
    assert replaced[0]["detail"].endswith(f"row 1, of producer {BO}")
    rejects = parsed(project, "explain", BO, "--source", "adjustment")["rejects"]
    assert [row["names"] for row in rejects] == [f"producer {BO}"]
    assert f"of track {TRACK}" in printed(project, "explain", ADA, "--achievement", "plays-4")


def test_differences_have_the_texts(project: Project, tmp_path: Path) -> None:
    said = printed(project, "diff", "previous", "--csv", str(tmp_path))
    assert ADA in said
    with (tmp_path / "numbers.csv").open() as file:
        rows = list(csv.DictReader(file))
    named = {row["producer_id"]: row["producer_text_id"] for row in rows if row["producer_id"]}
    assert named == {str(id_of(text)): text for text in (ADA, BO, CLEO)}


def test_rejected_and_unmatched_rows_have_the_texts(project: Project) -> None:
    assert BO in printed(project, "rejects", "--entity", "adjustments")
    rows = parsed(project, "rejects", "--unmatched")["rows"]
    texts = [json.loads(row["original"]) for row in rows]
    found = {(one.get("track_text_id"), one["producer_text_id"]) for one in texts}
    assert found == {(TRACK, None), (None, BO)}


def test_sql_joins_the_texts(project: Project) -> None:
    query = (
        "SELECT text_id, total_xp FROM progress JOIN text_ids ON entity = 'producers' "
        f"AND id = producer_id WHERE text_id = '{ADA}'"
    )
    assert parsed(project, "sql", query)["rows"][0]["text_id"] == ADA
    answer = parsed(project, "sql", "SELECT count(*) AS n FROM text_ids WHERE entity = 'tracks'")
    assert answer["rows"] == [{"n": 2}]


def test_keys_are_made_for_texts(project: Project) -> None:
    config = project.folder / "store.toml"
    keys = project.folder / "keys.toml"
    login = '[login]\napi_keys = "keys.toml"\n'
    config.write_text(config.read_text() + login)
    for written in (ADA, str(id_of(ADA)), "94"):
        printed(project, "key", "one", "--producer", written)
    made = tomllib.loads(keys.read_text())["keys"]
    assert [(one.get("producer_id"), one.get("producer_text_id")) for one in made] == [
        (None, ADA),
        (id_of(ADA), None),
        (None, "94"),
    ]


def test_nothing_changes_where_ids_are_numbers(tmp_path: Path) -> None:
    publish_by_hand(
        tmp_path,
        "one",
        progress=[progress_row(1, "Ada")],
        leaderboard=board("plays", "all_time", 5),
    )
    store = tmp_path / "store"
    snapshot = PublishedSnapshot(store, current(store))
    rows = pl.DataFrame({"producer_id": [1], "track_id": [2]})
    assert with_texts(rows, snapshot) is rows
    assert told(rows).meta.output_name() == "producer_id"
    assert id_of_text(snapshot, "producers", "1") is None
    assert id_of_text(snapshot, "producers", "\ud800") is None
    with connect(store) as connection:
        joined = connection.sql(
            "SELECT producer_id, text_id FROM progress "
            "LEFT JOIN text_ids ON entity = 'producers' AND id = producer_id"
        )
        assert joined.fetchall() == [(1, None)]
        assert connection.sql("FROM text_ids").columns == ["entity", "id", "text_id"]
    config = tmp_path / "beatxp.toml"
    config.write_text(config.read_text() + '[login]\napi_keys = "keys.toml"\n')
    command = ["--config", str(config), "key", "one", "--producer"]
    for written in ("x", "0", ADA, str(2**63)):
        refused = CliRunner().invoke(app, [*command, written])
        assert refused.exit_code == 2
        assert "an id is a whole number" in " ".join(refused.output.split())
