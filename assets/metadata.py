"""What Dagster shows of a table: its columns, its rows, its size, a preview."""

from functools import cache
from typing import Any

import dagster as dg
import polars as pl

from pipelines.store.store import Store
from pipelines.tables import Declaration, Table
from pipelines.version import SQL

PREVIEW_ROWS = 5
#: Tables that a refresh makes with the SQL file that states their rule; the others that have one it
#: makes with Polars and NumPy, which is faster.
_BY_SQL = {
    *("profile_history", "first_complete"),
    *("collaborators", "uploads", "metadata_completions", "collaborations", "partners"),
    *("attribution", "self_listeners", "counted_plays", "best_days"),
    *("activity_unlocks", "upload_streaks", "play_unlocks", "level_unlocks"),
}


def description(table: Declaration) -> str:
    """What a row of the table is, what identifies it, and where its rule stands."""
    key = f" Key: {', '.join(table.key)}." if table.key else ""
    rule = rule_of(table.name)
    return table.row + key + ("" if rule is None else f" Rule: sql/{rule}.")


@cache
def rule_of(table: str) -> str | None:
    """The SQL file that states how the table follows from others, below `sql/`."""
    found = next(SQL.rglob(f"{table}.sql"), None)
    return None if found is None else found.relative_to(SQL).as_posix()


def is_sql(table: str) -> bool:
    """Whether a refresh makes the table with its SQL file."""
    return table in _BY_SQL


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
