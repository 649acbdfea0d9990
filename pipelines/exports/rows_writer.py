"""What is kept of an export file: its accepted rows and its rejected rows.

rows.parquet has the schema's columns, `text_id` where ids are texts, and `row`; rejects.parquet has
`row`, `reason`, `original`, `key`, and exists only if a row was rejected. Row groups have
statistics, so that a reader of one day of plays skips what it does not need.
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl
import pyarrow
import pyarrow.parquet

from pipelines.exports.cells import DTYPES
from pipelines.exports.quarantine import REJECTS, ROW
from pipelines.exports.reading import Reading
from pipelines.exports.schemas import has_few_values, never_null
from pipelines.exports.text_ids import TEXT_ID

ROWS_FILE = "rows.parquet"
REJECTS_FILE = "rejects.parquet"
_GROUP_ROWS = 128 * 1024
_COUNTS = (pyarrow.int64(), pyarrow.timestamp("us"))
_ARROW_TYPES = {
    pl.Int64(): pyarrow.int64(),
    pl.Datetime("us"): pyarrow.timestamp("us"),
    pl.String(): pyarrow.large_string(),
    pl.Boolean(): pyarrow.bool_(),
}


class RowsWriter:
    """Writes both files into a folder as chunks come.

    The folder is the caller's: what is in it means nothing before it is closed, and syncing and
    renaming it into its place is not done here.
    """

    def __init__(self, reading: Reading, folder: Path) -> None:
        self._rows = _Writer(folder / ROWS_FILE, rows_layout(reading))
        self._rows.open()
        self._rejects = _Writer(folder / REJECTS_FILE, _REJECTS_LAYOUT)

    def write(self, accepted: pl.DataFrame, rejected: pl.DataFrame) -> None:
        """Add the rows of the next chunk."""
        self._rows.write(accepted)
        self._rejects.write(rejected)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete both files, or remove them if the file turned out to be bad."""
        for writer in (self._rows, self._rejects):
            writer.close()
            if error is not None:
                writer.path.unlink(missing_ok=True)


class Layout:
    """How rows with these columns are written as Parquet."""

    def __init__(
        self, columns: dict[str, pl.DataType], never_null: set[str], few_values: list[str]
    ) -> None:
        self._schema = pyarrow.schema(
            [
                pyarrow.field(name, _ARROW_TYPES[dtype], nullable=name not in never_null)
                for name, dtype in columns.items()
            ]
        )
        # Ids and times differ too much for dictionaries, and little from one row to the next.
        # What their differences leave is random: compression would cost time and save nothing.
        counts = [f.name for f in self._schema if f.type in _COUNTS]
        texts = [f.name for f in self._schema if f.type == pyarrow.large_string()]
        self._options: dict[str, Any] = {
            "compression": {n: "lz4" if n in texts else "none" for n in self._schema.names},
            "use_dictionary": few_values,
            "column_encoding": dict.fromkeys(counts, "DELTA_BINARY_PACKED"),
        }

    def table(self, rows: pl.DataFrame) -> pyarrow.Table:
        """The rows as Arrow has them."""
        columns = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).columns
        return pyarrow.Table.from_arrays(columns, schema=self._schema)

    def writer(self, where: Path | pyarrow.NativeFile) -> pyarrow.parquet.ParquetWriter:
        """Begin a file."""
        return pyarrow.parquet.ParquetWriter(where, self._schema, **self._options)

    def write_small(self, rows: pyarrow.Table, path: Path) -> None:
        """Write a whole file of few rows: in memory, since each call of the system costs more."""
        memory = pyarrow.BufferOutputStream()
        with self.writer(memory) as writer:
            writer.write_table(rows, row_group_size=_GROUP_ROWS)
        path.write_bytes(memory.getvalue())


def rows_layout(reading: Reading) -> Layout:
    """How the accepted rows of an entity's files are written."""
    schema = reading.schema
    columns = {name: DTYPES[kind] for name, kind in reading.kinds.items()}
    texts = {TEXT_ID: pl.String()} if reading.keeps_text_ids else {}
    return Layout(
        {**columns, **texts, ROW: pl.Int64()},
        never_null={*never_null(schema), ROW},
        few_values=[name for name in columns if has_few_values(schema, name)],
    )


_REJECTS_LAYOUT = Layout(REJECTS, never_null={*REJECTS} - {"key"}, few_values=["reason"])


class _Writer:
    """One Parquet file; there is nothing of it under its name that is not written by this."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path = path
        self._layout = layout
        self._file: pyarrow.parquet.ParquetWriter | None = None

    def open(self) -> pyarrow.parquet.ParquetWriter:
        """Begin the file; without this it begins with the first rows."""
        self._file = self._layout.writer(self.path)
        return self._file

    def write(self, rows: pl.DataFrame) -> None:
        if rows.height:
            writer = self._file or self.open()
            writer.write_table(self._layout.table(rows), row_group_size=_GROUP_ROWS)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
