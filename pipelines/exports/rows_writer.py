"""What is kept of an export file: its accepted rows, its rejected rows, and their account.

rows.parquet has the schema's columns and `row`; rejects.parquet has `row`, `reason`, `original`.
Row groups have statistics, so that a reader of one day of plays skips what it does not need.
"""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pandera.polars as pa
import polars as pl
import pyarrow
import pyarrow.parquet

from pipelines.exports.quarantine import REJECTS, ROW, Sorted
from pipelines.exports.schemas import is_sorted_by_day, kinds, time_column
from pipelines.exports.values import DTYPES

ROWS_FILE = "rows.parquet"
REJECTS_FILE = "rejects.parquet"
_GROUP_ROWS = 128 * 1024
_EPOCH = date(1970, 1, 1)


class RowsWriter:
    """Writes both files into a folder as chunks come, and counts.

    The folder is the caller's: what is in it means nothing before it is closed, and syncing and
    renaming it into its place is not done here.
    """

    def __init__(self, schema: pa.DataFrameSchema, folder: Path) -> None:
        self.accepted = 0
        self.rejected = 0
        self.reasons: Counter[str] = Counter()
        self.bad_cells: Counter[str] = Counter()
        self.days: dict[str, list[int]] = {}
        self._time = time_column(schema)
        self._by_day = is_sorted_by_day(schema)
        columns = {name: DTYPES[kind] for name, kind in kinds(schema).items()}
        self._rows = _Writer(folder / ROWS_FILE, {**columns, ROW: pl.Int64()})
        self._rejects = _Writer(folder / REJECTS_FILE, REJECTS)

    def write(self, chunk: Sorted) -> None:
        """Add the rows of the next chunk."""
        self.rejected += chunk.rejected.height
        for reason, count in chunk.rejected["reason"].value_counts().iter_rows():
            self.reasons[reason] += count
        self.bad_cells.update(chunk.bad_cells)
        self._rejects.write(chunk.rejected)
        rows = chunk.accepted
        self.accepted += rows.height
        if self._time is not None:
            rows = self._count_days(rows, self._time)
        self._rows.write(rows)

    def _count_days(self, rows: pl.DataFrame, time: str) -> pl.DataFrame:
        """Account for the days of events; returns the rows as they are to be kept."""
        day = pl.col(time).dt.date().cast(pl.Int32).alias("day")
        days = rows.select(day, pl.col(time).cast(pl.Int64))
        counted = days.group_by("day").agg(
            pl.len(), pl.col(time).min().alias("first"), pl.col(time).max().alias("last")
        )
        for number, count, first, last in counted.sort("day").iter_rows():
            name = (_EPOCH + timedelta(days=number)).isoformat()
            before = self.days.get(name, [0, first, last])
            self.days[name] = [before[0] + count, min(before[1], first), max(before[2], last)]
        if self._by_day and not days["day"].is_sorted():
            return rows.sort(day, maintain_order=True)
        return rows

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
                writer.path.unlink()


class _Writer:
    """One Parquet file; there is nothing of it under its name that is not written by this."""

    def __init__(self, path: Path, columns: dict[str, pl.DataType]) -> None:
        self.path = path
        texts = [name for name, dtype in columns.items() if dtype == pl.String()]
        # Ids and times differ too much for dictionaries, and little from one row to the next.
        counts = [n for n, t in columns.items() if t in (pl.Int64(), pl.Datetime("us"))]
        self._file = pyarrow.parquet.ParquetWriter(
            path,
            _arrow(pl.DataFrame(schema=columns)).schema,
            compression="lz4",
            use_dictionary=texts,
            column_encoding=dict.fromkeys(counts, "DELTA_BINARY_PACKED"),
        )

    def write(self, rows: pl.DataFrame) -> None:
        if rows.height:
            self._file.write_table(_arrow(rows), row_group_size=_GROUP_ROWS)

    def close(self) -> None:
        self._file.close()


def _arrow(rows: pl.DataFrame) -> pyarrow.Table:
    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())
