"""What Dagster shows of a table: description, columns, lineage, rows, size, a preview."""

from functools import cache
from typing import Any, NamedTuple

import dagster as dg
import msgspec
import polars as pl
import sqlglot
from sqlglot import exp

from pipelines.meanings import MEANINGS
from pipelines.store.parts import Part
from pipelines.store.store import Store
from pipelines.tables import KEYS, PUBLISHED, WORKING, Table, union
from pipelines.version import SQL

PREVIEW_ROWS = 5


class Described(NamedTuple):
    """What a table is that no SQL file makes, and which tables it is made from."""

    description: str
    reads: frozenset[str] = frozenset()


#: Tables that are made without SQL of their own.
WITHOUT_SQL = {
    "producers": Described("The current dump. Grain: one row per producer_id."),
    "tracks": Described(
        "The current dump; a metadata field is a flag: filled or not. Grain: one row per track_id."
    ),
    "credits": Described("The current dump. Grain: one row per (track_id, producer_id)."),
    "earnings": Described("The valid row of each earning. Grain: one row per earning_id."),
    "grants": Described("The valid row of each grant. Grain: one row per grant_id."),
    "adjustments": Described("The valid row of each adjustment. Grain: one row per adjustment_id."),
    "track_plays": Described(
        "Valid plays of each track, also 0 of them. Grain: one row per (day, track_id).",
        frozenset({"counted_plays"}),
    ),
    "producer_plays": Described(
        "Plays that count for each producer. Grain: one row per (day, producer_id).",
        frozenset({"counted_plays", "attribution"}),
    ),
    "xp_ledger": Described(
        "The XP ledger. Grain: one row per (producer_id, day, source).",
        frozenset({"producer_plays", "awards", "level_unlocks"}),
    ),
    "track_totals": Described(
        "Valid plays of each track that has any. Grain: one row per track_id.",
        frozenset({"track_plays"}),
    ),
    "play_totals": Described(
        "Plays of each producer who has any. Grain: one row per producer_id.",
        frozenset({"producer_plays"}),
    ),
    "track_milestones": Described(
        "When tracks reached thresholds of valid plays. Grain: one row per (track_id, k).",
        frozenset({"counted_plays", "track_plays"}),
    ),
    "play_milestones": Described(
        "When producers reached thresholds of plays, in all and within one day. Grain: one row per "
        "(producer_id, metric, k).",
        frozenset({"counted_plays", "producer_plays", "attribution"}),
    ),
    "awards": Described(
        "Ledger rows of each source but plays. Grain: one row per (day, producer_id) and source.",
        frozenset(
            {
                "uploads",
                "metadata_completions",
                "collaborations",
                "activity_unlocks",
                "play_unlocks",
                "adjustments",
            }
        ),
    ),
    "xp_sums": Described(
        "XP of each producer, from plays and from everything. Grain: one row per producer_id.",
        frozenset({"producer_plays", "awards"}),
    ),
    "level_ups": Described(
        "When producers first reached each level above 1. Grain: one row per (producer_id, level).",
        frozenset({"producer_plays", "awards"}),
    ),
    "progress": Described(
        "What a producer sees on the Progress page. Grain: one row per producer.",
        frozenset(
            {
                "producers",
                "tracks",
                "partners",
                "earnings",
                "track_totals",
                "play_totals",
                "best_days",
                "upload_streaks",
                "activity_unlocks",
                "play_unlocks",
                "level_unlocks",
                "awards",
                "xp_sums",
            }
        ),
    ),
    "achievements": Described(
        "The achievements of the rulebook and how many producers have each. Grain: one row per "
        "achievement_id.",
        frozenset({"activity_unlocks", "play_unlocks", "level_unlocks"}),
    ),
    "leaderboard": Described(
        "Ranks of all boards. Grain: one row per (category, period, producer_id).",
        frozenset({"progress", "uploads", "xp_ledger", "earnings", "producers"}),
    ),
    "levels": Described("The levels of the rulebook."),
    "unlocks": Described(
        "All unlocked achievements, those of levels included.",
        frozenset({"activity_unlocks", "play_unlocks", "level_unlocks"}),
    ),
    "inputs": Described(
        "The balance of rows: read = accepted + duplicates + rejected, and unmatched."
    ),
    "files": Described("Every export file that is present, and what came of it."),
    "bad_cells": Described("Optional cells that became null, by file and column."),
    "rejects": Described("Every rejected row with its original values, and every rejected file."),
}


@cache
def sql_of(table: str) -> str:
    """The text of the SQL file that makes a table; empty if none does."""
    if table in WITHOUT_SQL:
        return ""
    return next((path.read_text() for path in SQL.rglob(f"{table}.sql")), "")


def description(table: str) -> str:
    """What a row of the table is: the header of its SQL file."""
    lines = [line[3:] for line in sql_of(table).splitlines() if line.startswith("-- ")]
    return " ".join(lines) or WITHOUT_SQL[table].description


def column_schema(table: str) -> dg.TableSchema:
    """The columns with their types and meanings; the key's columns say so."""
    schema = PUBLISHED.get(table) or WORKING[table]
    keys = KEYS.get(table, ())
    meanings = MEANINGS[table].columns if table in PUBLISHED else {}

    def described(column: str) -> str | None:
        key = "Key." if column in keys else ""
        return f"{key} {meanings.get(column, '')}".strip() or None

    return dg.TableSchema(
        [
            dg.TableColumn(name, str(dtype), description=described(name))
            for name, dtype in schema.items()
        ]
    )


@cache
def reads(table: str) -> frozenset[str]:
    """The relations that the table is made from."""
    if table in WITHOUT_SQL:
        return WITHOUT_SQL[table].reads
    sql = sql_of(table)
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
    parts: Any = getattr(result, "parts", None)
    if isinstance(parts, dict):
        return _of_parts(name, parts[name])
    if isinstance(value, dict):
        return union(name, list(value.values()))
    if isinstance(parts, list):
        return _of_parts(name, parts)
    days: Any = result.days  # type: ignore[attr-defined]
    if name == "xp_ledger":
        return _of_parts(name, [day.part for day in days.values()])
    if name == "counted_plays":
        return union(name, [day.settled for day in days.values() if day.settled is not None])
    return union(name, [getattr(day, name) for day in days.values()])


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
