"""Exports as other systems have been seen to write them, and what their users expect of them.

Each test is one kind of surprise, with the cases that belong to it; the values are small enough to
be counted by hand.  (specification, section 1)
"""

import gzip
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli.commands import app
from pipelines.publication.publish import Outcome, Refused
from tests.exports.conftest import Read
from tests.product import Project

AS_OF = datetime(2026, 11, 20)
RULEBOOK = """
[rulebook]
name = "Test"
version = "1"
[metadata]
fields = ["genres", "bpm"]
complete_at_percent = 100
[collaboration]
play_min_profile_completion = 0
[plays]
min_seconds = 0
count_self_plays = false
max_per_listener_track_day = 1
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
PRODUCERS = "producer_id,display_name,joined_at,profile_completion,status,user_id\n"
TRACKS = "track_id,producer_id,title,status,published_at,updated_at,genres,bpm\n"
CREDITS = "track_id,producer_id,credited_at\n"
PLAYS = "play_id,track_id,played_at,listener_id\n"
FILES = {
    "producers/2026-11-01.csv": PRODUCERS
    + "1,Ann,2026-01-01,100,active,101\n2,Bo,2026-01-01,100,active,102\n",
    "tracks/2026-11-01.csv": TRACKS
    + "10,1,One,published,2026-02-01,2026-02-01,trap,120\n"
    + "11,2,Two,published,2026-02-01,2026-02-01,,\n",
    "plays/a.csv": PLAYS + "1,10,2026-05-01,900\n2,11,2026-05-01,900\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, guards="")
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    return project


def _progress(project: Project, outcome: Outcome) -> dict[int, dict[str, Any]]:
    rows = project.tables(outcome.manifest)["progress"]
    return {row["producer_id"]: row for row in rows}


def _inputs(project: Project, outcome: Outcome, entity: str) -> dict[str, int]:
    (row,) = [r for r in project.tables(outcome.manifest)["inputs"] if r["entity"] == entity]
    return {name: row[name] for name in ("files", "rejected_files", "accepted", "rejected")}


def _says(outcome: Outcome, text: str) -> bool:
    return any(text in notice for notice in outcome.notices)


# What lies in the folders


def test_what_is_no_file_is_a_rejected_file_and_is_never_waited_for(project: Project) -> None:
    """A share that is not mounted leaves links to nothing; a pipe would wait for its writer."""
    plays = project.exports / "plays"
    (plays / "gone.csv").symlink_to("/nowhere/gone.csv")
    (plays / "circle.csv").symlink_to(plays / "circle.csv")
    (plays / "zero.csv").symlink_to("/dev/zero")
    (plays / "broken.csv").symlink_to("/proc/self/mem")
    (plays / os.fsdecode(b"caf\xe9.csv")).write_text(PLAYS + "7,10,2026-05-02,1\n")
    os.mkfifo(plays / "pipe.csv")
    # The name of a socket may only be short.
    folder = os.open(plays, os.O_RDONLY)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"/proc/self/fd/{folder}/socket.csv")
    # A table as Spark writes one: a folder with the ending of a file.
    (plays / "table.csv").mkdir()
    (plays / "table.csv" / "part-0.csv").write_text(PLAYS + "3,10,2026-05-03,900\n")
    try:
        outcome = project.refresh(AS_OF)
    finally:
        listener.close()
        os.close(folder)
    assert _inputs(project, outcome, "plays") == {
        "files": 9,
        "rejected_files": 7,
        "accepted": 3,
        "rejected": 0,
    }
    for name in ("gone", "circle", "zero", "broken", "caf\\xe9", "pipe", "socket"):
        assert _says(outcome, f"plays/{name}.csv was rejected, file:unreadable"), name
    assert _progress(project, outcome)[1]["plays"] == 2
    # A dump that is incomplete for such a reason is not in force.
    (project.exports / "tracks" / "2026-11-02.csv").symlink_to("/nowhere/2026-11-02.csv")
    assert _says(project.refresh(AS_OF), "The dump of tracks of 2026-11-02T00:00 is incomplete")


def test_what_may_not_be_read_is_rejected(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.name == "secret.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **named)

    project.deliver({"plays/secret.csv": PLAYS + "3,10,2026-05-03,900\n"})
    monkeypatch.setattr(Path, "open", refuse)
    outcome = project.refresh(AS_OF)
    assert _says(outcome, "plays/secret.csv was rejected, file:unreadable: It cannot be opened")
    assert _inputs(project, outcome, "plays")["accepted"] == 2


def test_files_of_other_endings_are_told_to_scripts_too(project: Project) -> None:
    """A warehouse unloads `.json`, Hive files without any ending."""
    project.deliver({"plays/000000_0": "3,10,2026-05-03,900\n"})
    project.deliver({"plays/0.json": '{"play_id":3,"track_id":10,"played_at":"2026-05-03"}\n'})
    project.settings()
    arguments = ["--config", str(project.folder / "store.toml"), "refresh", "--json"]
    for _ in range(2):
        done = CliRunner().invoke(app, [*arguments, "--as-of", "2026-11-20"])
        assert "plays/000000_0" in done.stdout
        assert "plays/000000_0" in done.stderr
    outcome = project.refresh(AS_OF)
    assert _inputs(project, outcome, "plays")["accepted"] == 3


# Stamps


@pytest.mark.parametrize(
    ("morning", "noon"),
    [
        ("date=2026-11-02/hour=06/p.csv", "date=2026-11-02/hour=12/p.csv"),
        ("2026/11/2/hr=6/p.csv", "2026/11/2/hr=12/p.csv"),
        (
            "year=2026/month=11/day=02/hour=6/min=0/p.csv",
            "year=2026/month=11/day=02/hour=6/min=5/p.csv",
        ),
        ("2026-11-02_06-00.csv", "2026-11-02_12-00.csv"),
        ("20261102T0600/p.csv", "20261102T0630/p.csv"),
    ],
)
def test_dumps_of_one_day_stay_apart(project: Project, morning: str, noon: str) -> None:
    rows = "10,1,One,published,2026-02-01,2026-02-01,,\n"
    gone = "11,2,Two,published,2026-02-01,2026-02-01,,\n"
    project.deliver({f"tracks/{morning}": TRACKS + rows + gone, f"tracks/{noon}": TRACKS + rows})
    outcome = project.refresh(AS_OF)
    assert _progress(project, outcome)[2]["uploads"] == 0


def test_dumps_that_may_have_been_taken_for_one_are_told(project: Project) -> None:
    """`-06` and `-12` are parts of a dump by their names, but each says all keys."""
    project.deliver({f"tracks/2026-11-02-{n}.csv": FILES["tracks/2026-11-01.csv"] for n in (6, 12)})
    assert _says(project.refresh(AS_OF), "several dumps may have been taken for one")
    # As they do not where each says its own.
    first, second = FILES["tracks/2026-11-01.csv"].splitlines()[1:]
    project.deliver(
        {
            "tracks/2026-11-03-6.csv": f"{TRACKS}{first}\n",
            "tracks/2026-11-03-12.csv": f"{TRACKS}{second}\n",
            "tracks/2026-11-02-6.csv": TRACKS,
        }
    )
    assert not _says(project.refresh(AS_OF), "several dumps may have been taken for one")


def test_folders_by_year_month_and_day_are_dates(tmp_path: Path) -> None:
    """As Hive, Kafka Connect and Airbyte lay files out; without a date nothing is published."""
    project = Project(tmp_path, guards="")
    project.rulebook.write_text(RULEBOOK)
    producers, tracks = FILES["producers/2026-11-01.csv"], FILES["tracks/2026-11-01.csv"]
    project.deliver(
        {
            "producers/year=2026/month=11/day=01/p.csv": producers,
            "tracks/20261101/p.csv": tracks,
            "credits/2026_11_01_1640_0.csv": CREDITS + "10,2,2026-03-01\n",
            "plays/a.csv": FILES["plays/a.csv"],
        }
    )
    outcome = project.refresh(AS_OF)
    assert (len(_progress(project, outcome)), outcome.notices) == (2, [])


def test_a_dump_of_tomorrow_is_told(project: Project) -> None:
    """The exporter's clock is nine hours ahead."""
    (project.exports / "producers" / "2026-11-01.csv").rename(
        project.exports / "producers" / "2026-11-21.csv"
    )
    outcome = project.refresh(AS_OF)
    assert _says(outcome, "The dump of producers of 2026-11-21T00:00 is not in force yet")
    assert _says(outcome, "No dump of producers is in force")
    assert not _says(project.refresh(datetime(2026, 11, 21)), "is not in force")


# Numbers


def _plays(path: Path, **columns: Any) -> None:
    rows = len(next(iter(columns.values())))
    good = {
        "play_id": list(range(1, rows + 1)),
        "track_id": [10] * rows,
        "played_at": [datetime(2026, 5, 1) + timedelta(seconds=n) for n in range(rows)],
    }
    pq.write_table(pa.table({**good, **columns}), path)


def _wide(values: list[int], *, scale: int = 0) -> pa.Array:
    return pa.array([Decimal(v) for v in values], pa.decimal128(38, scale))


@pytest.mark.parametrize(
    "ids",
    [
        _wide([1, 2, 2**62]),
        _wide([1, 2, 2**62], scale=18),
        _wide([1, 2, 2**62]).cast(pa.decimal256(76, 0)),
        _wide([1, 2, 2**62]).dictionary_encode(),
        pa.array([b"1", b"2", str(2**62).encode()]),
        pa.array(["1", "2", str(2**62)]).dictionary_encode(),
        pa.array(["1.0", "2.0", f"{2**62}.0"], pa.string_view()),
        pa.array([1, 2, 2**62], pa.uint64()),
    ],
)
def test_ids_of_warehouses_are_integers(read: Read, ids: pa.Array) -> None:
    """A NUMBER(38,0), an unsigned BIGINT or a STRING in a Parquet file."""
    reading = read("plays", "a.parquet", lambda path: _plays(path, play_id=ids))
    assert reading.rows["play_id"].to_list() == [1, 2, 2**62]


@pytest.mark.parametrize("at", [2**53, 2**53 + 1, 2**60])
@pytest.mark.parametrize("form", ["parquet", "json"])
def test_two_plays_never_become_one_by_rounding(read: Read, at: int, form: str) -> None:
    """Ids that went through floats, as pandas writes those of which one is missing."""
    ids = [float(at), float(at + 1), 3.0]
    if form == "parquet":
        reading = read("plays", "a.parquet", lambda path: _plays(path, play_id=ids))
    else:
        lines = [f'{{"play_id":{n!r},"track_id":1,"played_at":"2026-05-01"}}' for n in ids]
        reading = read("plays", "a.json", "\n".join(lines))
    assert reading.reasons == [(1, "play_id:type"), (2, "play_id:type")]
    assert reading.rows["play_id"].to_list() == [3]
    assert reading.contribution.repeated == 0


def test_a_32_bit_float_is_exact_below_its_own_limit(read: Read) -> None:
    ids = pa.array([2.0**24 - 1, 2.0**24, 2.0**24 + 2], pa.float32())
    reading = read("plays", "a.parquet", lambda path: _plays(path, play_id=ids))
    assert reading.rows["play_id"].to_list() == [2**24 - 1]


def test_ids_with_a_fraction_of_zeros_are_integers(project: Project) -> None:
    """As pandas writes nullable ids into text: self plays and limits hold as with 101."""
    rows = ["101.0", "101.00", "900.0", "900.0", "900", "", "901.0"]
    lines = [f"{20 + n},10,2026-06-01T10:00:0{n},{id}\n" for n, id in enumerate(rows)]
    project.deliver({"plays/b.csv": PLAYS + "".join(lines)})
    outcome = project.refresh(AS_OF)
    # Of Ann's track: the one of May, the first of 900, one of nobody, one of 901.
    assert (_progress(project, outcome)[1]["plays"], outcome.notices) == (4, [])


def test_a_decimal_is_a_tempo(read: Read) -> None:
    """Zero with many places too, which is not above zero."""
    for scale in (2, 18):
        columns = {
            "track_id": [1, 2, 3],
            "producer_id": [1] * 3,
            "title": ["x"] * 3,
            "status": ["draft"] * 3,
            "updated_at": [AS_OF] * 3,
            "bpm": pa.array([Decimal("120.50"), Decimal("0.00"), None], pa.decimal128(38, scale)),
        }
        reading = read("tracks", "2026-11-01.parquet", partial(pq.write_table, pa.table(columns)))
        assert reading.rows["bpm"].to_list() == [True, False, False]
        assert reading.contribution.bad_cells == {}


# Texts


@pytest.mark.parametrize("form", [pa.binary(), pa.large_binary(), pa.binary_view(), "dictionary"])
def test_bytes_that_are_utf8_are_text(read: Read, form: Any) -> None:
    """Text without an annotation, of required, optional and metadata columns."""

    def cells(*values: bytes | None) -> pa.Array:
        if form == "dictionary":
            return pa.array(values, pa.binary()).dictionary_encode()
        return pa.array(values, form)

    def written(**columns: Any) -> Callable[[Path], object]:
        return partial(pq.write_table, pa.table(columns))

    grants = {"grant_id": [1, 2, 3], "producer_id": [1] * 3, "granted_at": [AS_OF] * 3}
    achievement, note = cells(b"first", b"caf\xe9", None), cells(b"\xc3\xa9", b"x", None)
    reading = read("grants", "a.parquet", written(**grants, achievement_id=achievement, note=note))
    assert reading.reasons == [(2, "achievement_id:type"), (3, "achievement_id:required")]
    assert reading.rows["note"].to_list() == ["\u00e9"]
    achievement, note = cells(b"a", b"b", b"c"), cells(b"\xff", b"", None)
    reading = read("grants", "a.parquet", written(**grants, achievement_id=achievement, note=note))
    assert reading.rows["note"].to_list() == [None, "", None]
    assert reading.contribution.bad_cells == {"note": 1}
    tracks = {"producer_id": [1] * 4, "title": ["x"] * 4, "status": ["draft"] * 4}
    tracks |= {"track_id": [1, 2, 3, 4], "updated_at": [AS_OF] * 4}
    reading = read(
        "tracks", "2026-11-01.parquet", written(**tracks, genres=cells(b"a", b" ", b"\xff", None))
    )
    assert reading.rows["genres"].to_list() == [True, False, False, False]
    assert reading.contribution.bad_cells == {"genres": 1}


@pytest.mark.parametrize("blank", [[], [""], ["", ""], ["", " ", "\v"]])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t")])
@pytest.mark.parametrize("quote", ["", '"'])
def test_columns_that_a_spreadsheet_leaves_behind_are_nothing(
    read: Read, blank: list[str], name: str, delimiter: str, quote: str
) -> None:
    """At the end and in the middle; what stands in one is told, and costs no row."""

    def text(*rows: list[str]) -> str:
        lines = [delimiter.join(f"{quote}{cell}{quote}" for cell in row) for row in rows]
        return "".join(f"{line}\n" for line in lines)

    header = ["play_id", *blank, "track_id", "played_at", *blank]
    empty = [""] * len(blank)
    row = ["1", *empty, "10", "2026-05-01", *empty]
    reading = read("plays", name, text(header, row))
    assert (reading.contribution.accepted, reading.contribution.unknown_columns) == (1, [])
    if blank:
        reading = read("plays", name, text(header, row, ["2", *row[1:-1], "x"]))
        assert reading.contribution.accepted == 2
        assert reading.contribution.unknown_columns == blank[-1:]


def test_the_null_of_a_database_is_no_detail(project: Project) -> None:
    project.deliver(
        {
            "tracks/2026-11-02.csv": TRACKS
            + "10,1,One,published,2026-02-01,2026-02-01,\\N,\\N\n"
            + '11,2,Two,published,2026-02-01,2026-02-01,"\\N",\\N\n'
        }
    )
    outcome = project.refresh(AS_OF)
    assert [row["complete_tracks"] for row in _progress(project, outcome).values()] == [0, 0]
    assert outcome.notices == []


def test_a_backslash_before_a_quote_rejects_the_file_and_the_dump_before_stays(
    project: Project,
) -> None:
    """Spark and MySQL write so unless they are told otherwise."""
    project.deliver(
        {
            "tracks/2026-11-02.csv": TRACKS
            + '10,1,"The \\"Real\\" One",draft,,2026-02-01,,\n11,2,Two,draft,,2026-02-01,,\n'
        }
    )
    outcome = project.refresh(AS_OF)
    assert _says(outcome, "tracks/2026-11-02.csv was rejected, file:unreadable")
    assert _says(outcome, "the one before stays in force")
    assert [row["uploads"] for row in _progress(project, outcome).values()] == [1, 1]


# Times


@pytest.mark.parametrize("zone", ["+00", "+02", "-0530", " +02", " UTC", "Z", "+02:00", ""])
def test_short_zones_are_read(read: Read, zone: str) -> None:
    """As PostgreSQL and Redshift write a timestamp with a time zone."""
    reading = read("plays", "a.csv", f"{PLAYS}1,10,2026-05-01 10:00:00.5{zone},\n")
    offset = zone.strip()
    shift = timedelta()
    if offset[:1] in ("+", "-"):
        digits = offset[1:].replace(":", "").ljust(4, "0")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        shift = -shift if offset[0] == "+" else shift
    expected = datetime(2026, 5, 1, 10, 0, 0, 500_000) + shift
    assert reading.rows["played_at"].to_list() == [expected]


def test_a_refusal_shows_a_value_and_what_was_rejected_can_be_asked_for(project: Project) -> None:
    rows = "".join(f"{n},10,01.05.2026 10:00,900\n" for n in range(5, 9))
    project.deliver({"plays/b.csv": PLAYS + rows})
    with pytest.raises(Refused, match=r"played_at:type \(4, such as '01\.05\.2026 10:00'\)"):
        project.refresh(AS_OF)
    asked = ["--config", str(project.folder / "store.toml"), "rejects", "--pending"]
    done = CliRunner().invoke(app, asked)
    assert (done.exit_code, "01.05.2026" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "time",
    [
        "yesterday",
        "",
        "2026-02-30",
        "2026-11-20T25:00",
        "20261301",
        "1780000000",
        # Times of which the calendar ends before UTC, and those to which no board belongs.
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00+23:59",
        "0001-01-01",
        "9999-12-31",
        "1999-12-31T23:59:59",
        "2100-01-01T00:00:01",
    ],
)
def test_an_impossible_time_is_a_mistake_in_the_arguments(project: Project, time: str) -> None:
    project.settings()
    asked = ["--config", str(project.folder / "store.toml"), "refresh", "--as-of", time]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    assert repr(time) in " ".join(done.stderr.split())


@pytest.mark.parametrize("as_of", [datetime(2000, 1, 1), datetime(2100, 1, 1, tzinfo=UTC)])
def test_the_first_and_the_last_time_are_possible(project: Project, as_of: datetime) -> None:
    assert project.refresh(as_of).published


# Rows


def test_a_line_of_many_objects_is_as_many_rows(read: Read) -> None:
    """Firehose puts nothing between records."""
    row = '{"play_id":%d,"track_id":10,"played_at":"2026-05-03T10:00:00Z"}'
    line = "".join(row % n for n in range(1, 1_001))
    reading = read("plays", "a.ndjson.gz", gzip.compress(line.encode()))
    assert (reading.contribution.accepted, reading.reasons) == (1_000, [])


def test_a_file_without_a_good_row_is_told_whatever_its_share(project: Project) -> None:
    good = "".join(f"{n},10,2026-06-01,\n" for n in range(100, 200))
    project.deliver({"plays/b.csv": PLAYS + good, "plays/c.ndjson": "play_id=1 track_id=10\n"})
    outcome = project.refresh(AS_OF)
    assert _says(outcome, "No row of plays/c.ndjson was accepted.")


def test_a_longer_name_costs_nobody_anything_and_a_lost_row_is_told(project: Project) -> None:
    """A name that grew or was cut within an emoji stays; a new status loses its producer aloud."""
    project.refresh(AS_OF)
    others = "".join(f"{n},P{n},2026-01-01,100,active,\n" for n in range(3, 60))
    project.deliver(
        {
            "producers/2026-11-02.csv": f"{PRODUCERS}1,{'x' * 201},2026-01-01,100,active,101\n"
            f"2,Bo,2026-01-01,100,paused,102\n{others}"
        }
    )
    outcome = project.refresh(AS_OF)
    progress = _progress(project, outcome)
    assert progress[1]["display_name"] == "x" * 200
    assert 2 not in progress
    assert any(n.startswith("1 producer that") and n.endswith(": 2.") for n in outcome.notices)
    text = (
        '{"producer_id":1,"display_name":"Ann \\ud83c","joined_at":"2026-01-01",'
        '"profile_completion":100,"status":"active"}\n'
    )
    rest = pl.read_csv((PRODUCERS + others).encode(), infer_schema=False).write_ndjson()
    project.deliver({"producers/2026-11-03.ndjson": text + rest})
    outcome = project.refresh(AS_OF)
    assert _progress(project, outcome)[1]["display_name"] == "Ann \ufffd"


def test_the_same_listen_with_two_ids_is_two_plays(project: Project) -> None:
    """Ids decide; the rulebook's limit for a listener, track and day is what can hold them off."""
    text = FILES["plays/a.csv"].replace("1,10,", "501,10,")
    project.deliver({"plays/imported.csv": text.replace("2,11,", "502,11,")})
    project.rulebook.write_text(RULEBOOK.replace("track_day = 1", "track_day = 0"))
    outcome = project.refresh(AS_OF)
    assert [row["plays"] for row in _progress(project, outcome).values()] == [2, 2]
    project.rulebook.write_text(RULEBOOK)
    outcome = project.refresh(AS_OF)
    assert [row["plays"] for row in _progress(project, outcome).values()] == [1, 1]


def test_a_column_of_ids_that_are_none_is_told_and_many_are_refused(project: Project) -> None:
    """Listeners with UUIDs: nobody's self plays and no limit would be known."""
    uuid = "3f2504e0-4f89-11d3-9a0c-00000000{:04}"
    rows = [f"{n},10,2026-06-{n - 9:02},{uuid.format(n)}\n" for n in range(10, 16)]
    project.deliver({"plays/b.csv": PLAYS + "".join(rows)})
    outcome = project.refresh(AS_OF)
    assert _says(outcome, "6 bad cells of plays in listener_id, such as '3f2504e0")
    rows = [f"{n},10,2026-07-{n - 99:02},{uuid.format(n)}\n" for n in range(100, 120)]
    project.deliver({"plays/c.csv": PLAYS + "".join(rows)})
    with pytest.raises(Refused, match=r"20 of 20 cells of plays\.listener_id"):
        project.refresh(AS_OF)
