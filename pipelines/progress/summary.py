"""The rows of `progress`: what each producer has, brought together (specification, section 5)."""

from collections.abc import Mapping

import polars as pl

from pipelines.tables import COUNT, PUBLISHED

#: What is counted of each source that awards XP.
QUANTITIES = {
    "upload": "uploads",
    "metadata": "complete_tracks",
    "collaboration": "collaborations",
}


def summary(
    producers: pl.DataFrame,
    levels: pl.DataFrame,
    achievements: int,
    numbers: Mapping[str, pl.DataFrame],
    award_sums: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """One row for each of the producers, which are ascending by id.

    `numbers`: for each column of the result, its values (producer_id, and one more column), where
    they are not 0; `xp` among them is the sum of the ledger. `award_sums`: for each source but
    plays, producer_id, quantity and xp. `achievements`: how many there are.
    """
    rows = producers.select("producer_id", "display_name", "status")
    for name, values in numbers.items():
        rows = _with(rows, values.rename({values.columns[1]: name}))
    for source, sums in award_sums.items():
        rows = _with(rows, sums.select("producer_id", pl.col("xp").alias(f"{source}_xp")))
        if source in QUANTITIES:
            counted = pl.col("quantity").alias(QUANTITIES[source])
            rows = _with(rows, sums.select("producer_id", counted))
    bands = levels.sort("min_xp").select(
        "level",
        pl.col("title").alias("level_title"),
        pl.col("min_xp").alias("level_min_xp"),
        pl.col("min_xp").shift(-1).alias("next_level_xp"),
    )
    # total_xp is never below 0, whatever adjustments took away.
    rows = rows.with_columns(pl.col("xp").clip(lower_bound=0).alias("total_xp"))
    place = bands["level_min_xp"].search_sorted(rows["total_xp"], side="right") - 1
    rows = rows.hstack(bands[place])
    to_next = pl.col("next_level_xp") - pl.col("total_xp")
    gained = pl.col("total_xp") - pl.col("level_min_xp")
    width = pl.col("next_level_xp") - pl.col("level_min_xp")
    return rows.with_columns(
        to_next.alias("xp_to_next"),
        (100 * gained // width).fill_null(100).alias("progress_percent"),
        (achievements - pl.col("achievements_unlocked")).alias("achievements_locked"),
    ).select(PUBLISHED["progress"].names())


def _with(rows: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Add a column of values, 0 where a producer has none."""
    name = values.columns[1]
    joined = rows.join(values, on="producer_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).cast(COUNT).fill_null(0))
