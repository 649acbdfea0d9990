"""How many producers really have each achievement, beside the rarity that the rulebook gives it."""

from typing import get_args

import polars as pl

from analysis.balance.rarity import misplaced
from pipelines.rulebook.model import Rarity
from pipelines.tables import COUNT, TEXT

RARITIES: tuple[str, ...] = get_args(Rarity)


def unlock_shares(
    achievements: pl.LazyFrame, unlocks: pl.LazyFrame, producers: int
) -> pl.DataFrame:
    """The achievements, the commonest rarity first, then the most unlocked.

    The columns of `achievements` and `share` (unlocked_by of all `producers`, 0 to 1, null without
    producers), `awarded_xp` (all that it has given), and `misplaced`: "commoner" or "rarer" where
    it is out of order with its rarity (`rarity.misplaced`), else null.
    """
    awarded = unlocks.group_by("achievement_id").agg(pl.col("xp").sum().alias("awarded_xp"))
    share = (pl.col("unlocked_by") / producers) if producers else pl.lit(None, pl.Float64())
    order = pl.col("rarity").replace_strict(
        {rarity: place for place, rarity in enumerate(RARITIES)}, return_dtype=COUNT
    )
    found = (
        achievements.join(awarded, on="achievement_id", how="left")
        .with_columns(pl.col("awarded_xp").fill_null(0), share.alias("share"), order.alias("place"))
        .sort("place", "share", "achievement_id", descending=[False, True, False])
        .collect()
    )
    marks = misplaced(found.select("place", "unlocked_by").rows())
    return found.drop("place").with_columns(pl.Series("misplaced", marks, TEXT))


def never_unlocked(shares: pl.DataFrame) -> pl.DataFrame:
    """The achievements that nobody has."""
    return shares.filter(pl.col("unlocked_by") == 0)


def always_unlocked(shares: pl.DataFrame) -> pl.DataFrame:
    """The achievements that every producer has; none without producers."""
    return shares.filter(pl.col("share") == 1)


def by_rarity(shares: pl.DataFrame) -> pl.DataFrame:
    """For each rarity: `achievements`, the `lowest`, `median` and `highest` share, awarded_xp."""
    return shares.group_by("rarity", maintain_order=True).agg(
        pl.len().cast(COUNT).alias("achievements"),
        pl.col("share").min().alias("lowest"),
        pl.col("share").median().alias("median"),
        pl.col("share").max().alias("highest"),
        pl.col("awarded_xp").sum(),
    )
