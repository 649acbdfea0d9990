"""Which export files there are (specification, section 1)."""

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.exports.files import list_exports, stamp_of


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
    files = list_exports(tmp_path).files
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
    (file,) = list_exports(tmp_path).files
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
    listing = list_exports(tmp_path)
    assert listing.files == ()
    assert listing.ignored == ("plays/A.CSV", "plays/a.parquet.gz", "plays/notes.txt")


def test_missing_folders_have_no_files(tmp_path: Path) -> None:
    (tmp_path / "plays").touch()
    assert list_exports(tmp_path).files == ()
    assert list_exports(tmp_path / "nowhere").files == ()


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    _touch(tmp_path, "elsewhere/x.csv")
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "plays" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "plays" / "up").symlink_to(tmp_path / "plays")
    (tmp_path / "plays" / "c.csv").symlink_to(tmp_path / "elsewhere" / "x.csv")
    (tmp_path / "plays" / "broken.csv").symlink_to(tmp_path / "nothing.csv")
    assert [f.path for f in list_exports(tmp_path).files] == ["a/x.csv", "b/x.csv", "c.csv"]


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
        ("2026-11-22T06-75.csv", datetime(2026, 11, 22, 6)),
        ("2026-11-2026-11-22.csv", datetime(2026, 11, 22)),
    ],
)
def test_stamp_is_the_last_date_in_the_path(path: str, stamp: datetime | None) -> None:
    assert stamp_of(path) == stamp


def test_a_signature_changes_with_the_file(tmp_path: Path) -> None:
    _touch(tmp_path, "plays/a.csv")
    (before,) = list_exports(tmp_path).files
    (tmp_path / "plays" / "a.csv").write_text("x")
    (after,) = list_exports(tmp_path).files
    assert before.signature != after.signature
    assert after.changed_ns == (tmp_path / "plays" / "a.csv").stat().st_ctime_ns
