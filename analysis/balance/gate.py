"""What the collaboration gate withheld: plays that did not count for a collaborator.

A collaborator shares in the plays of a track from the day of the credit on, but only on days on
which the own profile was complete enough (specification, section 2: play). Which days those were is
in the working tables, and which plays there were of tracks.
"""

from datetime import date

import polars as pl

#: Where a range of days without an end ends.
_NEVER = date(9999, 12, 31)


def closed_days(
    collaborators: pl.DataFrame, tracks: pl.DataFrame, attribution: pl.DataFrame
) -> pl.DataFrame:
    """The days on which the gate of a track's collaborator was closed.

    track_id, producer_id, from_day, until_day: ranges without their last day, from the credit on.
    The inputs are working tables
    (`pipelines.tables.WORKING`); `attribution` has the ranges on which gates were open.
    """
    pair = ["track_id", "producer_id"]
    playable = tracks.filter(pl.col("status").is_in(["published", "removed"])).select("track_id")
    credited = collaborators.join(playable, on="track_id", how="semi").select(
        *pair, pl.col("credited_at").dt.date().alias("credited_on")
    )
    opened = credited.join(attribution, on=pair).sort(*pair, "from_day")
    before = opened.select(
        *pair,
        pl.col("until_day").shift().over(pair).fill_null(pl.col("credited_on")).alias("from_day"),
        pl.col("from_day").alias("until_day"),
    )
    last = opened.group_by(pair).agg(pl.col("until_day").max().alias("from_day"))
    after = credited.join(last, on=pair, how="left").select(
        *pair,
        pl.coalesce("from_day", "credited_on"),
        pl.lit(_NEVER).alias("until_day"),
    )
    ranges = pl.concat([before, after]).filter(pl.col("from_day") < pl.col("until_day"))
    return ranges.sort(*pair, "from_day")


def withheld_plays(track_plays: pl.LazyFrame, closed: pl.DataFrame) -> pl.DataFrame:
    """Valid plays that a closed gate kept from counting: day, producer_id, plays, in that order.

    `track_plays`: day, track_id, plays (valid ones). A play counts once for each collaborator.
    """
    on_the_day = (pl.col("from_day") <= pl.col("day")) & (pl.col("day") < pl.col("until_day"))
    return (
        track_plays.filter(pl.col("plays") > 0)
        .join(closed.lazy(), on="track_id")
        .filter(on_the_day)
        .group_by("day", "producer_id")
        .agg(pl.col("plays").sum())
        .sort("day", "producer_id")
        .collect()
    )


def withheld_xp(withheld: pl.DataFrame, ledger: pl.LazyFrame, worth: pl.DataFrame) -> pl.DataFrame:
    """`withheld` with `xp`: what more the ledger would have held for plays, up to the daily cap.

    `worth` as `ledger.worth` gives it, for all days of `withheld`.
    """
    of_plays = worth.filter(pl.col("source") == "play").select("day", "unit_xp", "daily_cap")
    counted = (
        ledger.filter(pl.col("source") == "play")
        .join(withheld.lazy(), on=["day", "producer_id"], how="semi")
        .select("day", "producer_id", pl.col("quantity").alias("counted"))
        .collect()
    )
    counted_plays = pl.col("counted").fill_null(0)

    def xp(plays: pl.Expr) -> pl.Expr:
        return pl.min_horizontal(plays * pl.col("unit_xp"), "daily_cap")

    return (
        withheld.join(counted, on=["day", "producer_id"], how="left", maintain_order="left")
        .join(of_plays, on="day", how="left", maintain_order="left")
        .select(
            "day",
            "producer_id",
            "plays",
            (xp(counted_plays + pl.col("plays")) - xp(counted_plays)).alias("xp"),
        )
    )


def by_month(withheld: pl.DataFrame) -> pl.DataFrame:
    """What was withheld by month (its first day): producers, plays, xp."""
    return (
        withheld.group_by(pl.col("day").dt.month_start().alias("month"))
        .agg(
            pl.col("producer_id").n_unique().cast(pl.Int64).alias("producers"),
            pl.col("plays", "xp").sum(),
        )
        .sort("month")
    )


def by_producer(withheld: pl.DataFrame) -> pl.DataFrame:
    """What was withheld by producer, the most XP first: producer_id, plays, xp."""
    return (
        withheld.group_by("producer_id")
        .agg(pl.col("plays", "xp").sum())
        .sort("xp", "plays", "producer_id", descending=[True, True, False])
    )
