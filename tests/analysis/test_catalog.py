"""The database file of views: what another program finds in it, and what it never overwrites."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from analysis.catalog import NotACatalogError, write_catalog
from analysis.database import PREVIOUS
from pipelines.tables import PUBLISHED
from tests.analysis.kept import publish_three, rows_by_view
from tests.published import progress_row, publish_by_hand

READ = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    views = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    found = [
        [schema, view, connection.execute(f'FROM "{schema}"."{view}"').fetchall()]
        for schema, view in views
    ]
print(json.dumps(found, default=str))
"""


def read_elsewhere(file: Path) -> dict[tuple[str, str], list[str]]:
    """What another process, in another folder, finds in the views."""
    said = subprocess.run(
        [sys.executable, "-c", READ, str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return {
        (schema, view): sorted(json.dumps(row) for row in rows)
        for schema, view, rows in json.loads(said.stdout)
    }


def test_another_process_reads_every_row_of_every_table(store: Path, tmp_path: Path) -> None:
    catalog = write_catalog(store, tmp_path / "beatxp.duckdb")
    expected = {
        view: sorted(json.dumps(row, default=str) for row in rows)
        for view, rows in rows_by_view(store).items()
    }
    assert read_elsewhere(catalog.file) == expected
    assert catalog.schemas[:2] == ["main", PREVIOUS]


def test_views_and_columns_say_what_they_mean(store: Path, tmp_path: Path) -> None:
    file = write_catalog(store, tmp_path / "beatxp.duckdb").file
    with duckdb.connect(str(file), read_only=True) as connection:
        said = connection.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() "
            "WHERE database_name = 'beatxp' AND schema_name = 'main'"
        ).fetchall()
        about = dict(
            connection.execute(
                "SELECT view_name, comment FROM duckdb_views() "
                "WHERE database_name = 'beatxp' AND schema_name = 'main'"
            ).fetchall()
        )
    comments = {(table, column): comment for table, column, comment in said}
    for table in PUBLISHED.values():
        assert about[table.name] == table.row
        for column in table.columns:
            assert comments[table.name, column.name] == column.meaning
    assert all(about.values())
    assert all(comments.values())


def test_old_tools_can_read_the_file(store: Path, tmp_path: Path) -> None:
    file = write_catalog(store, tmp_path / "beatxp.duckdb").file
    # The version of the storage format: 64 is what DuckDB 0.10 to 1.1 can read.
    assert int.from_bytes(file.read_bytes()[12:20], "little") == 64


def test_a_catalog_is_replaced_at_once_and_its_readers_go_on(tmp_path: Path) -> None:
    store = publish_three(tmp_path)
    file = write_catalog(store, tmp_path / "beatxp.duckdb").file
    with duckdb.connect(str(file)) as reader:  # not even read-only
        publish_by_hand(tmp_path, "20261102T000000-dd", progress=[progress_row(9, "New")])
        write_catalog(store, file)
        assert reader.execute("SELECT count(*) FROM progress").fetchall() == [(3,)]
        assert len(read_elsewhere(file)["main", "progress"]) == 1
    assert {path.name for path in tmp_path.glob("*beatxp*")} == {"beatxp.duckdb", "beatxp.toml"}


def test_a_catalog_keeps_its_place_if_it_is_moved(store: Path, tmp_path: Path) -> None:
    file = write_catalog(store, tmp_path / "a.duckdb").file
    moved = file.rename(tmp_path / "b.duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{moved}' AS economy (READ_ONLY)")
        assert connection.execute("SELECT count(*) FROM economy.progress").fetchall() == [(3,)]
        assert connection.execute("SELECT count(*) FROM economy.snapshots").fetchall() == [(3,)]


@pytest.mark.parametrize("kind", ["text", "empty", "folder", "tables", "other views", "written to"])
def test_what_is_no_catalog_is_not_replaced(store: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "mine.duckdb"
    match kind:
        case "text":
            file.write_text("my notes about DUCK and others")
        case "empty":
            file.touch()
        case "folder":
            file.mkdir()
        case "tables":
            write_catalog(store, file)
            with duckdb.connect(str(file)) as connection:
                connection.execute("CREATE TABLE mine AS SELECT 1")
        case "other views":
            with duckdb.connect(str(file)) as connection:
                connection.execute("CREATE VIEW mine AS SELECT 1")
        case "written to":
            write_catalog(store, file)
            file.with_name("mine.duckdb.wal").touch()
    before = None if file.is_dir() else file.read_bytes()
    with pytest.raises(NotACatalogError, match=r"mine\.duckdb"):
        write_catalog(store, file)
    assert (None if file.is_dir() else file.read_bytes()) == before
