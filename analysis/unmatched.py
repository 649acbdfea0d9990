"""Export rows that refer to something unknown: which they are, and how many of a day.

(Specification, section 1: unmatched.) A refresh only counts them. They are looked up when somebody
asks, in the export rows of a snapshot that is derived again.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import polars as pl

from analysis.export_rows import ExportRows, last_of_each, one_of, played_on
from pipelines.activity.day_counts import DayCounts
from pipelines.exports.events import EVENT_TIMES
from pipelines.exports.files import DUMP_ENTITIES
from pipelines.exports.identity import key_columns
from pipelines.published.text_ids import with_texts
from pipelines.rulebook.tables import thresholds
from pipelines.run import batches
from pipelines.tables import COUNT, DAY, TEXT, WORKING, Table, union
from pipelines.vocabulary import ENTITIES

#: Unmatched plays that are worked on at once, so that memory stays bounded, and rows of a file.
ROWS = 1_000_000
#: How many rows are unmatched, in all and of a day; null where rows are of no day.
COUNTS = pl.Schema({"entity": TEXT, "rows": COUNT, "rows_of_day": COUNT})
#: What a row may refer to that is unknown.
REFERENCES: Final = {
    "tracks": ("producer_id",),
    "credits": ("track_id", "producer_id"),
    "plays": ("track_id",),
    "earnings": ("producer_id",),
    "grants": ("producer_id", "achievement_id"),
    "adjustments": ("producer_id",),
}


def unmatched_rows(source: ExportRows, entities: Sequence[str] = ENTITIES) -> pl.LazyFrame:
    """The unmatched rows of some entities, over the dumps in force and the events before as_of.

    entity, file, row, day (of an event), unknown (what it is in words, like "track 77"), original
    (the row's values as they were read, as JSON, with the texts that known ids stand for). By
    entity; plays by day, file and row, others by file and row. They can be read until the sandbox
    is closed.
    """
    store, snapshot_id = source.run.store, source.derived.snapshot.row.snapshot_id
    parts: list[Table] = []
    for entity in filter(REFERENCES.__contains__, entities):
        found = _plays(source) if entity == "plays" else iter([_others(source, entity)])
        for rows in found:
            for part in rows.iter_slices(ROWS):
                label = f"{snapshot_id}-{len(parts)}-{entity}"
                told = _told(entity, with_texts(part, source.derived.snapshot))
                parts.append(store.write("unmatched_rows", label, told))
    return store.scan(union("unmatched_rows", parts))


def unmatched_counts(source: ExportRows, day: date | None = None) -> pl.DataFrame:
    """How many rows of each entity that has any are unmatched, in all and of a day: see COUNTS."""
    inputs = source.derived.snapshot.scan("inputs").filter(pl.col("unmatched") > 0)
    found = []
    for entity, rows in inputs.select("entity", "unmatched").collect().iter_rows():
        of_day = None
        if day is not None and entity == "plays":
            counts: DayCounts | None = source.derived.results["producer_plays"].days.get(day)
            of_day = counts.unmatched if counts else 0
        elif day is not None and entity in EVENT_TIMES:
            is_of_day = pl.col(EVENT_TIMES[entity]).dt.date() == day
            of_day = _unmatched(source, entity).filter(is_of_day).select(pl.len()).collect().item()
        found.append((entity, rows, of_day))
    return pl.DataFrame(found, schema=COUNTS, orient="row")


def _told(entity: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The columns that people see."""
    time = "played_at" if entity == "plays" else EVENT_TIMES.get(entity)
    read = rows.drop("file", "place", "row", "unknown")
    return rows.select(
        pl.lit(entity).alias("entity"),
        "file",
        "row",
        pl.lit(None, DAY).alias("day") if time is None else pl.col(time).dt.date().alias("day"),
        "unknown",
        pl.struct(read.columns).struct.json_encode().alias("original"),
    ).cast(WORKING["unmatched_rows"].schema)


def _others(source: ExportRows, entity: str) -> pl.DataFrame:
    """The unmatched rows of a dump in force, or of the small events; the winners have no place."""
    key = list(key_columns(entity))
    keys = _unmatched(source, entity).select(*key, "unknown").collect()
    wanted = one_of(key[0], keys[key[0]])
    if entity in DUMP_ENTITIES:
        rows = source.current(entity, wanted)
    else:
        rows = last_of_each(source.rows(entity, wanted), key)
    return rows.join(keys, on=key).sort("place", "row")


def _unmatched(source: ExportRows, entity: str) -> pl.LazyFrame:
    """The unmatched ones among the winning rows of a dump in force, or of the small events."""
    results = source.derived.results
    tables = results["dumps"] if entity in DUMP_ENTITIES else results["events"]
    rows = source.run.store.scan(getattr(tables, entity))
    if entity in EVENT_TIMES:
        rows = rows.filter(pl.col(EVENT_TIMES[entity]) < source.as_of)
    return _with_unknown(source, entity, rows)


def _with_unknown(source: ExportRows, entity: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that refer to something unknown, and what it is."""
    said = []
    for column in REFERENCES[entity]:
        known = _known(source, column).with_columns(pl.lit(True).alias(f"knows_{column}"))
        rows = rows.join(known, on=column, how="left")
        name = column.removesuffix("_id")
        is_unknown = pl.col(f"knows_{column}").is_null()
        said.append(pl.when(is_unknown).then(pl.format(f"{name} {{}}", column)))
    unknown = pl.concat_str(said, separator=", ", ignore_nulls=True)
    return rows.with_columns(unknown.alias("unknown")).filter(pl.col("unknown") != "")


def _known(source: ExportRows, column: str) -> pl.LazyFrame:
    """What there is to refer to: one column, each value once."""
    dumps, store = source.derived.results["dumps"], source.run.store
    match column:
        case "producer_id":
            return store.scan(dumps.producers).select(column)
        case "track_id":
            return store.scan(dumps.tracks).select(column)
        case _:
            is_granted = pl.col("metric") == "granted"
            return thresholds(source.run.rulebook).lazy().filter(is_granted).select(column)


def _plays(source: ExportRows) -> Iterator[pl.DataFrame]:
    """The unmatched plays, some days at once."""
    days: dict[date, DayCounts] = source.derived.results["producer_plays"].days
    unmatched = [(day, counts.unmatched) for day, counts in days.items() if counts.unmatched]
    for group in batches(unmatched, ROWS):
        played = union("track_plays", [days[day].track_plays for day in group])
        tracks = source.run.store.scan(played).select("track_id").unique()
        unknown = _with_unknown(source, "plays", tracks).select("track_id", "unknown").collect()
        rows = source.rows(
            "plays",
            played_on(group)
            & one_of("track_id", unknown["track_id"])
            & (pl.col("played_at") < source.as_of),
            source.files_of_days(group),
        ).with_columns(pl.col("played_at").dt.date().alias("day"))
        winners = source.winners_of_plays(rows).select("play_id", "day", "place", "row")
        is_valid = pl.col("row_right").is_null() | (
            (pl.col("place") == pl.col("place_right")) & (pl.col("row") == pl.col("row_right"))
        )
        yield (
            rows.join(winners, on=["play_id", "day"], how="left")
            .filter(is_valid)
            .join(unknown, on="track_id")
            .sort("day", "place", "row")
            .drop("day", "place_right", "row_right")
        )
