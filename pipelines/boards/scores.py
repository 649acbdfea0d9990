"""What producers are ranked by (specification, section 4).

Each function returns scores above 0: producer_id and score, ascending by producer. Whether a
producer is active is not asked here.
"""

from collections.abc import Mapping

import polars as pl

from pipelines.rulebook import Rulebook
from pipelines.rulebook.tables import weights

#: The categories with periods, and what they count.
OF_PROGRESS = {
    "points": "total_xp",
    "plays": "plays",
    "uploads": "uploads",
    "collaboration": "collaborations",
    "earnings": "earnings_cents",
}
OF_LEDGER = {"uploads": "upload", "plays": "play", "collaboration": "collaboration"}


def all_time_scores(progress: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The scores of all time, by category, from the table `progress`."""
    return {
        category: _above_zero(progress.select("producer_id", pl.col(column).alias("score")))
        for category, column in OF_PROGRESS.items()
    }


def quality_scores(uploads: pl.DataFrame, fields: int) -> pl.DataFrame:
    """How complete the live tracks of each producer are: 10000 = all `fields` of all of them."""
    sums = uploads.group_by("producer_id").agg(pl.col("filled_fields").sum(), pl.len())
    tracks = pl.col("len").cast(pl.Int64)
    score = 10_000 * pl.col("filled_fields") // (fields * tracks)
    return _above_zero(sums.select("producer_id", score.alias("score")))


def period_scores(ledger: pl.DataFrame, earnings: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The scores of a period, by category, from its rows of the ledger and its earnings."""
    of_source = ledger.group_by("producer_id", "source").agg(
        pl.col("quantity").sum(), pl.col("xp").sum()
    )
    scores = {
        category: of_source.filter(pl.col("source") == source).select(
            "producer_id", pl.col("quantity").alias("score")
        )
        for category, source in OF_LEDGER.items()
    }
    scores["points"] = of_source.group_by("producer_id").agg(pl.col("xp").sum().alias("score"))
    scores["earnings"] = earnings.group_by("producer_id").agg(
        pl.col("amount_cents").sum().alias("score")
    )
    return {category: _above_zero(found) for category, found in scores.items()}


def overall_scores(boards: Mapping[str, pl.DataFrame], rulebook: Rulebook) -> pl.DataFrame:
    """Weights times percentiles of the other all-time boards (rank, producer_id, score).

    A percentile is the share of a board's ranked producers with a lower or the same score, in
    hundredths of a percent.
    """
    of_category = dict(weights(rulebook).iter_rows())
    # Of equal scores, all but the first stand on a higher place than their rank tells.
    weighted = [
        board.select(
            "producer_id",
            (
                of_category[category]
                * (10_000 * (board.height - pl.col("rank") + 1) // board.height)
            ).alias("score"),
        )
        for category, board in boards.items()
        if board.height
    ]
    nothing = pl.DataFrame(schema={"producer_id": pl.Int64, "score": pl.Int64})
    sums = pl.concat([nothing, *weighted]).group_by("producer_id").agg(pl.col("score").sum())
    return _above_zero(sums.with_columns(pl.col("score") // sum(of_category.values())))


def _above_zero(scores: pl.DataFrame) -> pl.DataFrame:
    return scores.filter(pl.col("score") > 0).sort("producer_id")
