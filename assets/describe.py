"""What Dagster shows of a table: description, columns, lineage, rows, size, a preview."""

from functools import cache
from typing import Any

import dagster as dg
import msgspec
import polars as pl
import sqlglot
from sqlglot import exp

from pipelines.engine import SQL
from pipelines.store.parts import Part
from pipelines.store.store import Store
from pipelines.tables import KEYS, PUBLISHED, WORKING, Table, union

PREVIEW_ROWS = 5

#: Tables whose SQL file has another name, and those that are made without SQL of their own.
SQL_NAMES = {"play_milestones": "play_moments", "unlocks_before_levels": "unlocks"}
WITHOUT_SQL = {
    "levels": "The levels of the rulebook.",
    "unlocks": "All unlocked achievements, those of levels included.",
    "inputs": "The balance of rows: read = accepted + duplicates + rejected, and unmatched.",
    "files": "Every export file that is present, and what came of it.",
    "bad_cells": "Optional cells that became null, by file and column.",
    "rejects": "Every rejected row with its original values, and every rejected file.",
}


@cache
def sql_of(table: str) -> str:
    """The text of the SQL file that makes a table; empty if none does."""
    if table in WITHOUT_SQL:
        return ""
    name = SQL_NAMES.get(table, table)
    return next((path.read_text() for path in SQL.rglob(f"{name}.sql")), "")


def description(table: str) -> str:
    """What a row of the table is: the header of its SQL file."""
    lines = [line[3:] for line in sql_of(table).splitlines() if line.startswith("-- ")]
    return " ".join(lines) or WITHOUT_SQL.get(table, table)


def column_schema(table: str) -> dg.TableSchema:
    """The columns with their types; the key's columns say so."""
    schema = PUBLISHED.get(table) or WORKING[table]
    keys = KEYS.get(table, ())
    return dg.TableSchema(
        [
            dg.TableColumn(name, str(dtype), description="key" if name in keys else None)
            for name, dtype in schema.items()
        ]
    )


@cache
def reads(table: str) -> frozenset[str]:
    """The relations that the table's SQL file reads."""
    sql = sql_of(table)
    if not sql:
        return frozenset()
    tree = sqlglot.parse_one(sql, read="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(found.name for found in tree.find_all(exp.Table)) - own


def column_lineage(table: str, upstream: set[str]) -> dg.TableColumnLineage:
    """For each column, the columns of the same name in the tables that it is made from.

    One name means one thing in every table, so this is where its values come from.
    """
    columns: dict[str, list[dg.TableColumnDep]] = {}
    for name in PUBLISHED.get(table) or WORKING[table]:
        sources = [
            dg.TableColumnDep(dg.AssetKey(source), name)
            for source in sorted(upstream)
            if name in (PUBLISHED.get(source) or WORKING.get(source) or {})
        ]
        if sources:
            columns[name] = sources
    return dg.TableColumnLineage(columns)


def tables_of(result: msgspec.Struct, name: str) -> Table:
    """A table that a step has made, whatever shape its result has."""
    value: Any = getattr(result, name, None)
    if isinstance(value, Table):
        return value
    if name == "unlocks_before_levels":
        return result.unlocks  # type: ignore[attr-defined, no-any-return]
    parts: Any = getattr(result, "parts", None)
    if isinstance(parts, dict):
        return _of_parts(name, parts[name])
    if isinstance(parts, list):
        return _of_parts(name, parts)
    days: Any = result.days  # type: ignore[attr-defined]
    if name == "xp_ledger":
        return _of_parts(name, [day.part for day in days.values()])
    return union(name, [day.plays for day in days.values()])


def shown(store: Store, table: Table) -> dict[str, Any]:
    """Rows, size and the first rows of a table."""
    sizes = [(store.root / file).stat().st_size for file in table.files]
    first = pl.DataFrame(schema=table.schema)
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
    """A frame as a Markdown table; what strangers wrote cannot break out of its cell."""

    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        for found, escape in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
            text = text.replace(found, escape)
        return text

    lines = [frame.columns, ["---"] * frame.width, *([cell(v) for v in r] for r in frame.rows())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _of_parts(name: str, parts: list[Part]) -> Table:
    return Table(name, tuple(part.file for part in parts), sum(part.rows for part in parts))
