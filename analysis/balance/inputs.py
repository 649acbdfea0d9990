"""What was delivered, day by day: rows, rejects and their reasons (specification, section 1).

The day is the date in a file's path, as exporters name their files: for a dump it is its stamp; for
events it is only a name, since what a file holds may be of other days. Files whose path has no date
are counted under null.
"""

import polars as pl

from pipelines.exports.stamps import stamp_of
from pipelines.tables import COUNT, TIME


def dated(files: pl.DataFrame) -> pl.DataFrame:
    """The table `files` with `day`: of the stamp, or the last date in a path, null without one."""
    stamps = pl.Series([stamp_of(path) for path in files["file"]], dtype=TIME)
    day = pl.coalesce("stamp", stamps).dt.date()
    return files.with_columns(day.alias("day"))


def by_day(files: pl.DataFrame) -> pl.DataFrame:
    """`dated` files summed up: day, entity, files, rejected_files, rows_read, rejected."""
    return (
        files.group_by("day", "entity")
        .agg(
            pl.len().cast(COUNT).alias("files"),
            pl.col("reason").is_not_null().sum().cast(COUNT).alias("rejected_files"),
            pl.col("rows_read", "rejected").sum(),
        )
        .sort("day", "entity", nulls_last=True)
    )


def reasons_by_day(rejects: pl.LazyFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Rejected rows, and files that were rejected whole: day, entity, reason, rows, files."""
    counted = (
        rejects.group_by("entity", "file", "reason")
        .agg(
            pl.col("row").is_not_null().sum().cast(COUNT).alias("rows"),
            pl.col("row").is_null().sum().cast(COUNT).alias("files"),
        )
        .collect()
    )
    days = files.select("entity", "file", "day")
    return (
        counted.join(days, on=["entity", "file"], how="left")
        .group_by("day", "entity", "reason")
        .agg(pl.col("rows", "files").sum())
        .sort("day", "entity", "reason", nulls_last=True)
    )


def reasons(rejected: pl.DataFrame) -> pl.DataFrame:
    """`reasons_by_day` over all days, the most rows first: entity, reason, rows, files, days."""
    return (
        rejected.group_by("entity", "reason")
        .agg(pl.col("rows", "files").sum(), pl.col("day").n_unique().cast(COUNT).alias("days"))
        .sort("rows", "files", "entity", "reason", descending=[True, True, False, False])
    )
