"""Sums of a simulation: frames of `analysis.comparison` in, small frames out."""

from collections.abc import Iterator

import polars as pl


def xp_change_bins(producers: pl.DataFrame) -> pl.DataFrame:
    """How many producers' XP change by how much: from_change, to_change, producers, share.

    Bins are between 1, 2, 5, 10, 20, 50, ... either way, both ends included, and 0 is one of its
    own; from the lowest that has somebody to the highest. `share` is of all producers. No rows if
    there are no producers.
    """
    change = producers["xp_change"]
    if change.is_empty():
        return pl.DataFrame(
            schema={
                "from_change": pl.Int64,
                "to_change": pl.Int64,
                "producers": pl.Int64,
                "share": pl.Float64,
            }
        )
    edges = list(_edges(int(change.abs().max())))  # type: ignore[arg-type]
    # How many edges a change has passed is the number of its bin.
    passed = pl.Series(edges).search_sorted(change.abs(), side="right").cast(pl.Int64)
    number = passed * change.sign()
    lowest, highest = int(number.min()), int(number.max())  # type: ignore[arg-type]
    counts = dict(number.value_counts().iter_rows())
    rows = []
    for bin_ in range(lowest, highest + 1):
        near, far = (0, 0) if bin_ == 0 else (edges[abs(bin_) - 1], edges[abs(bin_)] - 1)
        ends = (near, far) if bin_ >= 0 else (-far, -near)
        many = counts.get(bin_, 0)
        rows.append((*ends, many, many / change.len()))
    return pl.DataFrame(
        rows, schema=["from_change", "to_change", "producers", "share"], orient="row"
    )


def producers_by_level(levels: pl.DataFrame) -> pl.DataFrame:
    """Producers on each level: level, before, after, change.

    `levels` is what `compare_levels` gives. Every level from the lowest to the highest that has
    somebody, before or after.
    """
    sides = [
        levels.group_by(pl.col(f"level_{side}").alias("level")).agg(
            pl.col("producers").sum().alias(side)
        )
        for side in ("before", "after")
    ]
    there = pl.concat(side["level"] for side in sides)
    lowest, highest = there.min(), there.max()
    every = [] if lowest is None else range(lowest, highest + 1)  # type: ignore[operator, arg-type]
    return (
        pl.DataFrame({"level": every}, schema={"level": pl.Int64})
        .join(sides[0], on="level", how="left")
        .join(sides[1], on="level", how="left")
        .with_columns(pl.col("before", "after").fill_null(0))
        .with_columns((pl.col("after") - pl.col("before")).alias("change"))
        .sort("level")
    )


def level_moves(levels: pl.DataFrame) -> pl.DataFrame:
    """The matrix of levels with `share`: of those who were on level_before."""
    total = pl.col("producers").sum().over("level_before")
    return levels.with_columns((pl.col("producers") / total).alias("share"))


def achievements_changed(achievements: pl.DataFrame) -> pl.DataFrame:
    """Every achievement, those that most producers reach or lose first, then by id."""
    change = pl.col("reached") + pl.col("lost")
    return achievements.sort(change, "achievement_id", descending=[True, False])


def churn(boards: pl.DataFrame) -> pl.DataFrame:
    """Boards with `movers` and `share`: who has another rank, enters or leaves, of all ranked.

    All are those who are ranked before or after; null where nobody is.
    """
    movers = pl.col("moved") + pl.col("entered") + pl.col("left")
    ranked = pl.col("ranked_before") + pl.col("entered")
    return boards.with_columns(
        movers.alias("movers"), pl.when(ranked > 0).then(movers / ranked).alias("share")
    )


def _edges(greatest: int) -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, ... up to the first one above `greatest`."""
    power = 1
    while True:
        for step in (1, 2, 5):
            yield step * power
            if step * power > greatest:
                return
        power *= 10
