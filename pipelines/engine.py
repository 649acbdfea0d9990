"""Runs the SQL files: one SELECT each, over relations that are bound to it by name.

DuckDB is the engine here. Nothing else in the project knows which engine it is: a step names the
file and hands over its inputs as tables, frames or export rows, and gets a frame back.
"""

import duckdb
import polars as pl

from pipelines.failures import Failure
from pipelines.store.atomic import DiskFull
from pipelines.store.store import SPILL, Store
from pipelines.tables import Table
from pipelines.version import SQL, read_own_file

Relation = Table | pl.DataFrame


class OutOfMemory(Failure):
    """SQL needs more memory than it may use."""

    code = "out_of_memory"

    def __init__(self, limit: str, query: str) -> None:
        super().__init__(
            f"sql/{query}.sql needs more memory than the {limit} that SQL may use, half of "
            "`[engine] memory_limit`: raise that in the settings, or lower `[engine] threads`."
        )


class Engine:
    """A DuckDB connection of its own, in memory, that spills to the store's folder.

    `memory_limit` is a size such as "4GiB"; `threads` 0 means all cores.
    """

    def __init__(self, store: Store, memory_limit: str = "4GiB", threads: int = 0) -> None:
        self._store, self._memory_limit = store, memory_limit
        self._spill = spill = store.root / SPILL
        spill.mkdir(parents=True, exist_ok=True)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": str(spill),
        }
        if threads:
            config["threads"] = threads
        self._connection = duckdb.connect(config=config)
        self._connection.execute("SET preserve_insertion_order = false")
        self._queries: dict[str, str] = {}

    def query(self, name: str, **inputs: Relation) -> pl.DataFrame:
        """Run `sql/<name>.sql` over the inputs, each under its keyword's name.

        Raises IncompleteInstallation without that file, OutOfMemory, DiskFull, and duckdb.Error
        with the file's name in a note for a fault in the SQL.
        """
        if name not in self._queries:
            self._queries[name] = read_own_file(SQL / f"{name}.sql")
        try:
            # Relations are known to one cursor only: several threads can query at once.
            with self._connection.cursor() as cursor:
                for relation, source in inputs.items():
                    self._bind(cursor, relation, source)
                result: pl.DataFrame = cursor.sql(self._queries[name]).pl()
                return result
        except duckdb.OutOfMemoryException as error:
            raise OutOfMemory(self._memory_limit, name) from error
        except duckdb.IOException as error:
            if "No space left" in str(error):
                raise DiskFull(self._spill / "spilled", 0) from error
            raise
        except duckdb.Error as error:
            error.add_note(f"in sql/{name}.sql")
            raise

    def _bind(self, cursor: duckdb.DuckDBPyConnection, name: str, source: Relation) -> None:
        if isinstance(source, pl.DataFrame):
            cursor.register(name, source)
            return
        files = self._store.paths(source)
        if not files:
            cursor.register(name, source.empty)
            return
        scan = "SELECT * FROM read_parquet($1, hive_partitioning = false)"
        cursor.register(name, cursor.sql(scan, params=[files]))

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()
