"""Which export files there are (specification, section 1)."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.exports.files import list_exports
from pipelines.exports.stamps import stamp_of
from pipelines.settings import Dialects


def _touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def test_files_come_by_entity_and_the_bytes_of_their_path(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        "plays/batch=2/a.csv",
        "plays/batch=10/a.csv",
        "plays/b.parquet",
        "plays/\uffff.csv",
        "plays/\U00010000.csv",
        "producers/z/2026-01-01.ndjson",
    )
    files = list_exports(tmp_path, Dialects()).files
    assert [(f.entity, f.path) for f in files] == [
        ("producers", "z/2026-01-01.ndjson"),
        ("plays", "b.parquet"),
        ("plays", "batch=10/a.csv"),
        ("plays", "batch=2/a.csv"),
        ("plays", "\uffff.csv"),
        ("plays", "\U00010000.csv"),
    ]


@pytest.mark.parametrize(
    ("name", "format", "compression"),
    [
        ("a.parquet", "parquet", ""),
        ("a.csv", "csv", ""),
        ("a.csv.gz", "csv", "gz"),
        ("a.ndjson.zst", "ndjson", "zst"),
        ("a.jsonl", "ndjson", ""),
        ("a.jsonl.gz", "ndjson", "gz"),
    ],
)
def test_format_is_told_by_the_ending(
    tmp_path: Path, name: str, format: str, compression: str
) -> None:
    _touch(tmp_path, f"plays/{name}")
    (file,) = list_exports(tmp_path, Dialects()).files
    assert (file.format, file.compression, file.stamp) == (format, compression, None)


def test_other_endings_are_named_and_unfinished_files_are_not_there(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        "plays/notes.txt",
        "plays/a.parquet.gz",
        "plays/A.CSV",
        "plays/_SUCCESS",
        "plays/.hidden.csv",
        "plays/_temporary/0/part-0.csv",
        "plays/a.csv.tmp",
        "plays/a.csv.part",
        "unknown/a.csv",
    )
    listing = list_exports(tmp_path, Dialects())
    assert listing.files == ()
    assert listing.ignored == ("plays/A.CSV", "plays/a.parquet.gz", "plays/notes.txt")


def test_missing_folders_have_no_files(tmp_path: Path) -> None:
    (tmp_path / "plays").touch()
    assert list_exports(tmp_path, Dialects()).files == ()
    assert list_exports(tmp_path / "nowhere", Dialects()).files == ()


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    _touch(tmp_path, "elsewhere/x.csv")
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "plays" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "plays" / "up").symlink_to(tmp_path / "plays")
    (tmp_path / "plays" / "c.csv").symlink_to(tmp_path / "elsewhere" / "x.csv")
    (tmp_path / "plays" / "broken.csv").symlink_to(tmp_path / "nothing.csv")
    (tmp_path / "plays" / "self.csv").symlink_to(tmp_path / "plays" / "self.csv")
    found = {f.path: f.defect for f in list_exports(tmp_path, Dialects()).files}
    assert list(found) == ["a/x.csv", "b/x.csv", "broken.csv", "c.csv", "self.csv"]
    assert found.pop("broken.csv") == "It is a link to nothing."
    assert found.pop("self.csv").startswith("It is a link that leads nowhere")
    assert set(found.values()) == {""}


def test_what_is_no_file_has_a_defect_and_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "plays").mkdir()
    os.mkfifo(tmp_path / "plays" / "pipe.csv")
    (tmp_path / "plays" / "null.csv").symlink_to("/dev/null")
    (tmp_path / "plays" / os.fsdecode(b"\xff.csv")).touch()
    found = {f.path: f.defect for f in list_exports(tmp_path, Dialects()).files}
    assert found == {
        "null.csv": "It is no file, but a pipe or a device.",
        "pipe.csv": "It is no file, but a pipe or a device.",
        "\\xff.csv": "Its name is not UTF-8.",
    }


@pytest.mark.parametrize(
    ("path", "stamp"),
    [
        ("2026-11-22.csv", datetime(2026, 11, 22)),
        ("2026-11-22T06.csv.gz", datetime(2026, 11, 22, 6)),
        ("2026-11-22T06-30/part-0.csv", datetime(2026, 11, 22, 6, 30)),
        ("date=2026-11-22/part-0.parquet", datetime(2026, 11, 22)),
        ("2026-01-01/of-2026-11-22.csv", datetime(2026, 11, 22)),
        ("full.csv", None),
        ("2026-02-30.csv", None),
        # A date that does not exist is no stamp, so that the one before it is the last.
        ("2026-01-01/2026-02-30.csv", datetime(2026, 1, 1)),
        ("2026-11-22T25.csv", datetime(2026, 11, 22)),
        ("2026-11-22T06-75.csv", datetime(2026, 11, 22)),
        ("2026_11_22.csv", datetime(2026, 11, 22)),
        ("2026_11_22_1640_0.csv", datetime(2026, 11, 22)),
        ("2026-11_22.csv", None),
        ("12026-11-22.csv", None),
        ("2026-11-223.csv", None),
        ("1999-11-22.csv", None),
        ("2100-11-22.csv", None),
        ("20261122/p.csv", datetime(2026, 11, 22)),
        ("tracks_20261122.csv", datetime(2026, 11, 22)),
        ("x20261122.csv", None),
        ("20261122x.csv", None),
        ("20261122T060015Z/full.json", datetime(2026, 11, 22, 6, 0, 15)),
        ("20261122Total.csv", datetime(2026, 11, 22)),
        ("2026/11/22/p.csv", datetime(2026, 11, 22)),
        ("2026/1/2.csv", datetime(2026, 1, 2)),
        ("2026/11/22T06.json", datetime(2026, 11, 22, 6)),
        ("2026/11/223.csv", None),
        ("x2026/11/22.csv", None),
        ("year=2026/month=1/day=2/p.csv", datetime(2026, 1, 2)),
        ("year=2026/month=01/day=02-x/hour=6/p.csv", datetime(2026, 1, 2)),
        ("2026-11-22T0630.csv", datetime(2026, 11, 22, 6, 30)),
        ("2026-11-22T06:30:15.csv", datetime(2026, 11, 22, 6, 30, 15)),
        ("2026-11-22T06_30-15.csv", datetime(2026, 11, 22, 6, 30, 15)),
        ("2026-11-22T06-001.csv", datetime(2026, 11, 22, 6)),
        ("2026-11-22T0630001.csv", datetime(2026, 11, 22)),
        ("2026-11-22T2400.csv", datetime(2026, 11, 22)),
        ("2026-11-22T06-99.csv", datetime(2026, 11, 22)),
        ("2026-11-22_06-30.csv", datetime(2026, 11, 22, 6, 30)),
        ("2026-11-22_06-30-15.csv", datetime(2026, 11, 22, 6, 30, 15)),
        ("2026-11-22_2.csv", datetime(2026, 11, 22)),
        ("2026-11-22-01.csv", datetime(2026, 11, 22)),
        ("date=2026-11-22/hour=06/p.csv", datetime(2026, 11, 22, 6)),
        ("2026/11/22/hr=6/min=5/p.csv", datetime(2026, 11, 22, 6, 5)),
        ("2026/11/22/hour=6/minute=75/p.csv", datetime(2026, 11, 22)),
        ("2026-11-22/hour=24/p.csv", datetime(2026, 11, 22)),
        ("2026-11-22/hour=6.csv", datetime(2026, 11, 22)),
        ("2026-11-2026-11-22.csv", datetime(2026, 11, 22)),
    ],
)
def test_stamp_is_the_last_date_in_the_path(path: str, stamp: datetime | None) -> None:
    assert stamp_of(path) == stamp


def test_a_signature_changes_with_the_file(tmp_path: Path) -> None:
    _touch(tmp_path, "plays/a.csv")
    (before,) = list_exports(tmp_path, Dialects()).files
    (tmp_path / "plays" / "a.csv").write_text("x")
    (after,) = list_exports(tmp_path, Dialects()).files
    assert before.signature != after.signature
    assert after.changed_ns == (tmp_path / "plays" / "a.csv").stat().st_ctime_ns
