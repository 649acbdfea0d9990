"""What every refresh says about the input, and the guards (specification, section 1)."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.commands import app
from pipelines.exports.empty import NoExportFiles
from pipelines.publication.publish import Refused
from tests.product import Project

AS_OF = datetime(2026, 11, 20)
RULEBOOK = """
[rulebook]
name = "Test"
version = "1"
[metadata]
fields = ["genres"]
complete_at_percent = 100
[collaboration]
play_min_profile_completion = 0
[plays]
min_seconds = 0
count_self_plays = true
max_per_listener_track_day = 0
[[xp.rates]]
from = 2000-01-01
play = 1
[[levels]]
level = 1
title = "L1"
min_xp = 0
[leaderboards.overall]
points = 1
"""
PRODUCERS = "producer_id,display_name,joined_at,profile_completion,status\n"
TRACKS = "track_id,producer_id,title,status,published_at,updated_at\n"
PLAYS = "play_id,track_id,played_at,listener_id\n"
FILES = {
    "producers/2026-11-01.csv": PRODUCERS + "1,Ada,2026-01-01,100,active\n",
    "tracks/2026-11-01.csv": TRACKS + "1,1,x,published,2026-01-01,2026-01-01\n",
    "plays/a.csv": PLAYS + "".join(f"{n},1,2026-11-02,{n}\n" for n in range(1, 41)),
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, guards="")
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    return project


def test_clean_input_is_nothing_to_speak_of(project: Project) -> None:
    assert project.refresh(AS_OF).notices == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("plays/000000_0", "", "Ignored, since their endings are not those of export files"),
        (
            "play/b.csv",
            PLAYS,
            'The folder play of the exports is no entity\'s; did you mean "plays"',
        ),
        ("plays/b.json", "{}\n", "No row of plays/b.json was accepted."),
        ("plays/b.json", "{}\n", "1 row of plays rejected, play_id:required, such as 'null'."),
        (
            "plays/b.csv",
            PLAYS + "99,1,2026-11-02,x\n",
            "1 bad cell of plays in listener_id, such as",
        ),
        ("plays/b.tsv", "a\tb\n", "plays/b.tsv was rejected, file:columns"),
        ("credits/2026-12-01.csv", "track_id,producer_id,credited_at\n", "is not in force yet"),
        (
            "credits/2026-12-01.csv",
            "track_id,producer_id,credited_at\n",
            "No dump of credits is in",
        ),
        ("tracks/2026-11-01-b.csv", FILES["tracks/2026-11-01.csv"], "may have been taken for one"),
    ],
)
def test_nothing_is_silent(project: Project, name: str, text: str, said: str) -> None:
    project.deliver({name: text})
    notices = project.refresh(AS_OF).notices
    assert any(said in notice for notice in notices), notices
    # Also when nothing is new.
    again = project.refresh(AS_OF)
    assert (again.published, again.notices) == (False, notices)


def test_whose_row_was_rejected_is_named(project: Project) -> None:
    project.refresh(AS_OF)
    project.deliver(
        {
            "producers/2026-11-02.csv": PRODUCERS
            + "1,Ada,soon,100,active\n"
            + "".join(f"{n},N,2026-01-01,100,active\n" for n in range(2, 40))
            + "77,Unknown before,soon,100,active\n",
            "tracks/2026-11-02.csv": TRACKS
            + "1,1,x,published,soon,2026-01-01\n"
            + "".join(f"{n},2,x,draft,,2026-01-01\n" for n in range(2, 40)),
        }
    )
    notices = project.refresh(AS_OF).notices
    assert any(said.startswith("1 producer that") and said.endswith(": 1.") for said in notices)
    assert any(said.startswith("1 track that") and said.endswith(": 1.") for said in notices)


def test_a_column_of_bad_cells_stops_a_refresh_and_shows_one(project: Project) -> None:
    project.deliver(
        {"plays/b.csv": PLAYS + "".join(f"{n},1,2026-11-02,u-{n}\n" for n in range(50, 90))}
    )
    project.refresh(AS_OF)  # half of the cells
    project.deliver(
        {"plays/c.csv": PLAYS + "".join(f"{n},1,2026-11-02,u-{n}\n" for n in range(100, 120))}
    )
    with pytest.raises(Refused, match=r"20 of 20 cells of plays\.listener_id .* Such as 'u-100'"):
        project.refresh(AS_OF)


def test_a_reason_shows_one_value(project: Project) -> None:
    project.deliver({"plays/b.csv": PLAYS + "50,1,yesterday,1\n" * 3})
    with pytest.raises(Refused, match=r"played_at:type \(3, such as 'yesterday'\)"):
        project.refresh(AS_OF)


def test_lost_events_stop_a_refresh(project: Project) -> None:
    project.deliver({"plays/b.csv": PLAYS + "50,1,2026-11-02,1\n"})
    project.refresh(AS_OF)
    (project.exports / "plays/a.csv").unlink()
    with pytest.raises(Refused, match="1 accepted row, at the last publication they had 41"):
        project.refresh(AS_OF)


def test_a_folder_without_export_files_is_refused(project: Project) -> None:
    project.refresh(AS_OF)
    inner = project.exports / "2026"
    inner.mkdir()
    for entity in ("producers", "tracks", "plays"):
        (project.exports / entity).rename(inner / entity)
    with pytest.raises(NoExportFiles, match=f"{inner} does"):
        project.refresh(AS_OF)
    allowed = Project(
        project.folder, guards="[guards]\nallow_empty = true\nmax_shrink_percent = 100\n"
    )
    assert allowed.refresh(AS_OF).manifest.snapshot.producers == 0


def test_scripts_and_people_are_told_the_same(project: Project) -> None:
    project.deliver({"plays/notes.txt": ""})
    project.settings()
    arguments = ["--config", str(project.folder / "store.toml"), "refresh", "--as-of", "2026-11-20"]
    for _ in range(2):  # the second finds nothing new
        done = CliRunner().invoke(app, [*arguments, "--json"])
        (notice,) = json.loads(done.stdout)["notices"]
        assert notice.endswith("plays/notes.txt.")
        assert "plays/notes.txt" in done.stderr
