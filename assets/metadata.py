"""What Dagster shows of a table: its columns, its rows, its size, a preview."""

from functools import cache
from typing import Any

import dagster as dg
import polars as pl

from pipelines.store.store import Store
from pipelines.tables import Declaration, Table
from pipelines.version import SQL

PREVIEW_ROWS = 5


def description(table: Declaration) -> str:
    """What a row of the table is, and what identifies it."""
    key = f" Key: {', '.join(table.key)}." if table.key else ""
    return table.row + key


@cache
def is_sql(table: str) -> bool:
    """Whether a SQL file makes the table."""
    return next(SQL.rglob(f"{table}.sql"), None) is not None


def column_schema(table: Declaration) -> dg.TableSchema:
    """The columns with their types and meanings; those of the key say so."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                str(column.dtype),
                description=f"{'Key. ' if column.name in table.key else ''}{column.meaning}",
            )
            for column in table.columns
        ]
    )


def materialized(store: Store, table: Table) -> dict[str, Any]:
    """Rows, size and the first rows of a table."""
    sizes = [(store.root / file).stat().st_size for file in table.files]
    first = table.empty
    for file in table.files:
        first = first.vstack(
            pl.read_parquet(store.root / file, n_rows=PREVIEW_ROWS, hive_partitioning=False)
        )
        if first.height >= PREVIEW_ROWS:
            break
    return {
        "dagster/row_count": table.rows,
        "files": len(table.files),
        "bytes": sum(sizes),
        "preview": dg.MetadataValue.md(markdown(first.head(PREVIEW_ROWS))),
    }


def markdown(frame: pl.DataFrame) -> str:
    """A frame as a Markdown table; untrusted text cannot break out of its cell."""

    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        for found, escape in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
            text = text.replace(found, escape)
        return text

    lines = [frame.columns, ["---"] * frame.width, *([cell(v) for v in r] for r in frame.rows())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
