"""Published snapshots as views for SQL, in a DuckDB connection or a database file.

In the schema `main` are the tables of one snapshot, in `previous` those of the one that was
published before it, and each kept snapshot has a schema of its own (`schema_name`). `snapshots`
lists what is kept. The views name the files of each snapshot, which never change while it is kept.
All schemas have the tables and columns of this version of the program, whichever published the
snapshot (`PublishedSnapshot.scan`).
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import duckdb
import polars as pl

from pipelines.publication.manifest import Manifest, all_kept
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.store.checksums import verify
from pipelines.tables import PUBLISHED

PREVIOUS = "previous"
_NOT_IN_NAMES = "[^A-Za-z0-9]"


def connect(
    store: Path,
    snapshot_id: str | None = None,
    *,
    memory_limit: str | None = None,
    threads: int = 0,
    locked: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Open the published snapshot of a store for SQL, or a kept one.

    `memory_limit` is a size such as "2GiB" (DuckDB's own default: most of the memory); beyond it
    queries work in the folder for temporary files. `threads` 0 means all cores. Times are UTC.

    A `locked` connection reads the published files and no others, loads nothing, and keeps its
    settings. DuckDB would still write to a file that it may read: untrusted SQL goes through
    `analysis.questions`, which verifies the files of the tables that are asked for. Else those of
    the opened snapshot are verified here. Raises NoSnapshot, Damaged.
    """
    opened = open_snapshot(store, snapshot_id)
    if not locked:
        for table in opened.manifest.tables:
            opened.paths(table)
    kept = all_kept(store)
    # DuckDB makes the folder when a query needs it, and takes it away.
    spill = Path(tempfile.gettempdir()) / f"beatxp-{os.getpid()}-{uuid4().hex[:8]}"
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(spill)}
    if memory_limit is not None:
        config["memory_limit"] = memory_limit
    if threads:
        config["threads"] = threads
    connection = duckdb.connect(config=config)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        create_views(connection, opened, kept)
        if locked:
            _lock(connection, {path for m in kept for path in _files(store, m)})
    except BaseException:
        connection.close()
        raise
    return connection


def create_views(
    connection: duckdb.DuckDBPyConnection, opened: PublishedSnapshot, kept: Iterable[Manifest]
) -> list[str]:
    """Create the views in the connection's current database; returns the names of its schemas.

    The SQL of the views is understood by every DuckDB since 0.10.
    """
    kept = list(kept)
    before = [m for m in kept if m.snapshot.snapshot_id < opened.row.snapshot_id]
    schemas = {"main": opened.manifest}
    if before:
        schemas[PREVIOUS] = before[-1]
    schemas |= {schema_name(m.snapshot.snapshot_id): m for m in kept}
    connection.execute("BEGIN")
    for schema, manifest in schemas.items():
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        for table, declared in PUBLISHED.items():
            paths = manifest.paths(opened.root, table)
            with _named_if_damaged(paths):
                rows = _rows_of(paths, declared.schema)
                connection.execute(f"CREATE VIEW {quoted(schema)}.{quoted(table)} AS {rows}")
    paths = [m.paths(opened.root, "snapshot")[0] for m in kept]
    name = f"'s_' || regexp_replace(snapshot_id, '{_NOT_IN_NAMES}', '_', 'g') AS schema_name"
    with _named_if_damaged(paths):
        rows = _rows_of(paths, PUBLISHED["snapshot"].schema, are_alike=False)
        connection.execute(
            f"CREATE VIEW snapshots AS SELECT {name}, * FROM ({rows}) AS kept "
            "ORDER BY published_at, snapshot_id"
        )
    connection.execute("COMMIT")
    return list(schemas)


@contextmanager
def _named_if_damaged(paths: Iterable[Path]) -> Iterator[None]:
    """What an engine does not understand is most likely a damaged file. Raises Damaged."""
    try:
        yield
    except (OSError, duckdb.Error, pl.exceptions.PolarsError):
        for path in paths:
            verify(path)
        raise


def verify_views(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Verify the files of the views that a query may name. Raises Damaged.

    Any word may be a name: DuckDB tells which tables are named only if these are no views.
    """
    words = {"main", *re.findall(r"\w+", query.lower())}
    views = connection.execute(
        "SELECT sql FROM duckdb_views() "
        "WHERE list_contains($1, lower(schema_name)) AND list_contains($1, lower(view_name))",
        [list(words)],
    )
    for (definition,) in views.fetchall():
        for path in re.findall(r"'((?:[^']|'')+\.parquet)'", definition):
            verify(Path(path.replace("''", "'")))


def _lock(connection: duckdb.DuckDBPyConnection, files: Iterable[str]) -> None:
    """Leave the connection these files, and nothing else of the machine."""
    allowed = ", ".join(literal(path) for path in sorted(files))
    for setting, value in (
        ("allowed_paths", f"[{allowed}]"),
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("allow_community_extensions", "false"),
        ("python_enable_replacements", "false"),
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
    ):
        connection.execute(f"SET {setting} = {value}")


def schema_name(snapshot_id: str) -> str:
    """The schema of a kept snapshot: "s_", and its id with _ for what SQL would have in quotes."""
    return "s_" + re.sub(_NOT_IN_NAMES, "_", snapshot_id)


def quoted(name: str) -> str:
    """A name for SQL that is taken as it is."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text for SQL where values cannot be bound: in the definition of a view."""
    return "'" + text.replace("'", "''") + "'"


def _rows_of(paths: Sequence[Path], columns: pl.Schema, are_alike: bool = True) -> str:
    """The query for the rows of some files, with these columns.

    The files of one snapshot are alike: a look into the first is enough.
    """
    if not paths:
        # A ledger without days has no file, but still its columns.
        return f"SELECT {', '.join(_null(*column) for column in columns.items())} WHERE false"
    looked_into = paths[:1] if are_alike else paths
    there = {name for path in looked_into for name in pl.read_parquet_schema(path)}
    named = [quoted(n) if n in there else _null(n, kind) for n, kind in columns.items()]
    files = ", ".join(literal(os.path.abspath(path)) for path in paths)
    options = "hive_partitioning = false" + ("" if are_alike else ", union_by_name = true")
    return f"SELECT {', '.join(named)} FROM read_parquet([{files}], {options})"


def _null(name: str, kind: pl.DataType) -> str:
    types = {"String": "VARCHAR", "Int64": "BIGINT", "Date": "DATE"}
    return f"CAST(NULL AS {types.get(str(kind), 'TIMESTAMP')}) AS {quoted(name)}"


def _files(store: Path, manifest: Manifest) -> list[str]:
    tables = ("snapshot", *manifest.tables)
    return [os.path.abspath(p) for table in tables for p in manifest.paths(store, table)]
