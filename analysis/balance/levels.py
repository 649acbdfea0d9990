"""How many producers are at each level, and how long it took them to get there."""

import polars as pl

from pipelines.tables import COUNT


def producers_by_level(progress: pl.LazyFrame, levels: pl.LazyFrame) -> pl.DataFrame:
    """The levels with `producers`, how many of them are `suspended`, and their `share` (0 to 1).

    Every level of the rulebook has a row. The share is null if there are no producers.
    """
    counted = progress.group_by("level").agg(
        pl.len().cast(COUNT).alias("producers"),
        (pl.col("status") == "suspended").sum().cast(COUNT).alias("suspended"),
    )
    found = levels.join(counted, on="level", how="left").sort("level")
    number = pl.col("producers", "suspended").fill_null(0)
    total = pl.col("producers").sum()
    share = pl.when(total > 0).then(pl.col("producers") / total).alias("share")
    return found.with_columns(number).with_columns(share).collect()


def first_days(ledger: pl.LazyFrame) -> pl.DataFrame:
    """The first day on which each producer has a ledger row: producer_id, first_day."""
    return ledger.group_by("producer_id").agg(pl.col("day").min().alias("first_day")).collect()


def days_to_reach(
    level_ups: pl.LazyFrame, first_days: pl.DataFrame, levels: pl.LazyFrame
) -> pl.DataFrame:
    """For each level above 1, the days from a producer's first ledger day to reaching it.

    level, title, `reached` (producers who ever did), and the quartiles `lower`, `median`, `upper`
    of their days, interpolated; null if nobody did. Same day = 0.
    """
    days = (pl.col("reached_on") - pl.col("first_day")).dt.total_days()
    reached = (
        level_ups.join(first_days.lazy(), on="producer_id")
        .group_by("level")
        .agg(
            pl.len().cast(COUNT).alias("reached"),
            days.quantile(0.25, "linear").alias("lower"),
            days.quantile(0.5, "linear").alias("median"),
            days.quantile(0.75, "linear").alias("upper"),
        )
    )
    return (
        levels.filter(pl.col("level") > 1)
        .select("level", "title")
        .join(reached, on="level", how="left")
        .with_columns(pl.col("reached").fill_null(0))
        .sort("level")
        .collect()
    )
