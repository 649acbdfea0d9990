"""Kept snapshots that other versions of the program published are read like those of this one."""

from pathlib import Path
from typing import Any

import duckdb
import msgspec
import polars as pl
import pytest
from typer.testing import CliRunner

from analysis.catalog import write_catalog
from analysis.comparison import compare_achievements, compare_producers, rows_apart
from analysis.database import connect, schema_name
from analysis.differences import difference
from cli.commands import app
from pipelines.publication.manifest import all_kept, content_sha256
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.store.atomic import write_bytes
from pipelines.store.parts import parquet_bytes
from pipelines.store.store import Store
from pipelines.tables import CONTENT, PUBLISHED
from tests.analysis.kept import publish_three
from tests.product import Project
from tests.worlds import World

#: What the other version did not have, beside the table `level_ups`, and what only it had.
MISSING, ADDITIONAL = "best_upload_streak", "mood"


def publish_as_another_version(store: Path, snapshot_id: str) -> None:
    """Make a kept snapshot one that a version with other tables and columns published."""
    snapshot = open_snapshot(store, snapshot_id)
    manifest, folder = snapshot.manifest, store / "snapshots" / snapshot_id
    mood = pl.lit("blue").alias(ADDITIONAL)
    progress = snapshot.scan("progress").drop(MISSING).select(mood, pl.all()).collect()
    files = Store(store, "another")
    tables = {
        **{name: parts for name, parts in manifest.tables.items() if name != "level_ups"},
        "progress": [files.publish_part("progress", "all", progress)],
        "moods": [files.publish_part("moods", "all", progress.select("producer_id", mood))],
    }
    content = content_sha256(manifest.snapshot.rulebook_sha256, tables)
    row = msgspec.structs.replace(manifest.snapshot, content_sha256=content)
    about = pl.read_parquet(*manifest.paths(store, "snapshot"))
    # Early versions wrote no checksums.
    published = msgspec.structs.replace(
        manifest, snapshot=row, tables=tables, row_file="snapshot.parquet"
    )
    write_bytes(msgspec.json.encode(published), folder / "manifest.json")
    about = about.select(mood, pl.all().exclude("data_through"))
    write_bytes(parquet_bytes(about), folder / "snapshot.parquet")


@pytest.fixture(params=["an older version", "a newer version"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Three kept snapshots; another version published the first two, or the last one."""
    store = publish_three(tmp_path)
    first, second, last = (m.snapshot.snapshot_id for m in all_kept(store))
    for snapshot_id in (first, second) if request.param == "an older version" else (last,):
        publish_as_another_version(store, snapshot_id)
    return store


def all_of(store: Path) -> list[PublishedSnapshot]:
    return [PublishedSnapshot(store, manifest) for manifest in all_kept(store)]


def test_every_snapshot_has_the_columns_of_this_version(store: Path) -> None:
    streaks = []
    for snapshot in all_of(store):
        for table, declared in CONTENT.items():
            rows = snapshot.scan(table).collect()
            assert rows.schema == declared.schema
            assert rows.height == snapshot.rows(table)
        first = snapshot.scan("progress").sort("producer_id").head(1)
        assert first.select("display_name").collect().item() == "Ada"
        streaks.append(first.select(MISSING).collect().item())
    assert streaks in ([None, None, 0], [0, 0, None])


def test_sql_asks_all_schemas_the_same(store: Path) -> None:
    with connect(store) as connection:
        check_schemas(connection, store)


def test_a_catalog_describes_what_there_is(store: Path, tmp_path: Path) -> None:
    catalog = write_catalog(store, tmp_path / "catalog.duckdb")
    with duckdb.connect(str(catalog.file), read_only=True) as connection:
        check_schemas(connection, store)


def check_schemas(connection: duckdb.DuckDBPyConnection, store: Path) -> None:
    def ask(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    kept = all_of(store)
    for schema in ("main", "previous", *(schema_name(s.row.snapshot_id) for s in kept)):
        for table, declared in PUBLISHED.items():
            found = [row[0] for row in ask(f'DESCRIBE "{schema}"."{table}"')]
            assert found == declared.schema.names()
    assert ask(
        f"SELECT main.total_xp, previous.total_xp, main.{MISSING} IS NULL, "
        f"previous.{MISSING} IS NULL FROM main.progress AS main "
        "JOIN previous.progress AS previous USING (producer_id) WHERE producer_id = 1"
    ) in ([(105, 5, False, True)], [(105, 5, True, False)])
    levels = ask("SELECT count(*) FROM level_ups") + ask("SELECT count(*) FROM previous.level_ups")
    assert levels in ([(1,), (0,)], [(0,), (0,)])
    snapshots = ask("SELECT snapshot_id, data_through IS NULL FROM snapshots")
    assert [row[0] for row in snapshots] == [snapshot.row.snapshot_id for snapshot in kept]
    assert [row[1] for row in snapshots] in ([True, True, False], [False, False, True])


def test_they_are_compared(store: Path) -> None:
    before, after = all_of(store)[1:]
    assert compare_producers(before, after)["xp_change"].to_list() == [100, 0, -1]
    assert compare_achievements(before, after)["reached"].to_list() == [0, 1]
    for table in CONTENT:
        for mine, theirs in rows_apart(before, after, table, lambda rows: rows):
            assert mine.schema == theirs.schema == PUBLISHED[table].schema


def test_what_a_version_did_not_have_is_of_that_version(tmp_path: Path) -> None:
    project = Project(tmp_path)
    step = World(300).steps[0]
    step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    first = project.refresh(step.as_of).manifest.snapshot.snapshot_id
    project.rulebook.write_text(step.rulebook_toml + "\n# Changed.\n")
    last = project.refresh(step.as_of).manifest.snapshot.snapshot_id
    store = project.folder / "store"
    publish_as_another_version(store, first)
    before, after = open_snapshot(store, first), open_snapshot(store, last)
    streaks = after.scan("progress").filter(pl.col(MISSING) > 0).select(MISSING).collect()
    assert streaks.height
    for one, other, sign in ((before, after, 1), (after, before, -1)):
        numbers = difference(project.settings(), one, other).numbers
        told = numbers.filter(pl.col("number") == MISSING)
        assert set(numbers["number"]) <= {MISSING, "level"}
        assert told["version"].sum() == sign * streaks[MISSING].sum()


def test_commands_answer(store: Path, tmp_path: Path) -> None:
    first = all_of(store)[0].row.snapshot_id
    for command in (
        ["sql", f"SELECT {MISSING} FROM previous.progress"],
        ["sql", "SELECT count(*) FROM previous.level_ups"],
        ["show", "Ada", "--snapshot", first],
        ["leaderboard", "plays"],
        ["rejects", "--snapshot", first],
        ["report", str(tmp_path / "report.html"), "--snapshot", first],
        ["snapshots"],
    ):
        result = CliRunner().invoke(app, ["--config", str(tmp_path / "beatxp.toml"), *command])
        assert result.exit_code == 0, result.output
