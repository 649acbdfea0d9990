"""Snapshots as views: everything that is published can be reached, and nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from analysis.database import connect, literal
from analysis.questions import NotAQuestion, Question, look_at, questions
from pipelines.publication.manifest import NoSnapshot, all_kept
from pipelines.tables import PUBLISHED
from tests.analysis.kept import rows_by_view


@pytest.fixture
def connection(store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(store, locked=True, memory_limit="512MiB", threads=2) as connection:
        yield connection


def views(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    listed = "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
    return set(connection.execute(listed).fetchall())


def test_every_view_shows_the_rows_of_its_table(
    store: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    expected = rows_by_view(store)
    assert views(connection) == set(expected)
    for (schema, view), rows in expected.items():
        question = look_at(connection, f'FROM "{schema}"."{view}"')
        assert sorted(question.rows(), key=repr) == rows, (schema, view)


def test_every_column_has_the_name_and_type_of_the_published_one(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for schema in ("main", "previous", "s_20261030T000000_aa"):
        for table, declared in PUBLISHED.items():
            # Also where there is no file, since nothing happened.
            frame = connection.sql(f"FROM {schema}.{table}").pl()
            assert frame.schema == declared.schema, (schema, table)


def test_an_older_snapshot_has_its_own_tables_and_those_before(store: Path) -> None:
    total = "SELECT sum(total_xp)::BIGINT FROM progress"
    with connect(store, "20261031T000000-bb") as connection:
        assert connection.execute(total).fetchall() == [(12,)]
        assert connection.execute("SELECT count(*) FROM previous.progress").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM snapshots").fetchall() == [(3,)]
    with connect(store, "20261030T000000-aa") as connection:
        assert "previous" not in {schema for schema, _ in views(connection)}
    with pytest.raises(NoSnapshot, match="beatxp snapshots"):
        connect(store, "other")


def test_two_snapshots_can_be_joined(connection: duckdb.DuckDBPyConnection) -> None:
    gained = """
        SELECT new.producer_id, new.total_xp - old.total_xp
        FROM s_20261101T000000_cc.progress AS new
        JOIN s_20261031T000000_bb.progress AS old USING (producer_id) ORDER BY ALL
    """
    assert list(look_at(connection, gained).rows()) == [(1, 100), (2, -1)]


def test_times_are_utc_wherever_the_machine_is(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with connect(store) as connection:
        [(text,)] = connection.execute(
            "SELECT (published_at AT TIME ZONE 'UTC')::VARCHAR FROM snapshot"
        ).fetchall()
        assert text == "2026-11-01 00:00:00+00"


def test_a_notebook_may_read_its_own_files(store: Path, tmp_path: Path) -> None:
    pl.DataFrame({"producer_id": [2], "team": ["red"]}).write_csv(tmp_path / "teams.csv")
    with connect(store) as connection:
        found = connection.execute(
            "SELECT team, total_xp FROM progress JOIN read_csv($1) USING (producer_id)",
            [str(tmp_path / "teams.csv")],
        ).fetchall()
        assert found == [("red", 6)]


# What a question cannot do.


def hostile(store: Path, outside: Path) -> list[str]:
    """Statements that would write, read other files, load code or change settings."""
    victim = next(p for p in all_kept(store)[-1].paths(store, "levels"))
    published = literal(str(victim))
    writing = [
        f"COPY (SELECT 1 AS level) TO {place} ({options})"
        for place in (published, literal(str(outside / "out.parquet")))
        for options in ("FORMAT parquet", "FORMAT parquet, USE_TMP_FILE false")
    ]
    hidden = f"WITH c AS ({writing[1]}) FROM c"
    return [
        *writing,
        *(f"WITH c AS ({copy}) FROM c" for copy in writing),
        *(f"WITH c AS ({copy}) SELECT 1" for copy in writing),
        *(f"FROM (WITH c AS ({copy}) FROM c)" for copy in writing),
        *(f"PIVOT (WITH c AS ({copy}) FROM c) ON level USING count(*)" for copy in writing),
        *(f"WITH c AS ({copy}) PIVOT levels ON title USING count(*)" for copy in writing),
        *(f"EXPLAIN ANALYZE {copy}" for copy in writing),
        *(f"EXPLAIN (ANALYZE, FORMAT json) {copy}" for copy in writing),
        f"EXPLAIN ANALYZE {hidden}",
        f"EXPLAIN ANALYZE FROM query({literal(hidden)})",
        f"EXPLAIN ANALYZE SELECT 1); {writing[1]}; SELECT (1",
        f"EXPLAIN (FORMAT json --) \n) {writing[1]}",
        "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
        "EXPLAIN DROP VIEW progress",
        *(f"PREPARE p AS {copy}; EXECUTE p" for copy in writing),
        f"FROM query({literal(writing[1])})",
        f"WITH c AS (FROM query({literal(hidden)})) FROM c",
        f"WITH c AS (FROM query({literal(hidden)})) PIVOT c ON level USING count(*)",
        f"PIVOT query({literal(hidden)}) ON level USING count(*)",
        f"SELECT 1); {writing[1]}; SELECT (1",
        f"COPY (PIVOT xp_ledger ON source USING sum(xp)) TO {published} (USE_TMP_FILE false)",
        f"ATTACH '{outside}/a.duckdb' AS a",
        f"EXPORT DATABASE '{outside}/exported'",
        f"FROM enable_logging(storage := 'file', storage_path := '{outside}/log')",
        f"CALL enable_profiling(save_location = '{outside}/profile.json')",
        f"FROM enable_profiling(save_location := '{outside}/profile.json')",
        f"SET temp_directory = '{outside}'",
        "FROM read_csv('/etc/passwd')",
        "FROM '/etc/passwd'",
        "FROM read_text('/etc/passwd')",
        "FROM read_blob('/proc/self/environ')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM glob('/etc/*')",
        f"FROM read_parquet({literal(f'{store}/tables/levels/*.parquet')})",
        f"FROM read_text({literal(f'{store}/current.json')})",
        "FROM hostile_frame",
        "SELECT getenv('HOME')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '100GB'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "RESET lock_configuration",
        "PRAGMA memory_limit = '100GB'",
        "DROP VIEW progress",
        "CREATE OR REPLACE VIEW progress AS SELECT 1",
        "CREATE TABLE t AS SELECT 1",
        "INSERT INTO progress SELECT * FROM progress",
        "WITH c AS (DELETE FROM progress RETURNING *) FROM c",
        "UPDATE progress SET total_xp = 1",
        "USE previous",
        "BEGIN",
        "CHECKPOINT",
        "UPDATE EXTENSIONS",
        "CREATE SECRET s (TYPE http)",
    ]


def answered(
    connection: duckdb.DuckDBPyConnection, text: str, form: Callable[[Question], object]
) -> list[object]:
    return [form(look_at(connection, question)) for question in questions(connection, text)]


def test_hostile_statements_change_nothing_and_show_nothing(
    store: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    hostile_frame = pl.DataFrame({"secret": [1]})
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    settings = connection.execute("FROM duckdb_settings()").fetchall()
    for statement in hostile(store, tmp_path):
        for form in (lambda question: list(question.rows()), Question.frame):
            with pytest.raises((duckdb.Error, NotAQuestion)):
                answered(connection, statement, form)
    assert hostile_frame.height == 1
    assert list(tmp_path.iterdir()) == []
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before
    assert connection.execute("FROM duckdb_settings()").fetchall() == settings
    assert len(views(connection)) == len(rows_by_view(store))
