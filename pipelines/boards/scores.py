"""What producers are ranked by (specification, section 4).

Each function returns scores above 0: producer_id and score, ascending by producer. Whether a
producer is active is not asked here.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines.arrays.positions import Positions
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


def period_scores(
    ledger: pl.DataFrame, earnings: pl.DataFrame, producers: Positions
) -> dict[str, pl.DataFrame]:
    """The scores of a period, by category, from its rows of the ledger and its earnings."""
    scores = {}
    for category, source in OF_LEDGER.items():
        of_source = ledger.filter(pl.col("source") == source)
        scores[category] = _sums(producers, of_source, "quantity")
    scores["points"] = _sums(producers, ledger, "xp")
    scores["earnings"] = _sums(producers, earnings, "amount_cents")
    return scores


def overall_scores(
    boards: Mapping[str, pl.DataFrame], rulebook: Rulebook, producers: Positions
) -> pl.DataFrame:
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
    sums = _sums(producers, pl.concat([nothing, *weighted]), "score")
    return _above_zero(sums.with_columns(pl.col("score") // sum(of_category.values())))


def _sums(producers: Positions, rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """The sums of a column by producer that are above 0; only of these producers."""
    sums = np.zeros(producers.count + 1, dtype=np.int64)
    np.add.at(sums, producers.find(rows["producer_id"].to_numpy()), rows[column].to_numpy())
    found = np.flatnonzero(sums[1:] > 0) + 1
    return pl.DataFrame({"producer_id": producers.ids(found), "score": sums[found]})


def _above_zero(scores: pl.DataFrame) -> pl.DataFrame:
    above = scores.filter(pl.col("score") > 0)
    return above if above["producer_id"].is_sorted() else above.sort("producer_id")
