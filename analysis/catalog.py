"""A DuckDB database file of views over the kept snapshots, for tools that open such files."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis.database import PREVIOUS, create_views, literal, quoted
from pipelines.failures import Failure
from pipelines.publication.manifest import all_kept
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.store.atomic import atomic_file, sync_folder
from pipelines.tables import PUBLISHED

#: The oldest format that can be written; DuckDB 0.10 and all later ones can read it.
STORAGE_VERSION = "v0.10.2"
#: What a database file has at its ninth byte.
_MAGIC = b"DUCK"
#: A catalog has views only: 1,000 snapshots take about as much.
_LARGEST = 256 * 1024**2


class NotACatalogError(Failure):
    """The file that would be replaced holds something else, or is being written to."""

    code = "not_a_catalog"


@dataclass(frozen=True)
class Catalog:
    """A database file that was written."""

    file: Path
    snapshot: PublishedSnapshot
    schemas: list[str]


def write_catalog(store: Path, file: Path) -> Catalog:
    """Write a database file with views over the published snapshot and all kept ones.

    The views name the files of the store by absolute paths. An older catalog of this name is
    replaced at once: who has it open goes on reading the old one. Raises NoSnapshot,
    Damaged, and NotACatalogError if the file is not a catalog.
    """
    opened, kept = open_snapshot(store), all_kept(store)
    for table in opened.manifest.tables:
        opened.paths(table)
    file = Path(os.path.abspath(file))
    _refuse_other_files(file)
    with atomic_file(file) as hidden, duckdb.connect() as connection:
        connection.execute(
            f"ATTACH {literal(str(hidden))} AS catalog (STORAGE_VERSION {literal(STORAGE_VERSION)})"
        )
        connection.execute("USE catalog")
        schemas = create_views(connection, opened, kept)
        # Elsewhere it would be the same again, 72 times, and take seconds.
        _comment(connection, [name for name in schemas if name in ("main", PREVIOUS)])
        connection.execute("USE memory")
        connection.execute("DETACH catalog")
    sync_folder(file.parent)
    return Catalog(file, opened, schemas)


def _comment(connection: duckdb.DuckDBPyConnection, schemas: Iterable[str]) -> None:
    """Say of every view and column of some schemas what it means."""
    views = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() "
        "WHERE database_name = 'catalog' AND list_contains($1, schema_name)",
        [list(schemas)],
    ).fetchall()
    connection.execute("BEGIN")
    for schema, view in views:
        place = f"{quoted(schema)}.{quoted(view)}"
        # `snapshots` has the columns of `snapshot`, and one that says which schema is meant.
        table = PUBLISHED["snapshot" if view == "snapshots" else view]
        row = "One row per kept snapshot, the oldest first." if view == "snapshots" else table.row
        connection.execute(f"COMMENT ON VIEW {place} IS {literal(row)}")
        for column in table.columns:
            connection.execute(
                f"COMMENT ON COLUMN {place}.{quoted(column.name)} IS {literal(column.meaning)}"
            )
    text = literal("The schema in which the snapshot's tables are.")
    connection.execute(f"COMMENT ON COLUMN snapshots.schema_name IS {text}")
    connection.execute("COMMIT")


def _refuse_other_files(file: Path) -> None:
    """Raise NotACatalogError if replacing the file would lose anything but views."""
    log = file.with_name(f"{file.name}.wal")
    if log.exists():
        raise NotACatalogError(
            f"{log} shows that a program is writing to {file.name}. Close it, and open catalogs "
            "read-only."
        )
    if file.exists() and not _is_catalog(file):
        raise NotACatalogError(
            f"{file} is there already, and is not a database that `beatxp catalog` wrote. Choose "
            "another name, or move it away."
        )


def _is_catalog(file: Path) -> bool:
    if not file.is_file() or file.stat().st_size > _LARGEST:
        return False
    with file.open("rb") as start:
        if start.read(12)[8:] != _MAGIC:
            return False
    # A copy is looked at: a tool that did not open the file read-only holds a lock on it.
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copyfile(file, Path(folder) / "copy.duckdb")
        try:
            with duckdb.connect(str(copy), read_only=True) as connection:
                names = connection.execute("SELECT view_name FROM duckdb_views()").fetchall()
                tables = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
        except duckdb.Error:
            return False
    return tables == (0,) and ("snapshots",) in names
