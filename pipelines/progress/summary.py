"""The rows of `progress`: what each producer has, brought together (specification, section 5).

Arrays, since `sql/progress` takes 3.1 times as long (2.6 to 0.8 core seconds, 200,000 producers).
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines.arrays.positions import Integers, Positions
from pipelines.ledger.awards import SOURCE_OF
from pipelines.tables import PUBLISHED

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
    they are not 0; several of one producer are added up. `xp` among them is the sum of the ledger.
    `award_sums`: for each table in SOURCE_OF, producer_id, quantity and xp. `achievements`: how
    many there are.
    """
    places = Positions(producers["producer_id"].to_numpy())
    columns: dict[str, Integers] = {}

    def add(name: str, values: pl.DataFrame, column: str) -> None:
        amounts = columns.setdefault(name, np.zeros(places.count + 1, dtype=np.int64))
        where = places.find(values["producer_id"].to_numpy())
        np.add.at(amounts, where, values[column].to_numpy())

    for name, values in numbers.items():
        add(name, values, values.columns[1])
    for table, sums in award_sums.items():
        source = SOURCE_OF[table]
        add(f"{source}_xp", sums, "xp")
        if source in QUANTITIES:
            add(QUANTITIES[source], sums, "quantity")
    # Position 0 is that of everybody who is not in the dump.
    rows = producers.select("producer_id", "display_name", "status", "listed").with_columns(
        pl.Series(name, amounts[1:]) for name, amounts in columns.items()
    )
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
    ).select(PUBLISHED["progress"].schema.names())
