"""Files that are not read, and why (specification, section 1)."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.exports.files import list_exports
from pipelines.published.rejects import Selection
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.published.unread import unread_files
from pipelines.settings import Dialects
from tests.published import publish_by_hand

READ = ("plays/a.csv", "tracks/2026-11-22/part-0.parquet")
REASONS = {
    "plays/b.csv.tmp": "unfinished",
    "plays/c.csv.gz.part": "unfinished",
    "plays/halves.part": "unfinished",
    "plays/_temporary/0/d.csv": "unfinished",
    "tracks/.staged-2026-11-23.csv": "unfinished",
    "plays/late.csv": "new",
    "plays/notes.txt": "ending",
    "plays/A.CSV": "ending",
    "plays/nothing.csv": "new",
    "plays/_SUCCESS": "hidden",
    "plays/.a.csv.crc": "hidden",
    "songs/": "folder",
    "play/": "folder",
    "stray.csv": "folder",
    ".DS_Store": "hidden",
    "_staging/": "hidden",
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    for path in (*READ, *REASONS):
        target = folder / path
        if path.endswith("/"):
            target.mkdir()
            (target / "x.csv").touch()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
    (folder / "plays/nothing.csv").unlink()
    (folder / "plays/nothing.csv").symlink_to(folder / "gone.csv")
    (folder / "plays/circle").symlink_to(folder / "plays")
    return folder


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> PublishedSnapshot:
    folder = tmp_path_factory.mktemp("published")
    files = [(entity, name) for entity, _, name in (path.partition("/") for path in READ)]
    row = dict.fromkeys(("stamp", "reason", "detail", "unknown_columns"), None)
    counts = {"sha256": "0", "rows_read": 0, "rejected": 0}
    publish_by_hand(
        folder, "s", files=[{"entity": e, "file": f, **row, **counts} for e, f in files]
    )
    return open_snapshot(folder / "store")


def reasons(found: pl.DataFrame) -> dict[str, str]:
    rows = found.select("entity", "file", "reason").iter_rows()
    return {f"{entity}/{file}" if entity else file: reason for entity, file, reason in rows}


def test_every_file_is_read_or_has_its_reason(exports: Path, snapshot: PublishedSnapshot) -> None:
    found = unread_files(exports, Dialects(), snapshot)
    assert reasons(found) == REASONS
    # What may be on its way comes first.
    assert found["reason"][:6].to_list() == ["unfinished"] * 5 + ["new"]
    read = {f"{file.entity}/{file.path}" for file in list_exports(exports, Dialects()).files}
    assert read == {*READ, "plays/late.csv", "plays/nothing.csv"}
    told = {row["file"]: row["detail"] for row in found.to_dicts()}
    assert told["b.csv.tmp"] == 'It is not there yet: "b.csv.tmp" ends in ".tmp".'
    assert told["_temporary/0/d.csv"] == 'It is not there yet: "_temporary" begins with "_".'
    assert 'did you mean "plays"?' in told["play/"]


def test_they_can_be_narrowed_down(exports: Path, snapshot: PublishedSnapshot) -> None:
    of_tracks = unread_files(exports, Dialects(), snapshot, Selection(entity="tracks"))
    assert list(reasons(of_tracks)) == ["tracks/.staged-2026-11-23.csv"]
    for name in ("b.csv.tmp", "plays/b.csv.tmp", "plays/b*"):
        found = unread_files(exports, Dialects(), snapshot, Selection(file=name))
        assert list(reasons(found)) == ["plays/b.csv.tmp"]
    kinds = unread_files(exports, Dialects(), snapshot, Selection(reason="e*"))
    assert list(reasons(kinds)) == ["plays/A.CSV", "plays/notes.txt"]


def test_without_an_exports_folder_there_are_none(
    tmp_path: Path, snapshot: PublishedSnapshot
) -> None:
    assert unread_files(tmp_path / "nowhere", Dialects(), snapshot).is_empty()
