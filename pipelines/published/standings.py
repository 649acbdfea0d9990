"""Reading the leaderboards of a published snapshot (specification, section 4)."""

from dataclasses import dataclass

import polars as pl

from pipelines.published.snapshot import PublishedSnapshot, names_of
from pipelines.published.text_ids import with_texts
from pipelines.vocabulary import PERIODS

#: The boards there are: categories with their periods (specification, section 4).
BOARDS = {
    "overall": ("all_time",),
    "quality": ("all_time",),
    **dict.fromkeys(
        ("uploads", "plays", "points", "earnings", "collaboration"), ("all_time", "month", "week")
    ),
}


class UnknownBoardError(ValueError):
    """No such leaderboard; the message lists those that there are."""


@dataclass(frozen=True)
class Standings:
    """Some consecutive rows of a board, in its order.

    `rows`: rank, producer_id (with its text, where it stands for one), display_name, score.
    `ranked`: how many producers are on the board. `more_above` and `more_below`: how many that are
    not in `rows` share its first and last rank.
    """

    rows: pl.DataFrame
    ranked: int
    more_above: int
    more_below: int


@dataclass(frozen=True)
class Place:
    """Where a producer stands on a board, in the board's unit (see `leaderboard` there).

    `to_pass`: how much more the score must grow to be above the next better rank, `ahead_by`: how
    much it is above the next lower score; both null if there is no such producer.
    """

    producer_id: int
    rank: int
    score: int
    tied_with: int
    next_rank: int | None
    to_pass: int | None
    ahead_by: int | None


def first_row_around(at: int, rows: int, ranked: int) -> int:
    """Where `rows` rows begin that have place `at` (0 = the top) in the middle, if it has room."""
    return max(0, min(at - rows // 2, ranked - rows))


def gaps(score: int, above: int | None, below: int | None) -> tuple[int | None, int | None]:
    """`to_pass` and `ahead_by` of a Place, from the scores next to its own; None if there is none.

    One more than the score above, since an equal score shares its rank (specification, section 4).
    """
    to_pass = None if above is None else above - score + 1
    return to_pass, None if below is None else score - below


def board(snapshot: PublishedSnapshot, category: str, period: str) -> pl.LazyFrame:
    """One leaderboard: rank, producer_id, score in listed order. Raises UnknownBoardError."""
    if category not in BOARDS:
        raise UnknownBoardError(
            f"There is no category {category!r}. There are: {', '.join(BOARDS)} (periods: "
            f"{', '.join(PERIODS)}; quality and overall only have all_time)."
        )
    if period not in BOARDS[category]:
        raise UnknownBoardError(
            f"{category} has no period {period!r}; it has: {', '.join(BOARDS[category])}."
        )
    rows = snapshot.scan("leaderboard", [f"{category}-{period}"])
    return rows.select("rank", "producer_id", "score")


def top(snapshot: PublishedSnapshot, category: str, period: str, rows: int) -> Standings:
    """The first rows of a board. Raises UnknownBoardError."""
    return _standings(snapshot, board(snapshot, category, period), 0, rows)


def around(
    snapshot: PublishedSnapshot, category: str, period: str, producer_id: int, rows: int = 11
) -> tuple[Place, Standings] | None:
    """A producer's place and the rows around it; None if the producer is not ranked there.

    Raises UnknownBoardError.
    """
    listed = board(snapshot, category, period)
    mine = listed.with_row_index("at").filter(pl.col("producer_id") == producer_id).collect()
    if mine.is_empty():
        return None
    at, rank, _, score = mine.row(0)
    higher, lower = pl.col("score") > score, pl.col("score") < score
    next_rank, above, below, tied = (
        listed.select(
            pl.col("rank").filter(higher).max().alias("next_rank"),
            pl.col("score").filter(higher).min().alias("above"),
            pl.col("score").filter(lower).max().alias("below"),
            (pl.col("score") == score).sum().alias("tied"),
        )
        .collect()
        .row(0)
    )
    to_pass, ahead_by = gaps(score, above, below)
    place = Place(
        producer_id=producer_id,
        rank=rank,
        score=score,
        tied_with=tied - 1,
        next_rank=next_rank,
        to_pass=to_pass,
        ahead_by=ahead_by,
    )
    total = listed.select(pl.len()).collect().item()
    return place, _standings(snapshot, listed, first_row_around(at, rows, total), rows)


def ranks_of(snapshot: PublishedSnapshot, producer_id: int) -> pl.DataFrame:
    """All boards with the producer's rank and score, both null where not ranked.

    Columns category, period, rank, score, ranked (how many producers are on the board), in the
    order of BOARDS.
    """
    mine = snapshot.scan("leaderboard").filter(pl.col("producer_id") == producer_id)
    found = {
        (category, period): (rank, score)
        for category, period, rank, score in mine.select("category", "period", "rank", "score")
        .collect()
        .iter_rows()
    }
    rows = [
        (category, period, *found.get((category, period), (None, None)), size)
        for category, periods in BOARDS.items()
        for period in periods
        for size in [snapshot.rows("leaderboard", f"{category}-{period}")]
    ]
    whole = dict.fromkeys(("rank", "score", "ranked"), pl.Int64)
    schema = {"category": pl.String, "period": pl.String, **whole}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _standings(
    snapshot: PublishedSnapshot, listed: pl.LazyFrame, first: int, rows: int
) -> Standings:
    shown = listed.slice(first, rows).collect()
    ranked = listed.select(pl.len()).collect().item()
    more_above = more_below = 0
    if shown.height:
        ends = [shown["rank"][0], shown["rank"][-1]]
        edges = listed.with_row_index("at").filter(pl.col("rank").is_in(ends)).collect()
        last = first + shown.height
        more_above = edges.filter((pl.col("rank") == ends[0]) & (pl.col("at") < first)).height
        more_below = edges.filter((pl.col("rank") == ends[1]) & (pl.col("at") >= last)).height
    names = names_of(snapshot, shown["producer_id"])
    shown = shown.with_columns(
        pl.col("producer_id")
        .replace_strict(names, default=None, return_dtype=pl.String)
        .alias("display_name")
    )
    shown = shown.select("rank", "producer_id", "display_name", "score")
    return Standings(with_texts(shown, snapshot), ranked, more_above, more_below)
